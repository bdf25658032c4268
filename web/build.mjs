/*
 * Builds the web pages into dist/. Every asset carries a hash of its content in its name (served with immutable
 * caching) and has a .gz and a .br beside it, so that the server compresses nothing itself.
 *
 *   dist/signin/index.html       the page; the server puts the state's data block in place of <!--STATE-->
 *   dist/signin/form_post.html   the form_post reply; the server puts one form in place of <!--FORM-->
 *   dist/signin/assets/…         everything else, under /signin/assets/
 *   dist/account/index.html      the account page; the server puts the state's data block in place of <!--STATE-->
 *   dist/account/assets/…        everything else, under /account/assets/
 *   dist/a/index.html            the authenticator, under /a/
 *   dist/a/sw.js                 its service worker, which carries the list of files that work offline
 *   dist/a/manifest.webmanifest  what installs it
 *   dist/a/assets/…              everything else, under /a/assets/
 */
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

const root = path.dirname(fileURLToPath(import.meta.url));
const brotli = promisify(brotliCompress);
const gzipped = promisify(gzip);

const TARGET = ['chrome123', 'firefox121', 'safari17.5'];
const SIGNIN = { name: 'signin', base: '/signin/assets', out: path.join(root, 'dist/signin'), limit: 30_000 };
const ACCOUNT = { name: 'account', base: '/account/assets', out: path.join(root, 'dist/account'), limit: 45_000 };
const AUTHENTICATOR = { name: 'authenticator', base: '/a/assets', out: path.join(root, 'dist/a'), limit: 60_000 };

await buildSignin(SIGNIN);
await buildAccount(ACCOUNT);
await buildAuthenticator(AUTHENTICATOR);

async function buildSignin(app) {
  const bundled = await bundle(app, ['signin/main.tsx', 'signin/form_post.ts', 'signin/signin.css']);
  const assets = [...bundled.assets, await copyAsset('shared/favicon.svg')];
  await writeAssets(app, assets);
  for (const page of ['index.html', 'form_post.html']) await writePage(app, page, assets);
  report(app, assets, /\.(js|css)$/);
}

async function buildAccount(app) {
  const bundled = await bundle(app, ['account/main.tsx', 'account/account.css']);
  const assets = [...bundled.assets, await copyAsset('shared/favicon.svg')];
  await writeAssets(app, assets);
  await writePage(app, 'index.html', assets);
  report(app, assets, (file) => bundled.first.has(file) || file.endsWith('.css'));
}

async function buildAuthenticator(app) {
  const bundled = await bundle(app, ['authenticator/main.tsx', 'authenticator/authenticator.css']);
  const icons = ['icon.svg', 'icon-192.png', 'icon-512.png', 'icon-maskable-512.png', 'icon-180.png', 'badge-96.png'];
  const assets = [...bundled.assets, await copyAsset('shared/favicon.svg')];
  for (const icon of icons) assets.push(await copyAsset(`authenticator/icons/${icon}`));
  await writeAssets(app, assets);
  await writePage(app, 'index.html', assets);
  await writePage(app, 'manifest.webmanifest', assets);
  await writeWorker(app, assets);
  report(app, assets, (file) => bundled.first.has(file) || file.endsWith('.css'));
}

/*
 * An asset is { name: what templates call it, file: the hashed name, bytes }. `first`: the files that the first screen
 * needs; the rest is fetched by those who go there.
 */
async function bundle(app, entries) {
  const result = await build({
    absWorkingDir: root,
    entryPoints: entries,
    outdir: path.join(app.out, 'assets'),
    outbase: root,
    entryNames: '[name]-[hash]',
    assetNames: '[name]-[hash]',
    chunkNames: '[name]-[hash]',
    publicPath: app.base,
    bundle: true,
    splitting: true,
    write: false,
    metafile: true,
    format: 'esm',
    target: TARGET,
    jsx: 'automatic',
    jsxImportSource: 'preact',
    minify: true,
    legalComments: 'none',
    charset: 'utf8',
    loader: { '.woff2': 'file' },
    logLevel: 'warning',
  });
  const rename = (full) => path.basename(full).replace(/^main-/, `${app.name}-`);
  const assets = result.outputFiles.map(({ path: full, contents }) => {
    const file = rename(full);
    return { name: file.replace(/-[A-Z0-9]{8}\./, '.'), file, bytes: Buffer.from(contents) };
  });
  return { assets, first: new Set([...firstOf(result.metafile)].map(rename)) };
}

