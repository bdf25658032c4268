// Three nodes on one PostgreSQL behind HAProxy: it makes no difference which of them is asked.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Device } from "./lib/device.mjs";
import { Cluster } from "./lib/cluster.mjs";
import { sendForm } from "./lib/http.mjs";
import { discover, signIn, Visitor } from "./lib/visitor.mjs";
import { PASSWORD } from "./lib/world.mjs";

const LIMIT = { timeout: 120_000 };
const ENTER = { policy: { default: { ask: ["password", "push:enter | totp | recovery"] } } };

async function scene(t, options = {}) {
	const cluster = await Cluster.open(t, { ...ENTER, ...options });
	const device = await Device.enrol(cluster, "demo");
	const wiki = await cluster.addClient("wiki");
	return { cluster, device, wiki };
}

// The same browser, the same phone, at another node.
const elsewhere = (visitor, cluster, index) => Object.assign(new Visitor(cluster.at(index)), { jar: visitor.jar });
const deviceAt = (device, cluster, index) => Object.assign(Object.create(device), { target: cluster.at(index).target });

async function pushed(visitor, client) {
	const login = await visitor.begin(client);
	await login.identify();
	await login.password(PASSWORD);
	return { login, state: await login.state("push") };
}

const tokenForm = (login, back) => ({ grant_type: "authorization_code", code: back.searchParams.get("code"), redirect_uri: login.client.redirectUri, code_verifier: login.checks.pkceCodeVerifier });
const basic = (client) => ({ authorization: `Basic ${Buffer.from(`${client.id}:${client.secret}`).toString("base64")}` });
const userinfo = (cluster, token) => fetch(`${cluster.target}/userinfo`, { headers: { authorization: `Bearer ${token}` } });

test("a sign-in begun on one node, answered on a second, finished on a third, redeemed on the first", LIMIT, async (t) => {
	const { cluster, device, wiki } = await scene(t);
	const phone = deviceAt(device, cluster, 1).events();
	cluster.closers.push(() => phone.close());
	assert.equal(await phone.opened, 200);
	const { login, state } = await pushed(new Visitor(cluster.at(0)), wiki);
	const page = login.events();
	// The phone's stream on the second node hears of it, and the page on the first of the answer.
	await phone.next((event) => event.name === "challenge");
	const second = deviceAt(device, cluster, 1);
	await second.approve(await second.challenge(), state.challenge.number);
	await page.next((event) => event.name === "state" && event.data.state === "done");
	page.close();
	login.visitor = elsewhere(login.visitor, cluster, 2);
	const back = await login.finish();
	const reply = await sendForm(`${cluster.at(0).target}/token`, tokenForm(login, back), { ...basic(wiki), host: new URL(cluster.issuer).host });
	assert.equal(reply.status, 200, reply.text);
	for (const at of [0, 1, 2]) assert.equal((await userinfo(cluster.at(at), reply.json.access_token)).status, 200);
	// The same code on another node: refused, and what it gave is revoked everywhere.
	const again = await sendForm(`${cluster.at(1).target}/token`, tokenForm(login, back), { ...basic(wiki), host: new URL(cluster.issuer).host });
	assert.equal(again.status, 400);
	for (const at of [0, 1, 2]) assert.equal((await userinfo(cluster.at(at), reply.json.access_token)).status, 401);
});

test("what one node has counted counts on all: a spent TOTP step, wrong passwords", LIMIT, async (t) => {
	const { cluster, wiki } = await scene(t, { policy: { default: { ask: ["password", "totp"] } } });
	const totp = await cluster.addTotp("demo");
	const code = await totp.code();
	const results = await Promise.all([0, 1, 2].map(async (at) => {
		const login = await new Visitor(cluster.at(at), { ip: `192.0.2.${20 + at}` }).begin(wiki);
		await login.identify();
		await login.password(PASSWORD);
		return login.step("totp", { code });
	}));
	assert.equal(results.filter((reply) => reply.json?.state === "done").length, 1, results.map((reply) => reply.text).join("\n"));
});

test("a disable by the command ends sessions, tokens and streams on every node within a second", LIMIT, async (t) => {
	const { cluster, device, wiki } = await scene(t);
	const visitor = new Visitor(cluster.at(0));
	const login = await signIn(visitor, wiki, device, { password: PASSWORD });
	const tokens = await login.tokens(login.back, await discover(cluster, wiki));
	const streams = [0, 1, 2].map((at) => deviceAt(device, cluster, at).events());
	for (const stream of streams) assert.equal(await stream.opened, 200);
	await cluster.command(["user", "disable", "demo"]);
	const begun = Date.now();
	await Promise.all(streams.map((stream) => stream.closed));
	const took = Date.now() - begun;
	assert.ok(took < 1500, `the streams ended after ${took} ms`);
	for (const at of [0, 1, 2]) {
		assert.equal((await userinfo(cluster.at(at), tokens.access_token)).status, 401);
		const { location } = await elsewhere(visitor, cluster, at).authorize(wiki, { prompt: "none" });
		assert.equal(location.searchParams.get("error"), "login_required");
	}
});

// As an upgrade does it: the first new node adds to the schema while old ones run, and old ones may start again.
test("nodes are replaced and the schema grows while people sign in: nobody notices", { timeout: 300_000 }, async (t) => {
	const { cluster, device, wiki } = await scene(t, { users: ["demo", "other", "third"] });
	const people = [{ username: "demo", device }, { username: "other", device: await Device.enrol(cluster, "other") }, { username: "third", device: await Device.enrol(cluster, "third") }];
	const config = await discover(cluster, wiki);
	let replacing = true, count = 0;
	const busy = people.map(async ({ username, device: phone }) => {
		const visitor = new Visitor(cluster, { ip: `192.0.2.${100 + people.findIndex((one) => one.username === username)}` });
		while (replacing) {
			const login = await signIn(visitor, wiki, phone, { password: PASSWORD, username, params: { prompt: "login" } });
			assert.ok((await login.tokens(login.back, config)).access_token);
			count++;
		}
	});
	const replace = (async () => {
		for (const node of cluster.nodes) {
			const before = count;
			await node.stop();
			if (node === cluster.nodes[0]) cluster.postgres.sql("ALTER TABLE users ADD COLUMN nickname TEXT NOT NULL DEFAULT ''; INSERT INTO schema_migration VALUES (9999, '9999_later', 'x', 0)", "symbolon");
			while (replacing && count < before + 2) await new Promise((resolve) => setTimeout(resolve, 20));
			await node.serve();
		}
		replacing = false;
	})();
	await Promise.all([replace, ...busy]).finally(() => (replacing = false));
	t.diagnostic(`${count} sign-ins while three nodes were replaced`);
});
