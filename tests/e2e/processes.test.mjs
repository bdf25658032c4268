// Three processes: the supervisor, the keyholder and the daemon. What each one has, and what happens when one is killed.
//
// Mutations seen red: the KEK read by the daemon as well (its memory); no PDEATHSIG and no look at the control (orphans);
// lines not handed over again, or no second try (the sign-in after the keyholder's end, 5xx under load); the keyholder's
// counts in its own memory (TOTP guesses); a stalled keyholder that is not told of; "first" for every daemon (two ready lines); no pauses (crash loop).
import assert from "node:assert/strict";
import { hkdfSync } from "node:crypto";
import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { Device } from "./lib/device.mjs";
import { send, sendForm } from "./lib/http.mjs";
import { descriptors, family, isStopped, isThere, memoryHolds, runningWith } from "./lib/processes.mjs";
import { Visitor, signIn } from "./lib/visitor.mjs";
import { PASSWORD, World, bin, start } from "./lib/world.mjs";

const LIMIT = { timeout: 120_000 };
const policy = { default: { ask: ["password", "push:enter | totp"] } };
const tick = () => new Promise((resolve) => setTimeout(resolve, 2));

async function until(what, fits, limitMs = 20_000) {
	for (const end = Date.now() + limitMs; ; await tick()) {
		const found = fits();
		if (found) return found;
		assert.ok(Date.now() < end, `waited for: ${what}`);
	}
}

const said = (world, event) => world.daemon.err.split("\n").filter((line) => line.includes(`"event":"${event}"`)).map((line) => JSON.parse(line));
const now = (world) => family(world.daemon.child.pid);
// Both children, other ones than before.
const others = (world, before, roles) => until(`another ${roles}`, () => {
	const all = now(world);
	return all.keyholder && all.daemon && roles.every((role) => all[role] !== before[role]) && all;
});
const ready = async (world) => {
	for (const end = Date.now() + 20_000; ; await tick()) {
		const reply = await send(`${world.issuer}/readyz`).catch(() => null);
		if (reply?.status === 200) return;
		assert.ok(Date.now() < end, "ready again");
	}
};
const readyLines = (world) => world.daemon.out.match(/symbolon: ready at/g).length;

async function scene(t, options = {}) {
	const world = await World.open(t, { policy, ...options });
	const device = await Device.enrol(world, "demo");
	const payroll = await world.addClient("payroll");
	return { world, device, payroll };
}

// A sign-in that waits for the phone.
async function half(world, client) {
	const login = await new Visitor(world).begin(client);
	await login.identify();
	const state = await login.password(PASSWORD);
	return { login, state: state.challenge ? state : await login.state("push") };
}

async function finish(world, device, { login, state }) {
	await device.approve(await device.challenge(), state.challenge.number ?? undefined);
	await login.until((one) => one.state === "done");
	const tokens = await login.tokens(await login.finish());
	assert.ok(tokens.id_token);
}

test("three processes share no key: the daemon and the supervisor have nothing of the key-encryption key", LIMIT, async (t) => {
	const { world, device, payroll } = await scene(t);
	await signIn(new Visitor(world), payroll, device, { password: PASSWORD });
	const { supervisor, keyholder, daemon } = now(world);
	const text = readFileSync(join(world.dir, "keys/kek"), "utf8").trim();
	const kek = Buffer.from(text, "base64url");
	const derived = Buffer.from(hkdfSync("sha256", kek, Buffer.alloc(0), "symbolon kek key v1", 32));
	assert.ok(memoryHolds(keyholder, derived), "the keyholder has what it works with, so this look finds such bytes");
	for (const pid of [supervisor, daemon]) {
		for (const secret of [kek, text, derived]) assert.ok(!memoryHolds(pid, secret), `process ${pid}`);
	}
	assert.ok(!memoryHolds(keyholder, kek), "the keyholder keeps no KEK either");
	for (const [fd, place] of descriptors(keyholder))
		assert.ok(fd <= 2 || place.startsWith("socket:"), `the keyholder has ${fd} ${place}`);
	for (const [fd, place] of [...descriptors(supervisor), ...descriptors(daemon)])
		assert.ok(!place.startsWith(join(world.dir, "keys/kek")), `${fd} ${place}`);
	const kept = descriptors(supervisor).filter(([fd, place]) => fd > 2 && place.startsWith("socket:"));
	assert.equal(kept.length, 2, "one control to each child: a supervisor that kept lines would be one more place to read them");
});

