// What broke others, and what an attacker would try. The letters are the rows of the threat list: T9 is "a limit or a
// single use that holds when five hundred come at once". Each test says what must not happen and then looks.
import assert from "node:assert/strict";
import { connect } from "node:net";
import { mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Device, jws, now, parseLink, randomId, sha256, startEnrolment } from "./lib/device.mjs";
import { sendForm } from "./lib/http.mjs";
import { discover, signIn, Visitor } from "./lib/visitor.mjs";
import { PASSWORD, start, World } from "./lib/world.mjs";
import * as openid from "openid-client";

const LIMIT = { timeout: 120_000 };
const MANY = 500;
const asks = (...ask) => ({ policy: { default: { ask } } });
const strict = asks("password", "push:enter:6 | totp | recovery");
const all = (count, fn) => Promise.all(Array.from({ length: count }, (_, at) => fn(at)));
const countBy = (replies) => {
	const counts = {};
	for (const { status } of replies) counts[status] = (counts[status] ?? 0) + 1;
	return counts;
};
const is = (event) => (row) => row.event === event;

// A provider with one person, one device and one service.
async function scene(t, options = strict) {
	const world = await World.open(t, options);
	const device = await Device.enrol(world, "demo");
	const payroll = await world.addClient("payroll");
	return { world, device, payroll };
}

// As far as the push: the password is right, the request waits.
async function pushed(visitor, client, username = "demo") {
	const login = await visitor.begin(client);
	let state = await login.identify(username);
	if (state.factor === "password") state = await login.password(PASSWORD);
	if (!state.challenge) state = await login.state("push");
	assert.equal(state.state, "prove", JSON.stringify(state));
	return { login, state };
}

const tokenForm = (login, back) => ({ grant_type: "authorization_code", code: back.searchParams.get("code"), redirect_uri: login.client.redirectUri, code_verifier: login.checks.pkceCodeVerifier });
const basic = (client) => ({ authorization: `Basic ${Buffer.from(`${client.id}:${client.secret}`).toString("base64")}` });

test(`T9 A3: ${MANY} redemptions of one authorization code at once: one succeeds, and what it gave is revoked`, LIMIT, async (t) => {
	const { world, device, payroll } = await scene(t);
	const login = await signIn(new Visitor(world), payroll, device, { password: PASSWORD });
	const replies = await all(MANY, () => sendForm(`${world.issuer}/token`, tokenForm(login, login.back), basic(payroll)));
	assert.deepEqual(countBy(replies), { 200: 1, 400: MANY - 1 });
	for (const reply of replies) if (reply.status === 400) assert.equal(reply.json.error, "invalid_grant");
	const { access_token } = replies.find((reply) => reply.status === 200).json;
	assert.equal((await fetch(`${world.issuer}/userinfo`, { headers: { authorization: `Bearer ${access_token}` } })).status, 401);
	assert.equal((await world.audit()).filter(is("code.reused")).length, 1);
});

test(`T9 T10: ${MANY} submissions of one TOTP step at once, over two sign-ins: one succeeds`, LIMIT, async (t) => {
	const { world, payroll } = await scene(t);
	const totp = await world.addTotp("demo");
	const { login: one } = await pushed(new Visitor(world), payroll);
	const { login: other } = await pushed(new Visitor(world, { ip: "198.51.100.20" }), payroll);
	const code = await totp.code();
	const replies = await all(MANY, (at) => (at % 2 ? one : other).step("totp", { code }));
	const passed = replies.filter((reply) => reply.status === 200 && reply.json.state === "done");
	assert.equal(passed.length, 1, JSON.stringify(countBy(replies)));
	assert.equal((await world.audit()).filter(is("totp.passed")).length, 1);
	const finished = await Promise.all([one.step("finish"), other.step("finish")]);
	assert.deepEqual(finished.map((reply) => reply.status).sort(), [200, 409]);
});

test("T25: one TOTP code, two sign-ins one after the other: the second is refused", LIMIT, async (t) => {
	const { world, payroll } = await scene(t);
	const totp = await world.addTotp("demo");
	const code = await totp.code();
	const { login: first } = await pushed(new Visitor(world), payroll);
	assert.equal((await first.state("totp", { code })).state, "done");
	const { login: second } = await pushed(new Visitor(world), payroll);
	const state = await second.state("totp", { code });
	assert.deepEqual([state.state, state.notice], ["prove", "used_code"]);
	assert.equal((await second.step("finish")).status, 409);
});

test(`T9: ${MANY} answers to one request at once, half yes and half no: one stands`, LIMIT, async (t) => {
	const { world, device, payroll } = await scene(t, asks("password", "push:confirm"));
	const { login } = await pushed(new Visitor(world), payroll);
	const challenge = await device.challenge();
	const replies = await all(MANY, (at) => device.answer(challenge, at % 2 ? "approve" : "deny"));
	assert.deepEqual(countBy(replies), { 200: 1, 409: MANY - 1 });
	const { state } = replies.find((reply) => reply.status === 200).json;
	for (const reply of replies) assert.equal(reply.json.state, state);
	assert.equal((await login.step("finish")).status, state === "approved" ? 200 : 409);
});

