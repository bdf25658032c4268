/*
 * otpauth://totp/Issuer:account?secret=…&issuer=…&algorithm=…&digits=…&period=…
 *
 * Read as apps write it: the secret in either case, with spaces, dashes or padding; the issuer in the label, in the
 * parameter, in both or absent (the parameter wins); a colon as it is or as %3A, with spaces after it; unknown parameters.
 * Refused with a VaultProblem: hotp, a parameter given twice, an empty or too long secret, no name at all.
 */
import { base32, base32Read, utf8Read } from './bytes';
import { algorithmRead, codeMake, type Code } from './code';
import { VaultProblem } from './problem';

const LINK_MAX = 4096;
const KNOWN = ['secret', 'issuer', 'algorithm', 'digits', 'period'];

export interface Names { issuer: string; account: string }

/* `fallback` names a link that names nobody. */
export function otpauthRead(link: string, fallback: Names = { issuer: '', account: '' }): Code {
  const text = link.trim();
  if (text.length > LINK_MAX) throw new VaultProblem('link_long');
  const { label, query } = linkSplit(text);
  const parameters = queryRead(query);
  const read = namesRead(label, parameters.get('issuer') ?? '');
  const names = read.issuer.trim() || read.account.trim() ? read : fallback;
  const secret = parameters.get('secret');
  if (!secret) throw new VaultProblem('secret_missing', names.account || names.issuer || null);
  return codeMake({
    ...names,
    secret: base32Read(percentRead(secret, 'secret_bad')),
    algorithm: algorithmRead(parameters.get('algorithm') ?? 'SHA1'),
    digits: wholeRead(parameters.get('digits') ?? '6'),
    period: wholeRead(parameters.get('period') ?? '30'),
  });
}

/* The usual form, every parameter given: the same bytes as the command writes. */
export function otpauthWrite({ issuer, account, secret, algorithm, digits, period }: Code): string {
  const colon = issuer || account.includes(':') ? ':' : '';
  const issued = issuer ? `&issuer=${percent(issuer)}` : '';
  return `otpauth://totp/${percent(issuer)}${colon}${percent(account)}?secret=${base32(secret)}${issued}&algorithm=${algorithm}&digits=${digits}&period=${period}`;
}

export function looksLikeOtpauth(text: string): boolean {
  return /^\s*otpauth:\/\//i.test(text);
}

function linkSplit(text: string): { label: string; query: string } {
  const found = /^otpauth:\/\/([^/?#]*)(?:\/([^?#]*))?(?:\?([^#]*))?/i.exec(text);
  if (!found) throw new VaultProblem('not_a_code');
  const kind = (found[1] ?? '').toLowerCase();
  if (kind === 'hotp') throw new VaultProblem('hotp');
  if (kind !== 'totp') throw new VaultProblem('kind');
  return { label: found[2] ?? '', query: found[3] ?? '' };
}

/* Values stay encoded; `URLSearchParams` would read '+' in a name as a space. */
function queryRead(query: string): Map<string, string> {
  const parameters = new Map<string, string>();
  for (const part of query.split('&')) {
    const equals = part.indexOf('=');
    const name = part.slice(0, Math.max(equals, 0)).toLowerCase();
    if (!KNOWN.includes(name)) continue;
    if (parameters.has(name)) throw new VaultProblem('twice');
    parameters.set(name, part.slice(equals + 1));
  }
  return parameters;
}

function namesRead(label: string, issuerGiven: string): Names {
  const colon = /:/.exec(label) ?? /%3a/i.exec(label); /* a plain one first: "VPN%3A%20Utrecht:demo" */
  const before = colon ? label.slice(0, colon.index) : '';
  const after = colon ? label.slice(colon.index + colon[0].length) : label;
  return { issuer: percentRead(issuerGiven || before, 'name_encoding'), account: percentRead(after, 'name_encoding') };
}

function percentRead(text: string, problem: 'name_encoding' | 'secret_bad'): string {
  if (/\p{Cs}/u.test(text)) throw new VaultProblem(problem);
  const bytes: number[] = [];
  for (const part of text.split(/(%.{0,2})/su)) {
    if (!part.startsWith('%')) bytes.push(...new TextEncoder().encode(part));
    else if (/^%[0-9a-f]{2}$/i.test(part) && part !== '%00') bytes.push(parseInt(part.slice(1), 16));
    else throw new VaultProblem(problem);
  }
  const read = utf8Read(Uint8Array.from([0x2e, ...bytes])); /* the dot keeps a leading U+FEFF from being taken for a mark */
  if (read === null) throw new VaultProblem(problem);
  return read.slice(1);
}

function wholeRead(text: string): number {
  return /^[0-9]{1,7}$/.test(text) ? Number(text) : NaN;
}

function percent(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}
