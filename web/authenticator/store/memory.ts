/* What every view reads: the accounts, and whether this browser keeps them. */
import { computed, signal } from '@preact/signals';
import { clockOffsetS, setClockOffset } from '../protocol/clock';
import type { Reply } from '../protocol/client';
import { isUnknownDevice } from '../protocol/calls';
import { changeAccount, listAccounts, saveAccount, forgetAccount, type Account } from './accounts';
import { readOne, StorageGone, write } from './db';

export const accounts = signal<readonly Account[]>([]);
/* null: not yet known */
export const storage = signal<'here' | 'gone' | null>(null);
export const activeAccounts = computed(() => accounts.value.filter(({ state }) => state === 'active'));

/* the last answer of the provider, in milliseconds of this device's clock; 0: none since the start */
export const lastContactMs = signal(0);
export const lineLost = signal(false);

/* Fewer seconds than this off are nobody's business. */
export const CLOCK_TOLERANCE_S = 30;
export const clockOffS = signal(0);

const CLOCK = 'clock_offset_s';

/* Reads what is kept; again when another tab, or the worker, changed it. */
export async function loadMemory(): Promise<void> {
  try {
    const [all, offset] = await Promise.all([listAccounts(), readOne<number>('settings', CLOCK)]);
    if (typeof offset === 'number' && clockOffsetS() === 0) setClockOffset(offset);
    clockOffS.value = clockOffsetS();
    accounts.value = all;
    storage.value = 'here';
  } catch (error) {
    noteStorage(error);
  }
}

export async function keepAccount(account: Account): Promise<void> {
  await guarded(saveAccount(account));
  await loadMemory();
}

export async function alterAccount(id: string, change: Partial<Account>): Promise<void> {
  await guarded(changeAccount(id, change));
  await loadMemory();
}

export async function dropAccount(id: string): Promise<void> {
  await guarded(forgetAccount(id));
  await loadMemory();
}

/* Each answer of the provider teaches something: that it is there, what time it is, whether it knows us. */
export function learnFrom(reply: Reply, account: Account | null): void {
  const reached = reply.kind === 'ok' || reply.kind === 'refused';
  lineLost.value = !reached;
  if (!reached) return;
  lastContactMs.value = Date.now();
  if (Math.abs(clockOffsetS() - clockOffS.peek()) > 1) void keepClock();
  if (account && isUnknownDevice(reply) && account.state === 'active') void alterAccount(account.device_id, { state: 'revoked' });
  if (account && reply.kind === 'ok' && account.state === 'revoked') void alterAccount(account.device_id, { state: 'active' });
}

async function keepClock(): Promise<void> {
  clockOffS.value = clockOffsetS();
  await guarded(write('settings', clockOffsetS(), CLOCK)).catch(() => {});
}

async function guarded<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    noteStorage(error);
    throw error;
  }
}

function noteStorage(error: unknown): void {
  if (!(error instanceof StorageGone)) throw error;
  storage.value = 'gone';
}