test(`T9: the same answer ${MANY} times at once is one answer, told ${MANY} times`, LIMIT, async (t) => {
	const { world, device, payroll } = await scene(t);
	const { login, state } = await pushed(new Visitor(world), payroll);
	const challenge = await device.challenge();
	const answer = device.answerJws(challenge, "approve", state.challenge.number);
	const replies = await all(MANY, () => device.sendAnswer(challenge.id, answer));
	assert.deepEqual(countBy(replies), { 200: MANY });
	for (const reply of replies) assert.equal(reply.json.state, "approved");
	assert.equal((await world.audit()).filter(is("challenge.approved")).length, 1);
	const finished = await all(20, () => login.step("finish"));
	assert.equal(finished.filter((reply) => reply.status === 200).length, 1, "and it finishes one sign-in once");
});

test(`T9 T18: ${MANY} submissions of one recovery code at once, over two sign-ins: one succeeds`, LIMIT, async (t) => {
	const { world, payroll } = await scene(t, { ...strict, settings: { budget: { code_failures: 1000, code_failures_month: 1000 } } });
	const [code] = await world.addRecovery("demo");
	const { login: one } = await pushed(new Visitor(world), payroll);
	const { login: other } = await pushed(new Visitor(world), payroll);
	const replies = await all(MANY, (at) => (at % 2 ? one : other).step("recovery", { code }));
	assert.equal(replies.filter((reply) => reply.status === 200 && reply.json.state === "done").length, 1, JSON.stringify(countBy(replies)));
	assert.equal((await world.audit()).filter(is("recovery.passed")).length, 1);
	const { login: later } = await pushed(new Visitor(world), payroll);
	assert.equal((await later.state("recovery", { code })).notice, "wrong_code");
});

test("T3 T6: wrong codes count per account over sessions and networks, and for every kind of code", LIMIT, async (t) => {
	const { world, payroll } = await scene(t);
	const totp = await world.addTotp("demo");
	const [recovery] = await world.addRecovery("demo");
	const wrong = await totp.wrong();
	const logins = [];
	for (let at = 0; at < 30; at++) logins.push((await pushed(new Visitor(world, { ip: `203.0.${at}.9` }), payroll)).login);
	const replies = await Promise.all(logins.map((login) => login.step("totp", { code: wrong })));
	assert.equal(replies.filter((reply) => reply.status === 200 && reply.json.notice === "wrong_code").length, 5, JSON.stringify(countBy(replies)));
	assert.equal(replies.filter((reply) => reply.status === 429).length, 25);
	assert.ok(replies.filter((reply) => reply.status === 429).every((reply) => Number(reply.headers["retry-after"]) > 0));
	assert.equal((await logins[0].step("totp", { code: await totp.code() })).status, 429, "beyond the limit the right code gets the same answer");
	assert.equal((await logins[1].step("recovery", { code: recovery })).status, 429, "and no other kind of code is a way around");
});

test("T8: password failures belong to the account, whatever spelling was typed", LIMIT, async (t) => {
	const { world, payroll } = await scene(t);
	const statuses = [];
	for (const name of ["demo", "DEMO", "Demo", "dEMO", "demO", "deMo"]) {
		const login = await new Visitor(world).begin(payroll);
		await login.identify(name);
		const reply = await login.step("password", { password: "not the password" });
		statuses.push(reply.status);
	}
	assert.deepEqual(statuses, [200, 200, 200, 200, 200, 429]);
});

test("T13: no state short of the evidence gives a code", LIMIT, async (t) => {
	const { world, device, payroll } = await scene(t);
	const visitor = new Visitor(world);
	const login = await visitor.begin(payroll);
	const refused = async (when) => {
		const reply = await login.step("finish");
		assert.equal(reply.status, 409, `${when}: ${reply.text}`);
		const complete = await visitor.get(`/signin/complete?login=${login.id}`);
		assert.notEqual(complete.status, 303, when);
		assert.doesNotMatch(complete.text, /code=/);
	};
	await refused("before a name");
	await login.identify();
	await refused("before the password");
	for (const [step, body] of [["push", {}], ["totp", { code: "123456" }], ["recovery", { code: "AAAA" }], ["consent", { allow: true }]])
		assert.equal((await login.step(step, body)).status, 409, `${step} is not asked yet`);
	await login.password("not the password");
	await refused("after a wrong password");
	const state = await login.password(PASSWORD);
	await refused("while the request waits");
	await device.answer(await device.challenge(), "deny");
	await refused("after a denial");
	assert.equal(state.challenge.mode, "enter");
});

