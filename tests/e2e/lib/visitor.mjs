// A browser without a screen: cookies, and the sign-in page's JSON as docs/signin-api.md says. Services use openid-client.
import assert from "node:assert/strict";
import { webcrypto } from "node:crypto";
import * as openid from "openid-client";
import { openEvents, send } from "./http.mjs";

globalThis.crypto ??= webcrypto; // Node 18 has it, but not by this name

// What a service knows: openid-client's configuration of this provider.
export async function discover(world, client, auth) {
	const method = auth ?? (client.secret ? openid.ClientSecretBasic(client.secret) : openid.None());
	const metadata = { ...(client.alg ? { id_token_signed_response_alg: client.alg } : {}) };
	return openid.discovery(new URL(world.issuer), client.id, metadata, method, { execute: [openid.allowInsecureRequests] });
}

export class Visitor {
	constructor(world, { ip = "192.0.2.10" } = {}) {
		this.world = world;
		this.ip = ip;
		this.jar = new Map();
	}

	headers(more = {}) {
		const cookie = [...this.jar].map(([name, value]) => `${name}=${value}`).join("; ");
		return { host: new URL(this.world.issuer).host, "x-forwarded-for": this.ip, "user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", ...(cookie ? { cookie } : {}), ...more };
	}

	keep(reply) {
		for (const line of reply.cookies) {
			const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
			if (/max-age=(0|-\d+)\b/i.test(line) || value === "") this.jar.delete(name);
			else this.jar.set(name, value);
		}
		return reply;
	}

	async get(path) {
		return this.keep(await send(new URL(path, this.world.target), { headers: this.headers() }));
	}

	async post(path, json, headers = {}) {
		const more = { "content-type": "application/json", origin: this.world.issuer, ...headers };
		return this.keep(await send(new URL(path, this.world.target), { method: "POST", headers: this.headers(more), body: typeof json === "string" ? json : JSON.stringify(json) }));
	}

	// To the provider, as a service sends people.
	async authorize(client, params = {}) {
		const verifier = openid.randomPKCECodeVerifier();
		const checks = { pkceCodeVerifier: verifier, expectedState: openid.randomState(), expectedNonce: openid.randomNonce() };
		const query = {
			client_id: client.id, response_type: "code", redirect_uri: client.redirectUri, scope: "openid profile email", state: checks.expectedState, nonce: checks.expectedNonce,
			code_challenge: await openid.calculatePKCECodeChallenge(verifier), code_challenge_method: "S256", ...params,
		};
		for (const key of Object.keys(query)) if (query[key] === undefined) delete query[key];
		const reply = await this.get(`/authorize?${new URLSearchParams(query)}`);
		return { reply, checks, client, location: reply.headers.location && new URL(reply.headers.location, this.world.issuer) };
	}

	// Must lead to the sign-in page.
	async begin(client, params = {}) {
		const begun = await this.authorize(client, params);
		assert.equal(begun.reply.status, 303, begun.reply.text);
		assert.equal(begun.location.pathname, "/signin/", begun.location.href);
		return new Login(this, begun);
	}
}

export class Login {
	constructor(visitor, begun) {
		Object.assign(this, begun);
		this.visitor = visitor;
		this.id = begun.location.searchParams.get("login");
		this.path = `/signin/v1/logins/${this.id}`;
	}

	step(name, body = {}, headers = {}) {
		return this.visitor.post(`${this.path}/${name}`, body, headers);
	}

	async state(name, body) {
		const reply = name ? await this.step(name, body) : await this.visitor.get(this.path);
		assert.equal(reply.status, 200, reply.text);
		return reply.json;
	}

	identify(username = "demo") {
		return this.state("identify", { username });
	}

	password(password) {
		return this.state("password", { password });
	}

	events() {
		const stream = openEvents(new URL(`${this.path}/events`, this.visitor.world.target), this.visitor.headers());
		this.visitor.world.closers.push(() => stream.close());
		return stream;
	}

	// The first state that fits, as the page would hear of it.
	async until(fits) {
		const begun = Date.now();
		for (;;) {
			const stream = this.events();
			try {
				return await stream.next((event) => event.name === "state" && fits(event.data));
			} catch (error) {
				if (!stream.ended || Date.now() - begun > 20_000) throw error; // a node that stops ends its streams; the page opens another
			} finally {
				stream.close();
			}
		}
	}

	// The address back at the service, with the code.
	async finish() {
		const reply = await this.step("finish");
		assert.equal(reply.status, 200, reply.text);
		return new URL(reply.json.location, this.visitor.world.issuer);
	}

	// What a service does with it.
	async tokens(back, config) {
		const known = config ?? (await discover(this.visitor.world, this.client));
		return openid.authorizationCodeGrant(known, back, { ...this.checks, idTokenExpected: true });
	}
}

// A whole sign-in of `demo` by push; the device does what a person would.
export async function signIn(visitor, client, device, { password, params, username = "demo" } = {}) {
	const login = await visitor.begin(client, params);
	let state = await login.state();
	if (state.state === "identify") state = await login.identify(username);
	if (state.factor === "password") state = await login.password(password);
	if (state.state === "prove") {
		if (!state.challenge) state = await login.state("push");
		const challenge = await device.challenge();
		login.challenge = challenge;
		await device.approve(challenge, state.challenge.number ?? undefined);
		await login.until((one) => one.state === "done");
	}
	login.back = await login.finish();
	return login;
}
