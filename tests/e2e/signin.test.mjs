// Sign-ins as people do them: Debian's Chromium, services on openid-client, the real daemon, codes by oathtool.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, Person } from "./lib/browser.mjs";
import { Device } from "./lib/device.mjs";
import { Service } from "./lib/service.mjs";
import { PASSWORD, World } from "./lib/world.mjs";

const LIMIT = { timeout: 120_000 };
const rule = (client, ...ask) => ({ name: `What ${client} asks`, when: { client }, ask });
const policy = {
	default: { ask: ["password", "push:enter | totp | recovery"] },
	rules: [rule("wiki", "password", "push:confirm | totp"), rule("mail", "password", "push:choose | totp"), rule("payroll", "password", "push:enter:6 | totp | recovery")],
};

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

// A person with a device before a service's page.
async function scene(t, id, { settings, users } = {}) {
	const world = await World.open(t, { policy, settings, users });
	const service = await Service.open(world, id);
	const person = await Person.open(t, browser);
	const device = users ? null : await Device.enrol(world, "demo");
	return { world, service, person, device };
}

async function atPush({ service, person }) {
	await person.page.goto(`${service.origin}/signin`);
	await person.identify();
	await person.password(PASSWORD);
	return person.carried();
}

async function useAnotherWay(person, name) {
	await person.page.getByRole("button", { name: "Use another way" }).click();
	await person.page.getByRole("button", { name }).click();
}

const MULTI = { acr: "mfa", amr: ["pwd", "swk", "mfa"] };
const strength = (claims) => ({ acr: claims.acr, amr: [...claims.amr].sort((a, b) => MULTI.amr.indexOf(a) - MULTI.amr.indexOf(b)) });

test("confirm: the page and the phone show the same five letters", LIMIT, async (t) => {
	const here = await scene(t, "wiki");
	const { service, person, device } = here;
	await person.page.goto(`${service.origin}/signin`);
	await person.heading("Who are you?");
	await person.shoot("identify");
	await person.identify();
	await person.heading("Your password");
	await person.shoot("password");
	await person.password(PASSWORD);
	await person.heading("Compare this code with your phone");
	const code = await person.carried();
	await person.shoot("push-confirm");
	assert.match(code, /^[A-Z]{5}$/);
	const challenge = await device.challenge();
	assert.equal(challenge.code, code);
	assert.equal(challenge.why, await person.why());
	await device.approve(challenge);
	assert.deepEqual(strength(await person.signedIn()), MULTI);
	person.calm();
});

test("choose: the phone shows three numbers, and the page's is one of them", LIMIT, async (t) => {
	const here = await scene(t, "mail");
	const { person, device } = here;
	const number = await atPush(here);
	await person.heading("Tap this number on your phone");
	await person.shoot("push-choose");
	const challenge = await device.challenge();
	assert.equal(new Set(challenge.choices).size, 3);
	assert.ok(challenge.choices.includes(number));
	assert.equal(challenge.number, undefined);
	await person.page.getByText("Your phone has it").waitFor();
	await device.approve(challenge, number);
	assert.deepEqual(strength(await person.signedIn()), MULTI);
	person.calm();
});

test("enter: the number goes by hand from the page to the phone, and the reason is on the page", LIMIT, async (t) => {
	const here = await scene(t, "payroll");
	const { person, device } = here;
	const number = await atPush(here);
	await person.heading("Type this number on your phone");
	await person.shoot("push-enter");
	assert.match(number, /^\d{6}$/);
	assert.equal(await person.why(), "Payroll always asks for the number.");
	const challenge = await device.challenge();
	assert.equal(challenge.digits, 6);
	assert.doesNotMatch(challenge.bytes, new RegExp(`"${number}"`), "the number is never sent to the device");
	await device.approve(challenge, number);
	const claims = await person.signedIn();
	assert.deepEqual(strength(claims), MULTI);
	assert.ok(Math.abs(claims.auth_time - Date.now() / 1000) < 30);
	person.calm();
});

