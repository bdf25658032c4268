/*
 * The language of the page: what the request asked for (`ui_locales`), else what the browser prefers. English is in
 * the bundle, as the language to fall back to; any other is fetched by those who speak it.
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

export async function speak(uiLocales: string | null, browserLanguages: readonly string[]): Promise<void> {
  const asked = [...(uiLocales?.split(/\s+/) ?? []), ...browserLanguages];
  const name = chooseLanguage(asked, Object.keys(LANGUAGES), 'en');
  const language = LANGUAGES[name];
  if (!language) return;
  try {
    t = (await language.load())(pluralsOf(name));
  } catch {
    return; /* the file did not come: English, and marked as English */
  }
  document.documentElement.lang = name;
  document.documentElement.dir = language.direction;
}
