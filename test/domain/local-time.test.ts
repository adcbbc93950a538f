import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatWallTime } from '../../src/domain/local-time.ts';

const NEW_YORK = 'America/New_York';
/** A Monday, 10:00 in New York. */
const NOW = '2026-11-23T15:00:00.000Z';

test.each([
  // The same instant on different walls.
  ['2026-11-23T19:05:00Z', NEW_YORK, NOW, '14:05'],
  ['2026-11-23T19:05:00Z', 'America/Chicago', NOW, '13:05'],
  ['2026-11-23T19:05:00Z', 'Europe/London', NOW, '19:05'],
  ['2026-11-23T19:05:00Z', 'Asia/Kolkata', NOW, 'Tue 00:35'],
  ['2026-11-23T19:05:00Z', 'Pacific/Auckland', NOW, '08:05'],
  // "Today" ends at the reader's midnight, which is 00:00 and never 24:00.
  ['2026-11-24T04:59:00Z', NEW_YORK, NOW, '23:59'],
  ['2026-11-24T05:00:00Z', NEW_YORK, NOW, 'Tue 00:00'],
  ['2026-11-23T05:00:00Z', NEW_YORK, NOW, '00:00'],
  ['2026-11-23T04:59:00Z', NEW_YORK, NOW, 'Sun 23:59'],
  // A weekday is clear within six days only.
  ['2026-11-29T14:59:00Z', NEW_YORK, NOW, 'Sun 09:59'],
  ['2026-11-29T15:00:00Z', NEW_YORK, NOW, '29 Nov 10:00'],
  ['2026-11-17T15:01:00Z', NEW_YORK, NOW, 'Tue 10:01'],
  ['2026-11-16T15:00:00Z', NEW_YORK, NOW, '16 Nov 10:00'],
  // In New York clocks go back on 1 November: 02:00 EST is 07:00 UTC.
  ['2026-11-01T07:00:00Z', NEW_YORK, '2026-11-01T04:00:00Z', '02:00'],
  // Clocks go forward in London on 29 March: after 00:59 comes 02:00.
  ['2026-03-29T00:59:00Z', 'Europe/London', '2026-03-29T00:00:00Z', '00:59'],
  ['2026-03-29T01:00:00Z', 'Europe/London', '2026-03-29T00:00:00Z', '02:00'],
  // The day of 25 hours is one day, that of 23 too.
  ['2026-11-02T04:59:00Z', NEW_YORK, '2026-11-01T04:00:00Z', '23:59'],
  ['2026-03-09T03:59:00Z', NEW_YORK, '2026-03-08T05:00:00Z', '23:59'],
  // The turn of the year.
  ['2027-01-01T05:00:00Z', NEW_YORK, '2026-12-31T15:00:00Z', 'Fri 00:00'],
])('%s is in %s at %s: %s', (at, timezone, now, text) => {
  expect(formatWallTime(at, { timezone, now })).toBe(text);
});

test.each([
  // Before the doubled hour nothing is ambiguous.
  ['2026-11-01T04:59:00Z', NEW_YORK, '2026-11-01T04:00:00Z', '00:59'],
  ['2026-11-01T05:30:00Z', NEW_YORK, '2026-11-01T04:00:00Z', '01:30 GMT-4'],
  ['2026-11-01T06:30:00Z', NEW_YORK, '2026-11-01T04:00:00Z', '01:30 GMT-5'],
  // On Lord Howe Island they go back by half an hour.
  ['2026-04-04T14:45:00Z', 'Australia/Lord_Howe', '2026-04-04T14:00:00Z', '01:45 GMT+11'],
  ['2026-04-04T15:15:00Z', 'Australia/Lord_Howe', '2026-04-04T14:00:00Z', '01:45 GMT+10:30'],
])('fault 17: %s is in %s, where an hour comes twice, at %s: %s', (at, timezone, now, text) => {
  expect(formatWallTime(at, { timezone, now })).toBe(text);
});

test('is short and plain enough for an SMS in every zone at every instant', () => {
  const zone = fc.constantFrom(...Intl.supportedValuesOf('timeZone'));
  const instant = fc
    .date({ min: new Date('2020-01-01'), max: new Date('2040-01-01'), noInvalidDate: true })
    .map((date) => date.toISOString());
  fc.assert(
    fc.property(zone, instant, instant, (timezone, at, now) => {
      expect(formatWallTime(at, { timezone, now })).toMatch(
        /^(?:[A-Z][a-z]{2} |\d{1,2} [A-Z][a-z]{2,3} )?(?:[01]\d|2[0-3]):[0-5]\d(?: GMT(?:[+-]\d{1,2}(?::\d\d)?)?)?$/,
      );
    }),
    { numRuns: 300 },
  );
});
