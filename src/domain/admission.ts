import type { Urgency } from './handoff.ts';

/**
 * How many handoffs are let in: a bucket of tokens that fills at a pace, and a pace that follows how quickly workers
 * answer. What is let in beyond what they can work would stand in front of people's replies.
 */
export interface Pace {
  readonly perSecond: number;
  readonly tokens: number;
  /** When the bucket was last filled (milliseconds). */
  readonly at: number;
  /** About how many were asked to come again and have not been back, and what the last of them was told. */
  readonly waiting: { readonly count: number; readonly at: number; readonly seconds: number };
}

/** What was seen of the workers. */
export interface Observation {
  /** How long a worker took to answer; undefined when none did. */
  readonly latencyMs: number | undefined;
  /** How many workflow tasks wait for a worker. */
  readonly backlog: number;
}

const START_PER_SECOND = 50;
const SLOWEST_PER_SECOND = 1;
const FASTEST_PER_SECOND = 1_000;
/** A reply takes two to three such answers, and is to have its own within a second. */
const GOOD_MS = 100;
const SLOW_MS = 200;
const BACKLOG = 30;
/** Without a worker so many are taken in, to be told when one is back. */
const BACKLOG_WITHOUT_WORKER = 500;
/** A bucket holds what comes in this time, so that a small burst passes at once. */
const BURST_S = 1;

/** What somebody who is refused is told to wait at least, and at most. */
const LEAST_WAIT_S = 1;
const LONGEST_WAIT_S = 60;

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

/** Follows what was seen: a little faster while answers come quickly, much slower as soon as they do not. */
export function follow(pace: Pace, { latencyMs, backlog }: Observation): Pace {
  const factor = choose(latencyMs, backlog);
  const perSecond = Math.min(
    FASTEST_PER_SECOND,
    Math.max(SLOWEST_PER_SECOND, pace.perSecond * factor),
  );
  return { ...pace, perSecond, tokens: Math.min(pace.tokens, perSecond * BURST_S) };
}

/** Follows the slowest of several queues: the one whose workers answer last, or that has the most to do. */
export function followSlowest(pace: Pace, observations: readonly Observation[]): Pace {
  const paces = observations.map((observation) => follow(pace, observation));
  return paces.reduce(
    (slowest, one) => (one.perSecond < slowest.perSecond ? one : slowest),
    paces[0] ?? pace,
  );
}

function choose(latencyMs: number | undefined, backlog: number): number {
  if (latencyMs === undefined) return backlog < BACKLOG_WITHOUT_WORKER ? 1 : 0;
  if (latencyMs > 2 * SLOW_MS) return 0.5;
  if (latencyMs > SLOW_MS || backlog > BACKLOG) return 0.8;
  return latencyMs < GOOD_MS ? 1.1 : 1;
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
