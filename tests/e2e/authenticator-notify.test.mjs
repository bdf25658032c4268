// symbolon-authenticator watch --notify, with a session bus and a notification service of the test's own.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { Authenticator } from "../fakes/authenticator.mjs";
import { DeviceServer } from "../fakes/device-server.mjs";
import { Session } from "../fakes/session.mjs";

let server, session, authenticator, task;
const everything = ["actions", "body", "body-markup", "persistence"];
const service = (...capabilities) => session.python("notifications.py", ...(capabilities.length ? capabilities : everything));

beforeEach(async () => {
	server = await new DeviceServer().listen();
	session = await new Session().start();
	authenticator = new Authenticator({ ...session.env, SYMBOLON_AUTHENTICATOR_TERMINAL: "/nowhere/terminal" });
	await authenticator.enrol(server);
});
afterEach(async () => {
	if (task) {
		const { code, err } = await task.stop();
		assert.equal(code, 0, `${code}: ${err}`); // stopped by SIGTERM, and no sanitizer has anything to say
	}
	task = null;
	await session.stop();
	assert.deepEqual(server.violations, []);
	await server.close();
});

// Watches, and is connected to its server.
const watch = async () => {
	task = authenticator.start("watch", "--notify");
	task.child.stdin.end();
	await task.says(/: connected/, "err");
};

// It may have been said before the connection was there, or after.
const told = (pattern) => {
	task.seen.err = 0;
	return task.says(pattern, "err");
};

describe("notifications", () => {
	test("a_request_is_shown_and_not_me_denies_it", async () => {
		const desktop = await service();
		await watch();
		const id = server.startChallenge({ life: 100 });
		const shown = await desktop.json("notify");
		assert.equal(shown.application, "Symbolon");
		assert.equal(shown.summary, "Sign-in request");
		assert.equal(shown.body, "Payroll (payroll.example.org) asks for demo at Example\nFrom 203.0.113.7, Utrecht, NL, Firefox on Linux, new: you have not signed in with it before\nPayroll asks for the number because this browser is new.");
		assert.deepEqual(shown.actions, ["default", "Review", "review", "Review", "deny", "Not me"]);
		assert.equal(shown.urgency, 2);
		assert.ok(shown.timeout > 0 && shown.timeout <= 100000, String(shown.timeout));
		assert.equal(JSON.stringify(shown).includes("UIMYQ"), false); // the code is for Review alone
		desktop.say(`press ${shown.notify} deny`);
		await task.says(/Denied/);
		assert.equal(server.challenges.get(id).state, "denied");
		const denied = await desktop.json("notify");
		assert.equal(denied.summary, "Denied");
		assert.deepEqual(denied.actions, []);
		assert.match(denied.body, new RegExp(`report ${id}`));
	});

	test("review_opens_a_terminal_that_asks", async () => {
		const terminal = join(session.folder, "terminal");
		writeFileSync(terminal, `#!/bin/sh\necho "$@" >${terminal}.args\nshift\necho a | "$@" >${terminal}.out 2>&1\n`);
		chmodSync(terminal, 0o755);
		authenticator.env.SYMBOLON_AUTHENTICATOR_TERMINAL = `${terminal} --`;
		const desktop = await service();
		await watch();
		const id = server.startChallenge();
		const { notify } = await desktop.json("notify");
		desktop.say(`press ${notify} default`);
		await server.until(() => server.challenges.get(id).state === "approved");
		assert.match(readFileSync(`${terminal}.args`, "utf8"), new RegExp(`^-- /\\S+/symbolon-authenticator review ${id}\\n$`));
		server.end(id, "approved");
		await server.until(() => true);
	});

	test("no_terminal_is_said_on_the_notification", async () => {
		const desktop = await service();
		await watch();
		const id = server.startChallenge();
		const { notify } = await desktop.json("notify");
		desktop.say(`press ${notify} review`);
		const again = await desktop.json("notify");
		assert.match(again.body, /^No terminal could be opened/);
		await task.says(new RegExp(`run: symbolon-authenticator review ${id}`), "err");
		assert.equal(server.challenges.get(id).state, "pending");
	});

	test("a_terminal_that_fails_is_said", async () => {
		authenticator.env.SYMBOLON_AUTHENTICATOR_TERMINAL = "false";
		const desktop = await service();
		await watch();
		server.startChallenge();
		const { notify } = await desktop.json("notify");
		desktop.say(`press ${notify} review`);
		assert.match((await desktop.json("notify")).body, /^The terminal failed/);
	});

	test("what_ends_elsewhere_is_closed", async () => {
		const desktop = await service();
		await watch();
		const id = server.startChallenge();
		const { notify } = await desktop.json("notify");
		server.end(id, "superseded");
		assert.deepEqual(await desktop.json("closed"), { closed: notify });
	});

	test("what_has_ended_while_the_connection_was_lost_is_closed", async () => {
		const desktop = await service();
		await watch();
		const id = server.startChallenge();
		const { notify } = await desktop.json("notify");
		server.challenges.get(id).state = "denied"; // nobody is told
		for (const stream of server.streams) stream.destroy();
		assert.deepEqual(await desktop.json("closed"), { closed: notify });
	});

	test("an_expired_request_is_closed", async () => {
		const desktop = await service();
		await watch();
		server.startChallenge({ life: 4 });
		const { notify } = await desktop.json("notify");
		assert.deepEqual(await desktop.json("closed"), { closed: notify });
	});

	test("a_stop_takes_everything_from_the_desktop", async () => {
		const desktop = await service();
		await watch();
		server.startChallenge();
		const { notify } = await desktop.json("notify");
		task.child.kill("SIGTERM");
		assert.deepEqual(await desktop.json("closed"), { closed: notify });
	});

	test("hostile_names_neither_mark_up_nor_turn_the_line", async () => {
		const desktop = await service();
		await watch();
		server.startChallenge({ client: { id: "x", name: "<b>Bank</b> &amp; \u202eknaB\u200b\u0007 🗝", host: null }, why: "<a href=\"https://evil.example\">press</a>" });
		const { body } = await desktop.json("notify");
		assert.match(body, /^&lt;b&gt;Bank&lt;\/b&gt; &amp;amp; \ufffdknaB\ufffd\ufffd 🗝 asks for/);
		assert.equal(/[<>\u202e\u200b\u0007]/.test(body), false);
	});

	test("a_service_without_markup_gets_plain_text", async () => {
		const desktop = await service("actions", "body");
		await watch();
		server.startChallenge({ client: { id: "x", name: "A & B", host: null } });
		assert.match((await desktop.json("notify")).body, /^A & B asks for/);
	});

	test("a_service_without_buttons_gets_the_command", async () => {
		const desktop = await service("body", "body-markup");
		await watch();
		const id = server.startChallenge();
		const shown = await desktop.json("notify");
		assert.deepEqual(shown.actions, []);
		assert.match(shown.body, new RegExp(`To answer: symbolon-authenticator review ${id}$`));
	});

	test("names_of_hundreds_of_four_byte_characters_are_cut_whole", async () => {
		const desktop = await service();
		await watch();
		const long = "🗝".repeat(300);
		server.startChallenge({ client: { id: "x", name: long, host: long }, why: long, request: { ip: "203.0.113.7", place: long, browser: long, known: true, at: server.now() } });
		const { body } = await desktop.json("notify");
		assert.equal(body.includes("\ufffd"), false);
		assert.match(body, /^🗝+…/u);
	});

	test("a_button_of_somebody_else_presses_nothing", async () => {
		const desktop = await service();
		await watch();
		const id = server.startChallenge();
		const { notify } = await desktop.json("notify");
		const forged = spawnSync("dbus-send", ["--session", "--type=signal", "/org/freedesktop/Notifications", "org.freedesktop.Notifications.ActionInvoked", `uint32:${notify}`, "string:deny"], { env: { ...process.env, ...session.env } });
		assert.equal(forged.status, 0);
		desktop.say(`dismiss ${notify}`);
		const next = server.startChallenge(); // by now both have arrived
		await desktop.json("notify");
		assert.deepEqual([server.challenges.get(id).state, server.challenges.get(next).state], ["pending", "pending"]);
	});
});

