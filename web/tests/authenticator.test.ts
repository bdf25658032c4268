import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readDeviceReport, readHistory, readWaiting } from '../authenticator/protocol/calls';
import { clockOffsetS, learnClock, setClockOffset } from '../authenticator/protocol/clock';
import { readDetails } from '../authenticator/protocol/details';
import { EventText } from '../authenticator/protocol/event_text';
import { parseLink, typedCode } from '../authenticator/protocol/link';
import { deviceName, platformOf } from '../authenticator/first/platform';
import { endingAfter } from '../authenticator/requests/requests';
import { arrivalOf, routeOf } from '../authenticator/shell/route';
import { safeName, visibleName } from '../authenticator/shell/names';
import { isMadeWith } from '../authenticator/push/subscription';
import { readMessage } from '../authenticator/worker/message';
import { CATALOGUES, wordsFor } from '../authenticator/worker/words';
import { ar } from '../authenticator/text/ar';
import { en } from '../authenticator/text/en';
import { pluralsOf } from '../shared/text';

const ISSUER = 'https://id.example.org';
const [ID, SECRET] = ['ZW5yb2xtZW50LWVucm9sbQ', 'c2VjcmV0LXNlY3JldC1zZQ'];

/* The same chance each time. */
function chance(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

test('an enrolment link is ours, whole, or nothing', () => {
  const good = { id: ID, secret: SECRET };
  assert.deepEqual(parseLink(`${ISSUER}/a/#e1.${ID}.${SECRET}`, ISSUER), good);
  assert.deepEqual(parseLink(` #e1.${ID}.${SECRET}\n`, ISSUER), good);
  for (const other of ['https://evil.example', 'http://id.example.org', 'https://id.example.org:444', 'https://id.example.org/x'])
    assert.equal(parseLink(`${other}/a/#e1.${ID}.${SECRET}`, ISSUER), 'other', other);
  for (const bad of ['', '#', `#e2.${ID}.${SECRET}`, `#e1.${ID}`, `#e1.${ID}.${SECRET}.x`, `#e1.${ID}.${SECRET.slice(1)}`, `#e1.${ID}=.${SECRET}`, `#e1.${ID.slice(0, -1)}R.${SECRET}`, `javascript:alert(1)/a/#e1.${ID}.${SECRET}`, `https://user@id.example.org/a/#e1.${ID}.${SECRET}`])
    assert.equal(parseLink(bad, ISSUER), null, bad);
});

test('a typed code forgives what people do, and nothing else', () => {
  for (const typed of ['ABCDE-FGHJK', 'abcde fghjk', ' a b c d e f g h j k ', 'ＡＢＣＤＥ－ＦＧＨＪＫ'.replace('－', '-')]) assert.equal(typedCode(typed), 'ABCDE-FGHJK', typed);
  assert.equal(typedCode('OIL00-OIL00'), '01100-01100');
  for (const bad of ['', 'ABCDE-FGHJ', 'ABCDE-FGHJKM', 'UUUUU-UUUUU', 'ABCDE-FGHJ!', '\u202eABCDEFGHJK']) assert.equal(typedCode(bad), null, bad);
});

test('the address says where we are, and what came along', () => {
  assert.deepEqual(routeOf('#/codes/add/scan'), { place: 'codes', rest: 'add/scan' });
  for (const odd of ['', '#', '#/', '#/nowhere', '#/__proto__', '#e1.x']) assert.deepEqual(routeOf(odd), { place: 'requests', rest: '' }, odd);
  assert.deepEqual(arrivalOf(`#c.${ID}`), { kind: 'challenge', id: ID });
  assert.deepEqual(arrivalOf('#e1.anything'), { kind: 'enrolment', link: '#e1.anything' });
  for (const odd of ['#c.', '#c.short', `#c.${ID}x`, `#c.${ID}/../x`, '#/codes']) assert.equal(arrivalOf(odd), null, odd);
});

const details = {
  id: 'i', nonce: 'n', mode: 'enter', digits: 6,
  account: { username: 'demo', organisation: 'Example' }, client: { id: 'payroll', name: 'Payroll', host: 'payroll.example.org' },
  request: { ip: '203.0.113.7', place: null, browser: 'Firefox on Linux', known: false, at: 1_790_000_000 },
  why: '', message: null, expires_at: 1_790_000_120,
};

test('details that cannot be understood whole are not shown', async () => {
  assert.equal((await readDetails(JSON.stringify(details)))?.mode, 'enter');
  const bad: object[] = [
    { mode: 'nod' }, { mode: 'confirm' }, { mode: 'confirm', code: 'abcde' }, { mode: 'confirm', code: 'ABCDEF' }, { mode: 'choose' },
    { mode: 'choose', choices: ['1', '2'] }, { mode: 'choose', choices: ['17', '17', '86'] }, { mode: 'choose', choices: ['17', '42', '<b>'] },
    { digits: 0 }, { digits: 9 }, { digits: 2.5 }, { digits: '6' }, { id: 7 }, { nonce: null }, { why: null }, { expires_at: '1' },
    { account: null }, { account: [] }, { client: { id: 'x' } }, { request: { ...details.request, known: 'yes' } },
  ];
  for (const change of bad) assert.equal(await readDetails(JSON.stringify({ ...details, ...change })), null, JSON.stringify(change));
  for (const text of ['', 'null', '[]', '"x"', '{', '{}']) assert.equal(await readDetails(text), null, text);
});

/* Property: whatever is changed in the bytes, reading gives details or null, and never throws. */
test('details with any byte changed never throw', async () => {
  const pick = chance(20_261_124);
  const text = JSON.stringify({ ...details, mode: 'choose', choices: ['17', '42', '86'] });
  const letters = '{}[]":,\\0123456789truefalsn\u202e\u0000é😀';
  for (let round = 0; round < 3000; round += 1) {
    const at = pick(text.length);
    const letter = [...letters][pick([...letters].length)] ?? '';
    const read = await readDetails(text.slice(0, at) + letter + text.slice(at + pick(4)));
    if (read) assert.ok(typeof read.client.name === 'string' && (read.mode !== 'choose' || read.choices.length === 3));
  }
});

test('an event stream may be cut anywhere', () => {
  const text = ': hello\r\nevent: challenge\r\ndata: {"id":"a"}\r\n\r\nevent: ended\ndata: {"id":\ndata: "b"}\n\n\rid: 7\rdata\r\r:\n\n';
  const whole = new EventText().feed(text);
  assert.deepEqual(whole?.slice(0, 2), [{ name: 'challenge', data: '{"id":"a"}' }, { name: 'ended', data: '{"id":\n"b"}' }]);
  const pick = chance(7);
  for (let round = 0; round < 500; round += 1) {
    const reader = new EventText();
    const got = [];
    for (let at = 0; at < text.length;) {
      const end = Math.min(text.length, at + 1 + pick(9));
      got.push(...(reader.feed(text.slice(at, end)) ?? assert.fail('too long')));
      at = end;
    }
    assert.deepEqual(got, whole);
  }
});

test('an event or a line without end ends the stream', () => {
  assert.equal(new EventText().feed('x'.repeat(70_000)), null);
  const reader = new EventText();
  let fed: unknown = [];
  for (let line = 0; line < 100 && fed; line += 1) fed = reader.feed(`data: ${'y'.repeat(1000)}\n`);
  assert.equal(fed, null);
});

test('a clock an hour off is learnt from one answer, and a good one is left alone', () => {
  const nowMs = 1_790_000_000_000;
  learnClock(1_790_000_000 + 3600, nowMs, nowMs + 100);
  assert.ok(Math.abs(clockOffsetS() - 3600) < 1);
  learnClock(1_790_000_000 + 3600, nowMs + 200, nowMs + 300);
  assert.ok(Math.abs(clockOffsetS() - 3600) < 1);
  learnClock(1_790_000_000, nowMs + 400, nowMs + 500);
  assert.equal(clockOffsetS(), 0);
  setClockOffset(0);
});

test('what a reply to an answer means', () => {
  const request = { account: { name: 'Phone' } } as Parameters<typeof endingAfter>[0];
  const refused = (status: number, body: object = {}) => ({ kind: 'refused' as const, status, error: '', body: body as Record<string, unknown>, retryAfterS: null });
  const ok = (state: string) => ({ kind: 'ok' as const, status: 200, body: { state }, text: '' });
  assert.deepEqual(endingAfter(request, 'approve', ok('approved')), { kind: 'approved' });
  assert.deepEqual(endingAfter(request, 'approve', ok('wrong')), { kind: 'wrong' });
  assert.deepEqual(endingAfter(request, 'deny', ok('denied')), { kind: 'denied' });
  assert.equal(endingAfter(request, 'approve', ok('brand_new')), null, 'never taken for a yes');
  assert.deepEqual(endingAfter(request, 'approve', refused(410)), { kind: 'expired' });
  assert.deepEqual(endingAfter(request, 'approve', refused(409, { state: 'superseded' })), { kind: 'superseded' });
  assert.deepEqual(endingAfter(request, 'approve', refused(409, { state: 'denied', settled_by: 'Tablet' })), { kind: 'elsewhere', state: 'denied', by: 'Tablet' });
  assert.deepEqual(endingAfter(request, 'approve', refused(409, { state: 'approved', settled_by: 'Phone' })), { kind: 'approved' }, 'ours, sent twice');
  assert.deepEqual(endingAfter(request, 'deny', refused(409, { state: 'approved', settled_by: 'Phone' })), { kind: 'elsewhere', state: 'approved', by: 'Phone' });
  for (const reply of [{ kind: 'offline' as const }, { kind: 'garbled' as const, status: 502 }, refused(503), refused(429), refused(403)]) assert.equal(endingAfter(request, 'deny', reply), null);
});

test('what the provider says of lists and devices is read with care', () => {
  assert.deepEqual(readWaiting({ challenges: [{ id: 'a' }, { id: 7 }, null, { id: '../x' }, { id: '' }, { id: 'b', popup: false }] }), [{ id: 'a', popup: true }, { id: 'b', popup: false }]);
  assert.equal(readWaiting({}), null);
  const row = { id: 'a', nonce: 'n', shown: 's', state: 'approved', at: 1, client: { id: 'x', name: 'X' }, request: { ip: null, browser: 'B' } };
  assert.equal(readHistory({ history: [row, { ...row, state: 'odd' }, { ...row, nonce: 1 }, null] })?.length, 1);
  assert.equal(readHistory({ history: 'x' }), null);
  const old = readDeviceReport({ name: 'Phone', push: { subscribed: true, confirmed_at: 5 }, vapid_public_key: null });
  assert.deepEqual([old?.subscribed, old?.reachable_since, old?.renew, old?.vapid_public_key], [true, 5, false, null]);
  assert.equal(readDeviceReport({}), null);
});

test('a push is a hint: only our own two forms are read', () => {
  const message = (navigate: unknown) => readMessage(JSON.stringify({ web_push: 8030, notification: { title: 'x', navigate } }));
  assert.deepEqual(message(`${ISSUER}/a/#c.${ID}`), { kind: 'challenge', id: ID });
  assert.deepEqual(message(`${ISSUER}/a/#t.${ID}`), { kind: 'test', nonce: ID });
  for (const odd of [`${ISSUER}/a/#c.`, `${ISSUER}/a/#c.${ID}/../x`, `${ISSUER}/a/#x.${ID}`, 7, null, 'x'.repeat(5000)]) assert.deepEqual(message(odd), { kind: 'unknown' });
  for (const text of [null, '', 'null', '[]', '{"notification":7}', '\u0000']) assert.deepEqual(readMessage(text), { kind: 'unknown' });
});

test('a subscription made with another key is told apart', () => {
  const made = (key: Uint8Array | null) => ({ options: { applicationServerKey: key?.buffer ?? null } }) as unknown as PushSubscription;
  const key = Uint8Array.from({ length: 65 }, (_, at) => at);
  assert.equal(isMadeWith(made(key.slice()), key), true);
  assert.equal(isMadeWith(made(key.slice().reverse()), key), false);
  assert.equal(isMadeWith(made(key.slice(1)), key), false);
  assert.equal(isMadeWith(made(null), key), false);
});

test('names that hide, turn or go on for ever are shown plainly', () => {
  assert.equal(visibleName('Pay\u200broll\u202e\u2066'), 'Payroll');
  assert.equal(visibleName('\u{e0041}\ufeffBank\u00ad'), 'Bank');
  assert.equal(safeName('الجامعة'), '\u2068الجامعة\u2069');
  assert.equal(visibleName('😀 Wiki'), '😀 Wiki');
  assert.ok(visibleName('x'.repeat(500)).length <= 80);
  assert.equal(visibleName('a\n\n\t\u0000b'), 'a b');
});

test('platforms and names of devices', () => {
  const iphone = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1';
  const ipad = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15';
  const android = 'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36';
  const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
  assert.deepEqual([platformOf(iphone, 5), platformOf(ipad, 5), platformOf(ipad, 0), platformOf(android, 5), platformOf(firefox, 0)], ['ios', 'ios', 'desktop', 'android', 'desktop']);
  assert.deepEqual([iphone, android, firefox, ''].map(deviceName), ['Safari on iPhone', 'Chrome on Android', 'Firefox on Linux', 'Browser on a device']);
});

/* "request.enter.lead" → the text or function there */
function leaves(tree: object, path = ''): Map<string, unknown> {
  const found = new Map<string, unknown>();
  for (const [key, value] of Object.entries(tree)) {
    if (typeof value === 'object') for (const [deeper, leaf] of leaves(value, `${path}${key}.`)) found.set(deeper, leaf);
    else found.set(`${path}${key}`, value);
  }
  return found;
}

test('both languages have the same keys of the same kind, and nothing is left untranslated', () => {
  const [english, arabic] = [leaves(en(pluralsOf('en'))), leaves(ar(pluralsOf('ar')))];
  assert.deepEqual([...arabic.keys()].sort(), [...english.keys()].sort());
  for (const [key, value] of english) {
    const other = arabic.get(key);
    assert.equal(typeof other, typeof value, key);
    const said = (one: unknown) => (typeof one === 'function' ? one('5', '5') : one) as string;
    if (/^app$|^welcome\.steps\./.test(key)) continue;
    assert.equal(said(other) === '', said(value) === '', key);
    if (said(other) !== '') assert.match(said(other), /[\u0600-\u06ff]/, key);
    if (typeof value === 'function') for (const one of [value, other]) assert.match((one as (...all: string[]) => string)('5', '5'), /5/, key);
  }
});

test('the worker speaks both languages', () => {
  assert.deepEqual(Object.keys(CATALOGUES.ar).sort(), Object.keys(CATALOGUES.en).sort());
  assert.equal(wordsFor(['de', 'ar-EG', 'en']), CATALOGUES.ar);
  assert.equal(wordsFor([]), CATALOGUES.en);
});