test("totp: a code of any app, made by oathtool, while the phone is heard of; the same code again is told apart", LIMIT, async (t) => {
	const here = await scene(t, "payroll");
	const { world, service, person, device } = here;
	const totp = await world.addTotp("demo");
	await atPush(here);
	await useAnotherWay(person, "Authenticator code");
	await person.heading("Type the code from your app");
	await person.shoot("totp");
	await person.page.keyboard.type(await totp.wrong());
	await person.page.keyboard.press("Enter");
	await person.page.getByText("That code is not right").waitFor();
	const code = await totp.code();
	await person.page.keyboard.type(code.slice(0, 3));
	const heard = await person.ear();
	await device.challenge();
	await heard();
	await person.page.keyboard.type(code.slice(3));
	await person.page.keyboard.press("Enter");
	const claims = await person.signedIn();
	assert.equal(claims.acr, "mfa");
	assert.deepEqual([...claims.amr].sort(), ["mfa", "otp", "pwd"]);
	await person.page.goto(`${service.origin}/signin?prompt=login`);
	await person.password(PASSWORD);
	await person.carried();
	await useAnotherWay(person, "Authenticator code");
	await person.page.keyboard.type(code);
	await person.page.keyboard.press("Enter");
	await person.page.getByText("That code was used already").waitFor();
	person.calm();
});

test("recovery: a saved code signs in once", LIMIT, async (t) => {
	const here = await scene(t, "payroll");
	const { world, service, person } = here;
	const [code] = await world.addRecovery("demo");
	await atPush(here);
	await useAnotherWay(person, "Recovery code");
	await person.heading("Type a recovery code");
	await person.shoot("recovery");
	await person.page.keyboard.type(code.toLowerCase());
	await person.page.keyboard.press("Enter");
	const claims = await person.signedIn();
	assert.equal(claims.acr, "mfa");
	await person.page.goto(`${service.origin}/signin?prompt=login`);
	await person.password(PASSWORD);
	await person.carried();
	await useAnotherWay(person, "Recovery code");
	await person.page.keyboard.type(code);
	await person.page.keyboard.press("Enter");
	await person.page.getByText(/not right|used already/).first().waitFor();
	person.calm();
});

test("deny: the page says so, and another way leads on", LIMIT, async (t) => {
	const here = await scene(t, "payroll");
	const { world, person, device } = here;
	const totp = await world.addTotp("demo");
	await atPush(here);
	const reply = await device.answer(await device.challenge(), "deny");
	assert.deepEqual([reply.status, reply.json.state], [200, "denied"]);
	await person.heading("Turned down on your phone");
	await person.shoot("denied");
	await useAnotherWay(person, "Authenticator code");
	await person.page.keyboard.type(await totp.code());
	await person.page.keyboard.press("Enter");
	await person.signedIn();
	person.calm();
});

test("a wrong number is a refusal, not a retry", LIMIT, async (t) => {
	const here = await scene(t, "payroll");
	const { person, device } = here;
	const number = await atPush(here);
	const challenge = await device.challenge();
	const other = number === "000000" ? "000001" : "000000";
	const reply = await device.answer(challenge, "approve", other);
	assert.deepEqual([reply.status, reply.json.state], [200, "wrong"]);
	await person.heading("The numbers did not match");
	await person.shoot("wrong-number");
	assert.equal((await device.answer(challenge, "approve", number)).status, 409, "the right one comes too late");
	person.calm();
});

test("\"It's not me\" before the approval ends this sign-in", LIMIT, async (t) => {
	const here = await scene(t, "payroll");
	const { person, device } = here;
	await atPush(here);
	const reply = await device.answer(await device.challenge(), "report");
	assert.deepEqual([reply.status, reply.json.state], [200, "reported"]);
	await person.heading("Reported from your phone");
	await person.shoot("reported");
	person.calm();
});

test("\"It's not me\" after the approval ends the session, and what the service was given", LIMIT, async (t) => {
	const here = await scene(t, "payroll");
	const { world, service, person, device } = here;
	const number = await atPush(here);
	const challenge = await device.challenge();
	await device.approve(challenge, number);
	await person.signedIn();
	const bearer = { headers: { authorization: `Bearer ${service.lastTokens.access_token}` } };
	assert.equal((await fetch(`${world.issuer}/userinfo`, bearer)).status, 200);
	const reply = await device.answer(challenge, "report");
	assert.deepEqual([reply.status, reply.json.state], [200, "reported"]);
	assert.equal((await fetch(`${world.issuer}/userinfo`, bearer)).status, 401, "the access token is revoked");
	await person.page.goto(`${service.origin}/signin`);
	await person.heading("Who are you?");
	assert.ok((await world.audit("demo")).some((row) => row.event === "challenge.reported" && row.receipt));
	person.calm();
});

