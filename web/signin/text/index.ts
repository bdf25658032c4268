/* The language of the page: what the request asked for (`ui_locales`), else what the browser prefers. */
import { loadLanguage, type Language } from '../../shared/language';
import { pluralsOf } from '../../shared/text';
import { en, type Text } from './en';

const LANGUAGES: Record<string, Language<Text>> = {
  en: { direction: 'ltr', load: async () => en },
  ar: { direction: 'rtl', load: async () => (await import('./ar')).ar },
};

/* set once, before the first render */
export let t: Text = en(pluralsOf('en'));

export async function speak(uiLocales: string | null, browserLanguages: readonly string[]): Promise<void> {
  t = (await loadLanguage(LANGUAGES, [...(uiLocales?.split(/\s+/) ?? []), ...browserLanguages])) ?? t;
}
