/*
 * The app without a network. The page comes from the provider when it answers soon, else from the cache; hashed files
 * come from the cache, where they cannot be out of date. A new worker brings a new cache and drops the old.
 */
declare const self: ServiceWorkerGlobalScope;
declare const SHELL_VERSION: string;
declare const SHELL_FILES: readonly string[];

const CACHE = `symbolon-${SHELL_VERSION}`;
const PAGE = '/a/';
const PATIENCE_MS = 4_000;

/* A file that cannot be had fails the installation: half an app is worse than the old one. */
export async function fillCache(): Promise<void> {
  const cache = await caches.open(CACHE);
  await cache.addAll(SHELL_FILES.map((url) => new Request(url, { cache: 'reload', credentials: 'omit' })));
}

export async function dropOldCaches(): Promise<void> {
  const old = (await caches.keys()).filter((name) => name.startsWith('symbolon-') && name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
}

/* undefined: not ours, the browser fetches it as ever. */
export function shellAnswer(request: Request): Promise<Response> | undefined {
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== self.location.origin) return undefined;
  if (url.pathname === PAGE && request.mode === 'navigate') return page(request);
  return url.pathname.startsWith('/a/assets/') || url.pathname === '/a/manifest.webmanifest' ? file(request) : undefined;
}

async function page(request: Request): Promise<Response> {
  try {
    const fresh = await fetch(request, { signal: AbortSignal.timeout(PATIENCE_MS) });
    if (fresh.ok) return fresh;
    return (await cached(PAGE)) ?? fresh;
  } catch (error) {
    const kept = await cached(PAGE);
    if (kept) return kept;
    throw error;
  }
}

async function file(request: Request): Promise<Response> {
  return (await cached(new URL(request.url).pathname)) ?? fetch(request);
}

async function cached(pathname: string): Promise<Response | undefined> {
  return (await caches.open(CACHE)).match(pathname, { ignoreVary: true });
}
