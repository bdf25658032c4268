/*
 * What makes a one-time password: names, secret, parameters. `code_make` is the only way in from outside: a Code that exists
 * is within its limits (docs/authenticator-export.md).
 */
import { bytesEqual, utf8, type Bytes } from './bytes';
import { VaultProblem } from './problem';

export const ALGORITHMS = ['SHA1', 'SHA256', 'SHA512'] as const;
export type Algorithm = (typeof ALGORITHMS)[number];

export const SECRET_SIZE_MAX = 128;
export const NAME_SIZE_MAX = 256;
export const PERIOD_MAX_S = 86_400;
export const DIGITS_MIN = 6;
export const DIGITS_MAX = 8;

export interface Code {
  readonly issuer: string; /* '' when there is none */
  readonly account: string;
  readonly secret: Bytes;
  readonly algorithm: Algorithm;
  readonly digits: number;
  readonly period: number; /* seconds */
}

export interface CodeParts {
  issuer?: string;
  account?: string;
  secret: Bytes | null;
  algorithm?: Algorithm | null;
  digits?: number;
  period?: number;
}

export function codeMake({ issuer = '', account = '', secret, algorithm = 'SHA1', digits = 6, period = 30 }: CodeParts): Code {
  const names = { issuer: nameTidy(issuer), account: nameTidy(account) };
  if (!names.issuer && !names.account) throw new VaultProblem('name_missing');
  const entry = nameOf(names);
  for (const name of [names.issuer, names.account]) {
    if (/\p{Cs}/u.test(name)) throw new VaultProblem('name_encoding');
    if (utf8(name).length > NAME_SIZE_MAX) throw new VaultProblem('name_long', entry);
  }
  if (!algorithm) throw new VaultProblem('algorithm', entry);
  if (!isWhole(digits, DIGITS_MIN, DIGITS_MAX)) throw new VaultProblem('digits', entry);
  if (!isWhole(period, 1, PERIOD_MAX_S)) throw new VaultProblem('period', entry);
  if (!secret || secret.length > SECRET_SIZE_MAX) throw new VaultProblem('secret_bad', entry);
  if (secret.length === 0) throw new VaultProblem('secret_missing', entry);
  return { ...names, secret, algorithm, digits, period };
}

/* Any case, and what apps write: "SHA-256", "HmacSHA256", "hmac_sha256". */
export function algorithmRead(name: string): Algorithm | null {
  const plain = name.toUpperCase().replace(/^HMAC[-_]?/, '').replace(/^SHA[-_]/, 'SHA');
  return ALGORITHMS.find((one) => one === plain) ?? null;
}

export function codeIsSame(a: Code, b: Code): boolean {
  return a.issuer === b.issuer && a.account === b.account && secretIsSame(a, b);
}

export function secretIsSame(a: Code, b: Code): boolean {
  return a.algorithm === b.algorithm && a.digits === b.digits && a.period === b.period && bytesEqual(a.secret, b.secret);
}

/* ---- names ---- */

/* Kept as given but for controls (a line break would break lists) and the spaces around. */
function nameTidy(name: string): string {
  return name.replace(/\p{Cc}+/gu, ' ').trim();
}

/* Format and bidirectional marks, and what shows as nothing; joiners and variation selectors belong to scripts and emoji. */
const HIDDEN = /[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ufeff\uffa0\ufff0-\ufffb\u{e0000}-\u{e0fff}]/gu;
const JOINERS = /[\u200c\u200d\ufe00-\ufe0f]/g;

/* What a person sees: without hidden characters, on one line. */
export function nameShown(name: string): string {
  return name.replace(/\p{Cc}/gu, ' ').replace(HIDDEN, '').replace(/\s+/g, ' ').trim();
}

export function nameOf({ issuer, account }: Pick<Code, 'issuer' | 'account'>): string {
  return [nameShown(issuer), nameShown(account)].filter(Boolean).join(' · ');
}

/* Two names that look alike have the same key, whatever they hide. */
export function nameKey({ issuer, account }: Pick<Code, 'issuer' | 'account'>): string {
  return [issuer, account].map((name) => nameShown(name).replace(JOINERS, '').normalize('NFKC').toLowerCase()).join('\n');
}

function isWhole(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most;
}
