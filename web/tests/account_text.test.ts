import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OUTCOMES } from '../account/model';
import { FILTERS, METHODS } from '../account/past';
import { ar } from '../account/text/ar';
import { en } from '../account/text/en';
import { pluralsOf, visibleName } from '../shared/text';
import { leaves } from './catalogue';

const english = en(pluralsOf('en'));
const arabic = ar(pluralsOf('ar'));
const said = (value: unknown) => (typeof value === 'function' ? value('5', '10', '3') : value) as string;

test('both languages of the account page have the same keys of the same kind', () => {
  const [a, b] = [leaves(english), leaves(arabic)];
  assert.deepEqual([...b.keys()].sort(), [...a.keys()].sort());
  for (const [key, value] of a) assert.equal(typeof b.get(key), typeof value, key);
});

test('every key has words, in the letters of its language, with Latin digits', () => {
  for (const [key, value] of leaves(english)) assert.match(said(value), /[A-Za-z]/, key);
  for (const [key, value] of leaves(arabic)) {
    if (!key.endsWith('fileName')) assert.match(said(value), /[\u0600-\u06ff]/, key);
    assert.doesNotMatch(said(value), /[٠-٩۰-۹]/, key);
  }
});

test('what a sentence is given is in it', () => {
  const counts = /ways$|title$|about$|noContact$|almost$/;
  for (const [key, value] of [...leaves(english), ...leaves(arabic)])
    if (typeof value === 'function' && !counts.test(key)) assert.match(said(value), /5/, key);
});

test('every outcome, method and filter has words', () => {
  for (const words of [english.history, arabic.history]) {
    for (const outcome of OUTCOMES) assert.ok(words.outcome[outcome], outcome);
    for (const method of METHODS) assert.ok(words.method[method], method);
    for (const filter of FILTERS) assert.ok(words.filters[filter], filter);
  }
});

test('Arabic counts in its own forms', () => {
  assert.deepEqual([1, 2, 3, 11, 100].map(arabic.safe.silent.about), ['لا اتصال منذ يوم واحد.', 'لا اتصال منذ يومين.', 'لا اتصال منذ 3 أيام.', 'لا اتصال منذ 11 يومًا.', 'لا اتصال منذ 100 يوم.']);
  assert.equal(english.safe.recoveryLow.title(1), 'Only one recovery code left');
});

test('a name with nothing to see in it gets a name of ours', () => {
  for (const blank of ['', '   ', '\u200b', '\u200b\u2060\u200d\ufeff', '\u00ad', '\u3164', '\u2800', '\u0301', '\u202e\u2066', '\u{e0041}'])
    assert.equal(visibleName(blank, 'Unnamed'), 'Unnamed', JSON.stringify(blank));
  for (const name of ['a', '你', 'جهاز', '\u{1F469}\u200d\u{1F4BB}', '7', '-']) assert.equal(visibleName(name, 'Unnamed'), `\u2068${name}\u2069`);
});