test("descriptors that the shell left open do not reach the children", LIMIT, async (t) => {
	const world = await World.open(t, { policy });
	await world.stop();
	world.daemon = start("sh", ["-c", `exec 9</dev/zero; exec "${join(bin, "symbolon")}" serve --config "${world.config}"`], { input: "" });
	await world.daemon.says(/symbolon: ready at .*\n/);
	const { keyholder, daemon } = now(world);
	for (const [, place] of [...descriptors(keyholder), ...descriptors(daemon)]) assert.notEqual(place, "/dev/zero");
});

test("kill -9 of the keyholder: the same daemon gets another one within a second, and the sign-in finishes", LIMIT, async (t) => {
	const { world, device, payroll } = await scene(t);
	const waiting = await half(world, payroll);
	const before = now(world);
	const begun = Date.now();
	process.kill(before.keyholder, "SIGKILL");
	await ready(world);
	assert.ok(Date.now() - begun < 1000, `${Date.now() - begun} ms`);
	await finish(world, device, waiting);
	const after = await others(world, before, ["keyholder"]);
	assert.equal(after.daemon, before.daemon);
	assert.equal(said(world, "process.ended").length, 1);
	assert.equal(said(world, "process.ended")[0].process, "keyholder");
	assert.equal(said(world, "process.ended")[0].again_in_ms, 0);
});

// The usual limit is 15 s; here it is 2.
test("a keyholder that is stopped, not dead, is replaced: requests get 503 until then, and the sign-in finishes", LIMIT, async (t) => {
	const { world, device, payroll } = await scene(t, { env: { SYMBOLON_TEST_ANSWER_MS: "2000" } });
	const waiting = await half(world, payroll);
	const login = await new Visitor(world).begin(payroll);
	await login.identify();
	const before = now(world);
	process.kill(before.supervisor, "SIGSTOP"); // as long as nobody can replace it
	world.closers.push(() => { if (!world.daemon.ended) process.kill(before.supervisor, "SIGCONT"); });
	process.kill(before.keyholder, "SIGSTOP");
	await until("both have stopped", () => isStopped(before.supervisor) && isStopped(before.keyholder));
	const refused = await login.step("password", { password: PASSWORD });
	assert.equal(refused.status, 503, refused.text);
	assert.equal((await send(`${world.issuer}/readyz`)).status, 503);
	process.kill(before.supervisor, "SIGCONT");
	const after = await others(world, before, ["keyholder"]);
	assert.equal(after.daemon, before.daemon);
	assert.ok(!isThere(before.keyholder));
	await ready(world);
	await finish(world, device, waiting);
	assert.deepEqual(said(world, "process.killed").map(({ process, pid }) => [process, pid]), [["keyholder", before.keyholder]]);
	assert.equal(said(world, "keyholder.stalled").length, 1);
});

test("kill -9 of the daemon: another one within a second, one ready line, and the sign-in finishes", LIMIT, async (t) => {
	const { world, device, payroll } = await scene(t);
	const waiting = await half(world, payroll);
	const before = now(world);
	process.kill(before.daemon, "SIGKILL");
	await others(world, before, ["daemon", "keyholder"]);
	await ready(world);
	await until("the log line", () => said(world, "serving_again").length === 1);
	assert.ok(said(world, "serving_again")[0].after_ms < 1000, JSON.stringify(said(world, "serving_again")));
	await finish(world, device, waiting);
	assert.equal(readyLines(world), 1);
	assert.equal(said(world, "ready_again").length, 1);
});

test("kill -9 of the supervisor leaves nobody, and the sign-in finishes after the next start", LIMIT, async (t) => {
	const { world, device, payroll } = await scene(t);
	const waiting = await half(world, payroll);
	const { keyholder, daemon } = now(world);
	assert.deepEqual(runningWith(world.config).sort(), [world.daemon.child.pid, keyholder, daemon].sort());
	world.daemon.child.kill("SIGKILL");
	await world.daemon.done; // its output is closed: nobody holds it any more
	await until("the children's end", () => !isThere(keyholder) && !isThere(daemon), 2000);
	assert.deepEqual(runningWith(world.config), []);
	await world.serve();
	await finish(world, device, waiting);
});

