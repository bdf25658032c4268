/* The book of codes, its files, its box, its lock, and tabs that change it at the same time. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { boxKey, boxOpen, boxSeal } from '../authenticator/vault/box';
import { randomBytes, utf8 } from '../authenticator/vault/bytes';
import { codeIsSame, codeMake, PERIOD_MAX_S } from '../authenticator/vault/code';
import { documentRead, documentWrite } from '../authenticator/vault/document';
import { bookAdd, bookArrange, bookEdit, bookGroups, bookRemove, bookRestore, bookView, choiceDefault, entryMake, mergeApply, mergePreview, orderMoved, type Book, type Entry } from '../authenticator/vault/entry';
import { exportList, exportPlain, exportSealed } from '../authenticator/vault/exchange';
import { Batch, migrationRead } from '../authenticator/vault/import/google';
import { importDetect } from '../authenticator/vault/import/index';
import { Keeper, type Storage, type Stored } from '../authenticator/vault/keeper';
import { isProblem } from '../authenticator/vault/problem';
import { anyBook, anyEntry, damaged } from './vault_arbitrary';

const problem = (code: string) => (error: unknown) => isProblem(error) && error.code === code;
const told = ({ issuer, account, secret, algorithm, digits, period, added_at, group, pinned }: Entry) => ({ issuer, account, secret: Buffer.from(secret).toString('hex'), algorithm, digits, period, added_at, group, pinned });
const takeAll = (book: Book, incoming: readonly Entry[]) => mergeApply(book, mergePreview(book, incoming).map((candidate) => ({ candidate, choice: choiceDefault(candidate) })));
const entry = (issuer: string, more: Partial<Entry> = {}) => entryMake(codeMake({ issuer, account: 'demo', secret: utf8(`secret of ${issuer}`) }), more);

/* ---- files ---- */

test('a plain export loses nothing', async () => {
  await fc.assert(fc.asyncProperty(anyBook, async (book) => {
    if (book.length === 0) return;
    const { entries, passed } = await importDetect(utf8(exportPlain(book, 1790000000))).read('');
    assert.deepEqual(entries.map(told), book.map(told));
    assert.deepEqual(passed, []);
  }), { numRuns: 200 });
});

test('a list of links keeps every code', async () => {
  await fc.assert(fc.asyncProperty(anyBook, async (book) => {
    if (book.length === 0) return;
    const { entries } = await importDetect(utf8(exportList(book))).read('');
    assert.ok(entries.length === book.length && entries.every((one, at) => codeIsSame(one, book[at]!)));
  }), { numRuns: 200 });
});

test('a sealed export opens with its passphrase, loses nothing, and tells nothing outside', async () => {
  const book = fc.sample(anyEntry, 20);
  const file = await exportSealed(book, 1790000000, 'a passphrase \u00e9');
  const { entries } = await importDetect(utf8(file)).read('a passphrase e\u0301'); /* the same letter, typed otherwise */
  assert.deepEqual(entries.map(told), book.map(told));
  assert.deepEqual(Object.keys(JSON.parse(file)), ['format', 'version', 'exported_at', 'sealed']);
  await assert.rejects(exportSealed(book, 0, 'short'), problem('passphrase_short'));
  await assert.rejects(exportSealed(book, 0, 'x'.repeat(257)), problem('passphrase_long'));
});

test('a document of another version, without codes, or too long is refused; what cannot be used is named', () => {
  const made = (more: object) => JSON.stringify({ format: 'symbolon-authenticator-export', version: 1, exported_at: 0, codes: [], ...more });
  assert.throws(() => documentRead(made({ version: 2 }), false), problem('file_newer'));
  assert.throws(() => documentRead(made({ version: 'x' }), false), problem('file_damaged'));
  assert.throws(() => documentRead(made({ codes: {} }), false), problem('file_damaged'));
  assert.throws(() => documentRead(made({ format: 'x' }), false), problem('file_unknown'));
  assert.throws(() => documentRead(made({ codes: Array(2001).fill({}) }), false), problem('too_many'));
  const { entries, passed } = documentRead(made({ codes: [{ uri: `otpauth://totp/a:b?secret=JBSWY3DP&period=${PERIOD_MAX_S + 1}` }, 7, { uri: 'otpauth://totp/c?secret=JBSWY3DP', group: 5, pinned: 'yes', more: {} }] }), false);
  assert.deepEqual(passed.map((one) => [one.name, one.problem.code]), [['a · b', 'period'], ['', 'file_damaged']]);
  assert.deepEqual(entries.map((one) => [one.account, one.group, one.pinned]), [['c', '', false]]);
});

