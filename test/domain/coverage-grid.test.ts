import { describe, expect, test } from 'vitest';
import type { CoverageCell, CoverageGap } from '../../src/domain/coverage.ts';
import {
  describeCell,
  describeDelay,
  describeGapTime,
  groupGaps,
  keyOf,
  layOutDays,
  listFirstReaders,
  rateCell,
  shortenDuration,
} from '../../src/domain/coverage-grid.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

type First = NonNullable<CoverageCell['first']>;

const firstOf = (changes: Partial<First> = {}): First => ({
  at: '2026-11-23T15:00:00.000Z',
  afterMs: 0,
  recipient: 'alice',
  name: 'Alice Ng',
  channel: 'sms',
  tier: 'tier 1',
  ...changes,
});
const cellAt = (at: string, afterMs = 0): CoverageCell => ({
  at,
  first: firstOf({ afterMs }),
  isGap: false,
});
/** Hours in a row, each with its number as the delay in minutes. */
const hoursFrom = (at: string, count: number): CoverageCell[] =>
  Array.from({ length: count }, (_, index) =>
    cellAt(new Date(Date.parse(at) + index * HOUR).toISOString(), index * MINUTE),
  );
/** The delays of a day in minutes; undefined where there is no hour. */
const delaysOf = (day: ReturnType<typeof layOutDays>[number] | undefined) =>
  day?.hours.map((cell) => cell?.first && cell.first.afterMs / MINUTE);

describe('the days of a coverage', () => {
  test('are those of the wall, and begin and end where the coverage does', () => {
    const days = layOutDays(hoursFrom('2026-11-23T15:00:00Z', 24), 'America/New_York');
    expect(days.map(({ label }) => label)).toEqual(['Mon 23 Nov', 'Tue 24 Nov']);
    expect(delaysOf(days[0])?.slice(9, 12)).toEqual([undefined, 0, 1]);
    expect(delaysOf(days[1])?.slice(8, 11)).toEqual([22, 23, undefined]);
  });

  test('leave an hour out where clocks go forward', () => {
    const [day] = layOutDays(hoursFrom('2026-03-08T05:00:00Z', 23), 'America/New_York');
    expect(delaysOf(day)?.slice(0, 5)).toEqual([0, 1, undefined, 2, 3]);
  });

  test('have the worse of an hour that comes twice', () => {
    const [day] = layOutDays(hoursFrom('2026-11-01T04:00:00Z', 25), 'America/New_York');
    expect(delaysOf(day)?.slice(0, 4)).toEqual([0, 2, 3, 4]);
    const nobody: CoverageCell = { at: '2026-11-01T05:00:00Z', isGap: true };
    const [other] = layOutDays([nobody, cellAt('2026-11-01T06:00:00Z')], 'America/New_York');
    expect(other?.hours[1]).toBe(nobody);
  });

  test('count the hour begun where a zone is not a whole hour off', () => {
    const [day] = layOutDays([cellAt('2026-11-23T15:00:00Z')], 'Asia/Kathmandu');
    expect(day?.hours.findIndex(Boolean)).toBe(20);
  });
});

test.each<[CoverageCell, string]>([
  [cellAt('2026-11-23T15:00:00Z'), 'at-once'],
  [cellAt('2026-11-23T15:00:00Z', 15 * MINUTE), 'soon'],
  [cellAt('2026-11-23T15:00:00Z', 15 * MINUTE + 1), 'hours'],
  [cellAt('2026-11-23T15:00:00Z', 4 * HOUR), 'hours'],
  [cellAt('2026-11-23T15:00:00Z', 4 * HOUR + 1), 'day'],
  [{ ...cellAt('2026-11-23T15:00:00Z', HOUR), isGap: true }, 'gap'],
  [{ at: '2026-11-23T15:00:00Z', isGap: true }, 'nobody'],
])('%j is rated %s', (cell, level) => {
  expect(rateCell(cell)).toBe(level);
});

