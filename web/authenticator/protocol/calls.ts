/* The rest of the device protocol, a function each. */
import type { Fields, Reply, Signer } from './client';
import { signedRequest } from './client';
import { inner, isNumber, isText, textOrNull } from './details';

export const getChallenges = (signer: Signer) => signedRequest(signer, 'GET', '/challenges');
export const getChallenge = (signer: Signer, id: string) => signedRequest(signer, 'GET', `/challenges/${id}`);
export const postAnswer = (signer: Signer, id: string, answer: string) => signedRequest(signer, 'POST', `/challenges/${id}/answer`, { answer });
export const postExpect = (signer: Signer) => signedRequest(signer, 'POST', '/expect', {});
export const getHistory = (signer: Signer) => signedRequest(signer, 'GET', '/history');
export const getDevice = (signer: Signer) => signedRequest(signer, 'GET', '/device');
export const putPush = (signer: Signer, push: Subscription | null) => signedRequest(signer, 'PUT', '/device/push', push ?? { push: null });
export const postPushTest = (signer: Signer) => signedRequest(signer, 'POST', '/device/push/test', {});
export const postPushEcho = (signer: Signer, nonce: string) => signedRequest(signer, 'POST', '/device/push/echo', { nonce });
export const deleteDevice = (signer: Signer) => signedRequest(signer, 'DELETE', '/device');

export interface Subscription {
  endpoint: string;
  p256dh: string;
  auth: string;
  vapid_public_key: string;
}

/* What waits. Without `popup` it must not come up by itself: somebody may be asking too often; the person looks for it. */
export interface Waiting {
  id: string;
  popup: boolean;
}

export function readWaiting(body: Fields): Waiting[] | null {
  const { challenges } = body;
  if (!Array.isArray(challenges)) return null;
  return challenges.map(inner).flatMap(({ id, popup }) => (isText(id) && /^[A-Za-z0-9_-]{1,64}$/.test(id) ? [{ id, popup: popup !== false }] : []));
}

/* What the provider knows of this device. Times are Unix seconds, 0 for never. */
export interface DeviceReport {
  name: string;
  last_contact: number;
  vapid_public_key: string | null;
  subscribed: boolean;
  /* the subscription was made with a key that is on its way out */
  renew: boolean;
  /* since when pushes are known to arrive; 0: not yet */
  reachable_since: number;
  confirmed_at: number;
  /* a word of docs/push.md, or null */
  failure: string | null;
}

export function readDeviceReport(body: Fields): DeviceReport | null {
  const push = inner(body.push);
  if (!isText(body.name)) return null;
  const number = (value: unknown) => (isNumber(value) ? value : 0);
  return {
    name: body.name,
    last_contact: number(body.last_contact),
    vapid_public_key: textOrNull(body.vapid_public_key),
    subscribed: push.subscribed === true,
    renew: push.renew === true,
    reachable_since: number(push.reachable_since ?? push.confirmed_at),
    confirmed_at: number(push.confirmed_at),
    failure: textOrNull(push.failure),
  };
}

export const OUTCOMES = ['pending', 'approved', 'denied', 'wrong', 'expired', 'superseded'] as const;
export type Outcome = (typeof OUTCOMES)[number];

export interface HistoryRow {
  id: string;
  nonce: string;
  shown: string;
  state: Outcome;
  why: string;
  at: number;
  client: { id: string; name: string };
  request: { ip: string | null; place: string | null; browser: string | null };
}

/* Rows that cannot be understood are left out. */
export function readHistory(body: Fields): HistoryRow[] | null {
  if (!Array.isArray(body.history)) return null;
  return body.history.map(readRow).filter((row) => row !== null);
}

function readRow(value: unknown): HistoryRow | null {
  const row = inner(value);
  const [client, request] = [inner(row.client), inner(row.request)];
  const state = OUTCOMES.find((one) => one === row.state);
  if (!isText(row.id) || !isText(row.nonce) || !isText(row.shown) || !state || !isNumber(row.at)) return null;
  return {
    id: row.id, nonce: row.nonce, shown: row.shown, state, at: row.at,
    why: isText(row.why) ? row.why : '',
    client: { id: isText(client.id) ? client.id : '', name: isText(client.name) ? client.name : '' },
    request: { ip: textOrNull(request.ip), place: textOrNull(request.place), browser: textOrNull(request.browser) },
  };
}

/* Whether a refusal says that the device is not known here (any more). */
export function isUnknownDevice(reply: Reply): boolean {
  return reply.kind === 'refused' && reply.status === 401 && reply.error !== 'clock_off';
}
