/*
 * Shoots every view of the account page as shots.mjs does the sign-in page's: both themes, two widths, axe-core, small
 * targets, sideways scroll (also at 320 px), console errors.
 *
 *   node tools/account_shots.mjs [name…]      SHOTS=DIR (default /tmp/shots), THEMES=light,dark, WIDTHS=390,1280
 */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { startAccountMock } from './account_mock.mjs';
import { accounts } from './account_states.mjs';
import { startBrowser } from './browser.mjs';
import { lookFor, runAxe, sideways } from './inspect.mjs';

const out = process.env.SHOTS ?? '/tmp/shots';
const themes = (process.env.THEMES ?? 'light,dark').split(',');
const widths = (process.env.WIDTHS ?? '390,1280').split(',').map(Number);

const press = (name) => (page) => page.getByRole('button', { name }).first().click();
const settled = (page, text) => page.getByText(text).first().waitFor();
const digits = async (page, text) => { await page.locator('dialog .otp input').fill(text); await page.keyboard.press('Enter'); };
async function addDevice(page, mock) {
  await press('Add a device')(page);
  await settled(page, 'Waiting for your device');
  mock.device(page.as, 'come', 'Pixel 9');
  await settled(page, 'Type the six digits');
}
async function codes(page) {
  await press('New codes: Recovery codes')(page);
  await press('Get new codes')(page);
  await settled(page, 'I have saved them');
}

/* What is done after loading, by name: [account, doing]. */
const VIEWS = {
  history: ['home', async (page) => { await page.evaluate(() => { location.hash = '#history'; }); await settled(page, 'Today'); }],
  'history-changes': ['home', async (page) => { await page.evaluate(() => { location.hash = '#history'; }); await settled(page, 'Today'); await page.getByText('Changes', { exact: true }).click(); }],
  'history-none': ['bare', async (page) => { await page.evaluate(() => { location.hash = '#history'; }); await settled(page, 'Nothing here'); }],
  entry: ['home', press(/Payroll.? Password/)],
  'device-sheet': ['home', press(/Work phone/)],
  'device-testing': ['home', async (page) => { await press(/Work phone/)(page); await press('Send a test')(page); await settled(page, 'on its way'); }],
  'device-tested': ['home', async (page) => { await press(/Work phone/)(page); await press('Send a test')(page); await settled(page, 'The test arrived'); }],
  'device-remove': ['fresh', async (page) => { await press(/Work phone/)(page); await press('Remove this device')(page); }],
  'device-last': ['last', async (page) => { await press(/Work phone/)(page); await press('Remove this device')(page); }],
  proof: ['home', press('Add a device')],
  'add-open': ['fresh', async (page) => { await press('Add a device')(page); await settled(page, 'Waiting for your device'); await page.locator('.qr path').waitFor({ state: 'attached' }); }],
  'add-digits': ['fresh', async (page, mock) => { await addDevice(page, mock); await page.keyboard.type('482'); }],
  'add-done': ['fresh', async (page, mock) => { await addDevice(page, mock); await digits(page, '482913'); await settled(page, 'is yours'); }],
  'add-wrong': ['fresh', async (page, mock) => { await addDevice(page, mock); await digits(page, '000000'); await settled(page, 'Those were not'); }],
  'add-busy': ['fresh', async (page, mock) => { mock.world.failing = /enrolments/; await press('Add a device')(page); await settled(page, 'Very busy'); mock.world.failing = null; }],
  totp: ['bare-fresh', async (page) => { await press('Set up: Authenticator codes')(page); await page.locator('.qr path').waitFor({ state: 'attached' }); }],
  'totp-wrong': ['bare-fresh', async (page) => { await press('Set up: Authenticator codes')(page); await digits(page, '123456'); await settled(page, 'not right'); }],
  'totp-on': ['bare-fresh', async (page) => { await press('Set up: Authenticator codes')(page); await digits(page, '111111'); await settled(page, 'are on'); }],
  'totp-entry': ['home', press(/Codes.? Added/)],
  'recovery-ask': ['fresh', press('New codes: Recovery codes')],
  'recovery-codes': ['fresh', codes],
  'recovery-leave': ['fresh', async (page) => { await codes(page); await page.keyboard.press('Escape'); }],
  password: ['fresh', press('Change: Password')],
  'password-wrong': ['fresh', async (page) => { await press('Change: Password')(page); await page.locator('#old').fill('x'); await page.locator('#new').fill('long enough'); await page.keyboard.press('Enter'); await settled(page, 'not your password'); }],
  'end-others': ['home', press('End all others')],
  'forget-browser': ['home', press(/Forget .Safari/)],
  export: ['fresh', press('Download: Your data')],
  'hostile-entry': ['hostile', press(/Password/)],
  'hostile-device': ['hostile', async (page) => { await page.locator('#devices').locator('xpath=ancestor::section').getByRole('button').nth(1).click(); }],
  ended: ['home', async (page, mock) => { mock.world.accounts.get(page.as).over = true; await page.evaluate(() => dispatchEvent(new Event('focus'))); await settled(page, 'You were signed out'); }],
  'ar-home': ['home', null, 'ar'],
  'ar-first': ['first', null, 'ar'],
  'ar-add': ['fresh', async (page) => { await page.locator('section button', { hasText: 'إضافة' }).first().click(); await page.locator('.qr path').waitFor({ state: 'attached' }); }, 'ar'],
  'ar-history': ['home', async (page) => { await page.evaluate(() => { location.hash = '#history'; }); await page.locator('.day').first().waitFor(); }, 'ar'],
  'ar-entry': ['home', async (page) => { await page.locator('button', { hasText: 'Payroll' }).first().click(); }, 'ar'],
  'ar-codes': ['fresh', async (page) => { await page.locator('button', { hasText: 'رموز جديدة' }).first().click(); await page.locator('dialog .btn.bad').click(); await page.locator('.codes').waitFor(); }, 'ar'],
};
accounts['bare-fresh'] = { ...accounts.bare, fresh: 300 };

