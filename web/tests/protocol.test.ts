/*
 * The device protocol's vectors (tests/data/protocol): what the C side signed holds by this code, what is bad is
 * refused, and what this code signs holds by the same check. `WRITE_VECTORS=FILE` writes what it signs, for the C side
 * (tests/unit/authenticator/test_vectors.c) to check.
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { bytesOf, fromBase64url, sha256 } from '../authenticator/protocol/bytes';
import { authorization, type Signer } from '../authenticator/protocol/client';
import { setClockOffset } from '../authenticator/protocol/clock';
import { readDetails, signAnswer, type Decision } from '../authenticator/protocol/details';
import { enrolmentJws, enrolmentProof, thumbprint } from '../authenticator/protocol/enrolment';
import { ES256, type PublicJwk } from '../authenticator/protocol/jws';
import { parseLink } from '../authenticator/protocol/link';

const FOLDER = process.env.PROTOCOL_DATA ?? `${process.cwd()}/../tests/data/protocol`;
const load = (name: string) => JSON.parse(readFileSync(`${FOLDER}/${name}.json`, 'utf8'));
const [keys, enrolment, requests, details, answers, negatives] = ['keys', 'enrolment', 'requests', 'details', 'answers', 'negatives'].map(load);

type Json = Record<string, any>;
type Kind = 'request' | 'answer' | 'enrolment';

const named = (list: Json[], name: string): Json => {
  const found = list.find((one) => one.name === name);
  assert.ok(found, name);
  return found;
};

async function importPublic(jwk: JsonWebKey): Promise<CryptoKey> {
  return crypto.subtle.importKey('jwk', jwk, ES256, true, ['verify']);
}

function part(text: string | undefined): Json {
  const bytes = fromBase64url(text ?? '');
  assert.ok(bytes, 'base64url');
  return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
}

/* The verifier's half: exactly this typ, ES256, signature, aud, iat within a minute, 128 bits of jti. */
async function verify(jws: string, typ: string, keyOf: (header: Json) => JsonWebKey | undefined): Promise<{ header: Json; claims: Json }> {
  const [head, body, signature, ...more] = jws.split('.');
  assert.equal(more.length, 0);
  const header = part(head);
  assert.deepEqual([header.alg, header.typ, header.crit, header.jku, header.x5c], ['ES256', typ, undefined, undefined, undefined]);
  const jwk = keyOf(header);
  assert.ok(jwk, 'a key');
  const bytes = fromBase64url(signature ?? '');
  assert.ok(bytes?.length === 64, 'a signature');
  assert.ok(await crypto.subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, await importPublic(jwk), bytes, bytesOf(`${head}.${body}`)), 'the signature holds');
  const claims = part(body);
  assert.equal(claims.aud, keys.issuer);
  assert.ok(Number.isInteger(claims.iat) && Math.abs(claims.iat - keys.now) <= 60);
  assert.equal(fromBase64url(claims.jti)?.length, 16);
  return { header, claims };
}

const deviceKey = (header: Json) => (header.kid === keys.device_id && header.jwk === undefined ? keys.public_jwk : undefined);

const check: Record<Kind, (vector: Json, jws: string) => Promise<void>> = {
  async request({ method, url, body }: Json, jws: string) {
    const { claims } = await verify(jws, 'symbolon-request+jwt', deviceKey);
    assert.deepEqual([claims.htm, claims.htu, claims.bh], [method, url, body === null ? undefined : await sha256(bytesOf(body))]);
  },
  async answer({ details: name, decision, number }: Json, jws: string) {
    const { claims } = await verify(jws, 'symbolon-answer+jwt', deviceKey);
    const { bytes } = named(details, name);
    const { id, nonce } = JSON.parse(bytes);
    assert.deepEqual([claims.challenge, claims.nonce, claims.shown, claims.decision, claims.number ?? null], [id, nonce, await sha256(bytesOf(bytes)), decision, number]);
  },
  async enrolment({ id, secret }: Json, jws: string) {
    const { header, claims } = await verify(jws, 'symbolon-enrol+jwt', (head) => (head.kid === undefined ? head.jwk : undefined));
    const { crv, kty, x, y } = header.jwk as PublicJwk;
    assert.deepEqual([claims.enrolment, claims.proof], [id, await enrolmentProof(keys.issuer, { id, secret }, { crv, kty, x, y })]);
  },
};

const tokenOf = (vector: Json) => String(vector.authorization ?? vector.jws).replace(/^Symbolon /, '');

test('the thumbprint is that of the key', async () => {
  const { crv, kty, x, y } = keys.public_jwk;
  assert.equal(await thumbprint({ crv, kty, x, y }), keys.thumbprint);
});

test('the link, its proof and its token hold', async () => {
  const link = parseLink(enrolment.link, keys.issuer);
  assert.deepEqual(link, { id: enrolment.id, secret: enrolment.secret });
  const { crv, kty, x, y } = keys.public_jwk;
  assert.equal(await enrolmentProof(keys.issuer, { id: enrolment.id, secret: enrolment.secret }, { crv, kty, x, y }), enrolment.proof);
  await check.enrolment(enrolment, enrolment.jws);
});

for (const { name, bytes, shown } of details) {
  test(`details are read whole, and shown is the hash of their bytes: ${name}`, async () => {
    const read = await readDetails(bytes);
    const sent = JSON.parse(bytes);
    assert.equal(read?.shown, shown);
    assert.deepEqual([read?.id, read?.nonce, read?.mode, read?.client.name], [sent.id, sent.nonce, sent.mode, sent.client.name]);
  });
}

for (const vector of requests) test(`the request holds: ${vector.name}`, () => check.request(vector, tokenOf(vector)));
for (const vector of answers) test(`the answer holds: ${vector.name}`, () => check.answer(vector, vector.jws));

for (const { why, kind, against, jws } of negatives) {
  const context = kind === 'enrolment' ? enrolment : named(kind === 'request' ? requests : answers, against);
  test(`refused: ${kind}, ${why}`, () => assert.rejects(check[kind as Kind](context, jws)));
}

async function signer(): Promise<Signer> {
  const privateKey = await crypto.subtle.importKey('jwk', keys.private_jwk, ES256, false, ['sign']);
  return { device_id: keys.device_id, issuer: keys.issuer, key: { privateKey, publicKey: await importPublic(keys.public_jwk) } };
}

test('what this code signs holds too', async () => {
  setClockOffset(keys.now - Date.now() / 1000);
  const by = await signer();
  const signed = { enrolment: '', requests: {} as Record<string, string>, answers: {} as Record<string, string> };
  signed.enrolment = await enrolmentJws(keys.issuer, { id: enrolment.id, secret: enrolment.secret }, by.key, { name: 'Test device', platform: 'Linux' });
  await check.enrolment(enrolment, signed.enrolment);
  for (const vector of requests) {
    const path = vector.url.slice(`${keys.issuer}/device/v1`.length);
    const value = await authorization(by, vector.method, path, vector.body ?? undefined);
    await check.request(vector, value.replace(/^Symbolon /, ''));
    signed.requests[vector.name] = value;
  }
  for (const vector of answers) {
    const read = await readDetails(named(details, vector.details).bytes);
    assert.ok(read);
    const jws = await signAnswer(by, read, vector.decision as Decision, vector.number ?? undefined);
    await check.answer(vector, jws);
    signed.answers[vector.name] = jws;
  }
  setClockOffset(0);
  if (process.env.WRITE_VECTORS) writeFileSync(process.env.WRITE_VECTORS, `${JSON.stringify(signed, null, 2)}\n`);
});
