/* What the stand-in servers share: the daemon's headers, the built files, answers. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const CSP = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types sw";

const dist = path.join(path.dirname(fileURLToPath(import.meta.url)), '../dist');
const TYPES = { js: 'text/javascript', css: 'text/css', svg: 'image/svg+xml', woff2: 'font/woff2' };

/* A built page, with the state's data block in its place. */
export async function pageWith(app, state) {
  const template = await readFile(path.join(dist, app, 'index.html'), 'utf8');
  const data = JSON.stringify(state).replaceAll('<', '\\u003c');
  return template.replace('<!--STATE-->', () => `<script type="application/json" id="state">${data}</script>`);
}

export async function asset(app, pathname, response) {
  const file = path.basename(pathname);
  try {
    const bytes = await readFile(path.join(dist, app, 'assets', file));
    response.writeHead(200, { 'Content-Type': TYPES[file.split('.').pop()] ?? 'text/plain', 'Cache-Control': 'public, max-age=31536000, immutable', 'X-Content-Type-Options': 'nosniff' }).end(bytes);
  } catch {
    response.writeHead(404).end();
  }
}

export function send(response, status, body) {
  response.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' }).end(JSON.stringify(body));
}

export function html(response, body, csp) {
  response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8', 'Cache-Control': 'no-store', 'Referrer-Policy': 'no-referrer', ...(csp ? { 'Content-Security-Policy': csp } : {}) }).end(body);
}

export async function text(request) {
  let all = '';
  for await (const chunk of request) all += chunk;
  return all || '{}';
}