const wanted = process.argv.slice(2);
const views = [...Object.keys(accounts).map((name) => [name, name, null, 'en']), ...Object.entries(VIEWS).map(([name, [as, act, language = 'en']]) => [name, as, act, language])]
  .filter(([name]) => name !== 'bare-fresh' && (wanted.length === 0 || wanted.some((word) => name.startsWith(word))));

await mkdir(out, { recursive: true });
const mock = await startAccountMock();
const browser = await startBrowser();
const problems = [];
let axeRuns = 0;

for (const view of views) {
  for (const theme of themes) for (const width of widths) await shoot(view, theme, width);
  if (themes.includes('light')) await narrow(view);
}
await browser.close();
mock.stop();
for (const problem of problems) console.log(problem);
console.log(`${views.length} views, ${axeRuns} axe runs, ${problems.length} problems`);
process.exitCode = problems.length > 0 ? 1 : 0;

async function shoot(view, theme, width) {
  const [name] = view;
  const say = (text) => problems.push(`${name} ${theme} ${width}: ${text}`);
  const page = await open(view, { colorScheme: theme, viewport: { width, height: width < 600 ? 844 : 800 }, deviceScaleFactor: 1.5 }, say);
  if (!page) return;
  await lookFor(page, say);
  await runAxe(page, say);
  axeRuns += 1;
  const sheet = await page.locator('dialog[open]').count();
  await page.screenshot({ path: path.join(out, `account-${name}-${width}-${theme}.png`), fullPage: sheet === 0 });
  await page.context().close();
}

/* 320 px wide: what a 1280 px screen shows at 400 % zoom (WCAG 1.4.10). */
async function narrow(view) {
  const say = (text) => problems.push(`${view[0]} 320: ${text}`);
  const page = await open(view, { viewport: { width: 320, height: 256 } }, say);
  if (!page) return;
  const over = await sideways(page);
  if (over > 0) say(`sideways scroll ${over}px`);
  await page.context().close();
}

async function open([name, as, act, language], options, say) {
  mock.world.accounts.clear();
  const context = await browser.newContext({ locale: language === 'ar' ? 'ar' : 'en-GB', timezoneId: 'Europe/Amsterdam', reducedMotion: 'reduce', ...options });
  context.setDefaultTimeout(8000);
  const page = await context.newPage();
  page.as = as;
  const quiet = /busy|ended|proof|wrong/.test(name);
  page.on('console', (message) => { if (message.type() === 'error' && !quiet) say(`console: ${message.text()}`); });
  page.on('pageerror', (error) => say(`error: ${error.message}`));
  try {
    await page.goto(`${mock.origin}/account/?as=${as}`);
    await page.locator('h1').waitFor();
    await page.evaluate(() => document.fonts.ready);
    if (act) await act(page, mock);
  } catch (error) {
    say(error.message.split('\n')[0]);
    await page.screenshot({ path: path.join(out, `account-${name}-FAILED.png`) });
    await context.close();
    return null;
  }
  await page.waitForTimeout(120);
  await page.evaluate(() => Promise.all(document.getAnimations().filter((one) => one.effect.getComputedTiming().endTime < 3000).map((one) => one.finished)));
  return page;
}