test("a request that nobody answers runs out of time and can be sent again", LIMIT, async (t) => {
	const here = await scene(t, "payroll", { settings: { life: { challenge: 4 } } });
	const { person, device } = here;
	const first = await atPush(here);
	const late = await device.challenge();
	await person.heading("Time ran out");
	await person.shoot("expired");
	assert.equal((await device.answer(late, "approve", first)).status, 410);
	await person.page.getByRole("button", { name: "Send it again" }).click();
	await person.heading("Type this number on your phone");
	await device.approve(await device.challenge(), await person.carried());
	await person.signedIn();
	person.calm();
});

test("eight tabs of one browser wait at once, and all finish", LIMIT, async (t) => {
	const users = Array.from({ length: 8 }, (_, at) => `demo${at}`);
	const { world, service, person } = await scene(t, "payroll", { users });
	const devices = [];
	for (const name of users) devices.push(await Device.enrol(world, name));
	const pages = [person.page];
	while (pages.length < users.length) pages.push(await person.context.newPage());
	const numbers = [];
	for (const [at, page] of pages.entries()) {
		await page.goto(`${service.origin}/signin?prompt=select_account`);
		await person.identify(users[at], page);
		await person.password(PASSWORD, page);
		numbers.push(await person.carried(page));
	}
	for (const [at, device] of devices.entries()) {
		await device.approve(await device.challenge(), numbers[at]);
		await person.heading("Signed in", pages[at]); // whoever signs in next in this browser signs this one out
	}
	person.calm();
});

test("one person in several tabs: the newest request counts, and the others go on from there", LIMIT, async (t) => {
	const here = await scene(t, "payroll");
	const { service, person, device } = here;
	await atPush(here);
	const second = await person.context.newPage();
	await second.goto(`${service.origin}/signin`);
	await person.identify("demo", second);
	await person.password(PASSWORD, second);
	const number = await person.carried(second);
	await person.heading("A newer request took over");
	await person.shoot("superseded");
	await device.approve(await device.challenge(), number);
	await person.heading("Signed in", second);
	await person.page.getByRole("button", { name: "Use this window instead" }).click();
	await person.signedIn();
	person.calm(/status of 409/);
});

test("the keyboard alone is enough, and leaving says so to the service", LIMIT, async (t) => {
	const here = await scene(t, "payroll");
	const { service, person, device } = here;
	const { page } = person;
	const focused = () => page.evaluate(() => document.activeElement?.getAttribute("name") ?? document.activeElement?.tagName);
	await page.goto(`${service.origin}/signin`);
	await person.heading("Who are you?");
	assert.equal(await focused(), "username");
	await page.keyboard.type("demo");
	await page.keyboard.press("Enter");
	await person.heading("Your password");
	assert.equal(await focused(), "password");
	await page.keyboard.type("not the password");
	await page.keyboard.press("Enter");
	await page.getByText("That password is not right").waitFor();
	assert.equal(await focused(), "password");
	await page.keyboard.type(PASSWORD);
	await page.keyboard.press("Enter");
	await person.heading("Type this number on your phone");
	assert.equal(await focused(), "H1");
	await device.approve(await device.challenge(), await person.carried());
	await person.signedIn();
	await page.goto(`${service.origin}/signin?prompt=login`);
	await page.getByRole("button", { name: "Use another way" }).click();
	await page.getByRole("link", { name: "Back to" }).last().click();
	await page.locator("#error", { hasText: "access_denied" }).waitFor();
	person.calm(/500/);
});

test("signing out at the service ends the session at the provider", LIMIT, async (t) => {
	const here = await scene(t, "payroll");
	const { service, person, device } = here;
	const number = await atPush(here);
	await device.approve(await device.challenge(), number);
	await person.signedIn();
	await person.page.getByRole("link", { name: "Sign out" }).click();
	await person.heading("Not signed in");
	await person.page.goto(`${service.origin}/signin`);
	await person.heading("Who are you?");
	person.calm();
});

test("an error page names what is wrong and leads nowhere unsafe", LIMIT, async (t) => {
	const { world, person } = await scene(t, "payroll");
	await person.page.goto(`${world.issuer}/authorize?client_id=nobody&redirect_uri=https://evil.example.org/&response_type=code&scope=openid`);
	await person.heading("We don’t know this service");
	await person.shoot("unknown-service");
	assert.equal(new URL(person.page.url()).origin, world.issuer);
	person.calm(/status of 400/);
});
