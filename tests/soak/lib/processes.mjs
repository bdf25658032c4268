// The provider's processes, found from outside: the one that was started, and its descendants in /proc.
import { spawn, spawnSync } from "node:child_process";
import { openSync, readFileSync, readdirSync } from "node:fs";
import { setTimeout as rest } from "node:timers/promises";
import { send } from "../../e2e/lib/http.mjs";

// Parent and start time of a process; null when it is gone (a zombie is).
function statOf(pid) {
	try {
		const [, state, parent, ...more] = readFileSync(`/proc/${pid}/stat`, "latin1").replace(/^.*\)/s, "").split(" ");
		return state === "Z" ? null : { parent: Number(parent), begun: more[17] };
	} catch {
		return null;
	}
}

function descendants(root) {
	const all = readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map(Number).map((pid) => ({ pid, ...statOf(pid) }));
	const found = [];
	for (let level = [root]; level.length > 0;) {
		const next = all.filter(({ parent }) => level.includes(parent));
		found.push(...next);
		level = next.map(({ pid }) => pid);
	}
	return found;
}

const nameOf = (pid) => {
	try {
		return readFileSync(`/proc/${pid}/cmdline`, "latin1").split("\0").find((word) => word.startsWith("@"))?.slice(1) ?? readFileSync(`/proc/${pid}/comm`, "latin1").trim();
	} catch {
		return "gone";
	}
};

export class Provider {
	constructor(command, config, issuer, log) {
		Object.assign(this, { command, config, issuer, logFile: log, log: openSync(log, "a") });
	}

	start() {
		this.child = spawn(this.command, ["serve", "--config", this.config], { stdio: ["ignore", this.log, this.log] });
		this.ended = new Promise((resolve) => { this.child.on("exit", (code, signal) => resolve(code ?? signal)); });
	}

	// The root first, each with its role.
	processes() {
		const root = { pid: this.child.pid, ...statOf(this.child.pid), role: "serve" };
		return [root, ...descendants(root.pid).map((one) => ({ ...one, role: nameOf(one.pid) }))];
	}

	// With the database and the keyholder: what /readyz asks.
	async isServing() {
		try {
			return (await send(`${this.issuer}/readyz`, { headers: { connection: "close" } })).status === 200;
		} catch {
			return false;
		}
	}

	// Milliseconds since `begun` until it serves.
	async serving(begun = performance.now(), mostMs = 20_000) {
		while (!(await this.isServing())) {
			if (performance.now() - begun > mostMs) throw new Error(`not serving for ${mostMs} ms: ${readFileSync(this.logFile, "utf8").slice(-500)}`);
			await rest(2);
		}
		return performance.now() - begun;
	}

	// Kills one and, when it was the root, starts anew as an init system does. What is then left of the old ones?
	async kill(target) {
		const before = this.processes();
		const begun = performance.now();
		process.kill(target.pid, "SIGKILL");
		if (target.pid === this.child.pid) {
			await this.ended;
			this.start();
		} else {
			while (statOf(target.pid)?.begun === target.begun) await rest(1);
		}
		const ms = await this.serving(begun);
		return { ms, left: target.pid === before[0].pid ? await leftOver(before.slice(1)) : 0 };
	}

	async stop() {
		const before = this.processes();
		this.child.kill("SIGTERM");
		return { code: await this.ended, left: await leftOver(before.slice(1)) };
	}
}

// Those that have not ended a second after their root.
async function leftOver(processes) {
	const alive = () => processes.filter(({ pid, begun }) => statOf(pid)?.begun === begun);
	for (let i = 0; i < 100 && alive().length > 0; i++) await rest(10);
	return alive().length;
}

// PostgreSQL, when this run has one: kills its postmaster and starts it again. `ms` counts from when it answers again, which took it `own` ms.
export function postgres() {
	const { SOAK_PG_PIDFILE: file, SOAK_PG_START: start } = process.env;
	if (!file || !start) return null;
	return {
		role: "postgresql",
		kill: async (provider) => {
			const begun = performance.now();
			process.kill(Number(readFileSync(file, "utf8").split("\n")[0]), "SIGKILL");
			const { status } = spawnSync("bash", ["-c", start], { stdio: "ignore" });
			if (status !== 0) throw new Error(`SOAK_PG_START ended with ${status}`);
			const back = performance.now();
			return { ms: await provider.serving(back), own: back - begun, left: 0 };
		},
	};
}
