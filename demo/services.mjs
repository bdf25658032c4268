// The demonstration's three services, each an ordinary OpenID Connect client (openid-client), nothing of Symbolon's own.
//
//   node services.mjs < settings.json      {"issuer", "services": [{"id", "name", "port", "secret"}, …]}
//
// Prints "ready" when all listen; ends when standard input closes.
import { randomBytes, webcrypto } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import * as openid from "openid-client";

globalThis.crypto ??= webcrypto; // Node 18 has it, but not by this name

const styles = readFileSync(new URL("services.css", import.meta.url));
const escape = (text) => String(text ?? "").replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

const ABOUT = {
	wiki: { about: "Notes that everybody may read. It asks little: compare five letters.", expects: "push:confirm" },
	mail: { about: "Letters. It asks a little more: pick the right number of three.", expects: "push:choose" },
	payroll: { about: "Salaries. It asks the most: your password, and a number that you type on the other screen.", expects: "password, push:enter:2" },
};
const STRENGTH = { mfa: "several factors", swk: "one factor: a key on your device", otp: "one factor: a one-time code", pwd: "one factor: a password" };

class Service {
	constructor(issuer, { id, name, port, secret }, all) {
		Object.assign(this, { issuer, id, name, port, secret, all });
		this.origin = `http://localhost:${port}`;
		this.sessions = new Map(); // cookie → what the provider said
		this.pending = new Map(); // state → what must come back
	}

	async open() {
		this.config = await openid.discovery(new URL(this.issuer), this.id, undefined, openid.ClientSecretBasic(this.secret), { execute: [openid.allowInsecureRequests] });
		this.server = createServer((req, res) => this.serve(req, res).catch((error) => this.trouble(res, error)));
		await new Promise((resolve, reject) => {
			this.server.on("error", reject);
			this.server.listen(this.port, "127.0.0.1", resolve);
		});
	}

	async serve(req, res) {
		const url = new URL(req.url, this.origin);
		if (req.method !== "GET") return this.reply(res, 405, this.message("Only GET is understood here."));
		switch (url.pathname) {
		case "/": return this.reply(res, 200, this.home(this.session(req)));
		case "/services.css": return this.reply(res, 200, styles, { "content-type": "text/css" });
		case "/sign-in": return this.signIn(res);
		case "/callback": return this.callback(res, url);
		case "/sign-out": return this.signOut(req, res);
		default: return this.reply(res, 404, this.message("There is no such page."));
		}
	}

	cookieName() {
		return `example_${this.id}`; // cookies do not tell ports apart, so each service has a name of its own
	}

	session(req) {
		const value = new RegExp(`(?:^|; )${this.cookieName()}=([\\w-]+)`).exec(req.headers.cookie ?? "")?.[1];
		return value && { id: value, ...this.sessions.get(value) };
	}

	async signIn(res) {
		const code_verifier = openid.randomPKCECodeVerifier(), state = openid.randomState(), nonce = openid.randomNonce();
		if (this.pending.size > 1000) this.pending.clear();
		this.pending.set(state, { pkceCodeVerifier: code_verifier, expectedState: state, expectedNonce: nonce });
		this.redirect(res, openid.buildAuthorizationUrl(this.config, {
			redirect_uri: `${this.origin}/callback`, scope: "openid profile email", state, nonce,
			code_challenge: await openid.calculatePKCECodeChallenge(code_verifier), code_challenge_method: "S256",
		}));
	}

	async callback(res, url) {
		const checks = this.pending.get(url.searchParams.get("state"));
		this.pending.delete(url.searchParams.get("state"));
		if (!checks) return this.reply(res, 400, this.message("This answer was not asked for here, or was used already."));
		if (url.searchParams.get("error") === "access_denied") return this.redirect(res, "/");
		const tokens = await openid.authorizationCodeGrant(this.config, url, { ...checks, idTokenExpected: true });
		const claims = tokens.claims();
		const person = await openid.fetchUserInfo(this.config, tokens.access_token, claims.sub);
		const id = randomBytes(16).toString("base64url");
		this.sessions.set(id, { claims, person, hint: tokens.id_token });
		return this.redirect(res, "/", { "set-cookie": `${this.cookieName()}=${id}; HttpOnly; SameSite=Lax; Path=/` });
	}

