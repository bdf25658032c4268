// Mozilla's push service, as far as Firefox and a sender can tell: the browser keeps a WebSocket and names its channels, senders
// post to the endpoint of a channel, and what the browser has not acknowledged waits for it.
import { randomUUID } from "node:crypto";
import { WebSocketServer } from "ws";
import { Inbox } from "./patience.mjs";
import { PushInlet } from "./push_inlet.mjs";

const PATH = "/wpush/v2/";
export const ACK = { DELIVERED: 100, DECRYPTION_FAILED: 101, NOT_DELIVERED: 102 };

export class Autopush {
	static async open() {
		const push = new Autopush();
		push.channels = new Map(); // channelID → {id, agent, key, audience, queue}
		push.sockets = new Map(); // agent → WebSocket
		push.acks = new Inbox("acknowledgement of the browser");
		push.arrivals = new Inbox("connection of the browser");
		push.inlet = await PushInlet.open({ hosts: ["localhost"], find: (path) => push.channels.get(path.startsWith(PATH) ? path.slice(PATH.length) : null), deliver: (channel, message) => push.deliver(channel, message) });
		push.origin = `https://localhost:${push.inlet.port}`;
		push.server = new WebSocketServer({ host: "127.0.0.1", port: 0, handleProtocols: (names) => names.has("push-notification") && "push-notification" });
		await new Promise((resolve) => push.server.once("listening", resolve));
		push.url = `ws://127.0.0.1:${push.server.address().port}/`;
		push.server.on("connection", (socket) => push.welcome(socket));
		return push;
	}

	// The daemon's settings of push that send here.
	get settings() {
		return { ca_file: this.inlet.tls.certificate, endpoints: [{ host: `localhost:${this.inlet.port}`, private: true }] };
	}

	// What senders may post to, and the applicationServerKey of each.
	get subscribed() {
		return [...this.channels.values()].map(({ id, key }) => ({ path: `${PATH}${id}`, key: key.toString("base64url") }));
	}

	// Into the queue past all checks, as whoever runs the service could.
	inject(endpoint, body) {
		this.deliver(this.channels.get(endpoint.split("/").pop()), { id: randomUUID(), body, ttl: 60, at: Date.now() });
	}

	get answers() {
		return this.inlet.answers;
	}

	welcome(socket) {
		const link = { socket, agent: null };
		socket.on("error", () => {});
		socket.on("message", (text) => this.hear(link, JSON.parse(text)));
		socket.on("close", () => {
			if (this.sockets.get(link.agent) === socket) this.sockets.delete(link.agent);
		});
	}

	hear(link, message) {
		const say = (reply) => link.socket.send(JSON.stringify(reply));
		const handlers = {
			hello: () => this.hello(link, message, say),
			register: () => this.register(link, message, say),
			unregister: () => this.unregister(message, say),
			ack: () => message.updates.forEach((update) => this.acknowledged(update)),
			nack: () => this.acks.add({ code: message.code, version: message.version }),
		};
		if (Object.keys(message).length === 0) say({}); // a ping
		else handlers[message.messageType]?.();
	}

	// `use_webpush` makes Firefox create the keys of RFC 8291.
	hello(link, { uaid }, say) {
		const known = [...this.channels.values()].some((channel) => channel.agent === uaid);
		link.agent = known ? uaid : randomUUID().replaceAll("-", "");
		this.sockets.set(link.agent, link.socket);
		say({ messageType: "hello", status: 200, uaid: link.agent, use_webpush: true, broadcasts: {} });
		for (const channel of this.channels.values()) if (channel.agent === link.agent) this.flush(channel);
		this.arrivals.add({ agent: link.agent, known });
	}

	register({ agent }, { channelID, key }, say) {
		this.channels.set(channelID, { id: channelID, agent, key: Buffer.from(key ?? "", "base64url"), audience: this.origin, queue: [] });
		say({ messageType: "register", channelID, status: 200, pushEndpoint: `${this.origin}${PATH}${channelID}` });
	}

	unregister({ channelID }, say) {
		this.channels.delete(channelID);
		say({ messageType: "unregister", channelID, status: 200 });
	}

	acknowledged({ channelID, version, code }) {
		const channel = this.channels.get(channelID);
		if (channel) channel.queue = channel.queue.filter((message) => message.id !== version);
		this.acks.add({ code, version });
	}

	// RFC 8030 5.4: a newer message of the same topic replaces one that still waits.
	deliver(channel, message) {
		if (message.topic) channel.queue = channel.queue.filter((other) => other.topic !== message.topic);
		channel.queue.push(message);
		this.flush(channel);
	}

	// What is not acknowledged goes once to each connection, while it lives.
	flush(channel) {
		const socket = this.sockets.get(channel.agent);
		channel.queue = channel.queue.filter((message) => Date.now() < message.at + message.ttl * 1000);
		for (const message of channel.queue.filter((one) => socket && one.sent !== socket)) {
			message.sent = socket;
			socket.send(JSON.stringify({ messageType: "notification", channelID: channel.id, version: message.id, ttl: message.ttl, data: message.body.toString("base64url"), headers: { encoding: "aes128gcm" } }));
		}
	}

	// As if the service had lost its memory: all subscriptions are gone, and the browser hears of it when it comes back.
	forget() {
		this.channels.clear();
		for (const socket of this.sockets.values()) socket.close();
	}

	async close() {
		for (const socket of this.server.clients) socket.terminate();
		await new Promise((resolve) => this.server.close(resolve));
		await this.inlet.close();
	}
}
