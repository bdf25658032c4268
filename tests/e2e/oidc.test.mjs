// OpenID Connect by openid-client, and by hand where a good client would not go. The letters are rows of the list of
// requirements: A for RFC 6749, 7636, 9207 and 9700, C for OpenID Connect, X for the tokens.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as openid from "openid-client";
import { Device, randomId } from "./lib/device.mjs";
import { send, sendForm } from "./lib/http.mjs";
import { discover, signIn, Visitor } from "./lib/visitor.mjs";
import { PASSWORD, World } from "./lib/world.mjs";

const LIMIT = { timeout: 120_000 };
const policy = { default: { ask: ["password", "push:enter:6"] }, rules: [{ name: "The wiki is quick", when: { client: "wiki" }, ask: ["password"] }] };
const basic = (client) => ({ authorization: `Basic ${Buffer.from(`${client.id}:${client.secret}`).toString("base64")}` });
const claimsOf = (jwt) => JSON.parse(Buffer.from(jwt.split(".")[1], "base64url"));
const headerOf = (jwt) => JSON.parse(Buffer.from(jwt.split(".")[0], "base64url"));
const bearer = (token) => ({ headers: { authorization: `Bearer ${token}` } });

async function scene(t, options = {}) {
	const world = await World.open(t, { policy, ...options });
	const device = await Device.enrol(world, "demo");
	const payroll = await world.addClient("payroll", { options: ["--logout-uri", "https://payroll.example.org/bye"] });
	return { world, device, payroll };
}

// By password alone: quick, where the test is about something else.
async function quick(t, options = {}) {
	const world = await World.open(t, { policy, ...options });
	const wiki = await world.addClient("wiki", { options: ["--logout-uri", "https://wiki.example.org/bye"] });
	return { world, wiki, visitor: new Visitor(world) };
}

const form = (login, more = {}) => ({ grant_type: "authorization_code", code: login.back.searchParams.get("code"), redirect_uri: login.client.redirectUri, code_verifier: login.checks.pkceCodeVerifier, ...more });

test("C2 C3 X8: code flow with PKCE: every claim is right, and userinfo agrees", LIMIT, async (t) => {
	const { world, device, payroll } = await scene(t);
	const login = await signIn(new Visitor(world), payroll, device, { password: PASSWORD });
	assert.equal(login.back.searchParams.get("iss"), world.issuer);
	assert.equal(login.back.searchParams.get("state"), login.checks.expectedState);
	const config = await discover(world, payroll);
	const tokens = await login.tokens(login.back, config);
	const claims = tokens.claims();
	assert.equal(claims.iss, world.issuer);
	assert.equal(claims.aud, "payroll");
	assert.equal(claims.nonce, login.checks.expectedNonce);
	assert.equal(claims.acr, "mfa");
	assert.deepEqual([...claims.amr].sort(), ["mfa", "pwd", "swk"]);
	assert.ok(claims.auth_time <= claims.iat && claims.exp > claims.iat);
	assert.equal(headerOf(tokens.id_token).alg, "ES256");
	assert.equal(headerOf(tokens.access_token).typ, "at+jwt");
	assert.ok(claims.at_hash);
	const access = claimsOf(tokens.access_token);
	assert.deepEqual([access.iss, access.sub, access.client_id], [world.issuer, claims.sub, "payroll"]);
	assert.notEqual(access.aud, "payroll");
	const info = await openid.fetchUserInfo(config, tokens.access_token, claims.sub);
	assert.deepEqual([info.sub, info.preferred_username, info.name, info.email], [claims.sub, "demo", "Demo Person", "demo@example.org"]);
	const metadata = config.serverMetadata();
	assert.equal(metadata.issuer, world.issuer);
	assert.equal(metadata.authorization_response_iss_parameter_supported, true);
	assert.deepEqual(metadata.response_types_supported, ["code"]);
	assert.deepEqual(metadata.code_challenge_methods_supported, ["S256"]);
});

