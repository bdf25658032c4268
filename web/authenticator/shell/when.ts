/* Moments in words. Digits are Latin in every language, as on the sign-in page. */
import { language } from '../text';

/* the person's own kind of this language (en-GB writes 15:16), in Latin digits */
function latin(): string {
  const tag = navigator.languages.find((one) => one.toLowerCase().split('-')[0] === language) ?? language;
  return `${tag}-u-nu-latn`;
}

export function clockTime(unixS: number): string {
  return new Intl.DateTimeFormat(latin(), { hour: '2-digit', minute: '2-digit' }).format(unixS * 1000);
}

export function dayName(unixS: number): string {
  return new Intl.DateTimeFormat(latin(), { weekday: 'long', day: 'numeric', month: 'long' }).format(unixS * 1000);
}

export function fullTime(unixS: number): string {
  return new Intl.DateTimeFormat(latin(), { dateStyle: 'medium', timeStyle: 'short' }).format(unixS * 1000);
}

/* 0 today, 1 yesterday, …; by this device's calendar */
export function daysAgo(unixS: number, nowS: number): number {
  const midnight = (seconds: number) => new Date(seconds * 1000).setHours(0, 0, 0, 0);
  return Math.round((midnight(nowS) - midnight(unixS)) / 86_400_000);
}
