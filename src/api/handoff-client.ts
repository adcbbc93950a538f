import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  type Client,
} from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import type { CommandPayload } from '../domain/command.ts';
import { stoppedAt } from '../domain/offer.ts';
import { cardOf, lookUp, type Actor, type HandoffInput, type Verb } from '../domain/state.ts';
import type { StatsRow } from '../domain/stats.ts';
import type { CommandReport, HandoffResult, HandoffView } from '../domain/view.ts';
import { answerOf, GRPC, grpcStatusOf } from '../temporal/grpc-status.ts';
import { encodePayload } from '../temporal/payloads.ts';
import {
  ACT_BY,
  AWAITING,
  CODE,
  DECLINED,
  ESCALATIONS,
  listStartAttributes,
  OUTCOME,
  OWNER,
  POLICY,
  SECONDS_TO_ACT,
  SECONDS_TO_TAKE,
  SOURCE,
  STATUS,
  TAKEN_BY,
  URGENCY,
} from '../temporal/search-attributes.ts';
import { readCursor, writeCursor, writeQuery, type HandoffFilter } from './handoff-query.ts';
import { handoffTaskQueue, PRIORITY_KEYS } from '../temporal/task-queues.ts';
import {
  COMMAND_SIGNALS,
  commandResultQuery,
  confirmSignal,
  deliverySignal,
  statusQuery,
  WORKFLOW_TASK_TIMEOUT,
} from '../workflows/messages.ts';

/** A handoff in a list: what visibility knows of it. */
export interface HandoffSummary {
  readonly id: string;
  readonly code: string;
  readonly status: string;
  readonly urgency: string;
  readonly source: string;
  readonly policy: string;
  readonly owner?: string;
  /** Responders for whom it waits. */
  readonly awaiting: readonly string[];
  /** The owner's deadline, or the action's. */
  readonly actBy?: string;
  readonly submittedAt: string;
}

/**
 * What came of sending a command: its report; recorded, and its sender is told the result when it is looked at;
 * recorded, but nobody could be asked to tell them; or no such handoff.
 */
export type CommandAnswer = CommandReport | 'recorded' | 'unconfirmed' | 'unknown';

/** The handoffs, as the API sees them. Rejects with a gRPC error when Temporal cannot be reached in time. */
export interface HandoffClient {
  /** Starts a handoff unless its id was used before; then says so and whether the request was the same. */
  start(input: HandoffInput, requestHash: string): Promise<'started' | 'same' | 'other'>;
  /** Returns a handoff, or undefined where there is none; `unanswered` when no worker is there to tell. */
  read(id: string): Promise<HandoffView | 'unanswered' | undefined>;
  /** Returns whose handoff it is, or undefined where there is none. */
  readSource(id: string): Promise<string | undefined>;
  /** Signals a command, then waits a little for its result. */
  command<V extends Verb>(id: string, verb: V, payload: CommandPayload<V>): Promise<CommandAnswer>;
  /** Returns what came of a command that was given before; undefined when that is not known, or not yet. */
  readCommand(id: string, commandId: string): Promise<CommandReport | undefined>;
  /** Reports that a message did not arrive; a handoff that is over does not need to know. */
  reportUndelivered(id: string, notification: string, because: string): Promise<void>;
  /** Returns one page of the handoffs that fit, the newest first. Throws a 422 for a cursor of another list. */
  list(
    filter: HandoffFilter,
    page: { readonly limit: number; readonly cursor: string | undefined },
  ): Promise<{ handoffs: HandoffSummary[]; cursor: string | undefined }>;
  /** Returns what statistics count of the handoffs that fit, of `max` at most, and whether those are all. */
  listRows(filter: HandoffFilter, max: number): Promise<{ rows: StatsRow[]; isComplete: boolean }>;
  /** Yields a handoff as it stands now and after each change, until its end or the signal. */
  readonly watch: (id: string, signal: AbortSignal) => AsyncGenerator<HandoffView, void>;
  /**
   * Has Temporal withdraw all open handoffs that fit, and returns how many those are. With a job of the same name
   * nothing is done a second time.
   */
  withdrawAll(
    filter: HandoffFilter,
    request: { readonly job: string; readonly payload: CommandPayload<'withdraw'> },
  ): Promise<number>;
  /** Returns how far such a job is, or undefined where there is none. */
  readWithdrawal(job: string): Promise<WithdrawalProgress | undefined>;
}

/** How far a withdrawal of many handoffs is. */
export interface WithdrawalProgress {
  readonly status: 'running' | 'completed' | 'failed';
  readonly total: number;
  readonly done: number;
  readonly failed: number;
}