test("A10 A11: tokens are not cached, and neither passwords nor implicit flows are taken", LIMIT, async (t) => {
	const { world, wiki, visitor } = await quick(t);
	const login = await signIn(visitor, wiki, null, { password: PASSWORD });
	const reply = await sendForm(`${world.issuer}/token`, form(login), basic(wiki));
	assert.equal(reply.status, 200, reply.text);
	assert.equal(reply.headers["cache-control"], "no-store");
	const direct = await sendForm(`${world.issuer}/token`, { grant_type: "password", username: "demo", password: PASSWORD }, basic(wiki));
	assert.deepEqual([direct.status, direct.json.error], [400, "unsupported_grant_type"]);
	for (const type of ["token", "id_token", "code id_token", "none"]) {
		const { location } = await visitor.authorize(wiki, { response_type: type });
		assert.equal(location.searchParams.get("error"), "unsupported_response_type", type);
	}
});

test("A6: a public client signs in with PKCE and not without", LIMIT, async (t) => {
	const { world, visitor } = await quick(t);
	const app = await world.addClient("app", { redirectUri: "http://127.0.0.1/callback", options: ["--public"] });
	const login = await signIn(visitor, { ...app, redirectUri: "http://127.0.0.1:41234/callback" }, await Device.enrol(world, "demo"), { password: PASSWORD });
	assert.equal(login.back.port, "41234", "A1: on loopback the port may be any");
	assert.equal((await login.tokens(login.back)).claims().aud, "app");
	const { location } = await visitor.authorize({ ...app, redirectUri: "http://127.0.0.1:41234/callback" }, { code_challenge: undefined, code_challenge_method: undefined });
	assert.equal(location.searchParams.get("error"), "invalid_request");
});

test("A6: no PKCE downgrade: plain, a wrong, a missing and an unasked verifier are refused", LIMIT, async (t) => {
	const { world, wiki, visitor } = await quick(t);
	assert.equal((await visitor.authorize(wiki, { code_challenge_method: "plain" })).location.searchParams.get("error"), "invalid_request");
	assert.equal((await visitor.authorize(wiki, { code_challenge_method: undefined })).location.searchParams.get("error"), "invalid_request");
	const attempt = async (changes, params) => {
		const login = await signIn(visitor, wiki, null, { password: PASSWORD, params });
		const fields = form(login, changes);
		for (const key of Object.keys(fields)) if (fields[key] === undefined) delete fields[key];
		return sendForm(`${world.issuer}/token`, fields, basic(wiki));
	};
	for (const [what, changes, params] of [
		["a wrong verifier", { code_verifier: "a".repeat(43) }, { prompt: "login" }],
		["a short one", { code_verifier: "a".repeat(42) }, { prompt: "login" }],
		["none", { code_verifier: undefined }, { prompt: "login" }],
		["one that was not announced", {}, { prompt: "login", code_challenge: undefined, code_challenge_method: undefined }],
	]) {
		const reply = await attempt(changes, params);
		assert.deepEqual([reply.status, reply.json.error], [400, "invalid_grant"], what);
	}
	assert.equal((await attempt({}, { prompt: "login" })).status, 200);
});

test("A3: a code is bound to its client and its redirect_uri, and works once", LIMIT, async (t) => {
	const { world, wiki, visitor } = await quick(t);
	const other = await world.addClient("mail");
	const login = await signIn(visitor, wiki, null, { password: PASSWORD });
	const refused = async (fields, headers, error, status = 400) => {
		const reply = await sendForm(`${world.issuer}/token`, fields, headers);
		assert.deepEqual([reply.status, reply.json.error], [status, error]);
		return reply;
	};
	await refused(form(login), basic(other), "invalid_grant");
	await refused(form(login, { redirect_uri: "https://wiki.example.org/other" }), basic(wiki), "invalid_grant");
	const wrong = await refused(form(login), basic({ ...wiki, secret: "wrong" }), "invalid_client", 401);
	assert.match(wrong.headers["www-authenticate"], /^Basic/);
	await refused(form(login), {}, "invalid_client", 401);
	await refused(form(login, { code: randomId() }), basic(wiki), "invalid_grant");
	const good = await sendForm(`${world.issuer}/token`, form(login), basic(wiki));
	assert.equal(good.status, 200, "none of it used the code up");
	await refused(form(login), basic(wiki), "invalid_grant");
	assert.equal((await fetch(`${world.issuer}/userinfo`, bearer(good.json.access_token))).status, 401, "and reuse revokes");
});

