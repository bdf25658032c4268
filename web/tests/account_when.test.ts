import assert from 'node:assert/strict';
import { test } from 'node:test';
import { localeOf, whenIn } from '../account/when';

const words = { justNow: 'just now', today: 'Today', yesterday: 'Yesterday' };
const when = whenIn('en-GB-u-nu-latn', words, 'Europe/Amsterdam');
/* 2026-11-24 14:30 in Amsterdam */
const NOW = Date.UTC(2026, 10, 24, 13, 30) / 1000;
const HOUR = 3600;
const DAY = 86_400;

test('how long ago, in words that people use', () => {
  const ago = (seconds: number) => when.ago(NOW - seconds, NOW);
  assert.deepEqual([0, 44, 60, 120, 40 * 60, HOUR, 5 * HOUR, 20 * HOUR, 2 * DAY, 6 * DAY].map(ago),
    ['just now', 'just now', '1 minute ago', '2 minutes ago', '40 minutes ago', '1 hour ago', '5 hours ago', 'yesterday', '2 days ago', '6 days ago']);
  assert.equal(ago(9 * DAY), '15 November');
  assert.equal(ago(400 * DAY), '20 October 2025');
  assert.equal(when.ago(NOW + 30, NOW), 'just now', 'a clock that is a little ahead');
});

test('days follow the calendar, not twenty-four hours', () => {
  const lateYesterday = Date.UTC(2026, 10, 23, 22, 50) / 1000;
  assert.equal(when.day(lateYesterday, NOW), 'Yesterday');
  assert.equal(when.day(Date.UTC(2026, 10, 23, 23, 10) / 1000, NOW), 'Today');
  assert.equal(when.brief(lateYesterday, NOW), 'Yesterday');
  assert.equal(when.brief(NOW - HOUR, NOW), '13:30');
  assert.equal(when.brief(NOW - 9 * DAY, NOW), '15 Nov');
  assert.match(when.day(NOW - 5 * DAY, NOW), /Thursday.*19 November/);
});

test('the hour that the clocks change is one day like any other', () => {
  const monday = Date.UTC(2026, 9, 26, 11) / 1000;
  assert.equal(when.day(Date.UTC(2026, 9, 25, 0, 30) / 1000, monday), 'Yesterday');
  assert.equal(when.day(Date.UTC(2026, 9, 24, 21, 30) / 1000, monday), 'Saturday 24 October');
});

test('Arabic moments have Latin digits', () => {
  const arabic = whenIn('ar-u-nu-latn', words, 'Europe/Amsterdam');
  for (const text of [arabic.ago(NOW - 5 * HOUR, NOW), arabic.full(NOW), arabic.clock(NOW), arabic.ago(NOW - 90 * DAY, NOW)]) assert.doesNotMatch(text, /[٠-٩]/);
});

test('the region is the browser’s, when it speaks the language', () => {
  assert.equal(localeOf('en', ['fr-FR', 'en-GB', 'en-US']), 'en-GB-u-nu-latn');
  assert.equal(localeOf('ar', ['ar-EG-u-nu-arab']), 'ar-EG-u-nu-latn');
  assert.equal(localeOf('en', ['fr-FR']), 'en-u-nu-latn');
});
