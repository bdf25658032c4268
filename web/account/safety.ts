/*
 * Am I safe, and what should I do next? Pure: from what the server tells to a headline and things to do, the most
 * urgent first.
 */
import type { Device, Entry, Overview } from './model';

export type Headline = 'welcome' | 'alarm' | 'passwordOnly' | 'oneLost' | 'almost' | 'always';

export type Advice =
  | { kind: 'password' | 'addPhone' | 'recovery' }
  | { kind: 'recoveryLow'; left: number }
  | { kind: 'silent'; device: Device; days: number }
  | { kind: 'failing'; device: Device };

export interface Safety {
  headline: Headline;
  /* ways to finish a sign-in after the password */
  ways: number;
  advice: Advice[];
  alarm: Entry | null;
}

const DAY_S = 86_400;
const SILENT_DAYS = 30;
const ALARM_DAYS = 7;
export const RECOVERY_FEW = 3;

export type Health = 'ready' | 'silent' | 'failing' | 'noPush' | 'untested';

export function daysSilent(device: Device, now: number): number {
  return Math.floor((now - Math.max(device.last_contact, device.created_at)) / DAY_S);
}

/* A device without push still works: the person opens the app. So that is a remark, not a fault. */
export function healthOf(device: Device, now: number): Health {
  if (daysSilent(device, now) >= SILENT_DAYS) return 'silent';
  if (!device.push.subscribed) return 'noPush';
  if (device.push.failed_at > device.push.confirmed_at) return 'failing';
  return device.push.reachable_since > 0 ? 'ready' : 'untested';
}

/* "It's not me", or a copied browser token: alarming for a week, or until the password was changed. */
export function alarmOf(overview: Overview, history: readonly Entry[]): Entry | null {
  const since = Math.max(overview.server_time - ALARM_DAYS * DAY_S, overview.password.changed_at);
  return history.find((entry) => (entry.outcome === 'reported' || entry.outcome === 'stolen') && entry.at > since) ?? null;
}

export function safetyOf(overview: Overview, history: readonly Entry[]): Safety {
  const alarm = overview.access === 'full' ? alarmOf(overview, history) : null;
  const ways = overview.devices.length + overview.totp.length + (overview.recovery.left > 0 ? 1 : 0);
  const advice = [...(alarm ? [{ kind: 'password' } as const] : []), ...missing(overview), ...remarks(overview)];
  return { headline: headlineOf(overview, alarm, ways, advice.length), ways, advice, alarm };
}

function headlineOf(overview: Overview, alarm: Entry | null, ways: number, count: number): Headline {
  if (overview.access === 'enrol') return 'welcome';
  if (alarm) return 'alarm';
  if (overview.devices.length + overview.totp.length === 0) return 'passwordOnly';
  if (ways === 1) return 'oneLost';
  return count > 0 ? 'almost' : 'always';
}

/* What the account should have: something to sign in with, and something for the day that is lost. */
function missing(overview: Overview): Advice[] {
  const { devices, totp, recovery } = overview;
  const found: Advice[] = [];
  if (devices.length === 0) found.push({ kind: 'addPhone' });
  if (devices.length + totp.length > 0 && recovery.issued_at === 0) found.push({ kind: 'recovery' });
  else if (recovery.issued_at > 0 && recovery.left <= RECOVERY_FEW) found.push({ kind: 'recoveryLow', left: recovery.left });
  return found;
}

function remarks({ devices, server_time: now }: Overview): Advice[] {
  return devices.flatMap((device): Advice[] => {
    const health = healthOf(device, now);
    if (health === 'silent') return [{ kind: 'silent', device, days: daysSilent(device, now) }];
    return health === 'failing' ? [{ kind: 'failing', device }] : [];
  });
}

export interface Step { kind: 'firstPassword' | 'addPhone' | 'recovery'; done: boolean }

/* The first steps of somebody who got in by a temporary pass, in an order that always leads to a way in. */
export function stepsOf(overview: Overview): Step[] {
  return [
    { kind: 'firstPassword', done: overview.password.set },
    { kind: 'addPhone', done: overview.devices.length + overview.totp.length > 0 },
    { kind: 'recovery', done: overview.recovery.left > 0 },
  ];
}

/* Whether taking this one away leaves only the password. The server has the last word. */
export function isLastWay(overview: Overview, kind: 'device' | 'totp'): boolean {
  const others = kind === 'device' ? overview.totp.length : overview.devices.length;
  const same = kind === 'device' ? overview.devices.length : overview.totp.length;
  return same <= 1 && others === 0;
}
