/* How a number or code to carry over is drawn and said. */

/* 6 digits as 3 + 3, 8 as 4 + 4: groups that fit in a glance. */
export function groupsOf(number: string): string[] {
  if (number.length <= 3) return [number];
  const first = Math.ceil(number.length / 2) - (number.length === 7 ? 1 : 0);
  return [number.slice(0, first), number.slice(first)];
}

/* "4 8 1": one by one for screen readers, never "four hundred eighty-one". */
export function spelled(shown: string): string {
  return [...shown].join(' ');
}

/* The countdown speaks twice, at 30 and at 10 seconds; each for three seconds, in case a tick is missed. */
export function spokenMark(secondsLeft: number): 30 | 10 | null {
  if (secondsLeft <= 30 && secondsLeft > 27) return 30;
  return secondsLeft <= 10 && secondsLeft > 7 ? 10 : null;
}
