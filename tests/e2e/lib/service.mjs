// A small service as people meet them: openid-client, real pages, real redirects.
import { createServer } from "node:http";
import { randomBytes } from "node:crypto";
import * as openid from "openid-client";
import { freePort } from "./world.mjs";
import { discover } from "./visitor.mjs";

const escape = (text) => String(text).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

export class Service {
	static async open(world, id, { name } = {}) {
		const service = new Service();
		const port = await freePort();
		service.origin = `http://localhost:${port}`;
		service.world = world;
		service.client = await world.addClient(id, { name, redirectUri: `${service.origin}/callback`, options: ["--logout-uri", `${service.origin}/`] });
		service.config = await discover(world, service.client);
		service.sessions = new Map();
		service.pending = new Map();
		service.params = {};
		const server = createServer((req, res) => service.serve(req, res).catch((error) => {
			service.lastError = error;
			service.page(res, 500, `<h1>Failed</h1><pre id="error">${escape(error.error ?? error.code ?? error.message)}</pre>`);
		}));
		await new Promise((resolve) => server.listen(port, "127.0.0.1", resolve));
		world.closers.push(() => new Promise((resolve) => { server.close(resolve); server.closeAllConnections(); }));
		return service;
	}

	page(res, status, body, headers = {}) {
		res.writeHead(status, { "content-type": "text/html; charset=utf-8", ...headers });
		res.end(`<!doctype html><html lang="en"><title>${escape(this.client.name)}</title><link rel="icon" href="data:,">${body}</html>`);
	}

	async serve(req, res) {
		const url = new URL(req.url, this.origin);
		const session = new RegExp(`service_${this.client.id}=([\\w-]+)`).exec(req.headers.cookie ?? "")?.[1];
		if (url.pathname === "/signin") return this.signIn(res, url);
		if (url.pathname === "/callback") return this.callback(res, url);
		if (url.pathname === "/signout") {
			const { id_token: hint } = this.sessions.get(session) ?? {};
			this.sessions.delete(session);
			res.writeHead(303, { location: openid.buildEndSessionUrl(this.config, { id_token_hint: hint, post_logout_redirect_uri: `${this.origin}/` }).href });
			return res.end();
		}
		const known = this.sessions.get(session);
		const body = known ? `<h1>Signed in</h1><pre id="claims">${escape(JSON.stringify(known.claims))}</pre><a href="/signout">Sign out</a>` : `<h1>Not signed in</h1><a href="/signin">Sign in</a>`;
		return this.page(res, 200, body);
	}

	async signIn(res, url) {
		const verifier = openid.randomPKCECodeVerifier(), state = openid.randomState(), nonce = openid.randomNonce();
		this.pending.set(state, { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce });
		const extra = Object.fromEntries(url.searchParams);
		const to = openid.buildAuthorizationUrl(this.config, { redirect_uri: this.client.redirectUri, scope: "openid profile email", state, nonce, code_challenge: await openid.calculatePKCECodeChallenge(verifier), code_challenge_method: "S256", ...extra });
		res.writeHead(303, { location: to.href });
		res.end();
	}

	async callback(res, url) {
		const checks = this.pending.get(url.searchParams.get("state"));
		this.pending.delete(url.searchParams.get("state"));
		const tokens = await openid.authorizationCodeGrant(this.config, url, { ...checks, idTokenExpected: true });
		const id = randomBytes(16).toString("base64url");
		this.lastTokens = tokens;
		this.sessions.set(id, { claims: tokens.claims(), id_token: tokens.id_token });
		res.writeHead(303, { location: "/", "set-cookie": `service_${this.client.id}=${id}; HttpOnly; SameSite=Lax; Path=/` });
		res.end();
	}
}
