/*
 * Adding an account, as one thing after another:
 *
 *   ask --yes--> sending --the provider knows the key--> digits --typed on the other side--> added
 *     `-- no: nothing happened        `--> failed          `-- "not mine", wrong digits, time: failed
 *
 * The account is on disk before the digits are shown, so closing the app in between loses nothing.
 */
import { signal } from '@preact/signals';
import { isUnknownDevice } from '../protocol/calls';
import type { Reply } from '../protocol/client';
import { nowS } from '../protocol/clock';
import { lookUpCode, pollEnrolment, readEnrolmentState, readLookup, readRedeemed, redeem, type EnrolmentState } from '../protocol/enrolment';
import { newKey } from '../protocol/jws';
import { parseLink, typedCode, type EnrolmentLink } from '../protocol/link';
import { askServerTime } from '../protocol/time';
import { deviceName, systemName } from '../first/platform';
import type { Account } from '../store/accounts';
import { accounts, alterAccount, dropAccount, keepAccount, learnFrom } from '../store/memory';

export type Failure = 'other_provider' | 'unknown' | 'slow_down' | 'void' | 'second_device' | 'refused' | 'offline' | 'storage' | 'trouble';

export type Step =
  | { kind: 'ask'; link: EnrolmentLink }
  | { kind: 'sending' }
  | { kind: 'digits'; account: Account }
  /* generator: a TOTP account came along, and whether it could be kept */
  | { kind: 'added'; account: Account; generator: 'none' | 'kept' | 'lost' }
  | { kind: 'failed'; why: Failure };

export const step = signal<Step | null>(null);
/* while a typed code is looked up */
export const looking = signal(false);

const POLL_MS = 1_500;
const issuer = () => location.origin;
let timer = 0;

/* What the person typed or pasted. 'empty' and 'shape' are the field's to say. */
export async function begin(text: string): Promise<'empty' | 'shape' | null> {
  if (text.trim() === '') return 'empty';
  const link = parseLink(text, issuer());
  const code = link ? null : typedCode(text);
  if (link === 'other') step.value = { kind: 'failed', why: 'other_provider' };
  else if (link) step.value = { kind: 'ask', link };
  else if (code) await lookUp(code);
  else return 'shape';
  return null;
}

async function lookUp(code: string): Promise<void> {
  looking.value = true;
  const reply = await lookUpCode(issuer(), code);
  learnFrom(reply, null);
  looking.value = false;
  const link = reply.kind === 'ok' ? readLookup(reply.body) : null;
  step.value = link ? { kind: 'ask', link } : { kind: 'failed', why: failureOf(reply) };
}

export async function accept(link: EnrolmentLink): Promise<void> {
  step.value = { kind: 'sending' };
  try {
    step.value = await redeemHere(link);
  } catch {
    step.value = { kind: 'failed', why: 'storage' };
  }
  if (step.peek()?.kind === 'digits') poll();
}

async function redeemHere(link: EnrolmentLink): Promise<Step> {
  await askServerTime(issuer());
  const key = await newKey();
  const device = { name: deviceName(navigator.userAgent), platform: systemName(navigator.userAgent) };
  const reply = await redeem(issuer(), link, key, device);
  learnFrom(reply, null);
  const redeemed = reply.kind === 'ok' ? readRedeemed(reply.body) : null;
  if (!redeemed) return { kind: 'failed', why: failureOf(reply) };
  const { organisation, username } = redeemed.account;
  const account: Account = {
    device_id: redeemed.device_id, issuer: issuer(), key, enrolment: link.id, state: 'confirm', organisation, username,
    name: device.name, digits: redeemed.digits, added_at: nowS(),
  };
  await keepAccount(account);
  return { kind: 'digits', account };
}

/* An enrolment that was interrupted goes on where it was. */
export function resume(account: Account): void {
  step.value = { kind: 'digits', account };
  poll();
}

/* Ask until the digits were typed. */
function poll(): void {
  clearTimeout(timer);
  timer = Number(setTimeout(() => void ask(), POLL_MS));
}

async function ask(): Promise<void> {
  const now = step.peek();
  if (now?.kind !== 'digits') return;
  const reply = await pollEnrolment(now.account, now.account.enrolment);
  learnFrom(reply, null);
  if (step.peek() !== now) return;
  const state = reply.kind === 'ok' ? readEnrolmentState(reply.body) : null;
  if (state?.state === 'active') await activate(now.account, state);
  else if (isOver(reply)) await giveUp(now.account, failureOf(reply));
  else poll();
}

function isOver(reply: Reply): boolean {
  return isUnknownDevice(reply) || (reply.kind === 'refused' && (reply.status === 410 || reply.status === 404));
}

async function activate(account: Account, { account: name, otpauth }: Extract<EnrolmentState, { state: 'active' }>): Promise<void> {
  await alterAccount(account.device_id, { state: 'active', digits: null, organisation: name.organisation, username: name.username });
  const generator = otpauth === null ? 'none' : await keepGenerator(otpauth);
  step.value = { kind: 'added', account: { ...account, organisation: name.organisation, username: name.username, state: 'active' }, generator };
}

/* The seed is sent once: it goes into the vault now, or never. */
async function keepGenerator(otpauth: string): Promise<'kept' | 'lost'> {
  try {
    const { takeOtpauth } = await import('../codes/take');
    await takeOtpauth(otpauth);
    return 'kept';
  } catch {
    return 'lost';
  }
}

async function giveUp(account: Account, why: Failure): Promise<void> {
  await dropAccount(account.device_id);
  step.value = { kind: 'failed', why };
}

/* "This is not mine": forget the key; without the digits the device never becomes active. */
export async function refuse(account: Account): Promise<void> {
  clearTimeout(timer);
  step.value = null;
  await dropAccount(account.device_id);
}

export function leave(): void {
  step.value = null;
}

export function pendingAccount(): Account | null {
  return accounts.value.find(({ state }) => state === 'confirm') ?? null;
}

function failureOf(reply: Reply): Failure {
  if (reply.kind === 'offline') return 'offline';
  if (reply.kind !== 'refused') return 'trouble';
  if (reply.error === 'second_device') return 'second_device';
  const byStatus: Record<number, Failure> = { 400: 'unknown', 401: 'void', 403: 'refused', 404: 'unknown', 409: 'second_device', 410: 'void', 429: 'slow_down' };
  return byStatus[reply.status] ?? 'trouble';
}
