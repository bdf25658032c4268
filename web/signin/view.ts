/*
 * Which screen a state is shown as. Pure: the whole page is a function of the server's state and of the way that the
 * person picked under "Use another way".
 */
import type { ChallengeStatus, Factor, Notice, State } from './state';

export const ENDINGS = [
  'denied', 'wrong', 'expired', 'superseded', 'reported', 'ended', 'too_many', 'other_request',
  'no_factor', 'not_allowed', 'refused', 'login_expired', 'login_superseded',
] as const;
export type Ending = (typeof ENDINGS)[number];

export type View =
  | { kind: 'identify' }
  | { kind: 'password' }
  | { kind: 'totp' }
  | { kind: 'recovery' }
  | { kind: 'pass' }
  | { kind: 'push' }
  | { kind: 'push_start' }
  | { kind: 'consent' }
  | { kind: 'done' }
  | { kind: 'ending'; ending: Ending; over: boolean }
  | { kind: 'error'; code: string };

const NOTICE_ENDINGS: Partial<Record<Notice, Ending>> = {
  denied: 'denied',
  number_wrong: 'wrong',
  expired: 'expired',
  superseded: 'superseded',
  reported: 'reported',
  ended: 'ended',
  too_many: 'too_many',
  other_request: 'other_request',
  no_factor: 'no_factor',
  not_allowed: 'not_allowed',
};

const STATUS_ENDINGS: Partial<Record<ChallengeStatus, Ending>> = {
  denied: 'denied',
  wrong: 'wrong',
  expired: 'expired',
  superseded: 'superseded',
  ended: 'ended',
};

export function viewOf(state: State, chosen: Factor | null): View {
  switch (state.state) {
    case 'identify':
      return { kind: 'identify' };
    case 'consent':
      return { kind: 'consent' };
    case 'done':
      return { kind: 'done' };
    case 'error':
      return { kind: 'error', code: state.error?.code ?? 'server_trouble' };
    case 'expired':
      return over('login_expired');
    case 'superseded':
      return over('login_superseded');
    case 'refused':
      return over(noticeEnding(state) ?? 'refused');
    case 'prove':
      return proveView(state, shownFactor(state, chosen));
  }
}

/*
 * The factor on the screen: the person's pick while the server still allows it, else what the server asks, else (it
 * asks for something this page does not know) the first that it would also take.
 */
export function shownFactor(state: State, chosen: Factor | null): Factor | null {
  if (chosen && (chosen === state.factor || state.ways.includes(chosen))) return chosen;
  return state.factor ?? state.ways[0] ?? null;
}

/* What "Use another way" lists: everything allowed but what is on the screen. */
export function otherWays(state: State, chosen: Factor | null): Factor[] {
  const shown = shownFactor(state, chosen);
  const all = state.factor ? [state.factor, ...state.ways] : state.ways;
  return [...new Set(all)].filter((way) => way !== shown);
}

/* A push that may still be answered: the page listens, whatever it shows meanwhile. */
export function isPushPending(state: State): boolean {
  const status = state.challenge?.status;
  return state.state === 'prove' && mayPush(state) && (status === 'sent' || status === 'seen' || status === 'approved');
}

/* A push is what the server asks, or one of the other ways: then a challenge may wait although `factor` is another. */
export function mayPush(state: State): boolean {
  return state.factor === 'push' || state.ways.includes('push');
}

/*
 * Two states with the same key are the same screen: only then does the focus stay where it is. Another number is
 * another question.
 */
export function viewKey(view: View, state: State): string {
  switch (view.kind) {
    case 'push':
      return `push ${state.challenge?.shown ?? ''}`;
    case 'ending':
      return `ending ${view.ending}`;
    case 'error':
      return `error ${view.code}`;
    default:
      return view.kind;
  }
}

function proveView(state: State, factor: Factor | null): View {
  if (factor === null) return { kind: 'ending', ending: noticeEnding(state) ?? 'no_factor', over: false };
  if (factor !== 'push') return { kind: factor };
  if (state.challenge) return pushView(state, state.challenge.status);
  const ending = noticeEnding(state);
  return ending ? { kind: 'ending', ending, over: false } : { kind: 'push_start' };
}

function pushView(state: State, status: ChallengeStatus): View {
  const ended = STATUS_ENDINGS[status];
  if (!ended) return { kind: 'push' };
  /* the notice knows more than the status: a report also ends as "denied" */
  return { kind: 'ending', ending: noticeEnding(state) ?? ended, over: false };
}

function noticeEnding(state: State): Ending | null {
  return (state.notice && NOTICE_ENDINGS[state.notice]) ?? null;
}

function over(ending: Ending): View {
  return { kind: 'ending', ending, over: true };
}
