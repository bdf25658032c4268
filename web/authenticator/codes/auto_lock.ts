/* Locks the vault when the app was left for as long as the person said. */
import { prefs } from './prefs';
import { lock, lockHere } from './state';

let left_at_ms: number | null = null;
let timer = 0;
let begun = false;

export function autoLock(): void {
  if (begun) return;
  begun = true;
  document.addEventListener('visibilitychange', () => (document.hidden ? gone() : back()));
}

function gone(): void {
  if (!lock.peek()) return;
  const after_ms = prefs.peek().lock_after_s * 1000;
  left_at_ms = Date.now();
  clearTimeout(timer);
  if (after_ms === 0) lockHere();
  else timer = Number(setTimeout(lockHere, after_ms));
}

/* Timers of hidden pages may sleep, so the clock decides; one that was set back does not keep the vault open. */
function back(): void {
  clearTimeout(timer);
  if (left_at_ms === null) return;
  const away_ms = Date.now() - left_at_ms;
  if (away_ms < 0 || away_ms >= prefs.peek().lock_after_s * 1000) lockHere();
  left_at_ms = null;
}