test('each reader has a code of their own, whatever their name', () => {
  const names = [
    ['alice', 'Alice Ng', 'sms'],
    ['alice', 'Alice Ng', 'email'],
    ['anna', 'Anna von Neumann', 'sms'],
    ['bob', 'Bob', 'sms'],
    ['x', '👩‍💻 Ödön', 'sms'],
    ['mailto:sales-leads@example.com', 'sales-leads@example.com', 'email'],
    ['dot', '.', 'sms'],
  ] as const;
  const cells = names.map(([recipient, name, channel]) => ({
    ...cellAt('2026-11-23T15:00:00Z'),
    first: firstOf({ recipient, name, channel }),
  }));
  const readers = listFirstReaders([...cells, ...cells]);
  const codes = cells.map(({ first }) => readers.get(keyOf(first))?.code);
  expect(codes).toEqual(['AN', 'AN@', 'A2', 'Bo', '👩‍💻Ö', 'SL@', '?']);
  expect(readers.size).toBe(names.length);
});

test.each([
  [1, '1m'],
  [45 * MINUTE, '45m'],
  [59 * MINUTE + 1, '1h'],
  [61 * MINUTE, '2h'],
  [99 * HOUR, '99h'],
  [100 * HOUR, '5d'],
  [366 * 24 * HOUR, '366d'],
])('%i ms are %s in a cell: never too early', (ms, text) => {
  expect(shortenDuration(ms)).toBe(text);
});

test('words say the same hours as the cells', () => {
  expect(describeDelay(54 * HOUR)).toBe('54 h');
  expect(describeDelay(6 * HOUR)).toBe('6 h');
  expect(describeDelay(5 * MINUTE)).toBe('5 min');
  expect(describeDelay(7 * 24 * HOUR)).toBe('7 days');
});

test('an hour in full names who, how, when and why', () => {
  const timezone = 'America/New_York';
  expect(describeCell(cellAt('2026-11-23T15:00:00Z'), timezone)).toBe(
    'Mon 23 Nov 10:00: Alice Ng by sms at once (tier 1)',
  );
  expect(
    describeCell(
      { ...cellAt('2026-11-23T15:00:00Z', HOUR), because: 'a holiday', isGap: true },
      timezone,
    ),
  ).toBe('Mon 23 Nov 10:00: Alice Ng by sms after 1 h (tier 1); a holiday');
  expect(describeCell({ at: '2026-11-23T15:00:00Z', isGap: true }, timezone)).toBe(
    'Mon 23 Nov 10:00: nobody',
  );
});

test('gaps that follow each other with the same reason share it', () => {
  const gap = (from: string, changes: Partial<CoverageGap> = {}): CoverageGap => ({
    urgency: 'urgent',
    from: `${from}:00Z`,
    until: new Date(Date.parse(`${from}Z`) + 6 * HOUR).toISOString(),
    longestMs: 6 * HOUR,
    because: 'quiet hours',
    ...changes,
  });
  const { longestMs: _, because: __, ...endless } = gap('2026-11-27T02:00');
  const groups = groupGaps([
    gap('2026-11-24T02:00'),
    gap('2026-11-25T02:00'),
    gap('2026-11-26T02:00', { longestMs: 54 * HOUR }),
    endless,
    gap('2026-11-24T02:00', { urgency: 'critical' }),
  ]);
  expect(groups.map(({ urgency, reason, gaps }) => [urgency, reason, gaps.length])).toEqual([
    ['urgent', 'up to 6 h until somebody is told; quiet hours', 2],
    ['urgent', 'up to 54 h until somebody is told; quiet hours', 1],
    ['urgent', 'nobody would be told', 1],
    ['critical', 'up to 6 h until somebody is told; quiet hours', 1],
  ]);
  expect(describeGapTime(gap('2026-11-24T02:00'), 'America/New_York')).toBe(
    'Mon 23 Nov 21:00 to Tue 24 Nov 03:00',
  );
});
