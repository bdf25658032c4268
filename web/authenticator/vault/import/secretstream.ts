/*
 * The first message of a libsodium crypto_secretstream_xchacha20poly1305, as its documentation specifies it: a subkey by
 * HChaCha20 of the header, then one ChaCha20 stream whose first block keys Poly1305, whose second hides the tag byte and
 * whose rest hides the message.
 */
import { chacha20, hchacha } from '@noble/ciphers/chacha.js';
import { poly1305 } from '@noble/ciphers/_poly1305.js';
import { bytesJoin, type Bytes } from '../bytes';

const HEADER_SIZE = 24;
const BLOCK = 64;
const MAC_SIZE = 16;
const TAG_FINAL = 3;

/* null: the key or a bit is wrong, or the message is not the last one */
export function streamOpen(key: Bytes, header: Bytes, sealed: Bytes): Bytes | null {
  if (key.length !== 32 || header.length !== HEADER_SIZE || sealed.length < 1 + MAC_SIZE) return null;
  const subkey = subkeyMake(key, header.slice(0, 16));
  const nonce = bytesJoin(Uint8Array.of(1, 0, 0, 0), header.slice(16));
  const tagBlock = new Uint8Array(BLOCK);
  tagBlock[0] = sealed[0] ?? 0;
  const shown = chacha20(subkey, nonce, tagBlock, undefined, 1);
  const tag = shown[0];
  shown[0] = sealed[0] ?? 0; /* what is authenticated is the block as it was sealed */
  const cipher = sealed.slice(1, -MAC_SIZE);
  if (!macIsRight(subkey, nonce, bytesJoin(shown, cipher, tail(cipher.length)), sealed.slice(-MAC_SIZE)) || tag !== TAG_FINAL) return null;
  return chacha20(subkey, nonce, cipher, undefined, 2) as Bytes;
}

/* The padding is of the message's size modulo 16, and not what fills the last block: libsodium keeps that for ever. */
function tail(size: number): Bytes {
  const sizes = new DataView(new ArrayBuffer(16));
  sizes.setBigUint64(8, BigInt(BLOCK + size), true);
  return bytesJoin(new Uint8Array(size % 16), new Uint8Array(sizes.buffer));
}

function macIsRight(subkey: Bytes, nonce: Bytes, message: Bytes, mac: Bytes): boolean {
  const macKey = chacha20(subkey, nonce, new Uint8Array(BLOCK), undefined, 0).slice(0, 32);
  const right = poly1305(message, macKey);
  return right.reduce((wrong, byte, at) => wrong | (byte ^ (mac[at] ?? 256)), 0) === 0;
}

function subkeyMake(key: Bytes, input: Bytes): Bytes {
  const out = new Uint32Array(8);
  hchacha(Uint32Array.from(words('expand 32-byte k')), words32(key), words32(input), out);
  return new Uint8Array(out.buffer);
}

function words(text: string): Uint32Array {
  return words32(new TextEncoder().encode(text));
}

function words32(bytes: Uint8Array): Uint32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Uint32Array.from({ length: bytes.length / 4 }, (_, at) => view.getUint32(4 * at, true));
}
