/* What starts an enrolment: a link with a secret in its fragment, or ten letters to type. */
import { fromBase64url } from './bytes';

export interface EnrolmentLink {
  id: string;
  secret: string;
}

/*
 * "{issuer}/a/#e1.<id>.<secret>", or only what follows "#". null when it is no such link; `other` when it leads to
 * another provider: an account lives in the app of its own one.
 */
export function parseLink(text: string, issuer: string): EnrolmentLink | 'other' | null {
  const trimmed = text.trim();
  const hash = trimmed.indexOf('#e1.');
  if (hash < 0) return null;
  const address = trimmed.slice(0, hash);
  if (address !== '' && address !== `${issuer}/a/`) return isAddress(address) ? 'other' : null;
  const [id = '', secret = '', ...more] = trimmed.slice(hash + 4).split('.');
  return more.length === 0 && is128Bits(id) && is128Bits(secret) ? { id, secret } : null;
}

function isAddress(text: string): boolean {
  return /^https?:\/\/[^\s/@]+\/(\S*\/)?a\/$/.test(text);
}

function is128Bits(text: string): boolean {
  return fromBase64url(text)?.length === 16;
}

/*
 * Ten Crockford base32 letters as people type them: any case, with or without the dash, O for 0, I and L for 1.
 * null when it cannot be one.
 */
export function typedCode(text: string): string | null {
  const letters = text.normalize('NFKC').toUpperCase().replace(/[\s-]+/g, '').replaceAll('O', '0').replace(/[IL]/g, '1');
  return /^[0-9A-HJKMNP-TV-Z]{10}$/.test(letters) ? `${letters.slice(0, 5)}-${letters.slice(5)}` : null;
}
