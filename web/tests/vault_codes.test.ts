/* One-time codes: links, codes, the clock, and what a book of them does. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes as nodeRandom, randomInt } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { base32, base32Read, base64url, base64urlRead, bytesEqual, utf8 } from '../authenticator/vault/bytes';
import { skewIsFresh, skewMeasure, timeCorrected } from '../authenticator/vault/clock';
import { ALGORITHMS, codeIsSame, codeMake, nameKey, nameShown } from '../authenticator/vault/code';
import { otpauthRead, otpauthWrite } from '../authenticator/vault/otpauth';
import { isProblem } from '../authenticator/vault/problem';
import { codeAtStep, codesAt, codeSpaced, generatorMake, stepAt } from '../authenticator/vault/totp';
import { anyCode, anyName, damaged } from './vault_arbitrary';

const problem = (code: string) => (error: unknown) => isProblem(error) && error.code === code;
const RUNS = { numRuns: 500 };

/* Runs it; throws anything that is not the documented error. */
function onlyProblems(read: () => unknown): boolean {
  try {
    read();
  } catch (error) {
    if (!isProblem(error)) throw error;
  }
  return true;
}

test('every code comes back from its link as it was, whatever its names hold', () => {
  fc.assert(fc.property(anyCode, (code) => codeIsSame(otpauthRead(otpauthWrite(code)), code)), RUNS);
});

test('names are kept as they are, with all that they hide, but for controls and the spaces around', () => {
  const name = 'a\u202eb\u2066c\u200bd\u200de\ufefff 🗝 👩‍👩‍👧 \u{e0041}g';
  const code = codeMake({ issuer: ` ${name}\n`, account: `${name}\u0007x`, secret: utf8('x') });
  assert.deepEqual([code.issuer, code.account], [name, `${name} x`]);
  assert.deepEqual(otpauthRead(otpauthWrite(code)), code);
});

test('a link is written the same way twice', () => {
  fc.assert(fc.property(anyCode, (code) => otpauthWrite(otpauthRead(otpauthWrite(code))) === otpauthWrite(code)), RUNS);
});

test('hostile QR contents and links give a code or the documented error', () => {
  const hostile = fc.oneof(fc.string({ unit: 'binary', maxLength: 300 }), anyName, damaged(anyCode.map(otpauthWrite)), damaged(fc.constant('otpauth://totp/Payroll:demo?secret=JBSWY3DPEHPK3PXP')));
  fc.assert(fc.property(hostile, (text) => onlyProblems(() => otpauthRead(text))), { numRuns: 2000 });
});

const refusals: [string, string][] = [
  ['https://example.org/', 'not_a_code'], ['otpauth:', 'not_a_code'], ['', 'not_a_code'],
  ['otpauth://hotp/x?secret=JBSWY3DP&counter=1', 'hotp'], ['otpauth://steam/x?secret=JBSWY3DP', 'kind'], ['otpauth://totpx/x?secret=JBSWY3DP', 'kind'],
  ['otpauth://totp/x', 'secret_missing'], ['otpauth://totp/x?secret=', 'secret_missing'], ['otpauth://totp/x?secret=A', 'secret_missing'], ['otpauth://totp/x?secret=0189', 'secret_bad'],
  ['otpauth://totp/x?secret=JBSWY3DP&secret=JBSWY3DP', 'twice'], ['otpauth://totp/x?secret=JBSWY3DP&digits=6&DIGITS=8', 'twice'],
  ['otpauth://totp/?secret=JBSWY3DP', 'name_missing'], ['otpauth://totp/%20?secret=JBSWY3DP', 'name_missing'],
  ['otpauth://totp/%ff?secret=JBSWY3DP', 'name_encoding'], ['otpauth://totp/%4?secret=JBSWY3DP', 'name_encoding'], ['otpauth://totp/a%00?secret=JBSWY3DP', 'name_encoding'], ['otpauth://totp/a\ud800?secret=JBSWY3DP', 'name_encoding'],
  [`otpauth://totp/${'x'.repeat(257)}?secret=JBSWY3DP`, 'name_long'], [`otpauth://totp/x?secret=${'A'.repeat(5000)}`, 'link_long'], [`otpauth://totp/x?secret=${'A'.repeat(208)}`, 'secret_bad'],
  ['otpauth://totp/x?secret=JBSWY3DP&algorithm=MD5', 'algorithm'], ['otpauth://totp/x?secret=JBSWY3DP&digits=5', 'digits'], ['otpauth://totp/x?secret=JBSWY3DP&digits=9', 'digits'], ['otpauth://totp/x?secret=JBSWY3DP&digits=6.0', 'digits'],
  ['otpauth://totp/x?secret=JBSWY3DP&period=0', 'period'], ['otpauth://totp/x?secret=JBSWY3DP&period=86401', 'period'], ['otpauth://totp/x?secret=JBSWY3DP&period=-30', 'period'], ['otpauth://totp/x?secret=JBSWY3DP&period=', 'period'],
];
for (const [link, code] of refusals) test(`${JSON.stringify(link.slice(0, 60))} is refused: ${code}`, () => assert.throws(() => otpauthRead(link), problem(code)));

test('links as other apps write them are read', () => {
  const read = otpauthRead('OTPAUTH://TOTP/Payroll%3A%20demo%40example.org?secret=jbsw-y3dp ehpk%203pxp==&Issuer=Pay&algorithm=hmacsha256&digits=8&image=x');
  assert.deepEqual({ ...read, secret: base32(read.secret) }, { issuer: 'Pay', account: 'demo@example.org', secret: 'JBSWY3DPEHPK3PXP', algorithm: 'SHA256', digits: 8, period: 30 });
  assert.equal(otpauthRead('otpauth://totp/VPN%3A%20x:demo?secret=JBSWY3DP').issuer, 'VPN: x');
  assert.equal(otpauthRead('otpauth://totp/a+b?secret=JBSWY3DP').account, 'a+b');
});

