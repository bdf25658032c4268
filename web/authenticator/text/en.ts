/*
 * Every English word of the authenticator outside its code generators. Names of people and services arrive already
 * made safe and isolated (shared/text.ts: foreignName). Say what happened, then what to do; no blame, no jargon.
 */
import type { Catalogue, Plurals } from '../../shared/text';

export const en = (plural: Plurals) => ({
  app: 'Symbolon',
  loading: 'Loading',
  partMissing: 'This part could not be fetched. There may be a newer version, or no connection.',
  reload: 'Reload',
  close: 'Close',
  cancel: 'Cancel',
  back: 'Back',
  done: 'Done',
  tryAgain: 'Try again',
  addAccount: 'Add account',
  mainNavigation: 'Main',
  skip: 'Skip to the content',
  tabs: { requests: 'Requests', codes: 'Codes', history: 'History', health: 'Health' },
  waiting: (count: number) => plural(count, { one: '# request waits', other: '# requests wait' }),
});

export type Text = Catalogue<ReturnType<typeof en>>;
