import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker, type NativeConnection, type WorkerOptions } from '@temporalio/worker';
import type { Channel } from '../domain/policy.ts';
import { channelTaskQueue } from './task-queues.ts';

export interface WorkersOptions {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly taskQueue: string;
  /** All activities by name; each worker registers those of its queue. */
  readonly activities: {
    readonly local: object;
    readonly sms: object;
    readonly email: object;
  };
  /** Messages a second that the server hands out for all workers together: the senders' throughput. */
  readonly perSecond: Readonly<Record<Channel, number>>;
  /** A cached workflow takes about 0.4 MB; one that is not cached is replayed when it is needed. */
  readonly maxCachedWorkflows: number;
}

/** Time for activities under way to end before a worker stops. */
const SHUTDOWN_GRACE = '15s';

/**
 * Returns the workers of one process: one for workflows with their local activities, and one for each channel,
 * so that a provider that hangs or a flood of one channel's messages holds up nothing else.
 */
export async function createWorkers(options: WorkersOptions): Promise<Worker[]> {
  const { connection, namespace, taskQueue, activities, perSecond } = options;
  const common = {
    connection,
    namespace,
    shutdownGraceTime: SHUTDOWN_GRACE,
  } satisfies Partial<WorkerOptions>;
  const channel = (name: Channel, channelActivities: object): Promise<Worker> =>
    Worker.create({
      ...common,
      taskQueue: channelTaskQueue(taskQueue, name),
      activities: channelActivities,
      maxTaskQueueActivitiesPerSecond: perSecond[name],
    });
  return Promise.all([
    Worker.create({
      ...common,
      taskQueue,
      workflowsPath: fileURLToPath(
        new URL(`../workflows/index${extname(fileURLToPath(import.meta.url))}`, import.meta.url),
      ),
      activities: activities.local,
      maxCachedWorkflows: options.maxCachedWorkflows,
      // After a worker is killed its workflows wait this long for it; by default 10 s, and so would a reply.
      stickyQueueScheduleToStartTimeout: '1s',
    }),
    channel('sms', activities.sms),
    channel('email', activities.email),
  ]);
}

/** Runs workers until they are shut down; when one fails the others are shut down and the failure is thrown. */
export async function runWorkers(workers: readonly Worker[]): Promise<void> {
  const runs = workers.map((worker) =>
    worker.run().catch((error: unknown) => {
      for (const other of workers) {
        if (other.getState() === 'RUNNING') other.shutdown();
      }
      throw error;
    }),
  );
  await Promise.all(runs);
}
