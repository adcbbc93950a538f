import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { admit, follow, startPace, type Pace } from '../../src/domain/admission.ts';
import type { Urgency } from '../../src/domain/handoff.ts';

const QUICK = { latencyMs: 20 };
const LONGEST_LINE = 100;
const SLOW = { latencyMs: 900 };

/** Lets in as many as it can at one instant, and says how many of them have to stand in line. */
function fill(
  pace: Pace,
  urgency: Urgency,
  now: number,
): { atOnce: number; inLine: number; longestMs: number; pace: Pace } {
  const waits: number[] = [];
  for (;;) {
    const next = admit(pace, urgency, now);
    // Whoever is refused has had the bucket filled up to this instant: a pace that rises after it counts from here.
    ({ pace } = next);
    if (next.retryAfterS !== undefined) {
      const atOnce = waits.filter((wait) => wait === 0).length;
      return { atOnce, inLine: waits.length - atOnce, longestMs: Math.max(0, ...waits), pace };
    }
    waits.push(next.waitMs ?? 0);
  }
}

describe('submissions', () => {
  test('fifty at once pass when nothing has been going on, fifty stand in line, and the next come again', () => {
    const { pace, ...passed } = fill(startPace(0), 'urgent', 0);
    expect(passed).toEqual({ atOnce: 50, inLine: 50, longestMs: 1_000 });
    expect(admit(pace, 'urgent', 0).retryAfterS).toBe(1);
    // A second later the line has gone through, and another is there.
    expect(fill(pace, 'urgent', 1_000)).toMatchObject({ atOnce: 0, inLine: 50 });
  });

  test('stand in line one behind the other', () => {
    const { pace } = fill(startPace(0), 'urgent', 0);
    const first = admit(pace, 'urgent', 100);
    const second = admit(first.pace, 'urgent', 100);
    expect([first.waitMs, second.waitMs]).toEqual([920, 940]);
  });

  test('stand in no line of more than a hundred', () => {
    const pace = { ...startPace(0), perSecond: 1_000, tokens: 0 };
    expect(fill(pace, 'urgent', 0)).toMatchObject({ atOnce: 0, inLine: 100, longestMs: 100 });
  });

  test('routine ones wait first and critical ones last', () => {
    const routine = fill(startPace(0), 'routine', 0);
    expect(routine).toMatchObject({ atOnce: 25, inLine: 0 });
    const urgent = fill(routine.pace, 'urgent', 0);
    expect(urgent).toMatchObject({ atOnce: 25, inLine: 50 });
    expect(fill(urgent.pace, 'critical', 0)).toMatchObject({ atOnce: 50, inLine: 0 });
  });

  test('are slowed down at once when workers answer slowly, and are as many again some seconds after', () => {
    let pace = startPace(0);
    for (let look = 0; look < 20; look += 1) pace = follow(pace, [QUICK, SLOW]);
    expect(pace.perSecond).toBe(2);
    expect(fill(pace, 'urgent', 0)).toMatchObject({ atOnce: 2, inLine: 2, longestMs: 1_000 });
    for (let look = 0; look < 80; look += 1) pace = follow(pace, [QUICK, QUICK]);
    expect(pace.perSecond).toBeGreaterThanOrEqual(50);
  });

  test('that are refused are told to come again when it is about their turn', () => {
    let { pace } = fill(startPace(0), 'urgent', 0);
    for (let look = 0; look < 10; look += 1) pace = follow(pace, [{ latencyMs: 450 }]);
    const told: number[] = [];
    for (let client = 0; client < 100; client += 1) {
      const next = admit(pace, 'urgent', 0);
      ({ pace } = next);
      told.push(next.retryAfterS ?? 0);
    }
    expect(told[0]).toBe(1);
    expect(told.at(-1)).toBe(Math.ceil(100 / pace.perSecond));
    // Somebody who comes a minute later finds nobody waiting.
    const later = admit({ ...pace, tokens: -pace.perSecond, at: 60_000 }, 'urgent', 60_000);
    expect(later.retryAfterS).toBe(1);
  });

  test('are taken in without a worker until five hundred wait', () => {
    const without = { latencyMs: undefined, backlog: 499 };
    expect(follow(startPace(0), [without]).perSecond).toBe(50);
    expect(follow(startPace(0), [QUICK, { ...without, backlog: 500 }]).perSecond).toBe(2);
    // Between two counts it stays as it is.
    expect(follow(startPace(0), [{ latencyMs: undefined }]).perSecond).toBe(50);
  });

  test('become fewer when first tasks wait although answers are quick, once for each count', () => {
    const behind = follow(startPace(0), [{ ...QUICK, backlog: 101 }]);
    expect(behind.perSecond).toBe(35);
    expect(follow(behind, [QUICK]).perSecond).toBeGreaterThan(35);
    expect(follow(startPace(0), [{ ...QUICK, backlog: 100 }]).perSecond).toBeGreaterThanOrEqual(50);
  });

  test('that are few do not raise the pace: nobody has seen that more would do', () => {
    let pace = startPace(0);
    for (let look = 0; look < 100; look += 1) {
      ({ pace } = admit(pace, 'urgent', 200 * look));
      pace = follow(pace, [QUICK]);
    }
    expect(pace.perSecond).toBe(50);
  });

  test('are never more than the pace allows, whatever is seen', () => {
    const look = fc.record({
      latencyMs: fc.option(fc.integer({ min: 0, max: 5_000 }), { nil: undefined }),
      backlog: fc.nat(2_000),
    });
    const looked = fc.array(look, { minLength: 1, maxLength: 2 });
    fc.assert(
      fc.property(fc.array(looked, { maxLength: 60 }), (looks) => {
        let pace = startPace(0);
        let admitted = 0;
        let allowed = pace.tokens;
        let now = 0;
        for (const seen of looks) {
          pace = follow(pace, seen);
          expect(pace.perSecond).toBeGreaterThanOrEqual(2);
          now += 200;
          allowed += 0.2 * pace.perSecond;
          const filled = fill(pace, 'urgent', now);
          admitted += filled.atOnce + filled.inLine;
          ({ pace } = filled);
          // Those in line have been counted already and pass within the second.
          expect(admitted).toBeLessThanOrEqual(allowed + LONGEST_LINE + 1e-6);
          expect(filled.longestMs).toBeLessThanOrEqual(1_000);
        }
      }),
      // One that was found while a refused fill was taken back, so that a higher pace counted for longer than it was.
      {
        examples: [
          [[undefined, 1_367, 1_540, undefined, 0].map((latencyMs) => [{ latencyMs, backlog: 0 }])],
        ],
      },
    );
  });
});
