/*
 * JSON over fetch, with every way to fail as a value: callers cannot forget one.
 *
 *   ok        the parsed answer
 *   offline   no answer came: no network, a closed server, or no answer within the time allowed
 *   refused   the server said no: its status, machine word, sentence and how long to wait
 *   garbled   an answer came that is not ours (a proxy's page, a captive portal)
 */
export type Answer =
  | { kind: 'ok'; body: unknown }
  | { kind: 'offline' }
  | { kind: 'refused'; status: number; error: string; message: string; retryAfterS: number | null }
  | { kind: 'garbled'; status: number };

const TIME_ALLOWED_MS = 15_000;

export function getJson(url: string): Promise<Answer> {
  return ask(url, { method: 'GET' });
}

export function postJson(url: string, body: object): Promise<Answer> {
  return ask(url, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
}

async function ask(url: string, init: RequestInit): Promise<Answer> {
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, {
      ...init,
      credentials: 'same-origin',
      cache: 'no-store',
      redirect: 'error',
      signal: AbortSignal.timeout(TIME_ALLOWED_MS),
    });
    text = await response.text();
  } catch {
    return { kind: 'offline' };
  }
  const body = parse(text);
  if (body === undefined) return { kind: 'garbled', status: response.status };
  return response.ok ? { kind: 'ok', body } : refusal(response, body);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function refusal(response: Response, body: unknown): Answer {
  const fields = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
  return {
    kind: 'refused',
    status: response.status,
    error: typeof fields.error === 'string' ? fields.error : '',
    message: typeof fields.message === 'string' ? fields.message : '',
    retryAfterS: seconds(fields.retry_after ?? response.headers.get('Retry-After')),
  };
}

function seconds(value: unknown): number | null {
  const number = typeof value === 'string' ? Number.parseInt(value, 10) : value;
  return typeof number === 'number' && Number.isFinite(number) && number >= 0 ? Math.min(number, 3600) : null;
}
