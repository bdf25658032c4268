// The web authenticator as people use it: Debian's Chromium, the real daemon, sign-ins of services on openid-client.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, Person } from "./lib/browser.mjs";
import { Device, startEnrolment } from "./lib/device.mjs";
import { Service } from "./lib/service.mjs";
import { spelled, WebApp, Worker } from "./lib/webapp.mjs";
import { PASSWORD, Totp, World } from "./lib/world.mjs";

const LIMIT = { timeout: 180_000 };
const rule = (client, ...ask) => ({ name: `What ${client} asks`, when: { client }, ask });
const policy = {
	default: { ask: ["password", "push:enter | totp | recovery"] },
	rules: [rule("wiki", "password", "push:confirm | totp"), rule("mail", "password", "push:choose | totp"), rule("payroll", "password", "push:enter:6 | totp | recovery")],
};

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

const scene = (t, { settings, users } = {}) => World.open(t, { policy, settings, users });

// A browser that has gone as far as the number or code; gives what it shows.
async function atPush(t, service, person, username = "demo") {
	await person.page.goto(`${service.origin}/signin?prompt=select_account`);
	await person.identify(username);
	await person.password(PASSWORD);
	return person.carried();
}

async function signIn(t, world, id, username = "demo") {
	const service = await Service.open(world, id);
	const person = await Person.open(t, browser);
	return { service, person, carried: await atPush(t, service, person, username) };
}

const devicesOf = async (world) => (await world.command(["device", "list", "demo"])).flat();

test("the files: one page, hashed files for ever, a worker that is always asked for, each with its policy", LIMIT, async (t) => {
	const world = await scene(t, { users: [] });
	const get = (path) => fetch(`${world.issuer}${path}`);
	const page = await get("/a/");
	const html = await page.text();
	assert.match(page.headers.get("content-security-policy"), /script-src 'self'.*require-trusted-types-for 'script'; trusted-types sw/);
	assert.doesNotMatch(html, /<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=/);
	const files = [...html.matchAll(/"(\/a\/assets\/[^"]+)"/g)].map(([, file]) => file);
	assert.ok(files.length >= 4);
	for (const file of files) assert.equal((await get(file)).headers.get("cache-control"), "public, max-age=31536000, immutable", file);
	const worker = await get("/a/sw.js");
	assert.equal(worker.headers.get("cache-control"), "no-cache");
	assert.match(worker.headers.get("content-security-policy"), /^default-src 'none'; connect-src 'self'/);
	const manifest = await (await get("/a/manifest.webmanifest")).json();
	assert.deepEqual([manifest.id, manifest.start_url, manifest.scope, manifest.display], ["/a/", "/a/", "/a/", "standalone"]);
	for (const { src } of manifest.icons) assert.equal((await get(src)).status, 200, src);
	assert.equal((await get("/a/none.js")).status, 404);
	assert.equal((await get("/a/..%2fsignin/index.html")).status, 400);
});

test("a link adds an account; its secret does not stay in the address; the key cannot be read", LIMIT, async (t) => {
	const world = await scene(t);
	const app = await WebApp.open(t, browser, world);
	await app.sheetTitle("This device is one half");
	await app.shoot("app-welcome");
	const { task, link } = await startEnrolment(world, "demo");
	await app.follow(link);
	await app.sheetTitle("Add an account from");
	assert.equal(new URL(app.page.url()).hash, "#/add");
	await app.shoot("app-add-ask");
	await app.page.locator("#enrol").getByRole("button", { name: "Add account" }).click();
	await app.page.locator("#digits").waitFor({ state: "attached" });
	await app.shoot("app-add-digits");
	// closing the app meanwhile loses nothing
	await app.page.reload();
	const digits = (await app.page.locator("#digits").textContent()).replace(/\D/g, "");
	await task.says(/\{.*"confirm".*\}\n/);
	task.type(digits);
	assert.equal((await task.done).code, 0);
	await app.sheetTitle("Ready to approve");
	await app.shoot("app-added");
	await app.closeAdded();
	const key = await app.page.evaluate(async () => {
		const db = await new Promise((resolve) => { indexedDB.open("symbolon").onsuccess = (event) => resolve(event.target.result); });
		const [account] = await new Promise((resolve) => { db.transaction("accounts").objectStore("accounts").getAll().onsuccess = (event) => resolve(event.target.result); });
		const refused = await crypto.subtle.exportKey("jwk", account.key.privateKey).catch((error) => error.name);
		return { refused, extractable: account.key.privateKey.extractable };
	});
	assert.deepEqual(key, { refused: "InvalidAccessError", extractable: false });
	await app.shoot("app-requests");
	app.calm();
});

