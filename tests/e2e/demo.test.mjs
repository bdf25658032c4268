// demo/run as a newcomer starts it, with the real authenticator command on the other side.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { launch, Person } from "./lib/browser.mjs";
import { NO_PUSH } from "./lib/webapp.mjs";
import { bin, freePort, root, start } from "./lib/world.mjs";

const LIMIT = { timeout: 120_000 };
let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

const listen = (port) => new Promise((resolve) => {
	const server = createServer();
	server.on("error", () => resolve(null));
	server.listen(port, "127.0.0.1", () => resolve(server));
});

// Four free ports in a row.
async function freeBase() {
	for (;;) {
		const base = await freePort();
		if (base > 64_000) continue;
		const servers = await Promise.all([0, 1, 2, 3].map((at) => listen(base + at)));
		servers.forEach((server) => server?.close());
		if (servers.every(Boolean)) return base;
	}
}

const demo = (base, ...args) => start(join(root, "demo/run"), args, { env: { SYMBOLON_BIN: bin, SYMBOLON_DEMO_PORT: String(base) } });

test("three services, three prompts, answered by the authenticator command; nothing is left behind", LIMIT, async (t) => {
	const task = demo(await freeBase(), "--headless");
	t.after(() => task.child.kill("SIGTERM"));
	const [line] = await task.says(/\{.*"authenticator".*\}\n/);
	const told = JSON.parse(line);
	const phone = (...args) => start(join(bin, "symbolon-authenticator"), args, { env: { SYMBOLON_AUTHENTICATOR_DIR: told.authenticator }, input: "" }).done;
	const answer = async (...number) => {
		const { out } = await phone("pending", "--json");
		const id = /"id": *"([^"]+)"/.exec(out)?.[1];
		assert.ok(id, out);
		const result = await phone("approve", id, "--yes", ...number.flatMap((one) => ["--number", one]));
		assert.equal(result.code, 0, result.out + result.err);
	};
	const person = await Person.open(t, browser);
	const { page } = person;
	const signedIn = async (acr) => {
		await page.getByText("Signed in as").waitFor();
		await page.locator("dd code", { hasText: new RegExp(`^${acr}$`) }).first().waitFor();
	};

	await page.goto(told.wiki);
	await person.shoot("demo-signed-out");
	await page.getByRole("link", { name: "Sign in" }).click();
	await person.identify(told.username);
	await person.heading("Compare this code with your phone");
	await answer();
	await signedIn("swk");
	await person.shoot("demo-signed-in");

	await page.getByRole("link", { name: "Mail" }).click();
	await page.getByRole("link", { name: "Sign in" }).click();
	const send = page.getByRole("button", { name: "Send the request" });
	await send.or(page.locator("#carry")).first().waitFor({ state: "attached" });
	if (await send.isVisible()) await send.click();
	await person.heading("Tap this number on your phone");
	await answer(await person.carried());
	await signedIn("swk");

	await page.getByRole("link", { name: "Payroll" }).click();
	await page.getByRole("link", { name: "Sign in" }).click();
	await person.password(told.password);
	await person.heading("Type this number on your phone");
	const number = await person.carried();
	assert.equal(number.length, 2);
	await answer(number);
	await signedIn("mfa");
	await page.getByRole("link", { name: "Sign out" }).click();
	await page.getByRole("link", { name: "Sign in" }).waitFor();
	person.calm();

	task.child.stdin.end();
	const { code, err } = await task.done;
	assert.equal(code, 0, err);
	assert.doesNotMatch(err, /Sanitizer/);
	assert.equal(existsSync(dirname(told.authenticator)), false, "its folder is gone");
	for (const address of [told.issuer, told.wiki, told.mail, told.payroll]) await assert.rejects(fetch(address));
});

test("a newcomer makes an authenticator of the browser and signs in, with no phone", LIMIT, async (t) => {
	const base = await freeBase();
	const task = demo(base);
	t.after(() => task.child.kill("SIGTERM"));
	const newcomer = await Person.open(t, browser, { permissions: ["notifications"] });
	const link = async () => (await task.says(/(http:\/\/localhost:\d+\/a\/#e1\.\S+)/))[1];
	const digits = async () => (await newcomer.page.locator("#digits").textContent()).replace(/\D/g, "");
	const open = async () => {
		await newcomer.page.goto("about:blank");
		await newcomer.page.goto(await link());
		await newcomer.page.locator("#enrol").getByRole("button", { name: "Add account" }).click();
		await newcomer.page.locator("#digits").waitFor({ state: "attached" });
	};
	await open();
	task.type((await digits()) === "000000" ? "000001" : "000000");
	await task.says(/Those were not the digits/);
	await newcomer.page.getByText("This enrolment is over").waitFor();
	await open();
	task.type(await digits());
	await newcomer.page.getByRole("heading", { name: "Ready to approve" }).waitFor();
	const [, password] = await task.says(/password +(\S+)/);
	const tab = await newcomer.context.newPage();
	await tab.goto(`http://localhost:${base + 1}`);
	await tab.getByRole("link", { name: "Sign in" }).click();
	await newcomer.identify("demo", tab);
	const code = await newcomer.carried(tab);
	await newcomer.page.bringToFront();
	await newcomer.page.locator("#enrol").getByRole("button").last().click();
	await newcomer.page.locator("#request").waitFor();
	assert.equal((await newcomer.page.locator("#carry").textContent()).replace(/^.*: /, "").replace(/ /g, ""), code);
	await newcomer.page.getByRole("button", { name: "The codes match" }).click();
	await tab.getByText("Signed in as").waitFor();
	assert.ok(password.length >= 12);
	newcomer.calm(new RegExp(`${NO_PUSH.source}|status of 4(01|10)`));
	task.child.kill("SIGINT");
	await task.done;
	await assert.rejects(fetch(`http://localhost:${base}/healthz`));
});

test("a newcomer who only presses Enter answers in the terminal", LIMIT, async (t) => {
	const base = await freeBase();
	const task = demo(base);
	t.after(() => task.child.kill("SIGTERM"));
	await task.says(/Type the six digits/);
	task.type("");
	await task.says(/This terminal is the authenticator/);
	await task.says(new RegExp(`http://localhost:${base + 1}`));
	const [, password] = await task.says(/password +(\S+)/);
	assert.ok(password.length >= 12);
	await task.says(/symbolon explain demo payroll --config (\S+)/);
	await task.says(/Ctrl-C ends everything/);
	const services = await fetch(`http://localhost:${base + 1}`);
	assert.equal(services.status, 200);
	task.child.kill("SIGINT");
	await task.done;
	await assert.rejects(fetch(`http://localhost:${base}/healthz`));
	await assert.rejects(fetch(`http://localhost:${base + 1}`));
});

test("a taken port is named, with the way out", LIMIT, async (t) => {
	const base = await freeBase();
	const holder = await listen(base + 2);
	t.after(() => holder.close());
	const { code, err } = await demo(base, "--headless").done;
	assert.equal(code, 1);
	assert.match(err, new RegExp(`port ${base + 2} is taken.*SYMBOLON_DEMO_PORT`));
});
