/* The device's side of an enrolment (PROTOCOL: Enrolment). */
import { bytesOf, fromBase64url, randomId, sha256, toBase64url } from './bytes';
import { plainRequest, signedRequest, type Fields, type Reply, type Signer } from './client';
import { nowS } from './clock';
import { publicJwk, signJws, type PublicJwk } from './jws';
import type { EnrolmentLink } from './link';

export interface AccountName {
  issuer: string;
  organisation: string;
  username: string;
}

export interface Redeemed {
  device_id: string;
  digits: string;
  account: AccountName;
}

export type EnrolmentState =
  | { state: 'confirm' }
  | { state: 'active'; account: AccountName; otpauth: string | null; vapidPublicKey: string | null };

/* RFC 7638, SHA-256. */
export function thumbprint(jwk: PublicJwk): Promise<string> {
  return sha256(bytesOf(JSON.stringify(jwk)));
}

/* proof = HMAC-SHA256(HKDF-SHA256(secret, salt = id), "symbolon-enrol" 0 issuer 0 id 0 thumbprint) */
export async function enrolmentProof(issuer: string, link: EnrolmentLink, jwk: PublicJwk): Promise<string> {
  const [secret, salt] = [fromBase64url(link.secret), fromBase64url(link.id)];
  if (!secret || !salt) throw new Error('not an enrolment link');
  const base = await crypto.subtle.importKey('raw', secret, 'HKDF', false, ['deriveKey']);
  const derive = { name: 'HKDF', hash: 'SHA-256', salt, info: bytesOf('symbolon enrol v1') };
  const key = await crypto.subtle.deriveKey(derive, base, { name: 'HMAC', hash: 'SHA-256', length: 256 }, false, ['sign']);
  const said = ['symbolon-enrol', issuer, link.id, await thumbprint(jwk)].join('\0');
  return toBase64url(await crypto.subtle.sign('HMAC', key, bytesOf(said)));
}

export async function enrolmentJws(issuer: string, link: EnrolmentLink, key: CryptoKeyPair, device: { name: string; platform: string }): Promise<string> {
  const jwk = await publicJwk(key.publicKey);
  const claims = {
    aud: issuer,
    iat: nowS(),
    jti: randomId(),
    enrolment: link.id,
    proof: await enrolmentProof(issuer, link, jwk),
    ...device,
  };
  return signJws(key.privateKey, { typ: 'symbolon-enrol+jwt', jwk }, claims);
}

/* POST /enrolments/lookup: the code gives its link once. */
export async function lookUpCode(issuer: string, code: string): Promise<Reply> {
  return plainRequest(issuer, 'POST', '/enrolments/lookup', JSON.stringify({ code }));
}

export function readLookup(body: Fields): EnrolmentLink | null {
  const { id, secret } = body;
  return typeof id === 'string' && typeof secret === 'string' && fromBase64url(id)?.length === 16 && fromBase64url(secret)?.length === 16 ? { id, secret } : null;
}

/* POST /enrolments/{id}. The refusal of a clock that is off may carry no time: the caller has asked for it before. */
export async function redeem(issuer: string, link: EnrolmentLink, key: CryptoKeyPair, device: { name: string; platform: string }): Promise<Reply> {
  const body = JSON.stringify({ enrolment: await enrolmentJws(issuer, link, key, device) });
  return plainRequest(issuer, 'POST', `/enrolments/${link.id}`, body);
}

export function readRedeemed(body: Fields): Redeemed | null {
  const { device_id, digits } = body;
  const account = readAccountName(body.account);
  if (typeof device_id !== 'string' || typeof digits !== 'string' || !/^\d{6}$/.test(digits) || !account) return null;
  return { device_id, digits, account };
}

/* GET /enrolments/{id}, signed. */
export function pollEnrolment(signer: Signer, enrolment: string): Promise<Reply> {
  return signedRequest(signer, 'GET', `/enrolments/${enrolment}`);
}

export function readEnrolmentState(body: Fields): EnrolmentState | null {
  if (body.state === 'confirm') return { state: 'confirm' };
  const account = readAccountName(body.account);
  if (body.state !== 'active' || !account) return null;
  return {
    state: 'active',
    account,
    otpauth: typeof body.totp === 'string' ? body.totp : null,
    vapidPublicKey: typeof body.vapid_public_key === 'string' ? body.vapid_public_key : null,
  };
}

function readAccountName(value: unknown): AccountName | null {
  const fields = typeof value === 'object' && value !== null ? (value as Fields) : {};
  const { issuer, organisation, username } = fields;
  return typeof issuer === 'string' && typeof organisation === 'string' && typeof username === 'string' ? { issuer, organisation, username } : null;
}