test("T15: an address that cannot be understood gets the stricter rule, and only listed proxies may name one", LIMIT, async (t) => {
	const policy = { default: { ask: ["password", "push:enter:6"] }, rules: [{ name: "Office", when: { network: "198.51.100.0/24" }, ask: ["push:confirm"] }] };
	const { world, device, payroll } = await scene(t, { policy });
	const first = async (ip) => (await (await new Visitor(world, { ip }).begin(payroll)).identify()).factor;
	assert.equal(await first("192.0.2.1"), "password");
	for (const ip of ["garbage", "198.51.100.7:99999", "198.51.100.7, garbage", "", "::ffff:198.51.100", "198.51.100.7\t,", "unknown"]) assert.equal(await first(ip), "password", ip);
	assert.equal(await first("198.51.100.7, 192.0.2.1"), "password", "what stands left of the proxy's own word is hearsay");
	assert.equal(await first("198.51.100.7"), "push");
	await device.answer(await device.challenge(), "deny");

	const direct = await World.open(t, { policy, settings: { trusted_proxies: [] } });
	await Device.enrol(direct, "demo");
	const wiki = await direct.addClient("wiki");
	assert.equal((await (await new Visitor(direct, { ip: "198.51.100.7" }).begin(wiki)).identify()).factor, "password");
});

test("T17: another browser cannot see, answer or finish a sign-in, not even an approved one", LIMIT, async (t) => {
	const { world, device, payroll } = await scene(t);
	const { login, state } = await pushed(new Visitor(world), payroll);
	const thief = new Visitor(world);
	const other = await thief.begin(payroll);
	await device.approve(await device.challenge(), state.challenge.number);
	for (const step of ["finish", "identify", "push", "cancel", "consent", "totp"]) {
		const reply = await thief.post(`${login.path}/${step}`, { username: "demo", code: "123456", allow: true });
		assert.equal(reply.status, 401, `${step}: ${reply.text}`);
	}
	assert.equal((await thief.get(login.path)).status, 401);
	assert.equal((await thief.get(`/signin/?login=${login.id}`)).status, 401);
	assert.notEqual((await thief.get(`/signin/complete?login=${login.id}`)).status, 303);
	assert.equal((await new Visitor(world).get(login.path)).status, 401, "nor one without any cookie");
	assert.equal((await other.step("finish")).status, 409, "and its own sign-in is where it was");
	assert.ok((await login.finish()).searchParams.get("code"), "the first browser can");
});

test("T17: two sign-ins of one person: approving one never completes the other", LIMIT, async (t) => {
	const { world, device, payroll } = await scene(t);
	const { login: mine, state } = await pushed(new Visitor(world), payroll);
	const { login: theirs, state: blocked } = await pushed(new Visitor(world, { ip: "203.0.113.9" }), payroll);
	assert.equal(blocked.notice, "other_request");
	assert.equal((await device.pending()).length, 1, "a stranger's request never takes the place of mine");
	await device.approve(await device.challenge(), state.challenge.number);
	assert.equal((await theirs.state()).state, "prove");
	assert.equal((await theirs.step("finish")).status, 409);
	assert.ok(await mine.finish());
	assert.equal((await theirs.step("finish")).status, 409);
});

test("T17: in two tabs of one browser the replaced request can no longer be approved", LIMIT, async (t) => {
	const { world, device, payroll } = await scene(t);
	const visitor = new Visitor(world);
	const { state: first } = await pushed(visitor, payroll);
	const old = await device.challenge();
	const { login: tab, state } = await pushed(visitor, payroll);
	const late = await device.answer(old, "approve", first.challenge.number);
	assert.deepEqual([late.status, late.json.state], [409, "superseded"]);
	await device.approve(await device.challenge(), state.challenge.number);
	assert.ok(await tab.finish());
});

test("T20: a wrong choice ends the request, counts, and the next is harder", LIMIT, async (t) => {
	const { world, device, payroll } = await scene(t, asks("password", "push:choose"));
	const { login, state } = await pushed(new Visitor(world), payroll);
	const challenge = await device.challenge();
	const other = challenge.choices.find((number) => number !== state.challenge.number);
	const wrong = await device.answer(challenge, "approve", other);
	assert.deepEqual([wrong.status, wrong.json.state], [200, "wrong"]);
	assert.equal((await device.answer(challenge, "approve", state.challenge.number)).status, 409);
	assert.equal((await login.state()).notice, "number_wrong");
	const { state: next } = await pushed(new Visitor(world), payroll);
	assert.deepEqual([next.challenge.mode, next.challenge.digits, next.challenge.popup], ["enter", 4, false]);
});

test("T2: after a denial unknown browsers get no pop-up and must enter 4 digits, then 6; another factor lifts it", LIMIT, async (t) => {
	const { world, device, payroll } = await scene(t, asks("password", "push:choose | totp"));
	const totp = await world.addTotp("demo");
	const seen = [];
	let last;
	for (let round = 0; round < 3; round++) {
		last = await pushed(new Visitor(world), payroll);
		const { mode, digits, popup } = last.state.challenge;
		seen.push([mode, digits, popup]);
		await device.answer(await device.challenge(), "deny");
	}
	assert.deepEqual(seen, [["choose", 2, true], ["enter", 4, false], ["enter", 6, false]]);
	assert.equal((await last.login.state("totp", { code: await totp.code() })).state, "done");
	await last.login.finish();
	const { state } = await pushed(new Visitor(world), payroll);
	assert.deepEqual([state.challenge.mode, state.challenge.digits], ["choose", 2]);
});

