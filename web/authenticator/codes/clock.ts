/* The right time for codes: the server's, as far as we heard it (vault/clock.ts). Kept for when there is no network. */
import { signal } from '@preact/signals';
import { readOne, write } from '../store/db';
import { skewMeasure, timeCorrected, type Skew } from '../vault/clock';

const SETTING = 'skew';

export const skew = signal<Skew | null>(null);
/* Corrected time, told once a second while somebody looks. */
export const second = signal(0);

export function rightNow(): number {
  return timeCorrected(skew.value, Date.now());
}

export async function clockBegin(): Promise<void> {
  skew.value ??= (await readOne<Skew>('settings', SETTING).catch(() => undefined)) ?? null;
  second.value = rightNow();
  void clockAsk();
}

/* Any answer of our server tells the time; this one is small and never comes from a cache. */
async function clockAsk(): Promise<void> {
  const asked_at_ms = Date.now();
  try {
    const answer = await fetch(new URL('../jwks', location.href), { method: 'HEAD', cache: 'no-store', credentials: 'omit' });
    await clockHeard(Date.parse(answer.headers.get('Date') ?? '') / 1000, asked_at_ms, Date.now());
  } catch {
    /* no network: what was measured last counts */
  }
}

export async function clockHeard(server_time_s: number, asked_at_ms: number, heard_at_ms: number): Promise<void> {
  const measured = skewMeasure(server_time_s, asked_at_ms, heard_at_ms);
  if (!measured) return;
  skew.value = measured;
  second.value = rightNow();
  await write('settings', measured, SETTING).catch(() => undefined);
}

/* Ticks and asks again when the app comes back; the function ends it. */
export function clockFollow(): () => void {
  const timer = setInterval(() => { if (!document.hidden) second.value = rightNow(); }, 1000);
  const back = () => {
    if (document.hidden) return;
    second.value = rightNow();
    void clockAsk();
  };
  document.addEventListener('visibilitychange', back);
  return () => {
    clearInterval(timer);
    document.removeEventListener('visibilitychange', back);
  };
}
