import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  joinSpans,
  listHours,
  quietHoursSchema,
  subtractSpans,
  weeklyHoursSchema,
} from '../../../src/domain/availability/weekly-hours.ts';
import { instant, windowText, workingHours, zone } from './arbitraries.ts';
import { DAY, isInWeek, markWeek, MINUTE, type WindowText } from './oracle.ts';

const WEEK_MINUTES = 7 * 1_440;
const write = (at: number): string => new Date(at).toISOString().slice(0, 16);

function listFaults(windows: unknown): string[] {
  const parsed = quietHoursSchema.safeParse(windows);
  return parsed.success
    ? []
    : parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
}

/** Fails at the first minute of the range at which one of the two says quiet and the other does not. */
function compare(
  spans: readonly { from: number; until: number }[],
  isQuiet: (at: number) => boolean,
  range: { from: number; until: number },
): void {
  let index = 0;
  for (let at = range.from; at < range.until; at += MINUTE) {
    while ((spans[index]?.until ?? Infinity) <= at) index += 1;
    const found = (spans[index]?.from ?? Infinity) <= at;
    if (found !== isQuiet(at)) {
      expect(`${write(at)}: ${String(found)}`).toBe(`${write(at)}: ${String(isQuiet(at))}`);
    }
  }
}

describe('listHours', () => {
  test('quiet hours are quiet minute by minute, in any zone and when clocks change', () => {
    const windows = fc.array(windowText, { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(windows, zone, instant, (texts, name, at) => {
        const parsed = quietHoursSchema.safeParse(texts);
        if (!parsed.success) return;
        const range = { from: at - DAY, until: at + DAY };
        const spans = listHours(parsed.data, name, range);
        const week = markWeek(texts);

        compare(spans, (minute) => isInWeek(week, minute, name), range);
      }),
      { numRuns: 150 },
    );
  });

  test('working hours are those of the days they begin on', () => {
    fc.assert(
      fc.property(workingHours, zone, instant, (texts, name, at) => {
        const range = { from: at - DAY, until: at + DAY };
        const spans = listHours(weeklyHoursSchema.parse(texts), name, range);
        const week = markWeek(texts, 'next-day');

        compare(spans, (minute) => isInWeek(week, minute, name), range);
      }),
      { numRuns: 80 },
    );
  });

  test.each<[string, string, string, string, string[]]>([
    [
      'a window that starts in the skipped hour starts after it',
      'America/New_York',
      '02:30-04:00',
      '2026-03-08',
      ['2026-03-08T07:00-2026-03-08T08:00'],
    ],
    [
      'a window that ends in the skipped hour ends after it',
      'America/New_York',
      '01:00-02:30',
      '2026-03-08',
      ['2026-03-08T06:00-2026-03-08T07:00'],
    ],
    [
      'a window within the skipped hour is not there',
      'America/New_York',
      '02:10-02:50',
      '2026-03-08',
      [],
    ],
    [
      'a window that starts in the hour that comes twice starts with the first',
      'America/New_York',
      '01:30-03:00',
      '2026-11-01',
      ['2026-11-01T05:30-2026-11-01T08:00'],
    ],
    [
      'a window that ends in the hour that comes twice ends with the first',
      'America/New_York',
      '00:30-01:30',
      '2026-11-01',
      ['2026-11-01T04:30-2026-11-01T05:30'],
    ],
    [
      'half an hour is skipped on Lord Howe Island',
      'Australia/Lord_Howe',
      '02:15-03:00',
      '2026-10-04',
      ['2026-10-03T15:30-2026-10-03T16:00'],
    ],
    ['no quiet hours on a day that never was', 'Pacific/Apia', '08:00-20:00', '2011-12-30', []],
    [
      'a quarter of an hour counts',
      'Asia/Kathmandu',
      '08:00-20:00',
      '2026-11-23',
      ['2026-11-23T02:15-2026-11-23T14:15'],
    ],
  ])('%s', (_what, name, hours, day, expected) => {
    const [from = '', to = ''] = hours.split('-');
    const weekday = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'][new Date(day).getUTCDay()];
    const windows = quietHoursSchema.parse([{ days: weekday, from, to }]);
    const noon = Date.parse(`${day}T12:00Z`);
    const spans = listHours(windows, name, { from: noon - 2 * DAY, until: noon + 2 * DAY });

    expect(spans.map((span) => `${write(span.from)}-${write(span.until)}`)).toEqual(expected);
  });

  test('the nights of work days and whole days off are one stretch from Friday to Monday', () => {
    const windows = quietHoursSchema.parse([
      { days: 'mon-fri', from: '20:00', to: '08:00' },
      { days: 'sat-sun', from: '00:00', to: '24:00' },
    ]);
    const from = Date.parse('2026-11-27T12:00Z');

    expect(listHours(windows, 'UTC', { from, until: from + 3 * DAY })).toEqual([
      { from: Date.parse('2026-11-27T20:00Z'), until: Date.parse('2026-11-30T08:00Z') },
    ]);
  });
});

describe('quietHoursSchema', () => {
  test('what it accepts leaves a free minute each week, and 20 hours at most in a row beside days off', () => {
    let accepted = 0;
    fc.assert(
      fc.property(fc.array(windowText, { minLength: 1, maxLength: 4 }), (texts) => {
        const isAccepted = quietHoursSchema.safeParse(texts).success;
        const isSound = texts.every(({ from, to }) => from !== to);
        const longest = findLongest(texts);
        if (isSound) expect(isAccepted).toBe(longest.free && longest.minutes <= 20 * 60);
        else expect(isAccepted).toBe(false);
        if (isAccepted) accepted += 1;
      }),
      { numRuns: 150 },
    );
    expect(accepted).toBeGreaterThan(15);
  });

  test.each<[string, unknown, string]>([
    ['no day', [{ days: '', from: '20:00', to: '08:00' }], '0.days: "" names no days'],
    ['a day that is none', [{ days: 'mon-someday', from: '20:00', to: '08:00' }], '0.days: "mon-'],
    ['a range of three', [{ days: 'mon-tue-wed', from: '20:00', to: '08:00' }], '0.days: "mon-'],
    ['a time that is none', [{ from: '25:00', to: '08:00' }], '0.from: must be a time'],
    ['a time beyond the day', [{ from: '20:00', to: '24:01' }], '0.to: must be a time'],
    ['a beginning at the end of the day', [{ from: '24:00', to: '08:00' }], '0.from: must be'],
    ['a window of no length', [{ from: '08:00', to: '08:00' }], '0.to: is the same as from'],
    ['a key that is none', [{ from: '20:00', to: '08:00', until: 1 }], '0: Unrecognized key'],
    ['every day off', [{ from: '00:00', to: '24:00' }], ': mute the whole week'],
    [
      'a week in two halves',
      [
        { from: '08:00', to: '20:00' },
        { from: '20:00', to: '08:00' },
      ],
      ': mute the whole week',
    ],
    [
      'a week of nights and days off',
      [
        { days: 'mon-fri', from: '00:00', to: '24:00' },
        { days: 'sat-sun', from: '12:00', to: '11:00' },
        { days: 'sat-sun', from: '10:00', to: '13:00' },
      ],
      ': mute the whole week',
    ],
    ['20 hours and a minute', [{ from: '08:00', to: '04:01' }], ': mute 20 h 1 min in a row'],
    [
      'a stretch over the turn of the week',
      [
        { days: 'sun', from: '12:00', to: '24:00' },
        { days: 'mon', from: '00:00', to: '09:00' },
      ],
      ': mute 21 h 0 min in a row',
    ],
  ])('refuses %s', (_what, windows, fault) => {
    expect(listFaults(windows).join('\n')).toContain(fault);
  });

  test.each<[string, readonly WindowText[]]>([
    ['none at all', []],
    ['20 hours in a row', [{ from: '08:00', to: '04:00' }]],
    [
      'a day off and the nights beside it',
      [
        { days: 'sun', from: '00:00', to: '24:00' },
        { from: '20:00', to: '08:00' },
      ],
    ],
    ['six days off', [{ days: 'tue-sun', from: '00:00', to: '24:00' }]],
    ['days in any spelling', [{ days: ' Fri-MON,tue ', from: '20:00', to: '08:00' }]],
  ])('accepts %s', (_what, windows) => {
    expect(listFaults(windows)).toEqual([]);
  });
});

/** Returns the longest stretch of quiet minutes that is no day off, and whether any minute of the week is free. */
function findLongest(texts: readonly WindowText[]): { minutes: number; free: boolean } {
  const isDayOff = ({ from, to }: WindowText): boolean => from === '00:00' && to === '24:00';
  const off = markWeek(texts.filter(isDayOff));
  const quiet = markWeek(texts.filter((text) => !isDayOff(text)));
  let longest = 0;
  for (let start = 0; start < WEEK_MINUTES; start += 1) {
    const isAt = (minute: number): boolean =>
      quiet[minute % WEEK_MINUTES] === 1 && off[minute % WEEK_MINUTES] === 0;
    if (isAt(start + WEEK_MINUTES - 1) && start > 0) continue;
    let length = 0;
    while (length < WEEK_MINUTES && isAt(start + length)) length += 1;
    longest = Math.max(longest, length);
  }
  return {
    minutes: longest,
    free: quiet.some((value, minute) => value + (off[minute] ?? 0) === 0),
  };
}

describe('spans', () => {
  const spans = fc.array(
    fc
      .record({ from: fc.nat(100), lasts: fc.nat(20) })
      .map(({ from, lasts }) => ({ from, until: from + lasts })),
    { maxLength: 8 },
  );
  const holds = (list: readonly { from: number; until: number }[], at: number): boolean =>
    list.some(({ from, until }) => from <= at && at < until);

  test('joined ones hold the same instants, sorted and apart', () => {
    fc.assert(
      fc.property(spans, (list) => {
        const joined = joinSpans(list);
        for (let at = 0; at < 125; at += 1) expect(holds(joined, at)).toBe(holds(list, at));
        joined.slice(1).forEach(({ from }, index) => {
          expect(from).toBeGreaterThan(joined[index]?.until ?? NaN);
        });
      }),
    );
  });

  test('what is subtracted is not in the rest, and all else is', () => {
    fc.assert(
      fc.property(spans, fc.nat(60), fc.nat(60), (list, from, lasts) => {
        const range = { from, until: from + lasts };
        const left = subtractSpans(range, joinSpans(list));
        for (let at = 0; at < 125; at += 1) {
          expect(holds(left, at)).toBe(holds([range], at) && !holds(list, at));
        }
      }),
    );
  });
});
