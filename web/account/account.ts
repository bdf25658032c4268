/*
 * The page's memory: what the server told, what the person is doing about it, and what went wrong on the way. Views
 * read the signals and call the actions; nothing else changes anything.
 */
import { batch, computed, effect, signal } from '@preact/signals';
import { announce } from '../shared/announce';
import type { Answer } from '../shared/http';
import * as api from './api';
import { mergeChange, readOverview, readPage, type Entry, type Overview } from './model';
import { safetyOf } from './safety';
import { keepBegun, needsProof, takeBegun, type OpenSheet, type SheetName } from './sheets/sheet';
import { t } from './text';

export type Problem = { kind: 'offline' | 'slow_down' | 'busy' | 'conflict' | 'last_way' | 'enrol_only' | 'trouble'; message: string };
export type Over = 'signed_out' | 'ended' | 'trouble' | 'offline';

export const overview = signal<Overview | null>(null);
/* the newest entries, for the first card and the list; older ones belong to the history view */
export const recent = signal<Entry[]>([]);
/* why there is nothing to show */
export const over = signal<Over | null>(null);
export const sheet = signal<OpenSheet | null>(null);
export const busy = signal(false);
export const problem = signal<Problem | null>(null);
/* until when the server asked us to wait (performance.now) */
export const waitDeadline = signal<number | null>(null);
/* the last look at the server brought no answer */
export const lineLost = signal(false);
/* the server wants to know who is there before it goes on with the open sheet */
export const proofWanted = signal(false);

export const safety = computed(() => (overview.value ? safetyOf(overview.value, recent.value) : null));

/* server seconds at performance.now() = 0 */
let clockBase = 0;
const RECENT = 30;
const LOOK_MS = 30_000;

export function serverNow(): number {
  return Math.floor(clockBase + performance.now() / 1000);
}

export async function start(embedded: unknown): Promise<void> {
  const first = readOverview(embedded);
  if (first) take(first);
  else await look();
  await lookAtHistory();
  resume();
  watch();
}

/* ---- looking ---- */

export async function look(): Promise<void> {
  const answer = await api.fetchOverview();
  const next = answer.kind === 'ok' ? readOverview(answer.body) : null;
  lineLost.value = answer.kind === 'offline';
  if (next) take(next);
  else if (answer.kind === 'refused' && answer.status === 401) over.value = 'ended';
  else if (!overview.peek()) over.value = answer.kind === 'offline' ? 'offline' : 'trouble';
}

export async function lookAtHistory(): Promise<void> {
  if (overview.peek()?.access !== 'full') return;
  const answer = await api.fetchHistory(null, RECENT);
  const page = answer.kind === 'ok' ? readPage(answer.body) : null;
  if (page) recent.value = page.entries;
}

function take(next: Overview): void {
  clockBase = next.server_time - performance.now() / 1000;
  batch(() => {
    overview.value = next;
    over.value = null;
  });
}

/* What others do to this account shows without a reload: another browser ends this session, a device is added. */
function watch(): void {
  const again = () => {
    if (document.visibilityState === 'visible' && (!over.peek() || over.peek() === 'offline')) void look();
  };
  setInterval(again, LOOK_MS);
  document.addEventListener('visibilitychange', again);
  addEventListener('focus', again);
  addEventListener('online', again);
  effect(() => {
    if (over.value) sheet.value = null;
  });
}

/* ---- sheets and proof ---- */

export function openSheet(name: SheetName, id = ''): void {
  farewell = null;
  batch(() => {
    const next = { name, id };
    proofWanted.value = needsProof(next, overview.peek()?.fresh_until ?? 0, serverNow());
    problem.value = null;
    sheet.value = next;
  });
}

/* What the open sheet does before it goes: false when it would rather stay. */
let farewell: (() => boolean) | null = null;

export function onFarewell(ask: (() => boolean) | null): void {
  farewell = ask;
}

/* Escape, Back, the cross. */
export function leaveSheet(): void {
  if (!farewell || farewell()) closeSheet();
}

export function closeSheet(): void {
  farewell = null;
  batch(() => {
    sheet.value = null;
    proofWanted.value = false;
    problem.value = null;
  });
}

/* Away to sign in, and back to the same sheet. */
export function prove(): void {
  const begun = sheet.peek();
  if (!begun) return;
  keepBegun(sessionStorage, begun, Date.now());
  location.assign(`/account/login?fresh=1&to=${begun.name}`);
}

function resume(): void {
  const begun = takeBegun(sessionStorage, location.hash, Date.now());
  if (!begun) return;
  history.replaceState(null, '', location.pathname);
  openSheet(begun.name, begun.id);
}

/* ---- changing ---- */

/* A refusal that belongs to one field: true when the sheet has told it itself. */
type OnRefused = (error: string, message: string) => boolean;

/* Asks for a change. null: it was not made, and why is told by the sheet, by `problem`, or by the wish for a proof. */
export async function change(send: () => Promise<Answer>, onRefused?: OnRefused): Promise<unknown | null> {
  const body = await ask(send, onRefused);
  if (body !== null) merge(body);
  return body;
}

/* A change that closes its sheet, and says so. */
export async function changeAndClose(send: () => Promise<Answer>, said: string): Promise<void> {
  const body = await ask(send);
  if (body === null) return;
  batch(() => {
    merge(body);
    closeSheet();
  });
  announce(said);
  void lookAtHistory();
}

async function ask(send: () => Promise<Answer>, onRefused?: OnRefused): Promise<unknown | null> {
  if (busy.peek()) return null;
  batch(() => {
    busy.value = true;
    problem.value = null;
  });
  const answer = await send();
  busy.value = false;
  if (answer.kind === 'ok') return answer.body ?? {};
  if (answer.kind !== 'refused' || !onRefused?.(answer.error, answer.message)) fail(answer);
  return null;
}

function merge(body: unknown): void {
  const before = overview.peek();
  if (before) overview.value = mergeChange(before, body);
}

export function fail(answer: Answer): void {
  if (answer.kind === 'offline') problem.value = { kind: 'offline', message: '' };
  else if (answer.kind !== 'refused') problem.value = { kind: 'trouble', message: '' };
  else if (answer.status === 401) over.value = 'ended';
  else if (answer.error === 'fresh_proof') proofWanted.value = true;
  else if (answer.error === 'enrol_only') problem.value = { kind: 'enrol_only', message: '' };
  else if (answer.error === 'last_factor') problem.value = { kind: 'last_way', message: '' };
  else if (answer.status === 409 || answer.status === 404) changedMeanwhile(answer.error === 'too_many' ? answer.message : '');
  else if (answer.status === 429 || answer.status === 503) waitFor(answer.status === 429 ? 'slow_down' : 'busy', answer.retryAfterS ?? 5);
  else problem.value = { kind: 'trouble', message: answer.message };
}

function changedMeanwhile(message: string): void {
  problem.value = { kind: message ? 'trouble' : 'conflict', message };
  void look();
}

function waitFor(kind: 'slow_down' | 'busy', seconds: number): void {
  problem.value = { kind, message: '' };
  waitDeadline.value = performance.now() + seconds * 1000;
}

export async function signOut(): Promise<void> {
  if (busy.peek()) return;
  busy.value = true;
  const answer = await api.signOutHere();
  busy.value = false;
  if (answer.kind !== 'ok' && !(answer.kind === 'refused' && answer.status === 401)) {
    announce(t.problems[answer.kind === 'offline' ? 'offline' : 'trouble']);
    return;
  }
  over.value = 'signed_out';
}