/** Twilio waits 15 s for the answer to a reply; these leave room for the route before and the answer after. */
const SIGNAL_DEADLINE_MS = 4_000;
const RESULT_DEADLINE_MS = 3_000;
const START_DEADLINE_MS = 8_000;

/**
 * What ends a handoff is answered from the workflow's result: a query that comes after the end makes a worker
 * replay the whole history. Refused ones do not end it; they are queried after this.
 */
const ENDING_VERBS: ReadonlySet<Verb> = new Set<Verb>(['resolve', 'withdraw']);
const END_DEADLINE_MS = 250;

const REQUEST_HASH = 'requestHash';

/** Returns the handoffs behind a Temporal client. */
export function createHandoffClient(client: Client, taskQueue: string): HandoffClient {
  const within = <T>(ms: number, call: () => Promise<T>): Promise<T> =>
    client.withDeadline(Date.now() + ms, call);

  const describe = async (id: string) => {
    try {
      const description = await within(SIGNAL_DEADLINE_MS, () =>
        client.workflow.getHandle(id).describe(),
      );
      return description.type === 'handoff' ? description : undefined;
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return undefined;
      throw error;
    }
  };

  const readResult = (id: string, ms: number): Promise<HandoffResult> =>
    within(ms, () => client.workflow.getHandle(id).result() as Promise<HandoffResult>);

  const search = (query: string, pageSize: number, nextPageToken?: Buffer) =>
    within(SIGNAL_DEADLINE_MS, () =>
      client.workflowService.listWorkflowExecutions({
        namespace: client.options.namespace,
        query,
        pageSize,
        ...(nextPageToken && { nextPageToken }),
      }),
    );

  /** What a handoff's workflow knew last, where somebody stopped it: nobody is told of it any more. */
  const viewStopped = ({ owner, ...view }: HandoffView, at: string): HandoffView => {
    const ending = stoppedAt(at);
    return { ...view, status: ending.status, ending, awaiting: [], next: null };
  };

  const readView = async (id: string): Promise<HandoffView | 'unanswered' | undefined> => {
    const description = await describe(id);
    if (!description) return undefined;
    const handle = client.workflow.getHandle(id);
    if (description.status.name === 'COMPLETED') {
      const { results, ...view } = await readResult(id, SIGNAL_DEADLINE_MS);
      return view;
    }
    const view = await answerOf(within(RESULT_DEADLINE_MS, () => handle.query(statusQuery)));
    if (!view) return 'unanswered';
    const { closeTime } = description;
    return closeTime ? viewStopped(view, closeTime.toISOString()) : view;
  };

  return {
    async start(input, requestHash) {
      const { handoff } = input;
      try {
        await within(START_DEADLINE_MS, () =>
          client.workflow.start('handoff', {
            workflowId: handoff.id,
            taskQueue: handoffTaskQueue(taskQueue, handoff.urgency),
            args: [input],
            workflowIdReusePolicy: 'REJECT_DUPLICATE',
            workflowIdConflictPolicy: 'FAIL',
            workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT,
            typedSearchAttributes: listStartAttributes(handoff),
            memo: { [REQUEST_HASH]: requestHash },
            staticSummary: `${handoff.action.do} (${handoff.urgency}, ${handoff.code})`,
            staticDetails: describeStart(input),
            priority: { priorityKey: PRIORITY_KEYS[handoff.urgency] },
          }),
        );
        return 'started';
      } catch (error) {
        if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
        const earlier = await describe(handoff.id);
        return earlier?.memo?.[REQUEST_HASH] === requestHash ? 'same' : 'other';
      }
    },

    read: readView,

    async readSource(id) {
      const description = await describe(id);
      return description?.typedSearchAttributes.get(SOURCE);
    },

    async command(id, verb, payload) {
      const handle = client.workflow.getHandle(id);
      const signal = COMMAND_SIGNALS[verb];
      try {
        await within(SIGNAL_DEADLINE_MS, () => handle.signal<[unknown]>(signal.name, payload));
      } catch (error) {
        if (!(error instanceof WorkflowNotFoundError)) throw error;
        const description = await describe(id);
        if (description?.status.name !== 'COMPLETED') return 'unknown';
        return reportClosed(verb, payload, await readResult(id, SIGNAL_DEADLINE_MS));
      }
      // The signal is durable: from here on nothing that fails is a failure of the command.
      try {
        if (ENDING_VERBS.has(verb)) {
          const ended = await readResult(id, END_DEADLINE_MS).catch(() => undefined);
          if (ended) return reportClosed(verb, payload, ended);
        }
        const report = await within(RESULT_DEADLINE_MS, () =>
          handle.query(commandResultQuery, payload.id),
        );
        if (report) return report;
      } catch {
        // No worker answered in time.
      }
      try {
        await within(SIGNAL_DEADLINE_MS, () =>
          handle.signal(confirmSignal, { commandId: payload.id }),
        );
        return 'recorded';
      } catch (error) {
        if (!(error instanceof WorkflowNotFoundError)) return 'unconfirmed';
        // It ended meanwhile, and tells nobody anything any more; its result knows what came of the command.
        const ended = await readResult(id, END_DEADLINE_MS).catch(() => undefined);
        return ended ? reportClosed(verb, payload, ended) : 'unconfirmed';
      }
    },

    async readCommand(id, commandId) {
      try {
        const handle = client.workflow.getHandle(id);
        const report = await answerOf(
          within(RESULT_DEADLINE_MS, () => handle.query(commandResultQuery, commandId)),
        );
        return report ?? undefined;
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return undefined;
        throw error;
      }
    },

    async reportUndelivered(id, notification, because) {
      try {
        await within(SIGNAL_DEADLINE_MS, () =>
          client.workflow.getHandle(id).signal(deliverySignal, { notification, because }),
        );
      } catch (error) {
        if (!(error instanceof WorkflowNotFoundError)) throw error;
      }
    },

    async list(filter, { limit, cursor }) {
      const query = writeQuery(filter);
      const { executions, nextPageToken } = await search(query, limit, readCursor(cursor, query));
      return {
        handoffs: executions.map(summarise),
        cursor: writeCursor(nextPageToken, query),
      };
    },

    async listRows(filter, max) {
      const query = writeQuery(filter);
      const rows: StatsRow[] = [];
      let token: Buffer | undefined;
      do {
        const limit = Math.min(STATS_PAGE, max - rows.length);
        const { executions, nextPageToken } = await search(query, limit, token);
        rows.push(...executions.map(readRow));
        token = nextPageToken.length > 0 ? Buffer.from(nextPageToken) : undefined;
      } while (token && rows.length < max);
      return { rows, isComplete: token === undefined };
    },

    async *watch(id, signal) {
      let token: Uint8Array = new Uint8Array();
      while (!signal.aborted) {
        const { history, nextPageToken } = await client.withAbortSignal(signal, () =>
          within(WATCH_DEADLINE_MS, () =>
            client.workflowService.getWorkflowExecutionHistory({
              namespace: client.options.namespace,
              execution: { workflowId: id },
              waitNewEvent: true,
              nextPageToken: token,
            }),
          ),
        );
        token = nextPageToken;
        if ((history?.events ?? []).length === 0) continue;
        const view = await readView(id);
        if (typeof view !== 'object') continue;
        yield view;
        if (view.ending) return;
      }
    },

    async withdrawAll(filter, { job, payload }) {
      const { namespace, identity } = client.options;
      const query = `${writeQuery(filter)} AND ExecutionStatus = 'Running'`;
      const { count } = await within(SIGNAL_DEADLINE_MS, () =>
        client.workflowService.countWorkflowExecutions({ namespace, query }),
      );
      const input = { payloads: await encodePayload(client, payload) };
      try {
        await within(START_DEADLINE_MS, () =>
          client.workflowService.startBatchOperation({
            namespace,
            jobId: job,
            visibilityQuery: query,
            // The server keeps this as it is; the source's own words are in the signal, encrypted.
            reason: 'withdrawn by its source',
            signalOperation: { signal: COMMAND_SIGNALS.withdraw.name, input, identity },
          }),
        );
      } catch (error) {
        if (grpcStatusOf(error) !== GRPC.alreadyExists) throw error;
      }
      return Number(count);
    },

    async readWithdrawal(job) {
      try {
        const found = await within(SIGNAL_DEADLINE_MS, () =>
          client.workflowService.describeBatchOperation({
            namespace: client.options.namespace,
            jobId: job,
          }),
        );
        return {
          status: BATCH_STATES[found.state] ?? 'running',
          total: Number(found.totalOperationCount),
          done: Number(found.completeOperationCount),
          failed: Number(found.failureOperationCount),
        };
      } catch (error) {
        if (error instanceof Error && NO_BATCH.has(grpcStatusOf(error))) return undefined;
        throw error;
      }
    },
  };
}

