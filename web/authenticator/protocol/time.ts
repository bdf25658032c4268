/* The server's clock before there is a device: from the Date of any answer. */
import { learnClock } from './clock';

export async function askServerTime(issuer: string): Promise<void> {
  const sentMs = Date.now();
  try {
    const response = await fetch(`${issuer}/healthz`, { cache: 'no-store', credentials: 'omit', signal: AbortSignal.timeout(5_000) });
    const date = Date.parse(response.headers.get('Date') ?? '');
    if (Number.isFinite(date)) learnClock(Math.floor(date / 1000), sentMs, Date.now());
  } catch {
    /* the request that follows will say it better */
  }
}
