// The account page without a screen: its JSON as docs/account-api.md says, in one visitor's browser.
import assert from "node:assert/strict";
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openEvents } from "./http.mjs";
import { Login } from "./visitor.mjs";
import { PASSWORD, root } from "./world.mjs";

// A folder of pages in which the account page is a bare one, so that these tests are about the server.
export function barePages(folder) {
	const web = join(folder, "pages");
	cpSync(join(root, "web/dist"), web, { recursive: true });
	mkdirSync(join(web, "account"), { recursive: true });
	writeFileSync(join(web, "account/index.html"), "<!doctype html><title>Account</title><!--STATE-->\n");
	return web;
}

export class Account {
	constructor(visitor) {
		this.visitor = visitor;
		this.world = visitor.world;
	}

	get(path) {
		return this.visitor.get(`/account/v1/${path}`);
	}

	post(path, body = {}, headers) {
		return this.visitor.post(`/account/v1/${path}`, body, headers);
	}

	async ok(path, body) {
		const reply = body ? await this.post(path, body) : await this.get(path);
		assert.equal(reply.status, 200, `${path}: ${reply.text}`);
		return reply.json;
	}

	async refused(path, body, status, error) {
		const reply = body ? await this.post(path, body) : await this.get(path);
		assert.equal(reply.status, status, `${path}: ${reply.text}`);
		assert.equal(reply.json.error, error);
		assert.ok(reply.json.message.length > 5);
		return reply.json;
	}

	overview() {
		return this.ok("overview");
	}

	// To the sign-in that leads to the page.
	async login(path = "/account/") {
		const reply = await this.visitor.get(path);
		assert.equal(reply.status, 303, reply.text);
		const location = new URL(reply.headers.location, this.world.issuer);
		assert.equal(location.pathname, "/signin/", location.href);
		return new Login(this.visitor, { location, client: null, checks: null });
	}

	// All the way; the proofs are what `prove` gives.
	async signIn({ username = "demo", password = PASSWORD, path, prove } = {}) {
		const login = await this.login(path);
		let state = await login.state();
		if (state.state === "identify") state = await login.identify(username);
		if (state.factor === "password") state = await login.password(password);
		if (prove) state = await prove(login, state);
		assert.equal(state.state, "done", JSON.stringify(state));
		const back = await login.finish();
		assert.equal(back.searchParams.get("code"), null, "no code is issued to a page of our own");
		return back;
	}

	events(id) {
		const stream = openEvents(new URL(`/account/v1/enrolments/${id}/events`, this.world.target), this.visitor.headers());
		this.world.closers.push(() => stream.close());
		return stream;
	}
}

// Ways to prove the second step.
export const byTotp = (totp, offset = 0) => async (login) => login.state("totp", { code: await totp.code(offset) });
export const byRecovery = (codes) => async (login) => login.state("recovery", { code: codes.shift() });
export const byPush = (device) => async (login, state) => {
	const now = state.challenge ? state : await login.state("push");
	await device.approve(await device.challenge(), now.challenge.number ?? undefined);
	return login.until((one) => one.state === "done");
};
