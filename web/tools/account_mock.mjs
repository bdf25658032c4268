/*
 * A stand-in for the daemon's account page: serves dist/account under the exact headers, with accounts that really
 * change.
 *
 *   node tools/account_mock.mjs [port]     then open /account/?as=NAME (tools/account_states.mjs)
 *
 * A code is right when it is "111111". The device that is being added: /mock/device?do=come|second&name=NAME; it
 * shows the digits "482913". A password is right when it is "right". A fresh proof is had by going to /account/login.
 */
import { createServer } from 'node:http';
import { pathToFileURL } from 'node:url';
import { accounts } from './account_states.mjs';
import { asset, CSP, html, pageWith, send, text } from './serve.mjs';

const nowS = () => Math.floor(Date.now() / 1000);
const refusal = (status, error, message = '', more = {}) => ({ status, body: { error, message, ...more } });
const RIGHT_DIGITS = '482913';

export async function startAccountMock(port = 0) {
  const world = { accounts: new Map(), requests: [], failing: null };
  const server = createServer((request, response) => answer(world, request, response).catch((error) => {
    console.error(error);
    response.writeHead(500).end();
  }));
  await new Promise((ready) => server.listen(port, '127.0.0.1', ready));
  const origin = `http://localhost:${server.address().port}`;
  return { world, origin, device: (as, what, name) => device(world, as, what, name), stop: () => { server.closeAllConnections(); server.close(); } };
}

async function answer(world, request, response) {
  const url = new URL(request.url, 'http://localhost');
  const as = url.searchParams.get('as') ?? /(?:^|; )as=([\w-]+)/.exec(request.headers.cookie ?? '')?.[1] ?? 'home';
  if (url.pathname === '/account/') return page(world, as, response);
  if (url.pathname === '/account/login') return login(world, as, url.searchParams, response);
  if (url.pathname.startsWith('/account/assets/')) return asset('account', url.pathname, response);
  if (url.pathname === '/mock/device') return send(response, 200, device(world, as, url.searchParams.get('do'), url.searchParams.get('name')));
  if (url.pathname === '/a/') return html(response, '<!doctype html><html lang="en"><title>App</title><h1>App</h1>');
  const body = request.method === 'POST' ? JSON.parse(await text(request)) : {};
  const { status = 200, body: reply } = call(world, accountOf(world, as), request.method, url, body);
  send(response, status, reply);
}

async function page(world, as, response) {
  response.setHeader('Set-Cookie', `as=${as}; Path=/`);
  html(response, await pageWith('account', overviewOf(accountOf(world, as))), CSP);
}

function login(world, as, query, response) {
  const account = accountOf(world, as);
  account.over = false;
  account.freshUntil = nowS() + 300;
  const to = query.get('to');
  response.writeHead(303, { Location: to ? `/account/#${to}` : '/account/' }).end();
}

/* Times before now become times. */
function accountOf(world, as) {
  if (!world.accounts.has(as)) {
    const now = nowS();
    const from = structuredClone(accounts[as] ?? accounts.home);
    const dated = (list) => list.map((one) => ({ ...one, ...Object.fromEntries(Object.entries(one).filter(([key, value]) => /_at$|_since$|^last_contact$|^at$/.test(key) && value > 0).map(([key, value]) => [key, Math.floor(now - value)])) }));
    for (const key of ['devices', 'totp', 'browsers', 'sessions', 'history']) from[key] = dated(from[key]);
    for (const one of from.devices) one.push = dated([one.push])[0];
    [from.password, from.recovery] = dated([from.password, from.recovery]);
    from.history.forEach((one, at) => { one.id = String(1000 - at); });
    world.accounts.set(as, Object.assign(from, { freshUntil: now + from.fresh, enrolment: null, offered: null, over: false }));
  }
  return world.accounts.get(as);
}

function overviewOf(account) {
  const { user, organisation, access, freshUntil, password, devices, totp, recovery, browsers, sessions } = account;
  return { user, organisation, access, fresh_until: freshUntil, acr: 'mfa', password, devices, totp, recovery, browsers, sessions, server_time: nowS() };
}

/* ---- the requests ---- */

function call(world, account, method, url, body) {
  const path = url.pathname.replace('/account/v1/', '');
  world.requests.push(`${method} ${path}`);
  if (account.over) return refusal(401, 'signed_out', '', { location: '/account/login' });
  if (world.failing?.test(path)) return refusal(503, 'busy', '', { retry_after: 3 });
  if (url.pathname === '/signin/v1/logout') return signOut(account);
  if (path === 'overview') return { body: overviewOf(account) };
  if (path === 'history') return historyOf(account, url.searchParams);
  const [kind, id, action] = path.split('/');
  const handler = method === 'GET' ? READS[kind] : CHANGES[action ?? (kind === 'sessions' || kind === 'browsers' ? id : '')]?.[kind] ?? CHANGES[''][path];
  if (!handler) return refusal(404, 'not_found');
  if (method === 'POST' && NEEDS_PROOF.test(path) && account.freshUntil < nowS()) return refusal(403, 'fresh_proof', '', { location: '/account/login?fresh=1' });
  return handler(account, id, body);
}