/** The protocol's temporal.api.enums.v1.BatchOperationState. */
const BATCH_STATES: Readonly<Record<number, 'running' | 'completed' | 'failed'>> = {
  1: 'running',
  2: 'completed',
  3: 'failed',
};

const NO_BATCH = new Set<number | undefined>([GRPC.notFound, GRPC.invalidArgument]);

/** The server's long poll answers within 20 s or so, with or without news. */
const WATCH_DEADLINE_MS = 60_000;

/** As much as visibility gives at once by default (frontend.visibilityMaxPageSize). */
const STATS_PAGE = 1_000;

type Execution = Awaited<
  ReturnType<Client['workflowService']['listWorkflowExecutions']>
>['executions'][number];

function readAttribute(execution: Execution, key: { readonly name: string }): unknown {
  const payload = execution.searchAttributes?.indexedFields?.[key.name];
  return payload ? defaultPayloadConverter.fromPayload(payload) : undefined;
}

function readWord(execution: Execution, key: { readonly name: string }): string | undefined {
  const value = readAttribute(execution, key);
  return typeof value === 'string' ? value : undefined;
}

function readNumber(execution: Execution, key: { readonly name: string }): number | undefined {
  const value = readAttribute(execution, key);
  return typeof value === 'number' ? value : undefined;
}

