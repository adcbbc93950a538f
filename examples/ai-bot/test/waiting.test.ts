import type { Coverage, Stats } from 'baton/client';
import { expect, test } from 'vitest';
import { describeWait, formatSeconds } from '../src/waiting.ts';
import { findInvention } from '../src/wording.ts';

const now = Date.parse('2026-11-28T15:00:00Z');
const coverage = (at?: string) =>
  ({
    urgencies: [
      { urgency: 'urgent', hours: [{ at: '', isGap: false, ...(at && { first: { at } }) }] },
    ],
  }) as unknown as Coverage;
const stats = (count: number) =>
  ({ policies: { sales: { secondsToTake: { count, p50: 95, p95: 600 } } } }) as unknown as Stats;
const wait = {
  status: 'notifying',
  asked: ['Alice Ng', 'Bob Diaz'],
  coverage: coverage('2026-11-28T15:01:00Z'),
  stats: stats(12),
  policy: 'sales',
  now,
  timezone: 'America/New_York',
};

test('who is asked and how long it takes', () => {
  expect(describeWait(wait)).toEqual([
    'I am asking Alice Ng and Bob Diaz.',
    'Half of the time somebody comes within 2 minutes, nearly always within 10 minutes.',
  ]);
});

test('what is not known is not said', () => {
  const sentences = describeWait({ ...wait, asked: [], stats: stats(2), coverage: undefined });
  expect(sentences.join(' ')).toBe(
    'I am asking my colleagues. I cannot say yet how long it usually takes; I tell you here when somebody comes.',
  );
});

test('out of hours: when somebody will be there, in whose time', () => {
  const closed = { ...wait, status: 'waiting', coverage: coverage('2026-11-30T13:00:00Z') };
  expect(describeWait(closed)[0]).toBe(
    'Nobody is on duty right now. Somebody will be there from Monday 08:00 (America/New York time).',
  );
  expect(describeWait({ ...closed, coverage: coverage() })[0]).toContain('I do not know when');
});

test.each([
  [30, 'a minute'],
  [61, '2 minutes'],
  [5_400, '2 hours'],
])('%d seconds are %s', (seconds, said) => {
  expect(formatSeconds(seconds)).toBe(said);
});

const article = { id: 'a', title: 'Prices', text: 'Team costs 9 euros.', keywords: '' };
test.each([
  ['Team costs 9 euros a month.', undefined],
  ['Team costs 8 euros.', '"8" is not in the article'],
  ['See https://evil.example', '"https://evil.example" is not in the article'],
  ['', 'it is empty'],
])('a model that says "%s": %s', (answer, fault) => {
  expect(findInvention(answer, article)).toBe(fault);
});