test("T1: three unanswered pushes in ten minutes pop up, whatever the browser and network; more wait quietly", LIMIT, async (t) => {
	const { world, device, payroll } = await scene(t);
	const popups = [];
	for (let at = 0; at < 5; at++) {
		const { login, state } = await pushed(new Visitor(world, { ip: `203.0.${at}.7` }), payroll);
		popups.push(state.challenge.popup);
		const [waiting] = await device.pending();
		assert.equal(waiting.popup, state.challenge.popup);
		await login.state("cancel");
	}
	assert.deepEqual(popups, [true, true, true, false, false]);
});

test("T21: an answer that is not exactly right is refused, and the request still waits", LIMIT, async (t) => {
	const { world, device, payroll } = await scene(t, { ...strict, users: ["demo", "demo2"] });
	const stranger = await Device.enrol(world, "demo2");
	const { login, state } = await pushed(new Visitor(world), payroll);
	const challenge = await device.challenge();
	const { number } = state.challenge;
	const cases = [
		["another typ: a request's", 403, { header: { typ: "symbolon-request+jwt" } }],
		["another typ: an enrolment's", 403, { header: { typ: "symbolon-enrol+jwt" } }],
		["another typ: JWT", 403, { header: { typ: "JWT" } }],
		["no typ", 403, { header: { typ: undefined } }],
		["another audience", 403, { claims: { aud: "https://evil.example.org" } }],
		["a list of audiences", 403, { claims: { aud: [world.issuer] } }],
		["another device's kid", 403, { header: { kid: stranger.id } }],
		["no kid", 403, { header: { kid: undefined } }],
		["another nonce", 403, { claims: { nonce: randomId() } }],
		["no nonce", 403, { claims: { nonce: undefined } }],
		["other things shown", 403, { claims: { shown: sha256("other") } }],
		["no word on what was shown", 403, { claims: { shown: undefined } }],
		["another challenge", 403, { claims: { challenge: randomId() } }],
		["too old", 403, { claims: { iat: now() - 120 } }],
		["from the future", 403, { claims: { iat: now() + 120 } }],
		["iat as text", 403, { claims: { iat: String(now()) } }],
		["another key", 403, { key: stranger.key }],
		["no decision", 400, { claims: { decision: undefined } }],
		["an unknown decision", 400, { claims: { decision: "APPROVE" } }],
		["no number", 400, { claims: { number: undefined } }],
		["the number as a number", 400, { claims: { number: Number(number) } }],
	];
	for (const [what, status, options] of cases) {
		const reply = await device.answer(challenge, "approve", number, options);
		assert.ok(reply.status === status || (status === 403 && reply.status === 400), `${what}: ${reply.status} ${reply.text}`);
	}
	const good = device.answerJws(challenge, "approve", number);
	const [head, body, signature] = good.split(".");
	const header = (changes) => Buffer.from(JSON.stringify({ ...JSON.parse(Buffer.from(head, "base64url")), ...changes })).toString("base64url");
	for (const [what, text] of [["alg none", `${header({ alg: "none" })}.${body}.`], ["alg HS256", `${header({ alg: "HS256" })}.${body}.${signature}`], ["a key in the header", `${header({ jwk: stranger.jwk })}.${body}.${signature}`], ["no signature", `${head}.${body}.`], ["four parts", `${good}.x`], ["two parts", `${head}.${body}`], ["nothing", ""]])
		assert.ok([400, 403].includes((await device.sendAnswer(challenge.id, text)).status), what);
	assert.equal((await stranger.answer(challenge, "approve", number)).status, 404, "another person's device");
	assert.equal((await stranger.request("GET", `/challenges/${challenge.id}`)).status, 404);
	assert.equal((await device.sendAnswer(randomId(), good)).status, 404, "a request that does not exist");
	assert.equal((await device.request("POST", `/challenges/${challenge.id}/answer`, { answer: good }, { authorization: `Symbolon ${good}` })).status, 401, "an answer is no request");
	const asRequest = device.authorization("GET", "/device/v1/challenges").replace("Symbolon ", "");
	assert.ok([400, 403].includes((await device.sendAnswer(challenge.id, asRequest)).status), "a request is no answer");
	assert.equal((await login.state()).challenge.status, "seen", "after all that it still waits");
	await device.approve(challenge, number);
});

