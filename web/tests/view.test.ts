import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CHALLENGE_STATUSES, errorState, FACTORS, NOTICES, PHASES, readState, type State } from '../signin/state';
import { isPushPending, otherWays, viewKey, viewOf } from '../signin/view';

const challenge = { mode: 'enter', digits: 6, number: '481926', code: null, status: 'sent', expires_at: 120, life_s: 120, popup: true };

function stateOf(fields: object): State {
  const state = readState({ state: 'prove', ...fields });
  assert.ok(state);
  return state;
}

test('every phase has a screen', () => {
  const kinds = PHASES.map((state) => viewOf(stateOf({ state, factor: 'password' }), null).kind);
  assert.deepEqual(kinds, ['identify', 'password', 'consent', 'done', 'ending', 'ending', 'ending', 'error']);
});

test('every combination of phase, factor, notice and challenge has a screen', () => {
  const challenges = [null, ...CHALLENGE_STATUSES.map((status) => ({ ...challenge, status }))];
  let seen = 0;
  for (const state of PHASES) for (const factor of [null, ...FACTORS]) for (const notice of [null, ...NOTICES]) for (const one of challenges) {
    const given = stateOf({ state, factor, notice, challenge: one });
    const view = viewOf(given, null);
    assert.ok(viewKey(view, given));
    if (view.kind === 'push') assert.ok(isPushPending(given));
    seen += 1;
  }
  assert.equal(seen, 8 * 6 * 15 * 9);
});

test('a settled challenge becomes its ending', () => {
  const endings = CHALLENGE_STATUSES.map((status) => {
    const view = viewOf(stateOf({ factor: 'push', challenge: { ...challenge, status } }), null);
    return view.kind === 'ending' ? view.ending : view.kind;
  });
  assert.deepEqual(endings, ['push', 'push', 'push', 'denied', 'wrong', 'expired', 'superseded', 'ended']);
});

test('a report is told apart from a plain no', () => {
  const view = viewOf(stateOf({ factor: 'push', notice: 'reported', challenge: { ...challenge, status: 'denied' } }), null);
  assert.deepEqual(view, { kind: 'ending', ending: 'reported', over: false });
});

test('too many requests with a quiet request still shows the number', () => {
  const quiet = { ...challenge, popup: false };
  assert.equal(viewOf(stateOf({ factor: 'push', notice: 'too_many', challenge: quiet }), null).kind, 'push');
  assert.deepEqual(viewOf(stateOf({ factor: 'push', notice: 'too_many' }), null), { kind: 'ending', ending: 'too_many', over: false });
});

test('only a failed delivery is told', () => {
  const unreached = (delivery: unknown) => stateOf({ factor: 'push', challenge: { ...challenge, delivery } }).challenge?.unreached;
  assert.deepEqual([null, undefined, 'queued', 'reached', 'failed'].map(unreached), [false, false, false, false, true]);
});

test('a refused login is over and says why', () => {
  assert.deepEqual(viewOf(stateOf({ state: 'refused', notice: 'not_allowed' }), null), { kind: 'ending', ending: 'not_allowed', over: true });
  assert.deepEqual(viewOf(stateOf({ state: 'refused' }), null), { kind: 'ending', ending: 'refused', over: true });
});

test('the way picked is shown only while the server allows it', () => {
  const state = stateOf({ factor: 'push', ways: ['totp'], challenge });
  assert.equal(viewOf(state, 'totp').kind, 'totp');
  assert.equal(viewOf(state, 'recovery').kind, 'push');
  assert.equal(viewOf(state, null).kind, 'push');
});

test('a push taken instead of what is asked first has its screens', () => {
  const state = (status: string) => stateOf({ factor: 'totp', ways: ['push'], challenge: { ...challenge, status } });
  assert.equal(viewOf(state('sent'), 'push').kind, 'push');
  assert.equal(viewOf(state('sent'), null).kind, 'totp');
  assert.deepEqual(viewOf(state('denied'), 'push'), { kind: 'ending', ending: 'denied', over: false });
  assert.deepEqual(otherWays(state('denied'), 'push'), ['totp']);
});

test('a factor that this page does not know leaves the ways it knows', () => {
  assert.equal(viewOf(stateOf({ factor: 'passkey', ways: ['totp'] }), null).kind, 'totp');
  assert.deepEqual(viewOf(stateOf({ factor: 'passkey' }), null), { kind: 'ending', ending: 'no_factor', over: false });
});

test('other ways list all but the one on the screen, and the asked one again after a detour', () => {
  const state = stateOf({ factor: 'push', ways: ['totp', 'recovery', 'passkey', 'push'], challenge });
  assert.deepEqual(otherWays(state, null), ['totp', 'recovery']);
  assert.deepEqual(otherWays(state, 'totp'), ['push', 'recovery']);
});

test('a push is still listened to while another way is on the screen', () => {
  assert.equal(isPushPending(stateOf({ factor: 'push', challenge })), true);
  assert.equal(isPushPending(stateOf({ factor: 'push', challenge: { ...challenge, status: 'denied' } })), false);
  assert.equal(isPushPending(stateOf({ factor: 'totp', challenge })), false);
  assert.equal(isPushPending(stateOf({ factor: 'totp', ways: ['push'], challenge })), true);
  assert.equal(isPushPending(stateOf({ state: 'done', factor: 'push', challenge })), false);
});

test('another number is another screen, another status is not', () => {
  const key = (of: object) => {
    const state = stateOf({ factor: 'push', challenge: { ...challenge, ...of } });
    return viewKey(viewOf(state, null), state);
  };
  assert.equal(key({}), key({ status: 'seen' }));
  assert.notEqual(key({}), key({ number: '000001' }));
});

test('what cannot be a state is none, and unknown words in one are dropped', () => {
  for (const value of [null, 'x', 7, [], {}, { state: 'flying' }]) assert.equal(readState(value), null);
  const state = stateOf({ factor: 'retina', notice: 7, ways: ['smell', 'totp', null], challenge: { mode: 'shout' }, scopes: [{}, 'x', { name: 'email' }], client: { id: 'wiki' } });
  assert.equal(state.factor, null);
  assert.equal(state.notice, null);
  assert.deepEqual(state.ways, ['totp']);
  assert.equal(state.challenge, null);
  assert.deepEqual(state.scopes, [{ name: 'email', title: 'email' }]);
  assert.equal(state.client?.name, 'wiki');
});

test('the number keeps its first zero; confirm shows the code', () => {
  assert.equal(stateOf({ challenge: { ...challenge, number: '000042' } }).challenge?.shown, '000042');
  assert.equal(stateOf({ challenge: { ...challenge, mode: 'confirm', number: null, code: 'UIMYQ' } }).challenge?.shown, 'UIMYQ');
});

test('an error of our own keeps the way back', () => {
  const last = stateOf({ client: { id: 'wiki', name: 'Wiki' }, cancel_url: 'https://wiki.example.org/' });
  const state = errorState('login_over', last);
  assert.deepEqual(viewOf(state, null), { kind: 'error', code: 'login_over' });
  assert.equal(state.client?.name, 'Wiki');
  assert.equal(state.cancel_url, 'https://wiki.example.org/');
  assert.equal(state.login, null);
});
