// An authenticator written from PROTOCOL.md with node:crypto alone, so that it can also do what a good one would not.
import assert from "node:assert/strict";
import { createHash, createHmac, generateKeyPairSync, hkdfSync, randomBytes, sign } from "node:crypto";
import { openEvents, send } from "./http.mjs";

export const sha256 = (bytes) => createHash("sha256").update(bytes).digest("base64url");
export const randomId = () => randomBytes(16).toString("base64url");
export const now = () => Math.floor(Date.now() / 1000);
const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

export function jws(key, header, claims) {
	const input = `${encode(header)}.${encode(claims)}`;
	return `${input}.${sign("sha256", Buffer.from(input), { key, dsaEncoding: "ieee-p1363" }).toString("base64url")}`;
}

export const parseLink = (link) => {
	const { origin, hash } = new URL(link);
	const [kind, id, secret] = hash.slice(1).split(".");
	assert.equal(kind, "e1");
	return { issuer: origin, id, secret };
};

export class Device {
	// `target`: where its requests go, when not to the issuer.
	constructor(issuer, target = issuer) {
		const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
		this.issuer = issuer;
		this.target = target;
		this.key = privateKey;
		const { crv, kty, x, y } = publicKey.export({ format: "jwk" });
		this.jwk = { crv, kty, x, y };
	}

	// Both sides of an enrolment: the operator's terminal and the device.
	static async enrol(world, user) {
		const device = new Device(world.issuer);
		const { task, link } = await startEnrolment(world, user);
		const reply = await device.redeem(link);
		assert.equal(reply.status, 202, reply.text);
		await task.says(/\{.*"confirm".*\}\n/);
		task.type(reply.json.digits);
		const { code, err } = await task.done;
		assert.equal(code, 0, err);
		return device;
	}

	async redeem(link, { claims = {}, header = {}, secret } = {}) {
		const { id, secret: own } = parseLink(link);
		const thumbprint = sha256(JSON.stringify(this.jwk));
		const k = hkdfSync("sha256", Buffer.from(secret ?? own, "base64url"), Buffer.from(id, "base64url"), "symbolon enrol v1", 32);
		const proof = createHmac("sha256", Buffer.from(k)).update(["symbolon-enrol", this.issuer, id, thumbprint].join("\0")).digest("base64url");
		const all = { aud: this.issuer, iat: now(), jti: randomId(), enrolment: id, proof, name: "Test device", platform: "Node", ...claims };
		const body = JSON.stringify({ enrolment: jws(this.key, { alg: "ES256", typ: "symbolon-enrol+jwt", jwk: this.jwk, ...header }, all) });
		const reply = await send(`${this.issuer}/device/v1/enrolments/${id}`, { method: "POST", headers: { "content-type": "application/json" }, body });
		if (reply.status === 202) this.id = reply.json.device_id;
		this.enrolment = id;
		return reply;
	}

	authorization(method, path, body, { claims = {}, header = {}, key = this.key } = {}) {
		const all = { aud: this.issuer, iat: now(), jti: randomId(), htm: method, htu: `${this.issuer}${path}`, ...(body === undefined ? {} : { bh: sha256(body) }), ...claims };
		return `Symbolon ${jws(key, { alg: "ES256", typ: "symbolon-request+jwt", kid: this.id, ...header }, all)}`;
	}

	request(method, path, json, options = {}) {
		const whole = `/device/v1${path}`;
		const body = json === undefined ? undefined : JSON.stringify(json);
		const headers = { authorization: options.authorization ?? this.authorization(method, whole, body, options) };
		if (body !== undefined) headers["content-type"] = "application/json";
		return send(`${this.target}${whole}`, { method, headers: { host: new URL(this.issuer).host, ...headers }, body });
	}

	events() {
		return openEvents(`${this.target}/device/v1/events`, { host: new URL(this.issuer).host, authorization: this.authorization("GET", "/device/v1/events") });
	}

	async pending() {
		const reply = await this.request("GET", "/challenges");
		assert.equal(reply.status, 200, reply.text);
		return reply.json.challenges;
	}

	// The one request that waits, with the bytes as they came.
	async challenge() {
		const [first] = await this.pending();
		assert.ok(first, "a request waits on the device");
		return this.details(first.id);
	}

	async details(id) {
		const reply = await this.request("GET", `/challenges/${id}`);
		assert.equal(reply.status, 200, reply.text);
		return { ...reply.json, bytes: reply.text };
	}

	answerJws(challenge, decision, number, { claims = {}, header = {}, key = this.key } = {}) {
		const all = { aud: this.issuer, iat: now(), jti: randomId(), challenge: challenge.id, nonce: challenge.nonce, shown: sha256(challenge.bytes), decision, ...(number === undefined ? {} : { number }), ...claims };
		return jws(key, { alg: "ES256", typ: "symbolon-answer+jwt", kid: this.id, ...header }, all);
	}

	sendAnswer(id, answer, options = {}) {
		return this.request("POST", `/challenges/${id}/answer`, { answer }, options);
	}

	answer(challenge, decision, number, options = {}) {
		return this.sendAnswer(challenge.id, this.answerJws(challenge, decision, number, options));
	}

	async approve(challenge, number) {
		const reply = await this.answer(challenge, "approve", number);
		assert.equal(reply.status, 200, reply.text);
		assert.equal(reply.json.state, "approved");
	}
}

// The operator's side: `task` waits for the device, then for the six digits.
export async function startEnrolment(world, user, options = []) {
	const task = world.start(["device", "enrol", user, "--json", ...options]);
	world.closers.push(() => task.child.kill("SIGTERM"));
	const [line] = await task.says(/\{.*"link".*\}\n/);
	return { task, ...JSON.parse(line) };
}
