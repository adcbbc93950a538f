import type { Urgency } from '../domain/handoff.ts';
import type { Channel } from '../domain/policy.ts';

/**
 * Temporal's priority of a handoff and its messages, 1 to 5; lower is served first, and in an overload what is higher not
 * at all. What is urgent has Temporal's default, as people's workflows have: each waits for the other (a message for its
 * offer, a reply for its handoff), so neither may stand behind all of the other.
 */
export const PRIORITY_KEYS: Readonly<Record<Urgency, number>> = {
  critical: 1,
  urgent: 3,
  routine: 4,
};

const ROUTINE = '-routine';

/**
 * Returns the task queue of a handoff's workflow. Routine work has one of its own, served a little at a time: all
 * that waited for the morning wakes up at once, and nothing urgent may stand behind it.
 */
export function handoffTaskQueue(taskQueue: string, urgency: Urgency): string {
  return urgency === 'routine' ? `${taskQueue}${ROUTINE}` : taskQueue;
}

/** Returns the task queue of a channel: rate-limited by the server for all workers together. */
export function channelTaskQueue(workflowTaskQueue: string, channel: Channel): string {
  return `${dropRoutine(workflowTaskQueue)}-${channel}`;
}

/** Returns the task queue of the posts to sources: a receiver that hangs holds up nobody's phone. */
export function callbackTaskQueue(workflowTaskQueue: string): string {
  return `${dropRoutine(workflowTaskQueue)}-callback`;
}

/** Returns the task queue of questions to handoffs: no workflow's task waits for another's. */
export function questionTaskQueue(workflowTaskQueue: string): string {
  return `${dropRoutine(workflowTaskQueue)}-question`;
}

/** Returns the task queue of the brief writer: a model that is slow, or a queue before it, holds up nothing else. */
export function briefTaskQueue(workflowTaskQueue: string): string {
  return `${dropRoutine(workflowTaskQueue)}-brief`;
}

function dropRoutine(taskQueue: string): string {
  return taskQueue.endsWith(ROUTINE) ? taskQueue.slice(0, -ROUTINE.length) : taskQueue;
}

/** The workflow of a task queue that only says that a worker is there, and the query it answers. */
export const CANARY = { workflow: 'canary', query: 'alive' } as const;

/** Returns the id of the canary of a task queue. */
export function canaryWorkflowId(taskQueue: string): string {
  return `canary-${taskQueue}`;
}
