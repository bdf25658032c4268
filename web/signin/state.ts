/*
 * The state of a login as the server tells it (docs/signin-api.md), read defensively: whatever arrives becomes a
 * complete State or null, and words we do not know are dropped rather than shown wrongly.
 */
import { isFields, list, numberOrNull, oneOf, text, textOrNull } from '../shared/read';

export const FACTORS = ['password', 'push', 'totp', 'recovery', 'pass'] as const;
export type Factor = (typeof FACTORS)[number];

export const PHASES = ['identify', 'prove', 'consent', 'done', 'refused', 'expired', 'superseded', 'error'] as const;
export type Phase = (typeof PHASES)[number];

export const NOTICES = [
  'wrong_password', 'wrong_code', 'used_code', 'slow_down', 'no_factor', 'not_allowed', 'number_wrong', 'denied',
  'expired', 'superseded', 'reported', 'ended', 'too_many', 'other_request',
] as const;
export type Notice = (typeof NOTICES)[number];

export const MODES = ['confirm', 'choose', 'enter'] as const;
export type Mode = (typeof MODES)[number];

export const CHALLENGE_STATUSES = ['sent', 'seen', 'approved', 'denied', 'wrong', 'expired', 'superseded', 'ended'] as const;
export type ChallengeStatus = (typeof CHALLENGE_STATUSES)[number];

export interface Challenge {
  mode: Mode;
  /* the number to carry over (choose, enter) or the request code to compare (confirm) */
  shown: string;
  status: ChallengeStatus;
  expires_at: number;
  life_s: number;
  popup: boolean;
  /* no push service took its message (yet): the person opens the app */
  unreached: boolean;
}

export interface Organisation { name: string; help_url: string | null; privacy_url: string | null }
export interface Client { id: string; name: string; host: string }
export interface Why { key: string; text: string; client: string }
export interface Scope { name: string; title: string }
export interface PageError { code: string; title: string; message: string; reference: string }

export interface State {
  login: string | null;
  state: Phase;
  organisation: Organisation;
  client: Client | null;
  username: string | null;
  factor: Factor | null;
  ways: Factor[];
  notice: Notice | null;
  retry_after: number | null;
  challenge: Challenge | null;
  why: Why | null;
  scopes: Scope[];
  cancel_url: string | null;
  app_url: string | null;
  ui_locales: string | null;
  error: PageError | null;
  server_time: number;
  expires_at: number;
}

export function readState(value: unknown): State | null {
  if (!isFields(value)) return null;
  const phase = oneOf(value.state, PHASES);
  if (!phase) return null;
  return {
    login: textOrNull(value.login),
    state: phase,
    organisation: readOrganisation(value.organisation),
    client: readClient(value.client),
    username: textOrNull(value.username),
    factor: oneOf(value.factor, FACTORS),
    ways: list(value.ways).flatMap((way) => oneOf(way, FACTORS) ?? []),
    notice: oneOf(value.notice, NOTICES),
    retry_after: numberOrNull(value.retry_after),
    challenge: readChallenge(value.challenge),
    why: readWhy(value.why),
    scopes: list(value.scopes).flatMap((scope) => readScope(scope) ?? []),
    cancel_url: textOrNull(value.cancel_url),
    app_url: textOrNull(value.app_url),
    ui_locales: textOrNull(value.ui_locales),
    error: readError(value.error),
    server_time: numberOrNull(value.server_time) ?? 0,
    expires_at: numberOrNull(value.expires_at) ?? 0,
  };
}

/* A state of our own making, for what the server answers with a status instead of a state. */
export function errorState(code: string, last: State | null): State {
  const nothing = readState({ state: 'error' }) as State;
  return {
    ...nothing,
    organisation: last?.organisation ?? nothing.organisation,
    client: last?.client ?? null,
    cancel_url: last?.cancel_url ?? null,
    ui_locales: last?.ui_locales ?? null,
    error: { code, title: '', message: '', reference: '' },
  };
}

function readOrganisation(value: unknown): Organisation {
  const from = isFields(value) ? value : {};
  return { name: text(from.name), help_url: textOrNull(from.help_url), privacy_url: textOrNull(from.privacy_url) };
}

function readClient(value: unknown): Client | null {
  if (!isFields(value)) return null;
  const id = text(value.id);
  return { id, name: text(value.name) || id, host: text(value.host) };
}

function readChallenge(value: unknown): Challenge | null {
  if (!isFields(value)) return null;
  const mode = oneOf(value.mode, MODES);
  const status = oneOf(value.status, CHALLENGE_STATUSES);
  if (!mode || !status) return null;
  return {
    mode,
    shown: text(mode === 'confirm' ? value.code : value.number),
    status,
    expires_at: numberOrNull(value.expires_at) ?? 0,
    life_s: numberOrNull(value.life_s) ?? 120,
    popup: value.popup !== false,
    unreached: value.delivery === 'failed',
  };
}

function readWhy(value: unknown): Why | null {
  if (!isFields(value)) return null;
  return { key: text(value.key), text: text(value.text), client: text(value.client) };
}

function readScope(value: unknown): Scope | null {
  if (!isFields(value)) return null;
  const name = text(value.name);
  return name ? { name, title: text(value.title) || name } : null;
}

function readError(value: unknown): PageError | null {
  if (!isFields(value)) return null;
  return { code: text(value.code), title: text(value.title), message: text(value.message), reference: text(value.reference) };
}
