/*
 * A stand-in for the daemon: serves dist/ under the exact headers, with scripted logins.
 *
 *   node tools/mock.mjs [port]      then open /signin/?login=NAME (tools/states.mjs) or ?login=flow for one that moves
 *
 * A login whose name begins with "flow" is played through: any user name, the password "right", a push, any code but
 * "000000"; "flow-code…" asks for the code first and would also take a push. The phone is at /mock/phone?login=flow&do=seen|approve|deny|wrong|expire|report.
 */
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { asset, CSP, html, pageWith, send, text } from './serve.mjs';
import { states, stamped } from './states.mjs';

const dist = path.join(path.dirname(fileURLToPath(import.meta.url)), '../dist/signin');
const nowS = () => Math.floor(Date.now() / 1000);

/* `world.streams` may be set to 'off' (503) or 'silent' (opens, says nothing), as a bad proxy would. */
export async function startMock(port = 0) {
  const world = { logins: new Map(), streams: 'on', open: 0, mostOpen: 0, served: [], sockets: new Set() };
  const server = createServer((request, response) => answer(world, request, response).catch((error) => {
    console.error(error);
    response.writeHead(500).end();
  }));
  await new Promise((ready) => server.listen(port, '127.0.0.1', ready));
  const origin = `http://localhost:${server.address().port}`;
  world.origin = origin;
  return { world, origin, phone: (login, what) => phone(world, login, what), stop: () => { server.closeAllConnections(); server.close(); } };
}

async function answer(world, request, response) {
  const url = new URL(request.url, 'http://localhost');
  if (url.pathname.startsWith('/signin/v1/')) world.served.push(`${request.method} ${url.pathname}`);
  if (url.pathname === '/signin/') return page(world, url.searchParams.get('login'), response);
  if (url.pathname === '/signin/form_post') return formPost(response);
  if (url.pathname.startsWith('/signin/assets/')) return asset('signin', url.pathname, response);
  if (url.pathname === '/mock/phone') return send(response, 200, phone(world, url.searchParams.get('login'), url.searchParams.get('do')));
  if (url.pathname === '/service') return html(response, '<!doctype html><html lang="en"><title>Service</title><h1>Signed in</h1>');
  if (url.pathname === '/signin/v1/logout') return send(response, 200, { location: null });
  const call = /^\/signin\/v1\/logins\/([^/]+)(?:\/(\w+))?$/.exec(url.pathname);
  if (!call) return send(response, 404, { error: 'no_such_thing', message: '' });
  return loginCall(world, decodeURIComponent(call[1]), call[2] ?? '', request, response);
}

async function page(world, name, response) {
  html(response, await pageWith('signin', current(world, name ?? 'who')), CSP);
}

async function formPost(response) {
  const template = await readFile(path.join(dist, 'form_post.html'), 'utf8');
  html(response, template.replace('<!--FORM-->', () => '<form method="post" action="/service"><input type="hidden" name="code" value="abc"><input type="hidden" name="submit" value="x"><noscript><button>Continue</button></noscript></form>'), CSP);
}

async function loginCall(world, name, action, request, response) {
  const login = loginOf(world, name);
  if (!login) return send(response, 404, { error: 'no_login', message: 'There is no such sign-in.' });
  if (action === 'events') return events(world, name, login, response);
  if (action === '' && request.method === 'GET') return send(response, 200, current(world, name));
  const body = JSON.parse(await text(request));
  if (login.refuse) return send(response, login.refuse.status, login.refuse);
  if (action === 'finish') return send(response, 200, { location: `${world.origin}/service?login=${name}` });
  if (name.startsWith('flow')) play(login, action, body, name.startsWith('flow-code'));
  change(world, name);
  return send(response, 200, current(world, name));
}

function loginOf(world, name) {
  if (!world.logins.has(name)) {
    const first = name.startsWith('flow') ? states.who : states[name];
    if (!first) return null;
    world.logins.set(name, { state: structuredClone(first), watchers: new Set(), beganS: nowS(), tick: 0 });
  }
  return world.logins.get(name);
}

function current(world, name) {
  const login = loginOf(world, name);
  if (!login) return stamped(name, states['error-no-login'], nowS());
  const state = stamped(name, login.state, nowS());
  if (name.startsWith('flow') && state.challenge) state.challenge.expires_at = login.beganS + (login.life ?? 120);
  return state;
}

function play(login, action, body, codeFirst) {
  const { state } = login;
  state.notice = null;
  if (action === 'identify') Object.assign(state, { state: 'prove', username: body.username, factor: 'password', ways: ['push'] });
  if (action === 'password' && body.password === 'right' && codeFirst) Object.assign(state, { factor: 'totp', ways: ['push'] });
  else if (action === 'password' && body.password === 'right') sendPush(login);
  else if (action === 'password') state.notice = 'wrong_password';
  if (action === 'push') sendPush(login, codeFirst);
  if (action === 'totp') Object.assign(state, body.code === '000000' ? { notice: 'wrong_code' } : { state: 'done', challenge: null });
  if (action === 'cancel') login.state = structuredClone(states.who);
}

function sendPush(login, codeFirst = false) {
  login.beganS = nowS();
  login.tick += 1;
  Object.assign(login.state, codeFirst ? { factor: 'totp', ways: ['push'] } : { state: 'prove', factor: 'push', ways: ['totp', 'recovery'] });
  login.state.challenge = { ...states['push-enter'].challenge, status: 'sent', number: String(481925 + login.tick) };
}

const ANSWERS = { deny: ['denied', 'denied'], wrong: ['wrong', 'number_wrong'], expire: ['expired', 'expired'], report: ['denied', 'reported'] };

function phone(world, name, what) {
  const { state } = loginOf(world, name);
  if (what === 'seen') state.challenge.status = 'seen';
  else if (what === 'approve') Object.assign(state, { state: 'done', challenge: { ...state.challenge, status: 'approved' } });
  else {
    [state.challenge.status, state.notice] = ANSWERS[what];
  }
  change(world, name);
  return state;
}

function events(world, name, login, response) {
  if (world.streams === 'off') return send(response, 503, { error: 'busy', message: '' });
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
  response.write(': hello\n\n');
  world.open += 1;
  world.mostOpen = Math.max(world.mostOpen, world.open);
  const tell = () => {
    if (world.streams !== 'silent') response.write(`event: state\ndata: ${JSON.stringify(current(world, name))}\n\n`);
  };
  login.watchers.add(tell);
  response.on('close', () => {
    world.open -= 1;
    login.watchers.delete(tell);
  });
  tell();
}

function change(world, name) {
  for (const tell of loginOf(world, name).watchers) tell();
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const mock = await startMock(Number(process.argv[2] ?? 8321));
  console.log(`${mock.origin}/signin/?login=flow`);
  for (const name of Object.keys(states)) console.log(`${mock.origin}/signin/?login=${name}`);
}
