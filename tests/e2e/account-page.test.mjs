// The account page as people use it: Debian's Chromium, the real daemon, codes by oathtool, symbolon-authenticator and a device of our own.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Authenticator } from "../fakes/authenticator.mjs";
import { launch, Person } from "./lib/browser.mjs";
import { Device } from "./lib/device.mjs";
import { PushService } from "./lib/push_service.mjs";
import { PASSWORD, root, Totp, World } from "./lib/world.mjs";

const LIMIT = { timeout: 180_000 };
const ANOTHER = "horse correct battery staple";

let browser;
before(async () => {
	mkdirSync(join(root, "build/shots"), { recursive: true });
	browser = await launch();
});
after(() => browser.close());

// Refusals are part of these tests, and browsers note every one of them.
const REFUSALS = /the server responded with a status of (400|401|403|409)/;
const plain = (text) => text.replace(/[\u2066-\u2069]/g, "");
const named = (words) => new RegExp(words.split(" ").map((word) => `[\u2066-\u2069]*${word}[\u2066-\u2069]*`).join(" "));

class Owner extends Person {
	button(name) {
		return this.page.getByRole("button", { name: typeof name === "string" ? named(name) : name }).first();
	}

	press(name) {
		return this.button(name).click();
	}

	sheet(title) {
		return this.page.getByRole("dialog", { name: typeof title === "string" ? named(title) : title }).waitFor();
	}

	says(text) {
		return this.page.getByText(typeof text === "string" ? named(text) : text).first().waitFor();
	}

	async closed() {
		await this.page.locator("dialog").waitFor({ state: "detached" });
	}

	card(id) {
		return this.page.locator(`section[aria-labelledby=${id}]`);
	}

	// Waits for it: what was added is asked for anew.
	async lists(id, name) {
		await this.card(id).locator(".t > span:first-child").getByText(named(name)).waitFor();
	}

	async names(id) {
		return (await this.card(id).locator(".t > span:first-child").allTextContents()).map(plain);
	}

	// One picture and one look by axe-core; shoot() takes four.
	async look(name) {
		await this.accessible();
		await this.page.screenshot({ path: join(root, "build/shots", `${name}.png`) });
	}

	async visit(world, path = "/account/") {
		await this.page.goto(`${world.issuer}${path}`);
	}

	// What the sign-in page asks, one after the other.
	async prove({ name, password = PASSWORD, ...second }) {
		if (name) await this.identify(name);
		await this.password(password);
		await this.page.locator("#password").waitFor({ state: "detached" });
		await this.secondStep(second);
	}

	async secondStep({ recovery, totp, pass }) {
		const field = recovery ? "#recovery" : pass ? "#pass" : "input[name=code]";
		const way = recovery ? "Recovery code" : pass ? "Temporary pass" : "Authenticator code";
		await this.page.locator(`${field}, .btn.sec:has-text("another way")`).first().waitFor();
		if (!(await this.page.locator(field).count())) {
			await this.page.getByRole("button", { name: "Use another way" }).click();
			await this.page.getByRole("button", { name: way }).click();
		}
		await this.page.locator(field).fill(recovery ?? pass ?? totp);
		await this.page.keyboard.press("Enter");
	}

	async home() {
		await this.page.locator("section.sum h1").waitFor();
		return this.page.locator("section.sum h1").textContent();
	}
}

// With a test clock: `shift(s)` puts the daemon's that much ahead.
async function scene(t, { locale = "en-GB", ...options } = {}) {
	const folder = mkdtempSync(join(tmpdir(), "symbolon-e2e-"));
	t.after(() => rmSync(folder, { recursive: true, force: true }));
	const clock = join(folder, "clock");
	writeFileSync(clock, Buffer.alloc(8));
	const shift = (seconds) => {
		const bytes = Buffer.alloc(8);
		bytes.writeBigInt64LE(BigInt(seconds));
		writeFileSync(clock, bytes, { flag: "r+" });
	};
	const world = await World.open(t, { ...options, env: { SYMBOLON_TEST_CLOCK: clock } });
	const person = await Owner.open(t, browser, { locale });
	return { world, person, shift, folder };
}