function readWords(execution: Execution, key: { readonly name: string }): string[] {
  const value = readAttribute(execution, key);
  const words = Array.isArray(value) ? value : [value];
  return words.filter((word) => typeof word === 'string');
}

/** The protocol's temporal.api.enums.v1.WorkflowExecutionStatus: running, and completed. */
const BY_ITSELF = new Set([1, 2]);

/** What somebody stopped in Temporal cannot say so itself. */
function readStatus(execution: Execution): string {
  const isStopped = !BY_ITSELF.has(Number(execution.status));
  return isStopped ? stoppedAt('').status : (readWord(execution, STATUS) ?? '');
}

function summarise(execution: Execution): HandoffSummary {
  const owner = readWord(execution, OWNER);
  const actBy = readAttribute(execution, ACT_BY);
  const due = typeof actBy === 'string' ? new Date(actBy) : actBy;
  return {
    id: execution.execution?.workflowId ?? '',
    code: readWord(execution, CODE) ?? '',
    status: readStatus(execution),
    urgency: readWord(execution, URGENCY) ?? '',
    source: readWord(execution, SOURCE) ?? '',
    policy: readWord(execution, POLICY) ?? '',
    ...(owner !== undefined && { owner }),
    awaiting: readWords(execution, AWAITING),
    ...(due instanceof Date && { actBy: due.toISOString() }),
    submittedAt: new Date(Number(execution.startTime?.seconds ?? 0) * 1_000).toISOString(),
  };
}

function readRow(execution: Execution): StatsRow {
  return {
    source: readWord(execution, SOURCE) ?? '',
    policy: readWord(execution, POLICY) ?? '',
    status: readStatus(execution),
    takenBy: readWord(execution, TAKEN_BY),
    outcome: readWord(execution, OUTCOME),
    declined: readWords(execution, DECLINED),
    escalations: readNumber(execution, ESCALATIONS) ?? 0,
    secondsToTake: readNumber(execution, SECONDS_TO_TAKE),
    secondsToAct: readNumber(execution, SECONDS_TO_ACT),
  };
}

/** Returns what came of a command from the result of a handoff that has ended, perhaps before it came. */
function reportClosed(
  verb: Verb,
  { id, by }: { readonly id: string; readonly by: Actor },
  ended: HandoffResult,
): CommandReport {
  const result = lookUp(ended.results, id);
  if (result) return { card: cardOf(ended), result };
  const { ending, submittedAt } = ended;
  const at = ending?.at ?? submittedAt;
  return {
    card: cardOf(ended),
    result: { commandId: id, verb, by, at, effect: 'closed', ...(ending && { ending }) },
  };
}

/** For the Temporal UI: what the handoff is, as Markdown. It is a payload, encrypted where payloads are. */
function describeStart({ handoff, policy }: HandoffInput): string {
  const { brief, action } = handoff;
  return [
    `**${action.do}**${action.dueAt === undefined ? '' : ` by ${action.dueAt}`}`,
    '',
    `${brief.subject}: ${brief.summary}`,
    '',
    `From \`${handoff.source}\`, policy \`${policy.name}\`: ${policy.tiers.map((tier) => `${tier.label} ${tier.notify.join(', ')}`).join(' → ')} → last resort ${policy.lastResort.notify.join(', ')}`,
  ].join('\n');
}
