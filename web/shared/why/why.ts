/*
 * The keys of "why were you asked this": most are a mode and a reason ("enter_new_browser"), a few stand alone. The
 * catalogues build the sentence; for a key that is new to us the server's own sentence is shown.
 */
import type { WhyWords } from './en';

export const WHY_MODES = ['confirm', 'choose', 'enter', 'code'] as const;
export type WhyMode = (typeof WHY_MODES)[number];

export const WHY_REASONS = ['new_browser', 'known_browser', 'network', 'group', 'client', 'default'] as const;
export type WhyReason = (typeof WHY_REASONS)[number];

export const WHY_ALONE = ['caution', 'requested', 'password_only', 'not_allowed', 'no_factor'] as const;

export function whySentence(words: WhyWords, key: string, client: string): string | null {
  const alone = WHY_ALONE.find((one) => one === key);
  if (alone) return words[alone](client);
  const mode = WHY_MODES.find((one) => key.startsWith(`${one}_`));
  const reason = WHY_REASONS.find((one) => key === `${mode}_${one}`);
  return mode && reason ? words.asked(client, mode, reason) : null;
}
