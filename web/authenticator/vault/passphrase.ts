import { utf8, type Bytes } from './bytes';
import { VaultProblem } from './problem';

export const PASSPHRASE_SIZE_MIN = 8;
export const PASSPHRASE_SIZE_MAX = 256;

/* The bytes of a new passphrase; a known one of any length is for whoever checks it. */
export function passphraseNew(passphrase: string): Bytes {
  const bytes = passphraseBytes(passphrase);
  if (bytes.length < PASSPHRASE_SIZE_MIN) throw new VaultProblem('passphrase_short');
  if (bytes.length > PASSPHRASE_SIZE_MAX) throw new VaultProblem('passphrase_long');
  return bytes;
}

export function passphraseBytes(passphrase: string): Bytes {
  return utf8(passphrase.normalize('NFC'));
}
