// What sets this apart: one account, three services, three prompts, and everyone is told why in the same words.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, Person } from "./lib/browser.mjs";
import { Device } from "./lib/device.mjs";
import { Service } from "./lib/service.mjs";
import { signIn, Visitor } from "./lib/visitor.mjs";
import { PASSWORD, World } from "./lib/world.mjs";

const LIMIT = { timeout: 120_000 };
const rule = (client, ...ask) => ({ name: `What ${client} asks`, when: { client }, ask });
const three = { default: { ask: ["password", "totp"] }, rules: [rule("wiki", "push:confirm"), rule("mail", "push:choose"), rule("payroll", "password", "push:enter:2 | totp | recovery")] };

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

test("one account, three services, three prompts in one browser, and each says why", LIMIT, async (t) => {
	const world = await World.open(t, { policy: three });
	const device = await Device.enrol(world, "demo");
	const person = await Person.open(t, browser);
	const services = {};
	for (const id of ["wiki", "mail", "payroll"]) services[id] = await Service.open(world, id);
	const { page } = person;
	const told = [];

	await page.goto(`${services.wiki.origin}/signin`);
	await person.identify();
	await person.heading("Compare this code with your phone");
	const code = await person.carried();
	let challenge = await device.challenge();
	assert.deepEqual([challenge.mode, challenge.code, challenge.client.name], ["confirm", code, "Wiki"]);
	assert.equal(await page.locator("p.why").count(), 0, "a browser that has proven nothing is told nothing");
	told.push(challenge.why);
	await device.approve(challenge);
	assert.equal((await person.signedIn()).acr, "swk");

	await page.goto(`${services.mail.origin}/signin`);
	await page.getByRole("button", { name: "Send the request" }).or(page.getByRole("heading", { name: "Tap this number on your phone" })).first().waitFor();
	if (await page.getByRole("button", { name: "Send the request" }).isVisible()) await page.getByRole("button", { name: "Send the request" }).click();
	await person.heading("Tap this number on your phone");
	const pick = await person.carried();
	challenge = await device.challenge();
	assert.deepEqual([challenge.mode, challenge.choices.length, challenge.choices.includes(pick)], ["choose", 3, true]);
	assert.equal(await person.why(), challenge.why);
	told.push(challenge.why);
	await device.approve(challenge, pick);
	assert.equal((await person.signedIn()).acr, "swk");

	await page.goto(`${services.payroll.origin}/signin`);
	await person.password(PASSWORD);
	await person.heading("Type this number on your phone");
	const number = await person.carried();
	challenge = await device.challenge();
	assert.deepEqual([challenge.mode, challenge.digits, number.length], ["enter", 2, 2]);
	assert.equal(await person.why(), challenge.why);
	told.push(challenge.why);
	await device.approve(challenge, number);
	assert.equal((await person.signedIn()).acr, "mfa");

	assert.deepEqual(told, ["Wiki always asks you to compare a code.", "Mail always asks you to pick a number.", "Payroll always asks for the number."]);
	const history = await device.request("GET", "/history");
	assert.equal(history.status, 200, history.text);
	const { history: rows } = history.json;
	assert.deepEqual(rows.map((one) => one.why).sort(), [...told].sort());
	assert.ok(rows.every((one, at) => one.state === "approved" && (at === 0 || one.at <= rows[at - 1].at)), "newest first, by whole seconds");
	person.calm();
});

test("explain says beforehand what a sign-in then asks, and why", LIMIT, async (t) => {
	const world = await World.open(t, { policy: three });
	const device = await Device.enrol(world, "demo");
	const clients = {};
	for (const id of ["wiki", "mail", "payroll"]) clients[id] = await world.addClient(id);
	for (const id of ["wiki", "mail", "payroll"]) {
		const [explained] = await world.command(["explain", "demo", id, "--ip", "192.0.2.10"]);
		const trace = explained.new_browser;
		const login = await signIn(new Visitor(world), clients[id], device, { password: PASSWORD });
		assert.equal(trace.outcome, "ask");
		assert.equal(trace.rule, `What ${id} asks`);
		assert.equal(login.challenge.why, trace.why);
		const asked = trace.asked.at(-1)[0];
		const mode = login.challenge.mode === "confirm" ? "push:confirm" : `push:${login.challenge.mode}:${login.challenge.digits ?? login.challenge.choices[0].length}`;
		assert.equal(asked, mode);
		const failed = trace.looked_at.filter((one) => !one.matched);
		assert.equal(failed.length, Object.keys(clients).indexOf(id), "the rules before it were looked at");
		for (const one of failed) assert.match(one.failed, new RegExp(`client is ${id}`));
	}
	const { code, out } = await world.run(["explain", "demo", "payroll", "--ip", "192.0.2.10"]);
	assert.equal(code, 0);
	assert.match(out, /What payroll asks/);
	assert.match(out, /Payroll always asks for the number\./);
});

test("a known browser is asked less than a new one, and both are told so", LIMIT, async (t) => {
	const policy = { default: { ask: ["password", "push:enter:4"] }, rules: [{ name: "The wiki is quick in a known browser", when: { client: "wiki", known_browser: true }, ask: ["push:confirm"] }] };
	const world = await World.open(t, { policy });
	const device = await Device.enrol(world, "demo");
	const wiki = await world.addClient("wiki");
	const visitor = new Visitor(world);
	const first = await signIn(visitor, wiki, device, { password: PASSWORD });
	assert.deepEqual([first.challenge.mode, first.challenge.why, first.challenge.request.known], ["enter", "Wiki asks for the number because this browser is new.", false]);
	visitor.jar.delete("__Host-symbolon-session");
	const second = await signIn(visitor, wiki, device, { password: PASSWORD });
	assert.deepEqual([second.challenge.mode, second.challenge.why, second.challenge.request.known], ["confirm", "Wiki only asks you to compare a code because you have used this browser before.", true]);
	const elsewhere = await signIn(new Visitor(world), wiki, device, { password: PASSWORD });
	assert.equal(elsewhere.challenge.mode, "enter");
});

test("a rule that denies ends the sign-in with a reason, and explain names the rule", LIMIT, async (t) => {
	const policy = { default: { ask: ["password", "push:enter"] }, rules: [{ name: "Nobody in the vault", when: { client: "vault" }, deny: true }] };
	const world = await World.open(t, { policy });
	await Device.enrol(world, "demo");
	const vault = await world.addClient("vault");
	const [explained] = await world.command(["explain", "demo", "vault"]);
	assert.deepEqual([explained.new_browser.outcome, explained.new_browser.refusal, explained.new_browser.rule], ["refuse", "not_allowed", "Nobody in the vault"]);
	const login = await new Visitor(world).begin(vault);
	const state = await login.identify();
	assert.deepEqual([state.state, state.notice], ["refused", "not_allowed"]);
	assert.equal((await login.step("finish")).status, 409);
});

test("an account without the factor is refused, not let in with less", LIMIT, async (t) => {
	const world = await World.open(t, { policy: { default: { ask: ["password", "push:enter:6"] } } });
	const wiki = await world.addClient("wiki");
	const [explained] = await world.command(["explain", "demo", "wiki"]);
	assert.deepEqual([explained.new_browser.outcome, explained.new_browser.refusal], ["refuse", "no_factor"]);
	const login = await new Visitor(world).begin(wiki);
	let state = await login.identify();
	if (state.state === "prove") state = await login.password(PASSWORD);
	assert.deepEqual([state.state, state.notice], ["refused", "no_factor"]);
	assert.equal((await login.step("finish")).status, 409);
});
