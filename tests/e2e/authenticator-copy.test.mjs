// symbolon-authenticator code NAME --copy: to a real X11 clipboard (Xvfb and xclip), and by the terminal's own sequence.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, beforeEach, describe, test } from "node:test";
import { Authenticator, base } from "../fakes/authenticator.mjs";

const uri = "otpauth://totp/Example:demo?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&period=300";

describe("x11", () => {
	let xvfb, display, authenticator;
	before(async () => {
		xvfb = spawn("Xvfb", ["-displayfd", "3", "-screen", "0", "64x64x8", "-nolisten", "tcp"], { stdio: ["ignore", "ignore", "ignore", "pipe"] });
		let said = "";
		for await (const bytes of xvfb.stdio[3]) {
			said += bytes;
			if (said.includes("\n")) break;
		}
		display = `:${said.trim()}`;
	});
	after(() => xvfb.kill());
	beforeEach(async () => {
		authenticator = new Authenticator({ DISPLAY: display, WAYLAND_DISPLAY: "" });
		await authenticator.json(0, "add", uri);
	});
	const xclip = (...args) => spawnSync("xclip", ["-selection", "clipboard", ...args], { env: { ...process.env, DISPLAY: display }, encoding: "utf8", timeout: 20000 });
	// xclip stays behind to serve what was copied, so its output goes nowhere.
	const put = (text) => spawnSync("xclip", ["-selection", "clipboard", "-in"], { env: { ...process.env, DISPLAY: display }, input: text, stdio: ["pipe", "ignore", "ignore"], timeout: 20000 });
	const until = async (condition) => {
		while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
	};

	test("the_code_is_copied_and_cleared", async () => {
		const [{ code }] = await authenticator.json(0, "code", "demo");
		const [said] = await authenticator.json(0, "code", "demo", "--copy", "--clear-after", "1");
		assert.equal(said.copied, true);
		assert.equal(said.cleared_after_s, 1);
		assert.equal("code" in said, false);
		await until(() => xclip("-out").stdout === "");
		put(code); // and the clipboard works still
		assert.equal(xclip("-out").stdout, code);
	});

	test("what_was_copied_since_stays", async () => {
		const cleared = join(mkdtempSync(join(base, "bin-")), "xclip");
		const log = `${cleared}.log`;
		// The real xclip behind a script that tells when it was asked what the clipboard holds.
		writeFileSync(cleared, `#!/bin/sh\ncase " $* " in *" -out "*) /usr/bin/xclip "$@"; s=$?; echo asked >>${log}; exit $s;; esac\nexec /usr/bin/xclip "$@"\n`);
		chmodSync(cleared, 0o755);
		authenticator.env.PATH = `${join(cleared, "..")}:${process.env.PATH}`;
		await authenticator.json(0, "code", "demo", "--copy", "--clear-after", "1");
		put("something else");
		await until(() => existsSync(log) && readFileSync(log, "utf8").includes("asked"));
		assert.equal(xclip("-out").stdout, "something else");
	});

	test("nought_never_clears", async () => {
		const [said] = await authenticator.json(0, "code", "demo", "--copy", "--clear-after", "0");
		assert.equal(said.cleared_after_s, 0);
		assert.match(xclip("-out").stdout, /^\d{6}$/);
	});

	test("a_display_that_is_gone_is_said", async () => {
		authenticator.env.DISPLAY = ":4711";
		const result = await authenticator.run("code", "demo", "--copy");
		assert.equal(result.code, 3);
		assert.match(result.err, /xclip failed: the code was not copied/);
	});
});

describe("without_a_display", () => {
	let authenticator;
	beforeEach(async () => {
		authenticator = new Authenticator({ DISPLAY: "", WAYLAND_DISPLAY: "" });
		await authenticator.json(0, "add", uri);
	});

	test("no_way_is_said", async () => {
		const result = await authenticator.run("code", "demo", "--copy");
		assert.equal(result.code, 3);
		assert.match(result.err, /no way to a clipboard: install wl-clipboard/);
	});

	test("the_terminal_takes_it", async () => {
		const [{ code }] = await authenticator.json(0, "code", "demo");
		const { out } = await authenticator.startAtTerminal("code", "demo", "--copy").done;
		const [{ code: later }] = await authenticator.json(0, "code", "demo");
		const [, copied] = out.match(/\x1b\]52;c;([A-Za-z0-9+/=]+)\x07/);
		assert.ok([code, later].includes(Buffer.from(copied, "base64").toString())); // a step may begin in between
		assert.match(out, /cannot be read back/);
	});

	test("one_name_is_needed", async () => {
		assert.equal((await authenticator.run("code", "--copy")).code, 2);
		await authenticator.json(0, "add", uri.replace("GEZD", "AAAA"));
		const result = await authenticator.run("code", "demo", "--copy");
		assert.equal(result.code, 2);
		assert.match(result.err, /2 secrets are kept/);
	});
});
