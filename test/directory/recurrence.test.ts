import fc from 'fast-check';
import ICAL from 'ical.js';
import { expect, test } from 'vitest';
import { DAY_MS } from '../../src/domain/availability/zoned.ts';
import { listOccurrences, ruleSchema, type Rule } from '../../src/directory/recurrence.ts';

const FREE = { spend: () => undefined, count: () => undefined };

/** Reads a rule as it comes out of a file. */
function readRule(text: string): Rule {
  const [, [rule]] = ICAL.parse(`BEGIN:VEVENT\r\nRRULE:${text}\r\nEND:VEVENT\r\n`) as [
    string,
    [[string, object, string, unknown]],
  ];
  return ruleSchema.parse(rule[3]);
}

/** Returns the days, with the hour where it is not 9:00, of a rule that begins on a Monday at 9. */
function expand(rule: string, until = '2027-12-31'): string[] {
  return listOccurrences(
    readRule(rule),
    Date.parse('2026-11-02T09:00Z'),
    { from: 0, until: Date.parse(`${until}T23:59Z`) },
    FREE,
  ).map((time) => new Date(time).toISOString().slice(0, 16).replace('T09:00', ''));
}

test.each([
  ['FREQ=DAILY;INTERVAL=10;COUNT=3', '2026-11-02 2026-11-12 2026-11-22'],
  ['FREQ=WEEKLY;BYDAY=TU,TH;COUNT=3', '2026-11-03 2026-11-05 2026-11-10'],
  ['FREQ=WEEKLY;INTERVAL=2;COUNT=3', '2026-11-02 2026-11-16 2026-11-30'],
  // RFC 5545, section 3.3.10: the start of the week decides which weeks are left out.
  ['FREQ=WEEKLY;INTERVAL=2;COUNT=3;BYDAY=MO,SU;WKST=MO', '2026-11-02 2026-11-08 2026-11-16'],
  ['FREQ=WEEKLY;INTERVAL=2;COUNT=3;BYDAY=MO,SU;WKST=SU', '2026-11-02 2026-11-15 2026-11-16'],
  ['FREQ=MONTHLY;COUNT=3', '2026-11-02 2026-12-02 2027-01-02'],
  ['FREQ=MONTHLY;BYMONTHDAY=31;COUNT=3', '2026-12-31 2027-01-31 2027-03-31'],
  ['FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=3', '2026-11-30 2026-12-31 2027-01-31'],
  ['FREQ=MONTHLY;BYDAY=1MO;COUNT=3', '2026-11-02 2026-12-07 2027-01-04'],
  ['FREQ=MONTHLY;BYDAY=-1FR;COUNT=3', '2026-11-27 2026-12-25 2027-01-29'],
  ['FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13;COUNT=2', '2026-11-13 2027-08-13'],
  ['FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=3', '2026-11-30 2026-12-31 2027-01-29'],
  ['FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=2;COUNT=3', '2026-11-03 2026-12-02 2027-01-04'],
  ['FREQ=YEARLY;COUNT=2', '2026-11-02 2027-11-02'],
  ['FREQ=YEARLY;BYMONTH=1,3;COUNT=3', '2027-01-02 2027-03-02'],
  ['FREQ=YEARLY;BYMONTH=3;BYDAY=2SU', '2027-03-14'],
  ['FREQ=YEARLY;BYDAY=-1SU;COUNT=2', '2026-12-27 2027-12-26'],
  ['FREQ=YEARLY;BYYEARDAY=-1', '2026-12-31 2027-12-31'],
  // 2026 has a week 53, 2027 has none.
  ['FREQ=YEARLY;BYWEEKNO=53;BYDAY=MO', '2026-12-28'],
  ['FREQ=YEARLY;BYWEEKNO=1,-1;BYDAY=TU', '2026-12-29 2027-01-05 2027-12-28'],
  ['FREQ=YEARLY;BYWEEKNO=20', '2027-05-17'],
  ['FREQ=DAILY;BYHOUR=8,20;COUNT=3', '2026-11-02T20:00 2026-11-03T08:00 2026-11-03T20:00'],
  ['FREQ=DAILY;BYDAY=SA;BYMONTH=1;COUNT=2', '2027-01-02 2027-01-09'],
  ['FREQ=HOURLY;INTERVAL=36;COUNT=3', '2026-11-02 2026-11-03T21:00 2026-11-05'],
  ['FREQ=HOURLY;BYHOUR=9,10;BYMINUTE=0,30;COUNT=3', '2026-11-02 2026-11-02T09:30 2026-11-02T10:00'],
  ['FREQ=MINUTELY;INTERVAL=90;BYHOUR=12;COUNT=2', '2026-11-02T12:00 2026-11-03T12:00'],
])('%s', (rule, expected) => {
  expect(expand(rule).join(' ')).toBe(expected);
});

