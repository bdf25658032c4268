import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeQR } from 'qr';
import { drawingOf } from '../shared/qr';

/* Paints the path as a browser would: each "M x y h w v1 h-w z" is a row of dark modules. */
function painted(path: string, size: number): boolean[][] {
  const rows = Array.from({ length: size }, () => Array.from({ length: size }, () => false));
  for (const [, x, y, width, back] of path.matchAll(/M(\d+) (\d+)h(\d+)v1h-(\d+)z/g)) {
    assert.equal(width, back);
    for (let at = 0; at < Number(width); at++) rows[Number(y)]![Number(x) + at] = true;
  }
  return rows;
}

test('the drawing has a dark square exactly where the code has one', () => {
  for (const text of ['https://id.example.org/a/#e1.AAAAAAAAAAAAAAAAAAAAAA.BBBBBBBBBBBBBBBBBBBBBB', 'otpauth://totp/Example:demo?secret=JBSWY3DPEHPK3PXP', 'x', '\u202e你 \u{1F469}']) {
    const modules = encodeQR(text, 'raw', { border: 3, ecc: 'medium' });
    const { path, size } = drawingOf(modules);
    assert.equal(size, modules.length);
    assert.deepEqual(painted(path, size), modules);
    assert.equal(path.replace(/M\d+ \d+h\d+v1h-\d+z/g, ''), '', 'and nothing else');
  }
});
