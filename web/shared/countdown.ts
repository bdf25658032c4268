/*
 * Counting down to a moment of the server's clock without trusting this machine's clock: the time left is taken from
 * the answer (`expires_at - server_time`) and laid on the browser's monotonic clock.
 */

/* Server times are whole seconds, so two answers about one moment may differ by one. */
const WOBBLE_MS = 1500;

export function deadlineMs(expiresAt: number, serverTime: number, nowMs: number): number {
  return nowMs + Math.max(0, expiresAt - serverTime) * 1000;
}

/* Keep the deadline we show unless the new one is really another: the counter must not jump back and forth. */
export function steadyDeadline(shown: number | null, fresh: number): number {
  return shown !== null && Math.abs(shown - fresh) < WOBBLE_MS ? shown : fresh;
}

export function secondsLeft(deadline: number, nowMs: number): number {
  return Math.max(0, Math.ceil((deadline - nowMs) / 1000));
}

/* "1:05"; hours never occur, long waits are shown in minutes. */
export function clockText(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/* For `<time datetime>`: an ISO 8601 duration. */
export function durationText(seconds: number): string {
  return `PT${seconds}S`;
}