test("T21: no altered byte of a good answer is accepted", LIMIT, async (t) => {
	const { world, device, payroll } = await scene(t);
	const { login, state } = await pushed(new Visitor(world), payroll);
	const challenge = await device.challenge();
	const good = device.answerJws(challenge, "approve", state.challenge.number);
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	const other = (letter) => letters[(letters.indexOf(letter) + 1 + Math.floor(Math.random() * 62)) % 64];
	const altered = [...good].map((letter, at) => good.slice(0, at) + (letter === "." ? "A" : other(letter)) + good.slice(at + 1));
	const replies = await Promise.all(altered.map((text) => device.sendAnswer(challenge.id, text)));
	assert.deepEqual([...new Set(replies.map((reply) => reply.status))].filter((status) => status !== 400 && status !== 403), [], `of ${altered.length}`);
	assert.equal((await login.state()).challenge.status, "seen");
	assert.equal((await device.sendAnswer(challenge.id, good)).status, 200);
});

test("T21: a signed request counts for its own method, path, body and moment only", LIMIT, async (t) => {
	const { world, device } = await scene(t);
	const stranger = new Device(world.issuer);
	stranger.id = device.id;
	const path = "/device/v1/challenges";
	const bad = {
		"no signature": "", "another scheme": "Bearer x", "another method": device.authorization("POST", path), "another path": device.authorization("GET", "/device/v1/history"),
		"another issuer": device.authorization("GET", path, undefined, { claims: { htu: `https://evil.example.org${path}` } }), "another audience": device.authorization("GET", path, undefined, { claims: { aud: "https://evil.example.org" } }),
		"too old": device.authorization("GET", path, undefined, { claims: { iat: now() - 120 } }), "another key": stranger.authorization("GET", path), "an unknown device": device.authorization("GET", path, undefined, { header: { kid: randomId() } }),
		"a short jti": device.authorization("GET", path, undefined, { claims: { jti: "1" } }), "another typ": device.authorization("GET", path, undefined, { header: { typ: "symbolon-answer+jwt" } }),
	};
	for (const [what, authorization] of Object.entries(bad)) assert.equal((await device.request("GET", "/challenges", undefined, { authorization })).status, 401, what);
	assert.equal((await device.request("POST", "/expect", { a: 1 }, { authorization: device.authorization("POST", "/device/v1/expect", '{"a":2}') })).status, 401, "another body");
	const once = device.authorization("POST", "/device/v1/expect", "{}");
	const twice = [await device.request("POST", "/expect", {}, { authorization: once }), await device.request("POST", "/expect", {}, { authorization: once })];
	assert.deepEqual(twice.map((reply) => reply.status), [200, 409], "a change is carried out once");
	const late = await device.request("GET", "/challenges", undefined, { authorization: bad["too old"] });
	assert.ok(Math.abs(late.json.server_time - now()) < 5, "a device with a wrong clock hears the time");
});

test("T16: a second device on one enrolment is refused, and both sides hear of it", LIMIT, async (t) => {
	const world = await World.open(t, strict);
	const { task, link } = await startEnrolment(world, "demo");
	const first = new Device(world.issuer), second = new Device(world.issuer);
	const taken = await first.redeem(link);
	assert.equal(taken.status, 202);
	assert.equal((await first.request("GET", "/challenges")).status, 401, "before the digits it is no authenticator");
	await task.says(/"confirm"/);
	const refused = await second.redeem(link);
	assert.deepEqual([refused.status, refused.json.error], [409, "second_device"]);
	task.type(taken.json.digits);
	assert.equal((await task.done).code, 0);
	assert.equal((await first.request("GET", "/challenges")).status, 200);
	assert.equal((await second.redeem(link)).status, 409, "nor later");
	assert.ok((await world.audit("demo")).some(is("enrolment.second_device")));
});

test("T16: a contest before the question is told to the starting side", LIMIT, async (t) => {
	const world = await World.open(t, strict);
	const { task, link } = await startEnrolment(world, "demo");
	const devices = await all(8, async () => new Device(world.issuer));
	const replies = await Promise.all(devices.map((device) => device.redeem(link)));
	assert.deepEqual(countBy(replies), { 202: 1, 409: 7 });
	const [line] = await task.says(/\{.*"confirm".*\}\n/);
	assert.equal(JSON.parse(line).contested, true);
	task.type("");
	assert.equal((await task.done).code, 1);
});

test("T16: wrong digits void the enrolment on both sides, with one try", LIMIT, async (t) => {
	const world = await World.open(t, strict);
	const { task, link } = await startEnrolment(world, "demo");
	const device = new Device(world.issuer);
	const { digits } = (await device.redeem(link)).json;
	await task.says(/"confirm"/);
	task.type(digits === "000000" ? "000001" : "000000");
	assert.equal((await task.done).code, 1);
	assert.equal((await device.request("GET", `/enrolments/${device.enrolment}`)).status, 410);
	assert.equal((await device.request("GET", "/challenges")).status, 401);
	assert.equal((await new Device(world.issuer).redeem(link)).status, 410);
});

