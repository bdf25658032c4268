// One file carries codes between the web authenticator and the command, sealed, both ways, and nothing is lost.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { launch } from "./lib/browser.mjs";
import { Keeper } from "./lib/codes.mjs";
import { bin, root, start, World } from "./lib/world.mjs";

const PASSPHRASE = "correct horse battery";
const files = join(root, "tests/data/import");

// The command with a vault of its own in the world's folder.
function commandOf(world, vault) {
	const passphraseFile = join(world.folder, "passphrase");
	writeFileSync(passphraseFile, `${PASSPHRASE}\n`, { mode: 0o600 });
	const env = { SYMBOLON_AUTHENTICATOR_DIR: join(world.folder, vault) };
	return async (...args) => {
		const { code, out, err } = await start(join(bin, "symbolon-authenticator"), [...args, "--passphrase-file", passphraseFile], { input: "", env }).done;
		assert.equal(code, 0, `${args.join(" ")}: ${out}${err}`);
		return out;
	};
}

const codesIn = (file) => JSON.parse(readFileSync(file, "utf8")).codes.map(({ uri, group = "", pinned = false }) => ({ uri, group, pinned }));

test("web app → command → web app: every code, group and pin", async (t) => {
	const world = await World.open(t, { users: [] });
	const browser = await launch();
	t.after(() => browser.close());
	const first = await Keeper.open(t, browser, world.issuer);
	await first.go("import");
	await first.choose(join(files, "symbolon.json"));
	await first.title("What is in it");
	await first.press("Add 8 codes");
	await first.title("Codes");
	const fromApp = join(world.folder, "from-app.json");
	await first.exportSealed(PASSPHRASE).then((file) => file.saveAs(fromApp));

	const command = commandOf(world, "vault");
	assert.match(await command("import", fromApp), /8 added/);
	const plain = join(world.folder, "plain.json");
	await command("export", plain, "--format", "plain");
	assert.deepEqual(codesIn(plain), codesIn(join(files, "symbolon.json")));
	const fromCommand = join(world.folder, "from-command.json");
	await command("export", fromCommand, "--format", "encrypted");

	const second = await Keeper.open(t, browser, world.issuer);
	await second.go("import");
	await second.choose(fromCommand);
	await second.page.getByRole("textbox", { name: "Passphrase of the file" }).fill(PASSPHRASE);
	await second.press("Open");
	await second.title("What is in it");
	await second.press("Add 8 codes");
	await second.title("Codes");
	assert.deepEqual(await second.names(), await first.names());
	await second.page.getByText("Work", { exact: true }).click();
	assert.deepEqual(await second.names(), ["Payroll", "Wiki"]);
	first.calm();
	second.calm();
});
