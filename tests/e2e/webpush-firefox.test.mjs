// Debian's Firefox as a person's authenticator, woken by real Web Push.
import assert from "node:assert/strict";
import { test } from "node:test";
import { webPushTests } from "./lib/webpush_tests.mjs";

webPushTests("firefox", (it) => {
	test("when the push service forgets the subscription the worker makes a new one, with no tab open", { timeout: 240_000 }, async () => {
		const [old] = it.here.service.subscribed;
		it.here.service.forget();
		await it.here.browser.reconnect();
		await it.app.subscribedAgain(old);
		assert.equal(await it.app.tabsOpen(), 0);
	});
});
