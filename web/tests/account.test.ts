import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mergeChange, OUTCOMES, readCodes, readEnrolment, readOverview, readPage, readTotpOffer, type Entry, type Outcome, type Overview } from '../account/model';
import { filtered, grouped, methodsOf, worthTelling } from '../account/past';
import { daysSilent, healthOf, isLastWay, safetyOf, stepsOf } from '../account/safety';
import { keepBegun, needsProof, sheetOfFragment, SHEETS, takeBegun, type Keep } from '../account/sheets/sheet';
import { inFours } from '../account/sheets/totp';

const NOW = 1_790_000_000;
const DAY = 86_400;
const phone = { id: 'd1', name: 'Phone', platform: 'Android', created_at: NOW - 90 * DAY, last_contact: NOW - 60, push: { subscribed: true, confirmed_at: NOW - 60, reachable_since: NOW - 9 * DAY, failed_at: 0 } };
const codes = { id: 't1', label: 'Codes', created_at: NOW - 90 * DAY, used_at: 0 };

function account(fields: object = {}): Overview {
  const overview = readOverview({
    user: { username: 'demo' }, access: 'full', password: { set: true, changed_at: NOW - 90 * DAY }, devices: [phone], totp: [], recovery: { left: 10, issued_at: NOW - DAY },
    server_time: NOW, ...fields,
  });
  assert.ok(overview);
  return overview;
}

const entry = (outcome: Outcome, at: number, fields: Partial<Entry> = {}): Entry =>
  ({ id: `${outcome}${at}`, at, event: '', outcome, client: null, ip: '203.0.113.7', place: '', browser: '', factors: [], device: '', why: null, ...fields });

/* ---- reading ---- */

const JUNK: unknown[] = [null, undefined, 0, -1, NaN, 1e400, '', 'x', '\u202e</script>', true, [], [null], [[]], {}, { id: 7 }, { id: '' }, { id: 'x', push: 3 }, () => 1];

test('whatever the server sends becomes complete or nothing', () => {
  for (const junk of JUNK) {
    for (const read of [readOverview, readEnrolment, readTotpOffer, readPage, readCodes]) assert.doesNotThrow(() => read(junk));
    const overview = readOverview({ user: { username: junk }, organisation: junk, access: junk, password: junk, devices: junk, totp: [junk], recovery: junk, browsers: [junk], sessions: junk, server_time: junk });
    assert.ok(overview);
    assert.equal(overview.access, 'full');
    for (const number of [overview.recovery.left, overview.server_time, overview.fresh_until]) assert.ok(Number.isFinite(number) && number >= 0);
    for (const list of [overview.devices, overview.totp, overview.browsers, overview.sessions]) assert.ok(Array.isArray(list));
    assert.doesNotThrow(() => safetyOf(overview, readPage({ history: [junk, { id: 'a', outcome: 'reported', at: junk, client: junk, why: junk, factors: [junk] }] })?.entries ?? []));
  }
});

test('only "enrol" is read as the narrow access, and no count leaves its range', () => {
  assert.equal(account({ access: 'enrol' }).access, 'enrol');
  assert.equal(account({ recovery: { left: 500, issued_at: 1 } }).recovery.left, 10);
  assert.equal(account({ recovery: { left: -3, issued_at: 1 } }).recovery.left, 0);
});

test('a change replaces the list that it names and nothing else', () => {
  const before = account({ totp: [codes] });
  const after = mergeChange(before, { devices: [] });
  assert.deepEqual(after.devices, []);
  assert.deepEqual({ ...after, devices: before.devices }, before);
  for (const junk of JUNK) assert.deepEqual(mergeChange(before, junk), before);
});

test('an offer without a key, or with a link that is no otpauth link, is no offer', () => {
  const offer = { id: 'a', otpauth: 'otpauth://totp/x?secret=AA', secret: 'AA' };
  assert.equal(readTotpOffer(offer)?.digits, 6);
  for (const broken of [{ ...offer, secret: '' }, { ...offer, otpauth: 'javascript:alert(1)' }, { ...offer, id: 5 }]) assert.equal(readTotpOffer(broken), null);
});

/* ---- am I safe ---- */

