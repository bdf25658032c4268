/* Each import format has a file of real structure in tests/data/import, written by other programs than ours. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { utf8 } from '../authenticator/vault/bytes';
import { importDetect } from '../authenticator/vault/import/index';
import { otpauthWrite } from '../authenticator/vault/otpauth';
import { isProblem } from '../authenticator/vault/problem';

const folder = path.join(process.cwd(), '../tests/data/import');
interface Told { source: string; passphrase?: string; codes: { uri: string; group?: string; pinned?: boolean }[]; passed: { name: string; problem: string }[] }
const expected = JSON.parse(readFileSync(path.join(folder, 'expected.json'), 'utf8')) as Record<string, Told>;

const fileOf = (name: string) => new Uint8Array(readFileSync(path.join(folder, name)));
const problem = (code: string) => (error: unknown) => isProblem(error) && error.code === code;

for (const [name, told] of Object.entries(expected)) {
  test(`${name} is read whole`, async () => {
    const detected = importDetect(fileOf(name));
    assert.equal(detected.source, told.source);
    assert.equal(detected.sealed, told.passphrase !== undefined);
    const { entries, passed } = await detected.read(told.passphrase ?? '');
    const codes = entries.map((entry) => ({ uri: otpauthWrite(entry), ...(entry.group && { group: entry.group }), ...(entry.pinned && { pinned: true }) }));
    assert.deepEqual(codes, told.codes);
    assert.deepEqual(passed.map((one) => ({ name: one.name, problem: one.problem.code })), told.passed);
  });
}

for (const [name, told] of Object.entries(expected).filter(([, one]) => one.passphrase)) {
  test(`${name} with a wrong passphrase is refused`, async () => {
    await assert.rejects(importDetect(fileOf(name)).read(`${told.passphrase}!`), problem('passphrase_wrong'));
  });
}

test('a sealed message of Ente Auth with one bit turned is refused', async () => {
  const file = JSON.parse(new TextDecoder().decode(fileOf('ente-sealed.json'))) as { encryptedData: string };
  const sealed = Buffer.from(file.encryptedData, 'base64');
  sealed.writeUInt8(sealed.readUInt8(100) ^ 1, 100);
  const turned = utf8(JSON.stringify({ ...file, encryptedData: sealed.toString('base64') }));
  await assert.rejects(importDetect(turned).read(expected['ente-sealed.json']!.passphrase!), problem('passphrase_wrong'));
});

test('an encrypted export of Bitwarden is refused with the way to export it', async () => {
  await assert.rejects(importDetect(fileOf('bitwarden-sealed.json')).read(''), problem('bitwarden_encrypted'));
});

test('a file of something else, an empty one and bytes that are no text are told apart', () => {
  assert.throws(() => importDetect(utf8('{"hello": 1}')), problem('file_unknown'));
  assert.throws(() => importDetect(utf8('a,b\n1,2\n')), problem('file_unknown'));
  assert.throws(() => importDetect(utf8(' \n')), problem('file_empty'));
  assert.throws(() => importDetect(utf8('{"half": ')), problem('file_damaged'));
  assert.throws(() => importDetect(Uint8Array.of(0xff, 0xfe, 0x00)), problem('file_unknown'));
});
