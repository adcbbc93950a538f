import {
  isGrpcServiceError,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  type Client,
} from '@temporalio/client';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import type { CommandPayload } from '../domain/command.ts';
import {
  cardOf,
  type Actor,
  type HandoffInput,
  type HandoffStatus,
  type Verb,
} from '../domain/state.ts';
import type { CommandReport, HandoffView } from '../domain/view.ts';
import {
  CODE,
  listStartAttributes,
  OWNER,
  POLICY,
  SOURCE,
  STATUS,
  URGENCY,
} from '../temporal/search-attributes.ts';
import {
  COMMAND_SIGNALS,
  commandResultQuery,
  confirmSignal,
  deliverySignal,
  statusQuery,
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
  readonly submittedAt: string;
}

/** What came of sending a command: its report; recorded but not looked at yet; or no such handoff. */
export type CommandAnswer = CommandReport | 'recorded' | 'unknown';

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
  /** Reports that a message did not arrive; a handoff that is over does not need to know. */
  reportUndelivered(id: string, notification: string, because: string): Promise<void>;
  list(filter: {
    readonly source: string;
    readonly statuses: readonly HandoffStatus[];
    readonly limit: number;
    readonly cursor: string | undefined;
  }): Promise<{ handoffs: HandoffSummary[]; cursor: string | undefined }>;
}

/** Twilio waits 15 s for the answer to a reply; these leave room for the route before and the answer after. */
const SIGNAL_DEADLINE_MS = 4_000;
const RESULT_DEADLINE_MS = 3_000;
const START_DEADLINE_MS = 8_000;

/** Workflow tasks are small; a worker that died with one in hand is noticed sooner than by the default 10 s. */
const WORKFLOW_TASK_TIMEOUT = '3s';

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

  return {
    async start(input, requestHash) {
      const { handoff } = input;
      try {
        await within(START_DEADLINE_MS, () =>
          client.workflow.start('handoff', {
            workflowId: handoff.id,
            taskQueue,
            args: [input],
            workflowIdReusePolicy: 'REJECT_DUPLICATE',
            workflowIdConflictPolicy: 'FAIL',
            workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT,
            typedSearchAttributes: listStartAttributes(handoff),
            memo: { [REQUEST_HASH]: requestHash },
            staticSummary: `${handoff.action.do} (${handoff.urgency}, ${handoff.code})`,
            staticDetails: describeStart(input),
            priority: { priorityKey: { critical: 1, urgent: 2, routine: 4 }[handoff.urgency] },
          }),
        );
        return 'started';
      } catch (error) {
        if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
        const earlier = await describe(handoff.id);
        return earlier?.memo?.[REQUEST_HASH] === requestHash ? 'same' : 'other';
      }
    },

    async read(id) {
      const description = await describe(id);
      if (!description) return undefined;
      const handle = client.workflow.getHandle(id);
      if (description.status.name === 'COMPLETED') {
        return within(SIGNAL_DEADLINE_MS, () => handle.result() as Promise<HandoffView>);
      }
      return (
        (await answerOf(within(RESULT_DEADLINE_MS, () => handle.query(statusQuery)))) ??
        'unanswered'
      );
    },

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
        return reportClosed(verb, payload, await this.read(id));
      }
      const report = await answerOf(
        within(RESULT_DEADLINE_MS, () => handle.query(commandResultQuery, payload.id)),
      );
      if (report) return report;
      try {
        await within(SIGNAL_DEADLINE_MS, () =>
          handle.signal(confirmSignal, { commandId: payload.id }),
        );
      } catch {
        // The command itself is recorded; only its confirmation is not asked for.
      }
      return 'recorded';
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

    async list({ source, statuses, limit, cursor }) {
      const { namespace } = client.options;
      const anyOf = statuses.map((status) => `'${status}'`).join(', ');
      const query = [
        `WorkflowType = 'handoff'`,
        `${SOURCE.name} = '${source}'`,
        ...(statuses.length > 0 ? [`${STATUS.name} IN (${anyOf})`] : []),
      ].join(' AND ');
      const response = await within(SIGNAL_DEADLINE_MS, () =>
        client.workflowService.listWorkflowExecutions({
          namespace,
          query,
          pageSize: limit,
          ...(cursor !== undefined && { nextPageToken: Buffer.from(cursor, 'base64url') }),
        }),
      );
      const handoffs = response.executions.map((execution) => {
        const read = (key: { name: string }) =>
          readText(execution.searchAttributes?.indexedFields?.[key.name]);
        const owner = read(OWNER);
        return {
          id: execution.execution?.workflowId ?? '',
          code: read(CODE) ?? '',
          status: read(STATUS) ?? '',
          urgency: read(URGENCY) ?? '',
          source: read(SOURCE) ?? '',
          policy: read(POLICY) ?? '',
          ...(owner !== undefined && { owner }),
          submittedAt: new Date(Number(execution.startTime?.seconds ?? 0) * 1_000).toISOString(),
        };
      });
      const next = Buffer.from(response.nextPageToken);
      return { handoffs, cursor: next.length > 0 ? next.toString('base64url') : undefined };
    },
  };
}

/** Returns a query's answer, or undefined when no worker gave one in time; other errors are thrown. */
export async function answerOf<T>(query: Promise<T>): Promise<T | undefined> {
  try {
    return await query;
  } catch (error) {
    if (isGrpcServiceError(error) && UNANSWERED.has(error.code)) return undefined;
    throw error;
  }
}

/** CANCELLED, DEADLINE_EXCEEDED and FAILED_PRECONDITION (no worker has ever looked at it) of gRPC. */
const UNANSWERED = new Set([1, 4, 9]);

/** A closed handoff takes no signals; its result says how it ended. */
function reportClosed(
  verb: Verb,
  { id, by }: { readonly id: string; readonly by: Actor },
  view: HandoffView | 'unanswered' | undefined,
): CommandAnswer {
  if (view === undefined || view === 'unanswered') return 'unknown';
  const at = view.ending?.at ?? view.submittedAt;
  return {
    card: cardOf(view),
    result: {
      commandId: id,
      verb,
      by,
      at,
      effect: 'closed',
      ...(view.ending && { ending: view.ending }),
    },
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

function readText(payload: Payload | null | undefined): string | undefined {
  if (!payload) return undefined;
  const value: unknown = defaultPayloadConverter.fromPayload(payload);
  return typeof value === 'string' ? value : undefined;
}