test("SIGTERM: what is under way is answered, then all three end, with exit code 0", LIMIT, async (t) => {
	const { world, device, payroll } = await scene(t);
	const visitor = new Visitor(world);
	await signIn(visitor, payroll, device, { password: PASSWORD });
	const codes = await Promise.all(Array.from({ length: 40 }, () => code(visitor, payroll)));
	const { keyholder, daemon } = now(world);
	const replies = codes.map((one) => redeem(world, payroll, one).catch((error) => ({ status: error.code })));
	await Promise.race(replies); // the first has come, the others are under way
	const supervisor = world.daemon;
	supervisor.child.kill("SIGTERM");
	const statuses = (await Promise.all(replies)).map((reply) => reply.status);
	assert.deepEqual(statuses.filter((status) => status >= 500), [], "the keyholder outlives the daemon's last answer");
	const { code: exit, err } = await supervisor.done;
	assert.equal(exit, 0, err);
	assert.doesNotMatch(err, /Sanitizer|process\.(ended|killed)/);
	assert.ok(!isThere(keyholder) && !isThere(daemon));
	world.daemon = null;
});

test("the service manager hears from the supervisor alone, SIGHUP keeps all three, and the daemon reloads", LIMIT, async (t) => {
	const world = await World.open(t, { settings: { log: { level: "info" } } });
	await world.stop();
	const socket = join(world.dir, "notify");
	const listener = start("python3", ["-c", `
import socket, struct, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
s.bind(sys.argv[1]); print("bound", flush=True)
while True:
    message, extra, _, _ = s.recvmsg(200, 200)
    print(message.decode(), struct.unpack("iii", extra[0][2][:12])[0], flush=True)
    if message == b"STOPPING=1": break
`, socket]);
	world.closers.push(() => listener.child.kill("SIGKILL"));
	await listener.says(/bound/);
	world.daemon = start(join(bin, "symbolon"), ["serve", "--config", world.config], { env: { NOTIFY_SOCKET: socket }, input: "" });
	await listener.says(new RegExp(`READY=1 ${world.daemon.child.pid}\n`));
	const before = now(world);
	world.daemon.child.kill("SIGHUP");
	await listener.says(new RegExp(`RELOADING=1 ${before.supervisor}\nREADY=1 ${before.supervisor}\n`));
	while (said(world, "reloaded").length < 1) await new Promise((resolve) => setTimeout(resolve, 10)); // the log comes by another pipe
	assert.deepEqual(now(world), before);
	world.daemon.child.kill("SIGTERM");
	await listener.says(new RegExp(`STOPPING=1 ${before.supervisor}\n`));
	assert.equal((await world.daemon.done).code, 0);
	world.daemon = null;
});

// A code for a person who is signed in, and what the service sends for it.
async function code(visitor, client) {
	const begun = await visitor.authorize(client);
	assert.equal(begun.reply.status, 303, begun.reply.text);
	assert.ok(begun.location.searchParams.get("code"), begun.location.href);
	return { code: begun.location.searchParams.get("code"), verifier: begun.checks.pkceCodeVerifier };
}
const redeem = (world, client, one) =>
	sendForm(`${world.issuer}/token`, { grant_type: "authorization_code", code: one.code, redirect_uri: client.redirectUri, code_verifier: one.verifier },
		{ authorization: `Basic ${Buffer.from(`${client.id}:${client.secret}`).toString("base64")}` });

test("kill -9 of the keyholder during 200 token requests at once: every one gets its tokens", LIMIT, async (t) => {
	const { world, device, payroll } = await scene(t);
	const visitor = new Visitor(world);
	await signIn(visitor, payroll, device, { password: PASSWORD });
	for (let round = 0; round < 3; round++) {
		const codes = await Promise.all(Array.from({ length: 200 }, () => code(visitor, payroll)));
		const before = now(world);
		let answered = 0;
		const replies = codes.map((one) => redeem(world, payroll, one).then((reply) => { answered++; return reply; }));
		await until("the first answers", () => answered >= 10);
		process.kill(before.keyholder, "SIGKILL");
		const atKill = answered;
		const counts = {};
		for (const { status } of await Promise.all(replies)) counts[status] = (counts[status] ?? 0) + 1;
		assert.ok(atKill < 200, "there were some under way");
		assert.deepEqual(counts, { 200: 200 });
		assert.equal((await others(world, before, ["keyholder"])).daemon, before.daemon);
	}
});