describe("what_comes_and_goes", () => {
	test("a_service_that_starts_later_shows_what_waits", async () => {
		await watch();
		await told(/no notification service answers/);
		const id = server.startChallenge();
		await task.says(new RegExp(`To answer: symbolon-authenticator review ${id}`));
		const desktop = await service();
		await desktop.json("notify");
		await task.says(/the service is there/, "err");
	});

	test("a_service_that_is_restarted_shows_it_again_and_its_buttons_work", async () => {
		const first = await service();
		await watch();
		const id = server.startChallenge();
		await first.json("notify");
		await first.stop();
		await task.says(/notification service has ended/, "err");
		const second = await service();
		const { notify } = await second.json("notify");
		second.say(`press ${notify} deny`);
		await task.says(/Denied/);
		assert.equal(server.challenges.get(id).state, "denied");
	});

	test("a_bus_that_goes_away_is_said_and_found_again", async () => {
		await service();
		await watch();
		await session.bus.stop();
		await task.says(/no session bus/, "err");
		server.startChallenge();
		await task.says(/To answer/);
		await session.start();
		const desktop = await service();
		await desktop.json("notify");
		await task.says(/the session bus is there/, "err");
	});

	test("no_bus_at_all_still_watches", async () => {
		authenticator.env.DBUS_SESSION_BUS_ADDRESS = "unix:path=/nowhere";
		await watch();
		await told(/no session bus/);
		server.startChallenge();
		await task.says(/To answer/);
	});

	test("a_server_that_is_gone_denies_nothing_and_says_so", async () => {
		const desktop = await service();
		await watch();
		const id = server.startChallenge();
		const { notify } = await desktop.json("notify");
		server.override = (request, response) => request.method === "POST" && (response.destroy(), true);
		desktop.say(`press ${notify} deny`);
		const again = await desktop.json("notify");
		assert.equal(again.summary, "Not denied yet");
		assert.equal(server.challenges.get(id).state, "pending");
		server.override = null;
		desktop.say(`press ${again.notify} deny`);
		await task.says(/Denied/);
	});
});

test("notify_and_json_do_not_go_together", async () => {
	assert.equal((await authenticator.run("watch", "--notify", "--json")).code, 2);
});