const NEEDS_PROOF = /^(enrolments|totp|recovery|password|export|(devices|totp)\/[^/]+\/remove)$/;
const READS = { enrolments: (account) => ({ body: enrolmentOf(account) }) };
const remove = (list) => (account, id) => {
  account[list] = account[list].filter((one) => one.id !== id);
  return { body: { [list]: account[list] } };
};
const rename = (list, key) => (account, id, body) => {
  Object.assign(account[list].find((one) => one.id === id), { [key]: body[key] });
  return { body: { [list]: account[list] } };
};
const unlessLast = (list) => (account, id) => (account.devices.length + account.totp.length <= 1 ? refusal(409, 'last_factor') : remove(list)(account, id));

const CHANGES = {
  '': {
    enrolments: (account) => {
      account.enrolment = { id: 'e1', state: 'open', device: null, contested: false, notice: null, expires_at: nowS() + 600 };
      return { body: { ...enrolmentOf(account), link: 'https://id.example.org/a/#e1.AAAAAAAAAAAAAAAAAAAAAA.BBBBBBBBBBBBBBBBBBBBBB', code: 'K7Q2M-4XR9T' } };
    },
    totp: (account, _, body) => {
      account.offered = { id: `t${Date.now()}`, label: body.label ?? 'Codes', created_at: nowS(), used_at: 0 };
      return { body: { id: account.offered.id, otpauth: 'otpauth://totp/Example:demo?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Example', secret: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP', algorithm: 'SHA1', digits: 6, period: 30, expires_at: nowS() + 900 } };
    },
    recovery: (account) => {
      account.recovery = { left: 10, issued_at: nowS() };
      const codes = Array.from({ length: 10 }, (_, at) => `K7Q2M4XR-${at}DPEHP-K3PXPJ-BSWY3D-PEHPK3`);
      return { body: { codes, recovery: account.recovery } };
    },
    password: (account, _, body) => {
      if (account.password.set && body.old !== 'right') return refusal(400, 'wrong_password');
      if (body.new.length < 8) return refusal(400, 'password_refused', 'The password has fewer than 8 characters.');
      account.password = { set: true, changed_at: nowS() };
      account.sessions = account.sessions.filter((one) => one.this);
      account.browsers = [];
      return { body: { password: account.password } };
    },
    export: (account) => ({ body: { format: 'symbolon-export-1', user: account.user } }),
  },
  confirm: {
    enrolments: (account, _, body) => {
      const right = body.digits === RIGHT_DIGITS;
      Object.assign(account.enrolment, right ? { state: 'active' } : { state: 'void', notice: 'wrong_digits' });
      if (right) account.devices.unshift({ id: `d${Date.now()}`, ...account.enrolment.device, created_at: nowS(), last_contact: nowS(), push: { subscribed: false, confirmed_at: 0 } });
      return { body: enrolmentOf(account) };
    },
    totp: (account, _, body) => {
      if (body.code !== '111111') return refusal(400, 'wrong_code');
      account.totp.unshift(account.offered);
      return { body: { totp: account.totp } };
    },
  },
  cancel: { enrolments: (account) => { account.enrolment.state = 'void'; return { body: enrolmentOf(account) }; } },
  test: { devices: (account, id) => { testAnswered(account, id); return { body: { devices: account.devices } }; } },
  rename: { devices: rename('devices', 'name'), totp: rename('totp', 'label') },
  remove: { devices: unlessLast('devices'), totp: unlessLast('totp'), browsers: remove('browsers') },
  end: { sessions: remove('sessions') },
  end_others: { sessions: (account) => { account.sessions = account.sessions.filter((one) => one.this); return { body: { sessions: account.sessions } }; } },
};

/* The device answers a moment later. */
function testAnswered(account, id) {
  setTimeout(() => {
    const found = account.devices.find((one) => one.id === id);
    if (found) found.push.confirmed_at = nowS() + 1;
  }, 500);
}

function enrolmentOf(account) {
  return { link: null, code: null, ...account.enrolment, server_time: nowS() };
}

function device(world, as, what, name) {
  const { enrolment } = accountOf(world, as);
  if (what === 'second') enrolment.contested = true;
  else if (what === 'expire') enrolment.state = 'expired';
  else Object.assign(enrolment, { state: 'confirm', device: { id: 'new', name: name ?? 'New phone', platform: 'Android' } });
  return enrolment;
}

function historyOf(account, query) {
  const limit = Number(query.get('limit') ?? 30);
  const from = account.history.findIndex((one) => one.id === query.get('before')) + 1;
  const page = account.history.slice(from, from + limit);
  return { body: { history: page, next: from + limit < account.history.length ? page.at(-1).id : null } };
}

function signOut(account) {
  account.over = true;
  return { body: { location: null } };
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const mock = await startAccountMock(Number(process.argv[2] ?? 8322));
  for (const name of Object.keys(accounts)) console.log(`${mock.origin}/account/?as=${name}`);
}