const folder = path.join(process.cwd(), '../tests/data/import');
const text = (name: string) => readFileSync(path.join(folder, name), 'utf8');
const PLAIN = ['symbolon.json', 'aegis.json', 'twofas.2fas', 'ente.txt', 'bitwarden.json', 'bitwarden.csv', 'google.txt', 'list.txt'];

for (const name of PLAIN) {
  test(`whatever is broken in ${name}, reading it gives codes or the documented error`, async () => {
    await fc.assert(fc.asyncProperty(damaged(damaged(fc.constant(text(name)))), async (source) => {
      try {
        await importDetect(utf8(source)).read('');
      } catch (error) {
        if (!isProblem(error)) throw error;
      }
    }), { numRuns: 250 });
  });
}

/* Another type in the place of each member, one at a time. */
function* swapped(value: unknown, put: unknown): Generator<unknown> {
  yield put;
  if (typeof value !== 'object' || value === null) return;
  for (const key of Object.keys(value)) {
    const old = (value as Record<string, unknown>)[key];
    if (['n', 'r', 'p', 'memLimit', 'opsLimit'].includes(key)) continue; /* a cost of its own test */
    for (const next of swapped(old, put)) yield Array.isArray(value) ? value.with(Number(key), next) : { ...value, [key]: next };
  }
}

for (const name of ['aegis.json', 'twofas.2fas', 'bitwarden.json', 'symbolon.json']) {
  test(`any member of ${name} may be of another type`, async () => {
    for (const put of [null, 7, 'x', [], {}, true, -1.5, [null], { a: 1 }]) {
      for (const value of swapped(JSON.parse(text(name)), put)) {
        try {
          await importDetect(utf8(JSON.stringify(value))).read('');
        } catch (error) {
          if (!isProblem(error)) throw error;
        }
      }
    }
  });
}

test('sealed files with a member of another type, or a cost out of reach, give the documented error', async () => {
  for (const name of ['twofas-sealed.2fas', 'symbolon-sealed.json', 'ente-sealed.json', 'aegis-sealed.json']) {
    for (const value of swapped(JSON.parse(text(name)), 7)) {
      const source = JSON.stringify(value);
      if (/"(salt|nonce|tag|header|slots|params|kdf|kdfParams|key_params|sealed)":7|"servicesEncrypted":7/.test(source)) await assert.rejects(async () => importDetect(utf8(source)).read('x'), isProblem, source.slice(0, 200));
    }
  }
  const costs = [['aegis-sealed.json', /"n": 32768/, '"n": 1099511627776'], ['aegis-sealed.json', /"n": 32768/, '"n": 32769'], ['ente-sealed.json', /"memLimit": \d+/, '"memLimit": 1e15'], ['ente-sealed.json', /"opsLimit": 4/, '"opsLimit": 1000000']] as const;
  for (const [name, from, to] of costs) await assert.rejects(importDetect(utf8(text(name).replace(from, to))).read('x'), problem('file_damaged'));
});

test('parts of a Google export come in any order, twice, or from another export', () => {
  const [first, second] = text('google.txt').trim().split('\n').map(migrationRead);
  const batch = new Batch();
  batch.add(second!);
  batch.add(second!);
  assert.deepEqual([batch.have, batch.count, batch.missing], [1, 2, 1]);
  batch.add(first!);
  assert.equal(batch.missing, 0);
  assert.deepEqual(batch.found().entries.map((one) => one.issuer), [...first!.found.entries, ...second!.found.entries].map((one) => one.issuer));
  batch.add({ ...first!, batch: 5 });
  assert.equal(batch.have, 1);
});

test('hostile migration links give the documented error', () => {
  const hostile = fc.oneof(fc.uint8Array({ maxLength: 120 }).map((bytes) => `otpauth-migration://offline?data=${encodeURIComponent(Buffer.from(bytes).toString('base64'))}`), damaged(fc.constant(text('google.txt').split('\n')[0]!)));
  fc.assert(fc.property(hostile, (link) => {
    try {
      migrationRead(link);
    } catch (error) {
      if (!isProblem(error)) throw error;
    }
  }), { numRuns: 2000 });
});

/* ---- merging ---- */

test('importing never removes or changes what is here, and the same again adds nothing', () => {
  fc.assert(fc.property(anyBook, anyBook, (book, incoming) => {
    const merged = takeAll(book, incoming);
    assert.deepEqual(merged.slice(0, book.length), book);
    assert.deepEqual(takeAll(merged, incoming), merged);
    assert.ok(incoming.every((one) => merged.some((other) => codeIsSame(one, other))));
  }), { numRuns: 300 });
});

