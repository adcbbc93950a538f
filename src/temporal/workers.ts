import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { DataConverter, WorkerDeploymentVersion } from '@temporalio/common';
import { Worker, type NativeConnection, type WorkerOptions } from '@temporalio/worker';
import type { Urgency } from '../domain/handoff.ts';
import type { Channel } from '../domain/policy.ts';
import {
  briefTaskQueue,
  callbackTaskQueue,
  channelTaskQueue,
  handoffTaskQueue,
  questionTaskQueue,
} from './task-queues.ts';
import { findWorkflowModules } from './workflow-bundle.ts';

export interface WorkersOptions {
  readonly connection: NativeConnection;
  readonly namespace: string;
  /** As the clients of the same namespace have it. */
  readonly dataConverter: DataConverter;
  readonly taskQueue: string;
  /** All activities by name; each worker registers those of its queue. */
  readonly activities: {
    readonly local: object;
    readonly sms: object;
    readonly voice: object;
    readonly email: object;
    readonly callback: object;
    readonly question: object;
    /** Missing: no model writes briefs here. */
    readonly brief?: object | undefined;
  };
  /** Messages a second that the server hands out for all workers together: the senders' throughput. */
  readonly perSecond: Readonly<Record<Channel, number>>;
  /** A cached workflow takes about 0.4 MB; one that is not cached is replayed when it is needed. */
  readonly maxCachedWorkflows: number;
  /** This build in Temporal's worker versioning; missing: not versioned. */
  readonly version?: WorkerDeploymentVersion;
}

/**
 * As many polls as the server finds use for: under load a third quicker to a message, measured on the bare workflow
 * that asks a person's first (docs/performance.md).
 */
const POLLS = { type: 'autoscaling' } as const;

/** So much routine work is under way at a time: the rest of the machine is for what is urgent. */
const ROUTINE_LIMITS = {
  maxConcurrentWorkflowTaskExecutions: 4,
  maxConcurrentLocalActivityExecutions: 4,
  workflowTaskPollerBehavior: { type: 'simple-maximum', maximum: 2 },
} as const satisfies Partial<WorkerOptions>;

/** So many receivers may hang at once before the others wait. */
const MAX_CALLBACKS = 200;

/** Each has the workers answer up to twenty queries: more at once would only keep them from everything else. */
const MAX_QUESTIONS = 10;

/** A local model answers a few at a time; more would only all be late. */
const MAX_BRIEFS = 4;

/** Time for activities under way to end before a worker stops. */
const SHUTDOWN_GRACE = '15s';

/**
 * Returns the workers of one process: one for workflows with their local activities, and one for each channel,
 * so that a provider that hangs or a flood of one channel's messages holds up nothing else.
 */
export async function createWorkers(options: WorkersOptions): Promise<Worker[]> {
  const { connection, namespace, dataConverter, taskQueue, activities, perSecond } = options;
  const common = {
    connection,
    namespace,
    dataConverter,
    shutdownGraceTime: SHUTDOWN_GRACE,
    ...(options.version && {
      workerDeploymentOptions: {
        version: options.version,
        useWorkerVersioning: true,
        // A handoff lives for days: it goes on with the next version, which patches keep compatible.
        defaultVersioningBehavior: 'AUTO_UPGRADE',
      },
    }),
  } satisfies Partial<WorkerOptions>;
  const channel = (name: Channel, channelActivities: object): Promise<Worker> =>
    Worker.create({
      ...common,
      taskQueue: channelTaskQueue(taskQueue, name),
      activities: channelActivities,
      activityTaskPollerBehavior: POLLS,
      maxTaskQueueActivitiesPerSecond: perSecond[name],
    });
  const workflows = (urgency: Urgency, limits: Partial<WorkerOptions> = {}): Promise<Worker> =>
    Worker.create({
      ...common,
      workflowTaskPollerBehavior: POLLS,
      ...limits,
      taskQueue: handoffTaskQueue(taskQueue, urgency),
      ...findWorkflows(),
      activities: activities.local,
      maxCachedWorkflows: Math.ceil(options.maxCachedWorkflows / 2),
      // After a worker is killed its workflows wait this long for it; by default 10 s, and so would a reply.
      stickyQueueScheduleToStartTimeout: '1s',
    });
  return Promise.all([
    workflows('urgent'),
    workflows('routine', ROUTINE_LIMITS),
    channel('sms', activities.sms),
    channel('voice', activities.voice),
    channel('email', activities.email),
    Worker.create({
      ...common,
      taskQueue: callbackTaskQueue(taskQueue),
      activities: activities.callback,
      maxConcurrentActivityTaskExecutions: MAX_CALLBACKS,
    }),
    Worker.create({
      ...common,
      taskQueue: questionTaskQueue(taskQueue),
      activities: activities.question,
      maxConcurrentActivityTaskExecutions: MAX_QUESTIONS,
    }),
    ...(activities.brief
      ? [
          Worker.create({
            ...common,
            taskQueue: briefTaskQueue(taskQueue),
            activities: activities.brief,
            maxConcurrentActivityTaskExecutions: MAX_BRIEFS,
          }),
        ]
      : []),
  ]);
}

/**
 * Returns the workflows: `npm run build` bundles them ahead, beside the code, which saves each start of a worker the
 * bundling and the image's worker its memory; in a clone the worker bundles what stands in src/.
 */
function findWorkflows(): Pick<
  WorkerOptions,
  'workflowBundle' | 'workflowsPath' | 'bundlerOptions' | 'interceptors'
> {
  const codePath = fileURLToPath(new URL('../workflow-bundle.js', import.meta.url));
  if (existsSync(codePath)) return { workflowBundle: { codePath } };
  const { workflowsPath, workflowInterceptorModules, preloadModules } = findWorkflowModules();
  return {
    workflowsPath,
    interceptors: { workflowModules: workflowInterceptorModules },
    bundlerOptions: { preloadModules },
  };
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
