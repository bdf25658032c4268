// Backup beside a working daemon, and restore: what was under way is void, what people own is there.
//
// Mutations that turned these tests red: each line of `voids` in src/store/epoch.c; totps_move dropped, or without its window; is_from_before dropped
// (device_request.c); the recovery UPDATE dropped; present_take_over dropped; mac_check dropped; "BEGIN" of the snapshot dropped (store_read);
// the exclusive open of restore_sqlite.c dropped.
import assert from "node:assert/strict";
import { createPublicKey, verify } from "node:crypto";
import { copyFileSync, existsSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Device, randomId, startEnrolment } from "./lib/device.mjs";
import { forgetConnections, send, sendForm } from "./lib/http.mjs";
import { Visitor, discover, signIn } from "./lib/visitor.mjs";
import { PASSWORD, World, bin, start } from "./lib/world.mjs";

const LIMIT = { timeout: 240_000 };
const policy = {
	default: { ask: ["password", "push:enter:6 | totp | recovery"] },
	rules: [{ name: "A known browser is quick", when: { known_browser: true, client: "wiki" }, ask: ["password"] }],
};

async function restore(world, file, options = []) {
	await world.stop();
	forgetConnections();
	const [told] = await world.command(["restore", file, ...options]);
	await world.serve();
	return told;
}

const userinfo = (world, token) => send(`${world.issuer}/userinfo`, { headers: { authorization: `Bearer ${token}` } });

const redeem = (world, client, login) =>
	sendForm(`${world.issuer}/token`, { grant_type: "authorization_code", code: login.back.searchParams.get("code"), redirect_uri: client.redirectUri, code_verifier: login.checks.pkceCodeVerifier },
		{ authorization: `Basic ${Buffer.from(`${client.id}:${client.secret}`).toString("base64")}` });

// A request signed now and sent later, byte for byte.
function capture(world, device, method, path, json) {
	const body = json === undefined ? undefined : JSON.stringify(json);
	const headers = { authorization: device.authorization(method, `/device/v1${path}`, body), ...(body ? { "content-type": "application/json" } : {}) };
	return { name: `${method} ${path}`, send: () => send(`${world.issuer}/device/v1${path}`, { method, headers, body }) };
}

// Everything that a thief could have copied at one moment. Each `use` gives true when it was accepted.
async function artefacts(world, people, when) {
	const { wiki, device, totp, recovery } = people;
	const list = [];
	const add = (name, use) => list.push({ name: `${name} (${when})`, use });

	// A session, its known browser, a code that was not redeemed, an access token, the page of a sign-in that is done.
	const visitor = new Visitor(world);
	const first = await signIn(visitor, wiki, device, { password: PASSWORD });
	const tokens = (await redeem(world, wiki, first)).json;
	assert.ok(tokens.access_token);
	const jar = new Map(visitor.jar);
	const begun = await visitor.authorize(wiki), again = { ...begun, back: begun.location };
	assert.ok(again.back.searchParams.has("code"));
	const current = new Map(visitor.jar);
	add("access token", async () => (await userinfo(world, tokens.access_token)).status === 200);
	add("code", async () => (await redeem(world, wiki, again)).status === 200);
	add("redeemed code", async () => (await redeem(world, wiki, first)).status === 200);
	for (const [name, cookies] of [["session cookie", jar], ["later session cookie", current]])
		add(name, async () => {
			const thief = Object.assign(new Visitor(world), { jar: new Map(cookies) });
			return (await thief.authorize(wiki)).location.searchParams.has("code");
		});
	add("known-browser cookie", async () => {
		const thief = Object.assign(new Visitor(world), { jar: new Map(current) });
		thief.jar.delete("__Host-symbolon-session");
		const login = await thief.begin(wiki);
		await login.identify();
		return (await login.password(PASSWORD)).state === "done";
	});
	const done = await doneLogin(world, people);
	add("sign-in that is done", async () => (await done.step("finish")).status === 200);
	const half = await new Visitor(world).begin(wiki);
	await half.identify();
	await half.password(PASSWORD);
	add("sign-in half done", async () => (await half.step("totp", { code: await totp.code() })).json?.state === "done");

	// A push that waits, with the answer that the phone has made.
	const pushed = await new Visitor(world).begin(wiki);
	await pushed.identify();
	await pushed.password(PASSWORD);
	const state = await pushed.state("push");
	const challenge = await device.challenge();
	const answer = device.answerJws(challenge, "approve", state.challenge.number);
	const sent = capture(world, device, "POST", `/challenges/${challenge.id}/answer`, { answer });
	add("answer, as it was sent", async () => (await sent.send()).status === 200);
	add("answer, in a fresh request", async () => (await device.sendAnswer(challenge.id, answer)).status === 200);
	add("page of the push", async () => {
		const reply = await pushed.step("finish");
		return reply.status === 200;
	});

	// What a device signs. The clock of one is ahead.
	for (const one of [["GET", "/challenges"], ["GET", "/device"], ["GET", "/history"], ["POST", "/expect", {}], ["PUT", "/device/push", { push: null }], ["DELETE", "/device"]]) {
		const request = capture(world, device, ...one);
		add(`signed ${request.name}`, async () => (await request.send()).status < 300);
	}
	const ahead = { method: "POST", path: "/device/v1/expect", body: "{}" };
	ahead.authorization = device.authorization(ahead.method, ahead.path, ahead.body, { claims: { iat: Math.floor(Date.now() / 1000) + 55, jti: randomId() } });
	add("signed by a clock that is ahead", async () =>
		(await send(`${world.issuer}${ahead.path}`, { method: "POST", headers: { authorization: ahead.authorization, "content-type": "application/json" }, body: "{}" })).status < 300);

	// An enrolment link that nobody has used.
	const { link, task } = await startEnrolment(world, "demo");
	task.child.kill("SIGKILL"); // the link is good without its terminal
	await task.done;
	add("enrolment link", async () => (await new Device(world.issuer).redeem(link)).status === 202);

	// A code of the generator: of now, and of the step that a fast clock shows.
	const codes = [await totp.code(-30), await totp.code(0), await totp.code(30)];
	for (const [i, code] of codes.entries()) add(`totp code ${i - 1}`, () => provenBy(world, wiki, "totp", code));
	const code = recovery.pop();
	add("recovery code", () => provenBy(world, wiki, "recovery", code));
	return { list, code, tokens };
}

