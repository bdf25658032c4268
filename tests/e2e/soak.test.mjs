// Samples of the soak tests (tests/soak; ./run soak for the full numbers): the same programs on fewer tries.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";

import { World, bin, root } from "./lib/world.mjs";

const run = promisify(execFile);

async function soak(name, count, settings = {}) {
	const env = { ...process.env, SOAK_BUILD: dirname(bin), SOAK_COUNT: String(count), SOAK_SECONDS: "100", ...settings };
	const { stdout } = await run(join(root, "tests/soak", name), { env, maxBuffer: 1 << 24 }).catch((error) => {
		throw new Error(`${name}: ${error.stdout}${error.stderr}`);
	});
	return stdout;
}

// What -Dtesting=true adds: the clock and the size of budgets, and nothing of it in what is shipped.
test("the release build has neither the test clock nor wide budgets", async () => {
	const shipped = join(root, "build/release/bin/symbolon");
	assert.ok(existsSync(shipped), "build/release/bin/symbolon: build it first: ./run build");
	assert.equal(readFileSync(shipped).includes("SYMBOLON_TEST"), false);
	assert.equal(readFileSync(join(bin, "symbolon")).includes("SYMBOLON_TEST_CLOCK"), true);

	const folder = mkdtempSync(join(tmpdir(), "symbolon-e2e-"));
	const env = { ...process.env, SYMBOLON_TEST_CLOCK: join(folder, "no-such-file") };
	const config = join(folder, "symbolon.yaml");
	try {
		await run(shipped, ["init", "--dir", folder, "--issuer", "http://127.0.0.1:1"], { env });
		await assert.rejects(run(join(bin, "symbolon"), ["--version"], { env }), /SYMBOLON_TEST_CLOCK/);
		writeFileSync(config, "issuer: http://127.0.0.1:1\nbudget: { code_failures: 1000000 }\n");
		await assert.rejects(run(shipped, ["doctor", "--config", config]), ({ stdout, stderr }) => {
			assert.match(stdout + stderr, /budget\.code_failures: must be at most 20/);
			return true;
		});
	} finally {
		rmSync(folder, { recursive: true });
	}
});

test("a daemon of a test build follows the test clock at once", async (t) => {
	const folder = mkdtempSync(join(tmpdir(), "symbolon-e2e-"));
	t.after(() => rmSync(folder, { recursive: true }));
	const clock = join(folder, "clock");
	const shift = (seconds) => {
		const bytes = Buffer.alloc(8);
		bytes.writeBigInt64LE(BigInt(seconds));
		writeFileSync(clock, bytes, { flag: existsSync(clock) ? "r+" : "w" });
	};
	shift(0);
	const world = await World.open(t, { env: { SYMBOLON_TEST_CLOCK: clock } });
	const client = await world.addClient("mail");
	const query = new URLSearchParams({ client_id: client.id, response_type: "code", scope: "openid", redirect_uri: client.redirectUri, code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", code_challenge_method: "S256" });
	const serverTime = async () => {
		const begun = await fetch(`${world.issuer}/authorize?${query}`, { redirect: "manual" });
		const login = new URL(begun.headers.get("location"), world.issuer).searchParams.get("login");
		const headers = { cookie: begun.headers.getSetCookie().map((cookie) => cookie.split(";")[0]).join("; ") };
		return (await (await fetch(`${world.issuer}/signin/v1/logins/${login}`, { headers })).json()).server_time;
	};
	const off = async () => Math.abs((await serverTime()) - Date.now() / 1000);
	assert.ok(await off() < 60);
	shift(86400);
	assert.ok(Math.abs(await off() - 86400) < 60);
});

test("one-time things raced over three daemons on one SQLite file are taken once", async () => {
	const out = await soak("races", 560);
	assert.match(out, /25 passed, 0 failed/);
	assert.doesNotMatch(out, /not ok/);
});

test("guesses win as often as chance says, within the budgets", async () => {
	assert.match(await soak("odds", 200), /21 passed, 0 failed/);
});

test("a stranger sees the same of names that exist and names that do not", async () => {
	assert.match(await soak("stranger", 240), /35 passed, 0 failed/);
});

test("push bombing, abandoned sign-ins and many at once keep nobody out", async () => {
	assert.match(await soak("bombing", 100), /11 passed, 0 failed/);
});

test("killed at random moments, nothing acknowledged is lost and nothing else is granted", async () => {
	assert.match(await soak("kills", 12, { SOAK_SLOWEST_MS: "10000" }), /9 passed, 0 failed/); // sanitizers start slowly
});