const FAR = { from: 0, until: Date.parse('2060-01-01T00:00Z') };
const START = Date.parse('2024-01-01T00:00Z');
const weekday = fc.constantFrom('MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU');
const days = fc.uniqueArray(weekday, { minLength: 1, maxLength: 4 }).map(String);
const orders = fc.tuple(fc.constantFrom('1', '2', '3', '4', '-1', '-2'), weekday);
const monthDay = fc.constantFrom('1', '15', '28', '31', '-1', '-3');
const rules = fc
  .tuple(
    fc.oneof(
      fc.constant('FREQ=DAILY'),
      days.map((list) => `FREQ=DAILY;BYDAY=${list}`),
      days.map((list) => `FREQ=WEEKLY;BYDAY=${list}`),
      fc.constant('FREQ=WEEKLY'),
      orders.map(([order, day]) => `FREQ=MONTHLY;BYDAY=${order}${day}`),
      monthDay.map((day) => `FREQ=MONTHLY;BYMONTHDAY=${day}`),
      fc.integer({ min: 1, max: 12 }).map((month) => `FREQ=YEARLY;BYMONTH=${month};BYMONTHDAY=10`),
      orders.map(([order, day]) => `FREQ=YEARLY;BYMONTH=6;BYDAY=${order}${day}`),
      fc.constantFrom('FREQ=HOURLY', 'FREQ=MINUTELY', 'FREQ=SECONDLY'),
    ),
    fc.integer({ min: 1, max: 5 }),
    fc.option(fc.integer({ min: 1, max: 60 }), { nil: undefined }),
  )
  .map(([rule, interval, count]) =>
    [rule, `INTERVAL=${interval}`, ...(count === undefined ? [] : [`COUNT=${count}`])].join(';'),
  );
const starts = fc.integer({ min: 0, max: 800 * 24 * 60 }).map((minute) => START + minute * 60_000);

/** Returns the first occurrences of a rule according to ical.js. */
function askIcal(rule: string, start: number, most: number): number[] {
  const at = ICAL.Time.fromDateTimeString(new Date(start).toISOString().slice(0, 19));
  const iterator = ICAL.Recur.fromString(rule).iterator(at);
  const found: number[] = [];
  for (let time = iterator.next() as ICAL.Time | null; time && found.length < most;) {
    found.push(Date.parse(`${time.toString()}Z`));
    time = iterator.next();
  }
  return found;
}

test('any rule has the occurrences that ical.js finds', () => {
  fc.assert(
    fc.property(rules, starts, (rule, early) => {
      // What a rule means that its start does not fit is undefined (RFC 5545, section 3.8.5.3).
      const [start = early] = listOccurrences({ ...readRule(rule), count: 1 }, early, FAR, FREE);
      const expected = askIcal(rule, start, 80);
      const until = expected.at(-1) ?? start;
      const found = listOccurrences(readRule(rule), start, { from: 0, until }, FREE);
      expect(found).toEqual(expected);
    }),
    { numRuns: 500 },
  );
});

test('a range has those of all occurrences that lie in it, however long ago the rule began', () => {
  fc.assert(
    fc.property(rules, starts, fc.nat(60), fc.nat(60), (rule, start, after, length) => {
      const range = { from: start + after * DAY_MS, until: start + (after + length) * DAY_MS };
      const isFine = /SECONDLY|MINUTELY/.test(rule);
      fc.pre(!isFine || after + length < 2);
      const all = listOccurrences(readRule(rule), start, { ...range, from: 0 }, FREE);
      const found = listOccurrences(readRule(rule), start, range, FREE);
      expect(found).toEqual(all.filter((time) => time >= range.from));
    }),
    { numRuns: 300 },
  );
});

test('what a rule costs does not grow with its age', () => {
  const costOf = (start: string) => {
    let cost = 0;
    const range = { from: Date.parse('2026-11-01'), until: Date.parse('2026-12-31') };
    const budget = { ...FREE, spend: (steps: number) => void (cost += steps) };
    listOccurrences(readRule('FREQ=DAILY'), Date.parse(start), range, budget);
    return cost;
  };
  expect(costOf('1990-01-01')).toBe(costOf('2026-01-01'));
});
