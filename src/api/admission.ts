import type { RequestHandler } from 'express';
import type { Client } from '@temporalio/client';
import { admit, followSlowest, startPace, type Observation } from '../domain/admission.ts';
import type { Urgency } from '../domain/handoff.ts';
import { askCanary } from '../temporal/canary.ts';
import { handoffTaskQueue } from '../temporal/task-queues.ts';
import { Problem } from './problem.ts';

const LOOK_EVERY_MS = 200;
const ANSWER_MS = 2_000;
/** Nobody is asked while nothing is submitted. */
const LOOK_FOR_MS = 3_000;

/**
 * Lets submissions in at the pace at which workers work them, has them stand in line for a second, and asks the others
 * to come again before anything was done for them: replies never stand behind a burst. Routine handoffs are the first to
 * wait, critical ones the last.
 * While submissions come in a worker is asked five times a second how long it takes to answer.
 */
export function limitSubmissions(client: Client, taskQueue: string): RequestHandler {
  let pace = startPace(Date.now());
  /** Until when a queue is looked at, by its name. */
  const lookUntil = new Map<string, number>();
  let isLooking = false;

  async function countBacklog(name: string): Promise<number> {
    const { namespace } = client.options;
    const { stats } = await client.withDeadline(Date.now() + ANSWER_MS, () =>
      client.workflowService.describeTaskQueue({
        namespace,
        taskQueue: { name },
        reportStats: true,
      }),
    );
    return Number(stats?.approximateBacklogCount ?? 0);
  }

  async function observe(queue: string): Promise<Observation> {
    const [latencyMs, backlog] = await Promise.all([
      askCanary(client, queue, ANSWER_MS),
      countBacklog(queue).catch(() => 0),
    ]);
    return { latencyMs, backlog };
  }

  const listQueues = (): readonly string[] =>
    [...lookUntil].filter(([, until]) => Date.now() < until).map(([name]) => name);

  async function look(): Promise<void> {
    isLooking = true;
    for (let queues = listQueues(); queues.length > 0; queues = listQueues()) {
      const from = Date.now();
      // Replies to what is in either queue stand behind what comes into it.
      pace = followSlowest(pace, await Promise.all(queues.map(observe)));
      const restMs = LOOK_EVERY_MS - (Date.now() - from);
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, restMs)));
    }
    isLooking = false;
  }

  return (request, response, next) => {
    const now = Date.now();
    const urgency = readUrgency(request.body);
    lookUntil.set(handoffTaskQueue(taskQueue, urgency), now + LOOK_FOR_MS);
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

/** The body has not been checked yet: what is not known is urgent, and refused later. */
function readUrgency(body: unknown): Urgency {
  const urgency =
    typeof body === 'object' && body !== null && 'urgency' in body ? body.urgency : undefined;
  return urgency === 'critical' || urgency === 'routine' ? urgency : 'urgent';
}