test('base32 and base64url give back what they were given', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => bytesEqual(base32Read(base32(bytes))!, bytes) && bytesEqual(base64urlRead(base64url(bytes))!, bytes)), RUNS);
});

test('what is shown of a name hides nothing and is on one line', () => {
  fc.assert(fc.property(anyName, (name) => !/[\u200b\u202a-\u202e\u2066-\u2069\ufeff\n\r]/.test(nameShown(name))), RUNS);
  assert.equal(nameKey({ issuer: 'Pay\u200broll', account: '\u202eDEMO' }), nameKey({ issuer: 'payroll', account: 'demo' }));
});

/* ---- codes ---- */

test('the vectors of RFC 6238, appendix B', async () => {
  const seeds = { SHA1: '12345678901234567890', SHA256: '12345678901234567890123456789012', SHA512: '1234567890123456789012345678901234567890123456789012345678901234' };
  const rows: [number, string, string, string][] = [
    [59, '94287082', '46119246', '90693936'], [1111111109, '07081804', '68084774', '25091201'], [1111111111, '14050471', '67062674', '99943326'],
    [1234567890, '89005924', '91819424', '93441116'], [2000000000, '69279037', '90698825', '38618901'], [20000000000, '65353130', '77737706', '47863826'],
  ];
  for (const [time_s, ...codes] of rows) {
    for (const [at, algorithm] of ALGORITHMS.entries()) {
      const generator = await generatorMake(codeMake({ account: 'x', secret: utf8(seeds[algorithm]), algorithm, digits: 8 }));
      assert.equal((await codesAt(generator, time_s * 1000)).now, codes[at]);
    }
  }
});

/* The full count of 10,000 by SYMBOLON_CODES_COUNT=10000; each process of oathtool gives ten steps of one account. */
const COUNT = Number(process.env.SYMBOLON_CODES_COUNT ?? 200);
const STEPS = 10;

test(`${COUNT} random accounts have the codes of oathtool, ${STEPS} steps each`, async () => {
  for (let at = 0; at < COUNT; at++) {
    const code = codeMake({ account: 'x', secret: Uint8Array.from(nodeRandom(randomInt(1, 129))), algorithm: ALGORITHMS[randomInt(3)]!, digits: randomInt(6, 9), period: at % 2 === 0 ? 30 : randomInt(5, 301) });
    const time_s = randomInt([2 ** 31, 2 ** 32, 2 ** 36][at % 3]!);
    const secret = Buffer.from(code.secret).toString('hex');
    const told = execFileSync('oathtool', [`--totp=${code.algorithm.toLowerCase()}`, '-d', `${code.digits}`, '-s', `${code.period}s`, '-N', `@${time_s}`, '-w', `${STEPS - 1}`, secret], { encoding: 'utf8' });
    const generator = await generatorMake(code);
    const first = stepAt(code.period, time_s * 1000);
    const ours = await Promise.all(Array.from({ length: STEPS }, (_, step) => codeAtStep(generator, first + step)));
    assert.deepEqual(ours, told.trim().split('\n'), JSON.stringify({ ...code, secret, time_s }));
  }
});

test('the next code is the code of the next step, and a step ends when it should', async () => {
  const generator = await generatorMake(codeMake({ account: 'x', secret: utf8('12345678901234567890') }));
  const shown = await codesAt(generator, 59_999);
  assert.deepEqual([shown.step, shown.ends_ms], [1, 60_000]);
  assert.equal((await codesAt(generator, 60_000)).now, shown.next);
  await assert.rejects(codesAt(generator, -1), problem('time'));
});

test('codes are spaced in halves', () => {
  assert.deepEqual(['123456', '1234567', '12345678'].map(codeSpaced), ['123 456', '123 4567', '1234 5678']);
});

/* ---- the clock ---- */

test('a clock one hour off is corrected, one within the doubt is left alone', () => {
  const now_ms = 1_790_000_000_000;
  const late = skewMeasure(now_ms / 1000 + 3600, now_ms, now_ms + 200);
  assert.ok(late && Math.abs(late.offset_ms - 3_600_400) <= 1);
  assert.equal(timeCorrected(late, now_ms), now_ms + late.offset_ms);
  assert.equal(skewMeasure(now_ms / 1000, now_ms, now_ms + 300)?.offset_ms, 0);
  assert.equal(skewMeasure(now_ms / 1000 + 1, now_ms, now_ms + 4_000)?.offset_ms, 0);
});

test('an answer that took too long, a senseless time and an old measurement say nothing', () => {
  const now_ms = 1_790_000_000_000;
  assert.equal(skewMeasure(now_ms / 1000, now_ms, now_ms + 10_001), null);
  assert.equal(skewMeasure(now_ms / 1000, now_ms, now_ms - 1), null);
  for (const time of [0, -5, NaN, Infinity]) assert.equal(skewMeasure(time, now_ms, now_ms), null);
  const old = { offset_ms: 5000, measured_at_ms: now_ms - 31 * 86_400_000 };
  assert.equal(timeCorrected(old, now_ms), now_ms);
  assert.equal(skewIsFresh({ offset_ms: 5000, measured_at_ms: now_ms + 5000 }, now_ms), false);
  assert.equal(timeCorrected(null, now_ms), now_ms);
});
