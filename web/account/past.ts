/* The person's own history: which entries are worth a line, in which words, in which group. Pure. */
import type { Entry, Outcome } from './model';

export type Filter = 'all' | 'attempts' | 'changes';
export const FILTERS: readonly Filter[] = ['all', 'attempts', 'changes'];

export const METHODS = ['password', 'totp', 'recovery', 'pass', 'confirm', 'choose', 'enter', 'push'] as const;
export type Method = (typeof METHODS)[number];

/* How a sign-in ended: well, not well, or in a way that somebody should look at. */
const TROUBLING: ReadonlySet<Outcome> = new Set<Outcome>(['wrong_password', 'wrong_code', 'denied', 'wrong_number', 'reported', 'refused', 'stolen', 'password_right']);
const FOLLOWED_S = 600;

/* A right password that led in a moment later says nothing that the sign-in does not say. */
export function worthTelling(entries: readonly Entry[]): Entry[] {
  return entries.filter((entry, at) => entry.outcome !== 'password_right' || !ledIn(entries, at));
}

function ledIn(entries: readonly Entry[], at: number): boolean {
  const entry = entries[at];
  return entries.slice(0, at).some((later) => entry && later.outcome === 'signed_in' && later.ip === entry.ip && later.at - entry.at <= FOLLOWED_S);
}

export function filtered(entries: readonly Entry[], filter: Filter): Entry[] {
  if (filter === 'all') return [...entries];
  return entries.filter(({ outcome }) => (filter === 'changes' ? outcome === 'changed' : TROUBLING.has(outcome)));
}

export function isTroubling(entry: Entry): boolean {
  return TROUBLING.has(entry.outcome);
}

/* "push:enter:6" is the number typed on the phone; what is new to us is left out. */
export function methodsOf(factors: readonly string[]): Method[] {
  return factors.flatMap((factor) => {
    const [name, mode] = factor.split(':');
    const word = name === 'push' && mode ? mode : name;
    return METHODS.find((method) => method === word) ?? [];
  });
}

/* Neighbours under one heading, in the order they came. */
export function grouped<T>(all: readonly T[], headingOf: (one: T) => string): { heading: string; members: T[] }[] {
  const groups: { heading: string; members: T[] }[] = [];
  for (const one of all) {
    const heading = headingOf(one);
    const last = groups.at(-1);
    if (last?.heading === heading) last.members.push(one);
    else groups.push({ heading, members: [one] });
  }
  return groups;
}
