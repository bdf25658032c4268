/*
 * Aegis vaults, plain and encrypted, as its docs/vault.md describes them. Encrypted: a master key lies in one slot per
 * passphrase (scrypt, AES-256-GCM) and opens the database (AES-256-GCM).
 */
import { base32Read, base64Read, bytesJoin, hexRead, utf8, utf8Read, type Bytes } from '../bytes';
import { algorithmRead, codeMake } from '../code';
import { itemsRead, type Found } from '../document';
import { entryMake, type Entry } from '../entry';
import { fieldsOf, flag, isFields, itemsOf, jsonRead, text, whole, type Fields } from '../fields';
import type { Progress } from '../memory_hard';
import { isProblem, VaultProblem } from '../problem';
import { gcmOpen } from './gcm';

const PASSPHRASE_SLOT = 1;
const SLOTS_MAX = 8;
const DATABASE_VERSION_MAX = 3;

export function isAegis(root: Fields): boolean {
  return isFields(root.header) && 'db' in root;
}

export function aegisIsSealed(root: Fields): boolean {
  return typeof root.db === 'string';
}

export async function aegisRead(root: Fields, passphrase: string, progress?: Progress): Promise<Found> {
  if (whole(root.version) !== 1) throw new VaultProblem('file_newer');
  const database = aegisIsSealed(root) ? await databaseOpen(root, passphrase, progress) : fieldsOf(root.db);
  if ((whole(database.version) ?? 1) > DATABASE_VERSION_MAX) throw new VaultProblem('file_newer');
  const groups = new Map(itemsOf(database.groups).map((group) => [text(group.uuid), text(group.name)]));
  return itemsRead(itemsOf(database.entries), (item) => entryRead(item, groups), nameGuess);
}

function entryRead(item: Fields, groups: Map<string, string>): Entry {
  const info = fieldsOf(item.info);
  if (text(item.type) !== 'totp') throw new VaultProblem(text(item.type) === 'hotp' ? 'hotp' : 'kind');
  const code = codeMake({
    issuer: text(item.issuer),
    account: text(item.name),
    secret: base32Read(text(info.secret)),
    algorithm: algorithmRead(text(info.algo)),
    digits: whole(info.digits) ?? NaN,
    period: whole(info.period) ?? NaN,
  });
  const first = Array.isArray(item.groups) ? groups.get(text(item.groups[0])) : undefined;
  return entryMake(code, { group: first ?? text(item.group), pinned: flag(item.favorite) });
}

function nameGuess(item: Fields): string {
  return text(item.issuer) || text(item.name);
}

/* ---- encrypted ---- */

async function databaseOpen(root: Fields, passphrase: string, progress?: Progress): Promise<Fields> {
  const header = fieldsOf(root.header);
  const cipher = base64Read(text(root.db));
  if (!cipher) throw new VaultProblem('file_damaged');
  const master = await masterOpen(itemsOf(header.slots), passphrase, progress);
  const plain = utf8Read(await sealedOpen(master, fieldsOf(header.params), cipher));
  return fieldsOf(plain === null ? null : jsonRead(plain));
}

/* The passphrase may fit any of the slots. */
async function masterOpen(slots: Fields[], passphrase: string, progress?: Progress): Promise<Bytes> {
  const fitting = slots.filter((slot) => slot.type === PASSPHRASE_SLOT).slice(0, SLOTS_MAX);
  if (fitting.length === 0) throw new VaultProblem('file_damaged');
  for (const slot of fitting) {
    const master = await slotOpen(slot, passphrase, progress);
    if (master) return master;
  }
  throw new VaultProblem('passphrase_wrong');
}

async function slotOpen(slot: Fields, passphrase: string, progress?: Progress): Promise<Bytes | null> {
  const { scryptKey } = await import('../memory_hard');
  const cost = { N: whole(slot.n) ?? 0, r: whole(slot.r) ?? 0, p: whole(slot.p) ?? 0 };
  const salt = hexRead(text(slot.salt));
  const wrapped = hexRead(text(slot.key));
  if (!salt || !wrapped) throw new VaultProblem('file_damaged');
  const key = await scryptKey(utf8(passphrase), salt, cost, progress);
  try {
    return await sealedOpen(key, fieldsOf(slot.key_params), wrapped);
  } catch (error) {
    if (isProblem(error) && error.code === 'passphrase_wrong') return null;
    throw error;
  }
}

async function sealedOpen(key: Bytes, parameters: Fields, cipher: Bytes): Promise<Bytes> {
  const nonce = hexRead(text(parameters.nonce));
  const tag = hexRead(text(parameters.tag));
  if (key.length !== 32 || nonce?.length !== 12 || tag?.length !== 16) throw new VaultProblem('file_damaged');
  return gcmOpen(key, nonce, bytesJoin(cipher, tag));
}
