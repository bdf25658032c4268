/* What a picture of a page does not show: axe-core violations, sideways scroll, targets under 44 px, broken words. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export function sideways(page) {
  return page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
}

export async function lookFor(page, say) {
  const over = await sideways(page);
  if (over > 0) say(`sideways scroll ${over}px`);
  const small = await page.evaluate(() => [...document.querySelectorAll('a, button, input')]
    .filter((one) => one.checkVisibility())
    /* a radio button is as large as its label */
    .map((one) => [one, (one.type === 'radio' ? one.closest('label') : one).getBoundingClientRect()])
    .filter(([, box]) => box.height < 43.5 || box.width < 43.5)
    .map(([one, box]) => `${one.outerHTML.slice(0, 60)} ${Math.round(box.width)}×${Math.round(box.height)}`));
  for (const one of small) say(`small target: ${one}`);
  const empty = await page.evaluate(() => /undefined|null|\[object|NaN/.exec(document.body.innerText)?.[0]);
  if (empty) say(`text shows "${empty}"`);
}

export async function runAxe(page, say) {
  /* by the debugger, because the page's own rules forbid injected scripts */
  const session = await page.context().newCDPSession(page);
  await session.send('Runtime.evaluate', { expression: axe });
  const { result } = await session.send('Runtime.evaluate', {
    expression: 'axe.run(document).then((found) => JSON.stringify(found.violations.map((one) => [one.id, one.impact, ...one.nodes.slice(0, 3).map((node) => `${node.target} ${node.any[0]?.message ?? node.all[0]?.message ?? ""}`)])))',
    awaitPromise: true,
    returnByValue: true,
  });
  for (const one of JSON.parse(result.value ?? '[["axe did not run"]]')) say(`axe: ${one.join(' | ')}`);
}
