/*
 * The right time on a device whose clock is wrong. Codes depend on the time, so the app compares its clock with the server's
 * whenever it hears from it and corrects by the difference.
 *
 * A measurement is only as good as the time its answer took: half of the round trip, and half a second because
 * the server tells whole seconds. A difference that this could explain counts as none.
 */
export interface Skew { offset_ms: number; measured_at_ms: number }

export const SKEW_MAX_AGE_MS = 30 * 86_400_000;
const SECOND_MS = 1000;
const ROUND_TRIP_MAX_MS = 10_000;

/* null: the answer took too long to say anything. Both times are this device's. */
export function skewMeasure(server_time_s: number, asked_at_ms: number, heard_at_ms: number): Skew | null {
  const trip_ms = heard_at_ms - asked_at_ms;
  if (!Number.isFinite(server_time_s) || server_time_s <= 0 || trip_ms < 0 || trip_ms > ROUND_TRIP_MAX_MS) return null;
  const offset_ms = server_time_s * SECOND_MS + SECOND_MS / 2 - (asked_at_ms + trip_ms / 2);
  const doubt_ms = trip_ms / 2 + SECOND_MS / 2;
  return { offset_ms: Math.abs(offset_ms) <= doubt_ms ? 0 : Math.round(offset_ms), measured_at_ms: heard_at_ms };
}

/* One that is too old, or was measured in what is now the future, says nothing: the clock has been set since. */
export function skewIsFresh(skew: Skew, now_ms: number): boolean {
  const right_age_ms = now_ms - skew.measured_at_ms;
  return right_age_ms >= -SECOND_MS && right_age_ms <= SKEW_MAX_AGE_MS;
}

export function timeCorrected(skew: Skew | null, now_ms: number): number {
  return skew && skewIsFresh(skew, now_ms) ? now_ms + skew.offset_ms : now_ms;
}
