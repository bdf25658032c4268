/*
 * Builds the web pages into dist/. Every asset carries a hash of its content in its name (served with immutable
 * caching) and has a .gz and a .br beside it, so that the server compresses nothing itself.
 *
 *   dist/signin/index.html       the page; the server puts the state's data block in place of <!--STATE-->
 *   dist/signin/form_post.html   the form_post reply; the server puts one form in place of <!--FORM-->
 *   dist/signin/assets/…         everything else, under /signin/assets/
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

const JS_AND_CSS_LIMIT = 30_000;

await buildSignin();

async function buildSignin() {
  const app = { name: 'signin', base: '/signin/assets', out: path.join(root, 'dist/signin') };
  await rm(app.out, { recursive: true, force: true });
  await mkdir(path.join(app.out, 'assets'), { recursive: true });

  const assets = [
    ...(await bundle(app, ['signin/main.tsx', 'signin/form_post.ts', 'signin/signin.css'])),
    await copyAsset('shared/favicon.svg'),
  ];
  for (const asset of assets) await writeAsset(app, asset);
  for (const page of ['index.html', 'form_post.html']) await writePage(app, page, assets);
  await report(app, assets);
}

/* An asset is { name: what templates call it, file: the hashed name, bytes }. */
async function bundle(app, entries) {
  const result = await build({
    absWorkingDir: root,
    entryPoints: entries,
    outdir: path.join(app.out, 'assets'),
    outbase: root,
    entryNames: '[name].[hash]',
    assetNames: '[name].[hash]',
    chunkNames: '[name].[hash]',
    publicPath: app.base,
    bundle: true,
    splitting: true,
    write: false,
    format: 'esm',
    target: ['chrome123', 'firefox121', 'safari17.5'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    minify: true,
    legalComments: 'none',
    charset: 'utf8',
    loader: { '.woff2': 'file' },
    logLevel: 'warning',
  });
  return result.outputFiles.map(({ path: full, contents }) => {
    const file = path.basename(full).replace(/^main\./, `${app.name}.`);
    return { name: file.replace(/\.[A-Z0-9]{8}\./, '.'), file, bytes: Buffer.from(contents) };
  });
}

async function copyAsset(source) {
  const bytes = await readFile(path.join(root, source));
  const { name, ext, base } = path.parse(source);
  const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 8).toUpperCase();
  return { name: base, file: `${name}.${hash}${ext}`, bytes };
}

async function writeAsset(app, asset) {
  const file = path.join(app.out, 'assets', asset.file);
  asset.br = await brotli(asset.bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: asset.bytes.length } });
  await writeFile(file, asset.bytes);
  await writeFile(`${file}.br`, asset.br);
  await writeFile(`${file}.gz`, await gzipped(asset.bytes, { level: 9 }));
}

/* "%signin.js%" in a template becomes the hashed address. */
async function writePage(app, page, assets) {
  const template = await readFile(path.join(root, app.name, page), 'utf8');
  const html = template.replace(/%([\w.-]+)%/g, (_, name) => {
    const asset = assets.find((one) => one.name === name);
    if (!asset) throw new Error(`${app.name}/${page} asks for ${name}, which the build does not make`);
    return `${app.base}/${asset.file}`;
  });
  await writeFile(path.join(app.out, page), html);
}

async function report(app, assets) {
  let total = 0;
  for (const { file, bytes, br } of assets) {
    console.log(`${file.padEnd(44)} ${String(bytes.length).padStart(7)}  br ${String(br.length).padStart(6)}`);
    if (/\.(js|css)$/.test(file)) total += br.length;
  }
  console.log(`${app.name}: JavaScript and CSS, compressed: ${total} bytes (limit ${JS_AND_CSS_LIMIT})`);
  if (total > JS_AND_CSS_LIMIT) throw new Error(`${app.name}: JavaScript and CSS outgrew ${JS_AND_CSS_LIMIT} bytes`);
}
