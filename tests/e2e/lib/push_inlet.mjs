// The side of a push service that application servers see: RFC 8030 over TLS, HTTP/2 (and 1.1), on loopback. What is behind it
// (autopush.mjs for Firefox, fakefcm.mjs for Chromium) finds the subscription of a path and delivers.
import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createSecureServer } from "node:http2";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Inbox } from "./patience.mjs";
import { messageRefusal } from "./vapid.mjs";

const MAX_READ = 64 * 1024;

// A certificate of its own that names these hosts; `certificate` is the file for whoever is to trust it.
export function makeCertificate(hosts) {
	const folder = mkdtempSync(join(tmpdir(), "symbolon-tls-"));
	const key = join(folder, "key.pem"), certificate = join(folder, "cert.pem");
	const names = hosts.map((host) => (/^[\d.]+$/.test(host) ? `IP:${host}` : `DNS:${host}`)).join(",");
	execFileSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=Push service of the tests",
		"-addext", `subjectAltName=${names}`, "-keyout", key, "-out", certificate], { stdio: "ignore" });
	return { certificate, pem: { key: readFileSync(key), cert: readFileSync(certificate) }, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

async function bodyOf(request) {
	const chunks = [];
	let size = 0;
	for await (const chunk of request) {
		size += chunk.length;
		if (size <= MAX_READ) chunks.push(chunk);
	}
	return Buffer.concat(chunks);
}

export class PushInlet {
	// `find(path, host)` gives a subscription {key, audience, …} or null; `deliver(subscription, message)` takes what was accepted.
	static async open({ hosts, find, deliver }) {
		const inlet = new PushInlet();
		inlet.find = find;
		inlet.deliver = deliver;
		inlet.answers = new Inbox("answer of the push service"); // {status, reason, headers, size} as they went out
		inlet.tls = makeCertificate(hosts);
		inlet.sessions = new Set();
		inlet.server = createSecureServer({ ...inlet.tls.pem, allowHTTP1: true }, (request, response) => inlet.take(request, response).catch(() => response.destroy?.()));
		inlet.server.on("session", (session) => {
			inlet.sessions.add(session);
			session.on("close", () => inlet.sessions.delete(session));
			session.on("error", () => {});
		});
		await new Promise((resolve) => inlet.server.listen(0, "127.0.0.1", resolve));
		inlet.port = inlet.server.address().port;
		return inlet;
	}

	async take(request, response) {
		const body = await bodyOf(request);
		const subscription = request.method === "POST" ? this.find(request.url, request.headers[":authority"] ?? request.headers.host) : null;
		const refusal = subscription ? messageRefusal(request.headers, body, subscription) : { status: 410, reason: "no such subscription" };
		const { status, reason = null } = refusal ?? { status: 201 };
		this.answers.add({ path: request.url, status, reason, size: body.length, headers: { ...request.headers }, http: request.httpVersion });
		if (refusal) return this.reply(response, status, reason);
		const message = { id: randomUUID(), body, ttl: Number(request.headers.ttl), topic: request.headers.topic, at: Date.now() };
		this.reply(response, status, "", { location: `/m/${message.id}`, ttl: request.headers.ttl });
		this.deliver(subscription, message);
	}

	reply(response, status, text, headers = {}) {
		response.writeHead(status, { "content-type": "text/plain", ...headers });
		response.end(text);
	}

	async close() {
		for (const session of this.sessions) session.destroy();
		this.server.closeAllConnections?.();
		await new Promise((resolve) => this.server.close(resolve));
		this.tls.remove();
	}
}