async function provenBy(world, client, factor, code) {
	const login = await new Visitor(world, { ip: `198.51.100.${1 + Math.floor(Math.random() * 200)}` }).begin(client);
	await login.identify();
	await login.password(PASSWORD);
	const reply = await login.step(factor, { code });
	return reply.status === 200 && reply.json.state === "done";
}

async function doneLogin(world, { wiki, device }) {
	const login = await new Visitor(world).begin(wiki);
	await login.identify();
	await login.password(PASSWORD);
	const state = await login.state("push");
	await device.approve(await device.challenge(), state.challenge.number);
	await login.until((one) => one.state === "done");
	return login;
}

const b64 = (text) => Buffer.from(text, "base64url");
async function verifies(world, jwt) {
	const [header, payload, signature] = jwt.split(".");
	const jwk = (await send(`${world.issuer}/jwks`)).json.keys.find((key) => key.kid === JSON.parse(b64(header)).kid);
	return jwk && verify("sha256", Buffer.from(`${header}.${payload}`), { key: createPublicKey({ key: jwk, format: "jwk" }), dsaEncoding: "ieee-p1363" }, b64(signature));
}

test("nothing that was copied before a restore is accepted after it; what people own is there", LIMIT, async (t) => {
	const world = await World.open(t, { policy, settings: { budget: { window_pushes: 100, pushes: 100, code_failures: 100, code_failures_month: 1000, password_spray: 1000 } } });
	const wiki = await world.addClient("wiki");
	const device = await Device.enrol(world, "demo"), lost = await Device.enrol(world, "demo");
	const totp = await world.addTotp("demo");
	const issued = await world.addRecovery("demo");
	const people = { wiki, device, totp, recovery: issued.codes ?? issued };
	const file = join(world.folder, "backup");

	const before = await artefacts(world, people, "before the backup");
	await cancelPush(world, people);
	await world.command(["backup", file]);
	assert.equal(statSync(file).mode & 0o777, 0o600);
	assert.ok(await provenBy(world, wiki, "recovery", before.code), "the code works, once");
	const since = await artefacts(world, people, "since the backup");
	await world.command(["device", "revoke", lost.id]);
	await world.addUser("later");

	const told = await restore(world, file);
	assert.equal(told.epoch, 1);
	assert.equal(told.revoked_again, 1);
	assert.deepEqual(told.gone, { count: 1, first: ["later"] });
	assert.deepEqual(told.recovery, { count: 1, first: ["demo"] });

	const accepted = [];
	const all = [...before.list, ...since.list];
	for (const { name, use } of all) if (await use()) accepted.push(name);
	assert.deepEqual(accepted, []);
	assert.ok(all.length >= 40, `${all.length} artefacts`);

	// What must be there.
	const [shown] = await world.command(["user", "show", "demo"]);
	assert.equal(shown.factors.password, true);
	assert.ok(await verifies(world, before.tokens.id_token), "tokens of then verify by the JWKS of now");
	const event = (await world.audit()).find((one) => one.event === "restore.done");
	assert.equal(JSON.parse(typeof event.detail === "string" ? event.detail : JSON.stringify(event.detail)).epoch, 1);
	const reply = await device.request("GET", "/device");
	assert.equal(reply.status, 503, "for a minute no phone is believed");
	assert.equal(reply.json.error, "restored");
	await untilBelieved(device);
	assert.equal((await lost.request("GET", "/device")).status, 401, "what was revoked since the backup stays revoked");
	await cancelPush(world, people); // the thief's, who knows the password
	const login = await signIn(new Visitor(world), wiki, device, { password: PASSWORD });
	const tokens = await login.tokens(login.back, await discover(world, wiki));
	assert.equal(tokens.claims().acr, "mfa");
	assert.equal((await userinfo(world, tokens.access_token)).status, 200);

	// A minute later the same things are as void as they were.
	const late = [];
	for (const { name, use } of all) if (await use()) late.push(name);
	assert.deepEqual(late, []);
});

