// The real symbolon-authenticator against a device server that shares no code with it (tests/fakes/device-server.mjs): enrolment, answers, hostile details.
import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
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

describe("enrolment", () => {
	test("a_link_becomes_an_account", async () => {
		const id = await authenticator.enrol(server, { totp: "otpauth://totp/Example:demo?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Example" });
		const device = server.devices.get(id);
		assert.equal(device.name, "Test device");
		assert.equal(device.jwk.d, undefined);
		assert.match(device.platform, /command line/);
		const list = await authenticator.json(0, "list");
		assert.deepEqual(list.map(({ kind }) => kind), ["account", "code"]);
		assert.deepEqual([list[0].id, list[0].issuer, list[0].organisation, list[0].username, list[0].state], [id, server.issuer, "Example", "demo", "active"]);
		assert.equal(list[1].id, "Example:demo");
	});

	test("the_key_is_on_disk_before_anything_is_sent_and_the_file_is_private", async () => {
		let before = null;
		server.override = (request) => {
			if (request.method === "POST" && before === null) before = readFileSync(authenticator.file, "utf8");
			return false;
		};
		await authenticator.enrol(server);
		assert.equal(JSON.parse(before).accounts[0].state, "pending");
		assert.ok(JSON.parse(before).accounts[0].key.d);
		assert.equal(statSync(authenticator.file).mode & 0o777, 0o600);
		assert.equal(statSync(authenticator.folder).mode & 0o777, 0o700);
	});

	test("a_lost_answer_is_asked_for_again_with_the_same_key", async () => {
		const { id, link } = server.startEnrolment();
		server.drop = 1;
		const first = await authenticator.run("enrol", link, "--yes", "--json");
		assert.equal(first.code, 3, first.err);
		const task = authenticator.start("enrol", link, "--yes", "--json");
		await task.says(/"digits":"482913"/);
		server.typeDigits(id, "482913");
		assert.equal((await task.done).code, 0);
		assert.equal(server.devices.size, 1);
	});

	test("a_typed_code_does_the_same", async () => {
		const { id } = server.startEnrolment({ code: "ABCDE-FGH12" });
		const task = authenticator.start("enrol", "--code", "abcdefgh i2".replace(" ", "-"), "--issuer", server.issuer, "--json", "--yes");
		await task.says(/"digits"/);
		server.typeDigits(id, "482913");
		assert.equal((await task.done).code, 0);
	});

	test("wrong_digits_void_it_and_the_key_is_gone", async () => {
		const { id, link } = server.startEnrolment();
		const task = authenticator.start("enrol", link, "--json", "--yes");
		await task.says(/"digits"/);
		server.typeDigits(id, "000000");
		const result = await task.done;
		assert.equal(result.code, 1);
		assert.match(result.out, /"error":"void"/);
		assert.deepEqual(JSON.parse(readFileSync(authenticator.file)).accounts, []);
	});

	test("a_second_device_is_refused", async () => {
		const { link } = server.startEnrolment();
		const first = authenticator.start("enrol", link, "--json", "--yes");
		await first.says(/"digits"/);
		const other = new Authenticator();
		const result = await other.run("enrol", link, "--json", "--yes");
		assert.equal(result.code, 1);
		assert.match(result.out, /second_device/);
		assert.deepEqual(JSON.parse(readFileSync(other.file)).accounts, []);
		await first.stop();
	});

	test("the_person_is_asked_and_no_is_the_default", async () => {
		const { link } = server.startEnrolment();
		const task = authenticator.start("enrol", link);
		await task.says(/Add this account\? demo at Example \(http:\/\/127\.0\.0\.1:\d+\) \[y\/N\]/, "err");
		task.type("");
		const result = await task.done;
		assert.equal(result.code, 1);
		assert.doesNotMatch(result.out, /482913/);
		assert.deepEqual(JSON.parse(readFileSync(authenticator.file)).accounts, []);
	});

	test("the_digits_are_shown_large", async () => {
		const { id, link } = server.startEnrolment();
		const task = authenticator.start("enrol", link);
		await task.says(/Add this account\?/, "err");
		task.type("y");
		await task.says(/482913/);
		assert.match(task.out, /(##|██)/);
		server.typeDigits(id, "482913");
		assert.equal((await task.done).code, 0);
	});

	for (const link of ["", "https://id.example.org/a/#e1.short.short", "http://id.example.org/a/#e1.AAAAAAAAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAA",
		"https://user@id.example.org/a/#e1.AAAAAAAAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAA", "javascript:alert(1)/a/#e1.AAAAAAAAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAA"])
		test(`this_is_no_link: ${JSON.stringify(link)}`, async () => {
			assert.equal((await authenticator.run("enrol", link, "--yes")).code, 2);
		});

	test("a_clock_that_is_off_is_mended_once", async () => {
		server.ahead = 4000;
		const id = await authenticator.enrol(server);
		assert.ok(server.devices.get(id));
	});
});

describe("answers", () => {
	beforeEach(() => authenticator.enrol(server));

	test("confirm_is_approved", async () => {
		const id = server.startChallenge();
		assert.deepEqual((await authenticator.json(0, "approve", id)).map(({ state }) => state), ["approved"]);
		assert.equal(server.challenges.get(id).last.number, undefined);
	});

	test("choose_is_approved_with_the_right_number", async () => {
		const id = server.startChallenge({ mode: "choose", number: "42" });
		assert.equal((await authenticator.json(0, "approve", id, "--number", "42"))[0].state, "approved");
	});

	test("enter_is_approved_with_the_right_number", async () => {
		const id = server.startChallenge({ mode: "enter", number: "048261" });
		assert.equal((await authenticator.json(0, "approve", id, "--number", "048261"))[0].state, "approved");
		assert.equal(server.challenges.get(id).last.number, "048261");
	});

	test("a_wrong_number_is_a_refusal", async () => {
		const id = server.startChallenge({ mode: "enter", number: "48" });
		assert.equal((await authenticator.json(1, "approve", id, "--number", "49"))[0].state, "wrong");
	});

	test("deny_and_report", async () => {
		const denied = server.startChallenge();
		assert.equal((await authenticator.json(0, "deny", denied))[0].state, "denied");
		assert.equal(server.challenges.get(denied).last.decision, "deny");
		const reported = server.startChallenge();
		await authenticator.json(0, "report", reported);
		assert.equal(server.challenges.get(reported).last.decision, "report");
	});

	test("an_approved_request_can_still_be_reported", async () => {
		const id = server.startChallenge();
		await authenticator.json(0, "approve", id);
		await authenticator.json(0, "report", id);
		assert.equal(server.challenges.get(id).state, "denied");
	});

	for (const [name, options, args] of [
		["enter_without_a_number", { mode: "enter", number: "48" }, []],
		["enter_with_too_many_digits", { mode: "enter", number: "48" }, ["--number", "481"]],
		["enter_with_letters", { mode: "enter", number: "48" }, ["--number", "4x"]],
		["choose_with_none_of_the_three", { mode: "choose", number: "42" }, ["--number", "43"]],
		["confirm_with_a_number", {}, ["--number", "42"]],
	])
		test(`nothing_is_sent_for: ${name}`, async () => {
			const id = server.startChallenge(options);
			await authenticator.json(2, "approve", id, ...args);
			assert.equal(server.challenges.get(id).state, "pending");
			assert.equal(server.log.filter(({ path }) => path.endsWith("/answer")).length, 0);
		});

	test("the_first_answer_stands_and_the_second_is_told_which_device", async () => {
		const id = server.startChallenge();
		let once = true; // settled between the look and the answer
		server.override = (request) => {
			if (once && request.url.endsWith("/answer")) {
				once = false;
				Object.assign(server.challenges.get(id), { state: "denied", settledBy: "Kitchen tablet" });
			}
			return false;
		};
		const result = await authenticator.run("approve", id);
		assert.equal(result.code, 1);
		assert.match(result.err, /settled already \(denied on Kitchen tablet\)/);
	});

	test("too_late_is_said", async () => {
		const id = server.startChallenge();
		server.override = (request) => {
			if (request.url.endsWith("/answer")) server.challenges.get(id).state = "expired";
			return false;
		};
		const result = await authenticator.run("approve", id);
		assert.equal(result.code, 1);
		assert.match(result.err, /too late/);
	});

	test("a_lost_answer_is_sent_again_byte_for_byte", async () => {
		const id = server.startChallenge();
		const bodies = [];
		server.override = (request, response, body) => {
			if (request.url.endsWith("/answer")) bodies.push(body.toString());
			return false;
		};
		server.drop = 2;
		assert.equal((await authenticator.json(0, "approve", id))[0].state, "approved");
		assert.equal(bodies.length, 3);
		assert.equal(new Set(bodies).size, 1);
		const jtis = server.log.filter(({ path }) => path.endsWith("/answer")).map(({ claims }) => claims.jti);
		assert.equal(new Set(jtis).size, 3);
	});

	test("a_clock_that_is_off_is_mended_once", async () => {
		server.ahead = -7200;
		server.log = [];
		const id = server.startChallenge();
		const result = await authenticator.run("approve", id);
		assert.equal(result.code, 0, result.err);
		assert.match(result.err, /clock of this computer is 7[12]\d\d seconds ahead/);
		assert.equal(server.log.filter(({ claims }) => Math.abs(claims.iat - server.now()) > 60).length, 1);
	});

	test("a_late_report_under_a_wrong_clock_is_made_anew", async () => {
		const id = server.startChallenge();
		await authenticator.json(0, "approve", id);
		server.ahead = 9000;
		await authenticator.json(0, "report", id);
		assert.equal(server.challenges.get(id).last.decision, "report");
	});

	test("a_server_whose_clock_runs_wild_is_not_asked_for_ever", async () => {
		let asked = 0;
		server.override = (request, response) => {
			asked += 1;
			server.reply(response, 401, { error: "clock_off", message: "no", server_time: 1_000_000 * asked });
			return true;
		};
		assert.equal((await authenticator.run("pending")).code, 1);
		assert.equal(asked, 2);
	});

	test("expect_and_history", async () => {
		await authenticator.json(0, "expect");
		assert.equal(server.expected, 1);
		server.history = [{ id: "a", state: "denied", at: 1790000000, why: "because \u001b[31mnew", client: { name: "Payroll" }, request: { ip: "203.0.113.7", place: null, browser: "Firefox" } }];
		const result = await authenticator.run("history");
		assert.equal(result.code, 0);
		assert.match(result.out, /2026-09-21T\S+\s+denied\s+Payroll\s+203\.0\.113\.7, Firefox/);
		assert.doesNotMatch(result.out, /\u001b/);
	});

	test("a_change_is_never_sent_twice_behind_our_back", async () => {
		server.ahead = 4000; // the first is refused, and leaves a connection open
		const jtis = [];
		server.override = (request) => {
			if (request.url.endsWith("/expect")) jtis.push(request.headers.authorization);
			return false;
		};
		await authenticator.json(0, "expect");
		server.drop = 1;
		server.ahead = -4000;
		await authenticator.json(3, "expect");
		assert.equal(jtis.length, 4);
		assert.equal(new Set(jtis).size, 4);
		assert.equal(server.expected, 2);
	});

	test("revoked_is_said", async () => {
		for (const device of server.devices.values()) device.state = "revoked";
		const result = await authenticator.run("pending");
		assert.equal(result.code, 1);
		assert.match(result.err, /enrol it again/);
	});

	test("remove_tells_the_server_and_forgets_the_key", async () => {
		const [id] = server.devices.keys();
		assert.equal((await authenticator.run("remove", "demo", "--yes")).code, 0);
		assert.equal(server.devices.get(id).state, "revoked");
		assert.deepEqual(JSON.parse(readFileSync(authenticator.file)).accounts, []);
	});

	test("redirects_and_floods_are_not_followed", async () => {
		server.override = (request, response) => {
			response.writeHead(302, { location: "http://127.0.0.1:1/" });
			response.end();
			return true;
		};
		assert.equal((await authenticator.run("pending")).code, 3);
		server.override = (request, response) => {
			response.writeHead(200, { "content-type": "application/json" });
			response.end(`["${"x".repeat(70_000)}"]`);
			return true;
		};
		const result = await authenticator.run("pending");
		assert.equal(result.code, 3);
		assert.match(result.err, /64 KiB/);
	});

	test("details_of_another_request_are_not_answered", async () => {
		const id = server.startChallenge();
		const other = server.startChallenge();
		server.challenges.get(id).bytes = server.challenges.get(other).bytes;
		assert.equal((await authenticator.run("approve", id)).code, 3);
		assert.equal(server.challenges.get(other).state, "pending");
	});

	test("several_accounts_are_told_apart", async () => {
		const second = await new DeviceServer().listen();
		second.account = { organisation: "Other", username: "demo" };
		try {
			await authenticator.enrol(second);
			assert.equal((await authenticator.run("expect")).code, 2);
			assert.equal((await authenticator.run("expect", "--account", "Other")).code, 0);
			assert.deepEqual([server.expected, second.expected], [0, 1]);
			const id = second.startChallenge();
			assert.equal((await authenticator.json(0, "approve", id))[0].state, "approved");
		} finally {
			await second.close();
		}
	});
});

describe("hostile details", () => {
	const hostile = "\u001b]0;own\u0007\u001b[2J\r\n\u009b31m\u202eevil\u200b\u2066</script>\"'";
	beforeEach(() => authenticator.enrol(server));

	test("nothing_from_outside_reaches_the_terminal_raw", async () => {
		server.startChallenge({
			account: { username: hostile, organisation: hostile }, client: { id: "x", name: hostile, host: hostile },
			request: { ip: hostile, place: hostile, browser: hostile, known: false, at: 1 }, why: hostile, message: hostile,
		});
		for (const args of [["pending"], ["pending", "--json"]]) {
			const { out, code } = await authenticator.run(...args);
			assert.equal(code, 0);
			assert.match(out, /own/);
			assert.doesNotMatch(out, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069]/u);
		}
		const { out } = await authenticator.run("pending");
		assert.match(out, /cannot be shown safely/);
		assert.match(out, /new browser/);
	});

	test("the_signed_hash_is_that_of_the_bytes_not_of_what_is_shown", async () => {
		const id = server.startChallenge({ why: hostile });
		assert.equal((await authenticator.json(0, "approve", id))[0].state, "approved");
	});

	test("an_error_message_is_cleaned_too", async () => {
		server.override = (request, response) => {
			server.reply(response, 403, { error: "\u001b[31mx", message: hostile });
			return true;
		};
		const { err, out } = await authenticator.run("pending", "--json");
		assert.doesNotMatch(err + out, /[\u001b\u0007\u009b\u202e]/u);
	});

	for (const [name, change] of [
		["no_nonce", { nonce: undefined }], ["an_unknown_mode", { mode: "shout" }], ["a_long_code", { code: "UIMYQX" }], ["a_code_of_digits", { code: "12345" }],
		["a_twin_choice", { mode: "choose", choices: ["17", "17", "86"] }], ["two_choices", { mode: "choose", choices: ["17", "86"] }],
		["nine_digits", { mode: "enter", digits: 9 }], ["one_digit", { mode: "enter", digits: 1 }], ["no_account", { account: null }], ["no_expiry", { expires_at: "soon" }],
	])
		test(`details_are_refused_with: ${name}`, async () => {
			const id = server.startChallenge(change);
			assert.equal((await authenticator.run("approve", id)).code, 3);
			assert.equal(server.log.filter(({ path }) => path.endsWith("/answer")).length, 0);
		});
});
