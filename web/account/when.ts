/* Moments in the words of a language, with Latin digits everywhere. All are compared on the server's clock. */
const DAY_S = 86_400;

export interface When {
  /* "2 minutes ago", "yesterday", "3 March" */
  ago(at: number, now: number): string;
  /* "Today", "Yesterday", "Monday, 3 March" */
  day(at: number, now: number): string;
  /* "09:41" */
  clock(at: number): string;
  /* short for lists: "09:41" today, "Yesterday", else "3 Mar" */
  brief(at: number, now: number): string;
  /* "3 March 2026 at 09:41" */
  full(at: number): string;
}

export interface WhenWords { justNow: string; today: string; yesterday: string }

/* The region's habits (12 or 24 hours, day before month) come with the first of the browser's tags in the language. */
export function localeOf(language: string, browserLanguages: readonly string[]): string {
  const own = browserLanguages.find((tag) => tag.toLowerCase().split('-')[0] === language) ?? language;
  return `${own.split('-u-')[0]}-u-nu-latn`;
}

export function whenIn(locale: string, words: WhenWords, timeZone?: string): When {
  const zone = timeZone ? { timeZone } : {};
  const format = (options: Intl.DateTimeFormatOptions) => {
    const formatter = new Intl.DateTimeFormat(locale, { ...options, ...zone });
    return (at: number) => formatter.format(at * 1000);
  };
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
  const clock = format({ hour: '2-digit', minute: '2-digit' });
  const date = format({ day: 'numeric', month: 'long' });
  const dateWithYear = format({ day: 'numeric', month: 'long', year: 'numeric' });
  const short = format({ day: 'numeric', month: 'short' });
  const weekday = format({ weekday: 'long', day: 'numeric', month: 'long' });
  const full = format({ day: 'numeric', month: 'long', year: 'numeric', hour: '2-digit', minute: '2-digit' });
  const days = (at: number, now: number) => (startOfDay(now, zone.timeZone) - startOfDay(at, zone.timeZone)) / DAY_S;
  const dated = (at: number, now: number) => (now - at > 300 * DAY_S ? dateWithYear(at) : date(at));
  return {
    ago: (at, now) => {
      const gone = now - at;
      if (gone < 45) return words.justNow;
      if (gone < 45 * 60) return relative.format(-Math.max(1, Math.round(gone / 60)), 'minute');
      if (gone < 22 * 3600 && days(at, now) === 0) return relative.format(-Math.max(1, Math.round(gone / 3600)), 'hour');
      if (days(at, now) < 7) return relative.format(-Math.max(1, days(at, now)), 'day');
      return dated(at, now);
    },
    day: (at, now) => {
      const gone = days(at, now);
      if (gone <= 0) return words.today;
      if (gone === 1) return words.yesterday;
      return now - at > 300 * DAY_S ? dateWithYear(at) : weekday(at);
    },
    clock,
    brief: (at, now) => (days(at, now) <= 0 ? clock(at) : days(at, now) === 1 ? words.yesterday : short(at)),
    full,
  };
}

/* Midnight before, as the calendar of the zone counts days; only differences of two are used. */
function startOfDay(at: number, timeZone: string | undefined): number {
  const parts = new Intl.DateTimeFormat('en-u-ca-gregory-nu-latn', { year: 'numeric', month: 'numeric', day: 'numeric', ...(timeZone ? { timeZone } : {}) }).formatToParts(at * 1000);
  const part = (type: string) => Number(parts.find((one) => one.type === type)?.value);
  return Date.UTC(part('year'), part('month') - 1, part('day')) / 1000;
}