test("a typed code adds an account; a wrong one says so; a link of another provider is not ours", LIMIT, async (t) => {
	const world = await scene(t);
	const app = await WebApp.open(t, browser, world);
	await app.page.getByRole("button", { name: "Add an account" }).click();
	const field = app.page.getByLabel("Code or link");
	const go = () => app.page.getByRole("button", { name: "Continue" }).click();
	await go();
	await app.page.getByText("Type the code first.").waitFor();
	await field.fill("not a code");
	await go();
	await app.page.getByText("That is no code and no link.").waitFor();
	await app.glance("app-add-wrong");
	await field.fill("00000-00000");
	await go();
	await app.page.getByText("That code is not right").waitFor();
	await app.glance("app-add-failed");
	await app.press("Back");
	await field.fill("https://id.example.org/a/#e1.ZW5yb2xtZW50LWVucm9sbQ.c2VjcmV0LXNlY3JldC1zZQ");
	await go();
	await app.page.getByText("belongs to another provider").waitFor();
	await app.press("Back");
	const started = await startEnrolment(world, "demo");
	await field.fill(` ${started.code.toLowerCase().replace("-", " ")} `);
	await go();
	await app.acceptEnrolment(started.task);
	await app.closeAdded();
	app.calm(/status of 404/);
});

test("on an iPhone a link is not used up in the browser: first install, then type the code there", LIMIT, async (t) => {
	const world = await scene(t);
	const userAgent = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1";
	const phone = await WebApp.open(t, browser, world, { userAgent });
	await phone.page.getByText("Add to Home Screen").waitFor();
	await phone.shoot("app-iphone");
	const { task, link } = await startEnrolment(world, "demo");
	await phone.follow(link);
	await phone.sheetTitle("Install the app first");
	await phone.glance("app-iphone-link");
	await phone.press("Close");
	const elsewhere = await WebApp.open(t, browser, world);
	await elsewhere.follow(link);
	await elsewhere.acceptEnrolment(task);
	phone.calm();
});

test("two tabs: what one answers the other knows", LIMIT, async (t) => {
	const world = await scene(t);
	const app = await WebApp.enrolled(t, browser, world);
	const second = await app.context.newPage();
	await second.goto(`${world.issuer}/a/`);
	const { person } = await signIn(t, world, "wiki");
	await app.request("Wiki", second);
	await app.request("Wiki");
	await app.press("The codes match", second);
	await app.sheetTitle("It’s a match");
	await app.sheetTitle("It’s a match", second);
	await person.signedIn();
	app.calm();
});

test("confirm: the same five letters on both", LIMIT, async (t) => {
	const world = await scene(t);
	const app = await WebApp.enrolled(t, browser, world);
	const { person, carried } = await signIn(t, world, "wiki");
	await app.request("Wiki");
	assert.equal((await app.page.locator("#carry").textContent()).replace(/^.*: /, "").replace(/ /g, ""), carried);
	await person.page.getByText("Your phone has it").waitFor();
	assert.equal((await app.page.locator("p.why").textContent()).trim(), await person.why());
	await app.page.getByText("New browser", { exact: true }).waitFor();
	await app.shoot("app-confirm");
	await app.press("The codes match");
	await app.sheetTitle("It’s a match");
	await app.shoot("app-approved");
	assert.equal((await person.signedIn()).acr, "mfa");
	await app.press("Done");
	await app.page.getByRole("heading", { name: "Nothing to approve" }).waitFor();
	app.calm();
	person.calm();
});

