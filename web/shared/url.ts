/* Links that come with the state. What could run as script is never followed, whoever sent it. */
const SCRIPTING = new Set(['javascript:', 'data:', 'blob:', 'vbscript:', 'file:', 'filesystem:', 'about:']);

/* A page to look at: http or https, else null. */
export function webUrl(text: string | null): string | null {
  const url = parse(text);
  return url && (url.protocol === 'https:' || url.protocol === 'http:') ? url.href : null;
}

/* Where a service wants the browser back: also an app's own scheme, as RFC 8252 has it. */
export function returnUrl(text: string | null): string | null {
  const url = parse(text);
  return url && !SCRIPTING.has(url.protocol) ? url.href : null;
}

function parse(text: string | null): URL | null {
  if (!text) return null;
  try {
    return new URL(text, globalThis.location?.href);
  } catch {
    return null;
  }
}
