// An identity provider of its own for each test: a folder, a free port, the real commands.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../../..", import.meta.url));
export const bin = process.env.SYMBOLON_BIN ?? join(root, "build/asan/bin");
export const PASSWORD = "correct horse battery";

// Passwords are hashed cheaply, and budgets are wide where a test is not about them.
const SETTINGS = {
	organisation: { name: "Example", help_url: "https://help.example.org/" },
	trusted_proxies: ["127.0.0.1"],
	password: { memory_kib: 64, passes: 1, lanes: 1 },
	log: { level: "warn" },
};

export function freePort() {
	return new Promise((resolve, reject) => {
		const server = createServer();
		server.on("error", reject);
		server.listen(0, "127.0.0.1", () => {
			const { port } = server.address();
			server.close(() => resolve(port));
		});
	});
}

// A command that runs: its output so far, what it says next, its end.
export function start(command, args, { env = {}, input } = {}) {
	const child = spawn(command, args, { env: { ...process.env, NO_COLOR: "1", ...env }, stdio: ["pipe", "pipe", "pipe"] });
	const task = { child, out: "", err: "", ended: false };
	const waiters = new Set();
	const look = () => waiters.forEach((waiter) => waiter());
	child.stdin.on("error", () => {}); // it may be gone before it has read all
	child.stdout.on("data", (bytes) => { task.out += bytes; look(); });
	child.stderr.on("data", (bytes) => { task.err += bytes; look(); });
	task.done = new Promise((resolve) => {
		const end = (code) => {
			task.ended = true;
			look();
			resolve({ code, out: task.out, err: task.err });
		};
		child.on("close", (code, signal) => end(code ?? signal));
		child.on("error", (error) => { task.err += error.message; end("no start"); });
	});
	let seen = 0;
	task.says = (pattern) => new Promise((resolve, reject) => {
		const waiter = () => {
			const match = task.out.slice(seen).match(pattern);
			if (match) {
				seen += match.index + match[0].length;
				waiters.delete(waiter);
				resolve(match);
			} else if (task.ended) {
				waiters.delete(waiter);
				reject(new Error(`${command} ended without ${pattern}: ${task.out}${task.err}`));
			}
		};
		waiters.add(waiter);
		waiter();
	});
	task.type = (line) => child.stdin.write(`${line}\n`);
	if (input !== undefined) child.stdin.end(input);
	return task;
}

export class World {
	// Where requests go; the names in them are always the issuer's.
	get target() {
		return this.issuer;
	}

	static async open(t, options = {}) {
		assert.ok(existsSync(join(bin, "symbolon")), `${bin}/symbolon: build it first: ./run build asan`);
		const world = new World();
		world.prepareFolder();
		t.after(() => world.close());
		await world.init(options);
		await world.serve();
		for (const name of options.users ?? ["demo"]) await world.addUser(name);
		return world;
	}

	prepareFolder() {
		this.folder = mkdtempSync(join(tmpdir(), "symbolon-e2e-"));
	}

	async init({ policy, settings = {}, database = "sqlite:data/symbolon.db", env = {} }) {
		this.env = env; // of the daemon
		this.port = await freePort();
		this.issuer = `http://localhost:${this.port}`;
		this.dir = join(this.folder, "idp");
		this.config = join(this.dir, "symbolon.yaml");
		this.closers = [];
		await this.command(["init", "--dir", this.dir, "--issuer", this.issuer, "--organisation", "Example", "--database", database], { config: false });
		// JSON is YAML: what a test wants is written as it is.
		this.settings = { issuer: this.issuer, listen: [`127.0.0.1:${this.port}`], database, keys: { kek: "keys/kek" }, web: join(root, "web/dist"), ...SETTINGS, ...settings, ...(policy ? { policy } : {}) };
		writeFileSync(this.config, `${JSON.stringify(this.settings, null, 1)}\n`);
	}

