/*
 * The requests that wait, of all accounts, and what became of those that were shown. One is shown at a time; a request
 * goes through open → sending → over, and back to open when the answer could not be sent.
 */
import { batch, computed, signal } from '@preact/signals';
import { deadlineMs, secondsLeft } from '../../shared/countdown';
import { exactNowS, nowS } from '../protocol/clock';
import { getChallenge, getChallenges, getHistory, postAnswer, readHistory, readWaiting, type Outcome, type Waiting } from '../protocol/calls';
import type { Reply } from '../protocol/client';
import { isText, readDetails, signAnswer, type Answerable, type Decision, type Details } from '../protocol/details';
import type { Account } from '../store/accounts';
import { ring } from '../push/push';
import { learnFrom, lineLost } from '../store/memory';
import { tell } from '../store/tabs';

export type Ending =
  | { kind: 'approved' }
  | { kind: 'denied' }
  | { kind: 'wrong' }
  /* by the person's other device, or the other end of this one */
  | { kind: 'elsewhere'; state: Outcome; by: string | null }
  | { kind: 'superseded' }
  | { kind: 'expired' }
  /* the details are not what this version understands */
  | { kind: 'unreadable' }
  | { kind: 'gone' };

export type Trouble = { kind: 'offline' } | { kind: 'busy' } | { kind: 'refused' };

export interface Request {
  account: Account;
  details: Details;
  /* monotonic (performance.now) */
  deadline: number;
  lifeS: number;
  phase: 'open' | 'sending' | 'over';
  trouble: Trouble | null;
  ending: Ending | null;
  /* monotonic; when it was over */
  endedAt: number;
}

/* newest first */
export const requests = signal<readonly Request[]>([]);
/* the id of the request whose sheet is up */
export const shownId = signal<string | null>(null);
export const shown = computed(() => requests.value.find(({ details }) => details.id === shownId.value) ?? null);
export const open = computed(() => requests.value.filter(({ phase }) => phase !== 'over'));

/* The bytes that were signed, to be sent again as they are when the line broke. */
const signed = new Map<string, { decision: Decision; number: string | undefined; jws: string; at: number }>();
/* a signature that waited longer would be refused as too old */
const SIGNED_GOOD_S = 45;
/* put away by the person, or not to pop up: not shown by itself */
const putAway = new Set<string>();
const unreadable = new Set<string>();

/* Asks once; false when no answer came. `look`: fetch the details, which tells the page that the phone has it; else the app is in the background. */
export async function pollRequests(account: Account, look: boolean): Promise<boolean> {
  const reply = await getChallenges(account);
  learnFrom(reply, account);
  const waiting = reply.kind === 'ok' ? readWaiting(reply.body) : null;
  if (!waiting) return reply.kind === 'refused';
  await endMissing(account, waiting.map(({ id }) => id));
  for (const one of waiting) {
    if (look) await fetchRequest(account, one);
    else if (one.popup) void ring(one.id);
  }
  return !lineLost.peek();
}

async function fetchRequest(account: Account, { id, popup }: Waiting): Promise<void> {
  if (unreadable.has(id) || requests.peek().some(({ details }) => details.id === id)) return;
  const reply = await getChallenge(account, id);
  learnFrom(reply, account);
  if (reply.kind !== 'ok') return;
  const details = await readDetails(reply.text);
  if (details?.id === id) add(account, details, popup);
  else unreadable.add(id);
}

function add(account: Account, details: Details, popup: boolean): void {
  if (requests.peek().some((one) => one.details.id === details.id)) return;
  const deadline = deadlineMs(details.expires_at, exactNowS(), performance.now());
  if (!popup) putAway.add(details.id);
  const request: Request = { account, details, deadline, lifeS: Math.max(1, details.expires_at - details.request.at), phase: 'open', trouble: null, ending: null, endedAt: 0 };
  requests.value = [request, ...requests.peek()];
  showNext();
}

/* How long an ending that asks nothing stays before a request that waits comes up by itself. */
const ENDING_READ_MS = 6_000;
const PASSING: readonly Ending['kind'][] = ['superseded', 'expired', 'wrong', 'gone'];

/* A sheet never turns into another request under a finger: what happened to the first is said before. */
function showNext(): void {
  const now = shown.peek();
  const isRead = now?.phase === 'over' && now.ending && (now.ending.kind === 'approved' || (PASSING.includes(now.ending.kind) && performance.now() - now.endedAt > ENDING_READ_MS));
  if (now && !isRead) return;
  const next = open.peek().find(({ details }) => !putAway.has(details.id));
  if (!next) return;
  batch(() => {
    if (now) requests.value = requests.peek().filter((one) => one !== now);
    shownId.value = next.details.id;
  });
}

/* What is pending no more and was not ended by us. */
async function endMissing(account: Account, ids: readonly string[]): Promise<void> {
  const missing = requests.peek().filter(({ account: one, details, phase }) => one.device_id === account.device_id && phase === 'open' && !ids.includes(details.id));
  if (missing.length === 0) return;
  const reply = await getHistory(account);
  const rows = reply.kind === 'ok' ? readHistory(reply.body) : null;
  if (!rows) return;
  for (const { details } of missing) {
    const state = rows.find(({ id }) => id === details.id)?.state;
    if (state !== 'pending') endRequest(details.id, endingOf(state, null));
  }
}

