// The account page's server side, docs/account-api.md: each request, each refusal. Mutations that turned this red: the
// comparison with the account in own_device, own_totp, browser_write and session_write; that with the session in look()
// (account_device.c); ACCOUNT_FRESHLY gone from the export; is_from_elsewhere or page_post_check gone (begin.c).
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Account, barePages, byPush, byRecovery, byTotp } from "./lib/account.mjs";
import { Device } from "./lib/device.mjs";
import { PushService } from "./lib/push_service.mjs";
import { Visitor } from "./lib/visitor.mjs";
import { PASSWORD, Totp, World } from "./lib/world.mjs";

const LIMIT = { timeout: 120_000 };
const SAFE = "horse correct battery staple";

// A world with a test clock: `shift(s)` puts the daemon's that much ahead.
async function open(t, options = {}) {
	const folder = mkdtempSync(join(tmpdir(), "symbolon-e2e-"));
	t.after(() => rmSync(folder, { recursive: true, force: true }));
	const clock = join(folder, "clock");
	writeFileSync(clock, Buffer.alloc(8));
	const shift = (seconds) => {
		const bytes = Buffer.alloc(8);
		bytes.writeBigInt64LE(BigInt(seconds));
		writeFileSync(clock, bytes, { flag: "r+" });
	};
	const settings = { web: barePages(folder), ...options.settings };
	return { world: await World.open(t, { ...options, settings, env: { SYMBOLON_TEST_CLOCK: clock } }), shift };
}

// Signed in with password and a recovery code.
async function scene(t, options) {
	const { world, shift } = await open(t, options);
	const codes = await world.addRecovery("demo");
	const visitor = new Visitor(world);
	const account = new Account(visitor);
	await account.signIn({ prove: byRecovery(codes) });
	return { world, shift, codes, visitor, account };
}

// Another person with something of each kind, and the ids of it.
async function neighbour(world) {
	await world.addUser("other");
	const [codes, totp, device] = [await world.addRecovery("other"), await world.addTotp("other"), await Device.enrol(world, "other")];
	const account = new Account(new Visitor(world, { ip: "198.51.100.7" }));
	await account.signIn({ username: "other", prove: byRecovery(codes) });
	const seen = await account.overview();
	const enrolment = await account.ok("enrolments", {});
	const pending = await account.ok("totp", {});
	return { account, device: device.id, totp: totp.id, browser: seen.browsers[0].id, session: seen.sessions[0].id, enrolment: enrolment.id, pending: pending.id };
}

const events = async (world, name = "demo") => (await world.audit(name)).map((row) => row.event);
const reasonOf = async (world, event, name = "demo") => (await world.audit(name)).findLast((row) => row.event === event)?.detail?.reason;

// A device by the page, as far as the digits.
async function enrolByPage(world, account, body = {}) {
	const begun = await account.ok("enrolments", body);
	const device = new Device(world.issuer);
	const redeemed = await device.redeem(begun.link);
	assert.equal(redeemed.status, 202, redeemed.text);
	return { begun, device, digits: redeemed.json.digits };
}

