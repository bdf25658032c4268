// The real symbolon-authenticator against a device server that shares no code with it (tests/fakes/device-server.mjs).
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, beforeEach, describe, test } from "node:test";
import { DeviceServer } from "../fakes/device-server.mjs";

const root = join(import.meta.dirname ?? new URL(".", import.meta.url).pathname, "../..");
const binary = [process.env.SYMBOLON_AUTHENTICATOR, process.env.SYMBOLON_BIN && join(process.env.SYMBOLON_BIN, "symbolon-authenticator"),
	join(root, "build/asan/authenticator/symbolon-authenticator")].find((path) => path && existsSync(path));
assert.ok(binary, "build it first: ./run build asan");

const running = new Set();
after(() => running.forEach((child) => child.kill("SIGKILL")));

const base = mkdtempSync(join(tmpdir(), "symbolon-authenticator-"));
after(() => rmSync(base, { recursive: true, force: true }));
let folders = 0;

// One person's authenticator: its folder, and its command.
class Authenticator {
	constructor(env = {}) {
		this.folder = join(base, String((folders += 1)));
		this.file = join(this.folder, "authenticator.json");
		this.env = { ...process.env, SYMBOLON_AUTHENTICATOR_DIR: this.folder, NO_COLOR: "1", ...env };
	}

	start(...args) {
		const child = spawn(binary, args, { env: this.env, stdio: ["pipe", "pipe", "pipe"] });
		const task = { child, out: "", err: "", waiters: [] };
		const look = () => {
			task.waiters = task.waiters.filter((waiter) => !waiter());
		};
		running.add(child);
		child.stdin.on("error", () => {}); // it may be gone before it has read all
		child.stdout.on("data", (bytes) => ((task.out += bytes), look()));
		child.stderr.on("data", (bytes) => ((task.err += bytes), look()));
		task.done = new Promise((resolve) => child.on("close", (code, signal) => {
			running.delete(child);
			task.ended = true;
			look();
			resolve({ code: code ?? signal, out: task.out, err: task.err });
		}));
		// Resolves when standard output or error matches, behind what matched before.
		task.seen = { out: 0, err: 0 };
		task.says = (pattern, stream = "out") => new Promise((resolve, reject) => {
			const waiter = () => {
				const match = task[stream].slice(task.seen[stream]).match(pattern);
				if (match) {
					task.seen[stream] += match.index + match[0].length;
					resolve(match);
				} else if (task.ended) {
					reject(new Error(`ended without ${pattern}: ${task.out}\n${task.err}`));
				}
				return Boolean(match) || task.ended;
			};
			if (!waiter()) task.waiters.push(waiter);
		});
		task.type = (line) => child.stdin.write(`${line}\n`);
		task.stop = async () => {
			child.kill("SIGTERM");
			return task.done;
		};
		return task;
	}

	async run(...args) {
		const task = this.start(...args);
		task.child.stdin.end();
		return task.done;
	}

	// Must exit so; gives standard output's JSON lines.
	async json(code, ...args) {
		const result = await this.run(...args, "--json");
		assert.equal(result.code, code, result.out + result.err);
		return result.out.trim().split("\n").filter(Boolean).map((line) => JSON.parse(line));
	}

	async enrol(server, options = {}) {
		const { id, link } = server.startEnrolment(options);
		const task = this.start("enrol", link, "--json", "--yes", "--name", "Test device");
		const [line] = await task.says(/\{.*"digits".*\}\n/);
		server.typeDigits(id, JSON.parse(line).digits);
		const result = await task.done;
		assert.equal(result.code, 0, result.err);
		return JSON.parse(result.out.trim().split("\n").at(-1)).device_id;
	}
}

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
		task.child.stdin.write("a"); // no newline: it would complete with the next line
		server.startChallenge({ mode: "confirm" });
		await task.says(/\[s\]kip/);
		task.type("bogus");
		await task.says(/none of the answers/);
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

