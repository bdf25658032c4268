import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseLanguage, foreignName, plainName, pluralsOf } from '../shared/text';
import { returnUrl, webUrl } from '../shared/url';
import { leaves } from './catalogue';
import { NOTICES } from '../signin/state';
import { ar } from '../signin/text/ar';
import { en } from '../signin/text/en';
import { ENDINGS } from '../signin/view';
import { WHY_ALONE, WHY_MODES, WHY_REASONS, whySentence } from '../shared/why/why';

const english = en(pluralsOf('en'));
const arabic = ar(pluralsOf('ar'));

test('both languages have the same keys of the same kind', () => {
  const [a, b] = [leaves(english), leaves(arabic)];
  assert.deepEqual([...b.keys()].sort(), [...a.keys()].sort());
  for (const [key, value] of a) assert.equal(typeof b.get(key), typeof value, key);
});

test('nothing is left untranslated or without words', () => {
  for (const [key, value] of leaves(arabic)) {
    const words = typeof value === 'function' ? value('5', 'enter', 'network') : value;
    assert.equal(typeof words, 'string', key);
    if (words !== '') assert.match(words as string, /[\u0600-\u06ff]/, key);
    assert.equal(words === '', leaves(english).get(key) === '', key);
  }
});

test('what a function is given is in its sentence, in both languages', () => {
  for (const [key, value] of [...leaves(english), ...leaves(arabic)]) {
    if (typeof value === 'function' && !/lead$|secondsLeft|^notices/.test(key)) assert.match(value('Payroll', 'enter', 'network'), /Payroll/, key);
  }
  for (const text of [english, arabic]) assert.match(text.identify.lead('Payroll'), /Payroll/);
});

test('every notice and every ending has words', () => {
  for (const notice of NOTICES) assert.ok(english.notices[notice] && arabic.notices[notice], notice);
  for (const ending of ENDINGS) assert.ok(english.endings[ending].title && arabic.endings[ending].title, ending);
});

test('every reason that policy gives has a sentence of ours', () => {
  const keys = [...WHY_ALONE, ...WHY_MODES.flatMap((mode) => WHY_REASONS.map((reason) => `${mode}_${reason}`))];
  assert.equal(keys.length, 29);
  for (const { why } of [english, arabic]) {
    const sentences = keys.map((key) => whySentence(why, key, 'Payroll') ?? '');
    for (const sentence of sentences) assert.match(sentence, /Payroll.*\.$/);
    assert.equal(new Set(sentences).size, keys.length);
  }
  assert.equal(whySentence(english.why, 'enter_new_browser', 'Payroll'), 'Payroll asks for the number because this browser is new.');
  for (const key of ['', 'enter', 'enter_', 'enter_moon', 'moon', 'toString']) assert.equal(whySentence(english.why, key, 'Payroll'), null);
});

test('plurals follow the language', () => {
  assert.equal(english.push.secondsLeft(1), '1 second left');
  assert.equal(english.push.secondsLeft(30), '30 seconds left');
  assert.deepEqual([1, 2, 3, 10, 11, 30].map(arabic.push.secondsLeft), ['بقيت ثانية واحدة', 'بقيت ثانيتان', 'بقيت 3 ثوانٍ', 'بقيت 10 ثوانٍ', 'بقيت 11 ثانية', 'بقيت 30 ثانية']);
  assert.match(english.push.enter.lead(2), /both digits/);
  assert.match(english.push.enter.lead(6), /all six digits/);
});

test('numbers inside Arabic text are Latin digits', () => {
  for (const [key, value] of leaves(arabic)) {
    const words = typeof value === 'function' ? value(5, 'enter', 'network') : value;
    assert.doesNotMatch(words as string, /[٠-٩۰-۹]/, key);
  }
});

test('the language asked for wins, then the next, then English', () => {
  const have = ['en', 'ar'] as const;
  assert.equal(chooseLanguage(['fr-CA', 'AR-eg', 'en'], have, 'en'), 'ar');
  assert.equal(chooseLanguage(['en-GB', 'ar'], have, 'en'), 'en');
  assert.equal(chooseLanguage(['', 'arq', 'x'], have, 'en'), 'en');
  assert.equal(chooseLanguage([], have, 'en'), 'en');
});

test('a name from outside cannot reorder or break our sentence', () => {
  assert.equal(plainName('Pay\r\nroll\u202e \u2066x\u0000'), 'Pay roll x');
  assert.equal(plainName('a'.repeat(500)).length, 80);
  assert.equal(foreignName('جامعة'), '\u2068جامعة\u2069');
  assert.equal(plainName('نيم\u200cفاصله'), 'نيم\u200cفاصله', 'joiners are part of words');
});

test('links that could run as script are not followed', () => {
  for (const bad of ['javascript:alert(1)', 'JAVASCRIPT:alert(1)', ' java\nscript:alert(1)', 'data:text/html,x', 'blob:https://x/y', 'vbscript:x', null, '']) {
    assert.equal(webUrl(bad), null, String(bad));
    assert.equal(returnUrl(bad), null, String(bad));
  }
  assert.equal(webUrl('https://id.example.org/a/'), 'https://id.example.org/a/');
  assert.equal(webUrl('org.example.app:/cb'), null);
  assert.equal(returnUrl('org.example.app:/cb?code=1'), 'org.example.app:/cb?code=1');
});