test("T16: an expired link, another secret and a forged proof enrol nobody", LIMIT, async (t) => {
	const world = await World.open(t, strict);
	const { link } = await startEnrolment(world, "demo");
	const device = new Device(world.issuer);
	assert.equal((await device.redeem(link, { secret: randomId() })).status, 403);
	assert.equal((await device.redeem(link, { claims: { proof: sha256("x") } })).status, 403);
	assert.equal((await device.redeem(link, { claims: { aud: "https://evil.example.org" } })).status, 403);
	assert.equal((await device.redeem(link, { header: { typ: "symbolon-answer+jwt" } })).status, 403);
	assert.equal((await device.redeem(link.replace(parseLink(link).id, randomId()))).status, 404);
	assert.equal((await device.redeem(link)).status, 202, "none of it used the link up");

	const brief = await World.open(t, { ...strict, settings: { life: { enrolment: 1 } } });
	const old = await startEnrolment(brief, "demo");
	assert.equal((await old.task.done).code, 1, "the starting side hears that it is over");
	assert.equal((await new Device(brief.issuer).redeem(old.link)).status, 410);
});

test("T7: who is disabled between the approval and the end gets neither a code nor tokens", LIMIT, async (t) => {
	const { world, device, payroll } = await scene(t);
	const signedIn = await signIn(new Visitor(world), payroll, device, { password: PASSWORD });
	const { login, state } = await pushed(new Visitor(world), payroll);
	await device.approve(await device.challenge(), state.challenge.number);
	await world.command(["user", "disable", "demo"]);
	assert.equal((await login.step("finish")).status >= 400, true);
	const redeemed = await sendForm(`${world.issuer}/token`, tokenForm(signedIn, signedIn.back), basic(payroll));
	assert.deepEqual([redeemed.status, redeemed.json.error], [400, "invalid_grant"]);
	assert.equal((await device.request("GET", "/challenges")).status, 401);
});

test("T7: a revoked device cannot answer what was waiting for it", LIMIT, async (t) => {
	const { world, device, payroll } = await scene(t);
	const { login, state } = await pushed(new Visitor(world), payroll);
	const challenge = await device.challenge();
	await world.run(["device", "revoke", device.id]);
	assert.equal((await device.answer(challenge, "approve", state.challenge.number)).status, 401);
	assert.equal((await login.step("finish")).status, 409);
});

test("T11: while the database cannot be written nothing is accepted; afterwards all goes on", LIMIT, async (t) => {
	const { world, device, payroll } = await scene(t);
	const { login, state } = await pushed(new Visitor(world), payroll);
	const challenge = await device.challenge();
	const lock = start("sqlite3", [join(world.dir, "data/symbolon.db")]);
	t.after(() => lock.child.kill("SIGKILL"));
	lock.type("BEGIN EXCLUSIVE; SELECT 'locked';");
	await lock.says(/locked/);
	const answer = device.answerJws(challenge, "approve", state.challenge.number);
	const refused = await device.sendAnswer(challenge.id, answer);
	assert.ok(refused.status >= 500, `${refused.status} ${refused.text}`);
	assert.equal((await login.step("finish")).status >= 400, true);
	lock.type("ROLLBACK;\n.quit");
	await lock.done;
	const again = await device.sendAnswer(challenge.id, answer);
	assert.deepEqual([again.status, again.json.state], [200, "approved"]);
	assert.ok(await login.finish());
});

test("T11: without its database the daemon does not start, and makes no empty one", LIMIT, async (t) => {
	const { world } = await scene(t);
	const file = join(world.dir, "data/symbolon.db");
	await world.stop();
	renameSync(file, `${file}.kept`);
	for (const suffix of ["-wal", "-shm"]) rmSync(file + suffix, { force: true });
	assert.notEqual((await world.run(["serve"])).code, 0, "deleted");
	mkdirSync(file, { recursive: true });
	assert.notEqual((await world.run(["serve"])).code, 0, "replaced by a folder");
	rmSync(file, { recursive: true });
	renameSync(`${file}.kept`, file);
	await world.serve();
	assert.equal((await fetch(`${world.issuer}/readyz`)).status, 200);
});

// What a state looks like without what must differ: who, when, and what was drawn.
const shape = (value, key = "") => {
	if (["login", "username", "number", "code", "expires_at", "server_time", "cancel_url"].includes(key)) return value === null ? null : typeof value;
	if (Array.isArray(value)) return value.map((one) => shape(one));
	if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, shape(one, name)]));
	return value;
};

test("6.3.8: a stranger cannot tell a name that exists from one that does not, nor a denial from silence", LIMIT, async (t) => {
	const world = await World.open(t, asks("push:enter:4"));
	const device = await Device.enrol(world, "demo");
	const wiki = await world.addClient("wiki");
	const known = await new Visitor(world).begin(wiki);
	const state = await known.identify("demo");
	assert.deepEqual([state.state, state.factor, state.challenge.status, state.challenge.popup, state.why], ["prove", "push", "sent", true, null]);
	let same = 0;
	for (let at = 0; at < 24; at++) {
		const login = await new Visitor(world).begin(wiki);
		const other = await login.identify(`nobody${at}`);
		if (JSON.stringify(shape(other)) === JSON.stringify(shape(state))) same += 1;
	}
	assert.ok(same >= 5, `${same} of 24 names that do not exist look exactly like one that does`);
	await device.answer(await device.challenge(), "deny");
	assert.deepEqual(shape(await known.state()), shape(state), "a denial looks like silence");
	// The second number may be longer than the first, and then all are of one length.
	const looks = [];
	for (let at = 0; at < 3; at++) looks.push(shape(await (await new Visitor(world).begin(wiki)).identify("nobody1")));
	assert.deepEqual(looks[1], looks[2], "and a name always looks the same");
});