// The place for a push is one; the first set's must not stand in the way of the second's.
async function cancelPush(world, { device }) {
	const [first] = await device.pending();
	if (first) await device.answer(await device.details(first.id), "deny");
}

async function untilBelieved(device) {
	const until = Date.now() + 90_000;
	for (;;) {
		const reply = await device.request("GET", "/device");
		if (reply.status === 200) return;
		assert.equal(reply.status, 503, reply.text);
		assert.ok(Date.now() < until, "the minute does not end");
		await new Promise((resolve) => setTimeout(resolve, 500));
	}
}

test("a backup under load is one moment, and nobody waits for it", LIMIT, async (t) => {
	const world = await World.open(t, { policy: { default: { ask: ["password"] } } });
	const wiki = await world.addClient("wiki");
	let stop = false, done = 0;
	const load = Array.from({ length: 6 }, async (_, i) => {
		while (!stop) {
			const visitor = new Visitor(world, { ip: `198.51.100.${i + 1}` });
			const login = await signIn(visitor, wiki, null, { password: PASSWORD });
			assert.equal((await redeem(world, wiki, login)).status, 200);
			done++;
		}
	});
	const files = [];
	for (let i = 0; i < 6; i++) {
		const before = done;
		files.push(join(world.folder, `backup-${i}`));
		await world.command(["backup", files[i]]);
		while (done === before) await new Promise((resolve) => setTimeout(resolve, 10)); // sign-ins go on
	}
	stop = true;
	await Promise.all(load);
	assert.ok(done > 10);
	// Every finished sign-in of the file has its session, its grant and its line in the audit log: all are written in one transaction.
	const finished = [];
	for (const file of files) {
		const counts = (await query(file, `SELECT
			(SELECT COUNT(*) FROM logins WHERE state = 'finished'),
			(SELECT COUNT(*) FROM grants),
			(SELECT COUNT(*) FROM audits WHERE event = 'login.finished'),
			(SELECT COUNT(*) FROM tokens) <= (SELECT COUNT(*) FROM grants),
			(SELECT COUNT(*) FROM pragma_foreign_key_check),
			(SELECT * FROM pragma_integrity_check)`)).split("|");
		finished.push(Number(counts[0]));
		assert.equal(counts[0], counts[1]);
		assert.equal(counts[0], counts[2]);
		assert.deepEqual(counts.slice(3), ["1", "0", "ok"]);
	}
	assert.ok(finished.at(-1) > finished[0], `${finished}`);
});

async function query(file, sql) {
	const { code, out, err } = await start("sqlite3", ["-readonly", file, sql], { input: "" }).done;
	assert.equal(code, 0, err);
	return out.trim();
}

