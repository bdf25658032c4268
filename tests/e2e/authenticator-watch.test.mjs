// The real symbolon-authenticator against a device server that shares no code with it (tests/fakes/device-server.mjs): watching.
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { Authenticator } from "../fakes/authenticator.mjs";
import { DeviceServer } from "../fakes/device-server.mjs";

let server, authenticator;
beforeEach(async () => {
	server = await new DeviceServer().listen();
	authenticator = new Authenticator();
});
afterEach(async () => {
	assert.deepEqual(server.violations, []);
	await server.close();
});

describe("watch", () => {
	let task;
	const watch = async (...args) => {
		task = authenticator.start("watch", ...args);
		await server.until(() => server.connects > 0);
		return task;
	};
	beforeEach(() => authenticator.enrol(server));
	afterEach(async () => {
		const { code } = await task.stop();
		assert.ok(code === "SIGTERM" || code === 1, `exit ${code}: ${task.err}`);
	});

	test("confirm_by_a_word", async () => {
		await watch();
		const id = server.startChallenge();
		await task.says(/Do both screens show UIMYQ\?/);
		task.type("a");
		await task.says(/Approved/);
		assert.equal(server.challenges.get(id).state, "approved");
	});

	test("choose_by_place_and_none_is_a_denial", async () => {
		await watch();
		const first = server.startChallenge({ mode: "choose", number: "42" });
		await task.says(/2\)\s+42[\s\S]*\[s\]kip/);
		task.type("2");
		await task.says(/Approved/);
		const second = server.startChallenge({ mode: "choose", number: "42" });
		await task.says(/\[s\]kip/);
		task.type("n");
		await task.says(/Denied/);
		assert.deepEqual([server.challenges.get(first).state, server.challenges.get(second).state], ["approved", "denied"]);
	});

	test("enter_is_asked_twice_and_nothing_is_sent_in_between", async () => {
		await watch();
		const id = server.startChallenge({ mode: "enter", number: "48" });
		await task.says(/Type the 2 digits/);
		task.type("49");
		await task.says(/Send 49\? There is one try/);
		task.type("n");
		await task.says(/Type the 2 digits/);
		assert.equal(server.challenges.get(id).state, "pending");
		task.type("48");
		await task.says(/Send 48\?/);
		task.type("y");
		await task.says(/Approved/);
	});

	test("an_empty_line_skips_and_enter_later_asks_again", async () => {
		await watch();
		const id = server.startChallenge();
		await task.says(/\[s\]kip/);
		task.type("");
		await task.says(/Skipped/);
		assert.equal(server.challenges.get(id).state, "pending");
		task.type("");
		await task.says(/Do both screens/);
		task.type("r");
		await task.says(/Reported/);
		assert.equal(server.challenges.get(id).last.decision, "report");
	});

	test("what_was_typed_before_a_question_does_not_answer_it", async () => {
		await watch();
		await task.says(/Waiting for sign-in requests/, "err");
		task.child.stdin.write("\na"); // the end of the line is still to come
		await task.says(/No request waits/); // so it was read
		const id = server.startChallenge({ mode: "confirm" });
		await task.says(/\[s\]kip/);
		task.type("");
		await task.says(/Skipped/);
		assert.equal(server.challenges.get(id).state, "pending");
	});

	test("a_request_that_ends_elsewhere_is_taken_back", async () => {
		await watch();
		const id = server.startChallenge();
		await task.says(/\[s\]kip/);
		server.end(id, "superseded");
		await task.says(/newer request has taken its place/);
		const next = server.startChallenge();
		await task.says(/\[s\]kip/);
		task.type("d");
		await task.says(/Denied/);
		assert.equal(server.challenges.get(next).state, "denied");
	});

	test("expiry_ends_the_question", async () => {
		await watch();
		server.startChallenge({ life: 2 });
		await task.says(/\[s\]kip/);
		await task.says(/has expired/);
	});

	test("requests_come_one_at_a_time", async () => {
		await watch();
		const first = server.startChallenge({ client: { id: "a", name: "First", host: null } });
		await task.says(/First[\s\S]*\[s\]kip/);
		server.startChallenge({ client: { id: "b", name: "Second", host: null } });
		server.startChallenge({ client: { id: "c", name: "Third", host: null } });
		await server.until(() => true);
		task.type("d");
		await task.says(/Denied[\s\S]*Second[\s\S]*\[s\]kip/);
		assert.doesNotMatch(task.out, /Third/);
		assert.equal(server.challenges.get(first).state, "denied");
	});

	test("a_lost_stream_comes_back_and_misses_nothing", async () => {
		server.tellOnOpen = false; // the authenticator does not rely on the server's kindness
		await watch();
		await task.says(/: connected/, "err");
		for (const stream of server.streams) stream.destroy();
		await task.says(/connection is lost/, "err");
		const id = server.startChallenge(); // while nobody listens
		await task.says(/\[s\]kip/);
		assert.equal(server.connects, 2);
		task.type("a");
		await task.says(/Approved/);
		assert.equal(server.challenges.get(id).state, "approved");
	});

	test("a_silent_stream_is_opened_again", async () => {
		await watch("--reconnect-after", "1");
		await server.until(() => server.connects >= 2);
		await task.says(/connection is lost/, "err");
	});

	test("unannounced_requests_wait_until_they_are_looked_for", async () => {
		await watch();
		await task.says(/: connected/, "err");
		server.startChallenge({ popup: false, client: { id: "q", name: "Quiet", host: null } });
		const loud = server.startChallenge({ client: { id: "l", name: "Loud", host: null } });
		await task.says(/Loud[\s\S]*\[s\]kip/);
		assert.doesNotMatch(task.out, /Quiet/);
		task.type("d");
		await task.says(/Denied/);
		task.type("");
		await task.says(/Quiet[\s\S]*\[s\]kip/);
		assert.equal(server.challenges.get(loud).state, "denied");
	});

	test("json_prints_events_and_asks_nothing", async () => {
		await watch("--json");
		await task.says(/"event":"connected"/);
		const id = server.startChallenge();
		const [line] = await task.says(/\{"event":"challenge".*\}\n/);
		assert.equal(JSON.parse(line).id, id);
		server.end(id, "expired");
		await task.says(/\{"event":"ended".*"state":"expired"\}/);
		assert.equal(server.challenges.get(id).seen, 0);
	});

	test("a_clock_that_is_off_does_not_stop_the_stream", async () => {
		server.ahead = 5000;
		await watch();
		server.startChallenge();
		await task.says(/\[s\]kip/);
	});

	test("a_revoked_device_stops_watching", async () => {
		await watch();
		await task.says(/: connected/, "err");
		for (const device of server.devices.values()) device.state = "revoked";
		for (const stream of server.streams) stream.end();
		const { code, err } = await task.done;
		assert.equal(code, 1);
		assert.match(err, /no longer knows this device/);
	});
});

test("a_server_without_streams_is_polled", async () => {
	server.streams = null;
	await authenticator.enrol(server);
	const task = authenticator.start("watch");
	await task.says(/no event stream/, "err");
	const id = server.startChallenge();
	await task.says(/\[s\]kip/);
	server.challenges.get(id).state = "denied";
	await task.says(/The request has ended/);
	await task.stop();
});