async function signedIn(t, options) {
	const here = await scene(t, options);
	const codes = await here.world.addRecovery("demo");
	await here.person.visit(here.world);
	await here.person.prove({ name: "demo", recovery: codes.shift() });
	await here.person.home();
	return { ...here, codes };
}

test("first steps: a temporary pass, a phone by its link, recovery codes, and then the account", LIMIT, async (t) => {
	const { world, person } = await scene(t);
	const [{ pass }] = await world.command(["pass", "issue", "demo"]);
	await person.visit(world);
	await person.identify("demo");
	await person.password(PASSWORD);
	await person.heading("Type your temporary pass");
	await person.look("account-pass");
	await person.secondStep({ pass });
	assert.match(await person.home(), /^Welcome/);
	await person.look("account-first");

	await person.press("Add: Add your phone");
	await person.sheet("Scan this with your phone");
	await person.page.locator(".qr path").waitFor({ state: "attached" });
	await person.shoot("account-add");
	const link = await person.page.getByRole("link", { name: "Use this device" }).getAttribute("href");
	const device = new Device(world.issuer);
	const reply = await device.redeem(link, { claims: { name: "Work phone" } });
	await person.sheet("Type the six digits that Work phone shows");
	await person.look("account-digits");
	await person.page.keyboard.type("12");
	await person.page.keyboard.press("Enter");
	await person.says("Type all six digits.");
	await person.page.locator("dialog .otp input").fill(reply.json.digits);
	await person.page.keyboard.press("Enter");
	await person.sheet("Work phone is yours");
	await person.look("account-added");
	await person.press("Done");
	await person.closed();
	await person.lists("devices", "Work phone");
	assert.equal((await person.names("devices")).length, 1);

	await person.press("Get codes: Save recovery codes");
	await person.press("Get ten codes");
	await person.sheet("Your recovery codes");
	const codes = await person.page.locator(".codes code").allTextContents();
	assert.equal(new Set(codes).size, 10);
	await person.shoot("account-codes");
	await person.page.keyboard.press("Escape");
	await person.sheet("Close without saving?");
	await person.press("Show them again");
	await person.sheet("Your recovery codes");
	assert.deepEqual(await person.page.locator(".codes code").allTextContents(), codes, "nothing was lost");
	const [download] = await Promise.all([person.page.waitForEvent("download"), person.press("Download")]);
	const file = readFileSync(await download.path(), "utf8");
	for (const code of codes) assert.ok(file.includes(code));
	await person.press("I have saved them");
	await person.closed();
	assert.doesNotMatch(await person.page.content(), new RegExp(codes[0]), "and then they are gone");

	await person.says("All set.");
	await person.look("account-first-done");
	await person.page.getByRole("link", { name: "Go on to your account" }).click();
	await person.press("Send the request");
	await device.approve(await pending(device), await person.carried());
	await person.heading("You can always get in");
	await person.shoot("account-home");
	person.calm();
});

async function pending(device) {
	for (;;) {
		const [first] = await device.pending();
		if (first) return device.details(first.id);
		await new Promise((resolve) => setTimeout(resolve, 100));
	}
}

