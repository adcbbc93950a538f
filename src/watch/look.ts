/*
 * watch/ looks at Baton from outside, on a way that needs no worker and no API of ours: whether somebody serves every
 * task queue, whether a handoff is stuck or was dropped, whether the APIs are ready.
 */
import type { Client } from '@temporalio/client';
import proto from '@temporalio/proto';
import {
  judgeEnded,
  judgeQueue,
  judgeWorkflow,
  type Problem,
  type SeenWorkflow,
} from '../domain/watch.ts';
import { askCanary } from '../temporal/canary.ts';
import { GRPC, grpcStatusOf } from '../temporal/grpc-status.ts';
import {
  callbackTaskQueue,
  channelTaskQueue,
  handoffTaskQueue,
  questionTaskQueue,
} from '../temporal/task-queues.ts';

export interface LookOptions {
  readonly client: Client;
  readonly taskQueue: string;
  /** Base URLs of the APIs that must be ready. */
  readonly apis: readonly string[];
}

/** What one look around found. */
export interface Findings {
  readonly problems: readonly Problem[];
  /** How many handoffs are open; missing while nobody can count them. */
  readonly open?: number;
}

const DEADLINE_MS = 5_000;
/** A worker that died a moment ago has its workflows waiting for a second; one that starts takes some. */
const ANSWER_MS = 10_000;
/** Pollers ask anew every minute. */
const POLLED_WITHIN_MS = 75_000;
/** How many open workflows one look goes through; the next one goes on behind them. */
const PER_LOOK = 400;
const AT_ONCE = 8;
/** What was dropped is told for so long. */
const DROPPED_WITHIN_MS = 3_600_000;

const OPEN = "WorkflowType IN ('handoff', 'responder', 'callback') AND ExecutionStatus = 'Running'";
const { TaskQueueType } = proto.temporal.api.enums.v1;
const KIND = {
  workflow: TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
  activity: TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY,
};

/** Returns a function that looks around once. */
export function createLook({ client, taskQueue, apis }: LookOptions): () => Promise<Findings> {
  const { namespace } = client.options;
  const service = client.workflowService;
  const within = <T>(ms: number, call: () => Promise<T>): Promise<T> =>
    client.withDeadline(Date.now() + ms, call);
  let nextPage: Uint8Array | undefined;
  const stuck = new Map<string, Problem>();
  let lastDropped: readonly Problem[] = [];

  const queues = [
    {
      name: handoffTaskQueue(taskQueue, 'urgent'),
      purpose: 'urgent handoffs',
      kind: KIND.workflow,
    },
    {
      name: handoffTaskQueue(taskQueue, 'routine'),
      purpose: 'routine handoffs',
      kind: KIND.workflow,
    },
    ...(['sms', 'voice', 'email'] as const).map((channel) => ({
      name: channelTaskQueue(taskQueue, channel),
      purpose: channel,
      kind: KIND.activity,
    })),
    { name: callbackTaskQueue(taskQueue), purpose: 'callbacks', kind: KIND.activity },
    { name: questionTaskQueue(taskQueue), purpose: 'recorded replies', kind: KIND.activity },
  ];

  async function lookAtQueue({ name, purpose, kind }: (typeof queues)[number]) {
    const { pollers, stats } = await within(DEADLINE_MS, () =>
      service.describeTaskQueue({
        namespace,
        taskQueue: { name },
        taskQueueType: kind,
        reportStats: true,
      }),
    );
    const isPolled = pollers.some(
      ({ lastAccessTime }) => Date.now() - toMs(lastAccessTime) < POLLED_WITHIN_MS,
    );
    const isServed =
      kind === KIND.workflow ? (await askCanary(client, name, ANSWER_MS)) !== undefined : isPolled;
    const age = stats?.approximateBacklogAge;
    return judgeQueue({ name, purpose, isServed, backlogAgeMs: Number(age?.seconds ?? 0) * 1_000 });
  }

  async function lookAtWorkflow(workflowId: string): Promise<void> {
    let seen: Description | undefined;
    try {
      seen = await within(DEADLINE_MS, () =>
        service.describeWorkflowExecution({ namespace, execution: { workflowId } }),
      );
    } catch (error) {
      // Nothing is known of it for now: a problem of it is not over.
      if (grpcStatusOf(error) !== GRPC.notFound) return;
    }
    const problem =
      seen && seen.workflowExecutionInfo?.closeTime == null
        ? judgeWorkflow(read(workflowId, seen), Date.now())
        : undefined;
    if (problem) stuck.set(workflowId, problem);
    else stuck.delete(workflowId);
  }

  /** Goes through some more of the open workflows, and again through those that were stuck. */
  async function lookAtWorkflows(): Promise<Problem[]> {
    const { executions, nextPageToken } = await within(DEADLINE_MS, () =>
      service.listWorkflowExecutions({
        namespace,
        query: OPEN,
        pageSize: PER_LOOK,
        ...(nextPage && { nextPageToken: nextPage }),
      }),
    );
    nextPage = nextPageToken.length > 0 ? nextPageToken : undefined;
    const listed = executions.map(({ execution }) => execution?.workflowId ?? '');
    const ids = [...new Set([...stuck.keys(), ...listed])].filter(Boolean);
    const workers = Array.from({ length: AT_ONCE }, async () => {
      for (let id = ids.shift(); id !== undefined; id = ids.shift()) await lookAtWorkflow(id);
    });
    await Promise.all(workers);
    return [...stuck.values()];
  }

  async function listDropped(): Promise<Problem[]> {
    const since = new Date(Date.now() - DROPPED_WITHIN_MS).toISOString();
    const { executions } = await within(DEADLINE_MS, () =>
      service.listWorkflowExecutions({
        namespace,
        query: `WorkflowType = 'handoff' AND ExecutionStatus IN ('Terminated', 'Failed', 'TimedOut', 'Canceled') AND CloseTime > '${since}'`,
        pageSize: 100,
      }),
    );
    return executions.map(({ execution, status }) =>
      judgeEnded(execution?.workflowId ?? '', ENDED[Number(status)] ?? 'ended'),
    );
  }

  async function countOpen(): Promise<number> {
    const { count } = await within(DEADLINE_MS, () =>
      service.countWorkflowExecutions({
        namespace,
        query: "WorkflowType = 'handoff' AND ExecutionStatus = 'Running'",
      }),
    );
    return Number(count);
  }

  return async () => {
    const ready = await Promise.all(apis.map((url) => lookAtApi(url)));
    try {
      const [atQueues, atWorkflows, dropped, open] = await Promise.all([
        Promise.all(queues.map(lookAtQueue)),
        unlessBusy(lookAtWorkflows, () => [...stuck.values()]),
        unlessBusy(listDropped, () => lastDropped),
        unlessBusy(countOpen, () => undefined),
      ]);
      lastDropped = dropped;
      return {
        problems: [...ready.flat(), ...atQueues.flat(), ...atWorkflows, ...dropped],
        ...(open !== undefined && { open }),
      };
    } catch (error) {
      const because = error instanceof Error ? error.message : String(error);
      return {
        problems: [
          ...ready.flat(),
          {
            key: 'temporal-unreachable',
            kind: 'temporal-unreachable',
            text: `Temporal does not answer (${because}): handoffs are refused, and nobody is told of those that are open.`,
          },
        ],
      };
    }
  };
}