test("choose: one of three numbers, or none of these", LIMIT, async (t) => {
	const world = await scene(t);
	const app = await WebApp.enrolled(t, browser, world);
	const { service, person, carried } = await signIn(t, world, "mail");
	await app.request("Mail");
	await app.shoot("app-choose");
	await app.press(`Number ${spelled(carried)}`);
	await app.sheetTitle("It’s a match");
	await person.signedIn();
	await app.press("Done");
	const other = await Person.open(t, browser);
	await atPush(t, service, other);
	await app.request("Mail");
	await app.press("None of these");
	await app.sheetTitle("Good call. Nobody got in.");
	await other.heading("Turned down on your phone");
	await app.press("Skip");
	await app.page.getByRole("button", { name: "I’m expecting a sign-in" }).click();
	await app.page.getByText("The next sign-in within 2 minutes will ring this device").waitFor();
	app.calm();
});

test("enter: the pad, sent only by Approve; a wrong number is a refusal", LIMIT, async (t) => {
	const world = await scene(t);
	const app = await WebApp.enrolled(t, browser, world);
	const { service, person, carried } = await signIn(t, world, "payroll");
	await app.request("Payroll");
	const approve = app.page.getByRole("button", { name: "Approve" });
	assert.equal(await approve.getAttribute("aria-disabled"), "true");
	await app.type(carried.slice(0, 3));
	await app.page.getByText("3 of 6 digits").waitFor();
	await app.shoot("app-enter");
	await app.page.getByRole("button", { name: "Delete the last digit" }).click();
	await app.type(carried.slice(2));
	await app.glance("app-enter-full");
	await approve.click();
	await app.sheetTitle("It’s a match");
	await person.signedIn();
	await app.press("Done");
	await person.page.context().clearCookies();
	const next = await atPush(t, service, person);
	await app.request("Payroll");
	await app.type(next === "000000" ? "000001" : "000000");
	await approve.click();
	await app.sheetTitle("The numbers did not match");
	await app.glance("app-wrong");
	await person.heading("The numbers did not match");
	app.calm();
});

test("\"It's not me\" stops the sign-in at once, and the report says why", LIMIT, async (t) => {
	const world = await scene(t);
	const app = await WebApp.enrolled(t, browser, world);
	const { person } = await signIn(t, world, "payroll");
	await app.request("Payroll");
	await app.press("It’s not me");
	await app.sheetTitle("Good call. Nobody got in.");
	await person.heading("Turned down on your phone");
	await app.shoot("app-notme");
	await app.page.getByLabel("Someone asked me to approve").check();
	await app.press("Send report to");
	await app.sheetTitle("Thank you for telling");
	await app.glance("app-reported");
	const reported = (await world.audit("demo")).find((row) => row.event === "challenge.reported");
	const claims = JSON.parse(Buffer.from(reported.receipt.split(".")[1], "base64url"));
	assert.deepEqual([claims.decision, claims.reason], ["report", "asked"]);
	await app.press("Done");
	await app.tab("History");
	await app.page.getByRole("button", { name: /Payroll.*Not me/ }).click();
	await app.sheetTitle("Payroll");
	await app.shoot("app-history-entry");
	app.calm();
});

test("after a refusal a new browser does not pop up: the request waits in the list, and is answered from there", LIMIT, async (t) => {
	const world = await scene(t);
	const app = await WebApp.enrolled(t, browser, world);
	const { service } = await signIn(t, world, "payroll");
	await app.request("Payroll");
	await app.press("It’s not me");
	await app.sheetTitle("Good call. Nobody got in.");
	await app.press("Skip");
	await app.page.locator("#request").waitFor({ state: "detached" });
	const person = await Person.open(t, browser);
	const number = await atPush(t, service, person);
	await person.heading("Open your authenticator");
	await app.page.getByRole("button", { name: "Check now" }).click();
	await app.sheetTitle("Waiting for you");
	assert.equal(await app.page.locator("#request").count(), 0);
	await app.page.getByRole("main").getByRole("button", { name: "Payroll" }).click();
	await app.request("Payroll");
	await app.type(number);
	await app.press("Approve");
	await person.signedIn();
	app.calm();
});

