// Waiting for what another process does: until it is so, with a limit that only a broken product reaches.
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";

const LIMIT_MS = 60_000;

// What `look` gives as soon as that is true; it is asked again and again, as a person who watches a screen would.
export async function eventually(look, what, limitMs = LIMIT_MS) {
	const end = Date.now() + limitMs;
	for (;;) {
		const found = await look();
		if (found) return found;
		if (Date.now() > end) throw new Error(`not within ${limitMs / 1000} s: ${what}`);
		await pause(40);
	}
}

// A list that grows: `next` takes the first entry that fits and was not taken yet, or waits for it.
export class Inbox {
	constructor(what) {
		this.what = what;
		this.all = [];
		this.left = [];
		this.waiters = new Set();
	}

	add(entry) {
		this.all.push(entry);
		this.left.push(entry);
		for (const waiter of [...this.waiters]) waiter();
	}

	take(fits) {
		const at = this.left.findIndex(fits);
		return at < 0 ? undefined : this.left.splice(at, 1)[0];
	}

	next(fits = () => true, limitMs = LIMIT_MS) {
		return new Promise((resolve, reject) => {
			const done = (settle, value) => {
				clearTimeout(timer);
				this.waiters.delete(waiter);
				settle(value);
			};
			const waiter = () => {
				const entry = this.take(fits);
				if (entry !== undefined) done(resolve, entry);
			};
			const timer = setTimeout(() => done(reject, new Error(`no ${this.what} that fits within ${limitMs / 1000} s; there were ${JSON.stringify(this.all)}`)), limitMs);
			this.waiters.add(waiter);
			waiter();
		});
	}
}

// The lines of a stream, kept as they come.
export function linesOf(stream, what) {
	const lines = new Inbox(what);
	createInterface({ input: stream }).on("line", (line) => lines.add(line));
	return lines;
}

// Ends a process that a test started: politely, then not.
export async function endProcess(child, limitMs = 20_000) {
	if (child.exitCode !== null || child.signalCode !== null) return;
	const ended = new Promise((resolve) => child.once("exit", resolve));
	child.kill("SIGTERM");
	const timer = setTimeout(() => child.kill("SIGKILL"), limitMs);
	await ended;
	clearTimeout(timer);
}