	signOut(req, res) {
		const session = this.session(req);
		if (session) this.sessions.delete(session.id);
		const parameters = { post_logout_redirect_uri: `${this.origin}/`, ...(session?.hint ? { id_token_hint: session.hint } : {}) };
		this.redirect(res, openid.buildEndSessionUrl(this.config, parameters), { "set-cookie": `${this.cookieName()}=; Max-Age=0; Path=/` });
	}

	home(session) {
		const { about, expects } = ABOUT[this.id];
		const others = this.all.filter((one) => one.id !== this.id).map((one) => `<a href="http://localhost:${one.port}/">${escape(one.name)}</a>`).join(" ");
		const body = session?.claims ? this.signedIn(session) : `<a class="button" href="/sign-in">Sign in</a>`;
		return `<p class="lead">${escape(about)}</p>${body}<p class="quiet">Policy: <code>${escape(expects)}</code></p><nav aria-label="Other services">Now try ${others}</nav>`;
	}

	signedIn({ claims, person }) {
		const rows = [
			["Signed in as", `<b>${escape(person.preferred_username ?? person.name ?? claims.sub)}</b>`],
			["Strength (acr)", `<code>${escape(claims.acr)}</code> ${escape(STRENGTH[claims.acr] ?? "")}`],
			["Proven by (amr)", (claims.amr ?? []).map((one) => `<code>${escape(one)}</code>`).join(" ")],
			["At (auth_time)", escape(new Date(claims.auth_time * 1000).toISOString().replace("T", " ").replace(".000Z", " UTC"))],
			["Why", `Ask <code>symbolon explain demo ${escape(this.id)}</code>`],
		];
		return `<dl>${rows.map(([name, value]) => `<div><dt>${name}</dt><dd>${value}</dd></div>`).join("")}</dl><a class="button second" href="/sign-out">Sign out</a>`;
	}

	message(text) {
		return `<p class="lead" role="alert">${escape(text)}</p><a class="button" href="/">Back</a>`;
	}

	trouble(res, error) {
		console.error(`${this.name}: ${error.error ?? error.code ?? ""} ${error.error_description ?? error.message}`);
		this.reply(res, 502, this.message(`The sign-in did not work: ${error.error_description ?? error.message}`));
	}

	reply(res, status, body, headers = {}) {
		const page = typeof body !== "string" ? body
			: `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark"><title>${escape(this.name)}</title><link rel="icon" href="data:,"><link rel="stylesheet" href="/services.css"></head><body class="${this.id}"><main><header><span class="mark" aria-hidden="true">${escape(this.name[0])}</span><h1>${escape(this.name)}</h1></header>${body}</main></body></html>`;
		res.writeHead(status, {
			"content-type": "text/html; charset=utf-8", "cache-control": "no-store", "x-content-type-options": "nosniff", "referrer-policy": "no-referrer",
			"content-security-policy": "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; frame-ancestors 'none'", ...headers,
		});
		res.end(page);
	}

	redirect(res, to, headers = {}) {
		res.writeHead(303, { location: to.href ?? to, "cache-control": "no-store", ...headers });
		res.end();
	}
}

const input = createInterface({ input: process.stdin });
input.once("line", async (line) => {
	const { issuer, services } = JSON.parse(line);
	try {
		for (const one of services) await new Service(issuer, one, services).open();
		console.log("ready");
	} catch (error) {
		console.error(`services: ${error.message}`);
		process.exit(1);
	}
});
input.on("close", () => process.exit(0));