test('new, same and conflicting are told apart, also by names that only look alike', () => {
  const here = entry('Payroll');
  const conflict = entryMake({ ...here, issuer: 'pay\u200broll', secret: utf8('another secret') }, {});
  const preview = mergePreview([here], [entryMake(here, {}), conflict, entry('Wiki'), entry('Wiki')]);
  assert.deepEqual(preview.map((one) => one.standing), ['same', 'conflict', 'new', 'same']);
  assert.deepEqual(preview.map(choiceDefault), ['skip', 'add', 'add', 'skip']);
});

test('a replaced code keeps its place, group and pin; one that has gone meanwhile is added', () => {
  const [a, b] = [entry('A', { group: 'Work', pinned: true }), entry('B')];
  const better = entryMake({ ...a, secret: utf8('new') }, {});
  const [candidate] = mergePreview([a, b], [better]);
  const replaced = mergeApply([a, b], [{ candidate: candidate!, choice: 'replace' }]);
  assert.deepEqual(replaced.map((one) => [one.id, one.group, one.pinned, Buffer.from(one.secret).toString()]), [[a.id, 'Work', true, 'new'], [b.id, '', false, 'secret of B']]);
  assert.equal(mergeApply([b], [{ candidate: candidate!, choice: 'replace' }]).length, 2);
});

/* ---- the book ---- */

test('edit, remove and undo, arrange, search and groups', () => {
  const [a, b, d] = [entry('Alpha', { group: 'Work' }), entry('Béta', { pinned: true }), entry('Gamma', { group: 'Home' })];
  const book = [a!, b!, d!];
  const names = (list: Book) => list.map((one) => one.issuer);
  assert.deepEqual(names(bookView(book, '', null)), ['Béta', 'Alpha', 'Gamma']);
  assert.deepEqual(names(bookView(book, 'WORK demo', null)), ['Alpha']);
  assert.deepEqual(names(bookView(book, '', 'Home')), ['Gamma']);
  assert.deepEqual(bookGroups(book), ['Home', 'Work']);
  assert.deepEqual(names(bookRestore(bookRemove(book, b!.id), b!, 1)), names(book));
  assert.deepEqual(bookRestore(book, b!, 0), book);
  const shown = bookView(book, '', null);
  assert.deepEqual(names(bookArrange(book, orderMoved(shown, d!.id, 0))), ['Béta', 'Gamma', 'Alpha']);
  assert.deepEqual(orderMoved(shown, b!.id, 2), shown.map((one) => one.id));
  assert.equal(bookEdit(book, a!.id, { issuer: 'Delta', pinned: true })[0]!.issuer, 'Delta');
  assert.deepEqual(bookEdit(book, a!.id, { issuer: 'Delta' })[0]!.secret, a!.secret);
  assert.throws(() => bookEdit(book, a!.id, { issuer: '', account: ' ' }), problem('name_missing'));
  assert.throws(() => bookRemove(book, 'x'), problem('gone'));
  assert.throws(() => bookAdd(Array(2000).fill(a), [b!]), problem('too_many'));
});

/* ---- box and keeper ---- */

test('a box opens only whole, with its key and in its place', async () => {
  const key = await boxKey(randomBytes(32));
  const box = await boxSeal(key, 'here', utf8('text'));
  assert.deepEqual(await boxOpen(key, 'here', box), utf8('text'));
  assert.equal(await boxOpen(key, 'there', box), null);
  assert.equal(await boxOpen(await boxKey(randomBytes(32)), 'here', box), null);
  for (let at = 0; at < box.length; at++) assert.equal(await boxOpen(key, 'here', box.map((byte, place) => (place === at ? byte ^ 1 : byte))), null);
  assert.equal(await boxOpen(key, 'here', box.slice(0, 28)), null);
});

class Memory implements Storage {
  stored: Stored | undefined;
  /* runs once before the next swap: what another tab does meanwhile */
  meanwhile: (() => Promise<void>) | null = null;
  load = async () => this.stored;
  swap = async (revision: number, next: Stored) => {
    const first = this.meanwhile;
    this.meanwhile = null;
    await first?.();
    if ((this.stored?.revision ?? 0) !== revision) return false;
    this.stored = next;
    return true;
  };
}

