/* How this device shows codes and when it locks: no secrets, so beside the vault. */
import { signal } from '@preact/signals';
import { readOne, write } from '../store/db';

const SETTING = 'codes';
export const LOCK_AFTER = [0, 60, 300, 900] as const;
export type LockAfter = (typeof LOCK_AFTER)[number];

export interface Prefs { hide: boolean; next: boolean; lock_after_s: LockAfter }

export const prefs = signal<Prefs>({ hide: false, next: true, lock_after_s: 60 });

export async function prefsBegin(): Promise<void> {
  const kept = await readOne<Partial<Prefs>>('settings', SETTING).catch(() => undefined);
  prefs.value = {
    hide: kept?.hide === true,
    next: kept?.next !== false,
    lock_after_s: LOCK_AFTER.find((one) => one === kept?.lock_after_s) ?? 60,
  };
}

export function prefsSet(some: Partial<Prefs>): void {
  prefs.value = { ...prefs.peek(), ...some };
  void write('settings', prefs.value, SETTING).catch(() => undefined);
}
