// Web Push from the daemon to a push service that answers everything a real one might.
//
// Mutations that turned these tests red: in delivery.c is_wanted without the challenge's state; in sender.c begun_release dropped, claims that end at once; in verdict.c 429
// that drops; in fetch.c redirects that are followed; in login_view.c the delivery shown to anybody. (More in the unit tests of core, http and push.)
import assert from "node:assert/strict";
import { createECDH, randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { test } from "node:test";
import webpush from "web-push";
import { Cluster } from "./lib/cluster.mjs";
import { Device } from "./lib/device.mjs";
import { forgetConnections } from "./lib/http.mjs";
import { family } from "./lib/processes.mjs";
import { PushService, Subscription, vapidClaims } from "./lib/push_service.mjs";
import { Visitor } from "./lib/visitor.mjs";
import { PASSWORD, World } from "./lib/world.mjs";

const LIMIT = { timeout: 180_000 };
const policy = { default: { ask: ["password", "push:enter | totp | recovery"] } };

async function scene(t, options = {}) {
	const service = await PushService.open(t, options.service);
	const world = await World.open(t, { policy, ...options, settings: { push: { ...service.settings, ...options.push }, ...options.settings } });
	const device = await Device.enrol(world, "demo");
	const wiki = await world.addClient("wiki");
	return { service, world, device, wiki };
}

const about = async (device) => (await device.request("GET", "/device")).json;
const ask = (device, json) => device.request("PUT", "/device/push", json);
const isTest = (message, subscription) => message.path === subscription.path && subscription.open(message.body).notification.navigate.includes("/a/#t.");
const isRequest = (message, subscription) => message.path === subscription.path && subscription.open(message.body).notification.navigate.includes("/a/#c.");
const nonceOf = (opened) => new URL(opened.notification.navigate).hash.slice(3);
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// What `look` gives, as soon as it fits.
async function until(look, fits, what) {
	const begun = Date.now();
	for (;;) {
		const seen = await look();
		if (fits(seen)) return seen;
		assert.ok(Date.now() - begun < 60_000, `${what}: ${JSON.stringify(seen)}`);
		await pause(50);
	}
}

// Subscribed, tested and echoed.
async function subscribe(service, device) {
	const { vapid_public_key: key } = await about(device);
	const subscription = service.subscription(key);
	const reply = await ask(device, subscription.json);
	assert.equal(reply.status, 200, reply.text);
	assert.equal(reply.json.state, "testing");
	const { json } = service.read(await service.next((one) => isTest(one, subscription)), subscription);
	const echo = await device.request("POST", "/device/push/echo", { nonce: nonceOf(json) });
	assert.equal(echo.status, 200, echo.text);
	return subscription;
}

async function pushed(world, wiki, ip) {
	const login = await new Visitor(world, { ip }).begin(wiki);
	await login.identify();
	return { login, state: await login.password(PASSWORD) }; // the push follows by itself
}

const deliveryIs = (word) => (state) => state.challenge?.delivery === word;

test("a request reaches the phone encrypted, named to nobody, and the phone answers it", LIMIT, async (t) => {
	const { service, world, device, wiki } = await scene(t);
	const before = await about(device);
	assert.match(before.vapid_public_key, /^B[\w-]{86}$/);
	assert.deepEqual(before.push, { subscribed: false, vapid_public_key: null, renew: false, confirmed_at: 0, reachable_since: 0, accepted_at: 0, failed_at: 0, failure: null });
	const subscription = await subscribe(service, device);
	const { login, state } = await pushed(world, wiki);
	const message = await service.next((one) => isRequest(one, subscription));
	const { json, claims, ttl, topic } = service.read(message, subscription);
	const [pending] = await device.pending();
	assert.deepEqual(json, { web_push: 8030, notification: { title: "Sign-in request", body: "Open to review", navigate: `${world.issuer}/a/#c.${pending.id}` }, mutable: true });
	assert.equal(claims.sub, "mailto:ops@example.org");
	assert.equal(message.version, "2.0");
	assert.ok(ttl > 60 && ttl <= 120, `TTL ${ttl}`);
	assert.ok(!topic.includes(device.id), "the topic does not name the device");
	await login.until(deliveryIs("reached"));
	await device.approve(await device.challenge(), state.challenge.number);
	await login.until((one) => one.state === "done");
	await login.finish();
	const after = (await about(device)).push;
	assert.ok(after.reachable_since > 0 && after.accepted_at > 0 && after.failure === null && after.renew === false);
	// One connection, one VAPID token for all of it; a test never replaces a request.
	assert.equal(service.connections, 1);
	assert.equal(new Set(service.messages.map((one) => vapidClaims(one.headers.authorization, `https://${service.host}`).jwt)).size, 1);
	assert.equal(new Set(service.messages.map((one) => one.headers.topic)).size, 2);
	const [[listed]] = await world.command(["device", "list", "demo"]);
	assert.ok(listed.push && listed.reachable_since > 0 && listed.push_accepted_at > 0 && listed.push_failure === null);
});

test("npm web-push and the daemon write what the other's reader opens", LIMIT, async (t) => {
	const { service, device } = await scene(t);
	const subscription = await subscribe(service, device);
	const ours = service.to(subscription)[0];
	const text = JSON.stringify(subscription.open(ours.body));
	const theirs = webpush.encrypt(subscription.p256dh, subscription.auth.toString("base64url"), text, "aes128gcm").cipherText;
	assert.deepEqual(subscription.open(theirs), subscription.open(ours.body));
	// A browser with other keys, and one with a changed byte, open neither.
	const stranger = new Subscription(service, subscription.vapidPublicKey);
	const tampered = Buffer.from(ours.body);
	tampered[600] ^= 1;
	for (const body of [ours.body, theirs]) assert.throws(() => stranger.open(body));
	assert.throws(() => subscription.open(tampered));
});

test("a subscription is refused with the reason, and what was there stays", LIMIT, async (t) => {
	const { service, device } = await scene(t);
	const subscription = await subscribe(service, device);
	const good = subscription.json;
	const other = createECDH("prime256v1").generateKeys().toString("base64url");
	const cases = [
		[{ ...good, endpoint: "http://push.example.org/1" }, 400, "bad_endpoint"],
		[{ ...good, endpoint: "https://user@push.example.org/1" }, 400, "bad_endpoint"],
		[{ ...good, endpoint: `https://push.example.org/${"x".repeat(1100)}` }, 400, "bad_endpoint"],
		[{ ...good, endpoint: "https://fcm.googleapis.com/fcm/send/1" }, 400, "endpoint_not_listed"],
		[{ ...good, endpoint: "https://127.0.0.1/1" }, 400, "endpoint_not_listed"],
		[{ ...good, endpoint: `https://push.example.org:${service.port}/1` }, 400, "endpoint_not_listed"],
		[{ ...good, p256dh: randomBytes(65).toString("base64url") }, 400, "bad_keys"],
		[{ ...good, auth: "" }, 400, "bad_keys"],
		[{ ...good, vapid_public_key: other }, 409, "other_key"],
		[{}, 400, "bad_endpoint"],
	];
	for (const [json, status, error] of cases) {
		const reply = await ask(device, json);
		assert.deepEqual([reply.status, reply.json.error], [status, error], JSON.stringify(json));
	}
	assert.equal((await ask(device, good)).json.state, "reachable");
	assert.equal((await device.request("POST", "/device/push/echo", { nonce: "nothing" })).status, 404);
	assert.equal((await device.request("POST", "/device/push/echo", {})).status, 400);
	assert.equal((await ask(device, { push: null })).json.state, "none");
	assert.deepEqual([(await about(device)).push.subscribed, (await device.request("POST", "/device/push/test")).json.error], [false, "no_subscription"]);
});

// Each status once, each with a subscription of its own.
test("every answer of a push service has its consequence", LIMIT, async (t) => {
	const answers = new Map();
	const { service, world, device, wiki } = await scene(t, { service: { answer: (message) => answers.get(message.path)?.(message) ?? 201 }, push: { timeout: "1s" }, settings: { budget: { window_pushes: 10, pushes: 50 } } });
	const { vapid_public_key: key } = await about(device);
	// A fresh subscription whose messages get `answer`; its test message is the one that meets it.
	const meets = async (answer) => {
		const subscription = service.subscription(key);
		answers.set(subscription.path, typeof answer === "function" ? answer : () => answer);
		assert.equal((await ask(device, subscription.json)).status, 200);
		return subscription;
	};
	const health = (fits, what) => until(async () => (await about(device)).push, fits, what);
	const restart = () => world.stop().then(() => world.serve()); // test messages are limited by the hour: a restart changes nothing of it

	for (const status of [200, 201, 202]) {
		const subscription = await meets(status);
		await health((push) => push.accepted_at > 0, `${status}`);
		assert.equal(service.to(subscription).length, 1);
	}
	for (const [status, failure] of [[400, "refused"], [413, "refused"], [403, "vapid"]]) {
		const subscription = await meets([status, {}, "why"]);
		const push = await health((one) => one.failure, `${status}`);
		assert.deepEqual([push.failure, push.subscribed, push.renew], [failure, true, status === 403]);
		assert.equal(service.to(subscription).length, 1, "sent once");
	}
	for (const status of [404, 410]) {
		const subscription = await meets(status);
		const push = await health((one) => one.failure === "gone", `${status}`);
		assert.deepEqual([push.subscribed, push.renew], [false, true]);
		assert.equal(service.to(subscription).length, 1);
	}
	await restart();
	// It goes where the page is, too: from here on by requests.
	const redirected = await meets([307, { location: "https://127.0.0.1:1/inside" }]);
	await health((one) => one.failure === "redirect", "redirect");
	assert.equal(service.to(redirected).length, 1);
	assert.ok(!service.messages.some((one) => one.path === "/inside"));
	const { login } = await pushed(world, wiki);
	const failed = await login.until(deliveryIs("failed"));
	assert.equal(failed.challenge.status, "sent");
	assert.equal((await world.run(["device", "list", "demo"])).out.match(/push: failed at .* \(redirect\)/)?.length, 1);
});

test("what a push service could not take is sent again: busy, Retry-After, a hang, a reset", LIMIT, async (t) => {
	const answers = new Map();
	const { service, world, device, wiki } = await scene(t, { service: { answer: (message) => answers.get(message.path)?.shift() ?? 201 }, push: { timeout: "1s" }, settings: { budget: { window_pushes: 10, pushes: 50 } } });
	const { vapid_public_key: key } = await about(device);
	for (const [first, failure] of [[500, "busy"], [[429, { "retry-after": "2" }], "busy"], ["hang", "timeout"], ["reset", "unreachable"]]) {
		const subscription = service.subscription(key);
		answers.set(subscription.path, [first]);
		assert.equal((await ask(device, subscription.json)).status, 200);
		const push = await until(async () => (await about(device)).push, (one) => one.failure, failure);
		assert.deepEqual([push.failure, push.subscribed], [failure, true]);
		await until(() => service.to(subscription).length, (count) => count === 2, `${failure}, again`);
		const [one, again] = service.to(subscription);
		assert.ok(again.at - one.at >= (Array.isArray(first) ? 2000 : 1000) - 1000, `${again.at - one.at} ms`); // seconds are cut
		assert.deepEqual(subscription.open(one.body), subscription.open(again.body));
		await until(async () => (await about(device)).push, (now) => now.accepted_at > 0 && now.failure === null, "accepted");
	}
	// The page hears of the failure, then that it has arrived after all; a stranger hears nothing.
	const subscription = service.subscription(key);
	answers.set(subscription.path, [201, 503]);
	await ask(device, subscription.json);
	await service.next((one) => isTest(one, subscription));
	const { login } = await pushed(world, wiki);
	await login.until((state) => deliveryIs("failed")(state) || deliveryIs("reached")(state));
	await login.until(deliveryIs("reached"));
	await device.request("GET", "/challenges");
});

test("a request that has been answered or has ended is not sent any more", LIMIT, async (t) => {
	const { service, world, device, wiki } = await scene(t, { service: { answer: (message, count) => (count > 1 && count < 4 ? [503, { "retry-after": "2" }] : 201) } });
	const subscription = await subscribe(service, device);
	const { login, state } = await pushed(world, wiki);
	await service.next((one) => isRequest(one, subscription));
	await login.until(deliveryIs("failed"));
	await device.approve(await device.challenge(), state.challenge.number);
	// The next request is sent after the first one's next try would have been.
	const second = await pushed(world, wiki, "192.0.2.77");
	await second.login.until(deliveryIs("reached"));
	const requests = service.to(subscription).filter((one) => isRequest(one, subscription)).map((one) => subscription.open(one.body).notification.navigate);
	assert.equal(requests.filter((one) => one === requests[0]).length, 1, "the answered one went out once");
});

test("kill -9 with a message queued: it still goes out", LIMIT, async (t) => {
	let hold = true;
	const { service, world, device, wiki } = await scene(t, { service: { answer: (message, count) => (count > 1 && hold ? "hang" : 201) }, push: { timeout: "60s" } });
	const subscription = await subscribe(service, device);
	await pushed(world, wiki);
	await service.next((one) => isRequest(one, subscription)); // claimed, posted, not answered
	const { daemon } = family(world.daemon.child.pid);
	hold = false;
	process.kill(daemon, "SIGKILL");
	const requests = () => service.to(subscription).filter((one) => isRequest(one, subscription));
	await until(() => requests().length, (count) => count >= 2, "sent again by the daemon that was started anew");
	forgetConnections();
	await until(() => about(device).catch(() => null), (now) => now?.push.accepted_at > 0 && now.push.failure === null, "accepted");
	await pause(1500); // a second look of the sender has come by
	assert.equal(requests().length, 2);
	assert.deepEqual(subscription.open(requests()[0].body), subscription.open(requests()[1].body));
});

test("addresses that are not public are refused when the connection is made", LIMIT, async (t) => {
	const { service, world, device } = await scene(t, { push: {} });
	const { vapid_public_key: key } = await about(device);
	const names = ["localhost", "127.0.0.1", "0x7f.1", "2130706433", "0177.0.0.1", "0"];
	await world.stop();
	const endpoints = [...names.map((host) => ({ host: `${host}:${service.port}` })), { host: service.host, connect: `127.0.0.1:${service.port}` }];
	reconfigure(world, { push: { ...service.settings, endpoints } });
	await world.serve();
	for (const host of [...names.map((name) => `${name}:${service.port}`), service.host]) {
		const subscription = service.subscription(key);
		const reply = await ask(device, { ...subscription.json, endpoint: `https://${host}${subscription.path}` });
		assert.equal(reply.status, 200, `${host}: ${reply.text}`);
		const push = await until(async () => (await about(device)).push, (one) => one.failure, host);
		assert.equal(push.failure, "address", host);
	}
	assert.equal(service.connections, 0, "nobody was connected to");
});

test("rotating the key asks devices to subscribe again, and serves the old subscription until then", LIMIT, async (t) => {
	const { service, world, device, wiki } = await scene(t);
	const old = await subscribe(service, device);
	await world.command(["key", "rotate"]);
	const turned = await until(() => about(device), (now) => now.vapid_public_key !== old.vapidPublicKey, "the new key");
	assert.deepEqual([turned.push.renew, turned.push.vapid_public_key], [true, old.vapidPublicKey]);
	await pushed(world, wiki);
	service.read(await service.next((one) => isRequest(one, old)), old); // signed with the old key
	const fresh = await subscribe(service, device);
	assert.equal(fresh.vapidPublicKey, turned.vapid_public_key);
	assert.equal((await about(device)).push.renew, false);
	const keys = (await world.command(["key", "list"])).flat().filter((row) => row.purpose === "vapid");
	assert.deepEqual(keys.map((row) => row.state).sort(), ["current", "previous"]);
	await world.command(["key", "rotate", "--only", "push"]);
	const states = (await world.command(["key", "list"])).flat().filter((row) => row.purpose === "vapid").map((row) => row.state);
	assert.deepEqual(states.sort(), ["current", "previous", "retired"]);
	assert.equal((await world.run(["key", "rotate", "--only", "nothing"])).code, 2);
	const told = async () => (await world.command(["doctor"])).flat().find((line) => line.what === "push");
	assert.deepEqual([(await told()).verdict, (await told()).detail], ["ok", "mailto:ops@example.org"]);
	reconfigure(world, { push: { ...world.settings.push, subject: undefined } });
	assert.match((await told()).detail, /push\.subject is not set/);
});

// The node that was to send it dies with the request under way; nobody starts it again.
test("three nodes share the sending, and take over what a dead one had begun", LIMIT, async (t) => {
	let hold = true;
	// The second request's answer takes so long that all nodes have looked for work meanwhile.
	const answer = (message, count) => (count > 4 && hold ? "hang" : count === 3 ? pause(2500).then(() => 201) : 201);
	const service = await PushService.open(t, { answer });
	const cluster = await Cluster.open(t, { policy, settings: { budget: { window_pushes: 10, pushes: 50 }, push: { ...service.settings, timeout: "4s" } } });
	const device = await Device.enrol(cluster, "demo");
	const wiki = await cluster.addClient("wiki");
	const subscription = await subscribe(service, device);
	const requests = () => service.to(subscription).filter((one) => isRequest(one, subscription));
	// A request on each node: it goes out, and once.
	for (let at = 0; at < 3; at++) {
		const { login } = await pushed(cluster.at(at), wiki, `192.0.2.${20 + at}`);
		await login.until(deliveryIs("reached"));
		await login.state("cancel");
	}
	assert.equal(requests().length, 3);
	assert.equal(new Set(requests().map((one) => subscription.open(one.body).notification.navigate)).size, 3);
	// The fourth meets a service that hangs, and its node dies.
	const { login } = await pushed(cluster.at(0), wiki, "192.0.2.40");
	await until(() => requests().length, (count) => count === 4, "the fourth has begun");
	hold = false;
	process.kill(cluster.nodes[0].daemon.child.pid, "SIGKILL");
	cluster.nodes[0].daemon = null;
	forgetConnections();
	await until(() => requests().length, (count) => count === 5, "another node has sent it");
	login.visitor = Object.assign(new Visitor(cluster.at(1)), { jar: login.visitor.jar });
	await login.until(deliveryIs("reached"));
	const [, last] = requests().slice(-2).map((one) => subscription.open(one.body).notification.navigate);
	assert.equal(last, subscription.open(requests()[3].body).notification.navigate);
});

test("a stranger's page says sent, whatever the push service said", LIMIT, async (t) => {
	const { service, world, device, wiki } = await scene(t, { policy: { default: { ask: ["push:enter"] } }, service: { answer: (message, count) => (count > 1 ? 410 : 201) } });
	const subscription = await subscribe(service, device);
	const login = await new Visitor(world).begin(wiki);
	const state = await login.identify();
	assert.deepEqual([state.challenge.status, state.challenge.delivery], ["sent", null]);
	await service.next((one) => isRequest(one, subscription));
	await until(async () => (await about(device)).push, (push) => push.failure === "gone", "gone");
	assert.deepEqual((await login.state()).challenge, state.challenge);
});

function reconfigure(world, changes) {
	world.settings = { ...world.settings, ...changes };
	writeFileSync(world.config, `${JSON.stringify(world.settings, null, 1)}\n`);
}
