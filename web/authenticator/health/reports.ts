/* What the provider says of each device, and the test message on its way. */
import { computed, signal } from '@preact/signals';
import { getDevice, postPushTest, readDeviceReport, type DeviceReport } from '../protocol/calls';
import { pushState } from '../push/push';
import type { Account } from '../store/accounts';
import { activeAccounts, alterAccount, learnFrom, lineLost } from '../store/memory';

export const reports = signal<ReadonlyMap<string, DeviceReport>>(new Map());
export type Test = { kind: 'waiting'; sinceMs: number } | { kind: 'arrived'; ms: number } | { kind: 'lost' } | { kind: 'failed' } | { kind: 'too_many' };
export const test = signal<Test | null>(null);

const TEST_WAIT_MS = 30_000;

export type PushHealth = 'good' | 'waiting' | 'bad';

/* Reachable only when a test came back: being subscribed alone proves nothing. */
export const pushHealth = computed<PushHealth>(() => {
  if (pushState.value !== 'on') return 'bad';
  const all = activeAccounts.value.map(({ device_id }) => reports.value.get(device_id));
  if (all.some((report) => report?.failure)) return 'bad';
  return all.length > 0 && all.every((report) => report && report.subscribed && report.reachable_since > 0) ? 'good' : 'waiting';
});

export type Health = 'ready' | 'open_only' | 'broken';

export const health = computed<Health>(() => {
  if (lineLost.value || activeAccounts.value.length === 0) return 'broken';
  return pushHealth.value === 'good' ? 'ready' : 'open_only';
});

export async function refreshReports(): Promise<void> {
  await Promise.all(activeAccounts.peek().map(refresh));
}

async function refresh(account: Account): Promise<void> {
  const reply = await getDevice(account);
  learnFrom(reply, account);
  const report = reply.kind === 'ok' ? readDeviceReport(reply.body) : null;
  if (!report) return;
  reports.value = new Map(reports.peek()).set(account.device_id, report);
  /* renamed on the account page */
  if (report.name !== account.name) await alterAccount(account.device_id, { name: report.name });
}

export async function sendTest(): Promise<void> {
  const [account] = activeAccounts.peek();
  if (!account || test.peek()?.kind === 'waiting') return;
  const sinceMs = Date.now();
  test.value = { kind: 'waiting', sinceMs };
  const reply = await postPushTest(account);
  learnFrom(reply, account);
  if (reply.kind !== 'ok') test.value = { kind: reply.kind === 'refused' && reply.status === 429 ? 'too_many' : 'failed' };
  else setTimeout(() => loseTest(sinceMs), TEST_WAIT_MS);
}

function loseTest(sinceMs: number): void {
  const now = test.peek();
  if (now?.kind === 'waiting' && now.sinceMs === sinceMs) test.value = { kind: 'lost' };
}

/* The worker got a test message and its echo was taken. */
export function takeEcho(atMs: number): void {
  const now = test.peek();
  if (now?.kind === 'waiting') test.value = { kind: 'arrived', ms: Math.max(0, atMs - now.sinceMs) };
  void refreshReports();
}