/* main.tsx and what it imports at once. */
function firstOf({ outputs }) {
  const found = new Set();
  const follow = (file) => {
    if (found.has(file)) return;
    found.add(file);
    for (const { path: next, kind } of outputs[file].imports) if (kind === 'import-statement') follow(next);
  };
  for (const [file, { entryPoint }] of Object.entries(outputs)) if (entryPoint?.endsWith('main.tsx')) follow(file);
  return found;
}

async function copyAsset(source) {
  const bytes = await readFile(path.join(root, source));
  const { name, ext, base } = path.parse(source);
  const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 8).toUpperCase();
  return { name: base, file: `${name}-${hash}${ext}`, bytes };
}

async function writeAssets(app, assets) {
  await rm(app.out, { recursive: true, force: true });
  await mkdir(path.join(app.out, 'assets'), { recursive: true });
  for (const asset of assets) asset.br = await writePacked(path.join(app.out, 'assets', asset.file), asset.bytes);
}

/* The file and its compressed forms; gives the smaller one. */
async function writePacked(file, bytes) {
  const br = await brotli(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } });
  await writeFile(file, bytes);
  await writeFile(`${file}.br`, br);
  await writeFile(`${file}.gz`, await gzipped(bytes, { level: 9 }));
  return br;
}

/* "%signin.js%" in a template becomes the hashed address. */
async function writePage(app, page, assets) {
  const template = await readFile(path.join(root, app.name, page), 'utf8');
  const text = template.replace(/%([\w.-]+)%/g, (_, name) => {
    const asset = assets.find((one) => one.name === name);
    if (!asset) throw new Error(`${app.name}/${page} asks for ${name}, which the build does not make`);
    return `${app.base}/${asset.file}`;
  });
  await writeFile(path.join(app.out, page), text);
}

/*
 * The worker lies beside the page, because its folder is its scope. Its text names every file, so it changes whenever
 * one of them does, and the browser takes the new one.
 */
async function writeWorker(app, assets) {
  const kept = assets.filter(({ name }) => !/^icon-(180|512|maskable)|latin-ext/.test(name)); /* what no screen of the app needs */
  const files = ['/a/', '/a/manifest.webmanifest', ...kept.map(({ file }) => `${app.base}/${file}`)];
  const page = await readFile(path.join(app.out, 'index.html'));
  const version = createHash('sha256').update(files.join('\n')).update(page).digest('hex').slice(0, 16);
  const badge = assets.find(({ name }) => name === 'badge-96.png');
  const icon = assets.find(({ name }) => name === 'icon-192.png');
  const result = await build({
    absWorkingDir: root,
    entryPoints: ['authenticator/worker/sw.ts'],
    bundle: true,
    write: false,
    format: 'iife',
    target: TARGET,
    minify: true,
    charset: 'utf8',
    define: {
      SHELL_VERSION: JSON.stringify(version),
      SHELL_FILES: JSON.stringify(files),
      ICON_URL: JSON.stringify(`${app.base}/${icon.file}`),
      BADGE_URL: JSON.stringify(`${app.base}/${badge.file}`),
    },
    logLevel: 'warning',
  });
  await writePacked(path.join(app.out, 'sw.js'), Buffer.from(result.outputFiles[0].contents));
}

/* `counts`: which files a first visit fetches, without the fonts. */
function report(app, assets, counts) {
  const isCounted = counts instanceof RegExp ? (file) => counts.test(file) : counts;
  let total = 0;
  for (const { file, bytes, br } of assets) {
    console.log(`${file.padEnd(44)} ${String(bytes.length).padStart(7)}  br ${String(br.length).padStart(6)}${isCounted(file) ? '' : '  later'}`);
    if (isCounted(file)) total += br.length;
  }
  console.log(`${app.name}: first load, compressed, without fonts: ${total} bytes (limit ${app.limit})`);
  if (total > app.limit) throw new Error(`${app.name}: the first load outgrew ${app.limit} bytes`);
}