test("6.3.8: a wrong password and a name that does not exist get the same answer", LIMIT, async (t) => {
	const { world, payroll } = await scene(t);
	const answers = [];
	// What a name without an account is drawn to have differs: now and then it is an account that cannot sign in here.
	for (const name of ["demo", ...Array.from({ length: 8 }, (_, at) => `nobody${at}`)]) {
		const login = await new Visitor(world).begin(payroll);
		const first = await login.identify(name);
		if (name !== "demo" && first.state === "refused") continue;
		const reply = await login.step("password", { password: "not the password" });
		answers.push({ status: reply.status, headers: Object.keys(reply.headers), first: shape(first), then: shape(reply.json) });
	}
	assert.ok(answers.length >= 3);
	for (const other of answers) assert.deepEqual(other, answers[0]);
	assert.equal(answers[0].then.notice, "wrong_password");
});

test("A13: a POST from anywhere but the page itself is refused", LIMIT, async (t) => {
	const { world, payroll } = await scene(t);
	const login = await new Visitor(world).begin(payroll);
	const body = { username: "demo" };
	for (const origin of ["https://evil.example.org", "null", `${world.issuer}.example.org`, world.issuer.replace("localhost", "127.0.0.1"), world.issuer.toUpperCase(), ""])
		assert.equal((await login.step("identify", body, { origin })).status, 403, origin);
	assert.equal((await login.step("identify", body, { origin: undefined, "sec-fetch-site": "cross-site" })).status, 403);
	assert.equal((await login.step("identify", body, { "content-type": "text/plain" })).status, 400);
	assert.equal((await login.step("identify", body, { "content-type": "application/x-www-form-urlencoded" })).status, 400);
	assert.equal((await login.state()).state, "identify");
	const page = await login.visitor.get(`/signin/?login=${login.id}`);
	assert.match(page.headers["content-security-policy"], /frame-ancestors 'none'/);
	assert.equal(page.headers["cache-control"], "no-store");
	assert.equal(page.headers["access-control-allow-origin"], undefined);
});

test("session fixation: no cookie from before a sign-in is worth anything after it, at each rise of privilege", LIMIT, async (t) => {
	const policy = { default: { ask: ["push:confirm"] }, rules: [{ name: "Payroll", when: { client: "payroll" }, ask: ["password", "push:enter:6"] }] };
	const { world, device, payroll } = await scene(t, { policy });
	const wiki = await world.addClient("wiki");
	const visitor = new Visitor(world);
	const SESSION = "__Host-symbolon-session";
	const planted = "A".repeat(43);
	visitor.jar.set(SESSION, planted);
	await signIn(visitor, wiki, device);
	const low = visitor.jar.get(SESSION);
	assert.notEqual(low, planted);
	await signIn(visitor, payroll, device, { password: PASSWORD });
	const high = visitor.jar.get(SESSION);
	assert.notEqual(high, low);
	const silent = async (value) => {
		visitor.jar.set(SESSION, value);
		return (await visitor.authorize(wiki, { prompt: "none" })).location.searchParams;
	};
	assert.equal((await silent(low)).get("error"), "login_required");
	assert.equal((await silent(planted)).get("error"), "login_required");
	const thief = new Visitor(world);
	await thief.begin(wiki);
	thief.jar.set(SESSION, high);
	assert.equal((await thief.authorize(wiki, { prompt: "none" })).location.searchParams.get("error"), "login_required", "a session is bound to its browser");
	assert.ok((await silent(high)).get("code"));
});

test("T14 T22: known browsers are forgotten after a report, and their old token is no way in", LIMIT, async (t) => {
	const policy = { default: { ask: ["password", "push:enter:6"] }, rules: [{ name: "Quick", when: { known_browser: true }, ask: ["push:confirm"] }] };
	const { world, device, payroll } = await scene(t, { policy });
	const visitor = new Visitor(world);
	const login = await signIn(visitor, payroll, device, { password: PASSWORD });
	const kept = new Map(visitor.jar);
	const ask = async () => {
		visitor.jar = new Map(kept);
		visitor.jar.delete("__Host-symbolon-session");
		return (await (await visitor.begin(payroll)).identify()).factor;
	};
	assert.equal(await ask(), "push");
	await device.answer(await device.challenge(), "deny");
	assert.equal((await device.answer(login.challenge, "report")).json.state, "reported");
	assert.equal(await ask(), "password", "its browsers are new again");
	visitor.jar = new Map(kept);
	const { location } = await visitor.authorize(payroll, { prompt: "none" });
	assert.equal(location.searchParams.get("error"), "login_required", "and its session is over");
});

