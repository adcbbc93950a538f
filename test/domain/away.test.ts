import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  firstInstantAt,
  parseWallTime,
  wallAt,
  weekdayOf,
} from '../../src/domain/availability/zoned.ts';
import { findByName, formatReturn, readAway, resolveAway } from '../../src/domain/away.ts';
import { directorySchema } from '../../src/domain/directory.ts';
import type { AwayUntil } from '../../src/domain/presence.ts';
import { parseReply } from '../../src/domain/reply.ts';

const NEW_YORK = 'America/New_York';
/** Monday, 10:00 in New York. */
const MONDAY = '2026-11-23T15:00:00.000Z';

/** Returns what the wall shows when somebody is back who texted this. */
function backAfter(text: string, now: string, timezone: string): string | undefined {
  const intent = parseReply(text);
  if (intent.kind !== 'away' || !intent.until) throw new Error(`${text} says no time`);
  const until = resolveAway(intent.until, { now, timezone });
  return until && new Date(wallAt(Date.parse(until), timezone)).toISOString().slice(0, 16);
}

describe('resolveAway', () => {
  test.each<[string, string | undefined]>([
    ['away 3d', '2026-11-26T10:00'],
    ['away 90 min', '2026-11-23T11:30'],
    ['away until tuesday', '2026-11-24T00:00'],
    ['away until sun', '2026-11-29T00:00'],
    // Today is Monday.
    ['away until monday', '2026-11-30T00:00'],
    ['away until mon 17:00', '2026-11-30T17:00'],
    ['away until tomorrow', '2026-11-24T00:00'],
    ['away until tomorrow 9am', '2026-11-24T09:00'],
    ['away until 14:00', '2026-11-23T14:00'],
    ['away until 10:00', '2026-11-24T10:00'],
    ['away until 9am', '2026-11-24T09:00'],
    ['away until 2 dec', '2026-12-02T00:00'],
    ['away until 2 jan 9:00', '2027-01-02T09:00'],
    // What was today is next year, what is to come today is today.
    ['away until 23 nov', '2027-11-23T00:00'],
    ['away until 23 nov 17:00', '2026-11-23T17:00'],
    ['away until 22 nov', '2027-11-22T00:00'],
    ['away until 2026-12-02', '2026-12-02T00:00'],
    ['away until 2026-12-02 09:00', '2026-12-02T09:00'],
    ['away until 366d', undefined],
    ['away 366d', '2027-11-24T10:00'],
    ['away 367d', undefined],
    ['away 999999999999w', undefined],
    ['away 0d', undefined],
    ['away until 2026-11-23', undefined],
    ['away until 22 nov 2026', undefined],
    ['away until 24 nov 2028', undefined],
    ['away until 31 feb', undefined],
    // The next is in 2028.
    ['away until 29 feb', undefined],
    ['away until 2026-13-01', undefined],
    ['away until 0 dec', undefined],
    ['away until next week', undefined],
  ])('%j on Monday at 10:00 in New York', (text, expected) => {
    expect(backAfter(text, MONDAY, NEW_YORK)).toBe(expected);
  });

  test.each<[string, string, string, string, string]>([
    // It is Tuesday there already.
    ['away until tuesday', MONDAY, 'Pacific/Auckland', '2026-12-01T00:00', '2026-11-30T11:00Z'],
    ['away until tomorrow', MONDAY, 'Asia/Kolkata', '2026-11-24T00:00', '2026-11-23T18:30Z'],
    ['away until 14:00', MONDAY, 'Europe/Berlin', '2026-11-24T14:00', '2026-11-24T13:00Z'],
    // Clocks go forward on Sunday: half past two is left out, and the day has 23 hours.
    ['away until 2:30', '2027-03-14T06:00:00Z', NEW_YORK, '2027-03-14T03:00', '2027-03-14T07:00Z'],
    ['away until mon', '2027-03-13T12:00:00Z', NEW_YORK, '2027-03-15T00:00', '2027-03-15T04:00Z'],
    ['away 1d', '2027-03-13T15:00:00Z', NEW_YORK, '2027-03-14T11:00', '2027-03-14T15:00Z'],
    // Clocks go back: half past one comes twice, and the first counts.
    ['away until 1:30', '2026-11-01T04:00:00Z', NEW_YORK, '2026-11-01T01:30', '2026-11-01T05:30Z'],
    ['away until 1:30', '2026-11-01T05:45:00Z', NEW_YORK, '2026-11-02T01:30', '2026-11-02T06:30Z'],
    ['away until mon', '2026-10-31T12:00:00Z', NEW_YORK, '2026-11-02T00:00', '2026-11-02T05:00Z'],
    // The clocks go forward at midnight: the day begins at one.
    [
      'away until sun',
      '2026-09-05T12:00:00Z',
      'America/Santiago',
      '2026-09-06T01:00',
      '2026-09-06T04:00Z',
    ],
  ])('%j at %s in %s', (text, now, zone, wall, instant) => {
    expect(backAfter(text, now, zone)).toBe(wall);
    expect(wallAt(Date.parse(instant), zone)).toBe(parseWallTime(wall));
  });

  const saying = fc.record({
    zone: fc.constantFrom(
      NEW_YORK,
      'Europe/Berlin',
      'Asia/Kolkata',
      'Australia/Lord_Howe',
      'America/Santiago',
      'Pacific/Auckland',
      'Pacific/Kiritimati',
      'UTC',
    ),
    now: fc
      .date({ min: new Date('2026-01-01'), max: new Date('2028-01-01'), noInvalidDate: true })
      .map((date) => date.toISOString()),
    time: fc.option(
      fc
        .tuple(fc.nat(23), fc.nat(59))
        .map((parts) => parts.map((part) => String(part).padStart(2, '0')).join(':')),
      { nil: undefined },
    ),
  });
  const until = fc.oneof(
    fc.nat(6).map((weekday): AwayUntil => ({ kind: 'weekday', weekday })),
    fc.constant<AwayUntil>({ kind: 'tomorrow' }),
    fc
      .record({ month: fc.integer({ min: 1, max: 12 }), day: fc.integer({ min: 1, max: 28 }) })
      .map((date): AwayUntil => ({ kind: 'date', ...date })),
    fc.constant<AwayUntil>({ kind: 'time', time: '00:00' }),
  );

  test('is later than now, on the day that was said, at the time that was said or the first after it', () => {
    fc.assert(
      fc.property(saying, until, ({ zone, now, time }, said) => {
        const at = resolveAway(
          { ...said, ...(time !== undefined && { time }) },
          { now, timezone: zone },
        );
        if (at === undefined) throw new Error('it is a time');
        const wall = wallAt(Date.parse(at), zone);
        const date = new Date(wall);
        const wanted = parseWallTime(`${date.toISOString().slice(0, 10)} ${time ?? '00:00'}`) ?? 0;
        const ahead = wall - wallAt(Date.parse(now), zone);

        expect(Date.parse(at)).toBeGreaterThan(Date.parse(now));
        expect(Date.parse(at)).toBe(firstInstantAt(wanted, zone));
        // Only where the clocks go forward there is no such time.
        expect(wall === wanted || wallAt(Date.parse(at) - 1, zone) < wanted).toBe(true);
        if (said.kind === 'weekday') {
          expect(weekdayOf(wall)).toBe(said.weekday);
          expect(ahead).toBeLessThan(8 * 86_400_000);
        }
        if (said.kind === 'date') {
          expect([date.getUTCMonth() + 1, date.getUTCDate()]).toEqual([said.month, said.day]);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test('never throws, whatever was written', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 40 }), (words) => {
        const intent = parseReply(`away until ${words}`);
        if (intent.kind !== 'away' || !intent.until) return;
        const at = resolveAway(intent.until, { now: MONDAY, timezone: NEW_YORK });
        expect(at === undefined || at > MONDAY).toBe(true);
      }),
    );
  });
});

test.each<[string, string | undefined]>([
  ['3d', '2026-11-26T15:00:00.000Z'],
  ['P7D', '2026-11-30T15:00:00.000Z'],
  ['2026-12-02', '2026-12-02T05:00:00.000Z'],
  ['2026-12-02T09:00', '2026-12-02T14:00:00.000Z'],
  ['2026-12-02T09:00:00+01:00', '2026-12-02T08:00:00.000Z'],
  ['2026-12-02T09:00:00Z', '2026-12-02T09:00:00.000Z'],
  ['2026-11-23T15:00:00Z', undefined],
  ['2026-11-23', undefined],
  ['2028-01-01', undefined],
  ['2026-02-31', undefined],
  ['0d', undefined],
  ['99999999w', undefined],
  ['monday', undefined],
  ['', undefined],
])('the API reads %j', (text, expected) => {
  expect(readAway(text, { now: MONDAY, timezone: NEW_YORK })).toBe(expected);
});

describe('findByName', () => {
  const directory = directorySchema.parse({
    organisation: { timezone: NEW_YORK },
    responders: {
      alice: { name: 'Alice Ng', email: 'alice@example.com' },
      bob: { name: 'Bob Diaz', email: 'bob@example.com' },
      'bob-2': { name: 'Bob Ng', email: 'bob-2@example.com' },
      zoe: { name: 'Zoë O’Hara', email: 'zoe@example.com' },
      night: { name: 'Alice', email: 'night@example.com' },
    },
  });

  test.each([
    ['zoe', ['zoe']],
    ['ZOË', ['zoe']],
    ['Diaz', ['bob']],
    ['bob  diaz', ['bob']],
    ['bob', ['bob']],
    ['bob-2', ['bob-2']],
    ['ng', ['alice', 'bob-2']],
    // One's id is another's whole name.
    ['alice', ['alice', 'night']],
    ['al', []],
    ['constructor', []],
    ['carol', []],
  ])('%j', (text, ids) => {
    expect(findByName(directory, text).map(({ id }) => id)).toEqual(ids);
  });
});

test.each([
  ['2026-11-30T05:00:00.000Z', NEW_YORK, 'Mon 30 Nov 00:00'],
  ['2026-11-30T05:00:00.000Z', 'Asia/Kolkata', 'Mon 30 Nov 10:30'],
  ['2027-01-03T10:05:00.000Z', 'UTC', 'Sun 3 Jan 10:05'],
])('%s in %s is written %s', (at, zone, text) => {
  expect(formatReturn(at, zone)).toBe(text);
});
