import type { Channel } from '../domain/policy.ts';

/** Returns the task queue of a channel: rate-limited by the server for all workers together. */
export function channelTaskQueue(taskQueue: string, channel: Channel): string {
  return `${taskQueue}-${channel}`;
}
