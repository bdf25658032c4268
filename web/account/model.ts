/*
 * What the server tells about the account (docs/account-api.md), read defensively: whatever arrives becomes complete
 * or null, and what we do not know is left out rather than shown wrongly. Times are the server's, in seconds; 0 is
 * never.
 */
import { isFields, list, numberOrNull, oneOf, text, textOrNull } from '../shared/read';

export interface Device {
  id: string;
  name: string;
  platform: string;
  created_at: number;
  last_contact: number;
  /* confirmed_at: a test came back; reachable_since: the first one that did by this subscription; failed_at: a push service refused */
  push: { subscribed: boolean; confirmed_at: number; reachable_since: number; failed_at: number };
}

export interface Totp { id: string; label: string; created_at: number; used_at: number }
export interface Recovery { left: number; issued_at: number }
export interface Password { set: boolean; changed_at: number }

/* A browser that knows the person, or one that is signed in. */
export interface Browser {
  id: string;
  browser: string;
  ip: string;
  place: string;
  created_at: number;
  used_at: number;
  here: boolean;
}

export interface Overview {
  user: { username: string; display_name: string; email: string };
  organisation: { name: string; help_url: string | null; privacy_url: string | null };
  /* 'enrol': got in by a temporary pass, and may only set up how to sign in */
  access: 'full' | 'enrol';
  fresh_until: number;
  password: Password;
  devices: Device[];
  totp: Totp[];
  recovery: Recovery;
  browsers: Browser[];
  sessions: Browser[];
  server_time: number;
}

export const RECOVERY_TOTAL = 10;

export function readOverview(value: unknown): Overview | null {
  if (!isFields(value) || !isFields(value.user)) return null;
  const { user } = value;
  const organisation = isFields(value.organisation) ? value.organisation : {};
  return {
    user: { username: text(user.username), display_name: text(user.display_name), email: text(user.email) },
    organisation: { name: text(organisation.name), help_url: textOrNull(organisation.help_url), privacy_url: textOrNull(organisation.privacy_url) },
    access: value.access === 'enrol' ? 'enrol' : 'full',
    fresh_until: number(value.fresh_until),
    password: readPassword(value.password),
    devices: readDevices(value.devices),
    totp: readTotps(value.totp),
    recovery: readRecovery(value.recovery),
    browsers: readBrowsers(value.browsers),
    sessions: readBrowsers(value.sessions),
    server_time: number(value.server_time),
  };
}

/* The answer of a change holds the list that it changed; what it does not hold stays. */
export function mergeChange(before: Overview, answer: unknown): Overview {
  if (!isFields(answer)) return before;
  const after = { ...before };
  if (Array.isArray(answer.devices)) after.devices = readDevices(answer.devices);
  if (Array.isArray(answer.totp)) after.totp = readTotps(answer.totp);
  if (Array.isArray(answer.browsers)) after.browsers = readBrowsers(answer.browsers);
  if (Array.isArray(answer.sessions)) after.sessions = readBrowsers(answer.sessions);
  if (isFields(answer.recovery)) after.recovery = readRecovery(answer.recovery);
  if (isFields(answer.password)) after.password = readPassword(answer.password);
  return after;
}

function readDevices(value: unknown): Device[] {
  return list(value).flatMap((one) => {
    if (!isFields(one) || !text(one.id)) return [];
    const push = isFields(one.push) ? one.push : {};
    return [{
      id: text(one.id),
      name: text(one.name),
      platform: text(one.platform),
      created_at: number(one.created_at),
      last_contact: number(one.last_contact),
      push: { subscribed: push.subscribed === true, confirmed_at: number(push.confirmed_at), reachable_since: number(push.reachable_since), failed_at: text(push.failure) ? number(push.failed_at) : 0 },
    }];
  });
}

function readTotps(value: unknown): Totp[] {
  return list(value).flatMap((one) =>
    isFields(one) && text(one.id) ? [{ id: text(one.id), label: text(one.label), created_at: number(one.created_at), used_at: number(one.used_at) }] : []);
}