test("devices: symbolon-authenticator by typed code, wrong digits, a second device, renaming, removing", LIMIT, async (t) => {
	const { world, person } = await signedIn(t);
	const typedCode = async () => plain(await person.page.locator("dialog .key").textContent());
	await person.press("Add a device");
	await person.sheet("Scan this with your phone");
	const phone = new Authenticator();
	const task = phone.start("enrol", "--code", await typedCode(), "--issuer", world.issuer, "--json", "--yes");
	const [, digits] = await task.says(/"digits":"(\d{6})"/);
	await person.says("Type the six digits");
	await person.page.locator("dialog .otp input").fill(digits);
	await person.press("Add this device");
	await person.says("is yours");
	assert.equal((await task.done).code, 0);
	await person.press("Done");
	await person.card("devices").locator(".rows > li").first().waitFor();

	await person.press("Add a device");
	await person.sheet("Scan this with your phone");
	const link = await person.page.getByRole("link", { name: "Use this device" }).getAttribute("href");
	const stranger = new Device(world.issuer);
	await stranger.redeem(link, { claims: { name: "Somebody’s phone" } });
	assert.equal((await new Device(world.issuer).redeem(link)).status, 409);
	await person.says("A second device tried the same code");
	await person.look("account-contested");
	await person.press("That is not my device");
	await person.says("Two devices tried");
	await person.press("Start again");
	await person.sheet("Scan this with your phone");
	const other = new Device(world.issuer);
	const { json } = await other.redeem(await person.page.getByRole("link", { name: "Use this device" }).getAttribute("href"));
	await person.says("Type the six digits");
	await person.page.locator("dialog .otp input").fill(json.digits === "000000" ? "000001" : "000000");
	await person.page.keyboard.press("Enter");
	await person.sheet("Those were not the digits");
	await person.look("account-wrong-digits");
	await person.press("Close");
	await person.closed();
	assert.equal((await person.names("devices")).length, 1, "nobody else was added");

	await person.card("devices").getByRole("button").nth(1).click();
	await person.page.locator("#name").fill("\u202etelbat dlO");
	await person.press("Save name");
	await person.says("It is called");
	await person.look("account-device");
	await person.page.locator("#name").fill("");
	await person.press("Save name");
	await person.says("Give it a name first.");
	await person.press("Remove this device");
	await person.sheet(/Remove/);
	assert.deepEqual(await person.names("devices"), ["telbat dlO"], "what turns the direction of writing is gone");
	await person.says("It is your last way to sign in");
	await person.look("account-last");
	person.calm(REFUSALS);
});

test("a test push counts when the device has answered it", LIMIT, async (t) => {
	const service = await PushService.open(t);
	const { world, person } = await signedIn(t, { settings: { push: service.settings } });
	const device = await Device.enrol(world, "demo");
	const subscription = service.subscription((await device.request("GET", "/device")).json.vapid_public_key);
	assert.equal((await device.request("PUT", "/device/push", subscription.json)).status, 200);
	const nonceOf = (message) => new URL(subscription.open(message.body).notification.navigate).hash.slice(3);
	const nonce = async (but) => nonceOf(await service.next((one) => one.path === subscription.path && nonceOf(one) !== but));
	const first = await nonce();
	await person.page.reload();
	await person.press("Test device");
	await person.says("Not tested yet");
	await person.press("Send a test");
	await person.says("A test is on its way.");
	assert.equal((await device.request("POST", "/device/push/echo", { nonce: await nonce(first) })).status, 200);
	await person.says("The test arrived.");
	await person.look("account-tested");
	await person.page.keyboard.press("Escape");
	await person.closed();
	await person.card("devices").getByText("Ready").waitFor();
	person.calm();
});

test("codes: an app by its key, wrong and right, the last one stays, recovery codes work in a sign-in", LIMIT, async (t) => {
	const { world, person } = await signedIn(t);
	await person.press("Set up: Authenticator codes");
	await person.sheet("Scan this with your authenticator app");
	await person.page.locator(".qr path").waitFor({ state: "attached" });
	const secret = plain(await person.page.locator("dialog .key").textContent()).replace(/ /g, "");
	const seed = new Totp(`otpauth://totp/x?secret=${secret}`);
	await person.shoot("account-totp");
	const type = async (code) => { await person.page.locator("dialog .otp input").fill(code); await person.page.keyboard.press("Enter"); };
	await type(await seed.wrong());
	await person.says("That code is not right.");
	assert.equal(await person.page.locator("dialog .otp input").inputValue(), "");
	await type(await seed.code());
	await person.sheet("Authenticator codes are on");
	await person.press("Done");
	await person.closed();

	await person.card("ways").getByRole("button", { name: named("Codes Added") }).click();
	await person.page.locator("#name").fill("Tablet app");
	await person.press("Save name");
	await person.says("It is called Tablet app now.");
	await person.press("Turn off");
	await person.says("They are your last way to sign in");
	await person.press("Back");
	await person.page.keyboard.press("Escape");
	await person.closed();

	await person.press("New codes: Recovery codes");
	await person.press("Get new codes");
	await person.sheet("Your recovery codes");
	const [code] = await person.page.locator(".codes code").allTextContents();
	await person.press("I have saved them");
	await person.closed();
	await person.press("Sign out");
	await person.says("You are signed out");
	await person.look("account-signed-out");
	await person.page.getByRole("link", { name: "Sign in" }).click();
	await person.prove({ name: "demo", recovery: code });
	await person.home();
	assert.match(await person.card("ways").textContent(), /9 of 10 left/);

	// A device beside them: now they may go.
	await Device.enrol(world, "demo");
	await person.page.reload();
	await person.card("ways").getByRole("button", { name: named("Tablet app Added") }).click();
	await person.press("Turn off");
	await person.sheet("Turn off Tablet app");
	await person.page.getByRole("dialog").getByRole("button", { name: "Turn off" }).click();
	await person.closed();
	await person.button("Set up: Authenticator codes").waitFor();
	person.calm(REFUSALS);
});

