/* The symbolon command as an operator meets it: forms, exit codes, what it prints, what it refuses. */
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

const bin = join(process.env.SYMBOLON_BIN ?? 'build/asan/bin', 'symbolon');
let dir;
let config;

function run(args, input = '') {
  const done = spawnSync(bin, args, { input, encoding: 'utf8', env: { ...process.env, SYMBOLON_CONFIG: config } });
  return { code: done.status, out: done.stdout, err: done.stderr };
}

function json(args, input) {
  const { code, out, err } = run([...args, '--json'], input);
  assert.equal(code, 0, err);
  return JSON.parse(out);
}

before(() => {
  dir = mkdtempSync(join(tmpdir(), 'symbolon-command-'));
  config = join(dir, 'id', 'symbolon.yaml');
  const { code, out, err } = run(['init', '--dir', join(dir, 'id'), '--issuer', 'http://localhost:18999', '--organisation', 'Example']);
  assert.equal(code, 0, err);
  assert.match(out, /symbolon serve/);
});

after(() => rmSync(dir, { recursive: true, force: true }));

test('init makes private files and never overwrites', () => {
  assert.equal(statSync(join(dir, 'id')).mode & 0o777, 0o700);
  for (const name of ['symbolon.yaml', 'keys', 'keys/kek', 'data', 'data/symbolon.db']) assert.equal(statSync(join(dir, 'id', name)).mode & 0o077, 0, name);
  const again = run(['init', '--dir', join(dir, 'id'), '--issuer', 'http://localhost:18999']);
  assert.equal(again.code, 1);
  assert.match(again.err, /is there already; nothing was changed/);
});

test('init listens where an issuer on this machine says, and for a proxy otherwise', () => {
  for (const [issuer, more, listen] of [
    ['http://localhost:18998', [], '127.0.0.1:18998'],
    ['http://[::1]:18998', [], '[::1]:18998'],
    ['http://localhost:18998', ['--listen', '127.0.0.1:18997'], '127.0.0.1:18997'],
    ['http://localhost', [], '127.0.0.1:8080'],
    ['https://id.example.org:8443', [], '127.0.0.1:8080'],
  ]) {
    const folder = mkdtempSync(join(dir, 'listen-'));
    const { code, err } = run(['init', '--dir', folder, '--issuer', issuer, ...more]);
    assert.equal(code, 0, err);
    assert.ok(readFileSync(join(folder, 'symbolon.yaml'), 'utf8').includes(`\nlisten: ["${listen}"]\n`), issuer);
  }
});

test('init refuses an issuer that phones could not trust', () => {
  for (const issuer of ['http://id.example.org', 'https://id.example.org/path', 'ftp://id.example.org', 'id.example.org']) {
    const { code, err } = run(['init', '--dir', join(dir, 'other'), '--issuer', issuer]);
    assert.equal(code, 1, issuer);
    assert.match(err, /issuer/);
  }
});

test('usage mistakes exit with 2 and say the right form', () => {
  for (const args of [[], ['user'], ['nonsense'], ['user', 'add'], ['user', 'add', 'a', 'b'], ['user', 'list', '--nonsense'], ['client', 'add', 'x'], ['user', 'show', '--config']]) {
    const { code, err } = run(args);
    assert.equal(code, 2, args.join(' '));
    assert.match(err, /usage|not a whole command|needs/, args.join(' '));
  }
  assert.equal(run(['--help']).code, 0);
  assert.match(run(['--version']).out, /^symbolon \d+\.\d+\.\d+\n$/);
  assert.match(run(['user', 'add', '--help']).out, /usage: symbolon user add NAME/);
});

test('people are added, shown, disabled and removed', () => {
  assert.equal(json(['user', 'add', 'Demo', '--name', 'Demo Person', '--email', 'demo@example.org', '--group', 'staff', '--password-stdin'], 'a long passphrase\n').name, 'Demo');
  const shown = json(['user', 'show', 'demo@example.org']);
  assert.equal(shown.name, 'demo');
  assert.deepEqual(shown.groups, ['staff']);
  assert.equal(shown.factors.password, true);
  assert.equal(run(['user', 'add', 'DEMO']).code, 1, 'the same name in capitals is taken');
  assert.equal(run(['user', 'disable', 'demo']).code, 0);
  assert.equal(json(['user', 'list']).find((user) => user.name === 'demo').disabled, true);
  assert.equal(run(['user', 'enable', 'demo']).code, 0);
  assert.equal(run(['user', 'show', 'nobody']).code, 1);
});

test('weak passwords and names that look like others are refused', () => {
  for (const password of ['short', 'password', 'aaaaaaaaaaaa', 'weakling'])
    assert.equal(run(['user', 'add', 'weakling', '--password-stdin'], `${password}\n`).code, 1, password);
  for (const name of ['dеmo' /* a Cyrillic letter */, 'a b', 'x'.repeat(65), 'a\u202eb', '../x', ''])
    assert.notEqual(run(['user', 'add', name]).code, 0, JSON.stringify(name));
  assert.equal(run(['user', 'add', 'bidi', '--name', 'a\u202eb']).code, 1);
});

test('hostile text never reaches the terminal raw', () => {
  const { err } = run(['user', 'show', '\u001b[31mred\u202e']);
  assert.doesNotMatch(err, /[\u001b\u202e]/);
});

