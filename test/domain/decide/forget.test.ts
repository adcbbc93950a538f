import { describe, expect, test } from 'vitest';
import { countOf, shortenTimeline } from '../../../src/domain/decide/forget.ts';
import type { TimelineEntry } from '../../../src/domain/state.ts';
import { viewHandoff } from '../../../src/domain/view.ts';
import { buildInput } from '../../support/builders.ts';
import { after, endOf, findMessage, HOUR, listOrders, MINUTE, tell } from './story.ts';

/** The server ends a workflow whose input is larger, without a word to anybody. */
const BLOB_LIMIT = 2 * 1024 * 1024;

describe('a last resort that is reminded for weeks', () => {
  const people = Array.from({ length: 24 }, (_, index) => `person-${index}`);
  const input = buildInput({
    policy: {
      expiresAfterMs: 2 * 24 * HOUR,
      lastResort: {
        notify: ['team:sales'],
        ladder: [{ channel: 'sms', afterMs: 0 }],
        remindEveryMs: 30 * MINUTE,
      },
    },
  });
  const steps = tell({ plans: [{ people: ['alice'] }, { people: ['bob'] }, { people }] }, input);
  const sizes = steps.map(({ after: state }) => JSON.stringify(state).length);

  test('does not outgrow what a workflow can carry on', () => {
    const half = sizes.slice(0, sizes.length / 2);

    expect(listOrders(steps).length).toBeGreaterThan(1_000);
    expect(Math.max(...sizes)).toBeLessThan(BLOB_LIMIT / 4);
    // It has stopped growing by then.
    expect(Math.max(...sizes)).toBeLessThan(1.1 * Math.max(...half));
  });

  test('names no two messages alike, and goes on counting how often somebody was asked', () => {
    const ids = listOrders(steps).map(({ order }) => order.id);
    const asked = listOrders(steps).filter(({ order }) => order.recipient === 'person-3');

    expect(new Set(ids).size).toBe(ids.length);
    expect(asked.slice(0, -1).map(({ order: { message } }) => message)).toMatchObject(
      asked.slice(0, -1).map((_, index) => ({ kind: 'last-resort', notice: index + 1 })),
    );
    expect(findMessage(steps, 'person-3', 'expired').because).toBe('nobody took it before its end');
  });

  test('keeps the beginning and the end of the story, and says how much is left out', () => {
    const { timeline } = viewHandoff(input, endOf(steps));
    const all = timeline.reduce((sum, entry) => sum + countOf(entry), 0);

    expect(timeline[0]?.what).toBe('submitted');
    expect(timeline.find(({ what }) => what === 'left-out')?.because).toMatch(
      /^\d+ routine steps until then$/,
    );
    expect(all).toBeGreaterThan(2 * timeline.length);
    expect(timeline.at(-1)?.what).toBe('sent');
  });
});

describe('a timeline that is too long', () => {
  const entry = (index: number, what: TimelineEntry['what'] = 'sent'): TimelineEntry => ({
    at: after(index),
    what,
    because: `${what} ${index}`,
  });

  test('keeps what somebody did or said, and the number of every entry', () => {
    const long = Array.from({ length: 2_000 }, (_, index) =>
      entry(index, index === 700 ? 'passed' : index === 701 ? 'noted' : 'sent'),
    );
    const short = shortenTimeline(long);
    const numberOf = (what: string): number =>
      short
        .slice(0, short.findIndex((one) => one.because === what) + 1)
        .reduce((sum, one) => sum + countOf(one), 0);

    expect(short).toHaveLength(100 + 1 + 2 + 1 + 400);
    expect(numberOf('passed 700')).toBe(701);
    expect(numberOf('noted 701')).toBe(702);
    expect(numberOf('sent 1999')).toBe(2_000);
    expect(short[100]).toEqual({
      at: after(699),
      what: 'left-out',
      because: '600 routine steps until then',
      count: 600,
    });
  });

  test('is shortened again as if it had been at once', () => {
    const long = Array.from({ length: 3_000 }, (_, index) => entry(index));
    const [once] = [shortenTimeline(long)];
    const twice = shortenTimeline([...shortenTimeline(long.slice(0, 2_000)), ...long.slice(2_000)]);

    expect(twice).toEqual(once);
  });
});
