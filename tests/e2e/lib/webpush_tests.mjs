// The whole way, the same for each browser: our daemon's push, encrypted for a real browser, taken by the app's worker with no tab
// open, answered by its key. The sign-in page is a Visitor's; that page in browsers is signin*.test.mjs's.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { AuthenticatorApp } from "./authenticator_app.mjs";
import { randomId } from "./device.mjs";
import { eventually } from "./patience.mjs";
import { BROWSERS } from "./push_browsers.mjs";
import { Visitor } from "./visitor.mjs";
import { encrypted } from "./web_push.mjs";
import { PASSWORD, World } from "./world.mjs";

const LIMIT = { timeout: 240_000 };
const rule = (client, ...ask) => ({ name: `What ${client} asks`, when: { client }, ask });
const policy = {
	default: { ask: ["password", "push:enter"] },
	rules: [rule("wiki", "password", "push:confirm"), rule("mail", "password", "push:choose"), rule("payroll", "password", "push:enter:6")],
};

// A world that outlives the test which opens it.
async function openWorld(options) {
	const closers = [];
	const world = await World.open({ after: (close) => closers.push(close) }, options);
	return { world, closeWorld: () => closers[0]() };
}

// The daemon hears of what the command did within a second; an app that starts sooner is told of the key that was.
async function keysFollowed(world) {
	const next = (await world.command(["key", "list"])).flat().filter((key) => key.purpose === "token" && key.state === "next");
	await eventually(async () => {
		const { keys } = await (await fetch(`${world.issuer}/jwks`)).json();
		return next.every(({ kid }) => keys.some((key) => key.kid === kid));
	}, "the daemon with the new keys");
}

// A sign-in up to where the phone is asked.
async function ask(visitor, client) {
	const login = await visitor.begin(client, { prompt: "login" });
	let state = await login.state();
	if (state.state === "identify") state = await login.identify("demo");
	if (state.factor === "password") state = await login.password(PASSWORD);
	if (!state.challenge) state = await login.state("push");
	return { login, challenge: state.challenge };
}

async function signedIn({ login }) {
	await login.until((state) => state.state === "done");
	const claims = (await login.tokens(await login.finish())).claims();
	assert.deepEqual([claims.acr, [...claims.amr].sort()], ["mfa", ["mfa", "pwd", "swk"]]);
}

const message = (navigate) => JSON.stringify({ web_push: 8030, notification: { title: "Sign-in request", body: "Open to review", navigate }, mutable: true });

export const webPushTests = (name, more = () => {}) => describe(`${name} as the authenticator`, () => {
	const it = { clients: {} }; // what the tests share: one browser, one provider, one enrolled app

	before(async () => {
		it.here = await BROWSERS[name]();
		const { world, closeWorld } = await openWorld({ policy, settings: { push: it.here.service.settings, life: { challenge: 600 } } });
		it.closeWorld = closeWorld;
		for (const id of ["wiki", "mail", "payroll"]) it.clients[id] = await world.addClient(id);
		it.app = new AuthenticatorApp(it.here, world);
		it.visitor = new Visitor(world);
	}, LIMIT);
	after(async () => {
		await it.here?.close();
		await it.closeWorld?.();
	});

	test("it enrols by the account page, and counts as reachable once it has echoed the first push", LIMIT, async () => {
		await it.app.enrolByAccountPage("demo", PASSWORD);
		await it.app.reachable();
		await it.app.leave();
		const [first] = it.here.service.answers.all;
		assert.deepEqual([first.status, first.http, first.headers.urgency], [201, "2.0", "high"]);
	});

	test("confirm: a push arrives with no tab open, Review opens the request, the letters are the page's", LIMIT, async () => {
		const asked = await ask(it.visitor, it.clients.wiki);
		const note = await it.app.request();
		assert.equal(await it.app.tabsOpen(), 0);
		assert.match(note.body, /^(localhost:\d+\n\n)?Open to review$/, "nothing about the request leaves the provider by push");
		await it.app.review(note);
		await it.app.approve(asked.challenge);
		await signedIn(asked);
		await it.app.leave();
	});

	test("choose: a push arrives with no tab open, and the page's number is one of three in the app", LIMIT, async () => {
		const asked = await ask(it.visitor, it.clients.mail);
		await it.app.request();
		await it.app.open();
		await it.app.approve(asked.challenge);
		await signedIn(asked);
		await it.app.leave();
	});

	test("enter: a push arrives with no tab open, and the page's number is typed in the app", LIMIT, async () => {
		const asked = await ask(it.visitor, it.clients.payroll);
		await it.app.request();
		await it.app.open();
		await it.app.approve(asked.challenge);
		await signedIn(asked);
		await it.app.leave();
	});

	test("Not me on the notification ends the sign-in with no tab open", LIMIT, async () => {
		const asked = await ask(it.visitor, it.clients.mail);
		it.here.desktop.press(await it.app.request(), "Not me");
		await asked.login.until((state) => state.challenge?.status === "denied");
		await it.here.desktop.notes.next((note) => note.summary === "Stopped");
		assert.equal(await it.app.tabsOpen(), 0);
		const denied = (await it.app.world.audit("demo")).find((row) => row.event === "challenge.denied");
		assert.ok(denied.receipt, "the refusal is signed by the device's key");
	});

	test("a message queued while the browser is away arrives after its restart, and is answered", LIMIT, async () => {
		const { answers } = it.here.service;
		const before = answers.all.length;
		await it.here.browser.stop();
		const asked = await ask(it.visitor, it.clients.payroll);
		await answers.next((answer) => answers.all.indexOf(answer) >= before && answer.status === 201);
		await it.here.browser.start();
		await it.app.review(await it.app.request());
		await it.app.approve(asked.challenge);
		await signedIn(asked);
		await it.app.leave();
	});

	test("a message of npm web-push is decrypted, but without a real request nothing is left to answer", LIMIT, async () => {
		const { issuer } = it.app.world;
		const subscription = await it.app.subscription();
		it.here.service.inject(subscription.endpoint, encrypted(subscription, message(`${issuer}/a/#c.${randomId()}`)));
		const over = await it.here.desktop.notes.next((note) => note.summary === "This request is over");
		assert.equal(over.buttons["Not me"], undefined);
		it.here.service.inject(subscription.endpoint, encrypted(subscription, message("https://elsewhere.example.org/a/#c.x")));
		const news = await it.here.desktop.notes.next((note) => note.summary === "Something is waiting for you");
		assert.equal(news.buttons["Not me"], undefined);
		it.here.desktop.notes.take((note) => note.summary === "Sign-in request");
	});

	test("after the VAPID key has rotated the old subscription still gets messages, and the app makes a new one at its next start", LIMIT, async () => {
		const [old] = it.here.service.subscribed;
		await it.app.world.command(["key", "rotate"]);
		await keysFollowed(it.app.world);
		const before = await ask(it.visitor, it.clients.mail);
		await it.app.request();
		await it.app.open();
		await it.app.approve(before.challenge);
		await signedIn(before);
		const fresh = await it.app.subscribedAgain(old);
		assert.notEqual(fresh.key, old.key, "made with the new key");
		await it.app.leave();
		const asked = await ask(it.visitor, it.clients.wiki);
		await it.app.review(await it.app.request());
		await it.app.approve(asked.challenge);
		await signedIn(asked);
		await it.app.leave();
	});

	more(it);

	test("in all of this no page and no worker broke the content security policy, Trusted Types included", LIMIT, async () => {
		assert.deepEqual(await it.here.browser.complaints(), []);
	});
});
