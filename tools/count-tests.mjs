// Counts test cases in a log: prints "PASSED FAILED SKIPPED", then one line for each that failed.
//   node tools/count-tests.mjs meson build/asan/meson-logs/unit.json     meson's log, cmocka cases inside
//   node tools/count-tests.mjs node build/logs/e2e.tap                   the TAP or spec output of node --test
import { readFileSync } from 'node:fs';

const SKIPPED_BY_EXIT_CODE = 77;

/** Cases of one cmocka program: each that began and did not end well has failed, so a crash counts too. */
function countProgram({ name, stdout = '', stderr = '', result, returncode }) {
	const output = `${stdout}\n${stderr}`;
	const named = (label) => [...output.matchAll(new RegExp(`^\\[ *${label} *\\] (\\S+)$`, 'gm'))].map((m) => m[1]);
	const begun = named('RUN');
	const well = named('OK');
	const skipped = new Set(named('SKIPPED'));
	const count = { passed: 0, skipped: 0, failures: [] };
	for (const test of begun) {
		const at = well.indexOf(test);
		if (at >= 0) {
			well.splice(at, 1);
			count.passed++;
		} else if (skipped.has(test)) count.skipped++;
		else count.failures.push(`${name}: ${test}`);
	}
	const fine = result === 'OK' || result === 'SKIP';
	if (!fine && count.failures.length === 0) count.failures.push(`${name}: ${result}, exit code ${returncode}`);
	if (fine && begun.length === 0) count[returncode === SKIPPED_BY_EXIT_CODE ? 'skipped' : 'passed']++;
	return count;
}

function countMeson(text) {
	const total = { passed: 0, skipped: 0, failures: [] };
	for (const line of text.split('\n').filter(Boolean)) {
		const one = countProgram(JSON.parse(line));
		total.passed += one.passed;
		total.skipped += one.skipped;
		total.failures.push(...one.failures);
	}
	return total;
}

/** The summaries that node --test writes (TAP or spec), or the line "N passed, N failed"; a run that was cut off has none. */
function countNode(text) {
	const sum = (pattern) => [...text.matchAll(pattern)].reduce((total, match) => total + Number(match[1]), 0);
	const of = (word) => sum(new RegExp(`^(?:#|ℹ) ${word} (\\d+)$`, 'gm'));
	const failures = [...text.matchAll(/^\s*not ok \d+ - (.*)$/gm)].map((m) => m[1]).filter((name) => !/# (SKIP|TODO)/.test(name));
	if (/^(#|ℹ) fail \d+$/m.test(text))
		return { passed: of('pass'), skipped: of('skipped') + of('todo'), failures, failed: of('fail') + of('cancelled') };
	const plain = text.match(/^(?:\w+: )?(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/m);
	if (plain) return { passed: Number(plain[1]), skipped: Number(plain[3] ?? 0), failures, failed: Number(plain[2]) };
	return { passed: 0, skipped: 0, failures: ['the run has no summary: it was cut off'] };
}

const [, , kind, path] = process.argv;
const counters = { meson: countMeson, node: countNode };
if (!counters[kind] || !path) {
	console.error('usage: count-tests.mjs meson|node LOG');
	process.exit(2);
}
const { passed, skipped, failures, failed = failures.length } = counters[kind](readFileSync(path, 'utf8'));
console.log(passed, failed, skipped);
for (const name of failures) console.log(`not ok: ${name}`);
