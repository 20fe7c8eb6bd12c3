import { describe, expect, test } from '@jest/globals';
import { formatDay, formatTime, formatWhen } from '../../../client/ui/time';

/** A time of the reader's own zone, so that the test says the same everywhere. */
const local = (year: number, month: number, day: number, hour = 12) =>
  new Date(year, month - 1, day, hour, 5);
const iso = (...parts: Parameters<typeof local>) => local(...parts).toISOString();
const NOW = local(2026, 11, 20).getTime();

describe('a day between messages', () => {
  test.each([
    [iso(2026, 11, 20, 0), 'Today'],
    [iso(2026, 11, 19, 23), 'Yesterday'],
    [iso(2026, 11, 18), 'Wednesday'],
    [iso(2026, 11, 13), '13 November'],
    [iso(2025, 11, 14), '14 November 2025'],
    [iso(2026, 11, 21, 0), 'Today'],
  ])('%s is %s', (at, label) => {
    expect(formatDay(at, NOW, 'en-GB')).toBe(label);
  });

  test('is named in the language of the reader', () => {
    expect(formatDay(iso(2026, 11, 19), NOW, 'fr')).toBe('Hier');
  });
});

describe('a time in a list', () => {
  test.each([
    [iso(2026, 11, 20, 17), '17:05'],
    [iso(2026, 11, 18), 'Wed'],
    [iso(2026, 5, 3), '3 May'],
    [iso(2025, 5, 3), '3 May 2025'],
  ])('%s is %s', (at, label) => {
    expect(formatWhen(at, NOW, 'en-GB')).toBe(label);
  });
});

test('a time follows the clock of the locale', () => {
  expect(formatTime(iso(2026, 11, 20, 17), 'en-GB')).toBe('17:05');
  expect(formatTime(iso(2026, 11, 20, 17), 'en-US')).toMatch(/^5:05\sPM$/);
});
