import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import {
  CALLBACKS_MEMO,
  DELIVERY_STATUSES,
  type DeliveryStatus,
  type DeliverySummary,
} from '../domain/deliveries.ts';
import { decodePayload } from '../temporal/payloads.ts';
import { CALLBACKS, SOURCE } from '../temporal/search-attributes.ts';
import { callbackWorkflowId, resendSignal } from '../workflows/messages.ts';
import { readCursor, writeCursor } from './handoff-query.ts';

/** How the events of one handoff fare. */
export interface CallbackSummary extends DeliverySummary {
  readonly handoff: string;
  readonly source: string;
  readonly status: DeliveryStatus;
}

/** What sources are told, as the API sees it. */
export interface CallbackClient {
  /** Returns one page of handoffs whose events fare so. Throws a 422 for a cursor of another list. */
  list(
    filter: { readonly source: string | undefined; readonly status: DeliveryStatus | undefined },
    page: { readonly limit: number; readonly cursor: string | undefined },
  ): Promise<{ callbacks: CallbackSummary[]; cursor: string | undefined }>;
  /** Has failed events sent again: the one with this number, or all; false when there is nothing to send any more. */
  resend(handoff: string, sequence: number | undefined): Promise<boolean>;
}

const DEADLINE_MS = 4_000;

type Execution = Awaited<
  ReturnType<Client['workflowService']['listWorkflowExecutions']>
>['executions'][number];

/** Returns the callbacks behind a Temporal client. */
export function createCallbackClient(client: Client): CallbackClient {
  const within = <T>(call: () => Promise<T>): Promise<T> =>
    client.withDeadline(Date.now() + DEADLINE_MS, call);
  const describe = async (execution: Execution): Promise<CallbackSummary> => {
    const memo = execution.memo?.fields?.[CALLBACKS_MEMO];
    const summary = memo ? await decodePayload(client, memo) : undefined;
    const read = (key: { readonly name: string }): string => {
      const payload = execution.searchAttributes?.indexedFields?.[key.name];
      return payload ? String(defaultPayloadConverter.fromPayload(payload)) : '';
    };
    return {
      handoff: (execution.execution?.workflowId ?? '').slice(callbackWorkflowId('').length),
      source: read(SOURCE),
      status: DELIVERY_STATUSES.find((known) => known === read(CALLBACKS)) ?? 'pending',
      // Until its first event is through there is no memo yet.
      ...(summary ? (summary as DeliverySummary) : { delivered: 0, pending: [], failed: [] }),
    };
  };

  return {
    async list({ source, status }, { limit, cursor }) {
      const query = [
        `WorkflowType = 'callback'`,
        ...(source === undefined ? [] : [`${SOURCE.name} = '${source}'`]),
        ...(status === undefined ? [] : [`${CALLBACKS.name} = '${status}'`]),
      ].join(' AND ');
      const nextPageToken = readCursor(cursor, query);
      const found = await within(() =>
        client.workflowService.listWorkflowExecutions({
          namespace: client.options.namespace,
          query,
          pageSize: limit,
          ...(nextPageToken && { nextPageToken }),
        }),
      );
      const callbacks = await Promise.all(found.executions.map(describe));
      return { callbacks, cursor: writeCursor(found.nextPageToken, query) };
    },

    async resend(handoff, sequence) {
      try {
        await within(() =>
          client.workflow
            .getHandle(callbackWorkflowId(handoff))
            .signal(resendSignal, sequence === undefined ? {} : { sequence }),
        );
        return true;
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return false;
        throw error;
      }
    },
  };
}
