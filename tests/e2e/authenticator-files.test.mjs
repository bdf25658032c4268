// symbolon-authenticator import and export: files of other authenticators, and its own.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Authenticator, base } from "../fakes/authenticator.mjs";

const data = fileURLToPath(new URL("../data/import/", import.meta.url));
const expected = JSON.parse(readFileSync(join(data, "expected.json"), "utf8"));

let authenticator;
beforeEach(() => {
	authenticator = new Authenticator();
});

let files = 0;
const fileOf = (content) => {
	const file = join(base, `file${(files += 1)}`);
	writeFileSync(file, content);
	return file;
};
const passphrase = fileOf("correct horse battery staple\n");
const codesOf = (one) => JSON.parse(readFileSync(one.file, "utf8")).codes;
const bare = (codes) => codes.map(({ added_at, ...rest }) => rest);

test("an_import_says_what_is_new_same_beside_and_not_understood", async () => {
	const args = ["import", join(data, "aegis-sealed.json"), "--passphrase-file", passphrase];
	const [first] = await authenticator.json(1, ...args);
	assert.deepEqual([first.format, first.added, first.same, first.beside, first.problems], ["Aegis", 8, 0, 0, 1]);
	assert.deepEqual(first.not_understood.map(({ where }) => where), ["code 9 (Counter, demo)"]);
	assert.deepEqual(bare(codesOf(authenticator)), expected["aegis-sealed.json"].codes);
	const [second] = await authenticator.json(1, ...args);
	assert.deepEqual([second.added, second.same], [0, 8]);
	const [{ uri }] = expected["aegis-sealed.json"].codes;
	const other = fileOf(uri.replace(/secret=\w{4}/, "secret=AAAA"));
	const result = await authenticator.run("import", other);
	assert.match(result.out, /1 added, 0 here already[\s\S]*both are kept:\n {2}Payroll:demo\n/);
	assert.equal(codesOf(authenticator).length, 9);
});

test("a_wrong_passphrase_imports_nothing", async () => {
	const wrong = fileOf("correct horse battery stable\n");
	const result = await authenticator.run("import", join(data, "twofas-sealed.2fas"), "--passphrase-file", wrong);
	assert.equal(result.code, 1);
	assert.match(result.err, /password is wrong/);
	assert.equal((await authenticator.json(0, "list")).length, 0);
});

test("an_encrypted_export_of_bitwarden_is_refused_with_a_way_out", async () => {
	const result = await authenticator.run("import", join(data, "bitwarden-sealed.json"));
	assert.equal(result.code, 1);
	assert.match(result.err, /without encryption/);
});

test("export_and_import_lose_nothing", async () => {
	await authenticator.json(0, "import", join(data, "symbolon.json"));
	for (const format of ["encrypted", "plain"]) {
		const file = join(base, `export-${format}`);
		await authenticator.json(0, "export", file, "--format", format, ...(format === "encrypted" ? ["--passphrase-file", passphrase] : []));
		assert.equal(statSync(file).mode & 0o777, 0o600);
		const text = readFileSync(file, "utf8");
		assert.equal(text.includes("Payroll"), format === "plain");
		const other = new Authenticator();
		await other.json(0, "import", file, "--passphrase-file", passphrase);
		assert.deepEqual(codesOf(other), codesOf(authenticator));
	}
});

test("an_export_wants_a_real_passphrase_and_a_known_format", async () => {
	const file = join(base, "never");
	assert.equal((await authenticator.run("export", file, "--format", "encrypted", "--passphrase-file", fileOf("short\n"))).code, 1);
	assert.equal((await authenticator.run("export", file, "--format", "zip")).code, 2);
	assert.throws(() => statSync(file));
});

test("a_sealed_vault_holds_two_thousand_codes", async () => {
	const lines = Array.from({ length: 2000 }, (_, i) => `otpauth://totp/Example:demo${i}?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ`);
	await authenticator.json(0, "passphrase", "--new", passphrase);
	authenticator.env.SYMBOLON_AUTHENTICATOR_PASSPHRASE_FILE = passphrase;
	const [counts] = await authenticator.json(0, "import", fileOf(lines.join("\n")));
	assert.equal(counts.added, 2000);
	assert.equal((await authenticator.json(0, "code", "demo1999")).length, 1);
});

// The codes of every file, of all three hashes, 6 to 8 digits and odd periods, beside what oathtool makes.
test("codes_of_imported_entries_equal_oathtools", async () => {
	await authenticator.json(0, "import", join(data, "symbolon.json"));
	const odd = [["SHA256", 7, 45], ["SHA512", 8, 61], ["SHA1", 8, 17], ["SHA256", 6, 300]];
	await authenticator.json(0, "import", fileOf(odd.map(([hash, digits, period], i) =>
		`otpauth://totp/Odd:demo${i}?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&algorithm=${hash}&digits=${digits}&period=${period}`).join("\n")));
	const oath = ({ uri }, now) => {
		const query = new URL(uri).searchParams;
		return execFileSync("oathtool", [`--totp=${query.get("algorithm")}`, "-b", "-d", query.get("digits"), "-s", `${query.get("period")}s`, "-N", `@${now}`, query.get("secret")], { encoding: "utf8" }).trim();
	};
	const codes = codesOf(authenticator);
	const before = Math.floor(Date.now() / 1000);
	const printed = await authenticator.json(0, "code");
	const after = Math.floor(Date.now() / 1000);
	const made = codes.map((code) => [oath(code, before), oath(code, after)]);
	assert.equal(printed.length, made.length);
	// A step may begin while the command runs: then either is right.
	printed.forEach(({ code, id }, i) => assert.ok(made[i].includes(code), `${id}: ${code}, oathtool ${made[i]}`));
});
