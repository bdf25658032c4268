/*
 * A challenge's details and the answer to them (PROTOCOL: A challenge's details, The answer). What cannot be understood
 * whole is not shown at all: the answer would acknowledge something that nobody saw.
 */
import { bytesOf, randomId, sha256 } from './bytes';
import { fieldsOf, type Fields, type Signer } from './client';
import { nowS } from './clock';
import { signJws } from './jws';

interface Common {
  id: string;
  nonce: string;
  /* the base64url of the SHA-256 of the bytes: what the answer acknowledges */
  shown: string;
  account: { username: string; organisation: string };
  client: { id: string; name: string; host: string | null };
  request: { ip: string | null; place: string | null; browser: string | null; known: boolean; at: number };
  why: string;
  message: string | null;
  expires_at: number;
}

export type Details = Common & ({ mode: 'confirm'; code: string } | { mode: 'choose'; choices: string[] } | { mode: 'enter'; digits: number });

export type Decision = 'approve' | 'deny' | 'report';

const DIGITS_MOST = 8;

export async function readDetails(text: string): Promise<Details | null> {
  const fields = fieldsOf(text);
  const common = fields && readCommon(fields, await sha256(bytesOf(text)));
  return common ? readMode(common, fields) : null;
}

function readCommon(fields: Fields, shown: string): Common | null {
  const [account, client, request] = [inner(fields.account), inner(fields.client), inner(fields.request)];
  const { id, nonce, why, expires_at } = fields;
  if (!isText(id) || !isText(nonce) || !isText(why) || !isNumber(expires_at)) return null;
  if (!isText(account.username) || !isText(account.organisation) || !isText(client.id) || !isText(client.name)) return null;
  if (typeof request.known !== 'boolean' || !isNumber(request.at)) return null;
  return {
    id, nonce, shown, why, expires_at,
    account: { username: account.username, organisation: account.organisation },
    client: { id: client.id, name: client.name, host: textOrNull(client.host) },
    request: { ip: textOrNull(request.ip), place: textOrNull(request.place), browser: textOrNull(request.browser), known: request.known, at: request.at },
    message: textOrNull(fields.message),
  };
}

function readMode(common: Common, fields: Fields): Details | null {
  const { mode, code, choices, digits } = fields;
  if (mode === 'confirm') return isText(code) && /^[A-Z]{5}$/.test(code) ? { ...common, mode, code } : null;
  if (mode === 'choose') return isChoice(choices) ? { ...common, mode, choices } : null;
  if (mode !== 'enter' || !isNumber(digits) || !Number.isInteger(digits)) return null;
  return digits >= 1 && digits <= DIGITS_MOST ? { ...common, mode, digits } : null;
}

function isChoice(value: unknown): value is string[] {
  return Array.isArray(value) && value.length === 3 && value.every((one) => isText(one) && /^\d{1,8}$/.test(one)) && new Set(value).size === 3;
}

/* What an answer needs: details that were opened, or a row of the history. */
export type Answerable = Pick<Common, 'id' | 'nonce' | 'shown'>;

export function signAnswer(signer: Signer, of: Answerable, decision: Decision, number?: string, reason?: string): Promise<string> {
  const claims = {
    aud: signer.issuer,
    iat: nowS(),
    jti: randomId(),
    challenge: of.id,
    nonce: of.nonce,
    shown: of.shown,
    decision,
    ...(number === undefined ? {} : { number }),
    ...(reason === undefined ? {} : { reason }),
  };
  return signJws(signer.key.privateKey, { typ: 'symbolon-answer+jwt', kid: signer.device_id }, claims);
}

export function inner(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

export function isText(value: unknown): value is string {
  return typeof value === 'string';
}

export function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

export function textOrNull(value: unknown): string | null {
  return isText(value) && value !== '' ? value : null;
}
