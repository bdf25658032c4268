import type { Bytes } from '../bytes';
import { VaultProblem } from '../problem';

/* AES-256-GCM, the tag at the end. A wrong tag is a wrong passphrase, as far as anybody can tell. */
export async function gcmOpen(rawKey: Bytes, nonce: Bytes, sealed: Bytes): Promise<Bytes> {
  const key = await crypto.subtle.importKey('raw', rawKey, 'AES-GCM', false, ['decrypt']);
  try {
    return new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-GCM', iv: nonce }, key, sealed));
  } catch {
    throw new VaultProblem('passphrase_wrong');
  }
}
