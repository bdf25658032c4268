/* Bytes and their spellings. Every reader returns null for what it cannot read. */
export type Bytes = Uint8Array<ArrayBuffer>;

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const BASE64_WORDS = /^[A-Za-z0-9+/]*={0,2}$/;
const BASE64URL_WORDS = /^[A-Za-z0-9_-]*$/;

export function utf8(text: string): Bytes {
  return new TextEncoder().encode(text) as Bytes;
}

/* Strict UTF-8; a byte order mark at the start is dropped. */
export function utf8Read(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

export function base32(bytes: Uint8Array): string {
  let text = '';
  let held = 0;
  let bits = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    for (bits += 8; bits >= 5; bits -= 5) text += BASE32[(held >> (bits - 5)) & 31];
    held &= 31;
  }
  return bits > 0 ? text + BASE32[(held << (5 - bits)) & 31] : text;
}

/*
 * As people and sites write it: either case, spaces, dashes, padding. Many sites draw characters instead of encoding bytes,
 * so bits may be left over at the end; every authenticator ignores them.
 */
export function base32Read(text: string): Bytes | null {
  const digits = text.replace(/[\s+-]/g, '').replace(/=+$/, '').toUpperCase();
  const bytes: number[] = [];
  let held = 0;
  let bits = 0;
  for (const digit of digits) {
    const value = BASE32.indexOf(digit);
    if (value < 0) return null;
    held = ((held << 5) | value) & 0xfff;
    bits += 5;
    if (bits >= 8) bytes.push((held >> (bits -= 8)) & 255);
  }
  return Uint8Array.from(bytes);
}

export function base64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text);
}

export function base64Read(text: string): Bytes | null {
  if (!BASE64_WORDS.test(text)) return null;
  try {
    return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  } catch {
    return null;
  }
}

export function base64url(bytes: Uint8Array): string {
  return base64(bytes).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
}

export function base64urlRead(text: string): Bytes | null {
  return BASE64URL_WORDS.test(text) ? base64Read(text.replace(/-/g, '+').replace(/_/g, '/')) : null;
}

export function hexRead(text: string): Bytes | null {
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) return null;
  const bytes = new Uint8Array(text.length / 2);
  for (let at = 0; at < bytes.length; at++) bytes[at] = parseInt(text.slice(2 * at, 2 * at + 2), 16);
  return bytes;
}

export function bytesJoin(...parts: readonly Uint8Array[]): Bytes {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export function bytesEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}

export function randomBytes(size: number): Bytes {
  return crypto.getRandomValues(new Uint8Array(size));
}