test("a code generator that comes along is kept, and gives the code that oathtool gives", LIMIT, async (t) => {
	const world = await scene(t);
	const app = await WebApp.open(t, browser, world);
	const otpauth = app.page.waitForResponse(async (response) => /\/enrolments\//.test(response.url()) && response.request().method() === "GET" && (await response.json()).totp);
	const { task, link } = await startEnrolment(world, "demo", ["--totp"]);
	await app.follow(link);
	await app.acceptEnrolment(task);
	await app.page.getByText("A code generator came along. It is under Codes.").waitFor();
	await app.closeAdded();
	await app.tab("Codes");
	const seed = new Totp((await (await otpauth).json()).totp);
	const shownCode = async () => (await app.page.locator(".code-digits").first().textContent()).replace(/\D/g, "").slice(0, 6);
	await app.page.locator(".code-digits").first().waitFor();
	let pair;
	do pair = [await seed.code(), await shownCode(), await seed.code()]; while (pair[0] !== pair[2]); // not across the step's end
	assert.equal(pair[1], pair[0]);
	app.calm();
});

test("a push with no tab open: a notification, Not me on it; a forged or late one alarms nobody", LIMIT, async (t) => {
	const world = await scene(t);
	const app = await WebApp.enrolled(t, browser, world);
	const device = await Device.enrol(world, "demo");
	const worker = await Worker.of(app);
	await app.page.goto("about:blank");
	const { person } = await signIn(t, world, "payroll");
	const [{ id }] = await device.pending();
	await worker.pushAbout(`c.${id}`);
	assert.deepEqual(await worker.shows("Sign-in request"), { title: "Sign-in request", tag: `c.${id}`, actions: ["review", "deny"] });
	assert.equal((await device.pending()).length, 1, "a push answers nothing");
	await worker.press("deny");
	await person.heading("Turned down on your phone");
	await worker.shows("Stopped");
	await worker.pushAbout(`c.${id}`);
	await worker.shows("This request is over", `c.${id}`);
	await worker.pushAbout("c.AAAAAAAAAAAAAAAAAAAAAA");
	assert.deepEqual((await worker.shows("This request is over", "c.AAAAAAAAAAAAAAAAAAAAAA")).actions, []);
	await worker.push("not what we send");
	await worker.shows("Something is waiting for you");
	const denied = (await world.audit("demo")).filter((row) => row.event === "challenge.denied");
	assert.equal(denied.length, 1);
});

test("what was approved can be reported from the history: the session ends", LIMIT, async (t) => {
	const world = await scene(t);
	const app = await WebApp.enrolled(t, browser, world);
	const { service, person, carried } = await signIn(t, world, "mail");
	await app.request("Mail");
	await app.press(`Number ${spelled(carried)}`);
	await person.signedIn();
	await app.press("Done");
	await app.tab("History");
	await app.page.getByRole("button", { name: /Mail.*Approved/ }).click();
	await app.press("This was not me");
	await app.press("Send report to");
	await app.sheetTitle("Thank you for telling");
	await person.page.goto(`${service.origin}/signin`);
	await person.heading("Who are you?");
	app.calm();
});

test("several accounts: each request says whose it is, one after the other", LIMIT, async (t) => {
	const world = await scene(t, { users: ["demo", "other"] });
	const app = await WebApp.enrolled(t, browser, world, "demo");
	await app.enrol(world, "other");
	const first = await signIn(t, world, "mail", "demo");
	await app.request("Mail");
	const second = await signIn(t, world, "wiki", "other");
	await app.page.keyboard.press("Escape");
	await app.request("Wiki");
	assert.match(await app.page.locator("#request .facts").textContent(), /other/);
	await app.page.getByRole("button", { name: "Decide later" }).click();
	await app.page.locator("#request").waitFor({ state: "detached" });
	await app.page.getByRole("heading", { name: "Waiting for you" }).waitFor();
	await app.shoot("app-waiting");
	await app.page.getByRole("main").getByRole("button", { name: "Mail" }).click();
	await app.request("Mail");
	await app.press(`Number ${spelled(first.carried)}`);
	await first.person.signedIn();
	await app.press("Done");
	await app.page.getByRole("main").getByRole("button", { name: "Wiki" }).click();
	await app.request("Wiki");
	await app.press("The codes match");
	await second.person.signedIn();
	app.calm();
});

test("a request that ends elsewhere says how: answered by another device, replaced by a newer one", LIMIT, async (t) => {
	const world = await scene(t);
	const app = await WebApp.enrolled(t, browser, world);
	const device = await Device.enrol(world, "demo");
	const first = await signIn(t, world, "mail");
	await app.request("Mail");
	await device.approve(await device.challenge(), first.carried);
	await app.sheetTitle("Already approved");
	await app.shoot("app-elsewhere");
	await first.person.signedIn();
	await app.press("Done");
	await first.person.context.clearCookies();
	await atPush(t, first.service, first.person);
	await app.request("Mail");
	const tab = await first.person.context.newPage();
	await tab.goto(`${first.service.origin}/signin?prompt=select_account`);
	await first.person.identify("demo", tab);
	await first.person.password(PASSWORD, tab);
	await first.person.carried(tab);
	await app.sheetTitle("A newer request took over");
	await app.glance("app-replaced");
	await app.press("Done");
	await app.request("Mail");
	app.calm();
});

test("a request that nobody answers runs out of time, and nothing can be pressed any more", LIMIT, async (t) => {
	const world = await scene(t, { settings: { life: { challenge: 10 } } });
	const app = await WebApp.enrolled(t, browser, world);
	await signIn(t, world, "mail");
	await app.request("Mail");
	await app.sheetTitle("Time ran out");
	assert.equal(await app.page.locator("#request button").count(), 1);
	await app.glance("app-expired");
	app.calm();
});

test("a device that is revoked while the app is open says so, and can be added again", LIMIT, async (t) => {
	const world = await scene(t);
	const app = await WebApp.enrolled(t, browser, world);
	await world.command(["device", "revoke", (await devicesOf(world))[0].id]);
	await app.page.locator("#banner-revoked").waitFor();
	await app.tab("Health");
	await app.page.getByText("Your provider no longer knows this device.").waitFor();
	await app.shoot("app-revoked");
	await app.page.getByRole("button", { name: /^Remove / }).click();
	await app.press("Remove account");
	await app.page.locator("#banner-revoked").waitFor({ state: "detached" });
	await app.enrol(world);
	app.calm(/status of 401/);
});

test("leaving: the provider forgets the device, and so does the app", LIMIT, async (t) => {
	const world = await scene(t);
	const app = await WebApp.enrolled(t, browser, world);
	await app.tab("Health");
	await app.page.locator("#health-contact[data-good=true]").waitFor();
	await app.shoot("app-health");
	await app.page.getByRole("button", { name: /^Remove / }).click();
	await app.sheetTitle(/^Remove .*demo.*\?$/);
	await app.glance("app-leave");
	await app.press("Remove account");
	await app.tab("Requests");
	await app.sheetTitle("This device is one half");
	assert.deepEqual((await devicesOf(world)).map(({ state }) => state), ["revoked"]);
	app.calm(/status of 401/); // what was asked meanwhile
});

test("without a network the app opens, says so, and an answer is kept to be sent again", LIMIT, async (t) => {
	const world = await scene(t);
	const app = await WebApp.enrolled(t, browser, world);
	await app.page.evaluate(() => navigator.serviceWorker.ready);
	const { person, carried } = await signIn(t, world, "payroll");
	await app.request("Payroll");
	await app.type(carried);
	await app.context.setOffline(true);
	await app.press("Approve");
	await app.page.getByText("Not sent: no connection.").waitFor();
	await app.glance("app-unsent");
	await app.context.setOffline(false);
	await app.press("Approve");
	await app.sheetTitle("It’s a match");
	await person.signedIn();
	await app.press("Done");
	await app.context.setOffline(true);
	await app.page.reload();
	await app.page.locator("#banner-offline").waitFor();
	await app.shoot("app-offline");
	await app.tab("Codes");
	await app.tab("History");
	await app.page.getByText("The history could not be fetched.").waitFor();
	await app.context.setOffline(false);
	await app.tab("Requests");
	await app.page.getByRole("heading", { name: "Nothing to approve" }).waitFor();
	app.calm(/ERR_INTERNET_DISCONNECTED|Failed to fetch|Failed to load/);
});

test("a clock an hour off: requests are signed by the provider's time, and the health view says so", LIMIT, async (t) => {
	const world = await scene(t);
	const app = await WebApp.open(t, browser, world);
	await app.context.addInitScript(() => {
		const now = Date.now;
		Date.now = () => now() - 3_600_000;
	});
	await app.page.reload();
	await app.enrol(world);
	const { person, carried } = await signIn(t, world, "mail");
	await app.request("Mail");
	await app.press(`Number ${spelled(carried)}`);
	await person.signedIn();
	await app.press("Done");
	await app.tab("Health");
	await app.page.getByText("1 hour off; we go by your provider’s").waitFor();
	await app.glance("app-clock");
	app.calm(/status of 401/);
});

test("notifications denied, no worker, nothing kept: each is said, none is an end", LIMIT, async (t) => {
	const world = await scene(t);
	const denied = await WebApp.open(t, browser, world, { permissions: [] });
	await denied.context.addInitScript(() => { Object.defineProperty(Notification, "permission", { get: () => "denied" }); });
	await denied.page.reload();
	await denied.enrol(world);
	await denied.page.locator("#banner-push").getByText("Notifications are off").waitFor();
	await denied.shoot("app-denied");
	const lost = await WebApp.open(t, browser, world);
	await lost.context.addInitScript(() => { indexedDB.open = () => { throw new DOMException("no", "InvalidStateError"); }; });
	await lost.page.reload();
	await lost.page.locator("#banner-storage").waitFor();
	await lost.glance("app-storage");
	const { link } = await startEnrolment(world, "demo");
	await lost.follow(link);
	await lost.press("Add account");
	await lost.page.getByText("This browser cannot keep an account.").waitFor();
	denied.calm();
	lost.calm();
});

// The provider cleans names itself; here it is one that does not.
test("names that hide or turn are shown plainly, and nothing in them is markup", LIMIT, async (t) => {
	const world = await scene(t);
	const app = await WebApp.enrolled(t, browser, world);
	await app.page.route("**/device/v1/challenges/*", async (route) => {
		const response = await route.fetch();
		const details = await response.json();
		details.client.name = "\u202ePay\u200broll😀 </b><script>1</script>";
		details.account.username = "\u2067demo\u0000 الجامعة with a name that goes on and on, and then on";
		details.why = "<img src=x onerror=alert(1)> \u202eno";
		await route.fulfill({ response, json: details });
	});
	await signIn(t, world, "mail");
	await app.page.locator("#request").waitFor();
	const title = await app.page.locator("#request-title").textContent();
	assert.doesNotMatch(title, /[\u202a-\u202e\u2066\u2067\u200b]/);
	assert.match(title, /Payroll😀 <\/b><script>1<\/script>/);
	assert.doesNotMatch(await app.page.locator("#request").textContent(), /[\u202a-\u202e\u2067\u0000]/);
	await app.glance("app-hostile");
	app.calm();
});

test("right to left: the Arabic app, from the first view to the answer", LIMIT, async (t) => {
	const world = await scene(t);
	const app = await WebApp.open(t, browser, world, { locale: "ar" });
	assert.equal(await app.page.evaluate(() => `${document.documentElement.lang} ${document.documentElement.dir}`), "ar rtl");
	await app.shoot("app-ar-welcome");
	const { task, link } = await startEnrolment(world, "demo");
	await app.follow(link);
	await app.page.locator("#enrol .pri").click();
	await app.page.locator("#digits").waitFor({ state: "attached" });
	await app.glance("app-ar-digits");
	await task.says(/\{.*"confirm".*\}\n/);
	task.type((await app.page.locator("#digits").textContent()).replace(/\D/g, ""));
	assert.equal((await task.done).code, 0);
	await app.page.locator("#enrol [data-kind=approved]").waitFor();
	await app.closeAdded();
	const { person, carried } = await signIn(t, world, "payroll");
	await app.page.locator("#request").waitFor();
	await app.type(carried.slice(0, 4));
	await app.shoot("app-ar-enter");
	await app.type(carried.slice(4));
	await app.page.locator("#request .pri").click();
	await person.signedIn();
	await app.page.locator("#request .ended").waitFor();
	await app.page.locator("#request .pri").click();
	await app.page.goto(`${world.issuer}/a/#/history`);
	await app.page.locator(".rows .row").waitFor();
	await app.glance("app-ar-history");
	await app.page.goto(`${world.issuer}/a/#/health`);
	await app.page.locator("#health-contact[data-good=true]").waitFor();
	await app.shoot("app-ar-health");
	app.calm();
});

test("the keyboard alone is enough, and at 200 % nothing is out of reach", LIMIT, async (t) => {
	const world = await scene(t);
	// what a 1280×800 screen shows at 200 %, and a phone at 200 %
	const app = await WebApp.open(t, browser, world, { viewport: { width: 640, height: 400 } });
	const { page } = app;
	const tabTo = async (name) => {
		for (let step = 0; step < 40; step += 1) {
			await page.keyboard.press("Tab");
			if (await page.evaluate((wanted) => (document.activeElement?.getAttribute("aria-label") ?? document.activeElement?.textContent ?? "").includes(wanted), name)) return;
		}
		assert.fail(`Tab never came to ${name}`);
	};
	const sideways = () => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
	await tabTo("Add an account");
	await page.keyboard.press("Enter");
	await page.getByLabel("Code or link").waitFor();
	const { task, link } = await startEnrolment(world, "demo");
	await tabTo("");
	await page.getByLabel("Code or link").focus();
	await page.keyboard.type(link);
	await page.keyboard.press("Enter");
	await app.sheetTitle("Add an account from");
	await tabTo("Add account");
	await page.keyboard.press("Enter");
	await page.locator("#digits").waitFor({ state: "attached" });
	assert.ok((await sideways()) <= 0);
	await task.says(/\{.*"confirm".*\}\n/);
	task.type((await page.locator("#digits").textContent()).replace(/\D/g, ""));
	await app.sheetTitle("Ready to approve");
	await tabTo("Done");
	await page.keyboard.press("Enter");
	const { person, carried } = await signIn(t, world, "payroll");
	await app.request("Payroll");
	await page.keyboard.type(carried);
	await page.getByText("6 of 6 digits").waitFor();
	await tabTo("Approve");
	const box = await page.getByRole("button", { name: "Approve" }).boundingBox();
	assert.ok(box.y >= 0 && box.y + box.height <= 400, "what has the focus is in sight");
	await page.keyboard.press("Enter");
	await person.signedIn();
	await app.sheetTitle("It’s a match");
	await tabTo("Done");
	await page.keyboard.press("Enter");
	for (const name of ["Codes", "History", "Health", "Requests"]) {
		await tabTo(name);
		await page.keyboard.press("Enter");
		await page.setViewportSize({ width: 195, height: 422 });
		assert.ok((await sideways()) <= 0, `${name}: sideways scroll at 195 px`);
		await page.setViewportSize({ width: 640, height: 400 });
		assert.ok((await sideways()) <= 0, `${name}: sideways scroll at 640 px`);
	}
	app.calm();
});