test("fresh proof: away to sign in and back to what was begun, with nothing lost", LIMIT, async (t) => {
	const { world, person, shift, codes } = await signedIn(t);
	const device = await Device.enrol(world, "demo");
	const seed = await world.addTotp("demo");
	shift(400);
	await person.page.reload();
	await person.press("Test device");
	await person.press("Remove this device");
	await person.sheet("First, show that it is you");
	await person.look("account-proof");
	await person.press("Continue");
	await person.prove({ recovery: codes.shift() });
	await person.sheet("Remove Test device");
	assert.equal(new URL(person.page.url()).hash, "", "the word in the address is used up");
	await person.press("Remove it");
	await person.says("Test device is removed.");
	assert.equal((await device.request("GET", "/device")).status, 401);

	// The proof runs out while the sheet is open: the server says so.
	await person.press("Download: Your data");
	await person.sheet("Download your data?");
	shift(800);
	await person.page.getByRole("dialog").getByRole("button", { name: "Download" }).click();
	await person.sheet("First, show that it is you");
	await person.press("Continue");
	await person.prove({ recovery: codes.shift() });
	await person.sheet("Download your data?");
	const [download] = await Promise.all([person.page.waitForEvent("download"), person.page.getByRole("dialog").getByRole("button", { name: "Download" }).click()]);
	const data = JSON.parse(readFileSync(await download.path(), "utf8"));
	assert.equal(data.format, "symbolon-export-1");
	assert.equal(data.user.username, "demo");
	assert.ok(!JSON.stringify(data).includes(seed.secret));

	// Another person's link with the same word begins nothing.
	await person.visit(world, "/account/#export");
	await person.page.reload();
	await person.home();
	assert.equal(await person.page.locator("dialog").count(), 0);
	person.calm(REFUSALS);
});

test("sessions, browsers and the password: the others notice; the history tells it all", LIMIT, async (t) => {
	const { world, person, codes } = await signedIn(t);
	const other = await Owner.open(t, browser, { userAgent: "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1" });
	await other.visit(world);
	await other.prove({ name: "demo", recovery: codes.shift() });
	await other.home();

	const nudge = (who) => who.page.evaluate(() => dispatchEvent(new Event("focus")));
	await nudge(person);
	await person.button("End the session on Safari on iPhone").waitFor();
	await person.press("End the session on Safari on iPhone");
	await person.press("Sign it out");
	await person.says("Safari on iPhone is signed out.");
	await nudge(other);
	await other.says("You were signed out");
	await other.look("account-ended");

	await other.page.getByRole("link", { name: "Sign in" }).click();
	await other.prove({ name: "demo", recovery: codes.shift() });
	await other.home();
	await person.press("Forget Safari on iPhone");
	await person.press("Forget it");
	await person.says("Safari on iPhone is forgotten.");

	await person.press("Change: Password");
	await person.page.locator("#old").fill("wrong horse battery");
	await person.page.locator("#new").fill(ANOTHER);
	await person.page.keyboard.press("Enter");
	await person.says("That is not your password now.");
	await person.look("account-password");
	await person.page.locator("#old").fill(PASSWORD);
	await person.page.locator("#new").fill("short");
	await person.page.keyboard.press("Enter");
	await person.page.locator("#new-wrong").getByText(/\w/).waitFor();
	await person.page.locator("#new").fill(ANOTHER);
	await person.page.keyboard.press("Enter");
	await person.says("Your password is changed.");
	await nudge(other);
	await other.says("You were signed out");
	await nudge(person);
	await person.says("Only this browser is signed in.");

	await person.page.getByRole("link", { name: "See all" }).click();
	await person.heading("Your sign-ins");
	await person.says("Password changed");
	for (const words of ["A browser was signed out", "A browser was forgotten", "Your account page"]) await person.says(words);
	await person.shoot("account-history");
	await person.page.getByText("Changes", { exact: true }).click();
	await person.page.getByText("Your account page").first().waitFor({ state: "detached" });
	await person.page.getByText("All", { exact: true }).click();
	await person.page.getByRole("button", { name: named("Your account page Password") }).first().click();
	await person.says("Your account asks for");
	await person.look("account-entry");
	await person.press("It was me");
	await person.page.getByRole("link", { name: "Back to your account" }).click();
	await person.home();
	person.calm(REFUSALS);
	other.calm(REFUSALS);
});