test('an imported hash is taken when its kind is known', () => {
  const hash = execFileSync('openssl', ['passwd', '-6', 'a long passphrase'], { encoding: 'utf8' }).trim();
  assert.equal(run(['user', 'add', 'imported', '--password-hash-stdin'], `${hash}\n`).code, 0);
  assert.equal(run(['user', 'add', 'weakhash', '--password-hash-stdin'], '$1$abc$0123456789012345678901\n').code, 1);
});

test('services get a secret once, and only addresses that can be trusted', () => {
  const added = json(['client', 'add', 'payroll', '--name', 'Payroll', '--redirect-uri', 'https://payroll.example.org/callback']);
  assert.match(added.secret, /^[\w-]{43}$/);
  assert.equal('secret' in json(['client', 'show', 'payroll']), false);
  for (const uri of ['http://payroll.example.org/', 'https://x.example.org/#f', 'javascript:alert(1)', 'https://a b', '//x', 'https://u:p@x.example.org/', 'http://localhost.example.org/'])
    assert.equal(run(['client', 'add', 'bad', '--name', 'Bad', '--redirect-uri', uri]).code, 1, uri);
  assert.equal(json(['client', 'add', 'native', '--name', 'Native', '--redirect-uri', 'org.example.app:/callback', '--public']).secret, null);
  assert.equal(run(['client', 'remove', 'native']).code, 0);
  assert.equal(run(['client', 'remove', 'native']).code, 1);
});

/* Lines of a running command, one at a time. */
function lines(child) {
  let rest = '';
  const ready = [];
  const wanted = [];
  child.stdout.setEncoding('utf8').on('data', (data) => {
    rest += data;
    for (let at = rest.indexOf('\n'); at >= 0; at = rest.indexOf('\n')) {
      const line = rest.slice(0, at);
      rest = rest.slice(at + 1);
      if (wanted.length) wanted.shift()(line);
      else ready.push(line);
    }
  });
  return () => (ready.length ? Promise.resolve(ready.shift()) : new Promise((resolve) => wanted.push(resolve)));
}

async function totpEnrol(code) {
  const child = spawn(bin, ['totp', 'enrol', 'demo', '--json'], { env: { ...process.env, SYMBOLON_CONFIG: config } });
  const next = lines(child);
  const { otpauth } = JSON.parse(await next());
  const secret = new URL(otpauth).searchParams.get('secret');
  child.stdin.end(`${code ?? execFileSync('oathtool', ['--totp', '-b', secret], { encoding: 'utf8' }).trim()}\n`);
  return new Promise((resolve) => child.on('exit', resolve));
}

test('T16: a code generator counts only after one of its codes was typed', async () => {
  assert.equal(await totpEnrol('000000x'), 1);
  assert.equal(json(['user', 'show', 'demo']).factors.totp, false);
  assert.equal(await totpEnrol(), 0);
  assert.equal(json(['user', 'show', 'demo']).factors.totp, true);
});

test('recovery codes: ten, different, replacing the old ones', () => {
  const first = json(['recovery', 'issue', 'demo']);
  const second = json(['recovery', 'issue', 'demo']);
  assert.equal(first.length, 10);
  assert.equal(new Set([...first, ...second]).size, 20);
  for (const code of second) assert.match(code, /^[0-9A-HJKMNP-TV-Z]{8}(-[0-9A-HJKMNP-TV-Z]{6}){4}$/);
  assert.equal(json(['user', 'show', 'demo']).factors.recovery_codes, 10);
});

test('explain says which rule decides, and what was left out', () => {
  const { code, out } = run(['explain', 'demo', 'payroll']);
  assert.equal(code, 0);
  assert.match(out, /decides +default/);
  const traced = json(['explain', 'demo', 'payroll']);
  assert.equal(traced.new_browser.rule, 'default');
  assert.equal(run(['explain', 'demo', 'nothing']).code, 1);
  assert.equal(run(['explain', 'demo', 'payroll', '--ip', 'nonsense']).code, 1);
});

test('the audit log tells in order, one object a line, without secrets', () => {
  const { out } = run(['audit', '--json']);
  const rows = out.trim().split('\n').map((line) => JSON.parse(line));
  assert.ok(rows.length > 8);
  rows.reduce((before, row) => (assert.ok(row.id > before), row.id), 0);
  assert.ok(rows.some((row) => row.event === 'totp.enrolled'));
  assert.doesNotMatch(out, /a long passphrase/);
});

test('keys rotate: next becomes current, current stays to be seen', () => {
  const before = json(['key', 'list']);
  assert.equal(run(['key', 'rotate']).code, 0);
  const now = json(['key', 'list']);
  const stateOf = (list, kid) => list.find((key) => key.kid === kid).state;
  for (const key of before.filter((each) => each.purpose === 'token'))
    assert.equal(stateOf(now, key.kid), key.state === 'next' ? 'current' : 'previous');
  assert.equal(now.filter((key) => key.purpose === 'token' && key.state === 'next').length, 2);
});

test('doctor is content, and finds a key file that others can read', () => {
  const kek = join(dir, 'id', 'keys', 'kek');
  assert.equal(run(['doctor']).code, 0);
  chmodSync(kek, 0o644);
  const sick = run(['doctor']);
  chmodSync(kek, 0o600);
  assert.equal(sick.code, 1);
  assert.match(sick.out + sick.err, /kek/);
});
