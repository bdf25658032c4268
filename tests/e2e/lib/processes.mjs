// What runs on this machine, read from /proc: the family of a supervisor, and what is left of it.
import { openSync, closeSync, readFileSync, readSync, readdirSync, readlinkSync } from "node:fs";

const stat = (pid) => {
	try {
		const text = readFileSync(`/proc/${pid}/stat`, "utf8");
		const [state, parent] = text.slice(text.lastIndexOf(")") + 2).split(" ");
		return { state, parent: Number(parent) };
	} catch {
		return null; // it has ended meanwhile
	}
};

export const isThere = (pid) => {
	const found = stat(pid);
	return found !== null && found.state !== "Z";
};

// Each of its threads: SIGSTOP has been sent before it has stopped them.
export const isStopped = (pid) => readdirSync(`/proc/${pid}/task`).every((thread) => stat(thread)?.state === "T");

const commandLine = (pid) => {
	try {
		return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
	} catch {
		return [];
	}
};

const pids = () => readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map(Number);

// Everything that runs with this configuration, whoever its parent is.
export const runningWith = (config) => pids().filter((pid) => isThere(pid) && commandLine(pid).includes(config));

// Its children now, by role; a role that is not there is undefined.
export function family(supervisor) {
	const roles = { supervisor };
	for (const pid of pids()) {
		if (stat(pid)?.parent !== supervisor || !isThere(pid)) continue;
		const role = /^@(\w+)$/.exec(commandLine(pid)[1] ?? "")?.[1];
		if (role) roles[role] = pid;
	}
	return roles;
}

export const descriptors = (pid) => readdirSync(`/proc/${pid}/fd`).map((fd) => {
	try {
		return [Number(fd), readlinkSync(`/proc/${pid}/fd/${fd}`)];
	} catch {
		return null;
	}
}).filter(Boolean);

// Whether these bytes are anywhere in the memory that the process can write.
export function memoryHolds(pid, needle) {
	const memory = openSync(`/proc/${pid}/mem`, "r");
	try {
		for (const line of readFileSync(`/proc/${pid}/maps`, "utf8").split("\n")) {
			const found = /^([0-9a-f]+)-([0-9a-f]+) rw/.exec(line);
			if (!found) continue;
			const from = Number(`0x${found[1]}`), size = Number(`0x${found[2]}`) - from;
			if (size > 2 ** 28) continue; // a sanitizer's shadow
			const bytes = Buffer.alloc(size);
			try {
				readSync(memory, bytes, 0, size, from);
			} catch {
				continue; // a guard page
			}
			if (bytes.includes(needle)) return true;
		}
		return false;
	} finally {
		closeSync(memory);
	}
}