test("nobody is let in without a session; signing in leads back; /account/ carries the state", LIMIT, async (t) => {
	const { world } = await open(t);
	const codes = await world.addRecovery("demo");
	const visitor = new Visitor(world);
	const account = new Account(visitor);
	for (const path of ["overview", "history", "enrolments/x"]) {
		const refused = await account.refused(path, null, 401, "signed_out");
		assert.equal(refused.location, "/account/login");
	}
	assert.equal((await visitor.get("/account")).headers.location, "/account/");

	const login = await account.login("/account/");
	assert.equal((await login.state()).client.id, "account");
	assert.equal((await login.state()).cancel_url, null, "there is nowhere to go back to");
	const back = await account.signIn({ prove: byRecovery(codes), path: "/account/login?to=devices/add" });
	assert.equal(back.href, `${world.issuer}/account/#devices/add`);

	const page = await visitor.get("/account/");
	assert.equal(page.status, 200);
	assert.match(page.headers["content-security-policy"], /frame-ancestors 'none'/);
	assert.equal(page.pageState.user.username, "demo");
	assert.equal(page.pageState.access, "full");
	assert.equal(page.pageState.recovery.left, 9);

	// What is signed in goes straight back; places that are none are left out.
	for (const to of ["%0d%0aSet-Cookie:x", "//evil.example.org", "..", "A", "x".repeat(65)]) {
		const { headers, status } = await visitor.get(`/account/login?to=${to}`);
		assert.equal(status, 303);
		assert.match(headers.location, /^\/account\/(#\/\/evil|$)?/);
		assert.ok(headers.location.startsWith("/account/"), headers.location);
	}
	assert.equal((await world.run(["client", "add", "account", "--name", "x", "--redirect-uri", "https://x.example.org/"])).code, 1, "nobody else is called account");
	assert.equal((await visitor.get(`/authorize?client_id=account&response_type=code&scope=openid&redirect_uri=${encodeURIComponent(`${world.issuer}/account/`)}`)).status, 400, "and nobody gets a code for it");
});

test("policy decides who may come to the account page", LIMIT, async (t) => {
	const policy = { default: { ask: ["password"] }, rules: [{ name: "Account", when: { client: "account" }, ask: ["password", "totp | recovery"] }] };
	const { world } = await open(t, { policy });
	const mail = await world.addClient("mail");
	const codes = await world.addRecovery("demo");
	const visitor = new Visitor(world);
	const account = new Account(visitor);
	const login = await visitor.begin(mail);
	await login.identify();
	assert.equal((await login.password(PASSWORD)).state, "done");
	await login.finish();

	// A session, but not enough of one: only what is missing is asked.
	await account.refused("overview", null, 401, "signed_out");
	const more = await account.login();
	const state = await more.state();
	assert.equal(state.factor, "recovery");
	assert.equal(state.username, "demo");
	assert.equal(state.cancel_url, "/account/");
	assert.equal((await byRecovery(codes)(more)).state, "done");
	await more.finish();
	assert.equal((await account.overview()).acr, "mfa");
	const [explained] = await world.command(["explain", "demo", "account"]);
	assert.equal(explained.rule ?? explained.unknown_browser?.rule ?? explained.decision?.rule ?? JSON.stringify(explained).match(/"rule":"Account"/)?.[0].slice(8, -1), "Account");
});

test("a change of another site, or in another form, changes nothing", LIMIT, async (t) => {
	const { world, visitor, account } = await scene(t);
	const { browsers } = await account.overview();
	const path = `/account/v1/browsers/${browsers[0].id}/remove`;
	for (const [headers, status] of [[{ origin: "https://evil.example.org" }, 403], [{ origin: "null" }, 403], [{ origin: undefined }, 403], [{ "content-type": "text/plain" }, 400], [{ "content-type": "application/x-www-form-urlencoded" }, 400]])
		assert.equal((await visitor.post(path, {}, headers)).status, status, JSON.stringify(headers));
	for (const body of ["", "[]", "1", "{", '{"a":1,"a":2}', "\0"]) assert.equal((await visitor.post(path, body)).status, 400, body);
	assert.equal((await visitor.post(path, { a: "x".repeat(5000) })).status, 413);
	assert.equal((await visitor.get(path)).status, 405);
	const { send } = await import("./lib/http.mjs");
	for (const site of ["cross-site", "same-site"]) {
		const reply = await send(new URL("/account/v1/overview", world.target), { headers: visitor.headers({ "sec-fetch-site": site }) });
		assert.equal(reply.status, 403, site);
	}
	assert.equal((await account.overview()).browsers.length, 1);
	// The session's cookie without its browser's is nobody.
	const thief = new Account(new Visitor(world));
	thief.visitor.jar.set("__Host-symbolon-session", visitor.jar.get("__Host-symbolon-session"));
	await thief.refused("overview", null, 401, "signed_out");
});

test("what is somebody else's is not there, whatever the id", LIMIT, async (t) => {
	const { world, account } = await scene(t);
	const theirs = await neighbour(world);
	await world.addTotp("demo");
	const before = JSON.stringify(await theirs.account.overview());
	const tries = [
		["devices", theirs.device, "rename", { name: "Mine" }], ["devices", theirs.device, "remove", {}], ["devices", theirs.device, "test", {}],
		["totp", theirs.totp, "rename", { label: "Mine" }], ["totp", theirs.totp, "remove", {}], ["totp", theirs.pending, "confirm", { code: "123456" }],
		["browsers", theirs.browser, "remove", {}], ["sessions", theirs.session, "end", {}],
		["enrolments", theirs.enrolment, "confirm", { digits: "123456" }], ["enrolments", theirs.enrolment, "cancel", {}],
	];
	for (const [kind, id, verb, body] of tries)
		for (const one of [id, "AAAAAAAAAAAAAAAAAAAAAA", "x", "%00", "..%2f", "%F0%9F%94%91", "x".repeat(500)])
			if (!one.includes("%")) await account.refused(`${kind}/${one}/${verb}`, body, 404, "not_found");
			else assert.ok([400, 404].includes((await account.post(`${kind}/${one}/${verb}`, body)).status));
	await account.refused(`enrolments/${theirs.enrolment}`, null, 404, "not_found");
	const stream = account.events(theirs.enrolment);
	assert.equal(await stream.opened, 404);
	const after = JSON.parse(before), now = await theirs.account.overview();
	for (const key of ["devices", "totp", "browsers"]) assert.deepEqual(now[key], after[key], key);
	assert.equal(now.sessions.length, 1);
	assert.equal((await theirs.account.ok(`enrolments/${theirs.enrolment}`)).state, "open");
	// The same person's other session cannot complete what this one began, either.
	const mine = await account.ok("enrolments", {});
	const second = new Account(new Visitor(world, { ip: "192.0.2.11" }));
	await second.signIn({ prove: byRecovery(await world.addRecovery("demo")) });
	await second.refused(`enrolments/${mine.id}`, null, 404, "not_found");
	await second.refused(`enrolments/${mine.id}/cancel`, {}, 404, "not_found");
	// History and export tell of one person only.
	const told = JSON.stringify(await account.ok("history")) + (await account.post("export")).text;
	for (const id of Object.values(theirs).filter((one) => typeof one === "string")) assert.ok(!told.includes(id), id);
	assert.ok(!told.includes("other@example.org"));
});

test("a device: the page hears that it has come, six digits, one attempt, rename, health, remove", LIMIT, async (t) => {
	const { world, account } = await scene(t);
	const { begun, device, digits } = await (async () => {
		const one = await account.ok("enrolments", {});
		assert.equal(one.state, "open");
		assert.match(one.link, /\/a\/#e1\./);
		assert.match(one.code, /^[0-9A-Z]{5}-[0-9A-Z]{5}$/);
		const stream = account.events(one.id);
		assert.equal((await stream.next((event) => event.name === "enrolment")).state, "open");
		const phone = new Device(world.issuer);
		const redeemed = await phone.redeem(one.link, { claims: { name: "Work phone", platform: "Android" } });
		const told = await stream.next((event) => event.data.state === "confirm");
		assert.deepEqual([told.device.name, told.device.platform, told.link, told.code], ["Work phone", "Android", null, null]);
		const late = await new Device(world.issuer).redeem(one.link);
		assert.equal(late.status, 409);
		assert.equal((await stream.next((event) => event.data.contested)).state, "confirm");
		stream.close();
		return { begun: one, device: phone, digits: redeemed.json.digits };
	})();
	for (const bad of ["12345", "1234567", "12345x", "", "٤٨٢٩١٣"]) await account.post(`enrolments/${begun.id}/confirm`, { digits: bad }).then((reply) => assert.equal(reply.status, 400, bad));
	assert.equal((await account.ok(`enrolments/${begun.id}/confirm`, { digits: `${digits.slice(0, 3)} ${digits.slice(3)}` })).state, "active");
	await account.refused(`enrolments/${begun.id}/confirm`, { digits }, 410, "over");
	assert.equal(await reasonOf(world, "device.enrolled"), "account_page");

	const [shown] = (await account.overview()).devices;
	assert.deepEqual([shown.id, shown.name, shown.push.subscribed], [device.id, "Work phone", false]);
	assert.deepEqual((await account.overview()).browsers, [], "a factor change drops known browsers");
	const hostile = "Phone \"</script>\u{1F511}";
	const { devices } = await account.ok(`devices/${device.id}/rename`, { name: hostile });
	assert.equal(devices[0].name, hostile);
	for (const name of ["", " ", "a\nb", "\u202eabc", "x".repeat(65), "\u200b"]) assert.equal((await account.post(`devices/${device.id}/rename`, { name })).status, 400, name);
	assert.equal((await device.request("GET", "/device")).json.name, hostile);

	await account.refused(`devices/${device.id}/test`, {}, 409, "no_subscription");

	// The last one stays, until there are codes.
	await account.refused(`devices/${device.id}/remove`, {}, 409, "last_factor");
	assert.equal((await account.overview()).devices.length, 1);
	await world.addTotp("demo");
	const stream = device.events();
	assert.equal(await stream.opened, 200);
	assert.deepEqual((await account.ok(`devices/${device.id}/remove`, {})).devices, []);
	await stream.closed;
	assert.equal((await device.request("GET", "/device")).status, 401);
	await account.refused(`devices/${device.id}/remove`, {}, 404, "not_found");
	assert.equal(await reasonOf(world, "device.revoked"), "account_page");
});

test("a test push goes to the device, which answers it", LIMIT, async (t) => {
	const service = await PushService.open(t);
	const { world, account } = await scene(t, { settings: { push: service.settings } });
	const device = await Device.enrol(world, "demo");
	const subscription = service.subscription((await device.request("GET", "/device")).json.vapid_public_key);
	assert.equal((await device.request("PUT", "/device/push", subscription.json)).status, 200);
	const nonceOf = (message) => new URL(subscription.open(message.body).notification.navigate).hash.slice(3);
	const nonce = async (but) => nonceOf(await service.next((one) => one.path === subscription.path && nonceOf(one) !== but));
	const first = await nonce();
	const [shown] = (await account.ok(`devices/${device.id}/test`, {})).devices;
	assert.deepEqual([shown.push.subscribed, shown.push.confirmed_at], [true, 0]);
	const second = await nonce(first);
	assert.equal((await device.request("POST", "/device/push/echo", { nonce: second })).status, 200);
	const { push } = (await account.overview()).devices[0];
	assert.ok(push.confirmed_at > 0 && push.reachable_since > 0 && push.failure === null, JSON.stringify(push));
	const statuses = [];
	for (let at = 0; at < 10; at++) statuses.push((await account.post(`devices/${device.id}/test`)).status);
	assert.deepEqual([statuses.at(0), statuses.at(-1)], [200, 429]);
});

test("a wrong digit, a cancel, or a newer enrolment voids the one before", LIMIT, async (t) => {
	const { world, account } = await scene(t);
	const wrong = await enrolByPage(world, account);
	const other = String((Number(wrong.digits) + 1) % 1_000_000).padStart(6, "0");
	const answers = await Promise.all([1, 2, 3].map(() => account.post(`enrolments/${wrong.begun.id}/confirm`, { digits: other })));
	assert.deepEqual(answers.map((one) => one.status).sort(), [200, 410, 410].sort());
	const told = answers.find((one) => one.status === 200).json;
	assert.deepEqual([told.state, told.notice], ["void", "wrong_digits"]);
	await account.refused(`enrolments/${wrong.begun.id}/confirm`, { digits: wrong.digits }, 410, "over");

	const cancelled = await enrolByPage(world, account);
	assert.equal((await account.ok(`enrolments/${cancelled.begun.id}/cancel`, {})).state, "void");
	assert.equal((await account.ok(`enrolments/${cancelled.begun.id}/cancel`, {})).state, "void");
	await account.refused(`enrolments/${cancelled.begun.id}/confirm`, { digits: cancelled.digits }, 410, "over");

	const left = await account.ok("enrolments", {});
	const newer = await account.ok("enrolments", { totp: true });
	assert.equal((await new Device(world.issuer).redeem(left.link)).status, 410);
	await account.refused(`enrolments/${newer.id}/confirm`, { digits: "123456" }, 409, "not_now");
	const late = new Device(world.issuer);
	const redeemed = await late.redeem(newer.link);
	await account.ok(`enrolments/${newer.id}/confirm`, { digits: redeemed.json.digits });
	const polled = await late.request("GET", `/enrolments/${newer.id}`);
	assert.match(polled.json.totp, /^otpauth:/);
	assert.equal((await account.overview()).totp.length, 1);
	assert.equal((await account.overview()).devices.length, 1);
});

test("codes of any authenticator app: active only after a correct code, by oathtool", LIMIT, async (t) => {
	const { world, shift, account } = await scene(t);
	const dropped = await account.ok("totp", {});
	const begun = await account.ok("totp", { label: "My app" });
	await account.refused(`totp/${dropped.id}/confirm`, { code: "123456" }, 404, "not_found");
	const seed = new Totp(begun.otpauth);
	assert.equal(begun.secret, seed.secret);
	assert.deepEqual((await account.overview()).totp, [], "not yet");
	await account.refused(`totp/${begun.id}/confirm`, { code: await seed.wrong() }, 400, "wrong_code");
	await account.refused(`totp/${begun.id}/rename`, { label: "x" }, 404, "not_found");
	const { totp } = await account.ok(`totp/${begun.id}/confirm`, { code: await seed.code(-30) });
	assert.deepEqual([totp.length, totp[0].id, totp[0].label], [1, begun.id, "My app"]);
	assert.ok(!JSON.stringify(totp).includes(seed.secret));
	await account.refused(`totp/${begun.id}/confirm`, { code: await seed.code() }, 409, "not_now");
	assert.equal(await reasonOf(world, "totp.enrolled"), "account_page");
	assert.equal((await account.ok(`totp/${begun.id}/rename`, { label: "Blue phone" })).totp[0].label, "Blue phone");
	await account.refused(`totp/${begun.id}/rename`, { label: "\u202e" }, 400, "bad_name");

	// It proves what it should, in a new browser; and it is the last that is left.
	const elsewhere = new Account(new Visitor(world, { ip: "192.0.2.44" }));
	await elsewhere.signIn({ prove: byTotp(seed) });
	await elsewhere.refused(`totp/${begun.id}/remove`, {}, 409, "last_factor");
	const device = await Device.enrol(world, "demo");
	// Two at once: one of them stays.
	const both = await Promise.all([elsewhere.post(`totp/${begun.id}/remove`), elsewhere.post(`devices/${device.id}/remove`)]);
	assert.deepEqual(both.map((one) => one.status).sort(), [200, 409], both.map((one) => one.text).join("\n"));

	// A session that came in by what is gone comes in again by something else; this one had a recovery code.
	const late = await account.ok("totp", {});
	shift(901);
	await account.refused(`totp/${late.id}/confirm`, { code: await new Totp(late.otpauth).code(900) }, 410, "over");
	shift(0);
});

test("recovery codes: ten, shown once, the old ones end", LIMIT, async (t) => {
	const { world, account, codes } = await scene(t);
	const { codes: fresh, recovery } = await account.ok("recovery", {});
	assert.equal(new Set(fresh).size, 10);
	assert.equal(recovery.left, 10);
	assert.ok(recovery.issued_at > 0);
	const later = new Account(new Visitor(world, { ip: "192.0.2.55" }));
	const login = await later.login();
	await login.identify("demo");
	await login.password(PASSWORD);
	assert.equal((await byRecovery(codes)(login)).notice, "wrong_code");
	assert.equal((await byRecovery(fresh)(login)).state, "done");
	assert.equal((await account.overview()).recovery.left, 9);
	assert.equal(await reasonOf(world, "recovery.issued"), "account_page");
});

test("the last recovery code lets its own session add what is missing", LIMIT, async (t) => {
	const { world, account, codes } = await scene(t);
	while (codes.length > 1) codes.pop();
	const [, ...spare] = await world.addRecovery("demo");
	const { account: one } = { account: new Account(new Visitor(world, { ip: "192.0.2.66" })) };
	for (let at = 0; at < 9; at++) {
		const visitor = new Account(new Visitor(world, { ip: `192.0.2.${70 + at}` }));
		if (at < 8) await visitor.signIn({ prove: byRecovery(spare) });
	}
	const { recovery } = await account.overview();
	assert.equal(recovery.left, 2);
	await one.signIn({ prove: byRecovery(spare) });
	assert.equal((await one.overview()).recovery.left, 1);
	assert.equal((await one.post("recovery")).status, 200);
});

test("fresh proof: what is dangerous wants it, and a sign-in of its own gives it", LIMIT, async (t) => {
	const { world, shift, visitor, account, codes } = await scene(t);
	const totp = await world.addTotp("demo");
	const device = await Device.enrol(world, "demo");
	shift(301);
	const seen = await account.overview();
	assert.equal(seen.fresh_until, 0);
	const dangerous = [["enrolments", {}], ["totp", {}], ["recovery", {}], ["password", { old: PASSWORD, new: SAFE }], ["export", {}], [`devices/${device.id}/remove`, {}], [`totp/${totp.id}/remove`, {}]];
	for (const [path, body] of dangerous) {
		const refused = await account.refused(path, body, 403, "fresh_proof");
		assert.equal(refused.location, "/account/login?fresh=1");
	}
	assert.equal((await account.post(`devices/${device.id}/rename`, { name: "Still mine" })).status, 200);
	assert.equal((await account.get("history")).status, 200);
	shift(0);
	const token = visitor.jar.get("__Host-symbolon-session");
	const back = await account.signIn({ path: "/account/login?fresh=1&to=export", prove: byRecovery(codes) });
	assert.equal(back.hash, "#export");
	assert.notEqual(visitor.jar.get("__Host-symbolon-session"), token, "a new token at each proof");
	assert.ok((await account.overview()).fresh_until > 0);
	assert.equal((await account.post("export")).status, 200);
});

test("fresh proof is as strong as the account can give, whatever the rule", LIMIT, async (t) => {
	const policy = { default: { ask: ["password"] } };
	const { world } = await open(t, { policy });
	const account = new Account(new Visitor(world));
	await account.signIn();
	await account.ok("recovery", {}); // there is nothing more to give …
	await account.refused("recovery", {}, 403, "fresh_proof"); // … but now there is
	const totp = await world.addTotp("demo");
	const login = await account.login("/account/login?fresh=1");
	assert.equal((await login.state()).factor, "password");
	const state = await login.password(PASSWORD);
	assert.deepEqual([state.factor, ...state.ways], ["totp", "recovery"]);
	assert.equal((await byTotp(totp)(login)).state, "done");
	await login.finish();
	await account.ok("recovery", {});
	// Services are asked by their rules, as before.
	const mail = await world.addClient("mail");
	const elsewhere = await new Visitor(world, { ip: "192.0.2.91" }).begin(mail, { acr_values: "mfa" });
	await elsewhere.identify();
	assert.equal((await elsewhere.password(PASSWORD)).state, "done");
});

test("the password: the old one, the rules, other sessions end, browsers are dropped, this session goes on", LIMIT, async (t) => {
	const { world, account, visitor, codes } = await scene(t);
	const elsewhere = new Account(new Visitor(world, { ip: "192.0.2.77" }));
	await elsewhere.signIn({ prove: byRecovery(codes) });
	await account.refused("password", { old: "wrong horse", new: SAFE }, 400, "wrong_password");
	await account.refused("password", { new: SAFE }, 400, "bad_request");
	await account.refused("password", { old: PASSWORD }, 400, "bad_request");
	for (const bad of ["short", "demo", "password1"]) {
		const { message } = await account.refused("password", { old: PASSWORD, new: bad }, 400, "password_refused");
		assert.ok(message.length > 10);
	}
	assert.equal((await elsewhere.overview()).sessions.length, 2);
	const token = visitor.jar.get("__Host-symbolon-session");
	const changed = await account.ok("password", { old: PASSWORD, new: SAFE });
	assert.equal(changed.password.set, true);
	assert.notEqual(visitor.jar.get("__Host-symbolon-session"), token);
	await elsewhere.refused("overview", null, 401, "signed_out");
	const seen = await account.overview();
	assert.deepEqual([seen.sessions.length, seen.browsers.length], [1, 0]);
	assert.equal(await reasonOf(world, "password.changed"), "account_page");
	const login = await elsewhere.login();
	await login.identify("demo");
	assert.equal((await login.password(PASSWORD)).notice, "wrong_password");
	assert.equal((await login.password(SAFE)).factor, "recovery");
});

test("wrong old passwords are counted as at a sign-in", LIMIT, async (t) => {
	const { account } = await scene(t);
	const { browsers } = await account.overview();
	await account.ok(`browsers/${browsers[0].id}/remove`, {});
	const statuses = [];
	for (let at = 0; at < 7; at++) statuses.push((await account.post("password", { old: `wrong horse ${at}`, new: SAFE })).status);
	assert.deepEqual(statuses, [400, 400, 400, 400, 400, 429, 429]);
	const right = await account.post("password", { old: PASSWORD, new: SAFE });
	assert.equal(right.status, 429);
	assert.ok(Number(right.headers["retry-after"]) > 0);
});

test("browsers and sessions: listed, removed, ended at once", LIMIT, async (t) => {
	const { world, account, codes } = await scene(t);
	const others = [];
	for (const ip of ["192.0.2.81", "192.0.2.82"]) {
		const other = new Account(new Visitor(world, { ip }));
		await other.signIn({ prove: byRecovery(codes) });
		others.push(other);
	}
	const seen = await account.overview();
	assert.equal(seen.sessions.length, 3);
	assert.deepEqual(seen.sessions.filter((one) => one.this).map((one) => one.ip), ["192.0.2.10"]);
	assert.deepEqual(seen.browsers.filter((one) => one.this).length, 1);
	const first = seen.sessions.find((one) => one.ip === "192.0.2.81");
	assert.equal((await account.ok(`sessions/${first.id}/end`, {})).sessions.length, 2);
	await others[0].refused("overview", null, 401, "signed_out");
	await account.refused(`sessions/${first.id}/end`, {}, 404, "not_found");
	await others[1].overview();
	const stream = others[1].events((await others[1].ok("enrolments", {})).id);
	assert.equal(await stream.opened, 200);
	assert.equal((await account.ok("sessions/end_others", {})).sessions.length, 1);
	await stream.closed;
	await others[1].refused("overview", null, 401, "signed_out");
	assert.equal((await account.ok(`browsers/${seen.browsers.find((one) => !one.this).id}/remove`, {})).browsers.length, 2);
	assert.deepEqual((await account.ok("browsers/remove", {})).browsers, []);
	const mine = (await account.overview()).sessions[0];
	assert.deepEqual((await account.ok(`sessions/${mine.id}/end`, {})).sessions, []);
	await account.refused("overview", null, 401, "signed_out");
	const told = await events(world);
	for (const event of ["session.ended", "session.others_ended", "known_browser.removed", "known_browser.all_removed"]) assert.ok(told.includes(event), event);
});

test("what is used does not go idle; what is left alone does", LIMIT, async (t) => {
	const { shift, account } = await scene(t);
	const usedAt = async () => (await account.overview()).sessions[0].used_at;
	const begun = await usedAt();
	shift(3000);
	while (await usedAt() < begun + 3000) await new Promise((resolve) => setTimeout(resolve, 20)); // it is written a moment later
	shift(6000);
	await account.overview();
	while (await usedAt() < begun + 6000) await new Promise((resolve) => setTimeout(resolve, 20));
	shift(9700);
	await account.refused("overview", null, 401, "signed_out");
});

test("history: the sentence why, outcomes, pages; the export is whole and lets nobody in", LIMIT, async (t) => {
	const { world, account, codes, visitor } = await scene(t);
	const device = await Device.enrol(world, "demo");
	const payroll = await world.addClient("payroll");
	const guest = new Visitor(world, { ip: "203.0.113.9" });
	const attempt = async (answer, number) => {
		const login = await guest.begin(payroll);
		await login.identify();
		const state = await login.password(PASSWORD);
		const challenge = await device.challenge();
		await device.answer(challenge, answer, number === "wrong" ? String((Number(state.challenge.number) + 1) % 10 ** state.challenge.digits).padStart(state.challenge.digits, "0") : undefined);
		await login.until((one) => one.challenge?.status !== "sent");
	};
	await attempt("deny");
	await attempt("approve", "wrong");
	const login = await guest.begin(payroll);
	await login.identify();
	assert.equal((await login.password("wrong horse")).notice, "wrong_password");

	const all = (await account.ok("history?limit=100")).history;
	const find = (outcome) => all.find((one) => one.outcome === outcome);
	assert.equal(find("signed_in").client.id, "account");
	assert.deepEqual(find("signed_in").factors, ["password", "recovery"]);
	assert.match(find("signed_in").why.text, /Your account asks for a code/);
	for (const outcome of ["denied", "wrong_number"]) {
		const one = find(outcome);
		assert.deepEqual([one.kind, one.client.name, one.ip, one.browser, one.device.name], ["attempt", "Payroll", "203.0.113.9", "Firefox on Linux", "Test device"]);
		assert.match(one.why.text, /Payroll/);
	}
	assert.equal(find("wrong_password").ip, "203.0.113.9");
	assert.equal(all.filter((one) => one.outcome === "password_right").length, 2, "of those that did not lead in");
	assert.equal(all.find((one) => one.event === "device.enrolled").reason, "command");

	const paged = [];
	for (let next = ""; next !== null;) {
		const page = await account.ok(`history?limit=2${next && `&before=${next}`}`);
		assert.ok(page.history.length <= 2);
		paged.push(...page.history);
		next = page.next;
	}
	assert.deepEqual(paged.map((one) => one.id), all.map((one) => one.id));
	for (const query of ["limit=0", "limit=101", "limit=x", "before=-1", "before=9999999999999999999", "limit=1&limit=2", "before=%00"]) await account.refused(`history?${query}`, null, 400, "bad_request");

	const exported = await account.post("export");
	assert.equal(exported.status, 200);
	const { json } = exported;
	assert.equal(json.format, "symbolon-export-1");
	assert.equal(json.challenges.length, 2);
	assert.equal(json.events_cut, false);
	assert.deepEqual(json.events.map((one) => one.id), (await world.audit("demo")).map((one) => one.id).reverse());
	assert.ok(json.events.some((one) => one.receipt && one.shown));
	const rows = await events(world);
	assert.ok(rows.includes("account.exported"));
	const secrets = [...visitor.jar.values(), ...codes, "$symbolon$", "$argon2"];
	for (const secret of secrets) assert.ok(!exported.text.includes(secret), secret);
});

test("a disabled user's open page is over, and so is one from before a restore", LIMIT, async (t) => {
	const { world, account, codes } = await scene(t);
	const enrolment = await account.ok("enrolments", {});
	const [pass] = await world.command(["pass", "issue", "demo"]);
	const stream = account.events(enrolment.id);
	assert.equal(await stream.opened, 200);
	await world.command(["user", "disable", "demo"]);
	await account.refused("overview", null, 401, "signed_out");
	await account.refused(`enrolments/${enrolment.id}/cancel`, {}, 401, "signed_out");
	await stream.closed;
	await world.command(["user", "enable", "demo"]);
	await account.refused("overview", null, 401, "signed_out");
	assert.equal((await world.command(["pass", "list", "demo"]))[0].find((one) => one.id === pass.id).state, "ended", "disabling ends the pass");

	await account.signIn({ prove: byRecovery(codes) });
	const [again] = await world.command(["pass", "issue", "demo"]);
	const file = join(world.folder, "backup");
	await world.command(["backup", file]);
	await world.stop();
	const restored = await world.run(["restore", file, "--keep-recovery"]);
	assert.equal(restored.code, 0, restored.err);
	await world.serve();
	await account.refused("overview", null, 401, "signed_out");
	assert.equal((await world.command(["pass", "list", "demo"]))[0].find((one) => one.id === again.id).state, "ended", "a restore ends it");
});
