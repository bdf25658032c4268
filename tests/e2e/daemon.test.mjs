// The daemon as an operator's machine meets it: readiness, metrics, certificates, signals, the command beside it, a kill.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { Device } from "./lib/device.mjs";
import { send } from "./lib/http.mjs";
import { World, bin, freePort, start } from "./lib/world.mjs";

test("ready means that the database and the keys answer, and metrics have a listener of their own", async (t) => {
	const port = await freePort();
	const world = await World.open(t, { settings: { metrics: `127.0.0.1:${port}` } });
	assert.equal((await send(`${world.issuer}/healthz`)).status, 200);
	assert.equal((await send(`${world.issuer}/readyz`)).text, "ready\n");
	assert.equal((await send(`${world.issuer}/metrics`)).status, 404, "not for the world");
	const { text } = await send(`http://127.0.0.1:${port}/metrics`);
	for (const name of ["symbolon_http_requests_total", "symbolon_store_commits_total", "symbolon_keyholder_calls_total", "symbolon_build_info", "symbolon_streams 0"])
		assert.match(text, new RegExp(name), name);
	assert.doesNotMatch(text, /demo/, "nobody's name is in it");
});

test("every answer says how it is to be handled, and an unknown address is a plain refusal", async (t) => {
	const world = await World.open(t);
	for (const path of ["/", "/nothing", "/signin/?login=x", "/jwks", "/authorize"]) {
		const { headers } = await send(`${world.issuer}${path}`);
		assert.equal(headers["x-content-type-options"], "nosniff", path);
		assert.equal(headers["referrer-policy"], "no-referrer", path);
		assert.match(headers["content-security-policy"], /default-src 'none'/, path);
		assert.match(headers["content-security-policy"], /frame-ancestors 'none'/, path);
	}
	assert.equal((await send(`${world.issuer}/nothing`)).status, 404);
	const wrong = await send(`${world.issuer}/token`);
	assert.equal(wrong.status, 405);
	assert.match(wrong.headers.allow, /POST/);
	assert.equal((await send(`${world.issuer}/token`, { method: "POST", headers: { "content-type": "application/x-www-form-urlencoded" }, body: "x".repeat(20000) })).status, 413);
});

function certificate(world, name, out) {
	execFileSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", `/CN=${name}`, "-addext", "subjectAltName=DNS:localhost",
		"-keyout", join(world.dir, `${out}.key`), "-out", join(world.dir, `${out}.crt`)], { stdio: "ignore" });
	chmodSync(join(world.dir, `${out}.key`), 0o600);
}

test("SIGHUP takes a new certificate, and a broken one leaves the old in use", async (t) => {
	const world = await World.open(t);
	await world.stop();
	certificate(world, "first.example.org", "tls");
	const config = JSON.parse(readFileSync(world.config, "utf8"));
	writeFileSync(world.config, JSON.stringify({ ...config, issuer: `https://localhost:${world.port}`, tls: { certificate: "tls.crt", key: "tls.key" } }));
	await world.serve();
	const subject = () => execFileSync("sh", ["-c", `openssl s_client -connect localhost:${world.port} -servername localhost </dev/null 2>/dev/null | openssl x509 -noout -subject`], { encoding: "utf8" });
	assert.match(subject(), /first\.example\.org/);
	certificate(world, "second.example.org", "tls");
	world.daemon.child.kill("SIGHUP");
	for (let i = 0; i < 200 && !/second/.test(subject()); i++);
	assert.match(subject(), /second\.example\.org/);
	writeFileSync(join(world.dir, "tls.crt"), "nonsense");
	world.daemon.child.kill("SIGHUP");
	while (!/tls\.reload_failed/.test(world.daemon.err)) await new Promise((resolve) => world.daemon.child.stderr.once("data", resolve));
	assert.match(subject(), /second\.example\.org/);
});

test("what the command does beside the running daemon takes effect: a disabled person's device stream ends", async (t) => {
	const world = await World.open(t);
	const device = await Device.enrol(world, "demo");
	const events = device.events();
	assert.equal(await events.opened, 200);
	await world.command(["user", "disable", "demo"]).catch(() => {}); // it prints words, not JSON
	await events.closed;
	assert.equal((await device.request("GET", "/challenges")).status, 401);
});

test("a mistake in the configuration is answered with its place, and nothing listens", async (t) => {
	const world = await World.open(t);
	await world.stop();
	writeFileSync(world.config, `issuer: "${world.issuer}"\npolicy:\n  rules:\n    - name: Wrong\n      when: { clint: wiki }\n      ask: [password]\nlisten: 8080\n`);
	const { code, err } = await world.run(["serve"]);
	assert.equal(code, 2);
	assert.match(err, /symbolon\.yaml:5:\d+.*clint/s);
	assert.match(err, /client/, "the nearest known key is named");
	assert.match(err, /symbolon\.yaml:7:\d+.*listen/s, "all mistakes are told, not only the first");
	writeFileSync(world.config, `issuer: "${world.issuer}"\npolicy:\n  default: { ask: ["push:shout"] }\n`);
	assert.match((await world.run(["serve"])).err, /symbolon\.yaml:3:\d+.*push:shout/s);
});

test("a port that is taken, a key file that others can read: trouble with a sentence, exit 3", async (t) => {
	const world = await World.open(t);
	const second = await world.run(["serve"]);
	assert.equal(second.code, 3);
	assert.match(second.err, /127\.0\.0\.1/);
	await world.stop();
	chmodSync(join(world.dir, "keys/kek"), 0o644);
	const open = await world.run(["serve"]);
	assert.equal(open.code, 3);
	assert.match(open.err, /kek/);
});

test("what was acknowledged survives kill -9", async (t) => {
	const world = await World.open(t, { users: [] });
	for (let round = 0; round < 5; round++) {
		const acknowledged = [];
		await Promise.all(Array.from({ length: 4 }, async (_, i) => {
			const name = `demo${round}x${i}`;
			await world.addUser(name);
			acknowledged.push(name);
		}));
		world.daemon.child.kill("SIGKILL");
		await world.daemon.done;
		await world.serve();
		const [list] = await world.command(["user", "list"]);
		for (const name of acknowledged) assert.ok(list.some((user) => user.name === name), name);
	}
	assert.equal((await send(`${world.issuer}/readyz`)).status, 200);
});

test("readiness and the end are told to the service manager", async (t) => {
	const world = await World.open(t);
	await world.stop();
	const socket = join(world.dir, "notify");
	const listener = start("python3", ["-c", `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.bind(sys.argv[1]); print("bound", flush=True)
while True:
    message = s.recv(200).decode(); print(message, flush=True)
    if message == "STOPPING=1": break
`, socket]);
	await listener.says(/bound/);
	assert.ok(existsSync(socket));
	const daemon = start(join(bin, "symbolon"), ["serve", "--config", world.config], { env: { NOTIFY_SOCKET: socket }, input: "" });
	await listener.says(/READY=1/);
	daemon.child.kill("SIGTERM");
	await listener.says(/STOPPING=1/);
	assert.equal((await daemon.done).code, 0);
});
