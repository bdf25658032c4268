/*
 * The browser's push subscription: one, for all accounts of this provider. Used by the page and by the worker.
 * Without a reachable push service `subscribe()` never settles in some browsers, so it has a time of its own.
 */
import { fromBase64url, sameBytes, toBase64url } from '../protocol/bytes';
import { getDevice, putPush, readDeviceReport, type Subscription } from '../protocol/calls';
import type { Reply, Signer } from '../protocol/client';

const TIME_ALLOWED_MS = 20_000;

export type Subscribed = { kind: 'on'; told: Subscription } | { kind: 'no_service' } | { kind: 'not_offered' } | { kind: 'unreachable' };

/*
 * Makes the subscription what the provider wants: made with its present key, and known to each account. `manager` is
 * the registration's.
 */
export async function subscribeAll(manager: PushManager, signers: readonly Signer[], renew = false): Promise<Subscribed> {
  const [first] = signers;
  if (!first) return { kind: 'unreachable' };
  const reply = await getDevice(first);
  const report = reply.kind === 'ok' ? readDeviceReport(reply.body) : null;
  if (!report) return { kind: 'unreachable' };
  const key = report.vapid_public_key && fromBase64url(report.vapid_public_key);
  if (!key || !report.vapid_public_key) return { kind: 'not_offered' };
  const made = await subscribe(manager, key, renew || report.renew);
  const told = made && toldOf(made, report.vapid_public_key);
  if (!told) return { kind: 'no_service' };
  const replies = await Promise.all(signers.map((signer) => putPush(signer, told)));
  return replies.every(isTaken) ? { kind: 'on', told } : afterRefusal(manager, signers, replies, renew);
}

/* The key changed between our asking and our telling: once more, from the beginning. */
function afterRefusal(manager: PushManager, signers: readonly Signer[], replies: readonly Reply[], renewed: boolean): Promise<Subscribed> | Subscribed {
  const isOtherKey = replies.some((reply) => reply.kind === 'refused' && reply.error === 'other_key');
  if (isOtherKey && !renewed) return subscribeAll(manager, signers, true);
  return { kind: replies.some((reply) => reply.kind === 'refused' && reply.status === 400) ? 'not_offered' : 'unreachable' };
}

function isTaken(reply: Reply): boolean {
  return reply.kind === 'ok' || (reply.kind === 'refused' && reply.status === 401);
}

/* The present one when it was made with this key; else a new one. null: no push service answered. */
async function subscribe(manager: PushManager, key: Uint8Array<ArrayBuffer>, renew: boolean): Promise<PushSubscription | null> {
  try {
    const present = await inTime(manager.getSubscription());
    if (present && !renew && isMadeWith(present, key)) return present;
    if (present) await inTime(present.unsubscribe());
    return await inTime(manager.subscribe({ userVisibleOnly: true, applicationServerKey: key }));
  } catch {
    return null;
  }
}

export function isMadeWith(subscription: PushSubscription, key: Uint8Array): boolean {
  const made = subscription.options.applicationServerKey;
  return made !== null && sameBytes(new Uint8Array(made), key);
}

function inTime<T>(work: Promise<T>): Promise<T> {
  return Promise.race([work, new Promise<never>((_, reject) => { setTimeout(() => reject(new Error('no push service answered')), TIME_ALLOWED_MS); })]);
}

function toldOf(subscription: PushSubscription, vapid: string): Subscription | null {
  const [p256dh, auth] = [subscription.getKey('p256dh'), subscription.getKey('auth')];
  return p256dh && auth && { endpoint: subscription.endpoint, p256dh: toBase64url(p256dh), auth: toBase64url(auth), vapid_public_key: vapid };
}

/* Notifications are off: the provider must not count on them. */
export async function unsubscribeAll(manager: PushManager | null, signers: readonly Signer[]): Promise<void> {
  await Promise.all(signers.map((signer) => putPush(signer, null)));
  const present = await manager?.getSubscription().catch(() => null);
  await present?.unsubscribe().catch(() => false);
}
