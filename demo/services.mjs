/*
 * Three sample services of one organisation. Each signs people in with openid-client, as any real service would, and shows
 * what it was told. Arguments: a JSON file {"issuer", "services": [{"id", "name", "port", "secret", "hue"}]}.
 */
import { randomBytes, webcrypto } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

globalThis.crypto ??= webcrypto; /* Node 18 */
const client = await import('openid-client');

const { issuer, services } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const css = readFileSync(new URL('services.css', import.meta.url));

const escaped = (text) => String(text).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

const WORDS = { swk: 'an approval on your phone', pwd: 'your password', otp: 'a code', mfa: 'two kinds of proof' };

function page(service, body) {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>${escaped(service.name)}</title><link rel="stylesheet" href="/services.css"></head>
<body><header><span class="av ${escaped(service.id)}" aria-hidden="true">${escaped(service.name[0])}</span><b>${escaped(service.name)}</b>
<nav aria-label="Services">${services.map((other) => `<a href="http://localhost:${other.port}/"${other.id === service.id ? ' aria-current="page"' : ''}>${escaped(other.name)}</a>`).join('')}</nav></header>
<main>${body}</main></body></html>`;
}

const welcome = (service, note) => `<h1>${escaped(service.greeting)}</h1><p>${escaped(service.about)}</p>
${note ? `<p class="note" role="alert">${escaped(note)}</p>` : ''}<p><a class="btn" href="/sign-in">Sign in with Example</a></p>`;

function told(service, { claims, userinfo }) {
  const time = new Date(claims.auth_time * 1000);
  const facts = [
    ['Who', userinfo.name ?? userinfo.preferred_username ?? claims.sub],
    ['User name', userinfo.preferred_username ?? '–'],
    ['Proven with', claims.amr.map((word) => WORDS[word] ?? word).join(', ')],
    ['acr', claims.acr],
    ['amr', claims.amr.join(' ')],
    ['Proven at', time.toLocaleTimeString('en', { timeStyle: 'medium' })],
  ];
  return `<h1>Welcome to ${escaped(service.name)}</h1><p>This is all that ${escaped(service.name)} was told:</p>
<dl>${facts.map(([name, value]) => `<div><dt>${escaped(name)}</dt><dd>${escaped(value)}</dd></div>`).join('')}</dl>
<p><a class="btn quiet" href="/sign-out">Sign out</a></p>`;
}

async function serve(service) {
  const home = `http://localhost:${service.port}`;
  const config = await client.discovery(new URL(issuer), service.id, service.secret, client.ClientSecretBasic(service.secret), {
    execute: [client.allowInsecureRequests], /* the demo speaks http on localhost */
  });
  const browsers = new Map(); /* cookie → {pending, session} */

  const browserOf = (req, res) => {
    const name = `demo-${service.id}`;
    const sent = Object.fromEntries((req.headers.cookie ?? '').split('; ').map((pair) => pair.split('=')))[name];
    if (sent && browsers.has(sent)) return browsers.get(sent);
    const key = randomBytes(16).toString('base64url');
    if (browsers.size > 1000) browsers.clear();
    browsers.set(key, {});
    res.setHeader('Set-Cookie', `${name}=${key}; HttpOnly; SameSite=Lax; Path=/`);
    return browsers.get(key);
  };
  const go = (res, url) => res.writeHead(303, { Location: String(url) }).end();

  async function signIn(browser, res) {
    const verifier = client.randomPKCECodeVerifier();
    browser.pending = { verifier, state: client.randomState(), nonce: client.randomNonce() };
    go(res, client.buildAuthorizationUrl(config, {
      redirect_uri: `${home}/callback`, scope: 'openid profile email', state: browser.pending.state, nonce: browser.pending.nonce,
      code_challenge: await client.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256',
    }));
  }

  async function callback(browser, url, res) {
    const pending = browser.pending ?? {};
    browser.pending = undefined;
    const tokens = await client.authorizationCodeGrant(config, url, {
      pkceCodeVerifier: pending.verifier, expectedState: pending.state, expectedNonce: pending.nonce, idTokenExpected: true,
    });
    const claims = tokens.claims();
    browser.session = { claims, idToken: tokens.id_token, userinfo: await client.fetchUserInfo(config, tokens.access_token, claims.sub) };
    go(res, `${home}/`);
  }

  function signOut(browser, res) {
    const hint = browser.session?.idToken;
    browser.session = undefined;
    go(res, hint ? client.buildEndSessionUrl(config, { post_logout_redirect_uri: `${home}/`, id_token_hint: hint }) : `${home}/`);
  }

  async function answer(req, res) {
    const url = new URL(req.url, home);
    const browser = browserOf(req, res);
    if (url.pathname === '/services.css') return res.writeHead(200, { 'Content-Type': 'text/css' }).end(css);
    if (url.pathname === '/sign-in') return signIn(browser, res);
    if (url.pathname === '/sign-out') return signOut(browser, res);
    if (url.pathname === '/callback') return callback(browser, url, res);
    if (url.pathname !== '/') return res.writeHead(404).end();
    const body = browser.session ? told(service, browser.session) : welcome(service, browser.note);
    browser.note = undefined;
    return res.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8', 'Content-Security-Policy': "default-src 'none'; style-src 'self'" }).end(page(service, body));
  }

  const server = createServer((req, res) => {
    answer(req, res).catch((error) => {
      const browser = browserOf(req, res);
      browser.note = error.error === 'access_denied' ? 'You came back without signing in.' : `The sign-in did not work: ${error.error ?? error.message}`;
      if (!res.headersSent) go(res, `${home}/`);
    });
  });
  await new Promise((resolve, reject) => server.on('error', reject).listen(service.port, '127.0.0.1', resolve));
}

for (const service of services) await serve(service);
console.log('services: ready');
