// The real symbolon-authenticator against a device server that shares no code with it (tests/fakes/device-server.mjs): the vault, codes, usage.
import assert from "node:assert/strict";
import { chmodSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { Authenticator, base } from "../fakes/authenticator.mjs";
import { DeviceServer } from "../fakes/device-server.mjs";

let server, authenticator;
beforeEach(async () => {
	server = await new DeviceServer().listen();
	authenticator = new Authenticator();
});
afterEach(async () => {
	assert.deepEqual(server.violations, []);
	await server.close();
});

describe("vault", () => {
	const uri = (secret, name = "Example:demo") => `otpauth://totp/${encodeURIComponent(name)}?secret=${secret}&issuer=Example`;
	const secretA = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
	const secretB = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJR";

	test("a_passphrase_seals_changes_and_opens", async () => {
		await authenticator.enrol(server);
		const first = join(base, "first"), second = join(base, "second");
		writeFileSync(first, "correct horse battery\n");
		writeFileSync(second, "another long phrase\n");
		authenticator.env.SYMBOLON_AUTHENTICATOR_PASSPHRASE_FILE = first;
		assert.equal((await authenticator.run("passphrase")).code, 0);
		const sealed = readFileSync(authenticator.file, "utf8");
		assert.deepEqual(Object.keys(JSON.parse(sealed)), ["format", "version", "sealed"]);
		assert.doesNotMatch(sealed, /"d":|demo|127\.0\.0\.1/);
		const id = server.startChallenge();
		assert.equal((await authenticator.json(0, "approve", id))[0].state, "approved");
		assert.equal((await authenticator.run("passphrase", "--new", second)).code, 0);
		assert.equal((await authenticator.run("list")).code, 1);
		authenticator.env.SYMBOLON_AUTHENTICATOR_PASSPHRASE_FILE = second;
		assert.equal((await authenticator.json(0, "list")).length, 1);
		assert.equal((await authenticator.run("passphrase", "--remove")).code, 0);
		assert.equal(JSON.parse(readFileSync(authenticator.file)).accounts.length, 1);
	});

	test("at_a_terminal_the_passphrase_is_asked_for_without_echo", async () => {
		await authenticator.json(0, "add", uri(secretA));
		const typed = "correct horse battery";
		const seal = authenticator.startAtTerminal("passphrase");
		for (const prompt of [/New passphrase: /, /Again: /]) {
			await seal.says(prompt);
			seal.type(typed);
		}
		await seal.says(/The vault is sealed/);
		assert.equal((await seal.done).code, 0);
		const open = authenticator.startAtTerminal("code");
		await open.says(/Passphrase of the authenticator: /);
		open.type(typed);
		await open.says(/\d{6}.*Example:demo/);
		await open.done;
		assert.doesNotMatch(seal.out + open.out, /horse/);
		const wrong = authenticator.startAtTerminal("code");
		await wrong.says(/Passphrase of the authenticator: /);
		wrong.type("something else");
		await wrong.says(/the passphrase is wrong/);
		assert.equal((await wrong.done).code, 1);
	});

	test("an_altered_sealed_vault_is_refused_and_left_alone", async () => {
		const file = join(base, "phrase");
		writeFileSync(file, "correct horse battery\n");
		authenticator.env.SYMBOLON_AUTHENTICATOR_PASSPHRASE_FILE = file;
		await authenticator.json(0, "add", uri(secretA));
		assert.equal((await authenticator.run("passphrase")).code, 0);
		const vault = JSON.parse(readFileSync(authenticator.file));
		const box = Buffer.from(vault.sealed.box, "base64url");
		box[box.length - 1] ^= 1;
		vault.sealed.box = box.toString("base64url");
		writeFileSync(authenticator.file, JSON.stringify(vault));
		const before = readFileSync(authenticator.file, "utf8");
		assert.equal((await authenticator.run("list")).code, 1);
		assert.equal((await authenticator.run("add", uri(secretB))).code, 1);
		assert.equal(readFileSync(authenticator.file, "utf8"), before);
	});

	test("no_passphrase_and_no_terminal_is_said", async () => {
		const file = join(base, "phrase2");
		writeFileSync(file, "short\n");
		await authenticator.json(0, "add", uri(secretA));
		assert.equal((await authenticator.run("passphrase", "--new", file)).code, 1);
		assert.ok(JSON.parse(readFileSync(authenticator.file)).codes);
	});

	test("wide_permissions_are_refused", async () => {
		await authenticator.json(0, "add", uri(secretA));
		chmodSync(authenticator.file, 0o640);
		const result = await authenticator.run("code");
		assert.equal(result.code, 1);
		assert.match(result.err, /chmod 600/);
		chmodSync(authenticator.file, 0o600);
		chmodSync(authenticator.folder, 0o777);
		assert.equal((await authenticator.run("code")).code, 1);
	});

	for (const damage of ["", "{", "[]", '{"format":"other","version":1}', '{"format":"symbolon-authenticator","version":2,"accounts":[],"codes":[],"recent":[]}',
		'{"format":"symbolon-authenticator","version":1,"accounts":[{}],"codes":[],"recent":[]}',
		'{"format":"symbolon-authenticator","version":1,"sealed":{"kdf":"none","salt":"","box":""}}'])
		test(`a_damaged_vault_is_left_as_it_is: ${damage}`, async () => {
			await authenticator.run("list");
			writeFileSync(authenticator.file, damage, { mode: 0o600 });
			assert.equal((await authenticator.run("add", uri(secretA))).code, 3);
			assert.equal(readFileSync(authenticator.file, "utf8"), damage);
		});

	test("twenty_at_a_time_lose_nothing", async () => {
		const secrets = Array.from({ length: 20 }, (_, i) => `GEZDGNBVGY3TQOJQGEZDGNBVGY3TQO${"ABCDEFGHIJKLMNOPQRST"[i]}A`);
		const results = await Promise.all(secrets.map((secret, i) => authenticator.run("add", uri(secret, `Example:demo${i}`))));
		assert.deepEqual(results.map(({ code }) => code), Array(20).fill(0));
		assert.equal((await authenticator.json(0, "list")).length, 20);
	});

	test("import_keeps_both_and_counts", async () => {
		const file = join(base, "list.txt");
		writeFileSync(file, `\ufeff# mine\n\n${uri(secretA)}\r\n${uri(secretB)}\nnot a code\n${uri(secretA)}\n`);
		const [counts] = await authenticator.json(1, "import", file);
		const { added, same, beside, problems, codes, not_understood } = counts;
		assert.deepEqual([added, same, beside, problems], [2, 1, 1, 1]);
		assert.deepEqual(codes.map(({ result }) => result), ["new", "beside", "same"]);
		assert.deepEqual(not_understood, [{ where: "line 5", reason: "This is not an otpauth:// link." }]);
		assert.equal((await authenticator.json(0, "code", "demo")).length, 2);
	});

	test("export_is_private_and_overwrites_only_by_force", async () => {
		await authenticator.json(0, "add", uri(secretA));
		const file = join(base, "out.txt");
		const result = await authenticator.run("export", file);
		assert.equal(result.code, 0);
		assert.match(result.err, /plain/);
		assert.equal(statSync(file).mode & 0o777, 0o600);
		assert.match(readFileSync(file, "utf8"), new RegExp(`^otpauth://totp/Example:demo\\?secret=${secretA}`));
		assert.equal((await authenticator.run("export", file)).code, 1);
		chmodSync(file, 0o644);
		assert.equal((await authenticator.run("export", file, "--force")).code, 0);
		assert.equal(statSync(file).mode & 0o777, 0o600);
		const other = new Authenticator();
		const [{ added, same, beside, problems }] = await other.json(0, "import", file);
		assert.deepEqual([added, same, beside, problems], [1, 0, 0, 0]);
	});

	test("an_ambiguous_name_lists_and_prints_no_code", async () => {
		await authenticator.json(0, "add", uri(secretA, "Example:demo"));
		await authenticator.json(0, "add", uri(secretB, "Example:demo2"));
		const result = await authenticator.run("code", "exam");
		assert.equal(result.code, 2);
		assert.match(result.err, /Example:demo2/);
		assert.equal(result.out, "");
		assert.equal((await authenticator.json(0, "code", "Example:demo"))[0].id, "Example:demo");
	});

	test("a_code_is_what_rfc_6238_says", async () => {
		const { createHmac } = await import("node:crypto");
		await authenticator.json(0, "add", uri(secretA));
		const expected = (step) => {
			const counter = Buffer.alloc(8);
			counter.writeBigUInt64BE(BigInt(step));
			const mac = createHmac("sha1", "12345678901234567890").update(counter).digest();
			return String((mac.readUInt32BE(mac[19] & 15) & 0x7fffffff) % 1_000_000).padStart(6, "0");
		};
		const before = Math.floor(Date.now() / 30000);
		const [{ code }] = await authenticator.json(0, "code");
		const now = Math.floor(Date.now() / 30000);
		assert.ok([expected(before), expected(now)].includes(code));
	});
});

describe("usage", () => {
	for (const [args, code] of [[["--help"], 0], [["--version"], 0], [[], 2], [["enroll"], 2], [["list", "--number", "1"], 2], [["approve"], 2], [["watch", "x"], 2],
		[["code"], 1], [["expect"], 1], [["approve", "../../x"], 1], [["--frobnicate"], 2], [["watch", "--reconnect-after", "0"], 2]])
		test(`exit_${code}_for: ${args.join(" ")}`, async () => {
			const result = await authenticator.run(...args);
			assert.equal(result.code, code, result.err);
			if (code) assert.match(result.err, /symbolon-authenticator/);
		});
});
