/*
 * The language of a page: the first asked for that we have. English is in the bundle, as the language to fall back
 * to; any other is fetched by those who speak it. The document is marked with the language it is really in.
 */
import { chooseLanguage, pluralsOf, type Plurals } from './text';

export interface Language<T> {
  direction: 'ltr' | 'rtl';
  load: () => Promise<(plural: Plurals) => T>;
}

/* null: the file did not come, so the page stays in English and is marked as English */
export async function loadLanguage<T>(languages: Record<string, Language<T>>, asked: readonly string[]): Promise<T | null> {
  const name = chooseLanguage(asked, Object.keys(languages), 'en');
  const language = languages[name];
  if (!language) return null;
  try {
    const text = (await language.load())(pluralsOf(name));
    document.documentElement.lang = name;
    document.documentElement.dir = language.direction;
    return text;
  } catch {
    return null;
  }
}