test("A4: a code lives as long as its life says", LIMIT, async (t) => {
	const { world, wiki, visitor } = await quick(t, { settings: { life: { code: 1 } } });
	const login = await signIn(visitor, wiki, null, { password: PASSWORD });
	const late = Date.now() + 2100; // the server counts whole seconds
	while (Date.now() < late) await new Promise((resolve) => setTimeout(resolve, 100));
	const reply = await sendForm(`${world.issuer}/token`, form(login), basic(wiki));
	assert.deepEqual([reply.status, reply.json.error], [400, "invalid_grant"]);
});

test("A1: what is not registered gets a page, and never a redirect", LIMIT, async (t) => {
	const { world, wiki, visitor } = await quick(t);
	const cases = {
		"an unknown client": [{ client_id: "nobody" }, "unknown_client"],
		"no client": [{ client_id: undefined }, "unknown_client"],
		"another host": [{ redirect_uri: "https://evil.example.org/callback" }, "bad_redirect_uri"],
		"another path": [{ redirect_uri: `${wiki.redirectUri}/x` }, "bad_redirect_uri"],
		"a query more": [{ redirect_uri: `${wiki.redirectUri}?x=1` }, "bad_redirect_uri"],
		"another port": [{ redirect_uri: wiki.redirectUri.replace(".org", ".org:8443") }, "bad_redirect_uri"],
		"http": [{ redirect_uri: wiki.redirectUri.replace("https", "http") }, "bad_redirect_uri"],
		"a host with user information": [{ redirect_uri: wiki.redirectUri.replace("https://", "https://wiki.example.org@evil.example.org/") }, "bad_redirect_uri"],
		"other letters": [{ redirect_uri: wiki.redirectUri.toUpperCase() }, "bad_redirect_uri"],
		"none": [{ redirect_uri: undefined }, "bad_redirect_uri"],
	};
	for (const [what, [params, code]] of Object.entries(cases)) {
		const { reply } = await visitor.authorize(wiki, params);
		assert.deepEqual([reply.status, reply.headers.location, reply.pageState?.error.code], [400, undefined, code], what);
	}
	const loose = await world.run(["client", "add", "loose", "--name", "Loose", "--redirect-uri", "https://*.example.org/callback"]);
	assert.equal(loose.code, 1, "and nothing loose can be registered");
});

test("A2: a repeated parameter is refused, an unknown one ignored", LIMIT, async (t) => {
	const { world, wiki, visitor } = await quick(t);
	const reply = await visitor.get(`/authorize?client_id=wiki&client_id=wiki&response_type=code&scope=openid&redirect_uri=${encodeURIComponent(wiki.redirectUri)}`);
	assert.deepEqual([reply.status, reply.headers.location, reply.pageState?.error.code], [400, undefined, "bad_request"]);
	await visitor.begin(wiki, { some_other_thing: "1" });
	const login = await signIn(visitor, wiki, null, { password: PASSWORD });
	const twice = await send(`${world.issuer}/token`, { method: "POST", headers: { "content-type": "application/x-www-form-urlencoded", ...basic(wiki) }, body: `${new URLSearchParams(form(login))}&code=x` });
	assert.deepEqual([twice.status, twice.json.error], [400, "invalid_request"]);
});

test("A9: every answer, also an error, says who gives it and returns the state untouched", LIMIT, async (t) => {
	const { world, wiki, visitor } = await quick(t);
	const state = "a b&c=d#e%20\"<é>";
	for (const params of [{ scope: "profile" }, { prompt: "none" }, { prompt: "none login" }, { max_age: "x" }, { request: "eyJ" }, { request_uri: "https://wiki.example.org/r" }, { response_mode: "fragment" }]) {
		const { location } = await visitor.authorize(wiki, { ...params, state });
		assert.equal(location.origin + location.pathname, wiki.redirectUri, JSON.stringify(params));
		assert.equal(location.searchParams.get("iss"), world.issuer);
		assert.equal(location.searchParams.get("state"), state);
		assert.ok(location.searchParams.get("error"));
	}
	const login = await visitor.begin(wiki, { state });
	const cancel = new URL((await login.state()).cancel_url);
	assert.deepEqual([cancel.searchParams.get("error"), cancel.searchParams.get("state"), cancel.searchParams.get("iss")], ["access_denied", state, world.issuer]);
});

