// Marionette, Firefox's own remote protocol: frames "LENGTH:JSON" on a TCP connection, [0, id, command, parameters] there
// and [1, id, error, result] back. Debian ships no geckodriver; this is all that a test needs of one.
import net from "node:net";

export class Marionette {
	static async connect(port) {
		const marionette = new Marionette();
		marionette.pending = new Map();
		marionette.count = 0;
		marionette.rest = Buffer.alloc(0);
		marionette.socket = net.connect(port, "127.0.0.1");
		await new Promise((resolve, reject) => {
			marionette.greeted = resolve;
			marionette.socket.once("error", reject);
			marionette.socket.on("data", (bytes) => marionette.read(bytes));
			marionette.socket.on("close", () => marionette.end());
		});
		return marionette;
	}

	read(bytes) {
		this.rest = Buffer.concat([this.rest, bytes]);
		for (;;) {
			const colon = this.rest.indexOf(":");
			const size = Number(this.rest.subarray(0, Math.max(colon, 0)));
			if (colon < 0 || this.rest.length < colon + 1 + size) return;
			const message = JSON.parse(this.rest.subarray(colon + 1, colon + 1 + size));
			this.rest = this.rest.subarray(colon + 1 + size);
			if (Array.isArray(message)) this.settle(message);
			else this.greeted(message);
		}
	}

	settle([, id, error, result]) {
		const waiter = this.pending.get(id);
		this.pending.delete(id);
		if (error) waiter?.reject(new Error(`${waiter.name}: ${error.error}: ${error.message}`));
		else waiter?.resolve(result);
	}

	end() {
		for (const waiter of this.pending.values()) waiter.reject(new Error(`${waiter.name}: Firefox closed the connection`));
		this.pending.clear();
	}

	command(name, parameters = {}) {
		const id = ++this.count;
		const text = JSON.stringify([0, id, name, parameters]);
		return new Promise((resolve, reject) => {
			this.pending.set(id, { name, resolve, reject });
			this.socket.write(`${Buffer.byteLength(text)}:${text}`);
		});
	}
}
