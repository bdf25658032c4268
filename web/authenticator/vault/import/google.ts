/*
 * Google Authenticator's "transfer accounts": otpauth-migration://offline?data=… holds a protobuf (proto3) of
 *
 *   1 repeated { 1 secret, 2 name, 3 issuer, 4 algorithm, 5 digits, 6 type, 7 counter }, 2 version, 3 parts, 4 part, 5 batch
 *
 * in base64. Many accounts make several QR codes; Batch keeps what has come until the set is whole.
 */
import { base64Read, utf8Read, type Bytes } from '../bytes';
import { ALGORITHMS, codeMake } from '../code';
import { itemsRead, type Found, type Passed } from '../document';
import { entryMake, type Entry } from '../entry';
import type { Names } from '../otpauth';
import { VaultProblem } from '../problem';
import { fieldsRead, type ProtoFields } from './protobuf';

const LINK_MAX = 16 * 1024;
const PARTS_MAX = 100;
const DIGITS = [6, 6, 8];
const HOTP = 1;
const TOTP = 2;

export interface Part { readonly batch: number; readonly index: number; readonly count: number; readonly found: Found }

export function isMigration(link: string): boolean {
  return /^\s*otpauth-migration:\/\//i.test(link);
}

export function migrationRead(link: string): Part {
  if (link.length > LINK_MAX) throw new VaultProblem('link_long');
  const data = /^otpauth-migration:\/\/offline\/?\?(?:[^#]*&)?data=([^&#]+)/i.exec(link.trim())?.[1];
  const root = fieldsRead(dataRead(data ?? ''));
  const count = Math.max(root.number(3), 1);
  const part = { batch: root.number(5), index: root.number(4), count, found: itemsRead(root.messages(1), otpRead, otpName) };
  if (count > PARTS_MAX || part.index < 0 || part.index >= count) throw new VaultProblem('migration_damaged');
  return part;
}

function dataRead(data: string): Bytes {
  try {
    const bytes = base64Read(decodeURIComponent(data).replace(/[ ]/g, '+').replace(/-/g, '+').replace(/_/g, '/'));
    if (bytes && bytes.length > 0) return bytes;
  } catch {
    /* a lone % */
  }
  throw new VaultProblem('migration_damaged');
}

function otpRead(otp: ProtoFields): Entry {
  if (otp.number(6) === HOTP) throw new VaultProblem('hotp', otpName(otp));
  if (otp.number(6) !== TOTP) throw new VaultProblem('kind', otpName(otp));
  const algorithm = otp.number(4) === 0 ? 'SHA1' : ALGORITHMS[otp.number(4) - 1] ?? null;
  return entryMake(codeMake({ ...otpNames(otp), secret: otp.bytes(1), algorithm, digits: DIGITS[otp.number(5)] ?? NaN }), {});
}

/* The name is often "Issuer:account". */
function otpNames(otp: ProtoFields): Names {
  const name = utf8Read(otp.bytes(2));
  const issuer = utf8Read(otp.bytes(3));
  if (name === null || issuer === null) throw new VaultProblem('name_encoding');
  if (issuer) return { issuer, account: name.startsWith(`${issuer}:`) ? name.slice(issuer.length + 1) : name };
  const colon = name.indexOf(':');
  return { issuer: name.slice(0, Math.max(colon, 0)), account: name.slice(colon + 1) };
}

function otpName(otp: ProtoFields): string {
  return utf8Read(otp.bytes(3)) || utf8Read(otp.bytes(2)) || '';
}

/* Parts of one export, in any order, each once. A part of another export begins anew. */
export class Batch {
  private readonly parts = new Map<number, Part>();

  get have(): number {
    return this.parts.size;
  }

  get count(): number {
    return [...this.parts.values()][0]?.count ?? 0;
  }

  add(part: Part): void {
    const first = [...this.parts.values()][0];
    if (first && (first.batch !== part.batch || first.count !== part.count)) this.parts.clear();
    this.parts.set(part.index, part);
  }

  /* What has come so far, in the order of the parts. */
  found(): Found {
    const parts = [...this.parts.values()].sort((a, b) => a.index - b.index);
    const passed: Passed[] = parts.flatMap((part) => part.found.passed);
    return { entries: parts.flatMap((part) => part.found.entries), passed };
  }

  get missing(): number {
    return this.count - this.have;
  }
}
