import { describe, expect, test } from 'vitest';
import { admit, follow, startPace } from '../../src/domain/admission.ts';

/*
 * The pace against workers that are a queue: what happens when all come at once, and the workers do so many handoffs a
 * second and no more. Each handoff is three tasks, one after the other; a look is a task of its own that stands in the
 * same queue.
 */

const STEP_MS = 5;
const LOOK_EVERY_MS = 200;
const TASKS = 3;
/** What a look takes when nothing waits. */
const LEAST_MS = 30;
const START_UP_MS = 20_000;

interface Demand {
  /** Handoffs a second that workers do, and by what share that goes up and down. */
  readonly capacity: number;
  readonly swing: number;
  /** How many are sent, so many at a time; who is refused comes again when he was told. */
  readonly total: number;
  readonly atOnce: number;
}

interface Course {
  readonly seconds: number;
  /** The share of what workers could have done. */
  readonly used: number;
  /** How long looks took, when what came in before the pace was found is done. */
  readonly lookMs: readonly number[];
}

type Task =
  | { readonly kind: 'look'; readonly sentAt: number }
  | { readonly kind: 'handoff'; readonly left: number; readonly lane: number };

function run({ capacity, swing, total, atOnce }: Demand): Course {
  const random = createRandom();
  const tasks: Task[] = [];
  const inLine: { readonly at: number; readonly lane: number }[] = [];
  const comesAt = Array.from({ length: atOnce }, () => 0);
  const lookMs: number[] = [];
  let pace = startPace(0);
  let [unsent, done, credit, speed, now] = [total, 0, 0, 1, 0];
  let askedAt: number | undefined;
  let latest = 0;

  function send(): void {
    for (const [lane, at] of comesAt.entries()) {
      if (at > now || unsent === 0) continue;
      const answer = admit(pace, 'urgent', now);
      ({ pace } = answer);
      if (answer.retryAfterS === undefined) {
        unsent -= 1;
        inLine.push({ at: now + (answer.waitMs ?? 0), lane });
        comesAt[lane] = Infinity;
      } else comesAt[lane] = now + 1_000 * answer.retryAfterS;
    }
    const due = inLine.filter(({ at }) => at <= now);
    for (const one of due) {
      inLine.splice(inLine.indexOf(one), 1);
      tasks.push({ kind: 'handoff', left: TASKS, lane: one.lane });
    }
  }

  function work(): void {
    credit = Math.min(2, credit) + (capacity * TASKS * speed * STEP_MS) / 1_000;
    for (let task = tasks[0]; task !== undefined; task = tasks[0]) {
      if (task.kind === 'handoff' && credit < 1) return;
      tasks.shift();
      if (task.kind === 'look') hear(task.sentAt);
      else {
        credit -= 1;
        if (task.left === TASKS) comesAt[task.lane] = now;
        if (task.left > 1) tasks.push({ ...task, left: task.left - 1 });
        else done += 1;
      }
    }
  }

  function hear(sentAt: number): void {
    latest = now - sentAt + LEAST_MS;
    if (sentAt > START_UP_MS) lookMs.push(latest);
    pace = follow(pace, [{ latencyMs: latest }]);
    askedAt = undefined;
  }

  /** What is not answered yet tells how long it takes at least. */
  function look(): void {
    if (askedAt === undefined) {
      askedAt = now;
      tasks.push({ kind: 'look', sentAt: now });
    } else if (now - askedAt > latest) pace = follow(pace, [{ latencyMs: now - askedAt }]);
  }

  for (; done < total; now += STEP_MS) {
    if (now % LOOK_EVERY_MS === 0) {
      speed = 1 + swing * (2 * random() - 1);
      look();
    }
    send();
    work();
  }
  const seconds = now / 1_000;
  return { seconds, used: total / capacity / seconds, lookMs: lookMs.sort((a, b) => a - b) };
}

/** The same numbers in each run. */
function createRandom(): () => number {
  let state = 7;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

describe('a burst keeps workers busy, and answers quick', () => {
  const demands: readonly Demand[] = [
    { capacity: 18, swing: 0, total: 1_000, atOnce: 16 },
    { capacity: 18, swing: 0.5, total: 1_000, atOnce: 16 },
    { capacity: 18, swing: 0.5, total: 2_000, atOnce: 300 },
    { capacity: 6, swing: 0.5, total: 400, atOnce: 50 },
    { capacity: 100, swing: 0.5, total: 5_000, atOnce: 100 },
    { capacity: 400, swing: 0.5, total: 30_000, atOnce: 400 },
  ];
  test.each(demands)(
    'of $total, $atOnce at a time, where workers do $capacity a second ± $swing',
    (demand) => {
      const { used, lookMs } = run(demand);
      expect(used).toBeGreaterThan(0.9);
      expect(lookMs[Math.floor(lookMs.length * 0.5)]).toBeLessThan(200);
      expect(lookMs[Math.floor(lookMs.length * 0.95)]).toBeLessThan(500);
    },
  );
});