test("an approved sign-in finishes once, however often it is asked to", LIMIT, async (t) => {
	const { world, device, payroll } = await scene(t);
	const { login, state } = await pushed(new Visitor(world), payroll);
	await device.approve(await device.challenge(), state.challenge.number);
	const replies = await all(50, () => login.step("finish"));
	assert.equal(replies.filter((reply) => reply.status === 200).length, 1, JSON.stringify(countBy(replies)));
	const back = new URL(replies.find((reply) => reply.status === 200).json.location);
	const tokens = await openid.authorizationCodeGrant(await discover(world, payroll), back, { ...login.checks, idTokenExpected: true });
	assert.equal(tokens.claims().acr, "mfa");
});

// Sends bytes as they are; gives the status lines of all answers until the server closes.
function raw(world, bytes) {
	return new Promise((resolve, reject) => {
		let text = "";
		const socket = connect(world.port, "127.0.0.1", () => socket.write(bytes));
		socket.setTimeout(10_000, () => socket.destroy(new Error(`no end after: ${JSON.stringify(text)}`)));
		socket.on("data", (chunk) => { text += chunk; });
		socket.on("error", (error) => (error.code === "ECONNRESET" || error.code === "EPIPE" ? resolve(text) : reject(error)));
		socket.on("close", () => resolve(text));
	}).then((text) => [...text.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map((match) => Number(match[1])));
}

test("request smuggling: what another parser could read otherwise is refused and the connection ends", LIMIT, async (t) => {
	const world = await World.open(t, { ...strict, users: [] });
	const host = `Host: localhost:${world.port}`;
	const next = `GET /healthz HTTP/1.1\r\n${host}\r\n\r\n`;
	const form = "Content-Type: application/x-www-form-urlencoded";
	const cases = {
		"a bare line feed ends a line": [400, `GET /healthz HTTP/1.1\n${host}\r\n\r\n${next}`],
		"a bare line feed in the headers": [400, `GET /healthz HTTP/1.1\r\n${host}\nX: y\r\n\r\n${next}`],
		"a bare carriage return": [400, `GET /healthz HTTP/1.1\r\n${host}\r\nX: a\rb\r\n\r\n${next}`],
		"two Content-Length": [400, `POST /token HTTP/1.1\r\n${host}\r\n${form}\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na${next}`],
		"two lengths in one header": [400, `POST /token HTTP/1.1\r\n${host}\r\n${form}\r\nContent-Length: 1, 1\r\n\r\na${next}`],
		"a length with a sign": [400, `POST /token HTTP/1.1\r\n${host}\r\n${form}\r\nContent-Length: +1\r\n\r\na${next}`],
		"a negative length": [400, `POST /token HTTP/1.1\r\n${host}\r\n${form}\r\nContent-Length: -1\r\n\r\n${next}`],
		"Transfer-Encoding": [501, `POST /token HTTP/1.1\r\n${host}\r\n${form}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${next}`],
		"Transfer-Encoding beside a length": [501, `POST /token HTTP/1.1\r\n${host}\r\n${form}\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${next}`],
		"white space before the colon": [400, `GET /healthz HTTP/1.1\r\nHost : localhost:${world.port}\r\n\r\n${next}`],
		"a folded line": [400, `GET /healthz HTTP/1.1\r\n${host}\r\nX: a\r\n b\r\n\r\n${next}`],
		"NUL": [400, `GET /healthz HTTP/1.1\r\n${host}\r\nX: a\0b\r\n\r\n${next}`],
		"no Host": [400, `GET /healthz HTTP/1.1\r\n\r\n${next}`],
		"two Hosts": [400, `GET /healthz HTTP/1.1\r\n${host}\r\n${host}\r\n\r\n${next}`],
		"a body with GET": [400, `GET /healthz HTTP/1.1\r\n${host}\r\nContent-Length: 5\r\n\r\nhello${next}`],
		"a line too long": [414, `GET /${"a".repeat(9000)} HTTP/1.1\r\n${host}\r\n\r\n${next}`],
		"headers too long": [431, `GET /healthz HTTP/1.1\r\n${host}\r\nX: ${"a".repeat(17000)}\r\n\r\n${next}`],
		"an unknown method": [501, `BREW /healthz HTTP/1.1\r\n${host}\r\n\r\n${next}`],
		"HTTP/2 without being asked": [505, `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${next}`],
		"a path that climbs": [400, `GET /signin/assets/../../kek HTTP/1.1\r\n${host}\r\n\r\n${next}`],
		"a path that climbs, encoded": [400, `GET /signin/assets/%2e%2e%2fkek HTTP/1.1\r\n${host}\r\n\r\n${next}`],
	};
	for (const [what, [status, bytes]] of Object.entries(cases)) assert.deepEqual(await raw(world, bytes), [status], what);
	assert.deepEqual(await raw(world, `GET /healthz HTTP/1.1\r\n${host}\r\n\r\nGET /healthz HTTP/1.1\r\n${host}\r\nConnection: close\r\n\r\n`), [200, 200], "two good ones in a row are two");
});
