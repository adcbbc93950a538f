import { formatDuration } from './duration.ts';

/**
 * What keeps handoffs from being delivered, or has dropped one. `dropped` has happened and stays so; the others last
 * until somebody mends them.
 */
export type ProblemKind =
  | 'temporal-unreachable'
  | 'no-worker'
  | 'api-unreachable'
  | 'waiting-in-queue'
  | 'stuck'
  | 'not-sent'
  | 'dropped';

/** Something that an operator must look at, in words; names no lead. */
export interface Problem {
  /** The same for as long as it is the same problem. */
  readonly key: string;
  readonly kind: ProblemKind;
  readonly text: string;
}

/** What is seen of a workflow that runs. */
export interface SeenWorkflow {
  readonly id: string;
  readonly type: string;
  /** Its workflow task that has not been done: how often it was tried, and since when it waits. */
  readonly task?: { readonly attempt: number; readonly since: number } | undefined;
  readonly activities: readonly { readonly type: string; readonly attempt: number }[];
}

/** What is seen of a task queue. */
export interface SeenQueue {
  readonly name: string;
  readonly purpose: string;
  /** Whether a worker answers there, or has asked for work of late. */
  readonly isServed: boolean;
  /** How long its oldest task has waited. */
  readonly backlogAgeMs: number;
}

/** A workflow task is done in milliseconds; half a minute covers a worker that is replaced. */
const TASK_MS = 30_000;
/** An error that passes is over after three attempts of a workflow task; one of the code is not. */
const TASK_ATTEMPTS = 4;
/** So often a critical message is tried in a minute and a routine one in eight; then somebody should know. */
const SENDING_ATTEMPTS = 13;
/** Urgent tasks are served first, so that what waits this long is routine work or there are too few workers. */
const BACKLOG_MS = 5 * 60_000;

/** Returns what is wrong with a workflow that runs, or undefined. */
export function judgeWorkflow(seen: SeenWorkflow, now: number): Problem | undefined {
  const { id, type, task, activities } = seen;
  if (task && (task.attempt >= TASK_ATTEMPTS || now - task.since > TASK_MS)) {
    const since = formatDuration(roundToSeconds(now - task.since));
    return {
      key: `stuck ${id}`,
      kind: 'stuck',
      text: `${type} ${id} does not go on: its workflow task waits for ${since} and was tried ${task.attempt} times. Open it in the Temporal UI: the failure of its last workflow task says why; without one no worker serves its task queue.`,
    };
  }
  // A source's receiver that is down is its own business.
  const refused = activities.find(
    ({ type: name, attempt }) => name !== 'postCallback' && attempt >= SENDING_ATTEMPTS,
  );
  if (refused) {
    return {
      key: `not-sent ${id}`,
      kind: 'not-sent',
      text: `${refused.type} of ${type} ${id} was tried ${refused.attempt} times: the provider refuses or is away. Its last failure is in the Temporal UI.`,
    };
  }
  return undefined;
}

/** Returns what is wrong with a task queue. */
export function judgeQueue({ name, purpose, isServed, backlogAgeMs }: SeenQueue): Problem[] {
  if (!isServed) {
    return [
      {
        key: `no-worker ${name}`,
        kind: 'no-worker',
        text: `No worker serves task queue ${name} (${purpose}). Start one: nothing is lost, and nobody is told meanwhile.`,
      },
    ];
  }
  if (backlogAgeMs <= BACKLOG_MS) return [];
  return [
    {
      key: `waiting-in-queue ${name}`,
      kind: 'waiting-in-queue',
      text: `The oldest task of queue ${name} (${purpose}) has waited for ${formatDuration(roundToSeconds(backlogAgeMs))}: start more workers, or raise the sender's rate.`,
    },
  ];
}

/** Returns what to say of a handoff that ended without having come to its end. */
export function judgeEnded(id: string, status: string): Problem {
  return {
    key: `dropped ${id}`,
    kind: 'dropped',
    text: `Handoff ${id} was ${status} from outside: nobody will be told of it any more. Look it up in the Temporal UI and tell somebody, or hand it off again.`,
  };
}

/** Returns whether handoffs can be delivered in spite of these problems: what was dropped holds up nothing else. */
export function canDeliver(problems: readonly Problem[]): boolean {
  return problems.every(({ kind }) => kind === 'dropped');
}

function roundToSeconds(ms: number): number {
  return Math.max(1_000, Math.round(ms / 1_000) * 1_000);
}
