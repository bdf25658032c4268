// The sign-in page in Debian's Firefox, once in each mode. What a browser must show in every state is signin.test.mjs's, in Chromium.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Device } from "./lib/device.mjs";
import { Firefox } from "./lib/firefox.mjs";
import { Screen } from "./lib/screen.mjs";
import { Service } from "./lib/service.mjs";
import { PASSWORD, World } from "./lib/world.mjs";

const LIMIT = { timeout: 240_000 };
const rule = (client, ...ask) => ({ name: `What ${client} asks`, when: { client }, ask });
const policy = {
	default: { ask: ["password", "push:enter"] },
	rules: [rule("wiki", "password", "push:confirm"), rule("mail", "password", "push:choose"), rule("payroll", "password", "push:enter:6")],
};

let firefox;
before(async () => { firefox = await Firefox.open({ pushUrl: "" }); }, LIMIT);
after(() => firefox?.close());

// A person with a device before the page that shows what to bring to the phone.
async function atPush(t, id) {
	const world = await World.open(t, { policy });
	const service = await Service.open(world, id);
	const device = await Device.enrol(world, "demo");
	const screen = new Screen(firefox);
	await firefox.goto(`${service.origin}/signin`);
	await screen.identify("demo", PASSWORD);
	return { screen, device, carried: await screen.carried() };
}

async function signedIn({ screen }) {
	const claims = await screen.claims();
	assert.deepEqual([claims.acr, [...claims.amr].sort()], ["mfa", ["mfa", "pwd", "swk"]]);
	assert.deepEqual(await firefox.complaints(), []);
}

test("Firefox, confirm: the page and the phone show the same five letters", LIMIT, async (t) => {
	const here = await atPush(t, "wiki");
	await here.screen.heading("Compare this code with your phone");
	const challenge = await here.device.challenge();
	assert.equal(challenge.code, here.carried);
	await here.device.approve(challenge);
	await signedIn(here);
});

test("Firefox, choose: the page's number is one of the phone's three", LIMIT, async (t) => {
	const here = await atPush(t, "mail");
	await here.screen.heading("Tap this number on your phone");
	const challenge = await here.device.challenge();
	assert.ok(challenge.choices.includes(here.carried));
	await here.device.approve(challenge, here.carried);
	await signedIn(here);
});

test("Firefox, enter: the number goes from the page to the phone by hand", LIMIT, async (t) => {
	const here = await atPush(t, "payroll");
	await here.screen.heading("Type this number on your phone");
	assert.match(here.carried, /^\d{6}$/);
	await here.device.approve(await here.device.challenge(), here.carried);
	await signedIn(here);
});
