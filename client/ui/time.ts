import { localDay } from './grouping';

const DAY_MS = 86_400_000;

/** 10:43, as the reader's locale writes it. */
export function formatTime(at: string, locale?: string): string {
  return new Intl.DateTimeFormat(locale, { hour: 'numeric', minute: '2-digit' }).format(
    new Date(at),
  );
}

/** A day between messages: Today, Yesterday, Wednesday, 14 November, and the year when it is another one. */
export function formatDay(at: string, now: number, locale?: string): string {
  const ago = daysAgo(at, now);
  if (ago <= 1) return capitalised(relativeDay(ago, locale), locale);
  if (ago < 7) return new Intl.DateTimeFormat(locale, { weekday: 'long' }).format(new Date(at));
  return new Intl.DateTimeFormat(locale, {
    day: 'numeric',
    month: 'long',
    ...(sameYear(at, now) ? {} : { year: 'numeric' }),
  }).format(new Date(at));
}

/** The time in a list: 10:43 today, then Wed, then 14 Nov, then with the year. */
export function formatWhen(at: string, now: number, locale?: string): string {
  const ago = daysAgo(at, now);
  if (ago <= 0) return formatTime(at, locale);
  if (ago < 7) return new Intl.DateTimeFormat(locale, { weekday: 'short' }).format(new Date(at));
  return new Intl.DateTimeFormat(locale, {
    day: 'numeric',
    month: 'short',
    ...(sameYear(at, now) ? {} : { year: 'numeric' }),
  }).format(new Date(at));
}

/** Whole calendar days of the reader between then and now; a clock that runs ahead counts as today. */
function daysAgo(at: string, now: number): number {
  const today = localDay(new Date(now).toISOString());
  return Math.max(0, Math.round((Date.parse(today) - Date.parse(localDay(at))) / DAY_MS));
}

function relativeDay(ago: number, locale?: string): string {
  return new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }).format(-ago, 'day');
}

function capitalised(text: string, locale?: string): string {
  return text.charAt(0).toLocaleUpperCase(locale) + text.slice(1);
}

function sameYear(at: string, now: number): boolean {
  return new Date(at).getFullYear() === new Date(now).getFullYear();
}