test('the headline follows what would happen if one thing were lost', () => {
  const cases: [string, object, Entry[]][] = [
    ['always', {}, []],
    ['always', { recovery: { left: 0, issued_at: 0 }, devices: [phone], totp: [codes] }, []],
    ['passwordOnly', { devices: [], recovery: { left: 10, issued_at: 1 } }, []],
    ['oneLost', { recovery: { left: 0, issued_at: 0 } }, []],
    ['almost', { devices: [phone, { ...phone, id: 'd2', last_contact: NOW - 41 * DAY }] }, []],
    ['almost', { devices: [{ ...phone, push: { ...phone.push, failed_at: NOW, failure: 'gone' } }] }, []],
    ['almost', { recovery: { left: 3, issued_at: 1 } }, []],
    ['alarm', {}, [entry('reported', NOW - DAY)]],
    ['alarm', {}, [entry('stolen', NOW - DAY)]],
    ['welcome', { access: 'enrol' }, [entry('reported', NOW - DAY)]],
  ];
  for (const [headline, fields, history] of cases) {
    const safe = safetyOf(account(fields), history);
    if (headline === 'always' && safe.advice.length > 0) assert.deepEqual([safe.headline, safe.advice.map(({ kind }) => kind)], ['almost', ['recovery']]);
    else assert.equal(safe.headline, headline, JSON.stringify(fields));
  }
});

test('an alarm ends after a week, or when the password was changed since', () => {
  const report = [entry('reported', NOW - 2 * DAY)];
  assert.equal(safetyOf(account(), report).advice[0]?.kind, 'password');
  assert.equal(safetyOf(account({ password: { set: true, changed_at: NOW - DAY } }), report).alarm, null);
  assert.equal(safetyOf(account(), [entry('reported', NOW - 8 * DAY)]).alarm, null);
  for (const harmless of OUTCOMES.filter((one) => one !== 'reported' && one !== 'stolen')) assert.equal(safetyOf(account(), [entry(harmless, NOW)]).alarm, null);
});

test('a device is silent after thirty days, counted from when it was added', () => {
  assert.equal(healthOf(phone, NOW), 'ready');
  assert.equal(healthOf({ ...phone, last_contact: NOW - 30 * DAY }, NOW), 'silent');
  assert.equal(healthOf({ ...phone, last_contact: NOW - 30 * DAY + 1 }, NOW), 'ready');
  assert.equal(healthOf({ ...phone, last_contact: 0, created_at: NOW - 60 }, NOW), 'ready');
  assert.equal(healthOf({ ...phone, push: { ...phone.push, subscribed: false } }, NOW), 'noPush');
  assert.equal(healthOf({ ...phone, push: { ...phone.push, confirmed_at: 0, reachable_since: 0 } }, NOW), 'untested');
  assert.equal(healthOf({ ...phone, push: { ...phone.push, failed_at: NOW } }, NOW), 'failing');
  assert.equal(healthOf({ ...phone, push: { ...phone.push, failed_at: NOW - 90 } }, NOW), 'ready', 'a test has come back since');
  assert.equal(daysSilent({ ...phone, last_contact: NOW - 41 * DAY }, NOW), 41);
});

test('the last way in is known before it is taken away', () => {
  assert.equal(isLastWay(account(), 'device'), true);
  assert.equal(isLastWay(account({ totp: [codes] }), 'device'), false);
  assert.equal(isLastWay(account({ devices: [], totp: [codes] }), 'totp'), true);
  assert.equal(isLastWay(account({ devices: [phone, { ...phone, id: 'd2' }] }), 'device'), false);
});

test('the first steps are done one by one', () => {
  const bare = { access: 'enrol', devices: [], recovery: { left: 0, issued_at: 0 }, password: { set: false } };
  const done = (fields: object) => stepsOf(account({ ...bare, ...fields })).map((step) => step.done);
  assert.deepEqual(done({}), [false, false, false]);
  assert.deepEqual(done({ password: { set: true } }), [true, false, false]);
  assert.deepEqual(done({ totp: [codes] }), [false, true, false]);
  assert.deepEqual(done({ devices: [phone], password: { set: true }, recovery: { left: 10, issued_at: 1 } }), [true, true, true]);
});

/* ---- proof ---- */

