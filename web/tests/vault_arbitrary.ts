/* Random codes, books and hostile texts for the property tests. */
import fc from 'fast-check';
import type { Bytes } from '../authenticator/vault/bytes';
import { ALGORITHMS, codeMake, type Code } from '../authenticator/vault/code';
import { entryMake, type Entry } from '../authenticator/vault/entry';

/* Letters of many scripts, bidi controls, zero-width and 4-byte characters, quotes, markup, separators of URIs. */
const HOSTILE = ['\u202e', '\u2066', '\u2069', '\u200b', '\u200d', '\u200f', '\ufeff', '\u00ad', '𝒮', '🗝', '👩‍👩‍👧', 'ب', 'ש', 'é', 'e\u0301', '%', '%41', ':', '%3A', '&', '=', '?', '#', '/', '\\', '"', "'", '<b>', '</script>', '+', ' ', '\u00a0', '\u2028', '*', '(', '!'];

export const anyName = fc.array(fc.oneof(fc.constantFrom(...HOSTILE), fc.string({ unit: 'grapheme', maxLength: 3 })), { maxLength: 12 }).map((parts) => parts.join(''));

const size = (bytes: Uint8Array) => Uint8Array.from(bytes) as Bytes;

export const anyCode: fc.Arbitrary<Code> = fc
  .record({
    issuer: anyName,
    account: anyName.map((name) => `${name}x`),
    secret: fc.uint8Array({ minLength: 1, maxLength: 128 }).map(size),
    algorithm: fc.constantFrom(...ALGORITHMS),
    digits: fc.integer({ min: 6, max: 8 }),
    period: fc.oneof(fc.constantFrom(30, 60), fc.integer({ min: 1, max: 86_400 })),
  })
  .map(codeMake);

export const anyEntry: fc.Arbitrary<Entry> = fc
  .tuple(anyCode, fc.record({ added_at: fc.integer({ min: 0, max: 4_000_000_000 }), group: anyName, pinned: fc.boolean() }))
  .map(([code, parts]) => entryMake(code, parts));

export const anyBook = fc.array(anyEntry, { maxLength: 8 });

/* What a QR code, a link or a file may hold: noise, and good ones with something broken in them. */
export function damaged(good: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const cut = fc.tuple(good, fc.nat(), fc.nat(), fc.oneof(fc.constantFrom(...HOSTILE, '\0', '\ud800', '&secret=A', '%zz', '%ff', 'digits=99', '[', '{', ':', ','), fc.string({ maxLength: 5 })));
  return cut.map(([text, from, to, put]) => {
    const start = text.length === 0 ? 0 : from % text.length;
    return text.slice(0, start) + put + text.slice(start + (to % 9));
  });
}
