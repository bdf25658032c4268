/*
 * Shoots every screen in both themes and two widths and looks for what a picture does not show: axe-core violations,
 * console errors, CSP violations, sideways scroll (also at 320 px, which is 400 % zoom), targets under 44 px.
 *
 *   node tools/shots.mjs [name…]      SHOTS=DIR (default /tmp/shots), THEMES=light,dark, WIDTHS=390,1280
 */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { startBrowser } from './browser.mjs';
import { lookFor, runAxe, sideways } from './inspect.mjs';
import { startMock } from './mock.mjs';
import { states } from './states.mjs';

const out = process.env.SHOTS ?? '/tmp/shots';
const themes = (process.env.THEMES ?? 'light,dark').split(',');
const widths = (process.env.WIDTHS ?? '390,1280').split(',').map(Number);

/* Screens that a state alone does not show: what is done after loading. */
const MORE = {
  another: ['push-enter', (page) => page.getByRole('button', { name: 'Use another way' }).click()],
  'another-none': ['push-alone', (page) => page.getByRole('button', { name: 'Use another way' }).click()],
  'totp-typing': ['totp', (page) => page.keyboard.type('306')],
  'totp-eight': ['totp', (page) => page.keyboard.type('12345678')],
  'who-empty': ['who', (page) => page.keyboard.press('Enter')],
  'ar-another': ['ar-push-enter', (page) => page.locator('.btn.sec').click()],
  'push-offline': ['push-enter', async (page) => {
    await page.context().setOffline(true);
    await page.evaluate(() => dispatchEvent(new Event('online')));
    await page.getByText('No connection').waitFor();
  }],
};
states['push-alone'] = { ...states['push-enter'], ways: [], organisation: { name: 'Example', help_url: null, privacy_url: null }, cancel_url: null };

const wanted = process.argv.slice(2);
const screens = [...Object.keys(states).map((name) => [name, name, null]), ...Object.entries(MORE).map(([name, [state, act]]) => [name, state, act])]
  .filter(([name]) => wanted.length === 0 || wanted.some((word) => name.startsWith(word)));

await mkdir(out, { recursive: true });
const mock = await startMock();
const browser = await startBrowser();
const problems = [];
let axeRuns = 0;

for (const [name, state, act] of screens) {
  for (const theme of themes) for (const width of widths) await shoot(name, state, act, theme, width);
  if (themes.includes('light')) await narrow(name, state, act);
}
await browser.close();
mock.stop();
for (const problem of problems) console.log(problem);
console.log(`${screens.length} screens, ${axeRuns} axe runs, ${problems.length} problems`);
process.exitCode = problems.length > 0 ? 1 : 0;

async function shoot(name, state, act, theme, width) {
  const page = await open(name, state, act, { colorScheme: theme, viewport: { width, height: width < 600 ? 844 : 800 }, deviceScaleFactor: 1.5 });
  const say = (text) => problems.push(`${name} ${theme} ${width}: ${text}`);
  await lookFor(page, say);
  await runAxe(page, say);
  axeRuns += 1;
  await page.screenshot({ path: path.join(out, `${name}-${width}-${theme}.png`), fullPage: width < 600 });
  await page.context().close();
}

/* 320 px wide: what a 1280 px screen shows at 400 % zoom (WCAG 1.4.10). */
async function narrow(name, state, act) {
  const page = await open(name, state, act, { viewport: { width: 320, height: 256 } });
  const over = await sideways(page);
  if (over > 0) problems.push(`${name} 320: sideways scroll ${over}px`);
  await page.context().close();
}

async function open(name, state, act, options) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const quiet = name === 'push-offline';
  page.on('console', (message) => { if (message.type() === 'error' && !quiet) problems.push(`${name}: console: ${message.text()}`); });
  page.on('pageerror', (error) => problems.push(`${name}: error: ${error.message}`));
  /* "done" would leave the page */
  await page.route('**/finish', (route) => setTimeout(() => route.abort().catch(() => {}), 20_000));
  await page.goto(`${mock.origin}/signin/?login=${state}`);
  await page.locator('h1').waitFor();
  await page.evaluate(() => document.fonts.ready);
  if (act) await act(page);
  await page.waitForTimeout(120);
  await page.evaluate(() => Promise.all(document.getAnimations().filter((one) => one.effect.getComputedTiming().endTime < 3000).map((one) => one.finished)));
  return page;
}
