/* Other people's words, made fit to stand among ours. */
import { foreignName, plainName } from '../../shared/text';
import type { Account } from '../store/accounts';

/* Zero-width letters and invisible marks make two names look alike; they carry no meaning in a name. */
const INVISIBLE = /[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200d\u2060-\u2064\u206a-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\u{e0000}-\u{e0fff}]+/gu;

export function safeName(name: string): string {
  return foreignName(visibleName(name));
}

export function visibleName(name: string): string {
  return plainName(name.replace(INVISIBLE, ''));
}

export function accountName(account: Pick<Account, 'username' | 'organisation'>): string {
  return `${safeName(account.username)} · ${safeName(account.organisation)}`;
}

export function hostOf(issuer: string): string {
  try {
    return new URL(issuer).host;
  } catch {
    return issuer;
  }
}

/* A sentence of somebody else, as long as it is. */
export function visibleText(text: string): string {
  return text.replace(INVISIBLE, '').replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]+/g, ' ');
}
