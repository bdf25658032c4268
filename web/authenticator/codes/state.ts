/* What the tab of codes knows, and the only place that changes it. Views read the signals and call the actions. */
import { signal } from '@preact/signals';
import { announce } from '../shell/announce';
import { readOne, update } from '../store/db';
import { entryMake, mergeApply, mergePreview, type Book } from '../vault/entry';
import { Keeper, type Storage, type Stored } from '../vault/keeper';
import type { Lock, Passkey, Way } from '../vault/lock';
import { otpauthRead } from '../vault/otpauth';
import { isProblem, VaultProblem, type ProblemCode } from '../vault/problem';
import { c } from './text';

const RECORD = 'codes';
const INBOX = 'inbox';

export type Phase = 'loading' | 'locked' | 'open' | 'broken';

export const phase = signal<Phase>('loading');
export const book = signal<Book>([]);
export const lock = signal<Lock | null>(null);
export const trouble = signal<ProblemCode | null>(null);
export const inboxWaits = signal(false);

const storage: Storage = {
  load: () => stored(() => readOne<Stored>('vault', RECORD)),
  swap: (revision, next) => stored(async () => {
    let done = false;
    await update<Stored>('vault', RECORD, (now) => {
      done = (now?.revision ?? 0) === revision;
      return done ? next : undefined;
    });
    return done;
  }),
};

const keeper = new Keeper(storage, nowSeconds);
const others = typeof BroadcastChannel === 'function' ? new BroadcastChannel('symbolon-codes') : null;

async function stored<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch {
    throw new VaultProblem('storage');
  }
}

export function nowSeconds(): number {
  return Math.floor(Date.now() / 1000);
}

/* ---- seeing ---- */

let begun = false;

/* Idempotent; every entry into the tab calls it. */
export async function begin(): Promise<void> {
  if (!begun && others) others.onmessage = ({ data }) => void (data === 'lock' ? lockHere() : refresh());
  begun = true;
  await refresh();
}

async function refresh(): Promise<void> {
  try {
    const seen = await keeper.look();
    lock.value = seen.lock;
    if (seen.locked) lockedNow();
    else opened(seen.book);
    await inboxTake();
  } catch (error) {
    trouble.value = problemCode(error);
    phase.value = 'broken';
  }
}

function opened(now: Book): void {
  book.value = now;
  phase.value = 'open';
}

function lockedNow(): void {
  book.value = [];
  phase.value = 'locked';
}

/* ---- changing ---- */

/* Throws a VaultProblem for the form that asked; everything is as it was then. */
export async function change(work: (book: Book) => Book): Promise<void> {
  opened(await keeper.change(work));
  others?.postMessage('changed');
}

/* For what has no form of its own: the words of a problem pass over the screen. */
export async function attempt(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    announce(c.problems[problemCode(error)]);
    return false;
  }
}

export function problemCode(error: unknown): ProblemCode {
  if (isProblem(error)) return error.code;
  console.error(error);
  return 'vault_damaged';
}

/* ---- the lock ---- */

export async function unlock(way: Way): Promise<void> {
  opened(await keeper.unlock(way));
  await inboxTake();
}

export async function prove(way: Way): Promise<void> {
  await keeper.prove(way);
}

export function lockHere(): void {
  if (!lock.value) return;
  keeper.forget();
  lockedNow();
}

export function lockEverywhere(): void {
  lockHere();
  others?.postMessage('lock');
}

export async function lockSet(passphrase: string, passkey: Passkey | null): Promise<void> {
  await keeper.lockSet(passphrase, passkey);
  await refresh();
  others?.postMessage('changed');
}

export async function lockRemove(): Promise<void> {
  await keeper.lockRemove();
  await refresh();
  others?.postMessage('changed');
}

/* ---- what comes while the vault is locked ---- */

/*
 * A generator that arrives with an enrolment cannot wait for a passphrase: a locked vault keeps it beside, as it would
 * without a lock, and takes it in when it is opened.
 */
export async function receive(uri: string): Promise<void> {
  otpauthRead(uri);
  await stored(() => update<string[]>('vault', INBOX, (now) => [...(now ?? []), uri]));
  await refresh();
}

async function inboxTake(): Promise<void> {
  const waiting = (await stored(() => readOne<string[]>('vault', INBOX))) ?? [];
  inboxWaits.value = waiting.length > 0 && phase.value === 'locked';
  if (waiting.length === 0 || phase.value !== 'open') return;
  const entries = waiting.map((uri) => entryMake(otpauthRead(uri), { added_at: nowSeconds() }));
  await change((now) => mergeApply(now, mergePreview(now, entries).map((candidate) => ({ candidate, choice: 'add' }))));
  await stored(() => update<string[]>('vault', INBOX, (now) => now?.filter((uri) => !waiting.includes(uri))));
}