test("a keyholder that is started anew goes on counting: no fresh guesses at a code", LIMIT, async (t) => {
	const wide = { settings: { budget: { code_failures: 1000, code_failures_month: 1000 } } };
	const { world, payroll } = await scene(t, wide);
	const totp = await world.addTotp("demo");
	const { login } = await half(world, payroll);
	const wrong = await totp.wrong();
	const guess = async () => (await login.step("totp", { code: wrong })).status;
	for (let at = 0; at < 7; at++) assert.equal(await guess(), 200);
	for (const role of ["keyholder", "daemon"]) {
		const before = now(world);
		process.kill(before[role], "SIGKILL");
		await others(world, before, [role]);
		await ready(world);
	}
	const statuses = [];
	for (let at = 0; at < 6; at++) statuses.push(await guess());
	assert.deepEqual(statuses, [200, 200, 200, 429, 429, 429]);
});

test("who keeps dying is started again after growing pauses, and service comes back each time", LIMIT, async (t) => {
	const world = await World.open(t);
	for (let at = 0; at < 5; at++) {
		const before = now(world);
		process.kill(before.keyholder, "SIGKILL");
		await others(world, before, ["keyholder"]);
		await ready(world);
	}
	const pauses = said(world, "process.ended").map((line) => line.again_in_ms);
	assert.deepEqual(pauses.slice(0, 2), [0, 0]);
	assert.ok(pauses[2] > 50 && pauses[4] > pauses[2], JSON.stringify(pauses));
});

test("a configuration that broke meanwhile is told again and again, and mended it is taken", LIMIT, async (t) => {
	const world = await World.open(t);
	renameSync(world.config, `${world.config}.good`);
	writeFileSync(world.config, "issuer: 7\n");
	process.kill(now(world).daemon, "SIGKILL");
	await until("the complaint", () => /symbolon\.yaml:1:\d+.*issuer/.test(world.daemon.err));
	assert.ok(!world.daemon.ended);
	renameSync(`${world.config}.good`, world.config);
	await ready(world);
	assert.equal(readyLines(world), 1);
});

test("the key-encryption key may be a systemd credential", LIMIT, async (t) => {
	const world = await World.open(t);
	await world.stop();
	const folder = join(world.dir, "credentials"), file = join(folder, "kek");
	mkdirSync(folder);
	renameSync(join(world.dir, "keys/kek"), file);
	chmodSync(file, 0o400);
	writeFileSync(world.config, JSON.stringify({ ...JSON.parse(readFileSync(world.config, "utf8")), keys: { kek: "credential:kek" } }));
	const missing = await world.run(["serve"]);
	assert.equal(missing.code, 3);
	assert.match(missing.err, /credential.*LoadCredential/s);
	const env = { CREDENTIALS_DIRECTORY: folder };
	chmodSync(file, 0o444);
	const open = await world.run(["serve"], { env });
	assert.equal(open.code, 3);
	assert.match(open.err, /others may read/);
	chmodSync(file, 0o400);
	world.daemon = start(join(bin, "symbolon"), ["serve", "--config", world.config], { env, input: "" });
	await world.daemon.says(/symbolon: ready at .*\n/);
	assert.equal((await send(`${world.issuer}/readyz`)).status, 200);
	const [keys] = (await world.command(["doctor"], { env })).flat().filter((line) => line.what === "keys");
	assert.equal(keys.verdict, "ok", keys.detail);
});

test("the parts cannot be started by hand", LIMIT, async (t) => {
	const world = await World.open(t);
	for (const args of [["@keyholder", world.config, "4"], ["@daemon", world.config, "first"], ["@nothing"], ["@"]]) {
		const { code: exit, err, out } = await start(join(bin, "symbolon"), args, { input: "" }).done;
		assert.equal(exit, 2, args.join(" "));
		assert.match(err, /part of `symbolon serve`/);
		assert.equal(out, "");
	}
	assert.doesNotMatch((await world.run(["--help"], { config: false })).out, /@/);
});
