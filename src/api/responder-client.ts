import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import type { ClosedOffer, OpenOffer } from '../domain/responder.ts';
import type { Actor } from '../domain/state.ts';
import {
  openQuery,
  optInSignal,
  optOutSignal,
  replySignal,
  responderWorkflowId,
} from '../workflows/messages.ts';
import { answerOf } from './handoff-client.ts';

/** The responders' own workflows, as the API sees them. */
export interface ResponderClient {
  /** Returns the handoffs a reply of this person can mean; undefined when no worker answers in time. */
  readOpen(
    responder: string,
  ): Promise<{ open: readonly OpenOffer[]; closed: readonly ClosedOffer[] } | undefined>;
  /** Records a reply durably; the person's workflow routes it and answers by SMS. */
  recordReply(
    responder: string,
    reply: { replyId: string; text: string; by: Actor },
  ): Promise<void>;
  setOptedOut(responder: string, isOut: boolean): Promise<void>;
}

const OPEN_DEADLINE_MS = 2_500;
const SIGNAL_DEADLINE_MS = 4_000;

/** Returns the responders behind a Temporal client. */
export function createResponderClient(client: Client, taskQueue: string): ResponderClient {
  const start = (responder: string) => ({
    workflowId: responderWorkflowId(responder),
    taskQueue,
    args: [{ responder }] as [{ responder: string }],
  });
  const soon = <T>(call: () => Promise<T>): Promise<T> =>
    client.withDeadline(Date.now() + SIGNAL_DEADLINE_MS, call);

  return {
    async readOpen(responder) {
      const handle = client.workflow.getHandle(responderWorkflowId(responder));
      try {
        return await answerOf(
          client.withDeadline(Date.now() + OPEN_DEADLINE_MS, () => handle.query(openQuery)),
        );
      } catch (error) {
        // Nothing was ever offered to them.
        if (error instanceof WorkflowNotFoundError) return { open: [], closed: [] };
        throw error;
      }
    },

    async recordReply(responder, reply) {
      await soon(() =>
        client.workflow.signalWithStart('responder', {
          ...start(responder),
          signal: replySignal,
          signalArgs: [reply],
        }),
      );
    },

    async setOptedOut(responder, isOut) {
      await soon(() =>
        isOut
          ? client.workflow.signalWithStart('responder', {
              ...start(responder),
              signal: optOutSignal,
              signalArgs: [{ at: new Date().toISOString() }],
            })
          : client.workflow.signalWithStart('responder', {
              ...start(responder),
              signal: optInSignal,
              signalArgs: [],
            }),
      );
    },
  };
}
