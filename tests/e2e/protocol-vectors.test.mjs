// The vectors that the C implementation wrote (tests/data/protocol), checked by node:crypto alone.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { enrolProof, jwsVerify, thumbprint } from "../fakes/device-server.mjs";

const load = (name) => JSON.parse(readFileSync(new URL(`../data/protocol/${name}.json`, import.meta.url), "utf8"));
const sha256 = (text) => createHash("sha256").update(text).digest("base64url");
const keys = load("keys"), enrolment = load("enrolment"), requests = load("requests"), details = load("details"), answers = load("answers"), negatives = load("negatives");

const deviceKey = (header) => header.kid === keys.device_id && keys.public_jwk;
const common = (claims) => {
	assert.equal(claims.aud, keys.issuer);
	assert.ok(Math.abs(claims.iat - keys.now) <= 60);
	assert.equal(Buffer.from(claims.jti, "base64url").length, 16);
};

const check = {
	request({ method, url, body }, jws) {
		const { claims } = jwsVerify(jws, "symbolon-request+jwt", deviceKey);
		common(claims);
		assert.deepEqual([claims.htm, claims.htu, claims.bh], [method, url, body === null ? undefined : sha256(body)]);
	},
	answer({ details: name, decision, number }, jws) {
		const { bytes } = details.find((vector) => vector.name === name);
		const { id, nonce } = JSON.parse(bytes);
		const { claims } = jwsVerify(jws, "symbolon-answer+jwt", deviceKey);
		common(claims);
		assert.deepEqual([claims.challenge, claims.nonce, claims.shown, claims.decision, claims.number ?? null], [id, nonce, sha256(bytes), decision, number]);
	},
	enrolment({ id, secret }, jws) {
		const { header, claims } = jwsVerify(jws, "symbolon-enrol+jwt", (head) => head.jwk);
		common(claims);
		assert.deepEqual([claims.enrolment, claims.proof], [id, enrolProof(keys.issuer, id, secret, header.jwk)]);
	},
};

test("the_thumbprint_is_that_of_the_key", () => assert.equal(thumbprint(keys.public_jwk), keys.thumbprint));

test("the_enrolment_holds", () => {
	assert.equal(enrolment.link, `${keys.issuer}/a/#e1.${enrolment.id}.${enrolment.secret}`);
	assert.equal(enrolProof(keys.issuer, enrolment.id, enrolment.secret, keys.public_jwk), enrolment.proof);
	check.enrolment(enrolment, enrolment.jws);
});

for (const vector of details) test(`shown_is_the_hash_of_the_bytes: ${vector.name}`, () => assert.equal(sha256(vector.bytes), vector.shown));
for (const vector of requests) test(`the_request_holds: ${vector.name}`, () => check.request(vector, vector.authorization.replace(/^Symbolon /, "")));
for (const vector of answers) test(`the_answer_holds: ${vector.name}`, () => check.answer(vector, vector.jws));

const contextOf = { request: (name) => requests.find((vector) => vector.name === name), answer: (name) => answers.find((vector) => vector.name === name), enrolment: () => enrolment };
for (const { why, kind, against, jws } of negatives) test(`refused: ${kind}, ${why}`, () => assert.throws(() => check[kind](contextOf[kind](against), jws)));
