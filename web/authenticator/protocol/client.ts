/*
 * Signed requests (PROTOCOL: Signed requests), with every way to fail as a value.
 *
 *   ok        the parsed answer, and its bytes as text: a challenge's details are hashed exactly as they came
 *   offline   no answer within the time allowed
 *   refused   the server said no
 *   garbled   an answer that is not ours (a proxy's page, a captive portal)
 */
import { bytesOf, randomId, sha256 } from './bytes';
import { learnClock, nowS } from './clock';
import { signJws } from './jws';

/* Who signs: an account's device at this provider. */
export interface Signer {
  device_id: string;
  issuer: string;
  key: CryptoKeyPair;
}

export type Fields = Readonly<Record<string, unknown>>;

export type Reply =
  | { kind: 'ok'; status: number; body: Fields; text: string }
  | { kind: 'offline' }
  | { kind: 'refused'; status: number; error: string; body: Fields; retryAfterS: number | null }
  | { kind: 'garbled'; status: number };

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

const TIME_ALLOWED_MS = 15_000;
const RETRY_MOST_S = 3600;

/* `path` under /device/v1; `body` is JSON. A clock that is off is set by the refusal, and the request sent once more. */
export async function signedRequest(signer: Signer, method: Method, path: string, body?: object): Promise<Reply> {
  const first = await signedOnce(signer, method, path, body);
  return first.kind === 'refused' && first.error === 'clock_off' ? signedOnce(signer, method, path, body) : first;
}

async function signedOnce(signer: Signer, method: Method, path: string, body?: object): Promise<Reply> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const headers = { Authorization: await authorization(signer, method, path, text) };
  return plainRequest(signer.issuer, method, path, text, headers);
}

/* What only a signed request may ask carries this header; the event stream needs it too. */
export async function authorization(signer: Signer, method: Method, path: string, body?: string): Promise<string> {
  const claims = {
    aud: signer.issuer,
    iat: nowS(),
    jti: randomId(),
    htm: method,
    htu: urlOf(signer.issuer, path),
    ...(body === undefined ? {} : { bh: await sha256(bytesOf(body)) }),
  };
  return `Symbolon ${await signJws(signer.key.privateKey, { typ: 'symbolon-request+jwt', kid: signer.device_id }, claims)}`;
}

export function urlOf(issuer: string, path: string): string {
  return `${issuer}/device/v1${path}`;
}

/* Requests without a signature: enrolment, before there is a device. */
export async function plainRequest(issuer: string, method: Method, path: string, body?: string, headers: Record<string, string> = {}): Promise<Reply> {
  const sentMs = Date.now();
  let response: Response;
  let text: string;
  try {
    response = await fetch(urlOf(issuer, path), {
      method,
      headers: body === undefined ? headers : { ...headers, 'Content-Type': 'application/json' },
      body: body ?? null,
      credentials: 'omit',
      cache: 'no-store',
      redirect: 'error',
      signal: AbortSignal.timeout(TIME_ALLOWED_MS),
    });
    text = await response.text();
  } catch {
    return { kind: 'offline' };
  }
  const fields = fieldsOf(text);
  if (!fields) return { kind: 'garbled', status: response.status };
  if (typeof fields.server_time === 'number') learnClock(fields.server_time, sentMs, Date.now());
  return response.ok ? { kind: 'ok', status: response.status, body: fields, text } : refusal(response, fields);
}

/* A JSON object, or null. */
export function fieldsOf(text: string): Fields | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : null;
  } catch {
    return null;
  }
}

function refusal(response: Response, body: Fields): Reply {
  return {
    kind: 'refused',
    status: response.status,
    error: typeof body.error === 'string' ? body.error : '',
    body,
    retryAfterS: retryAfter(response.headers.get('Retry-After')),
  };
}

function retryAfter(header: string | null): number | null {
  const seconds = Number.parseInt(header ?? '', 10);
  return seconds >= 0 ? Math.min(seconds, RETRY_MOST_S) : null;
}
