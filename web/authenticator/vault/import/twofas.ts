/*
 * 2FAS backups, schema 1 to 4. Encrypted ones keep the services as "data:salt:nonce" in base64: AES-256-GCM under a key from
 * PBKDF2-HMAC-SHA-256 with 10,000 rounds.
 */
import { base32Read, base64Read, utf8, utf8Read, type Bytes } from '../bytes';
import { algorithmRead, codeMake } from '../code';
import { itemsRead, timeRead, type Found } from '../document';
import { entryMake, type Entry } from '../entry';
import { fieldsOf, itemsOf, jsonRead, text, whole, type Fields } from '../fields';
import { VaultProblem } from '../problem';
import { gcmOpen } from './gcm';

const ROUNDS = 10_000;
const SCHEMA_MAX = 4;

export function isTwoFas(root: Fields): boolean {
  return 'schemaVersion' in root && (Array.isArray(root.services) || typeof root.servicesEncrypted === 'string');
}

export function twoFasIsSealed(root: Fields): boolean {
  return text(root.servicesEncrypted) !== '';
}

export async function twoFasRead(root: Fields, passphrase: string): Promise<Found> {
  if ((whole(root.schemaVersion) ?? 0) > SCHEMA_MAX) throw new VaultProblem('file_newer');
  const services = twoFasIsSealed(root) ? await servicesOpen(text(root.servicesEncrypted), passphrase) : root.services;
  const groups = new Map(itemsOf(root.groups).map((group) => [text(group.id), text(group.name)]));
  const sorted = itemsOf(services).sort((a, b) => position(a) - position(b));
  return itemsRead(sorted, (service) => serviceRead(service, groups), (service) => text(service.name));
}

function serviceRead(service: Fields, groups: Map<string, string>): Entry {
  const otp = fieldsOf(service.otp);
  const kind = text(otp.tokenType) || 'TOTP';
  if (kind !== 'TOTP') throw new VaultProblem(kind === 'HOTP' ? 'hotp' : 'kind');
  const code = codeMake({
    issuer: text(otp.issuer) || text(service.name),
    account: text(otp.account) || text(otp.label),
    secret: base32Read(text(service.secret)),
    algorithm: algorithmRead(text(otp.algorithm) || 'SHA1'),
    digits: whole(otp.digits) ?? 6,
    period: whole(otp.period) ?? 30,
  });
  return entryMake(code, { group: groups.get(text(service.groupId)) ?? '', added_at: timeRead(service.updatedAt) });
}

function position(service: Fields): number {
  return whole(fieldsOf(service.order).position) ?? 0;
}

async function servicesOpen(sealed: string, passphrase: string): Promise<unknown> {
  const [data, salt, nonce] = sealed.split(':').map(base64Read);
  if (!data || !salt || nonce?.length !== 12) throw new VaultProblem('file_damaged');
  const plain = utf8Read(await gcmOpen(await keyMake(passphrase, salt), nonce, data));
  return jsonRead(plain ?? '');
}

async function keyMake(passphrase: string, salt: Bytes): Promise<Bytes> {
  const secret = await crypto.subtle.importKey('raw', utf8(passphrase), 'PBKDF2', false, ['deriveBits']);
  return new Uint8Array(await crypto.subtle.deriveBits({ name: 'PBKDF2', hash: 'SHA-256', salt, iterations: ROUNDS }, secret, 256));
}
