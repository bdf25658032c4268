// A small HTTP client: no redirects followed, no cookies of its own, always to this machine whatever the name says.
import http from "node:http";

const agent = new http.Agent({ keepAlive: true, maxSockets: 600 });

// After a daemon has ended: no connection to it is used again.
export const forgetConnections = () => agent.destroy();

export function send(url, { method = "GET", headers = {}, body } = {}) {
	const target = new URL(url);
	const given = Object.fromEntries(Object.entries({ host: target.host, ...headers }).filter(([, value]) => value !== undefined));
	return new Promise((resolve, reject) => {
		const request = http.request({ agent, method, host: "127.0.0.1", port: target.port, path: target.pathname + target.search, headers: given }, (response) => {
			const chunks = [];
			response.on("data", (chunk) => chunks.push(chunk));
			response.on("error", reject);
			response.on("end", () => resolve(new Reply(response, Buffer.concat(chunks))));
		});
		request.on("error", reject);
		request.end(body);
	});
}

export const sendForm = (url, fields, headers = {}) =>
	send(url, { method: "POST", headers: { "content-type": "application/x-www-form-urlencoded", ...headers }, body: new URLSearchParams(fields).toString() });

// An event stream; `next(fits)` resolves with the data of the first event that fits, also one that came before.
export function openEvents(url, headers = {}) {
	const target = new URL(url);
	const stream = { events: [], waiters: new Set(), ended: false };
	let opened, closed;
	stream.opened = new Promise((resolve) => (opened = resolve)); // with the status, or null
	stream.closed = new Promise((resolve) => (closed = resolve));
	const look = () => {
		if (stream.ended) opened(null), closed();
		stream.waiters.forEach((waiter) => waiter());
	};
	const request = http.get({ agent: false, host: "127.0.0.1", port: target.port, path: target.pathname, headers: { host: target.host, accept: "text/event-stream", ...headers } }, (response) => {
		let rest = "";
		stream.status = response.statusCode;
		opened(response.statusCode);
		response.setEncoding("utf8");
		response.on("data", (text) => {
			const blocks = (rest + text).split("\n\n");
			rest = blocks.pop();
			for (const block of blocks) {
				const name = /^event: (.*)$/m.exec(block)?.[1], data = /^data: (.*)$/m.exec(block)?.[1];
				if (name && data) stream.events.push({ name, data: JSON.parse(data) });
			}
			look();
		});
		response.on("close", () => { stream.ended = true; look(); });
		response.on("error", () => {});
		look();
	});
	request.on("error", () => { stream.ended = true; look(); });
	stream.close = () => request.destroy();
	stream.next = (fits, timeoutMs = 20_000) => new Promise((resolve, reject) => {
		let timer = null;
		const waiter = () => {
			const event = stream.events.find(fits);
			if (!event && !stream.ended) return false;
			clearTimeout(timer);
			stream.waiters.delete(waiter);
			if (event) resolve(event.data);
			else reject(new Error(`the stream ended (${stream.status}) without it: ${JSON.stringify(stream.events)}`));
			return true;
		};
		if (waiter()) return;
		stream.waiters.add(waiter);
		timer = setTimeout(() => {
			stream.waiters.delete(waiter);
			reject(new Error(`nothing that fits within ${timeoutMs} ms: ${JSON.stringify(stream.events)}`));
		}, timeoutMs);
	});
	return stream;
}

class Reply {
	constructor(response, bytes) {
		this.status = response.statusCode;
		this.headers = response.headers;
		this.cookies = response.headers["set-cookie"] ?? [];
		this.text = bytes.toString("utf8");
	}

	get json() {
		return JSON.parse(this.text);
	}

	// The state that the sign-in page carries.
	get pageState() {
		const found = /<script type="application\/json" id="state">(.*?)<\/script>/s.exec(this.text);
		return found && JSON.parse(found[1]);
	}
}
