/* The language of the page: what the browser prefers. Moments are written for the same language. */
import { loadLanguage, type Language } from '../../shared/language';
import { pluralsOf } from '../../shared/text';
import { localeOf, whenIn, type When } from '../when';
import { en, type Text } from './en';

const LANGUAGES: Record<string, Language<Text>> = {
  en: { direction: 'ltr', load: async () => en },
  ar: { direction: 'rtl', load: async () => (await import('./ar')).ar },
};

/* both set once, before the first render */
export let t: Text = en(pluralsOf('en'));
export let when: When = whenIn('en', t);

export async function speak(browserLanguages: readonly string[]): Promise<void> {
  t = (await loadLanguage(LANGUAGES, browserLanguages)) ?? t;
  when = whenIn(localeOf(document.documentElement.lang, browserLanguages), t);
}
