// A session bus of the test's own, with nothing on it but what the test starts: no service is started by itself.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));

export class Session {
	constructor() {
		this.folder = mkdtempSync(join(tmpdir(), "symbolon-session-"));
		this.children = [];
	}

	// Starts the bus; `env` then leads programs to it. After stop() the same address can be served again.
	async start() {
		const socket = join(this.folder, "bus");
		const config = join(this.folder, "bus.conf");
		this.env = { DBUS_SESSION_BUS_ADDRESS: `unix:path=${socket}`, XDG_RUNTIME_DIR: this.folder, HOME: this.folder, XDG_DATA_HOME: join(this.folder, "data") };
		writeFileSync(config, `<busconfig><type>session</type><listen>unix:path=${socket}</listen><policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>`);
		rmSync(socket, { force: true });
		this.bus = this.spawn("dbus-daemon", [`--config-file=${config}`, "--nofork", "--nosyslog", "--print-address"]);
		await this.bus.line(/^unix:/);
		return this;
	}

	// `line(pattern)` resolves with the first line of standard output that matches, behind those that matched before.
	spawn(program, args, env = {}) {
		const child = spawn(program, args, { env: { ...process.env, ...this.env, ...env }, stdio: ["pipe", "pipe", "ignore"] });
		const task = { child, lines: [], waiters: [], seen: 0 };
		let kept = "";
		const look = () => {
			task.waiters = task.waiters.filter((waiter) => !waiter());
		};
		child.stdin.on("error", () => {});
		child.stdout.on("data", (bytes) => {
			const parts = (kept + bytes).split("\n");
			kept = parts.pop();
			task.lines.push(...parts);
			look();
		});
		task.closed = new Promise((resolve) => child.on("close", () => {
			task.ended = true;
			look();
			resolve();
		}));
		task.line = (pattern) => new Promise((resolve, reject) => {
			const waiter = () => {
				const at = task.lines.findIndex((line, i) => i >= task.seen && pattern.test(line));
				if (at >= 0) {
					task.seen = at + 1;
					resolve(task.lines[at]);
				} else if (task.ended) {
					reject(new Error(`${program} ended without ${pattern}: ${task.lines.join("\n")}`));
				}
				return at >= 0 || task.ended;
			};
			if (!waiter()) task.waiters.push(waiter);
		});
		task.json = async (key) => JSON.parse(await task.line(new RegExp(`"${key}"`)));
		task.say = (line) => child.stdin.write(`${line}\n`);
		task.stop = async () => {
			child.kill("SIGKILL");
			await task.closed;
		};
		this.children.push(task);
		return task;
	}

	// Debian's own python3 has the D-Bus module; another one in front of it in the path has not.
	async python(name, ...args) {
		const task = this.spawn("/usr/bin/python3", [join(here, name), ...args]);
		await task.json("ready");
		return task;
	}

	async stop() {
		await Promise.all(this.children.map((task) => task.stop()));
		rmSync(this.folder, { recursive: true, force: true });
	}
}
