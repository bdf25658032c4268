/*
 * Ente Auth's encrypted export: argon2id makes a key, which opens a list of otpauth links sealed as the one message of a
 * libsodium secretstream (XChaCha20-Poly1305); `encryptionNonce` is the stream's header. Its plain export is a plain list.
 */
import { base64Read, utf8, utf8Read, type Bytes } from '../bytes';
import type { Found } from '../document';
import { fieldsOf, text, whole, type Fields } from '../fields';
import type { Progress } from '../memory_hard';
import { VaultProblem } from '../problem';
import { listRead } from './list';

const SALT_SIZE = 16;

export function isEnte(root: Fields): boolean {
  return 'kdfParams' in root && 'encryptedData' in root && 'encryptionNonce' in root;
}

export async function enteRead(root: Fields, passphrase: string, progress?: Progress): Promise<Found> {
  if (whole(root.version) !== 1) throw new VaultProblem('file_newer');
  const header = base64Read(text(root.encryptionNonce));
  const sealed = base64Read(text(root.encryptedData));
  if (!header || !sealed) throw new VaultProblem('file_damaged');
  const key = await keyMake(fieldsOf(root.kdfParams), passphrase, progress);
  const { streamOpen } = await import('./secretstream');
  const plain = streamOpen(key, header, sealed);
  if (!plain) throw new VaultProblem('passphrase_wrong');
  return listRead(utf8Read(plain) ?? '');
}

async function keyMake(parameters: Fields, passphrase: string, progress?: Progress): Promise<Bytes> {
  const salt = base64Read(text(parameters.salt));
  const memory_kib = (whole(parameters.memLimit) ?? 0) / 1024;
  if (salt?.length !== SALT_SIZE) throw new VaultProblem('file_damaged');
  const { argon2idKey } = await import('../memory_hard');
  return argon2idKey(utf8(passphrase), salt, { passes: whole(parameters.opsLimit) ?? 0, memory_kib: Math.floor(memory_kib), lanes: 1 }, progress);
}
