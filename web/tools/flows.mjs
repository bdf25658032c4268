/*
 * Plays sign-ins in a real browser against the stand-in server: what a picture cannot show.
 *
 *   node tools/flows.mjs [word…]      only the flows whose name has one of the words
 */
import assert from 'node:assert/strict';
import { startBrowser } from './browser.mjs';
import { startMock } from './mock.mjs';

const browser = await startBrowser();
const flows = [];
const flow = (name, play) => flows.push({ name, play });

flow('a whole sign-in with the keyboard alone, in few requests', async ({ page, mock }) => {
  await open(page, mock, 'flow');
  assert.equal(await focused(page), 'username');
  await page.keyboard.type('demo');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Your password' }).waitFor();
  assert.equal(await focused(page), 'password');
  await page.keyboard.type('wrong');
  await page.keyboard.press('Enter');
  await page.getByText('That password is not right').waitFor();
  assert.equal(await focused(page), 'password');
  assert.equal(await page.locator('#password').inputValue(), '');
  await page.keyboard.type('right');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Type this number' }).waitFor();
  assert.equal(await focused(page), 'H1');
  assert.equal(await page.locator('#carry').textContent(), 'Your number: 4 8 1 9 2 6');
  mock.phone('flow', 'seen');
  await page.getByText('Your phone has it').waitFor();
  mock.phone('flow', 'approve');
  await page.waitForURL('**/service**');
  assert.deepEqual(mock.world.served.map((line) => line.replace(/.*\//, '')), ['identify', 'password', 'password', 'events', 'finish']);
  assert.equal(mock.world.open, 0);
});

flow('the sheet of other ways opens, closes and leads on by keyboard', async ({ page, mock }) => {
  await atPush(page, mock, 'flow');
  await tabTo(page, 'Use another way');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Another way' }).waitFor();
  await page.keyboard.press('Escape');
  assert.equal(await page.evaluate(() => document.activeElement?.textContent), 'Use another way');
  await page.keyboard.press('Enter');
  await tabTo(page, 'Authenticator code');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Type the code' }).waitFor();
  assert.equal(await focused(page), 'code');
  await page.keyboard.type('000 000');
  await page.keyboard.press('Enter');
  await page.getByText('That code is not right').waitFor();
  assert.equal(await page.locator('[name=code]').inputValue(), '');
  await page.keyboard.type('12345678');
  assert.equal(await page.locator('.otp span').count(), 8);
  await page.keyboard.press('Enter');
  await page.waitForURL('**/service**');
});

flow('a push picked where a code is asked first', async ({ page, mock }) => {
  await open(page, mock, 'flow-code');
  await page.keyboard.type('demo');
  await page.keyboard.press('Enter');
  await page.locator('#password').fill('right');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Type the code' }).waitFor();
  await page.getByRole('button', { name: 'Use another way' }).click();
  await page.getByRole('button', { name: 'Approve on your phone' }).click();
  await page.getByRole('heading', { name: 'Type this number' }).waitFor();
  mock.phone('flow-code', 'deny');
  await page.getByRole('heading', { name: 'Turned down' }).waitFor();
  await page.getByRole('button', { name: 'Send it again' }).click();
  await page.getByRole('heading', { name: 'Type this number' }).waitFor();
  mock.phone('flow-code', 'approve');
  await page.waitForURL('**/service**');
});

flow('a push approved while a code is being typed still finishes', async ({ page, mock }) => {
  await atPush(page, mock, 'flow');
  await page.getByRole('button', { name: 'Use another way' }).click();
  await page.getByRole('button', { name: 'Authenticator code' }).click();
  await page.keyboard.type('12');
  mock.phone('flow', 'approve');
  await page.waitForURL('**/service**');
});

for (const [what, words] of [['deny', 'Turned down'], ['wrong', 'did not match'], ['expire', 'Time ran out'], ['report', 'Reported']]) {
  flow(`after "${what}" the person reads why and can send it again`, async ({ page, mock }) => {
    await atPush(page, mock, 'flow');
    mock.phone('flow', what);
    await page.getByRole('heading', { name: words }).waitFor();
    assert.equal(await focused(page), 'H1');
    assert.equal(mock.world.logins.get('flow').watchers.size, 0, 'the stream is closed');
    await page.getByRole('button', { name: 'Send it again' }).click();
    await page.locator('#carry', { hasText: '4 8 1 9 2 7' }).waitFor({ state: 'attached' });
    mock.phone('flow', 'approve');
    await page.waitForURL('**/service**');
  });
}

flow('"Not you?" goes back to the beginning', async ({ page, mock }) => {
  await atPush(page, mock, 'flow');
  await page.getByRole('button', { name: 'Not you?' }).click();
  await page.getByRole('heading', { name: 'Who are you?' }).waitFor();
  assert.equal(await focused(page), 'username');
});

flow('eight tabs wait with one stream among them, and all finish', async ({ page, mock }) => {
  const moments = await noteStreams(page.context());
  const names = Array.from({ length: 8 }, (_, at) => `flow${at}`);
  const pages = [page];
  while (pages.length < 8) pages.push(await page.context().newPage());
  for (const [at, name] of names.entries()) await atPush(pages[at], mock, name);
  await page.waitForTimeout(2500);
  assert.equal(mock.world.open, 1);
  assert.equal(mock.world.mostOpen, 1);
  for (const name of names) mock.phone(name, 'approve');
  await Promise.all(pages.map((one) => one.waitForURL('**/service**', { timeout: 20_000 })));
  assert.equal(mostAtOnce(moments), 1);
});

for (const trouble of ['off', 'silent']) {
  flow(`all works when streams are ${trouble}`, async ({ page, mock }) => {
    mock.world.streams = trouble;
    await atPush(page, mock, 'flow');
    mock.phone('flow', 'approve');
    await page.waitForURL('**/service**', { timeout: 12_000 });
  });
}

flow('lost network is said, and the sign-in goes on when it is back', async ({ page, mock }) => {
  await atPush(page, mock, 'flow');
  await page.context().setOffline(true);
  await page.evaluate(() => dispatchEvent(new Event('online')));
  await page.getByText('No connection. Trying again').waitFor({ timeout: 25_000 });
  mock.phone('flow', 'approve');
  await page.context().setOffline(false);
  await page.waitForURL('**/service**', { timeout: 20_000 });
});

flow('a form sent without network keeps what was typed', async ({ page, mock }) => {
  await open(page, mock, 'flow');
  await page.keyboard.type('demo');
  await page.context().setOffline(true);
  await page.keyboard.press('Enter');
  await page.getByRole('alert').getByText('No connection').waitFor();
  assert.equal(await page.locator('#username').inputValue(), 'demo');
  await page.context().setOffline(false);
  await page.getByRole('button', { name: 'Next' }).click();
  await page.getByRole('heading', { name: 'Your password' }).waitFor();
});

flow('a hidden tab lets go of the stream, still asks, and finishes where it is', async ({ page, mock }) => {
  await atPush(page, mock, 'flow');
  await page.waitForTimeout(300);
  assert.equal(mock.world.open, 1);
  await page.evaluate(() => {
    Object.defineProperty(document, 'visibilityState', { value: 'hidden' });
    document.dispatchEvent(new Event('visibilitychange'));
  });
  await page.waitForTimeout(300);
  assert.equal(mock.world.open, 0);
  mock.phone('flow', 'approve');
  await page.waitForURL('**/service**', { timeout: 12_000 });
});

for (const [status, words] of [[401, 'Wrong browser'], [404, 'Nothing to sign in to'], [410, 'This sign-in is over']]) {
  flow(`a ${status} has its page`, async ({ page, mock }) => {
    await open(page, mock, 'flow');
    mock.world.logins.get('flow').refuse = { status, error: 'x', message: 'x' };
    await page.keyboard.type('demo');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: words }).waitFor();
    await page.getByRole('link', { name: /^Back to .Payroll/ }).waitFor();
  });
}

flow('a busy server is waited for', async ({ page, mock }) => {
  await open(page, mock, 'flow');
  const login = mock.world.logins.get('flow');
  login.refuse = { status: 503, error: 'busy', message: 'x', retry_after: 2 };
  await page.keyboard.type('demo');
  await page.keyboard.press('Enter');
  await page.getByText('Very busy').waitFor();
  await page.getByRole('button', { name: 'Try again in 0:0' }).waitFor();
  login.refuse = null;
  await page.getByRole('button', { name: 'Next' }).click();
  await page.getByRole('heading', { name: 'Your password' }).waitFor();
});

flow('pressing twice sends once', async ({ page, mock }) => {
  await open(page, mock, 'flow');
  await page.keyboard.type('demo');
  await page.evaluate(() => {
    const form = document.querySelector('form');
    form.requestSubmit();
    form.requestSubmit();
  });
  await page.getByRole('heading', { name: 'Your password' }).waitFor();
  assert.equal(mock.world.served.length, 1);
});

flow('signing out is asked first, and staying is possible', async ({ page, mock }) => {
  await open(page, mock, 'sign-out');
  await page.getByRole('button', { name: 'Stay signed in' }).click();
  await page.getByRole('heading', { name: 'You are still signed in' }).waitFor();
  await open(page, mock, 'sign-out');
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('heading', { name: 'You are signed out' }).waitFor();
});

flow('the form_post page sends its form by itself', async ({ page, mock }) => {
  await page.goto(`${mock.origin}/signin/form_post`);
  await page.waitForURL('**/service**');
});

flow('the page speaks Arabic from right to left when asked', async ({ page, mock }) => {
  await open(page, mock, 'ar-push-enter');
  assert.deepEqual(await page.evaluate(() => [document.documentElement.lang, document.documentElement.dir]), ['ar', 'rtl']);
  assert.match(await page.title(), /^اكتب هذا الرقم/);
});

let failed = 0;
const words = process.argv.slice(2);
for (const { name, play } of flows.filter((one) => words.length === 0 || words.some((word) => one.name.includes(word)))) {
  const mock = await startMock();
  const context = await browser.newContext({ locale: 'en-GB' });
  const page = await context.newPage();
  const errors = watch(context);
  page.setDefaultTimeout(8_000);
  try {
    await play({ page, mock });
    assert.deepEqual(errors, []);
    console.log(`ok      ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`NOT OK  ${name}\n        ${String(error.stack ?? error).split('\n').slice(0, 12).join('\n        ')}`);
  }
  await context.close();
  mock.stop();
}
await browser.close();
process.exitCode = failed > 0 ? 1 : 0;

/* Broken rules of the page; failed requests are what some flows are about. */
function watch(context) {
  const errors = [];
  context.on('console', (message) => { if (message.type() === 'error' && !/Failed to load resource/.test(message.text())) errors.push(message.text()); });
  context.on('weberror', (error) => errors.push(error.error().message));
  return errors;
}

/*
 * When the tabs opened and closed streams, by their own clocks: the server hears of a close a moment late, and the
 * next tab may be quicker.
 */
async function noteStreams(context) {
  const moments = [];
  await context.exposeBinding('noteStream', (_, moment) => { moments.push(moment); });
  await context.addInitScript(() => {
    const note = (change) => window.noteStream({ at: performance.timeOrigin + performance.now(), change });
    window.EventSource = class extends EventSource {
      constructor(url) {
        super(url);
        note(1);
      }

      close() {
        if (this.readyState !== EventSource.CLOSED) note(-1);
        super.close();
      }
    };
  });
  return moments;
}

function mostAtOnce(moments) {
  let open = 0;
  return Math.max(...moments.toSorted((a, b) => a.at - b.at).map(({ change }) => (open += change)));
}

async function open(page, mock, name) {
  await page.goto(`${mock.origin}/signin/?login=${name}`);
  await page.locator('h1').waitFor();
}

async function atPush(page, mock, name) {
  await open(page, mock, name);
  await page.locator('#username').fill('demo');
  await page.keyboard.press('Enter');
  await page.locator('#password').fill('right');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Type this number' }).waitFor();
}

function focused(page) {
  return page.evaluate(() => document.activeElement?.getAttribute('name') ?? document.activeElement?.tagName);
}

async function tabTo(page, words) {
  for (let step = 0; step < 12; step++) {
    const text = await page.evaluate(() => document.activeElement?.textContent ?? '');
    if (text.startsWith(words)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`no way to ${words} by Tab`);
}
