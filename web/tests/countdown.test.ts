import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clockText, deadlineMs, durationText, secondsLeft, steadyDeadline } from '../shared/countdown';
import { spokenMark } from '../shared/number';

test('the time left comes from the server, whatever this clock says', () => {
  const deadline = deadlineMs(1_790_000_120, 1_790_000_000, 5_000);
  assert.equal(deadline, 125_000);
  assert.equal(secondsLeft(deadline, 5_000), 120);
  assert.equal(secondsLeft(deadline, 5_001), 120);
  assert.equal(secondsLeft(deadline, 6_000), 119);
});

test('the time left never goes below nothing', () => {
  assert.equal(secondsLeft(1_000, 9_000), 0);
  assert.equal(deadlineMs(10, 20, 7), 7);
});

test('an answer that differs by the rounding of a second does not move the counter', () => {
  assert.equal(steadyDeadline(100_000, 101_000), 100_000);
  assert.equal(steadyDeadline(100_000, 98_600), 100_000);
  assert.equal(steadyDeadline(100_000, 160_000), 160_000);
  assert.equal(steadyDeadline(null, 160_000), 160_000);
});

test('clocks read as minutes and two digits', () => {
  assert.deepEqual([0, 9, 59, 60, 61, 600].map(clockText), ['0:00', '0:09', '0:59', '1:00', '1:01', '10:00']);
  assert.equal(durationText(48), 'PT48S');
});

test('the countdown speaks at thirty and at ten seconds and is silent otherwise', () => {
  assert.deepEqual([120, 31, 30, 28, 27, 11, 10, 8, 7, 0].map(spokenMark), [null, null, 30, 30, null, null, 10, 10, null, null]);
});
