// What Chromium talks to for push, on loopback: check-in and registration over HTTP, then a TLS connection that speaks MCS
// (version byte, then tag, length and protocol buffer each time). Senders post to push_inlet.mjs. The fields are those of
// Chromium's google_apis/gcm/protocol.
import { randomBytes, randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:tls";
import { Inbox } from "./patience.mjs";
import { bytes, fixed64, number, readFields, readVarint, varint } from "./protobuf.mjs";
import { makeCertificate, PushInlet } from "./push_inlet.mjs";

const TAG = { PING: 0, PING_ACK: 1, LOGIN: 2, LOGIN_REPLY: 3, MESSAGE: 8 };
const MCS_VERSION = 41;
const HOSTS = ["fcm.googleapis.com", "jmt17.google.com"]; // built into the browser: released Chromium, and Debian's

const packet = (tag, body = Buffer.alloc(0)) => Buffer.concat([Buffer.from([tag]), varint(body.length), body]);
const listen = (server) => new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server.address().port)));

export class FakeFcm {
	static async open() {
		const fcm = new FakeFcm();
		fcm.subscriptions = new Map(); // token → {token, app, subtype, sender, key, audience}
		fcm.socket = null; // of the browser that is signed in
		fcm.waiting = []; // messages for a browser that is away
		fcm.sockets = new Set();
		fcm.arrivals = new Inbox("connection of the browser");
		fcm.inlet = await PushInlet.open({ hosts: HOSTS, find: (path, host) => fcm.find(path, host), deliver: (subscription, message) => fcm.deliver(subscription, message) });
		await fcm.openBackend();
		return fcm;
	}

	async openBackend() {
		this.tls = makeCertificate(["127.0.0.1"]);
		this.registry = createServer((request, response) => this.serve(request, response));
		this.mcs = createTlsServer(this.tls.pem, (socket) => this.welcome(socket));
		this.registryPort = await listen(this.registry);
		this.mcsPort = await listen(this.mcs);
	}

	// The daemon's settings of push that send here: the browser's endpoints name hosts that are elsewhere.
	get settings() {
		return { ca_file: this.inlet.tls.certificate, endpoints: HOSTS.map((host) => ({ host, private: true, connect: `127.0.0.1:${this.inlet.port}` })) };
	}

	// What senders may post to, and the applicationServerKey of each. The browser registers for itself, too.
	get subscribed() {
		return [...this.subscriptions.values()].filter(({ subtype }) => subtype?.startsWith("wp:")).map(({ token, sender }) => ({ path: `/fcm/send/${token}`, key: sender }));
	}

	// Into the queue past all checks, as whoever runs the service could.
	inject(endpoint, body) {
		this.deliver(this.subscriptions.get(endpoint.split("/").pop()), { id: randomUUID(), body, ttl: 60, at: Date.now() });
	}

	get answers() {
		return this.inlet.answers;
	}

	// What tells Chromium to come here.
	get switches() {
		return [`--gcm-checkin-url=http://127.0.0.1:${this.registryPort}/checkin`, `--gcm-registration-url=http://127.0.0.1:${this.registryPort}/register3`, `--gcm-mcs-endpoint=https://127.0.0.1:${this.mcsPort}`];
	}

	async serve(request, response) {
		const chunks = [];
		for await (const chunk of request) chunks.push(chunk);
		const reply = (status, type, body) => response.writeHead(status, { "content-type": type }).end(body);
		if (request.url.startsWith("/checkin")) return reply(200, "application/x-protobuf", this.checkin());
		if (request.url.startsWith("/register3")) return reply(200, "text/plain", this.register(new URLSearchParams(Buffer.concat(chunks).toString())));
		return reply(404, "text/plain", "");
	}

	checkin() {
		return Buffer.concat([number(1, 1), number(3, Date.now()), fixed64(7, 0x1122334455667788n), fixed64(8, 0x99aabbccddn), number(10, 1)]);
	}

	// `sender` is the page's applicationServerKey.
	register(form) {
		const [app, subtype, sender] = ["app", "X-subtype", "sender"].map((name) => form.get(name));
		if (form.get("delete")) {
			for (const [token, known] of this.subscriptions) if (known.subtype === subtype) this.subscriptions.delete(token);
			return `token=${subtype}`;
		}
		const token = `test:${randomBytes(24).toString("base64url")}`;
		this.subscriptions.set(token, { token, app, subtype, sender, key: Buffer.from(sender, "base64url") });
		return `token=${token}`;
	}

	find(path, host) {
		const known = HOSTS.includes(host) && this.subscriptions.get(decodeURIComponent(path.split("/").pop()));
		return known ? { ...known, audience: `https://${host}` } : null;
	}

	welcome(socket) {
		const link = { socket, rest: Buffer.alloc(0), greeted: false };
		this.sockets.add(socket);
		socket.on("error", () => {});
		socket.on("close", () => {
			this.sockets.delete(socket);
			if (this.socket === socket) this.socket = null;
		});
		socket.on("data", (data) => this.read(link, data));
	}

	read(link, data) {
		link.rest = Buffer.concat([link.rest, data]);
		if (!link.greeted) {
			link.greeted = true;
			link.rest = link.rest.subarray(1);
		}
		for (;;) {
			const size = link.rest.length > 1 ? readVarint(link.rest, 1) : null;
			if (!size || link.rest.length < size.next + size.value) return;
			const tag = link.rest[0], body = link.rest.subarray(size.next, size.next + size.value);
			link.rest = link.rest.subarray(size.next + size.value);
			if (tag === TAG.LOGIN) this.signIn(link.socket, body);
			if (tag === TAG.PING) link.socket.write(packet(TAG.PING_ACK));
		}
	}

	signIn(socket, body) {
		const id = readFields(body).find(({ field }) => field === 1)?.value ?? "";
		socket.write(Buffer.concat([Buffer.from([MCS_VERSION]), packet(TAG.LOGIN_REPLY, Buffer.concat([bytes(1, id), number(8, Date.now())]))]));
		this.socket = socket;
		for (const message of this.waiting.splice(0)) if (message.until > Date.now()) socket.write(message.packet);
		this.arrivals.add({});
	}

	deliver({ token, app, subtype, sender }, { id, body, ttl, at, topic }) {
		const property = (name, value) => bytes(7, Buffer.concat([bytes(1, name), bytes(2, value)]));
		const stanza = packet(TAG.MESSAGE, Buffer.concat([
			bytes(3, sender), bytes(4, token), bytes(5, app), property("subtype", subtype), property("content-encoding", "aes128gcm"),
			bytes(9, id), number(17, ttl), number(18, at), bytes(21, body),
		]));
		if (this.socket) return this.socket.write(stanza);
		this.waiting = this.waiting.filter((other) => !topic || other.topic !== topic || other.token !== token);
		return this.waiting.push({ packet: stanza, until: at + ttl * 1000, topic, token });
	}

	async close() {
		for (const socket of this.sockets) socket.destroy();
		this.registry.closeAllConnections?.();
		await Promise.all([this.registry, this.mcs].map((server) => new Promise((resolve) => server.close(resolve))));
		await this.inlet.close();
		this.tls.remove();
	}
}
