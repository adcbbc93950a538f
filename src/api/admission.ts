import type { RequestHandler } from 'express';
import type { Client } from '@temporalio/client';
import { admit, follow, startPace, type Observation } from '../domain/admission.ts';
import type { Urgency } from '../domain/handoff.ts';
import { askCanary } from '../temporal/canary.ts';
import { handoffTaskQueue } from '../temporal/task-queues.ts';
import { Problem } from './problem.ts';

const LOOK_EVERY_MS = 200;
/** Longer than a worker takes to answer when as much as a bucket holds was let in for a slow one. */
const ANSWER_MS = 10_000;
/** The server counts anew every 5 s; one count taken for several would slow down several times for it. */
const COUNT_EVERY_MS = 6_000;
const COUNT_MS = 2_000;
/** Nobody is asked while nothing is submitted. */
const LOOK_FOR_MS = 3_000;

interface Queue {
  readonly observe: (now: number) => Observation | undefined;
  /** When it is looked at no more, unless something else is submitted to it. */
  readonly until: number;
}

/**
 * Lets submissions in at the pace at which workers work them, has them stand in line for a second, and asks the others
 * to come again before anything was done for them: replies never stand behind a burst. Routine handoffs are the first to
 * wait, critical ones the last.
 * While submissions come in a worker is asked five times a second how long it takes to answer.
 */
export function limitSubmissions(client: Client, taskQueue: string): RequestHandler {
  let pace = startPace(Date.now());
  const queues = new Map<string, Queue>();
  let isLooking = false;

  async function look(): Promise<void> {
    isLooking = true;
    for (;;) {
      const now = Date.now();
      for (const [name, { until }] of queues) if (now > until) queues.delete(name);
      if (queues.size === 0) break;
      // Replies to what is in any queue stand behind what comes into it.
      pace = follow(
        pace,
        [...queues.values()].flatMap(({ observe }) => observe(now) ?? []),
      );
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
    isLooking = false;
  }

  return (request, response, next) => {
    const now = Date.now();
    const urgency = readUrgency(request.body);
    const name = handoffTaskQueue(taskQueue, urgency);
    const observe = queues.get(name)?.observe ?? createObserver(client, name);
    queues.set(name, { observe, until: now + LOOK_FOR_MS });
    if (!isLooking) void look();
    const { pace: after, waitMs, retryAfterS } = admit(pace, urgency, now);
    pace = after;
    if (retryAfterS !== undefined) {
      response.set('Retry-After', String(retryAfterS));
      throw new Problem(
        503,
        'More is handed off than can be worked right now. Nothing was done: send the same request again.',
      );
    }
    if (waitMs === undefined) next();
    else {
      setTimeout(() => {
        // Who has gone sends it again.
        if (!response.closed) next();
      }, waitMs);
    }
  };
}

/** Returns what is new of the workers of a queue each time it is called, and asks for what is next. */
function createObserver(client: Client, name: string): (now: number) => Observation | undefined {
  let askedAt: number | undefined;
  let answer: { readonly latencyMs: number | undefined } | undefined;
  let latest: number | undefined = 0;
  let countedAt = -Infinity;
  let backlog: number | undefined;

  async function ask(now: number): Promise<void> {
    askedAt = now;
    answer = { latencyMs: await askCanary(client, name, ANSWER_MS) };
    askedAt = undefined;
  }

  async function count(now: number): Promise<void> {
    countedAt = now;
    const { namespace } = client.options;
    const { stats } = await client.withDeadline(now + COUNT_MS, () =>
      client.workflowService.describeTaskQueue({
        namespace,
        taskQueue: { name },
        reportStats: true,
      }),
    );
    backlog = Number(stats?.approximateBacklogCount ?? 0);
  }

  /** A question that is not answered yet tells that the answer takes longer than this. */
  function readLatency(now: number): { readonly latencyMs: number | undefined } | undefined {
    if (answer !== undefined) {
      latest = answer.latencyMs;
      return answer;
    }
    if (latest === undefined) return backlog === undefined ? undefined : { latencyMs: undefined };
    const soFar = now - (askedAt ?? now);
    return soFar > latest ? { latencyMs: soFar } : undefined;
  }

  return (now) => {
    const seen = readLatency(now);
    const observation = seen && { ...seen, ...(backlog !== undefined && { backlog }) };
    if (observation !== undefined) [answer, backlog] = [undefined, undefined];
    if (askedAt === undefined) void ask(now);
    // What cannot be counted now is counted the next time.
    if (now - countedAt >= COUNT_EVERY_MS) count(now).catch(() => undefined);
    return observation;
  };
}

/** The body has not been checked yet: what is not known is urgent, and refused later. */
function readUrgency(body: unknown): Urgency {
  const urgency =
    typeof body === 'object' && body !== null && 'urgency' in body ? body.urgency : undefined;
  return urgency === 'critical' || urgency === 'routine' ? urgency : 'urgent';
}
