// symbolon-authenticator passphrase --keyring: against the real gnome-keyring and libsecret's own tool, and against a
// small Secret Service that misbehaves on demand (tests/fakes/secret_service.py).
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { Authenticator, base } from "../fakes/authenticator.mjs";
import { Session } from "../fakes/session.mjs";

const uri = "otpauth://totp/Example:demo?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
const passphrase = join(base, "passphrase");
writeFileSync(passphrase, "correct horse battery staple\n");

let session, authenticator;
beforeEach(async () => {
	session = await new Session().start();
	authenticator = new Authenticator(session.env);
	await authenticator.json(0, "add", uri);
});
afterEach(() => session.stop());
const sealed = () => JSON.parse(readFileSync(authenticator.file, "utf8")).sealed;

describe("gnome_keyring", () => {
	const keyring = () => {
		const task = session.spawn("gnome-keyring-daemon", ["--unlock", "--components=secrets", "--foreground"]);
		task.child.stdin.end("a password");
		return task;
	};
	const tool = (...args) => spawnSync("secret-tool", args, { env: { ...process.env, ...session.env }, encoding: "utf8", timeout: 60000 });
	// It is there once somebody else's client finds a keyring to write to.
	const ready = async () => {
		keyring();
		const until = Date.now() + 60000;
		while (spawnSync("secret-tool", ["store", "--label=x", "a", "b"], { env: { ...process.env, ...session.env }, input: "x", timeout: 10000 }).status !== 0) {
			assert.ok(Date.now() < until, "gnome-keyring does not start");
			await new Promise((resolve) => setTimeout(resolve, 50)); // its password is written meanwhile
		}
	};

	test("the_key_is_kept_found_changed_and_removed", async () => {
		await ready();
		assert.deepEqual(await authenticator.json(0, "passphrase", "--keyring"), [{ sealed: true, by: "keyring" }]);
		const first = sealed();
		assert.equal(first.kdf, "secret-service");
		assert.equal((await authenticator.json(0, "list")).length, 1);
		// libsecret finds it by its attributes; what is there opens the file (AES-256-GCM by somebody else's code)
		const { stdout: key } = tool("lookup", "xdg:schema", "org.symbolon.Authenticator", "vault", first.salt);
		const { createDecipheriv } = await import("node:crypto");
		const box = Buffer.from(first.box, "base64url");
		const cipher = createDecipheriv("aes-256-gcm", Buffer.from(key.trim(), "base64url"), box.subarray(1, 13));
		cipher.setAAD(Buffer.from("\x01symbolon-authenticator vault 1"));
		cipher.setAuthTag(box.subarray(-16));
		assert.match(cipher.update(box.subarray(13, -16)) + cipher.final(), /otpauth:/);
		// another key, and the old one is gone
		await authenticator.json(0, "passphrase", "--keyring");
		assert.notEqual(sealed().salt, first.salt);
		assert.equal(tool("lookup", "vault", first.salt).status, 1);
		// from the keyring to a passphrase, and back, and open
		const second = sealed().salt;
		assert.deepEqual(await authenticator.json(0, "passphrase", "--new", passphrase), [{ sealed: true, by: "passphrase" }]);
		assert.equal(tool("lookup", "vault", second).status, 1);
		authenticator.env.SYMBOLON_AUTHENTICATOR_PASSPHRASE_FILE = passphrase;
		await authenticator.json(0, "passphrase", "--keyring");
		delete authenticator.env.SYMBOLON_AUTHENTICATOR_PASSPHRASE_FILE;
		assert.deepEqual(await authenticator.json(0, "passphrase", "--remove"), [{ sealed: false, by: "no" }]);
		assert.equal((await authenticator.json(0, "list")).length, 1);
		assert.equal(tool("search", "--all", "xdg:schema", "org.symbolon.Authenticator").stdout, "");
	});

	test("a_key_that_was_deleted_is_said_and_the_file_stays", async () => {
		await ready();
		await authenticator.json(0, "passphrase", "--keyring");
		const before = readFileSync(authenticator.file, "utf8");
		assert.equal(tool("clear", "xdg:schema", "org.symbolon.Authenticator").status, 0);
		const result = await authenticator.run("add", uri);
		assert.equal(result.code, 1);
		assert.match(result.err, /keyring has no key for this vault/);
		assert.equal(readFileSync(authenticator.file, "utf8"), before);
	});
});

describe("trouble", () => {
	const service = (...args) => session.python("secret_service.py", ...args);

	test("a_locked_keyring_asks_and_opens", async () => {
		const fake = await service("--locked");
		const task = authenticator.start("passphrase", "--keyring");
		await task.says(/asks for your permission/, "err");
		await fake.json("prompt");
		fake.say("allow");
		assert.equal((await task.done).code, 0);
		assert.equal((await fake.json("created")).size, 43);
		fake.say("lock");
		await fake.json("locked");
		const list = authenticator.start("list");
		await fake.json("prompt");
		fake.say("dismiss");
		const refused = await list.done;
		assert.equal(refused.code, 1);
		assert.match(refused.err, /stays locked/);
	});

	test("nobody_who_unlocks_it_ends_the_waiting", async () => {
		await service("--locked");
		authenticator.env.SYMBOLON_AUTHENTICATOR_KEYRING_WAIT = "1";
		const result = await authenticator.run("passphrase", "--keyring");
		assert.equal(result.code, 1);
		assert.match(result.err, /nobody unlocked the keyring in 1 s/);
		assert.equal(sealed(), undefined);
	});

	test("no_bus_no_service_and_no_keyring_are_told_apart", async () => {
		assert.match((await authenticator.run("passphrase", "--keyring")).err, /no Secret Service runs/);
		await service("--no-default");
		assert.match((await authenticator.run("passphrase", "--keyring")).err, /no default keyring/);
		authenticator.env.DBUS_SESSION_BUS_ADDRESS = "unix:path=/nowhere";
		const result = await authenticator.run("passphrase", "--keyring");
		assert.equal(result.code, 3);
		assert.match(result.err, /no session bus/);
	});

	test("a_service_that_hangs_is_given_up", async () => {
		await service("--hang", "SearchItems");
		const result = await authenticator.run("passphrase", "--keyring");
		assert.equal(result.code, 3);
		assert.match(result.err, /did not answer in 10 s/);
		assert.equal(sealed(), undefined);
	});

	test("a_keyring_that_gives_back_something_else_seals_nothing", async () => {
		await service("--other");
		const result = await authenticator.run("passphrase", "--keyring");
		assert.equal(result.code, 3);
		assert.match(result.err, /does not give back/);
		assert.equal(sealed(), undefined);
		assert.equal((await authenticator.json(0, "list")).length, 1);
	});

	test("one_way_at_a_time", async () => {
		assert.equal((await authenticator.run("passphrase", "--keyring", "--remove")).code, 2);
	});
});