function readBrowsers(value: unknown): Browser[] {
  return list(value).flatMap((one) =>
    isFields(one) && text(one.id)
      ? [{
          id: text(one.id),
          browser: text(one.browser),
          ip: text(one.ip),
          place: text(one.place),
          created_at: number(one.created_at),
          used_at: number(one.used_at),
          here: one.this === true,
        }]
      : []);
}

function readRecovery(value: unknown): Recovery {
  const from = isFields(value) ? value : {};
  return { left: Math.min(RECOVERY_TOTAL, number(from.left)), issued_at: number(from.issued_at) };
}

function readPassword(value: unknown): Password {
  const from = isFields(value) ? value : {};
  return { set: from.set === true, changed_at: number(from.changed_at) };
}

/* ---- adding a device ---- */

export const ENROLMENT_STATES = ['open', 'confirm', 'active', 'void', 'expired'] as const;

export interface Enrolment {
  id: string;
  state: (typeof ENROLMENT_STATES)[number];
  /* shown once: null in every answer but the first */
  link: string | null;
  code: string | null;
  device: string | null;
  contested: boolean;
  wrong: boolean;
  expires_at: number;
  server_time: number;
}

export function readEnrolment(value: unknown): Enrolment | null {
  if (!isFields(value)) return null;
  const state = oneOf(value.state, ENROLMENT_STATES);
  if (!state || !text(value.id)) return null;
  return {
    id: text(value.id),
    state,
    link: textOrNull(value.link),
    code: textOrNull(value.code),
    device: isFields(value.device) ? text(value.device.name) : null,
    contested: value.contested === true,
    wrong: value.notice === 'wrong_digits',
    expires_at: number(value.expires_at),
    server_time: number(value.server_time),
  };
}

/* ---- codes ---- */

export interface TotpOffer { id: string; otpauth: string; secret: string; digits: number }

export function readTotpOffer(value: unknown): TotpOffer | null {
  if (!isFields(value)) return null;
  const offer = { id: text(value.id), otpauth: text(value.otpauth), secret: text(value.secret), digits: numberOrNull(value.digits) ?? 6 };
  return offer.id && offer.secret && offer.otpauth.startsWith('otpauth://') ? offer : null;
}

export function readCodes(value: unknown): string[] {
  return isFields(value) ? list(value.codes).map(text).filter(Boolean) : [];
}

/* ---- history ---- */

export const OUTCOMES = [
  'signed_in', 'wrong_password', 'wrong_code', 'password_right', 'denied', 'wrong_number', 'reported', 'refused', 'stolen', 'changed',
] as const;
export type Outcome = (typeof OUTCOMES)[number];

export interface Entry {
  id: string;
  at: number;
  event: string;
  outcome: Outcome;
  client: { id: string; name: string } | null;
  ip: string;
  place: string;
  browser: string;
  factors: string[];
  device: string;
  why: { key: string; text: string; client: string } | null;
}

export interface Page { entries: Entry[]; next: string | null }

export function readPage(value: unknown): Page | null {
  if (!isFields(value) || !Array.isArray(value.history)) return null;
  return { entries: value.history.flatMap((one) => readEntry(one) ?? []), next: textOrNull(value.next) };
}

/* An outcome that is new to us is passed over: better nothing than a wrong word about a sign-in. */
function readEntry(value: unknown): Entry | null {
  if (!isFields(value)) return null;
  const outcome = oneOf(value.outcome, OUTCOMES);
  if (!outcome || !text(value.id)) return null;
  const client = isFields(value.client) ? value.client : null;
  const why = isFields(value.why) ? value.why : null;
  return {
    id: text(value.id),
    at: number(value.at),
    event: text(value.event),
    outcome,
    client: client && { id: text(client.id), name: text(client.name) || text(client.id) },
    ip: text(value.ip),
    place: text(value.place),
    browser: text(value.browser),
    factors: list(value.factors).map(text).filter(Boolean),
    device: isFields(value.device) ? text(value.device.name) : '',
    why: why && { key: text(why.key), text: text(why.text), client: text(why.client) },
  };
}

function number(value: unknown): number {
  return Math.max(0, numberOrNull(value) ?? 0);
}
