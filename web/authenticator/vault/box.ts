/*
 * AES-256-GCM boxes, as the command writes them: 0x01, 12 bytes of nonce, the ciphertext, 16 of tag. The byte 0x01 and a
 * text that says what the box is are authenticated, so a box fits only its own place.
 */
import { bytesJoin, randomBytes, utf8, type Bytes } from './bytes';

const VERSION = 1;
const NONCE_SIZE = 12;
const TAG_SIZE = 16;
export const BOX_OVERHEAD = 1 + NONCE_SIZE + TAG_SIZE;
export const KEY_SIZE = 32;

export async function boxKey(raw: Bytes): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', raw, 'AES-GCM', false, ['encrypt', 'decrypt']);
}

export async function boxSeal(key: CryptoKey, identity: string, plain: Bytes): Promise<Bytes> {
  const nonce = randomBytes(NONCE_SIZE);
  const cipher = await crypto.subtle.encrypt(parameters(nonce, identity), key, plain);
  return bytesJoin(Uint8Array.of(VERSION), nonce, new Uint8Array(cipher));
}

/* null: the key, the identity or a bit is wrong */
export async function boxOpen(key: CryptoKey, identity: string, box: Bytes): Promise<Bytes | null> {
  if (box.length < BOX_OVERHEAD || box[0] !== VERSION) return null;
  const nonce = box.slice(1, 1 + NONCE_SIZE);
  try {
    return new Uint8Array(await crypto.subtle.decrypt(parameters(nonce, identity), key, box.slice(1 + NONCE_SIZE)));
  } catch {
    return null;
  }
}

function parameters(iv: Bytes, identity: string) {
  return { name: 'AES-GCM', iv, additionalData: bytesJoin(Uint8Array.of(VERSION), utf8(identity)) };
}