test("form_post: the answer is a form that the browser posts", LIMIT, async (t) => {
	const { wiki, visitor, world } = await quick(t);
	const login = await signIn(visitor, wiki, null, { password: PASSWORD, params: { response_mode: "form_post" } });
	assert.equal(login.back.pathname, "/signin/complete");
	const page = await visitor.get(login.back.pathname + login.back.search);
	assert.equal(page.status, 200);
	const [, action] = /<form method="post" action="([^"]*)"/.exec(page.text);
	assert.equal(action, wiki.redirectUri);
	assert.match(page.headers["content-security-policy"], /form-action .{6} https:\/\/wiki\.example\.org/);
	const fields = Object.fromEntries([...page.text.matchAll(/name="([^"]*)" value="([^"]*)"/g)].map(([, name, value]) => [name, value]));
	assert.deepEqual([fields.state, fields.iss], [login.checks.expectedState, world.issuer]);
	const reply = await sendForm(`${world.issuer}/token`, form(login, { code: fields.code }), basic(wiki));
	assert.equal(reply.status, 200, reply.text);
	assert.notEqual((await visitor.get(login.back.pathname + login.back.search)).status, 200, "and not twice");
});

test("C1: prompt=none never shows a page", LIMIT, async (t) => {
	const { world, device, payroll } = await scene(t);
	const wiki = await world.addClient("wiki");
	const visitor = new Visitor(world);
	const silent = async (client, params = {}) => (await visitor.authorize(client, { prompt: "none", ...params })).location.searchParams;
	assert.equal((await silent(wiki)).get("error"), "login_required");
	const login = await signIn(visitor, wiki, device, { password: PASSWORD });
	const { id_token } = await login.tokens(login.back);
	assert.ok((await silent(wiki)).get("code"));
	assert.ok((await silent(wiki, { id_token_hint: id_token })).get("code"));
	assert.match((await silent(payroll)).get("error"), /^(login|interaction)_required$/, "payroll asks more than was proven");
	assert.equal((await silent(wiki, { max_age: "0" })).get("error"), "login_required");
	assert.ok((await silent(wiki, { id_token_hint: "not.a.token" })).get("error"));
});

test("C1: prompt=login and max_age really ask again, and auth_time says so", LIMIT, async (t) => {
	const { wiki, visitor } = await quick(t);
	const first = await signIn(visitor, wiki, null, { password: PASSWORD });
	const before = (await first.tokens(first.back)).claims();
	const { location } = await visitor.authorize(wiki);
	assert.ok(location.searchParams.get("code"), "signed in already: no page");
	const until = Date.now() + 1100; // auth_time counts whole seconds
	while (Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 50));
	for (const params of [{ prompt: "login" }, { max_age: "0" }, { prompt: "select_account" }]) {
		const login = await visitor.begin(wiki, params);
		assert.notEqual((await login.state()).state, "done", JSON.stringify(params));
		assert.equal((await login.step("finish")).status, 409);
	}
	const again = await signIn(visitor, wiki, null, { password: PASSWORD, params: { prompt: "login" } });
	const after = (await again.tokens(again.back)).claims();
	assert.ok(after.auth_time > before.auth_time);
	assert.equal(after.sub, before.sub);
	const aged = await signIn(visitor, wiki, null, { password: PASSWORD, params: { max_age: "3600" } }).catch(() => null);
	assert.equal(aged, null, "young enough: no page");
});

test("RS256 for a client that asks for it", LIMIT, async (t) => {
	const { world, visitor } = await quick(t);
	const wiki2 = { ...(await world.addClient("old", { options: ["--alg", "RS256"] })), alg: "RS256" };
	const login = await signIn(visitor, wiki2, await Device.enrol(world, "demo"), { password: PASSWORD });
	const tokens = await login.tokens(login.back);
	assert.equal(headerOf(tokens.id_token).alg, "RS256");
	assert.equal(tokens.claims().aud, "old");
});

