// Temporary passes: who has nothing gets in once, to enrol. Mutations that turned this red: pass_stands_in for every
// client (login_identify.c); access "enrol" counted as "full" (begin.c). Those of the store and the throttle turn
// test_store_race, contract_account and test_account red.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { Account, byTotp } from "./lib/account.mjs";
import { Device } from "./lib/device.mjs";
import { Visitor } from "./lib/visitor.mjs";
import { bin, PASSWORD, Totp, World } from "./lib/world.mjs";

const LIMIT = { timeout: 120_000 };
const SAFE = "horse correct battery staple";

const issue = async (world, name = "demo", ...options) => (await world.command(["pass", "issue", name, ...options]))[0];
const byPass = (pass) => async (login) => login.state("pass", { code: pass });

// Somebody with no password and nothing else.
async function nobodyYet(world, name = "fresh") {
	await world.command(["user", "add", name]);
	return name;
}

test("a person who has nothing gets in by a pass, only to enrol, and then by what was enrolled", LIMIT, async (t) => {
	const world = await World.open(t);
	const name = await nobodyYet(world);
	const { pass } = await issue(world, name);
	assert.match(pass, /^([0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}$/);
	const account = new Account(new Visitor(world));
	const login = await account.login();
	const state = await login.identify(name);
	assert.equal(state.factor, "pass");
	assert.equal((await login.state("pass", { code: "AAAA-AAAA-AAAA-AAAA" })).notice, "wrong_code");
	assert.equal((await login.state("pass", { code: ` ${pass.toLowerCase().replaceAll("-", " ")} ` })).state, "done");
	await login.finish();

	const seen = await account.overview();
	assert.deepEqual([seen.access, seen.acr, seen.sessions, seen.browsers], ["enrol", "0", [], []]);
	assert.ok(seen.fresh_until > seen.server_time + 1500);
	for (const [path, body] of [["history"], ["sessions/end_others", {}], ["browsers/remove", {}], ["export", {}]]) await account.refused(path, body, 403, "enrol_only");

	// It is of no use at a service, which asks for what it always asks.
	const mail = await world.addClient("mail");
	const { reply } = await account.visitor.authorize(mail, { prompt: "none" });
	assert.match(reply.headers.location, /error=(login_required|access_denied)/);

	const begun = await account.ok("enrolments", {});
	const device = new Device(world.issuer);
	const redeemed = await device.redeem(begun.link);
	assert.equal((await account.ok(`enrolments/${begun.id}/confirm`, { digits: redeemed.json.digits })).state, "active");
	const seed = new Totp((await account.ok("totp", {}).then(async (one) => {
		const made = new Totp(one.otpauth);
		await account.ok(`totp/${one.id}/confirm`, { code: await made.code(-30) });
		return one;
	})).otpauth);
	assert.equal((await account.ok("recovery", {})).codes.length, 10);
	await account.refused(`devices/${device.id}/remove`, {}, 403, "enrol_only");
	await account.refused("password", { new: "short" }, 400, "password_refused");
	assert.equal((await account.ok("password", { new: SAFE })).password.set, true);
	await account.refused("password", { old: SAFE, new: PASSWORD }, 403, "enrol_only");

	// Once: the same pass again is as wrong as any other.
	const again = await new Account(new Visitor(world, { ip: "192.0.2.31" })).login();
	assert.equal((await again.identify(name)).factor, "password");
	assert.ok(!(await again.password(SAFE)).ways.includes("pass"));
	assert.equal((await again.step("pass", { code: pass })).status, 409);
	const whole = new Account(new Visitor(world, { ip: "192.0.2.32" }));
	await whole.signIn({ username: name, password: SAFE, prove: byTotp(seed) });
	assert.equal((await whole.overview()).access, "full");
	const told = (await world.audit(name)).map((row) => row.event);
	for (const event of ["pass.issued", "pass.failed", "pass.passed", "device.enrolled", "totp.enrolled", "recovery.issued", "password.changed"]) assert.ok(told.includes(event), event);
	assert.ok(!JSON.stringify(await world.audit()).includes(pass));
});

test("the password is asked before the pass where there is one; a lost device is no way around", LIMIT, async (t) => {
	const world = await World.open(t);
	await Device.enrol(world, "demo");
	const { pass } = await issue(world);
	const account = new Account(new Visitor(world));
	const login = await account.login();
	assert.equal((await login.identify("demo")).factor, "password");
	const state = await login.password(PASSWORD);
	assert.deepEqual([state.factor, ...state.ways], ["push", "pass"]);
	assert.equal((await login.state("pass", { code: pass })).state, "done");
	await login.finish();
	assert.deepEqual([(await account.overview()).access, (await account.overview()).acr], ["enrol", "pwd"]);

	// Not at a service, where no rule names it.
	await issue(world);
	const mail = await world.addClient("mail");
	const other = await new Visitor(world, { ip: "192.0.2.41" }).begin(mail);
	await other.identify();
	assert.ok(!(await other.password(PASSWORD)).ways.includes("pass"));
});

test("where policy names it, a pass counts as policy says, also at a service", LIMIT, async (t) => {
	const policy = { default: { ask: ["password", "push:enter | totp | pass"] }, rules: [{ name: "Nobody", when: { client: "vault" }, deny: true }] };
	const world = await World.open(t, { policy });
	const account = new Account(new Visitor(world));
	await account.signIn({ prove: byPass((await issue(world)).pass) });
	assert.equal((await account.overview()).access, "full");
	const mail = await world.addClient("mail");
	const { pass } = await issue(world);
	const login = await new Visitor(world, { ip: "192.0.2.51" }).begin(mail);
	await login.identify();
	assert.equal((await login.password(PASSWORD)).factor, "pass");
	assert.equal((await login.state("pass", { code: pass })).state, "done");
	const tokens = await login.tokens(await login.finish());
	assert.deepEqual([tokens.claims().acr, tokens.claims().amr], ["pwd", ["pwd"]], "it earns nothing");
	const vault = await world.addClient("vault");
	const { pass: third } = await issue(world);
	const refused = await new Visitor(world, { ip: "192.0.2.52" }).begin(vault);
	await refused.identify();
	await refused.step("password", { password: PASSWORD }); // a stranger is shown what any name would be
	assert.equal((await refused.step("pass", { code: third })).status, 409);
});

test("a rule that denies the account page denies it to passes too", LIMIT, async (t) => {
	const policy = { default: { ask: ["password", "totp"] }, rules: [{ name: "Not from there", when: { client: "account", network: "203.0.113.0/24" }, deny: true }] };
	const world = await World.open(t, { policy });
	const { pass } = await issue(world);
	const outside = await new Account(new Visitor(world, { ip: "203.0.113.9" })).login();
	await outside.identify("demo");
	await outside.step("password", { password: PASSWORD }); // a stranger is shown what any name would be
	assert.notEqual((await outside.step("pass", { code: pass })).json.state, "done");
	await new Account(new Visitor(world)).signIn({ prove: byPass(pass) });
});

test("one of many tries at once with the same pass gets in", LIMIT, async (t) => {
	const world = await World.open(t);
	const { pass } = await issue(world);
	const logins = await Promise.all(Array.from({ length: 4 }, async (_, at) => {
		const login = await new Account(new Visitor(world, { ip: `192.0.2.${100 + at}` })).login();
		await login.identify("demo");
		await login.password(PASSWORD);
		return login;
	}));
	const states = await Promise.all(logins.map((login) => login.state("pass", { code: pass })));
	assert.deepEqual(states.map((state) => state.state).sort(), ["done", "prove", "prove", "prove"]);
});

test("wrong passes have a budget of their own, and the limit is the same for right and wrong", LIMIT, async (t) => {
	const world = await World.open(t, { settings: { budget: { code_failures: 3 } } });
	const codes = await world.addRecovery("demo");
	const { pass } = await issue(world);
	const login = await new Account(new Visitor(world)).login();
	await login.identify("demo");
	await login.password(PASSWORD);
	for (let at = 0; at < 3; at++) assert.equal((await login.state("pass", { code: `AAAA-AAAA-000${at}` })).notice, "wrong_code");
	const limited = await login.step("pass", { code: pass });
	assert.equal(limited.status, 429, "right and wrong get the same answer");
	assert.ok(Number(limited.headers["retry-after"]) > 0);
	assert.equal((await login.state("recovery", { code: codes[0] })).state, "done", "and codes are not locked by it");
});

test("a newer pass, revoking, time and another person end it; lengths and times are within bounds", LIMIT, async (t) => {
	const world = await World.open(t, { users: ["demo", "other"] });
	const first = await issue(world, "demo", "--length", "8", "--valid", "10m");
	assert.match(first.pass, /^[0-9A-Z]{4}-[0-9A-Z]{4}$/);
	assert.ok(Math.abs(first.expires_at - Date.now() / 1000 - 600) < 60);
	const second = await issue(world, "demo", "--length", "48", "--valid", "30d");
	assert.equal(second.pass.replaceAll("-", "").length, 48);
	const theirs = await issue(world, "other");
	const login = await new Account(new Visitor(world)).login();
	await login.identify("demo");
	await login.password(PASSWORD);
	for (const { pass } of [first, theirs]) assert.equal((await login.state("pass", { code: pass })).notice, "wrong_code");
	const states = async () => (await world.command(["pass", "list", "demo"]))[0].map((one) => one.state).sort();
	assert.deepEqual(await states(), ["ended", "in_force"]);
	assert.equal((await world.run(["pass", "revoke", second.id])).code, 0);
	assert.deepEqual(await states(), ["ended", "ended"]);
	const shown = await login.step("pass", { code: second.pass });
	assert.equal(shown.json.notice, "wrong_code");

	const command = (...args) => spawnSync(join(bin, "symbolon"), ["pass", ...args, "--config", world.config], { encoding: "utf8" });
	for (const [args, code] of [[["revoke", second.id], 1], [["revoke", "nothing"], 1], [["issue", "nobody"], 1], [["issue", "demo", "--length", "7"], 2], [["issue", "demo", "--length", "49"], 2], [["issue", "demo", "--valid", "9m"], 2], [["issue", "demo", "--valid", "31d"], 2], [["issue", "demo", "--valid", "soon"], 2], [["issue"], 2]]) {
		const done = command(...args);
		assert.equal(done.status, code, args.join(" "));
		assert.ok(done.stderr.length > 10);
	}
	const plain = command("issue", "demo");
	assert.equal(plain.status, 0, plain.stderr);
	assert.match(plain.stdout, /works once/);
	await world.command(["user", "disable", "demo"]);
	assert.equal(command("issue", "demo").status, 1);
});
