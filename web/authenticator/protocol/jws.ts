/* Compact JWS (RFC 7515), ES256 only, as every signed thing of the device protocol is one. */
import { bytesOf, toBase64url } from './bytes';

export const ES256 = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const SIGNATURE = { name: 'ECDSA', hash: 'SHA-256' } as const;

/* The members of a P-256 public key in the order in which RFC 7638 hashes them. */
export interface PublicJwk {
  crv: string;
  kty: string;
  x: string;
  y: string;
}

export type Header = { typ: string } & ({ kid: string } | { jwk: PublicJwk });

/* The private half never leaves the browser: not even this app can read it. */
export function newKey(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey(ES256, false, ['sign', 'verify']);
}

export async function publicJwk(key: CryptoKey): Promise<PublicJwk> {
  const { crv, kty, x, y } = await crypto.subtle.exportKey('jwk', key);
  if (!crv || !kty || !x || !y) throw new Error('not an elliptic curve key');
  return { crv, kty, x, y };
}

export async function signJws(key: CryptoKey, header: Header, claims: object): Promise<string> {
  const part = (value: object) => toBase64url(bytesOf(JSON.stringify(value)));
  const input = `${part({ alg: 'ES256', ...header })}.${part(claims)}`;
  return `${input}.${toBase64url(await crypto.subtle.sign(SIGNATURE, key, bytesOf(input)))}`;
}