test("X8: an access token is no ID token and the other way round; strangers' tokens are nothing", LIMIT, async (t) => {
	const { world, wiki, visitor } = await quick(t);
	const login = await signIn(visitor, wiki, null, { password: PASSWORD });
	const { access_token, id_token } = await login.tokens(login.back);
	const info = (token) => fetch(`${world.issuer}/userinfo`, bearer(token));
	assert.equal((await info(access_token)).status, 200);
	for (const token of [id_token, `${access_token}x`, access_token.slice(0, -2), "x", `${access_token.split(".").slice(0, 2).join(".")}.`]) {
		const reply = await info(token);
		assert.equal(reply.status, 401);
		assert.match(reply.headers.get("www-authenticate"), /^Bearer .*invalid_token/);
	}
	assert.equal((await fetch(`${world.issuer}/userinfo`)).status, 401);
	const silent = (await visitor.authorize(wiki, { prompt: "none", id_token_hint: access_token })).location.searchParams;
	assert.ok(silent.get("error"), "at+jwt as id_token_hint");
	assert.equal(silent.get("code"), null);
});

test("C4: logout: by the hint of this session at once, otherwise only after a question, and never to a strange address", LIMIT, async (t) => {
	const { world, wiki, visitor } = await quick(t);
	const again = async () => {
		const login = await signIn(visitor, wiki, null, { password: PASSWORD });
		return login.tokens(login.back);
	};
	const signedIn = async () => Boolean((await visitor.authorize(wiki, { prompt: "none" })).location.searchParams.get("code"));
	const logout = (query) => visitor.get(`/logout?${new URLSearchParams(query)}`);
	const bye = "https://wiki.example.org/bye";

	let { id_token, access_token } = await again();
	for (const [what, query] of [["no hint", {}], ["an access token", { id_token_hint: access_token }], ["an altered hint", { id_token_hint: `${id_token.slice(0, -4)}AAAA` }], ["another client's id", { id_token_hint: id_token, client_id: "other" }]]) {
		const reply = await logout({ ...query, post_logout_redirect_uri: bye });
		assert.deepEqual([reply.status, reply.headers.location, reply.pageState?.error.code], [200, undefined, "confirm_sign_out"], what);
		assert.ok(await signedIn(), what);
	}
	const strange = await logout({ id_token_hint: id_token, post_logout_redirect_uri: "https://evil.example.org/" });
	assert.deepEqual([strange.status, strange.headers.location, strange.pageState?.error.code], [200, undefined, "signed_out"]);
	assert.equal(await signedIn(), false);

	({ id_token } = await again());
	const good = await logout({ id_token_hint: id_token, post_logout_redirect_uri: bye, state: "x y" });
	assert.deepEqual([good.status, good.headers.location], [303, `${bye}?state=x%20y`]);
	assert.equal(await signedIn(), false);

	await again();
	assert.equal((await visitor.post("/signin/v1/logout", {}, { origin: "https://evil.example.org" })).status, 403);
	assert.ok(await signedIn());
	const confirmed = await visitor.post("/signin/v1/logout", {});
	assert.equal(confirmed.status, 200);
	assert.equal(await signedIn(), false);
});

test("T24: acr is what was proven, never what was asked for", LIMIT, async (t) => {
	const { world, device, payroll } = await scene(t);
	for (const acr of ["phr", "phrh", "mfa", "nonsense"]) {
		const login = await signIn(new Visitor(world), payroll, device, { password: PASSWORD, params: { acr_values: acr } });
		assert.equal((await login.tokens(login.back)).claims().acr, "mfa", acr);
	}
});

test("signing keys rotate without a break: tokens of before and after are good", LIMIT, async (t) => {
	const { world, wiki, visitor } = await quick(t);
	const before = await signIn(visitor, wiki, null, { password: PASSWORD });
	const old = await before.tokens(before.back);
	const { code, err } = await world.run(["key", "rotate"]);
	assert.equal(code, 0, err);
	const kidNow = async () => {
		const login = await signIn(visitor, wiki, null, { password: PASSWORD, params: { prompt: "login" } });
		return headerOf((await login.tokens(login.back)).id_token).kid; // verified against the present /jwks
	};
	const deadline = Date.now() + 15_000;
	while ((await kidNow()) === headerOf(old.id_token).kid) assert.ok(Date.now() < deadline, "the running daemon takes the new keys");
	const keys = (await (await fetch(`${world.issuer}/jwks`)).json()).keys.map((key) => key.kid);
	assert.ok(keys.includes(headerOf(old.id_token).kid), "the previous key is still shown");
	assert.equal((await fetch(`${world.issuer}/userinfo`, bearer(old.access_token))).status, 200);
});
