/*
 * The page's memory: the server's state, what the person is doing about it, and what went wrong on the way. Views read
 * the signals and call the actions; nothing else changes anything.
 */
import { batch, computed, effect, signal } from '@preact/signals';
import { deadlineMs, steadyDeadline } from '../shared/countdown';
import type { Answer } from '../shared/http';
import { browserLocks } from '../shared/one_stream';
import { returnUrl } from '../shared/url';
import { fetchState, openEvents, postAction, postSignOut, type LoginAction } from './api';
import { Live } from './live';
import { errorState, readState, type Factor, type State } from './state';
import { isPushPending, viewKey, viewOf } from './view';

export type Problem = { kind: 'offline' } | { kind: 'slow_down' } | { kind: 'busy' } | { kind: 'trouble'; message: string };

export const state = signal<State>(errorState('no_login', null));
export const chosen = signal<Factor | null>(null);
export const busy = signal<LoginAction | 'sign_out' | null>(null);
export const problem = signal<Problem | null>(null);
/* no answer to our asking while a push waits */
export const lineLost = signal(false);
/* monotonic moments (performance.now) */
export const challengeDeadline = signal<number | null>(null);
export const waitDeadline = signal<number | null>(null);
/* counts the server's answers to what the person sent; states heard meanwhile do not count */
export const answered = signal(0);
/* where the browser is being sent */
export const leavingTo = signal<string | null>(null);
/* the sign-in ended with a push, so the two halves may join */
export const joined = signal(false);

export const view = computed(() => viewOf(state.value, chosen.value));
export const key = computed(() => viewKey(view.value, state.value));

/* Answers to questions asked before our own last POST are old news. */
let epoch = 0;
let missedLive = false;
let loginTimer = 0;
let challengeTimer = 0;

const live = new Live({
  locks: browserLocks(),
  poll: pollOnce,
  openStream: (onState, onTrouble) =>
    openEvents(loginId(), (value) => {
      lineLost.value = false;
      onState();
      applyLive(value);
    }, onTrouble),
  later: (run, ms) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
});

export function start(first: State): void {
  apply(first);
  waitIfTold(first);
  effect(() => listen(isPushPending(state.value)));
  document.addEventListener('visibilitychange', () => listen(isPushPending(state.peek())));
  addEventListener('online', () => {
    live.nudge();
    if (state.peek().state === 'done' && problem.peek()) void finish();
  });
  addEventListener('pageshow', (event) => {
    if (event.persisted) void comeBack();
  });
  addEventListener('pagehide', () => live.stop());
}

export const identify = (username: string) => act('identify', { username });
export const provePassword = (password: string) => act('password', { password });
export const proveTotp = (code: string) => act('totp', { code });
export const proveRecovery = (code: string) => act('recovery', { code });
export const consent = (allow: boolean) => act('consent', { allow });
export const forget = () => act('cancel', { forget: true });

export async function sendPush(): Promise<void> {
  /* a sign-in may ask for something else first and take a push instead: then this is the person's pick */
  if (await act('push', {})) chosen.value = 'push';
}

/* A pending push is shown again as it is; a new one would cost budget. */
export function useWay(way: Factor): void {
  problem.value = null;
  const showsItself = way !== 'push' || isPushPending(state.peek());
  if (showsItself) chosen.value = way;
  else void sendPush();
}

export async function signOut(): Promise<void> {
  if (busy.peek()) return;
  begin('sign_out');
  const answer = await postSignOut();
  end();
  if (answer.kind !== 'ok') return fail(answer);
  const location = locationOf(answer.body);
  if (location) leave(location);
  else apply(errorState('signed_out', state.peek()));
}

export function staySignedIn(): void {
  apply(errorState('stayed', state.peek()));
}

export async function finish(): Promise<void> {
  if (busy.peek() === 'finish') return;
  /* the stream must be gone before the page goes: it holds one of six connections */
  live.stop();
  begin('finish');
  const answer = await postAction(loginId(), 'finish', {});
  end();
  if (answer.kind !== 'ok') return fail(answer);
  const location = locationOf(answer.body);
  if (location) leave(location);
  else problem.value = { kind: 'trouble', message: '' };
}

/* Ask the server how things stand; used after a conflict and when a time has run out. */
export async function refresh(): Promise<void> {
  await pollOnce();
}

async function act(action: LoginAction, body: object): Promise<boolean> {
  if (busy.peek()) return false;
  begin(action);
  const answer = await postAction(loginId(), action, body);
  end();
  const next = answer.kind === 'ok' ? readState(answer.body) : null;
  if (next) {
    batch(() => {
      answered.value += 1;
      apply(next);
    });
    waitIfTold(next);
  } else fail(answer);
  if (missedLive) live.nudge();
  missedLive = false;
  return next !== null;
}

