// A desktop for one test: a D-Bus session bus of its own, and on it a notification daemon whose buttons the test presses.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { endProcess, Inbox, linesOf } from "./patience.mjs";
import { root } from "./world.mjs";

export class Desktop {
	static async open() {
		const desktop = new Desktop();
		desktop.notes = new Inbox("notification"); // {id, app, summary, body, buttons: {label: key}, replaces}
		desktop.closed = new Inbox("closed notification");
		desktop.bus = spawn("dbus-daemon", ["--session", "--nofork", "--nopidfile", "--print-address"], { stdio: ["ignore", "pipe", "ignore"] });
		const address = await linesOf(desktop.bus.stdout, "line of the bus").next();
		desktop.env = { DBUS_SESSION_BUS_ADDRESS: address };
		await desktop.startNotifications();
		return desktop;
	}

	// Debian's python, which has the D-Bus modules; another first in PATH might not.
	async startNotifications() {
		this.daemon = spawn("/usr/bin/python3", [join(root, "tests/fakes/notification-daemon.py")], { env: { ...process.env, ...this.env }, stdio: ["pipe", "pipe", "inherit"] });
		this.daemon.stdin.on("error", () => {});
		const lines = linesOf(this.daemon.stdout, "line of the notification daemon");
		await lines.next((line) => JSON.parse(line).ready);
		for (const line of lines.left) this.hear(line);
		lines.add = (line) => this.hear(line);
	}

	hear(line) {
		const note = JSON.parse(line);
		if (note.closed) this.closed.add(note.closed);
		else this.notes.add(note);
	}

	press(note, label) {
		const key = note.buttons[label];
		if (key === undefined) throw new Error(`no button "${label}" on ${JSON.stringify(note)}`);
		this.daemon.stdin.write(`press ${note.id} ${key}\n`);
	}

	async close() {
		await endProcess(this.daemon);
		await endProcess(this.bus);
	}
}