function endingOf(state: Outcome | undefined, by: string | null): Ending {
  if (state === 'expired' || state === 'superseded') return { kind: state };
  return state && state !== 'pending' ? { kind: 'elsewhere', state, by } : { kind: 'expired' };
}

function over(request: Request, ending: Ending): Request {
  return { ...request, phase: 'over', ending, trouble: null, endedAt: performance.now() };
}

function endRequest(id: string, ending: Ending): void {
  change(id, (one) => (one.phase === 'over' ? one : over(one, ending)));
}

/* This device answered it, in another tab or from the notification; the provider may have told us first, without saying who. */
export function endAnswered(id: string, state: 'approved' | 'denied' | 'wrong'): void {
  change(id, (one) => (one.phase !== 'over' || one.ending?.kind === 'elsewhere' ? over(one, { kind: state }) : one));
}

/* Show one that was put away, or that a notification names. */
export function showRequest(id: string): void {
  putAway.delete(id);
  shownId.value = id; /* also before it is fetched */
}

/* Close the sheet. What is still open stays in the list; what is over leaves it; the next that waits comes up. */
export function closeRequest(): void {
  const now = shown.peek();
  batch(() => {
    if (now?.phase === 'over') requests.value = requests.peek().filter((one) => one !== now);
    else if (now) putAway.add(now.details.id);
    shownId.value = open.peek().find(({ details }) => !putAway.has(details.id))?.details.id ?? null;
  });
}

/* Once the time is up nothing may be pressed. */
export function expireRequests(): void {
  showNext();
  for (const { details, deadline, phase } of requests.peek())
    if (phase === 'open' && secondsLeft(deadline, performance.now()) === 0) endRequest(details.id, { kind: 'expired' });
}

export async function answerRequest(request: Request, decision: 'approve' | 'deny', number?: string): Promise<void> {
  const { id } = request.details;
  if (request.phase !== 'open') return;
  change(id, (one) => ({ ...one, phase: 'sending', trouble: null }));
  const reply = await postAnswer(request.account, id, await signedOnce(request, decision, number));
  learnFrom(reply, request.account);
  settle(request, decision, reply);
}

async function signedOnce({ account, details }: Request, decision: Decision, number?: string): Promise<string> {
  const before = signed.get(details.id);
  if (before?.decision === decision && before.number === number && nowS() - before.at < SIGNED_GOOD_S) return before.jws;
  const jws = await signAnswer(account, details, decision, number);
  signed.set(details.id, { decision, number, jws, at: nowS() });
  return jws;
}

function settle(request: Request, decision: 'approve' | 'deny', reply: Reply): void {
  const { id } = request.details;
  const ending = endingAfter(request, decision, reply);
  if (ending) {
    change(id, (one) => over(one, ending));
    if (ending.kind === 'approved' || ending.kind === 'denied' || ending.kind === 'wrong') tell({ kind: 'answered', id, state: ending.kind });
    return;
  }
  change(id, (one) => ({ ...one, phase: 'open', trouble: troubleOf(reply) }));
}

/* Pure: what an answer's reply means, or null when it could not be delivered. */
export function endingAfter(request: Pick<Request, 'account'>, decision: 'approve' | 'deny', reply: Reply): Ending | null {
  if (reply.kind === 'ok') return settledEnding(reply.body.state);
  if (reply.kind !== 'refused') return null;
  if (reply.status === 410) return { kind: 'expired' };
  if (reply.status === 404 || reply.status === 401) return { kind: 'gone' };
  if (reply.status !== 409) return null;
  const state = OUTCOME_STATES.find((one) => one === reply.body.state);
  const by = isText(reply.body.settled_by) ? reply.body.settled_by : null;
  /* our own answer, sent twice because the first reply was lost */
  const ours = by === request.account.name && state === (decision === 'approve' ? 'approved' : 'denied');
  return ours && state ? { kind: state as 'approved' | 'denied' } : endingOf(state, by);
}

const OUTCOME_STATES: readonly Outcome[] = ['approved', 'denied', 'wrong', 'expired', 'superseded'];

function settledEnding(state: unknown): Ending | null {
  if (state === 'approved' || state === 'denied' || state === 'wrong') return { kind: state };
  return state === 'reported' ? { kind: 'denied' } : null;
}

function troubleOf(reply: Reply): Trouble {
  if (reply.kind === 'offline' || reply.kind === 'garbled') return { kind: 'offline' };
  return reply.kind === 'refused' && (reply.status === 429 || reply.status >= 500) ? { kind: 'busy' } : { kind: 'refused' };
}

export const REPORT_REASONS = ['not_me', 'asked', 'many'] as const;
export type ReportReason = (typeof REPORT_REASONS)[number];
export type Reported = 'sent' | 'already' | 'unsent';

/* "It's not me", of a request in any state: once a device and day. The reason stays in the receipt. */
export async function reportRequest(account: Account, of: Answerable, reason: ReportReason): Promise<Reported> {
  const reply = await postAnswer(account, of.id, await signAnswer(account, of, 'report', undefined, reason));
  learnFrom(reply, account);
  if (reply.kind === 'ok') return 'sent';
  return reply.kind === 'refused' && reply.status === 409 ? 'already' : 'unsent';
}

function change(id: string, how: (one: Request) => Request): void {
  requests.value = requests.peek().map((one) => (one.details.id === id ? how(one) : one));
}
