/* The sealed and plain files of docs/authenticator-export.md. */
import { base64url, base64urlRead, randomBytes, utf8, utf8Read, type Bytes } from './bytes';
import { boxKey, boxOpen, boxSeal } from './box';
import { documentRead, documentWrite, EXPORT_FORMAT, VERSION, versionCheck, type Found } from './document';
import type { Book } from './entry';
import { fieldsOf, text, type Fields } from './fields';
import { otpauthWrite } from './otpauth';
import { passphraseBytes, passphraseNew } from './passphrase';
import { VaultProblem } from './problem';
import type { Progress } from './memory_hard';

const KDF = 'argon2id-64MiB-3';
const COST = { passes: 3, memory_kib: 64 * 1024, lanes: 1 };
const IDENTITY = 'symbolon-authenticator export 1';
const SALT_SIZE = 16;

export function exportPlain(book: Book, now_s: number): string {
  return `${documentWrite(book, now_s, false)}\n`;
}

export function exportList(book: Book): string {
  return book.map((entry) => `${otpauthWrite(entry)}\n`).join('');
}

export async function exportSealed(book: Book, now_s: number, passphrase: string, progress?: Progress): Promise<string> {
  const salt = randomBytes(SALT_SIZE);
  const key = await keyMake(passphraseNew(passphrase), salt, progress);
  const box = await boxSeal(key, IDENTITY, utf8(documentWrite(book, now_s, false)));
  const sealed = { kdf: KDF, salt: base64url(salt), box: base64url(box) };
  return `${JSON.stringify({ format: EXPORT_FORMAT, version: VERSION, exported_at: now_s, sealed })}\n`;
}

export function isSealed(root: Fields): boolean {
  return root.sealed !== undefined;
}

export async function sealedRead(root: Fields, passphrase: string, progress?: Progress): Promise<Found> {
  versionCheck(root);
  const sealed = fieldsOf(root.sealed);
  const salt = base64urlRead(text(sealed.salt));
  const box = base64urlRead(text(sealed.box));
  if (text(sealed.kdf) !== KDF || salt?.length !== SALT_SIZE || !box) throw new VaultProblem('file_damaged');
  const plain = await boxOpen(await keyMake(passphraseBytes(passphrase), salt, progress), IDENTITY, box);
  if (!plain) throw new VaultProblem('passphrase_wrong');
  const source = utf8Read(plain);
  if (source === null) throw new VaultProblem('file_damaged');
  return documentRead(source, false);
}

async function keyMake(passphrase: Bytes, salt: Bytes, progress?: Progress): Promise<CryptoKey> {
  const { argon2idKey } = await import('./memory_hard');
  return boxKey(await argon2idKey(passphrase, salt, COST, progress));
}
