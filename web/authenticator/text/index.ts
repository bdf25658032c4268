/*
 * The language of the app: what the browser prefers. English is in the bundle, as the language to fall back to; any
 * other is fetched by those who speak it. Parts that are fetched later bring catalogues of their own and choose by
 * `language` in the same way.
 */
import { chooseLanguage, pluralsOf, type Plurals } from '../../shared/text';
import { en, type Text } from './en';

interface Language {
  direction: 'ltr' | 'rtl';
  load: () => Promise<(plural: Plurals) => Text>;
}

const LANGUAGES: Record<string, Language> = {
  en: { direction: 'ltr', load: async () => en },
  ar: { direction: 'rtl', load: async () => (await import('./ar')).ar },
};

/* set once, before the first render */
export let t: Text = en(pluralsOf('en'));
export let language = 'en';

export async function speak(browserLanguages: readonly string[]): Promise<void> {
  const name = chooseLanguage(browserLanguages, Object.keys(LANGUAGES), 'en');
  const found = LANGUAGES[name];
  if (!found) return;
  try {
    t = (await found.load())(pluralsOf(name));
  } catch {
    return; /* the file did not come: English, and marked as English */
  }
  language = name;
  document.documentElement.lang = name;
  document.documentElement.dir = found.direction;
}