/** Visibility answers a few times a second: that others ask it too does not mean that Temporal is away. */
async function unlessBusy<T, U>(look: () => Promise<T>, otherwise: () => U): Promise<T | U> {
  try {
    return await look();
  } catch (error) {
    if (grpcStatusOf(error) === GRPC.resourceExhausted) return otherwise();
    throw error;
  }
}

async function lookAtApi(url: string): Promise<Problem[]> {
  const because = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(DEADLINE_MS) }).then(
    ({ ok, status }) => (ok ? undefined : `it says ${status}`),
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
  if (because === undefined) return [];
  return [
    {
      key: `api-unreachable ${url}`,
      kind: 'api-unreachable',
      text: `The API at ${url} is not ready (${because}): handoffs, replies and reports do not get in there.`,
    },
  ];
}

type Description = Awaited<ReturnType<Client['workflowService']['describeWorkflowExecution']>>;

function read(
  id: string,
  { workflowExecutionInfo, pendingWorkflowTask, pendingActivities }: Description,
): SeenWorkflow {
  return {
    id,
    type: workflowExecutionInfo?.type?.name ?? 'workflow',
    task: pendingWorkflowTask
      ? {
          attempt: pendingWorkflowTask.attempt ?? 1,
          since: toMs(
            pendingWorkflowTask.originalScheduledTime ?? pendingWorkflowTask.scheduledTime,
          ),
        }
      : undefined,
    activities: pendingActivities.map(({ activityType, attempt }) => ({
      type: activityType?.name ?? 'an activity',
      attempt: attempt ?? 1,
    })),
  };
}

/** temporal.api.enums.v1.WorkflowExecutionStatus, of those that nobody wants. */
const ENDED: Readonly<Record<number, string>> = {
  3: 'failed',
  4: 'cancelled',
  5: 'terminated',
  7: 'timed out',
};

function toMs(time: { seconds?: unknown; nanos?: number | null } | null | undefined): number {
  if (!time) return Date.now();
  return Number(time.seconds ?? 0) * 1_000 + Math.floor((time.nanos ?? 0) / 1e6);
}