describe("vault", () => {
	const uri = (secret, name = "Example:demo") => `otpauth://totp/${encodeURIComponent(name)}?secret=${secret}&issuer=Example`;
	const secretA = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
	const secretB = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJR";

	test("a_passphrase_seals_changes_and_opens", async () => {
		await authenticator.enrol(server);
		const first = join(base, "first"), second = join(base, "second");
		writeFileSync(first, "correct horse battery\n");
		writeFileSync(second, "another long phrase\n");
		authenticator.env.SYMBOLON_AUTHENTICATOR_PASSPHRASE_FILE = first;
		assert.equal((await authenticator.run("passphrase")).code, 0);
		const sealed = readFileSync(authenticator.file, "utf8");
		assert.deepEqual(Object.keys(JSON.parse(sealed)), ["format", "version", "sealed"]);
		assert.doesNotMatch(sealed, /"d":|demo|127\.0\.0\.1/);
		const id = server.startChallenge();
		assert.equal((await authenticator.json(0, "approve", id))[0].state, "approved");
		assert.equal((await authenticator.run("passphrase", "--new", second)).code, 0);
		assert.equal((await authenticator.run("list")).code, 1);
		authenticator.env.SYMBOLON_AUTHENTICATOR_PASSPHRASE_FILE = second;
		assert.equal((await authenticator.json(0, "list")).length, 1);
		assert.equal((await authenticator.run("passphrase", "--remove")).code, 0);
		assert.equal(JSON.parse(readFileSync(authenticator.file)).accounts.length, 1);
	});

	test("an_altered_sealed_vault_is_refused_and_left_alone", async () => {
		const file = join(base, "phrase");
		writeFileSync(file, "correct horse battery\n");
		authenticator.env.SYMBOLON_AUTHENTICATOR_PASSPHRASE_FILE = file;
		await authenticator.json(0, "add", uri(secretA));
		assert.equal((await authenticator.run("passphrase")).code, 0);
		const vault = JSON.parse(readFileSync(authenticator.file));
		const box = Buffer.from(vault.sealed.box, "base64url");
		box[box.length - 1] ^= 1;
		vault.sealed.box = box.toString("base64url");
		writeFileSync(authenticator.file, JSON.stringify(vault));
		const before = readFileSync(authenticator.file, "utf8");
		assert.equal((await authenticator.run("list")).code, 1);
		assert.equal((await authenticator.run("add", uri(secretB))).code, 1);
		assert.equal(readFileSync(authenticator.file, "utf8"), before);
	});

	test("no_passphrase_and_no_terminal_is_said", async () => {
		const file = join(base, "phrase2");
		writeFileSync(file, "short\n");
		await authenticator.json(0, "add", uri(secretA));
		assert.equal((await authenticator.run("passphrase", "--new", file)).code, 1);
		assert.ok(JSON.parse(readFileSync(authenticator.file)).codes);
	});

	test("wide_permissions_are_refused", async () => {
		await authenticator.json(0, "add", uri(secretA));
		chmodSync(authenticator.file, 0o640);
		const result = await authenticator.run("code");
		assert.equal(result.code, 1);
		assert.match(result.err, /chmod 600/);
		chmodSync(authenticator.file, 0o600);
		chmodSync(authenticator.folder, 0o777);
		assert.equal((await authenticator.run("code")).code, 1);
	});

	for (const damage of ["", "{", "[]", '{"format":"other","version":1}', '{"format":"symbolon-authenticator","version":2,"accounts":[],"codes":[],"recent":[]}',
		'{"format":"symbolon-authenticator","version":1,"accounts":[{}],"codes":[],"recent":[]}',
		'{"format":"symbolon-authenticator","version":1,"sealed":{"kdf":"none","salt":"","box":""}}'])
		test(`a_damaged_vault_is_left_as_it_is: ${damage}`, async () => {
			await authenticator.run("list");
			writeFileSync(authenticator.file, damage, { mode: 0o600 });
			assert.equal((await authenticator.run("add", uri(secretA))).code, 3);
			assert.equal(readFileSync(authenticator.file, "utf8"), damage);
		});

	test("twenty_at_a_time_lose_nothing", async () => {
		const secrets = Array.from({ length: 20 }, (_, i) => `GEZDGNBVGY3TQOJQGEZDGNBVGY3TQO${"ABCDEFGHIJKLMNOPQRST"[i]}A`);
		const results = await Promise.all(secrets.map((secret, i) => authenticator.run("add", uri(secret, `Example:demo${i}`))));
		assert.deepEqual(results.map(({ code }) => code), Array(20).fill(0));
		assert.equal((await authenticator.json(0, "list")).length, 20);
	});

	test("import_keeps_both_and_counts", async () => {
		const file = join(base, "list.txt");
		writeFileSync(file, `\ufeff# mine\n\n${uri(secretA)}\r\n${uri(secretB)}\nnot a code\n${uri(secretA)}\n`);
		const [counts] = await authenticator.json(1, "import", file);
		assert.deepEqual(counts, { added: 2, same: 1, beside: 1, problems: 1 });
		assert.equal((await authenticator.json(0, "code", "demo")).length, 2);
	});

	test("export_is_private_and_overwrites_only_by_force", async () => {
		await authenticator.json(0, "add", uri(secretA));
		const file = join(base, "out.txt");
		const result = await authenticator.run("export", file);
		assert.equal(result.code, 0);
		assert.match(result.err, /plain/);
		assert.equal(statSync(file).mode & 0o777, 0o600);
		assert.match(readFileSync(file, "utf8"), new RegExp(`^otpauth://totp/Example:demo\\?secret=${secretA}`));
		assert.equal((await authenticator.run("export", file)).code, 1);
		chmodSync(file, 0o644);
		assert.equal((await authenticator.run("export", file, "--force")).code, 0);
		assert.equal(statSync(file).mode & 0o777, 0o600);
		const other = new Authenticator();
		assert.deepEqual(await other.json(0, "import", file), [{ added: 1, same: 0, beside: 0, problems: 0 }]);
	});

	test("an_ambiguous_name_lists_and_prints_no_code", async () => {
		await authenticator.json(0, "add", uri(secretA, "Example:demo"));
		await authenticator.json(0, "add", uri(secretB, "Example:demo2"));
		const result = await authenticator.run("code", "exam");
		assert.equal(result.code, 2);
		assert.match(result.err, /Example:demo2/);
		assert.equal(result.out, "");
		assert.equal((await authenticator.json(0, "code", "Example:demo"))[0].id, "Example:demo");
	});

	test("a_code_is_what_rfc_6238_says", async () => {
		const { createHmac } = await import("node:crypto");
		await authenticator.json(0, "add", uri(secretA));
		const expected = (step) => {
			const counter = Buffer.alloc(8);
			counter.writeBigUInt64BE(BigInt(step));
			const mac = createHmac("sha1", "12345678901234567890").update(counter).digest();
			return String((mac.readUInt32BE(mac[19] & 15) & 0x7fffffff) % 1_000_000).padStart(6, "0");
		};
		const before = Math.floor(Date.now() / 30000);
		const [{ code }] = await authenticator.json(0, "code");
		const now = Math.floor(Date.now() / 30000);
		assert.ok([expected(before), expected(now)].includes(code));
	});
});

describe("usage", () => {
	for (const [args, code] of [[["--help"], 0], [["--version"], 0], [[], 2], [["enroll"], 2], [["list", "--number", "1"], 2], [["approve"], 2], [["watch", "x"], 2],
		[["code"], 1], [["expect"], 1], [["approve", "../../x"], 1], [["--frobnicate"], 2], [["watch", "--reconnect-after", "0"], 2]])
		test(`exit_${code}_for: ${args.join(" ")}`, async () => {
			const result = await authenticator.run(...args);
			assert.equal(result.code, code, result.err);
			if (code) assert.match(result.err, /symbolon-authenticator/);
		});
});