test("somebody else tries: the first card says so, and what to do", LIMIT, async (t) => {
	const { world, person } = await signedIn(t);
	const device = await Device.enrol(world, "demo");
	const stranger = await Owner.open(t, browser);
	await stranger.visit(world);
	await stranger.identify("demo");
	await stranger.password(PASSWORD);
	const challenge = await pending(device);
	assert.equal((await device.answer(challenge, "report")).status, 200);
	await person.page.reload();
	await person.heading("Someone tried to get in");
	await person.says("You said “It’s not me”");
	await person.look("account-alarm");
	await person.press("Change: Change your password");
	await person.sheet("Change your password");
	person.calm(REFUSALS);
});

test("from right to left, with hostile names, by the keyboard alone", LIMIT, async (t) => {
	const { world, person } = await scene(t, { locale: "ar" });
	const [code] = await world.addRecovery("demo");
	const page = person.page;
	const key = (name, times = 1) => Array.from({ length: times }).reduce((done) => done.then(() => page.keyboard.press(name)), Promise.resolve());
	await person.visit(world);
	await page.locator("#username").fill("demo");
	await key("Enter");
	await page.locator("#password").fill(PASSWORD);
	await key("Enter");
	await page.locator("#recovery").fill(code);
	await key("Enter");
	await person.home();
	assert.equal(await page.evaluate(() => document.documentElement.dir), "rtl");

	// Skip link, then to "add", which opens by Enter and gives the focus back when it closes.
	await key("Tab");
	assert.equal(await page.evaluate(() => document.activeElement.className), "skip");
	await key("Enter");
	assert.equal(await page.evaluate(() => document.activeElement.id), "hi");
	await key("Tab");
	const opener = await page.evaluate(() => document.activeElement.textContent);
	await key("Enter");
	await page.locator("dialog .qr path").waitFor({ state: "attached" });
	assert.ok(await page.evaluate(() => document.querySelector("dialog").contains(document.activeElement)));
	await person.look("account-ar-add");
	const link = await page.locator("dialog a[target=_blank]").getAttribute("href");
	const nasty = "\u{1F4F1}</script><b>&amp; جهاز e\u0301";
	const device = new Device(world.issuer);
	const reply = await device.redeem(link, { claims: { name: nasty } });
	assert.equal(reply.status, 202, reply.text);
	await page.locator("dialog .otp input").waitFor();
	await page.keyboard.type(reply.json.digits);
	await key("Enter");
	await page.locator("dialog .end").waitFor();
	await key("Escape");
	await person.closed();
	assert.ok(opener);
	await person.card("devices").locator(".rows > li").first().waitFor();
	assert.deepEqual(await person.names("devices"), [nasty], "shown as it is, and as text");
	await person.shoot("account-ar-home");

	// 200 % zoom of a small screen: nothing runs out sideways.
	await page.setViewportSize({ width: 320, height: 400 });
	assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
	person.calm();
});