function begin(action: LoginAction | 'sign_out'): void {
  epoch += 1;
  batch(() => {
    busy.value = action;
    problem.value = null;
  });
}

function end(): void {
  epoch += 1;
  busy.value = null;
}

async function pollOnce(): Promise<boolean> {
  const asked = epoch;
  const answer = await fetchState(loginId());
  const reached = answer.kind === 'ok' || (answer.kind === 'refused' && answer.status < 500);
  lineLost.value = !reached;
  if (answer.kind === 'ok' && asked === epoch) applyLive(answer.body);
  if (answer.kind === 'refused' && isGone(answer.status)) fail(answer);
  return reached;
}

function applyLive(value: unknown): void {
  if (busy.peek()) {
    missedLive = true;
    return;
  }
  const next = readState(value);
  if (next && next.server_time >= state.peek().server_time) apply(next);
}

function apply(next: State): void {
  const now = performance.now();
  const last = state.peek();
  const movedOn = next.state !== last.state || next.factor !== last.factor;
  batch(() => {
    if (next.challenge?.status === 'approved' || (next.state === 'done' && isPushPending(last))) joined.value = true;
    if (movedOn) chosen.value = null;
    challengeDeadline.value = challengeEnd(last, next, now);
    state.value = next;
  });
  watchTheClock(next, now);
  if (next.state === 'done' && last.state !== 'done') void finish();
}

function challengeEnd(last: State, next: State, now: number): number | null {
  if (!next.challenge) return null;
  const sameQuestion = last.challenge?.shown === next.challenge.shown;
  const fresh = deadlineMs(next.challenge.expires_at, next.server_time, now);
  return steadyDeadline(sameQuestion ? challengeDeadline.peek() : null, fresh);
}

/* When a time runs out the server has the word on what that means; ask it just after. */
function watchTheClock(next: State, now: number): void {
  clearTimeout(loginTimer);
  clearTimeout(challengeTimer);
  const open = next.state === 'identify' || next.state === 'prove' || next.state === 'consent';
  if (open && next.expires_at > next.server_time) loginTimer = later(refresh, deadlineMs(next.expires_at, next.server_time, now) - now);
  if (isPushPending(next) && challengeDeadline.peek() !== null) challengeTimer = later(() => live.nudge(), (challengeDeadline.peek() ?? now) - now);
}

function later(run: () => unknown, ms: number): number {
  return window.setTimeout(run, Math.min(ms, 3_600_000) + 500);
}

function fail(answer: Answer): void {
  if (answer.kind === 'offline') problem.value = { kind: 'offline' };
  else if (answer.kind !== 'refused') problem.value = { kind: 'trouble', message: '' };
  else failRefused(answer.status, answer.message, answer.retryAfterS);
}

function failRefused(status: number, message: string, retryAfterS: number | null): void {
  if (isGone(status)) apply(errorState(goneCode(status), state.peek()));
  else if (status === 409) void refresh();
  else if (status === 429 || status === 503) {
    problem.value = { kind: status === 429 ? 'slow_down' : 'busy' };
    waitFor(retryAfterS ?? 5);
  } else problem.value = { kind: 'trouble', message };
}

function isGone(status: number): boolean {
  return status === 401 || status === 404 || status === 410;
}

function goneCode(status: number): string {
  if (status === 401) return 'other_browser';
  return status === 410 ? 'login_over' : 'no_login';
}

/* Told once, by the answer to what was sent: the notice stays in the states that follow. */
function waitIfTold(next: State): void {
  if (next.notice === 'slow_down') waitFor(next.retry_after ?? 30);
}

function waitFor(seconds: number): void {
  waitDeadline.value = performance.now() + seconds * 1000;
}

function locationOf(body: unknown): string | null {
  const location = (body as { location?: unknown } | null)?.location;
  return typeof location === 'string' ? returnUrl(location) : null;
}

function leave(location: string): void {
  leavingTo.value = location;
  window.location.assign(location);
}

/* Back from the service by the browser's back button, with the page as it was kept in memory. */
async function comeBack(): Promise<void> {
  leavingTo.value = null;
  if (state.peek().login) await refresh();
  listen(isPushPending(state.peek()));
}

function listen(wanted: boolean): void {
  live.update(wanted, document.visibilityState === 'visible');
}

function loginId(): string {
  return state.peek().login ?? '';
}
