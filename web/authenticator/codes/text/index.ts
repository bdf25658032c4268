/* The words of the codes, in the language the app speaks; a module of its own because they come with their tab. */
import { pluralsOf } from '../../../shared/text';
import { language } from '../../text';
import { en, type CodesText } from './en';

export const c: CodesText = await load();

async function load(): Promise<CodesText> {
  if (language === 'ar') {
    try {
      return (await import('./ar')).ar(pluralsOf('ar'));
    } catch {
      /* the file did not come: English */
    }
  }
  return en(pluralsOf('en'));
}