test("restore refuses what it must, and then nothing has changed", LIMIT, async (t) => {
	const world = await World.open(t, { policy });
	const file = join(world.folder, "backup");
	const database = join(world.dir, "data/symbolon.db");
	await world.command(["backup", file]);
	const refused = async (args, pattern) => {
		const { code, err } = await world.run(args);
		assert.equal(code, 1, `${args.join(" ")}: ${err}`);
		assert.match(err, pattern);
	};

	await refused(["restore", file], /is in use; stop `symbolon serve`/);
	await refused(["backup", file], /is there already/);
	await world.command(["backup", file, "--force"]);
	await world.stop();
	const was = readFileSync(database);
	await refused(["restore", join(world.folder, "none")], /No such file/);
	await refused(["restore", database], /is not a backup/);
	await refused(["restore", world.config], /is not a backup/);

	// A file that was changed: with its SHA-256 left, and with a right one, which anybody can compute but nobody can sign.
	const forged = join(world.folder, "forged");
	copyFileSync(file, forged);
	await start("sqlite3", [forged, "UPDATE users SET email = 'thief@example.org'"], { input: "" }).done;
	await refused(["restore", forged], /is damaged, or was changed/);
	const other = join(world.folder, "other");
	await world.command(["user", "add", "thief"]);
	await world.command(["backup", other]);
	const sum = await query(other, "SELECT value FROM meta WHERE name = 'backup.sha256'");
	copyFileSync(other, forged);
	const mac = await query(file, "SELECT value FROM meta WHERE name = 'backup.mac'");
	await start("sqlite3", [forged, `UPDATE meta SET value = '${mac}' WHERE name = 'backup.mac'`], { input: "" }).done;
	assert.equal(await query(forged, "SELECT value FROM meta WHERE name = 'backup.sha256'"), sum);
	await refused(["restore", forged], /was changed after it was made/);

	// Another installation's, with the same name and another key-encryption key.
	const kek = readFileSync(join(world.dir, "keys/kek"));
	await world.command(["init", "--dir", join(world.folder, "second"), "--issuer", world.issuer], { config: false });
	copyFileSync(join(world.folder, "second", "keys/kek"), join(world.dir, "keys/kek"));
	await refused(["restore", file], /made under another one/);
	writeFileSync(join(world.dir, "keys/kek"), kek);
	const settings = JSON.parse(readFileSync(world.config, "utf8"));
	writeFileSync(world.config, JSON.stringify({ ...settings, issuer: "http://localhost:1" }));
	await refused(["restore", file], /is a backup of http:\/\/localhost:\d+, and this configuration is of http:\/\/localhost:1/);
	writeFileSync(world.config, JSON.stringify(settings));

	assert.deepEqual(readdirSync(world.dir).filter((name) => /restor|partial/.test(name)), []);
	const after = await world.command(["user", "list"]);
	assert.ok(after.flat().some((user) => user.name === "thief"), "the database is the one of before");
	assert.ok(was.length > 0);

	// And a machine that has lost its database gets it back.
	for (const name of readdirSync(join(world.dir, "data")).filter((one) => one.startsWith("symbolon.db"))) await start("rm", [join(world.dir, "data", name)], { input: "" }).done;
	const [told] = await world.command(["restore", file]);
	assert.equal(told.present_read, false);
	assert.equal(told.kept, "");
	await world.serve();
	const [{ sub, id }] = [await world.command(["user", "show", "demo"])].flat();
	assert.ok(sub ?? id);
});

test("a restore that is killed leaves the database whole, old or new", LIMIT, async (t) => {
	const world = await World.open(t, { policy, users: [] });
	const file = join(world.folder, "backup");
	for (let i = 0; i < 10; i++) await world.command(["user", "add", `person${i}`]);
	await world.command(["backup", file]);
	await world.command(["user", "add", "since"]);
	await world.stop();
	let old = 0;
	for (let i = 0; i < 20; i++) {
		const task = start(join(bin, "symbolon"), ["restore", file, "--config", world.config], { input: "" });
		setTimeout(() => task.child.kill("SIGKILL"), Math.random() * 200);
		await task.done;
		const names = (await world.command(["user", "list"])).flat().map((user) => user.name);
		const expected = Array.from({ length: 10 }, (_, n) => `person${n}`);
		assert.deepEqual(names.filter((name) => name !== "since").sort(), expected, `round ${i}`);
		if (names.includes("since")) old++;
		else await world.command(["user", "add", "since"]);
	}
	await world.command(["restore", file]);
	assert.ok(!existsSync(join(world.dir, "data/symbolon.db.restoring")), "the next run takes what was left");
	t.diagnostic(`old after ${old} of 20 kills`);
	await world.serve();
});
