// Confinement, from outside and from inside. A build for tests without a sanitizer can be told to try, from inside each
// process, what an attacker would; a released one has no such switch. Builds with a sanitizer keep the files apart
// (Landlock), but not the system calls: there the rest is skipped.
//
// Mutations seen red: no sandbox_daemon_enter; no keyholder_confine; no sandbox_supervisor; no PR_SET_DUMPABLE (another
// process of the same user).
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { appendFileSync, chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { Device } from "./lib/device.mjs";
import { family } from "./lib/processes.mjs";
import { Visitor } from "./lib/visitor.mjs";
import { PASSWORD, World, bin, root, start } from "./lib/world.mjs";

const LIMIT = { timeout: 120_000 };
// Within the bounds of a released build, so that the tests run on one, too.
const HASH = { password: { memory_kib: 7168, passes: 1, lanes: 1 } };
const EPERM = 1, EACCES = 13, ECONNREFUSED = 111;
const program = join(bin, "symbolon");
const bytes = readFileSync(program);
const isSanitized = bytes.includes("__asan_init") || bytes.includes("__tsan_init");
const isTesting = bytes.includes("SYMBOLON_TEST_ATTEMPTS");
const isConfined = isSanitized ? "a sanitizer needs more system calls" : false;
const canAttempt = isTesting ? false : "this build cannot be told to attempt anything";
const isRoot = process.getuid() === 0 ? false : "needs root, to be another user";

// Serves with attempts; `ends` is what to wait for on standard error.
function attempt(world, list, ends) {
	const task = start(program, ["serve", "--config", world.config], { env: { SYMBOLON_TEST_ATTEMPTS: list.join(";") }, input: "" });
	return new Promise((resolve, reject) => {
		const look = () => ends.test(task.err) && resolve(task);
		task.child.stderr.on("data", look);
		task.done.then((end) => reject(new Error(`ended early: ${JSON.stringify(end)}`)));
	});
}

async function finish(task) {
	task.child.kill("SIGTERM");
	const end = await task.done;
	assert.doesNotMatch(end.err, /Sanitizer|runtime error/);
	return end;
}

const outcomes = (err) => Object.fromEntries([...err.matchAll(/^attempt daemon \d+ (.+): (\d+)$/gm)].map(([, what, how]) => [what, Number(how)]));

async function attemptAsDaemon(world, wanted) {
	const list = Object.keys(wanted);
	const task = await attempt(world, [...list.map((one) => `daemon ${one}`), "daemon the-end"], /the-end: is no attempt/);
	await task.says(/symbolon: ready at/); // what it may do is enough to serve
	await finish(task);
	assert.deepEqual(outcomes(task.err), wanted);
}

test("the daemon reaches its files, and not the key", { ...LIMIT, skip: canAttempt }, async (t) => {
	const world = await World.open(t, { settings: HASH });
	await world.stop();
	const at = (name) => join(world.dir, name);
	await attemptAsDaemon(world, {
		[`read ${at("keys/kek")}`]: EACCES,
		[`write ${at("keys/kek")}`]: EACCES,
		[`list ${at("keys")}`]: EACCES,
		[`list ${world.dir}`]: EACCES,
		[`make ${at("keys/other")}`]: EACCES,
		[`make ${at("other")}`]: EACCES,
		[`make ${join(tmpdir(), "symbolon-other")}`]: EACCES,
		"read /etc/shadow": EACCES,
		"list /": EACCES,
		[`write ${world.config}`]: EACCES,
		[`read ${world.config}`]: 0,
		[`write ${at("data/symbolon.db")}`]: 0,
		"peer-memory": EACCES,
		connect: ECONNREFUSED, // nobody is there, but it may ask
		thread: 0,
	});
});

test("from inside the daemon, programs, processes and the other process are out of reach", { ...LIMIT, skip: canAttempt || isConfined }, async (t) => {
	const world = await World.open(t, { settings: HASH });
	await world.stop();
	await attemptAsDaemon(world, {
		exec: EPERM,
		fork: EPERM,
		ptrace: EPERM,
		"peer-vm": EPERM,
		"signal-peer": EPERM,
		"signal-parent": EPERM,
		setuid: EPERM,
		mount: EPERM,
		"io-uring": EPERM,
		"raw-socket": EPERM,
		listen: EPERM,
		bind: EACCES,
		socket: 0,
		thread: 0,
	});
});

test("each of an attacker's attempts from inside the keyholder kills it", { ...LIMIT, skip: canAttempt || isConfined }, async (t) => {
	const world = await World.open(t, { settings: HASH });
	await world.stop();
	const list = [`read ${join(world.dir, "keys/kek")}`, `write ${join(world.dir, "data/symbolon.db")}`, "socket", "exec", "fork", "ptrace", "peer-memory", "peer-vm", "signal-parent", "thread", "io-uring"];
	for (const one of list) {
		const task = await attempt(world, [`keyholder ${one}`], /"process.ended"/);
		const death = JSON.parse(task.err.split("\n").find((line) => line.includes('"process.ended"')));
		assert.deepEqual([death.process, death.signal], ["keyholder", 31], `${one}: ${task.err}`);
		await finish(task);
		assert.match(task.err, new RegExp(`^attempt keyholder ${death.pid} ${one}: begins$`, "m"));
		assert.doesNotMatch(task.err, /^attempt keyholder \d+ .*: \d+$/m, one);
	}
});

// isTesting is true elsewhere, so the search finds what is there.
const release = join(root, "build/release/bin/symbolon");
test("a build that is shipped has no switch for attempts", { ...LIMIT, skip: existsSync(release) ? false : "needs ./run build release" }, () => {
	const shipped = readFileSync(release);
	for (const word of ["SYMBOLON_TEST", "attempt %s"]) assert.ok(!shipped.includes(word), `the release has ${word} in it`);
});

const fields = (path) => Object.fromEntries(readFileSync(path, "utf8").split("\n").map((line) => line.split(":\t")));

test("the kernel says that every thread of all three is confined", { ...LIMIT, skip: isConfined }, async (t) => {
	const world = await World.open(t, { settings: HASH });
	const all = family(world.daemon.child.pid);
	for (const [role, filters, rights] of [["supervisor", 1, /^0+[04]00$/], ["keyholder", 2, /^0+$/], ["daemon", 3, /^0+$/]]) {
		const threads = readdirSync(`/proc/${all[role]}/task`);
		assert.ok(role === "supervisor" || threads.length > 1, role);
		for (const thread of threads) {
			const status = fields(`/proc/${all[role]}/task/${thread}/status`);
			assert.deepEqual([status.Seccomp, status.NoNewPrivs, status.Seccomp_filters], ["2", "1", String(filters)], `${role} ${thread}`);
			// The supervisor keeps the binding of low ports for the daemon, and children its bounding set, which gives them nothing.
			for (const set of ["CapInh", "CapPrm", "CapEff", "CapAmb"]) assert.match(status[set], rights, `${role} ${thread} ${set}`);
			if (process.getuid() === 0) assert.match(status.CapBnd, /^0+400$/, `${role} ${thread} CapBnd`);
		}
	}
	const limits = readFileSync(`/proc/${all.keyholder}/limits`, "utf8");
	for (const role of ["supervisor", "daemon"]) assert.match(readFileSync(`/proc/${all[role]}/limits`, "utf8"), /^Max core file size +0 +0 /m);
	for (const limit of ["Max core file size", "Max open files", "Max processes"]) assert.match(limits, new RegExp(`^${limit} +0 +0 `, "m"));
});

// A user of this machine without rights: nobody.
const NOBODY = { uid: 65534, gid: 65534 };

test("another process of the same user can look into none of them", { ...LIMIT, skip: isRoot || isConfined }, async (t) => {
	const folder = mkdtempSync(join(tmpdir(), "symbolon-nobody-"));
	t.after(() => rmSync(folder, { recursive: true, force: true }));
	const copy = join(folder, "symbolon");
	writeFileSync(copy, bytes, { mode: 0o755 }); // the tree may be closed to nobody
	execFileSync("cp", ["-r", join(root, "web/dist"), join(folder, "web")]);
	chmodSync(folder, 0o711);
	const home = join(folder, "home");
	mkdirSync(home);
	chownSync(home, NOBODY.uid, NOBODY.gid);
	const config = join(home, "idp/symbolon.yaml");
	execFileSync(copy, ["init", "--dir", join(home, "idp"), "--issuer", "http://localhost:8080", "--listen", "127.0.0.1:0"], NOBODY);
	appendFileSync(config, `\nweb: ${JSON.stringify(join(folder, "web"))}\n`);
	const task = start("setpriv", ["--reuid=65534", "--regid=65534", "--clear-groups", copy, "serve", "--config", config], { input: "" });
	await task.says(/symbolon: ready at/);
	const all = family(task.child.pid);
	assert.ok(all.keyholder && all.daemon);
	const look = (path) => spawnSync("head", ["-c", "1", path], { ...NOBODY, encoding: "utf8" });
	assert.equal(look(join(home, "idp/keys/kek")).status, 0); // it is the same user: the file is its own
	for (const pid of [all.supervisor, all.keyholder, all.daemon])
		for (const what of ["mem", "environ", "maps"]) {
			const { status, stderr } = look(`/proc/${pid}/${what}`);
			assert.equal(status, 1, `/proc/${pid}/${what} can be read`);
			assert.match(stderr, /Permission denied/);
		}
	await finish(task);
});

test("`sandbox: required` does not serve with the database beside the key, and otherwise a log line says what to move", LIMIT, async (t) => {
	const world = await World.open(t, { settings: HASH });
	await world.stop();
	renameSync(join(world.dir, "keys/kek"), join(world.dir, "data/kek"));
	const beside = (settings) => writeFileSync(world.config, JSON.stringify({ ...world.settings, keys: { kek: "data/kek" }, ...settings }));
	beside({ sandbox: "required" });
	const refused = await world.run(["serve"]);
	assert.equal(refused.code, 3);
	assert.match(refused.err, /"sandbox.key_reachable".*to a folder of its own/);
	assert.match(refused.err, /symbolon: .*cannot be confined/);
	beside({});
	await world.serve();
	assert.match(world.daemon.err, /"level":"warn","event":"sandbox.key_reachable"/);
});

const base32 = (text) => {
	const bits = [...text.replace(/=+$/, "")].map((one) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(one).toString(2).padStart(5, "0")).join("");
	return Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
};

// Mutations seen red: seal() that copies; a recovery code or a client's secret stored as it is.
test("a stolen database has nobody's secret in it", LIMIT, async (t) => {
	const world = await World.open(t, { settings: HASH });
	const payroll = await world.addClient("payroll");
	const seed = await world.addTotp("demo");
	const recovery = await world.addRecovery("demo");
	const codes = JSON.stringify(recovery).match(/[0-9A-Za-z]{4,}(?:-[0-9A-Za-z]{4,})+/g);
	assert.ok(codes.length >= 2 && payroll.secret.length >= 32);
	const key = readFileSync(join(world.dir, "keys/kek"), "utf8").trim();
	const raw = base32(seed.secret);
	assert.ok(raw.length >= 20);
	const secrets = {
		password: PASSWORD, "client secret": payroll.secret, seed: seed.secret, "seed, raw": raw, "seed, hex": raw.toString("hex"),
		key, "key, raw": Buffer.from(key, "base64url"), ...Object.fromEntries(codes.flatMap((code, at) => [[`code ${at}`, code], [`code ${at} without dashes`, code.replaceAll("-", "")]])),
	};
	await world.stop();
	const folder = join(world.dir, "data");
	const stored = Buffer.concat(readdirSync(folder).map((name) => readFileSync(join(folder, name))));
	assert.ok(stored.includes("demo@example.org")); // so the search finds what is there
	for (const [what, secret] of Object.entries(secrets)) assert.ok(!stored.includes(secret), what);
});

test("with `sandbox: required` people sign in", LIMIT, async (t) => {
	const world = await World.open(t, { policy: { default: { ask: ["password", "push:enter | totp"] } }, settings: { ...HASH, sandbox: "required" } });
	const device = await Device.enrol(world, "demo");
	const payroll = await world.addClient("payroll");
	const login = await new Visitor(world).begin(payroll);
	await login.identify();
	const state = await login.password(PASSWORD);
	assert.ok(device && state);
	assert.doesNotMatch(world.daemon.err, /sandbox\./);
});
