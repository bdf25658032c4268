// Names the tests of some suites whose programs are there: meson refuses to run any test when one program is missing.
//   meson introspect --tests BUILD | node tools/built-tests.mjs SUITE…
// Prints a name a line; a program that is missing is told on standard error.
import { existsSync, readFileSync } from 'node:fs';

const suites = process.argv.slice(2);
for (const test of JSON.parse(readFileSync(0, 'utf8'))) {
	// A suite is given as "project:suite".
	if (!test.suite.some((suite) => suites.includes(suite.split(':').pop()))) continue;
	if (existsSync(test.cmd[0])) console.log(test.name);
	else console.error(`not ok: ${test.name}: was not built`);
}
