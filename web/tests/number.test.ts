import assert from 'node:assert/strict';
import { test } from 'node:test';
import { latinDigits } from '../shared/text';
import { groupsOf, spelled } from '../shared/number';

test('numbers of two to eight digits are drawn in groups and lose no digit', () => {
  const drawn = ['07', '481', '4819', '48192', '481926', '4819265', '48192653'].map((number) => groupsOf(number).join(' '));
  assert.deepEqual(drawn, ['07', '481', '48 19', '481 92', '481 926', '481 9265', '4819 2653']);
});

test('numbers are said digit by digit, with the first zero', () => {
  assert.equal(spelled('0426'), '0 4 2 6');
});

test('digits of other scripts, spaces and dashes in a pasted code are understood', () => {
  assert.equal(latinDigits('123 456'), '123456');
  assert.equal(latinDigits('١٢٣-٤٥٦'), '123456');
  assert.equal(latinDigits('۱۲۳۴۵۶'), '123456');
  assert.equal(latinDigits('１２３４５６７８'), '12345678');
  assert.equal(latinDigits('abc \u0000</script>'), '');
});