const keeperOn = (memory: Memory) => new Keeper(memory, () => 1790000000);
const names = async (keeper: Keeper) => (await keeper.look()).book.map((one) => one.issuer);

test('what one tab adds while another adds is kept by both', async () => {
  const memory = new Memory();
  const [one, two] = [keeperOn(memory), keeperOn(memory)];
  await one.change((book) => bookAdd(book, [entry('A')]));
  memory.meanwhile = async () => void (await two.change((book) => bookAdd(book, [entry('B')])));
  await one.change((book) => bookAdd(book, [entry('C')]));
  assert.deepEqual(await names(two), ['A', 'B', 'C']);
  memory.meanwhile = async () => two.lockSet('passphrase one', null);
  await assert.rejects(one.change((book) => bookAdd(book, [entry('D')])), problem('vault_locked'));
});

test('a locked vault opens with its ways only, and its box holds no word of it', async () => {
  const memory = new Memory();
  const keeper = keeperOn(memory);
  await keeper.change((book) => bookAdd(book, [entry('Payroll')]));
  const output = randomBytes(32);
  await keeper.lockSet('passphrase one', { credential: randomBytes(16), input: randomBytes(32), output });
  assert.equal(memory.stored!.key, null);
  assert.ok(!Buffer.from(memory.stored!.box).includes('Payroll'));
  const other = keeperOn(memory);
  assert.deepEqual([(await other.look()).locked, await names(other)], [true, []]);
  await assert.rejects(other.change((book) => book), problem('vault_locked'));
  await assert.rejects(other.unlock({ kind: 'passphrase', passphrase: 'passphrase two' }), problem('passphrase_wrong'));
  await assert.rejects(other.unlock({ kind: 'passkey', output: randomBytes(32) }), problem('passkey_failed'));
  await other.unlock({ kind: 'passkey', output });
  assert.deepEqual(await names(other), ['Payroll']);
  other.forget();
  assert.equal((await other.look()).locked, true);
  await assert.rejects(other.prove({ kind: 'passphrase', passphrase: 'no' }), problem('passphrase_wrong'));
  await other.unlock({ kind: 'passphrase', passphrase: 'passphrase one' });
  await other.change((book) => bookAdd(book, [entry('Wiki')]));
  assert.deepEqual(await names(keeper), ['Payroll', 'Wiki']);
});

test('another passphrase shuts the tabs that are open; without a lock all open again', async () => {
  const memory = new Memory();
  const [one, two] = [keeperOn(memory), keeperOn(memory)];
  await one.change((book) => bookAdd(book, [entry('A')]));
  await one.lockSet('passphrase one', null);
  await two.unlock({ kind: 'passphrase', passphrase: 'passphrase one' });
  await one.lockSet('passphrase two', null);
  assert.equal((await two.look()).locked, true);
  await assert.rejects(two.unlock({ kind: 'passphrase', passphrase: 'passphrase one' }), problem('passphrase_wrong'));
  await assert.rejects(two.lockRemove(), problem('vault_locked'));
  await one.lockRemove();
  assert.deepEqual([memory.stored!.lock, await names(two)], [null, ['A']]);
  await assert.rejects(one.lockSet('short', null), problem('passphrase_short'));
});

test('a damaged vault, one of a newer version and a weakened lock are refused and left as they are', async () => {
  const memory = new Memory();
  const keeper = keeperOn(memory);
  await keeper.change((book) => bookAdd(book, [entry('A')]));
  const good = memory.stored!;
  memory.stored = { ...good, box: good.box.map((byte, at) => (at === 20 ? byte ^ 1 : byte)) };
  await assert.rejects(keeper.look(), problem('vault_damaged'));
  await assert.rejects(keeper.change((book) => bookAdd(book, [entry('B')])), problem('vault_damaged'));
  memory.stored = { ...good, version: 2 };
  await assert.rejects(keeper.look(), problem('vault_newer'));
  memory.stored = good;
  await keeper.lockSet('passphrase one', null);
  const locked = memory.stored!;
  memory.stored = { ...locked, lock: { ...locked.lock!, passphrase: { ...locked.lock!.passphrase, rounds: 1 } } };
  await assert.rejects(keeperOn(memory).unlock({ kind: 'passphrase', passphrase: 'passphrase one' }), problem('vault_damaged'));
});

test('ids stay inside the vault', () => {
  const book = [entry('A')];
  assert.equal(documentRead(documentWrite(book, 0, true), true).entries[0]!.id, book[0]!.id);
  assert.ok(!documentWrite(book, 0, false).includes(book[0]!.id));
});
