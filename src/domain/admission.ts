import type { Urgency } from './handoff.ts';

/**
 * How many handoffs are let in: a bucket of tokens that fills at a pace, and a pace that follows how quickly workers
 * answer. What is let in beyond what they can work would stand in front of people's replies.
 */
export interface Pace {
  readonly perSecond: number;
  readonly tokens: number;
  /** How long a worker took to answer when it was last asked. */
  readonly latencyMs?: number;
  /** When the bucket was last filled (milliseconds). */
  readonly at: number;
  /** About how many were asked to come again and have not been back, and what the last of them was told. */
  readonly waiting: { readonly count: number; readonly at: number; readonly seconds: number };
}

/** What was seen of the workers of a queue since it was last looked at. */
export interface Observation {
  /**
   * How long a worker took to answer, or has taken so far (milliseconds); undefined when none answers: there is none, or
   * it is stuck.
   */
  readonly latencyMs: number | undefined;
  /** How many workflow tasks wait for a worker, where that was counted anew. */
  readonly backlog?: number;
}

const START_PER_SECOND = 50;
const SLOWEST_PER_SECOND = 2;
const FASTEST_PER_SECOND = 1_000;
/** A reply takes two to three such answers, and is to have its own within a second. */
const TARGET_MS = 150;
/** How much the pace changes at one look, five a second. The tests show what this does to a queue. */
const BY_DISTANCE = 0.05;
const BY_CHANGE = 0.2;
const LEAST_FACTOR = 0.5;
const MOST_FACTOR = 2;
/** A worker may answer quickly and still leave first tasks waiting: no more than take so long at this pace. */
const BACKLOG_S = 1;
const TASKS_OF_ONE = 2;
const FACTOR_BEHIND = 0.7;
/** Without a worker so many are taken in, to be told when one is back. */
const BACKLOG_WITHOUT_WORKER = 500;
/** A bucket holds what comes in this time, so that a small burst passes at once. */
const BURST_S = 1;

/** What somebody who is refused is told to wait at least, and at most. */
const LEAST_WAIT_S = 1;
const LONGEST_WAIT_S = 20;

/** How much of the bucket is kept for what is more urgent; what is critical passes even where others stand in line. */
const RESERVE: Readonly<Record<Urgency, number>> = { critical: -2, urgent: 0, routine: 0.5 };
/**
 * What is urgent stands in line for so long, and no more than so many, before it is refused: a second here is less
 * than coming again takes. Routine work would only take the place of others.
 */
const LINE_S = 1;
const LONGEST_LINE = 100;

export function startPace(now: number): Pace {
  return {
    perSecond: START_PER_SECOND,
    tokens: START_PER_SECOND * BURST_S,
    at: now,
    waiting: { count: 0, at: now, seconds: LEAST_WAIT_S },
  };
}

/**
 * Follows what was seen of the queues that submissions go to, the slowest of them: replies to what is in any of them
 * stand behind what comes into it. The pace changes as in PIE (RFC 8033, 4.2): by how far an answer is from what it may
 * take, and by how much it changed since the last. The first alone swings, as what waits is the sum of all that was
 * too much, and slows down many times for one and the same backlog.
 */
export function follow(pace: Pace, observations: readonly Observation[]): Pace {
  const backlog = Math.max(0, ...observations.map((one) => one.backlog ?? 0));
  if (observations.some((one) => one.latencyMs === undefined)) {
    const isFull = backlog >= BACKLOG_WITHOUT_WORKER;
    return withPerSecond(pace, isFull ? SLOWEST_PER_SECOND : START_PER_SECOND);
  }
  const latencies = observations.flatMap((one) => one.latencyMs ?? []);
  if (latencies.length === 0) return pace;
  const latencyMs = Math.max(...latencies);
  const tooLong = (latencyMs - TARGET_MS) / TARGET_MS;
  const longer = (latencyMs - (pace.latencyMs ?? latencyMs)) / TARGET_MS;
  const factor = Math.exp(-BY_DISTANCE * tooLong - BY_CHANGE * longer);
  // A pace that is not used says nothing of whether more than that would do.
  const mayGrow = pace.perSecond < START_PER_SECOND || pace.tokens < (pace.perSecond * BURST_S) / 2;
  const isBehind = backlog > BACKLOG_S * TASKS_OF_ONE * pace.perSecond;
  const most = isBehind ? FACTOR_BEHIND : mayGrow ? MOST_FACTOR : 1;
  const perSecond = pace.perSecond * Math.min(most, Math.max(LEAST_FACTOR, factor));
  return { ...withPerSecond(pace, perSecond), latencyMs };
}

function withPerSecond(pace: Pace, wanted: number): Pace {
  const perSecond = Math.min(FASTEST_PER_SECOND, Math.max(SLOWEST_PER_SECOND, wanted));
  return { ...pace, perSecond, tokens: Math.min(pace.tokens, perSecond * BURST_S) };
}

/**
 * Returns whether one more is let in, after how long, and the pace after that; if not, after how many seconds to come
 * again.
 */
export function admit(
  pace: Pace,
  urgency: Urgency,
  now: number,
): { readonly pace: Pace; readonly waitMs?: number; readonly retryAfterS?: number } {
  const { perSecond } = pace;
  const size = Math.max(1, perSecond * BURST_S);
  const seconds = Math.max(0, now - pace.at) / 1_000;
  const filled = { ...pace, tokens: Math.min(size, pace.tokens + seconds * perSecond), at: now };
  const left = filled.tokens - 1;
  const missing = RESERVE[urgency] * size - left;
  const line = urgency === 'urgent' ? Math.min(perSecond * LINE_S, LONGEST_LINE) : 0;
  if (missing <= line) {
    const waitMs = Math.ceil((Math.max(0, missing) / perSecond) * 1_000);
    return { pace: { ...filled, tokens: left }, ...(waitMs > 0 && { waitMs }) };
  }
  const waiting = wait(filled, now);
  return { pace: { ...filled, waiting }, retryAfterS: waiting.seconds };
}

/** Those who wait come back one by one at the pace, rather than all at once to be refused again. */
function wait({ waiting, perSecond }: Pace, now: number): Pace['waiting'] {
  const back = Math.min(1, Math.max(0, now - waiting.at) / 1_000 / waiting.seconds);
  const count = waiting.count * (1 - back) + 1;
  const seconds = Math.min(LONGEST_WAIT_S, Math.max(LEAST_WAIT_S, Math.ceil(count / perSecond)));
  return { count, at: now, seconds };
}