	async serve() {
		this.daemon = start(join(bin, "symbolon"), ["serve", "--config", this.config], { input: "", env: this.env });
		await this.daemon.says(/symbolon: ready at .*\n/);
	}

	// Ends the daemon; a finding of a sanitizer, or any other bad end, fails the test.
	async stop() {
		if (!this.daemon) return;
		const daemon = this.daemon;
		this.daemon = null;
		daemon.child.kill("SIGTERM");
		const { code, err } = await daemon.done;
		assert.equal(code, 0, `the daemon ended with ${code}: ${err}`);
		assert.doesNotMatch(err, /Sanitizer|runtime error/);
	}

	async close() {
		try {
			for (const close of this.closers?.reverse() ?? []) await close();
			await this.stop();
		} finally {
			rmSync(this.folder, { recursive: true, force: true });
		}
	}

	start(args, options = {}) {
		return start(join(bin, "symbolon"), options.config === false ? args : [...args, "--config", this.config], options);
	}

	async run(args, options = {}) {
		const { input = "", ...rest } = options;
		return this.start(args, { ...rest, input }).done;
	}

	// Must succeed; gives the JSON that it printed, one value a line.
	async command(args, options = {}) {
		const { code, out, err } = await this.run([...args, "--json"], options);
		assert.equal(code, 0, `symbolon ${args.join(" ")}: ${out}${err}`);
		assert.doesNotMatch(err, /Sanitizer|runtime error/);
		return out.trim().split("\n").filter((line) => /^[[{]/.test(line)).map((line) => JSON.parse(line));
	}

	async addUser(name, options = []) {
		const [user] = await this.command(["user", "add", name, "--name", "Demo Person", "--email", `${name}@example.org`, "--password-stdin", ...options], { input: `${PASSWORD}\n` });
		return user;
	}

	// A registered service; `redirectUri` need not be served where only the JSON is tested.
	async addClient(id, { name = id[0].toUpperCase() + id.slice(1), redirectUri = `https://${id}.example.org/callback`, options = [] } = {}) {
		const [client] = await this.command(["client", "add", id, "--name", name, "--redirect-uri", redirectUri, ...options]);
		return { id, name, secret: client.secret, redirectUri };
	}

	async addTotp(name, options = []) {
		const task = this.start(["totp", "enrol", name, "--json", ...options]);
		const [line] = await task.says(/\{.*\}\n/);
		const { id, otpauth } = JSON.parse(line);
		const seed = new Totp(otpauth);
		task.type(await seed.code(-30)); // the step before: the present one is the test's
		const { code, err } = await task.done;
		assert.equal(code, 0, err);
		seed.id = id;
		return seed;
	}

	async addRecovery(name) {
		const [codes] = await this.command(["recovery", "issue", name]);
		return codes;
	}

	async audit(name) {
		return this.command(["audit", ...(name ? ["--user", name] : [])]);
	}
}

// Codes by oathtool, which nobody here wrote.
export class Totp {
	constructor(otpauth) {
		const { searchParams } = new URL(otpauth);
		this.secret = searchParams.get("secret");
		this.digits = searchParams.get("digits") ?? "6";
		this.algorithm = (searchParams.get("algorithm") ?? "SHA1").toLowerCase();
	}

	async code(offset = 0) {
		const at = new Date(Date.now() + offset * 1000).toISOString().replace("T", " ").replace(/\..*/, " UTC");
		const { code, out, err } = await start("oathtool", [`--totp=${this.algorithm}`, "-d", this.digits, "-b", "-N", at, this.secret], { input: "" }).done;
		assert.equal(code, 0, err);
		return out.trim();
	}

	// A code that is surely none of the three that would be accepted now.
	async wrong() {
		const right = await Promise.all([-60, -30, 0, 30, 60].map((offset) => this.code(offset)));
		return ["000000", "111111", "222222", "333333", "444444", "555555"].find((code) => !right.includes(code));
	}
}
