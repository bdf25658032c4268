// The ground that the other browser tests stand on: real Firefox and real Chromium receive real Web Push from a sender that nobody
// here wrote, refuse what they must, and what is watched for (broken policies, buttons) is seen when it happens.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { eventually } from "./lib/patience.mjs";
import { BROWSERS } from "./lib/push_browsers.mjs";
import { PushPage } from "./lib/push_page.mjs";
import { newVapidKeys, sendWebPush } from "./lib/web_push.mjs";

const LIMIT = { timeout: 240_000 };

for (const [name, open] of Object.entries(BROWSERS))
	describe(`${name}, with messages of npm web-push`, () => {
		const keys = newVapidKeys();
		let here, site, subscription;
		const send = (text, options = {}) => sendWebPush(here.service.inlet, subscription, text, options.keys ?? keys, options);
		const received = (text) => site.reports.next((report) => report.what === "push" && report.text === text);

		before(async () => {
			here = await open();
			site = await PushPage.open();
			await here.browser.goto(`${site.origin}/`);
			subscription = await here.browser.run("return window.subscribe(args[0])", [keys.publicKey]);
			await here.browser.leave();
		}, LIMIT);
		after(async () => {
			await here?.close();
			await site?.close();
		});

		test("a message is decrypted by the worker with no tab open", LIMIT, async () => {
			assert.equal(await send("first"), 201);
			assert.equal((await received("first")).tabs, 0);
		});

		test("the notification is on the desktop, and its buttons reach the worker", LIMIT, async () => {
			assert.equal(await send("buttons"), 201);
			const note = await here.desktop.notes.next((one) => one.body.includes("buttons"));
			assert.equal(note.summary, "Sign-in request");
			here.desktop.press(note, "Not me");
			const press = await site.reports.next((report) => report.what === "press");
			assert.deepEqual([press.action, press.text], ["deny", "buttons"]);
		});

		test("another sender's key is refused, and a message without any", LIMIT, async () => {
			assert.equal(await send("foreign", { keys: newVapidKeys() }), 403);
			const change = (request) => {
				delete request.headers.Authorization;
				return request;
			};
			assert.equal(await send("nobody's", { change }), 403);
		});

		test("a body that was tampered with never reaches the worker", LIMIT, async () => {
			const change = (request) => {
				request.body[request.body.length - 1] ^= 1;
				return request;
			};
			assert.equal(await send("tampered", { change }), 201);
			assert.equal(await send("after it"), 201);
			await received("after it");
			assert.deepEqual(site.reports.all.filter(({ text }) => text === "tampered" || text === null), []);
		});

		test("a message queued while the browser is away arrives after the restart", LIMIT, async () => {
			await here.browser.stop();
			assert.equal(await send("while away"), 201);
			await here.browser.start();
			assert.equal((await received("while away")).tabs, 0);
		});

		test("a broken content security policy is seen, in a worker and in a page, also one about Trusted Types", LIMIT, async () => {
			const seen = (pattern) => eventually(async () => (await here.browser.complaints()).some((text) => pattern.test(text)), `a complaint like ${pattern}`);
			assert.deepEqual(await here.browser.complaints(), []);
			assert.equal(await send("break the policy"), 201);
			await seen(/connect-src/);
			await here.browser.goto(`${site.origin}/`);
			await here.browser.run("window.breakPolicy()").catch(() => {});
			await seen(/require-trusted-types-for|Trusted/);
			await seen(/img-src/);
		});
	});
