/* Whether requests reach this device while the app is closed, and what to do about it. */
import { effect, signal } from '@preact/signals';
import { activeAccounts } from '../store/memory';
import { readOne, write } from '../store/db';
import { subscribeAll, unsubscribeAll } from './subscription';

/*
 * unknown        not looked yet
 * unsupported    this browser has no Web Push (on an iPhone: not installed yet)
 * ask            the person was not asked
 * denied         the person, or the system, has notifications off
 * working        subscribing
 * on             subscribed, and the provider knows
 * no_service     the browser's push service did not answer
 * not_offered    the provider sends no pushes, or not to this browser's service
 * unreachable    the provider did not answer
 */
export type PushState = 'unknown' | 'unsupported' | 'ask' | 'denied' | 'working' | 'on' | 'no_service' | 'not_offered' | 'unreachable';

export const pushState = signal<PushState>('unknown');

const TOLD_OFF = 'push_told_off';
let registration: Promise<ServiceWorkerRegistration | null> | null = null;
let running: Promise<void> | null = null;
let again = false;

/* The one Trusted Types policy of the app: it makes the address of its own worker and nothing else. */
const WORKER = '/a/sw.js';
const policy = (globalThis as { trustedTypes?: { createPolicy: (name: string, rules: object) => { createScriptURL: (url: string) => string } } }).trustedTypes?.createPolicy('sw', {
  createScriptURL: (url: string) => {
    if (url !== WORKER) throw new TypeError('not our worker');
    return url;
  },
});

/* null where there is no service worker (private windows, old browsers). */
export function worker(): Promise<ServiceWorkerRegistration | null> {
  registration ??= 'serviceWorker' in navigator
    ? navigator.serviceWorker.register(policy ? policy.createScriptURL(WORKER) : WORKER, { scope: '/a/', updateViaCache: 'none' }).catch(() => null)
    : Promise.resolve(null);
  return registration;
}

/* At the start, and whenever the accounts change. */
export function keepPushTrue(): void {
  void worker();
  effect(() => {
    if (activeAccounts.value.length > 0) void syncPush();
  });
  document.addEventListener('visibilitychange', retry);
  addEventListener('online', retry);
  void navigator.permissions?.query({ name: 'notifications' }).then((status) => { status.onchange = () => void syncPush(); }).catch(() => {});
}

/* One at a time; what changed meanwhile is looked at by one more. */
export function syncPush(): Promise<void> {
  if (running) {
    again = true;
    return running;
  }
  running = sync().catch(() => { pushState.value = 'unreachable'; }).finally(() => {
    running = null;
    if (!again) return;
    again = false;
    void syncPush();
  });
  return running;
}

/* A service that did not answer may answer now. */
function retry(): void {
  if (document.visibilityState === 'visible' && (pushState.peek() === 'no_service' || pushState.peek() === 'unreachable')) void syncPush();
}

/* Must be called from a press: browsers ask only then. */
export async function askForNotifications(): Promise<void> {
  if (typeof Notification === 'undefined') return;
  await Notification.requestPermission();
  await syncPush();
}

async function sync(): Promise<void> {
  const here = await worker();
  if (!here || typeof Notification === 'undefined' || !('pushManager' in here)) {
    pushState.value = 'unsupported';
  } else if (Notification.permission === 'default') {
    pushState.value = 'ask';
  } else if (Notification.permission === 'denied') {
    pushState.value = 'denied';
    await tellOff(here.pushManager);
  } else {
    await subscribeHere();
  }
}

async function subscribeHere(): Promise<void> {
  if (pushState.peek() === 'unknown' || pushState.peek() === 'ask') pushState.value = 'working';
  const ready = await navigator.serviceWorker.ready;
  const { kind } = await subscribeAll(ready.pushManager, activeAccounts.peek());
  pushState.value = kind;
  await write('settings', false, TOLD_OFF).catch(() => {});
}

/* Said once, so that the sign-in page can tell the person to open the app. */
async function tellOff(manager: PushManager): Promise<void> {
  const told = await readOne<boolean>('settings', TOLD_OFF).catch(() => undefined);
  if (told || activeAccounts.peek().length === 0) return;
  await unsubscribeAll(manager, activeAccounts.peek());
  await write('settings', true, TOLD_OFF).catch(() => {});
}

const rung = new Set<string>();

/* Where no push arrives, a page in the background says itself what waits; once each. */
export async function ring(id: string): Promise<void> {
  if (pushState.peek() === 'on' || rung.has(id) || typeof Notification === 'undefined' || Notification.permission !== 'granted') return;
  rung.add(id);
  (await worker())?.active?.postMessage({ ring: id });
}
