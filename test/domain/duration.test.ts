import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatDuration, instantAfter, parseDuration } from '../../src/domain/duration.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

describe('parseDuration', () => {
  test.each([
    ['90s', 90 * SECOND],
    ['5m', 5 * MINUTE],
    ['1h30m', 90 * MINUTE],
    ['7d', 7 * DAY],
    ['2w1d', 15 * DAY],
    ['0s', 0],
    [' 5m ', 5 * MINUTE],
    ['PT5M', 5 * MINUTE],
    ['P7D', 7 * DAY],
    ['P1W', 7 * DAY],
    ['P1DT2H3M4S', DAY + 2 * HOUR + 3 * MINUTE + 4 * SECOND],
  ])('reads %j as %i ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  test.each([
    ['nothing', ''],
    ['no amount', 'P'],
    ['no amount of time', 'PT'],
    ['no unit', '5'],
    ['a word', 'soon'],
    ['a fraction', '1.5h'],
    ['a negative', '-5m'],
    ['the wrong order', '30m1h'],
    ['a space inside', '1h 30m'],
    ['a unit in capitals', '5M'],
    ['years', 'P1Y'],
    ['months', 'P1M'],
    ['minutes without T', 'P5M'],
    ['more than a number can hold exactly', '99999999999999w'],
  ])('refuses %s: %j', (_what, text) => {
    expect(parseDuration(text)).toBeUndefined();
  });

  test('reads what the two notations have in common as the same', () => {
    const amount = fc.option(fc.nat(999), { nil: undefined });
    fc.assert(
      fc.property(amount, amount, amount, amount, (days, hours, minutes, seconds) => {
        const part = (value: number | undefined, unit: string) =>
          value === undefined ? '' : `${value}${unit}`;
        const time = part(hours, 'H') + part(minutes, 'M') + part(seconds, 'S');
        const iso = `P${part(days, 'D')}${time && `T${time}`}`;
        const compact = iso.replace(/[PT]/g, '').toLowerCase();

        expect(parseDuration(compact)).toBe(parseDuration(iso));
      }),
    );
  });
});

test.each([
  [0, '0 min'],
  [1, '1 s'],
  [45 * SECOND, '45 s'],
  [MINUTE, '1 min'],
  [90 * SECOND, '90 s'],
  [2 * MINUTE, '2 min'],
  [150 * SECOND, '3 min'],
  [5 * MINUTE, '5 min'],
  [HOUR - SECOND, '1 h'],
  [HOUR, '1 h'],
  [90 * MINUTE, '1 h 30 min'],
  [36 * HOUR, '36 h'],
  [48 * HOUR - SECOND, '2 days'],
  [7 * DAY, '7 days'],
])('formats %i ms as %j', (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});

test('adds a duration to an instant in any zone', () => {
  expect(instantAfter('2026-11-23T15:00:00.000Z', 90 * MINUTE)).toBe('2026-11-23T16:30:00.000Z');
  expect(instantAfter('2026-11-23T15:00:00+02:00', 0)).toBe('2026-11-23T13:00:00.000Z');
});

describe('adding a duration over pauses', () => {
  const START = Date.parse('2026-11-23T15:00:00.000Z');
  const at = (minute: number): string => new Date(START + minute * MINUTE).toISOString();
  const pause = (from: number, until: number) => ({ from: at(from), until: at(until) });

  test.each<[string, number, ReturnType<typeof pause>[], number]>([
    ['before the pause', 5, [pause(10, 20)], 5],
    ['up to its beginning', 10, [pause(10, 20)], 10],
    ['over it', 11, [pause(10, 20)], 21],
    ['over two, the second reached because of the first', 15, [pause(10, 20), pause(22, 30)], 33],
    ['from within it', 5, [pause(-10, 20)], 25],
    ['from its beginning', 5, [pause(0, 20)], 25],
    ['from its end', 5, [pause(-20, 0)], 5],
    ['after it', 5, [pause(-20, -10)], 5],
    ['of nothing: at once, also within a pause', 0, [pause(-10, 20)], 0],
  ])('%s', (_what, minutes, pauses, expected) => {
    expect(instantAfter(at(0), minutes * MINUTE, pauses)).toBe(at(expected));
  });

  test('counts every minute that is in no pause, and no other', () => {
    const spans = fc
      .uniqueArray(fc.integer({ min: -60, max: 200 }), { maxLength: 10 })
      .map((ends) => {
        const sorted = [...ends].sort((one, other) => one - other);
        return sorted.flatMap((from, index) => {
          const until = sorted[index + 1];
          return index % 2 === 0 && until !== undefined ? [{ from, until }] : [];
        });
      });
    fc.assert(
      fc.property(spans, fc.integer({ min: 1, max: 120 }), (pauses, minutes) => {
        let end = 0;
        for (let left = minutes; left > 0; end += 1) {
          const minute = end;
          if (!pauses.some(({ from, until }) => from <= minute && minute < until)) left -= 1;
        }
        const given = pauses.map(({ from, until }) => pause(from, until));

        expect(instantAfter(at(0), minutes * MINUTE, given)).toBe(at(end));
      }),
    );
  });

  test('takes instants in any spelling', () => {
    const pauses = [{ from: '2026-11-23T16:10:00+01:00', until: '2026-11-23T16:20:00+01:00' }];

    expect(instantAfter('2026-11-23T10:00:00-05:00', 15 * MINUTE, pauses)).toBe(at(25));
  });
});
