// A push service that nobody here would run: it answers whatever the test wants, over HTTP/2 with TLS of its own authority.
// Messages are opened by http_ece, VAPID tokens by node:crypto; both know nothing of the daemon's code.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createECDH, createPublicKey, randomBytes, verify } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import http2 from "node:http2";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ece from "http_ece";

export const PUSH_HOST = "push.example.org";

const openssl = (...args) => execFileSync("openssl", args, { stdio: "pipe" });
const ec = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];

function certificates(folder, host) {
	const at = (name) => join(folder, name);
	openssl("req", "-x509", ...ec, "-days", "2", "-subj", "/CN=Test authority", "-keyout", at("ca.key"), "-out", at("ca.pem"));
	openssl("req", ...ec, "-subj", `/CN=${host}`, "-keyout", at("tls.key"), "-out", at("tls.csr"));
	writeFileSync(at("san"), `subjectAltName=DNS:${host}\n`);
	openssl("x509", "-req", "-in", at("tls.csr"), "-CA", at("ca.pem"), "-CAkey", at("ca.key"), "-CAcreateserial", "-days", "2", "-extfile", at("san"), "-out", at("tls.pem"));
	return { caFile: at("ca.pem"), key: readFileSync(at("tls.key")), cert: readFileSync(at("tls.pem")) };
}

// One browser's subscription.
export class Subscription {
	constructor(service, vapidPublicKey) {
		this.key = createECDH("prime256v1");
		this.key.generateKeys();
		this.auth = randomBytes(16);
		this.vapidPublicKey = vapidPublicKey;
		this.path = `/push/${randomBytes(12).toString("base64url")}`;
		this.endpoint = `https://${service.host}${this.path}`;
		this.p256dh = this.key.getPublicKey().toString("base64url");
	}

	get json() {
		return { endpoint: this.endpoint, p256dh: this.p256dh, auth: this.auth.toString("base64url"), vapid_public_key: this.vapidPublicKey };
	}

	// As a browser opens it; without the padding.
	open(body) {
		return JSON.parse(ece.decrypt(body, { version: "aes128gcm", privateKey: this.key, authSecret: this.auth.toString("base64url") }).toString("utf8"));
	}
}

// RFC 8292: signed with the key that the header names, for this service, not for long.
export function vapidClaims(authorization, origin) {
	const [, jwt, k] = /^vapid t=([\w.-]+), k=([\w-]+)$/.exec(authorization) ?? assert.fail(`no VAPID header: ${authorization}`);
	const point = Buffer.from(k, "base64url");
	const jwk = { kty: "EC", crv: "P-256", x: point.subarray(1, 33).toString("base64url"), y: point.subarray(33).toString("base64url") };
	const [header, payload, signature] = jwt.split(".");
	assert.ok(verify("sha256", Buffer.from(`${header}.${payload}`), { key: createPublicKey({ key: jwk, format: "jwk" }), dsaEncoding: "ieee-p1363" }, Buffer.from(signature, "base64url")), "the VAPID signature holds");
	assert.deepEqual(JSON.parse(Buffer.from(header, "base64url")), { alg: "ES256", typ: "JWT" });
	const claims = JSON.parse(Buffer.from(payload, "base64url"));
	assert.equal(claims.aud, origin);
	const left = claims.exp - Date.now() / 1000;
	assert.ok(left > 0 && left <= 24 * 3600, `exp in ${left} s`);
	return { ...claims, publicKey: k, jwt };
}

export class PushService {
	// `answer(message, count)` says what each POST gets, now or later: a status, [status, headers, text], "hang" or "reset".
	static async open(t, { host = PUSH_HOST, answer = () => 201, http1 = false } = {}) {
		const service = new PushService();
		service.folder = mkdtempSync(join(tmpdir(), "symbolon-push-"));
		Object.assign(service, { host, answer, messages: [], waiters: new Set(), sessions: new Set(), connections: 0 }, certificates(service.folder, host));
		service.server = http2.createSecureServer({ key: service.key, cert: service.cert, allowHTTP1: true, ...(http1 ? { ALPNProtocols: ["http/1.1"] } : {}) });
		service.server.on("secureConnection", (socket) => { service.connections++; service.sessions.add(socket); });
		service.server.on("request", (request, response) => service.take(request, response));
		service.server.on("error", () => {});
		service.server.on("sessionError", () => {});
		await new Promise((resolve) => service.server.listen(0, "127.0.0.1", resolve));
		service.port = service.server.address().port;
		t.after(() => service.close());
		return service;
	}

	// What the provider's configuration says of it.
	get settings() {
		return { subject: "mailto:ops@example.org", ca_file: this.caFile, endpoints: [{ host: this.host, private: true, connect: `127.0.0.1:${this.port}` }] };
	}

	subscription(vapidPublicKey) {
		return new Subscription(this, vapidPublicKey);
	}

	take(request, response) {
		const chunks = [];
		request.on("error", () => {});
		response.on("error", () => {});
		request.on("data", (chunk) => chunks.push(chunk));
		request.on("end", () => {
			const message = { path: request.url, method: request.method, version: request.httpVersion, headers: request.headers, body: Buffer.concat(chunks), at: Date.now() };
			this.messages.push(message);
			Promise.resolve(this.answer(message, this.messages.length)).then((answer) => this.reply(answer, request, response));
			this.waiters.forEach((waiter) => waiter());
		});
	}

	reply(answer, request, response) {
		if (answer === "hang") return;
		if (answer === "reset") return request.stream ? request.stream.session.destroy() : request.socket.destroy();
		const [status, headers = {}, text = ""] = [answer].flat();
		response.writeHead(status, headers);
		response.end(text);
	}

	to(subscription) {
		return this.messages.filter((message) => message.path === subscription.path);
	}

	// The first message that fits, also one that came before.
	next(fits = () => true, timeoutMs = 60_000) {
		return new Promise((resolve, reject) => {
			let timer = null;
			const waiter = () => {
				const found = this.messages.find(fits);
				if (!found) return false;
				clearTimeout(timer);
				this.waiters.delete(waiter);
				resolve(found);
				return true;
			};
			if (waiter()) return;
			this.waiters.add(waiter);
			timer = setTimeout(() => { this.waiters.delete(waiter); reject(new Error(`no such message within ${timeoutMs} ms; ${this.messages.length} came`)); }, timeoutMs);
		});
	}

	// What is in a message for this subscription, with everything around it checked.
	read(message, subscription) {
		const { headers } = message;
		assert.equal(message.method, "POST");
		assert.equal(message.body.length, 1126, "every message has one size");
		assert.equal(headers["content-encoding"], "aes128gcm");
		assert.equal(headers.urgency, "high");
		assert.match(headers.topic, /^[\w-]{1,32}$/);
		assert.match(headers.ttl, /^\d+$/);
		const claims = vapidClaims(headers.authorization, `https://${this.host}`);
		assert.equal(claims.publicKey, subscription.vapidPublicKey);
		return { json: subscription.open(message.body), claims, ttl: Number(headers.ttl), topic: headers.topic };
	}

	async close() {
		this.sessions.forEach((socket) => socket.destroy());
		await new Promise((resolve) => this.server.close(resolve));
		rmSync(this.folder, { recursive: true, force: true });
	}
}
