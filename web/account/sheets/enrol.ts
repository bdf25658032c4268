/*
 * Adding a device: the server has the word on where it stands; this asks until it is over.
 *
 *   open ──a device comes──▶ confirm ──right digits──▶ active
 *     │                         └──wrong digits──▶ void (there is one try)
 *     └──ten minutes──▶ expired
 */
import { signal } from '@preact/signals';
import { deadlineMs, steadyDeadline } from '../../shared/countdown';
import { change, look, over } from '../account';
import { beginEnrolment, cancelEnrolment, confirmEnrolment, fetchEnrolment } from '../api';
import { readEnrolment, type Enrolment } from '../model';

export const enrolment = signal<Enrolment | null>(null);
export const deadline = signal<number | null>(null);
/* shown once by the server, kept while the sheet is open */
export const link = signal('');
export const code = signal('');

const ASK_MS = 1_500;
let timer = 0;
/* Answers to questions about an enrolment that we have left are old news. */
let epoch = 0;

export function isOver({ state }: Enrolment): boolean {
  return state === 'active' || state === 'void' || state === 'expired';
}

export async function begin(): Promise<void> {
  stop();
  const mine = epoch;
  enrolment.value = null;
  const next = readEnrolment(await change(beginEnrolment));
  if (!next?.link || mine !== epoch) return;
  link.value = next.link;
  code.value = next.code ?? '';
  take(next);
}

export async function confirm(digits: string): Promise<void> {
  const now = enrolment.peek();
  if (!now) return;
  pause();
  const next = readEnrolment(await change(() => confirmEnrolment(now.id, digits)));
  if (next) take(next);
  else askLater();
}

/* The sheet goes: an enrolment that nobody looks at is not left open. */
export function leave(): void {
  const now = enrolment.peek();
  stop();
  enrolment.value = null;
  link.value = code.value = '';
  if (now && !isOver(now)) void cancelEnrolment(now.id);
}

/* "That is not my device": over at once, and seen to be over. */
export async function refuse(): Promise<void> {
  const now = enrolment.peek();
  if (!now) return;
  pause();
  const next = readEnrolment(await change(() => cancelEnrolment(now.id)));
  if (next) take(next);
  else askLater();
}

async function ask(): Promise<void> {
  const now = enrolment.peek();
  const mine = epoch;
  if (!now) return;
  const answer = await fetchEnrolment(now.id);
  if (mine !== epoch) return;
  const next = answer.kind === 'ok' ? readEnrolment(answer.body) : null;
  if (next) take(next);
  else if (answer.kind === 'refused' && answer.status === 401) over.value = 'ended';
  else if (answer.kind === 'refused' && (answer.status === 404 || answer.status === 410)) take({ ...now, state: 'expired' });
  else askLater();
}

function take(next: Enrolment): void {
  pause();
  deadline.value = steadyDeadline(deadline.peek(), deadlineMs(next.expires_at, next.server_time, performance.now()));
  enrolment.value = next;
  if (next.state === 'active') void look();
  if (!isOver(next)) askLater();
}

function askLater(): void {
  clearTimeout(timer);
  timer = window.setTimeout(() => void ask(), ASK_MS);
}

/* What was asked before our own request is not waited for. */
function pause(): void {
  epoch += 1;
  clearTimeout(timer);
}

function stop(): void {
  pause();
  deadline.value = null;
}
