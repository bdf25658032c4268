import { fileURLToPath } from "node:url";
// Drives the real symbolon-authenticator for tests, each with a folder of its own.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";

const root = fileURLToPath(new URL("../..", import.meta.url));
const { SYMBOLON_AUTHENTICATOR: given, SYMBOLON_BIN: bin } = process.env;
const binary = given ?? (bin ? join(bin, "symbolon-authenticator") : join(root, "build/asan/authenticator/symbolon-authenticator"));
assert.ok(existsSync(binary), `${binary}: build it first: ./run build asan`);

const running = new Set();
after(() => running.forEach((child) => child.kill("SIGKILL")));

export const base = mkdtempSync(join(tmpdir(), "symbolon-authenticator-"));
after(() => rmSync(base, { recursive: true, force: true }));
let folders = 0;

// One person's authenticator: its folder, and its command.
export class Authenticator {
	constructor(env = {}) {
		this.folder = join(base, String((folders += 1)));
		this.file = join(this.folder, "authenticator.json");
		this.env = { ...process.env, SYMBOLON_AUTHENTICATOR_DIR: this.folder, NO_COLOR: "1", ...env };
	}

	start(...args) {
		return this.spawn(binary, args);
	}

	// On a terminal of its own (script(1) makes one); standard output and error are one there.
	startAtTerminal(...args) {
		return this.spawn("script", ["-qefc", [binary, ...args].join(" "), "/dev/null"]);
	}

	spawn(program, args) {
		const child = spawn(program, args, { env: this.env, stdio: ["pipe", "pipe", "pipe"] });
		const task = { child, out: "", err: "", waiters: [] };
		const look = () => {
			task.waiters = task.waiters.filter((waiter) => !waiter());
		};
		running.add(child);
		child.stdin.on("error", () => {}); // it may be gone before it has read all
		child.stdout.on("data", (bytes) => ((task.out += bytes), look()));
		child.stderr.on("data", (bytes) => ((task.err += bytes), look()));
		task.done = new Promise((resolve) => child.on("close", (code, signal) => {
			running.delete(child);
			task.ended = true;
			look();
			resolve({ code: code ?? signal, out: task.out, err: task.err });
		}));
		// Resolves when standard output or error matches, behind what matched before.
		task.seen = { out: 0, err: 0 };
		task.says = (pattern, stream = "out") => new Promise((resolve, reject) => {
			const waiter = () => {
				const match = task[stream].slice(task.seen[stream]).match(pattern);
				if (match) {
					task.seen[stream] += match.index + match[0].length;
					resolve(match);
				} else if (task.ended) {
					reject(new Error(`ended without ${pattern}: ${task.out}\n${task.err}`));
				}
				return Boolean(match) || task.ended;
			};
			if (!waiter()) task.waiters.push(waiter);
		});
		task.type = (line) => child.stdin.write(`${line}\n`);
		task.stop = async () => {
			child.kill("SIGTERM");
			return task.done;
		};
		return task;
	}

	async run(...args) {
		const task = this.start(...args);
		task.child.stdin.end();
		return task.done;
	}

	// Must exit so; gives standard output's JSON lines.
	async json(code, ...args) {
		const result = await this.run(...args, "--json");
		assert.equal(result.code, code, result.out + result.err);
		return result.out.trim().split("\n").filter(Boolean).map((line) => JSON.parse(line));
	}

	async enrol(server, options = {}) {
		const { id, link } = server.startEnrolment(options);
		const task = this.start("enrol", link, "--json", "--yes", "--name", "Test device");
		const [line] = await task.says(/\{.*"digits".*\}\n/);
		server.typeDigits(id, JSON.parse(line).digits);
		const result = await task.done;
		assert.equal(result.code, 0, result.err);
		return JSON.parse(result.out.trim().split("\n").at(-1)).device_id;
	}
}
