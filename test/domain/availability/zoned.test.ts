import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  firstInstantAt,
  parseWallTime,
  startOfDay,
  wallAt,
  weekdayOf,
} from '../../../src/domain/availability/zoned.ts';
import { CHANGES, SAMOA_SKIPS, zone, ZONES } from './arbitraries.ts';
import { DAY, firstMinuteAt, HOUR, latestWall, MINUTE, readWall } from './oracle.ts';

const write = (at: number): string => new Date(at).toISOString().slice(0, 16);

/** Where wall times are worth a look, by zone: changes of clocks, or an ordinary day where there are none. */
const PLACES = ZONES.map((name) => {
  const own = CHANGES.filter((change) => change.zone === name).map(({ at }) => at);
  const samoa = name === SAMOA_SKIPS.zone ? [SAMOA_SKIPS.at] : [];
  const found = [...own, ...samoa];
  return { zone: name, changes: found.length > 0 ? found : [Date.UTC(2027, 2, 14, 7)] };
});

test('the zones are tricky enough: there are changes in both hemispheres, of 30 minutes and of two hours', () => {
  const sizes = new Set(
    CHANGES.map(({ zone: name, at }) => {
      const before = at - MINUTE;
      return (readWall(at, name) - at - (readWall(before, name) - before)) / MINUTE;
    }),
  );

  expect([...sizes].sort((one, other) => one - other)).toEqual([-120, -60, -30, 30, 60, 120]);
  expect(new Set(CHANGES.map(({ zone: name }) => name)).size).toBeGreaterThan(10);
  expect(readWall(SAMOA_SKIPS.at, 'Pacific/Apia')).toBe(Date.UTC(2011, 11, 31));
  expect(readWall(SAMOA_SKIPS.at - MINUTE, 'Pacific/Apia')).toBe(Date.UTC(2011, 11, 29, 23, 59));
});

describe.each(PLACES)('in $zone', ({ zone: name, changes }) => {
  test('the clock shows what Intl says it shows, minute by minute around each change', () => {
    for (const change of changes) {
      for (let at = change - 3 * HOUR; at < change + 3 * HOUR; at += MINUTE) {
        const wall = readWall(at, name);
        if (wallAt(at, name) !== wall) expect(write(wallAt(at, name))).toBe(write(wall));
        if (latestWall(at, name) < wall) expect(write(latestWall(at, name))).toBe(write(wall));
      }
    }
  });

  test('a wall time is the first minute at which the clock shows it or a later one', () => {
    for (const change of changes) {
      const noon = readWall(change, name);
      const isSamoa = change === SAMOA_SKIPS.at;
      const first = noon - (isSamoa ? 26 * HOUR : 4 * HOUR);
      for (let wall = first; wall < noon + 4 * HOUR; wall += 5 * MINUTE) {
        const [found, expected] = [firstInstantAt(wall, name), firstMinuteAt(wall, name)];
        if (found !== expected) expect(`${write(wall)} is ${write(found)}`).toBe(write(expected));
      }
    }
  });
});

test('a wall time of any day in any zone is found', () => {
  const minutes = fc.integer({
    min: Date.UTC(2026, 0, 1) / MINUTE,
    max: Date.UTC(2028, 11, 31) / MINUTE,
  });
  fc.assert(
    fc.property(zone, minutes, (name, minute) => {
      const wall = minute * MINUTE;
      const at = firstInstantAt(wall, name);

      expect(write(at)).toBe(write(firstMinuteAt(wall, name)));
      expect(wallAt(at, name)).toBeGreaterThanOrEqual(wall);
    }),
    { numRuns: 200 },
  );
});

test('R21: at 1,600 wall times around changes of clocks, 2026 to 2028, it is when Python says it is', () => {
  const table = JSON.parse(
    readFileSync(new URL('./due-instants.json', import.meta.url), 'utf8'),
  ) as readonly (readonly [string, string, string])[];
  expect(table.length).toBeGreaterThan(1_600);
  const found = table.map(([name, wall]) => {
    const at = firstInstantAt(Date.parse(`${wall}Z`), name);
    return [name, wall, `${write(at)}Z`];
  });
  expect(found).toEqual(table);
});

test.each([
  // The hour that is skipped: the moment after it.
  ['America/New_York', '2026-03-08T02:30', '2026-03-08T07:00'],
  ['America/New_York', '2026-03-08T03:00', '2026-03-08T07:00'],
  ['Europe/London', '2026-03-29T01:00', '2026-03-29T01:00'],
  ['Australia/Lord_Howe', '2026-10-04T02:15', '2026-10-03T15:30'],
  // The hour that comes twice: the first.
  ['America/New_York', '2026-11-01T01:30', '2026-11-01T05:30'],
  ['America/New_York', '2026-11-01T02:00', '2026-11-01T07:00'],
  ['Australia/Lord_Howe', '2026-04-05T01:45', '2026-04-04T14:45'],
  // Midnight is skipped in Santiago.
  ['America/Santiago', '2026-09-06T00:00', '2026-09-06T04:00'],
  // A day that never was.
  ['Pacific/Apia', '2011-12-30T00:00', '2011-12-30T10:00'],
  ['Pacific/Apia', '2011-12-30T23:59', '2011-12-30T10:00'],
  ['Pacific/Apia', '2011-12-31T00:00', '2011-12-30T10:00'],
  ['Pacific/Apia', '2011-12-31T08:00', '2011-12-30T18:00'],
  // The two ends of the day.
  ['Pacific/Kiritimati', '2026-11-23T00:00', '2026-11-22T10:00'],
  ['Pacific/Pago_Pago', '2026-11-23T00:00', '2026-11-23T11:00'],
  ['Asia/Kathmandu', '2026-11-23T08:00', '2026-11-23T02:15'],
])('in %s the wall time %s is %sZ', (name, wall, instant) => {
  expect(write(firstInstantAt(parseWallTime(wall) ?? NaN, name))).toBe(instant);
});

describe('parseWallTime', () => {
  test.each([
    ['2026-11-26', '2026-11-26T00:00'],
    ['2026-11-26T09:30', '2026-11-26T09:30'],
    ['2026-11-26 09:30', '2026-11-26T09:30'],
    ['2028-02-29', '2028-02-29T00:00'],
  ])('reads %j', (text, expected) => {
    expect(write(parseWallTime(text) ?? NaN)).toBe(expected);
  });

  test.each([
    '',
    'tomorrow',
    '2026-02-31',
    '2026-02-29T09:00',
    '2026-13-01',
    '2026-11-26T24:30',
    '2026-11-26T09:60',
    '2026-11-26T09:30Z',
    '26.11.2026',
  ])('refuses %j', (text) => {
    expect(parseWallTime(text)).toBeUndefined();
  });
});

test('days begin at midnight and have their weekday, also before 1970', () => {
  for (let wall = Date.UTC(1969, 11, 20); wall < Date.UTC(1970, 0, 20); wall += 7 * HOUR) {
    const date = new Date(wall);
    expect(startOfDay(wall)).toBe(
      Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()),
    );
    expect(weekdayOf(wall)).toBe((date.getUTCDay() + 6) % 7);
    expect(startOfDay(wall)).toBeGreaterThan(wall - DAY);
  }
});