function memory(): Keep & { values: Map<string, string> } {
  const values = new Map<string, string>();
  return { values, getItem: (key) => values.get(key) ?? null, setItem: (key, value) => void values.set(key, value), removeItem: (key) => void values.delete(key) };
}

test('what was begun before a proof is taken up once, under the same word only', () => {
  const keep = memory();
  const begun = { name: 'remove-device', id: 'd1' } as const;
  keepBegun(keep, begun, 1000);
  assert.deepEqual(takeBegun(keep, '#remove-device', 2000), begun);
  assert.equal(takeBegun(keep, '#remove-device', 2000), null, 'once');
  for (const [fragment, at] of [['#device', 2000], ['', 2000], ['#remove-device', 1000 + 16 * 60_000], ['#remove-device', 0]] as const) {
    keepBegun(keep, begun, 1000);
    assert.equal(takeBegun(keep, fragment, at), null, `${fragment} ${at}`);
    assert.equal(keep.values.size, 0, 'and is forgotten');
  }
});

test('a link from elsewhere begins nothing, nor does a damaged memory', () => {
  for (const name of SHEETS) assert.equal(takeBegun(memory(), `#${name}`, 1), null);
  for (const junk of ['', '{', 'null', '[]', '{"name":"moon","id":"","at":1}', '{"name":"device","id":7,"at":1}', '"device"']) {
    const keep = memory();
    keep.setItem('symbolon-account-begun', junk);
    assert.equal(takeBegun(keep, '#device', 1), null, junk);
  }
  assert.equal(sheetOfFragment('#constructor'), null);
});

test('the words for the way back are such as the server lets through', () => {
  for (const name of SHEETS) assert.match(name, /^[a-z0-9/-]{1,64}$/);
});

test('a proof is asked for before what needs one, and when it is about to run out', () => {
  assert.equal(needsProof({ name: 'password', id: '' }, 0, NOW), true);
  assert.equal(needsProof({ name: 'password', id: '' }, NOW + 300, NOW), false);
  assert.equal(needsProof({ name: 'password', id: '' }, NOW + 5, NOW), true);
  assert.equal(needsProof({ name: 'device', id: 'd1' }, 0, NOW), false);
});

/* ---- history ---- */

test('a right password is told unless it led in a moment later from the same place', () => {
  const at = NOW;
  const kinds = (list: Entry[]) => worthTelling(list).map(({ outcome }) => outcome);
  assert.deepEqual(kinds([entry('signed_in', at), entry('password_right', at - 60)]), ['signed_in']);
  assert.deepEqual(kinds([entry('signed_in', at), entry('password_right', at - 700)]), ['signed_in', 'password_right']);
  assert.deepEqual(kinds([entry('signed_in', at, { ip: '198.51.100.1' }), entry('password_right', at - 60)]), ['signed_in', 'password_right']);
  assert.deepEqual(kinds([entry('password_right', at), entry('signed_in', at - 60)]), ['password_right', 'signed_in']);
});

test('each outcome stands under the right filter', () => {
  const all = OUTCOMES.map((outcome, at) => entry(outcome, NOW - at));
  assert.equal(filtered(all, 'all').length, OUTCOMES.length);
  assert.deepEqual(filtered(all, 'changes').map(({ outcome }) => outcome), ['changed']);
  assert.deepEqual(new Set([...filtered(all, 'attempts'), ...filtered(all, 'changes')]).size, OUTCOMES.length - 1);
});

test('ways of proving are read, what is new to us is left out', () => {
  assert.deepEqual(methodsOf(['password', 'push:enter:6']), ['password', 'enter']);
  assert.deepEqual(methodsOf(['push', 'push:moon', 'passkey', 'toString', '', 'pass']), ['push', 'pass']);
});

test('neighbours under one heading stay together, in order', () => {
  assert.deepEqual(grouped([1, 3, 2, 4, 5], (one) => (one % 2 ? 'odd' : 'even')), [{ heading: 'odd', members: [1, 3] }, { heading: 'even', members: [2, 4] }, { heading: 'odd', members: [5] }]);
});

test('a key is written in fours', () => {
  assert.equal(inFours('JBSWY3DPEH'), 'JBSW Y3DP EH');
  assert.equal(inFours('JBSW Y3DP===='), 'JBSW Y3DP');
});
