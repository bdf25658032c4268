// The TOTP codes of our C code, of Node's HMAC and of oathtool are the same.
//
// The program that prints ours is tests/unit/crypto/totp_cases; SYMBOLON_TOTP_CASES says where it lies.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { createHmac, randomBytes, randomInt } from 'node:crypto';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const CASES = 10_000;
const CASES_FOR_OATHTOOL = 200;
const LAST_TIME = 2 ** 36; // the year 4147; randomInt takes less than 2^48

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const program = process.env.SYMBOLON_TOTP_CASES ?? join(root, 'build/asan/tests/unit/crypto/totp_cases');

// RFC 6238 by RFC 4226, section 5.3
function codeByNode({ seed, hash, digits, period, time }) {
	const counter = Buffer.alloc(8);
	counter.writeBigUInt64BE(BigInt(time) / BigInt(period));
	const mac = createHmac(hash.toLowerCase(), seed).update(counter).digest();
	const offset = mac[mac.length - 1] & 15;
	const number = mac.readUInt32BE(offset) & 0x7fffffff;
	return String(number % 10 ** digits).padStart(digits, '0');
}

function codesByUs(cases) {
	const input = cases.map((c) => `${c.seed.toString('hex')} ${c.hash} ${c.digits} ${c.period} ${c.time}\n`).join('');
	const run = spawnSync(program, { input, encoding: 'utf8', maxBuffer: 64 << 20 });
	assert.equal(run.error, undefined);
	assert.equal(run.status, 0, run.stderr);
	return run.stdout.trimEnd().split('\n');
}

const pick = (list) => list[randomInt(list.length)];

// A third of the times lies before 2^31, a third before 2^32, a third up to 2^36; and the edges are always there.
const TIME_LIMITS = [2 ** 31, 2 ** 32, LAST_TIME];
const EDGES = [0, 29, 30, 59, 2 ** 31 - 1, 2 ** 31, 2 ** 31 + 1, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 30, LAST_TIME - 1, LAST_TIME];

function caseAtRandom(index) {
	return {
		seed: randomBytes(randomInt(1, 129)),
		hash: pick(['SHA1', 'SHA256', 'SHA512']),
		digits: randomInt(6, 9),
		period: pick([30, 30, 60, randomInt(5, 301)]),
		time: index < EDGES.length ? EDGES[index] : randomInt(TIME_LIMITS[index % TIME_LIMITS.length]),
	};
}

const show = (c) => JSON.stringify({ ...c, seed: c.seed.toString('hex') });

test(`${CASES} random cases have the code that node:crypto computes`, () => {
	assert.ok(existsSync(program), `${program} is missing: build it, or say where it is in SYMBOLON_TOTP_CASES`);
	const cases = Array.from({ length: CASES }, (_, index) => caseAtRandom(index));
	const ours = codesByUs(cases);
	assert.equal(ours.length, CASES);
	cases.forEach((c, i) => assert.equal(ours[i], codeByNode(c), show(c)));

	// The draw reached what it is for.
	for (const hash of ['SHA1', 'SHA256', 'SHA512']) {
		const late = cases.filter((c) => c.hash === hash && c.digits === 8 && c.time > 2 ** 31);
		assert.ok(late.length > 100, `only ${late.length} cases of ${hash} with 8 digits past 2^31`);
	}
});

test(`${CASES_FOR_OATHTOOL} random cases have the code that oathtool computes`, () => {
	const cases = Array.from({ length: CASES_FOR_OATHTOOL }, (_, index) => caseAtRandom(index));
	const ours = codesByUs(cases);
	cases.forEach((c, i) => {
		const args = [`--totp=${c.hash}`, `--digits=${c.digits}`, `--time-step-size=${c.period}s`, `--now=@${c.time}`];
		const theirs = execFileSync('oathtool', [...args, '--', c.seed.toString('hex')], { encoding: 'utf8' }).trim();
		assert.equal(ours[i], theirs, show(c));
	});
});

test('a case that is out of range gets no code', () => {
	const seed = Buffer.alloc(20, 1);
	const usual = { seed, hash: 'SHA1', digits: 6, period: 30, time: 59 };
	const odd = [{ digits: 5 }, { digits: 9 }, { period: 4 }, { period: 301 }, { time: -31 }];
	const ours = codesByUs([usual, ...odd.map((change) => ({ ...usual, ...change }))]);
	assert.deepEqual(ours, [codeByNode(usual), ...odd.map(() => 'error')]);
});
