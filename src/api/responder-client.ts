import {
  WorkflowNotFoundError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  type Client,
} from '@temporalio/client';
import type { Absence } from '../domain/availability/situation.ts';
import { stoppedAt, type ClosedOffer, type OpenOffer } from '../domain/offer.ts';
import type { RecordedReply } from '../domain/payloads.ts';
import { parseReply } from '../domain/reply.ts';
import { routeReply } from '../domain/reply-route.ts';
import type { RoutedReply } from '../domain/responder.ts';
import { readAbsence, readAbsences } from '../temporal/absences.ts';
import {
  awaySignal,
  backSignal,
  bundleUndeliveredSignal,
  closedSignal,
  openQuery,
  optInSignal,
  optOutSignal,
  replySignal,
  responderStart,
  responderWorkflowId,
  routeUpdate,
} from '../workflows/messages.ts';
import { answerOf, isUnanswered } from './handoff-client.ts';

/** What a person's own workflow knows. */
export interface Person {
  readonly open: readonly OpenOffer[];
  readonly closed: readonly ClosedOffer[];
  /** What they said last; it may be over. */
  readonly away?: Absence;
}

/** The responders' own workflows, as the API sees them. */
export interface ResponderClient {
  /** Returns the handoffs a reply of this person can mean, and more; undefined when no worker answers in time. */
  readOpen(responder: string): Promise<Person | undefined>;
  /**
   * Returns what a reply means: the same each time it comes, whatever happens between. Undefined when no worker
   * answers in time. Nothing has happened by it.
   */
  route(
    responder: string,
    reply: { readonly replyId: string; readonly text: string },
  ): Promise<RoutedReply | undefined>;
  /** Records a reply durably; the person's workflow routes it and answers the way it came. */
  recordReply(responder: string, reply: RecordedReply): Promise<void>;
  /** Reports that a message in which several handoffs went out did not arrive. */
  reportBundle(responder: string, bundle: string, because: string): Promise<void>;
  /** Tells a person's workflow that a handoff is there no more. */
  close(responder: string, offer: OpenOffer): Promise<void>;
  /** Records durably that a person wants no SMS from a sender, by the names it has. */
  optOut(responder: string, replyId: string, sender: readonly string[]): Promise<void>;
  /** Records durably that they want SMS again. */
  optIn(responder: string, replyId: string): Promise<void>;
  /** Records durably that a person is away, or is back; a `replyId` that came before changes nothing. */
  setAway(responder: string, absence: Absence, replyId?: string): Promise<void>;
  setBack(responder: string, replyId?: string): Promise<void>;
  /** Returns what this responder last said of being away, which may be over. Throws when Temporal cannot be reached. */
  readAbsence(responder: string): Promise<Absence | undefined>;
  /** Returns what these responders last said of being away, which may be over; of whom nothing is known in time: none. */
  readAbsences(ids: readonly string[]): Promise<Readonly<Record<string, Absence>>>;
}

const OPEN_DEADLINE_MS = 2_500;
const SIGNAL_DEADLINE_MS = 4_000;

/** Returns the responders behind a Temporal client. */
export function createResponderClient(client: Client, taskQueue: string): ResponderClient {
  const soon = <T>(call: () => Promise<T>): Promise<T> =>
    client.withDeadline(Date.now() + SIGNAL_DEADLINE_MS, call);

  const readOpen = async (responder: string): Promise<Person | undefined> => {
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
  };

  return {
    readOpen,

    async route(responder, { replyId, text }) {
      const handle = client.workflow.getHandle(responderWorkflowId(responder));
      try {
        return await client.withDeadline(Date.now() + OPEN_DEADLINE_MS, () =>
          handle.executeUpdate(routeUpdate, { updateId: replyId, args: [{ replyId, text }] }),
        );
      } catch (error) {
        if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) return undefined;
        // Nothing was ever offered to them.
        if (error instanceof WorkflowNotFoundError) {
          const route = routeReply(parseReply(text), {
            open: [],
            closed: [],
            isOptedOut: false,
          });
          return { route, isSilent: false };
        }
        if (isUnanswered(error)) return undefined;
        throw error;
      }
    },

    async reportBundle(responder, bundle, because) {
      try {
        await soon(() =>
          client.workflow
            .getHandle(responderWorkflowId(responder))
            .signal(bundleUndeliveredSignal, { bundle, because }),
        );
      } catch (error) {
        if (!(error instanceof WorkflowNotFoundError)) throw error;
      }
    },

    async recordReply(responder, reply) {
      await soon(() =>
        client.workflow.signalWithStart('responder', {
          ...responderStart(responder, taskQueue),
          signal: replySignal,
          signalArgs: [{ ...reply, intent: parseReply(reply.text) }],
        }),
      );
    },

    async close(responder, { standing: _, since: __, ...card }) {
      const ending = stoppedAt(new Date().toISOString());
      await soon(() =>
        client.workflow
          .getHandle(responderWorkflowId(responder))
          .signal(closedSignal, { card, ending }),
      );
    },

    async optOut(responder, replyId, sender) {
      await soon(() =>
        client.workflow.signalWithStart('responder', {
          ...responderStart(responder, taskQueue),
          signal: optOutSignal,
          signalArgs: [{ at: new Date().toISOString(), replyId, sender }],
        }),
      );
    },

    async optIn(responder, replyId) {
      await soon(() =>
        client.workflow.signalWithStart('responder', {
          ...responderStart(responder, taskQueue),
          signal: optInSignal,
          signalArgs: [{ replyId }],
        }),
      );
    },

    async setAway(responder, absence, replyId) {
      await soon(() =>
        client.workflow.signalWithStart('responder', {
          ...responderStart(responder, taskQueue),
          signal: awaySignal,
          signalArgs: [{ ...absence, ...(replyId !== undefined && { replyId }) }],
        }),
      );
    },

    async setBack(responder, replyId) {
      await soon(() =>
        client.workflow.signalWithStart('responder', {
          ...responderStart(responder, taskQueue),
          signal: backSignal,
          signalArgs: [{ ...(replyId !== undefined && { replyId }) }],
        }),
      );
    },

    async readAbsence(responder) {
      // What was signalled a moment ago is in no memo yet.
      const person = await readOpen(responder);
      return person ? person.away : soon(() => readAbsence(client, responderWorkflowId(responder)));
    },

    readAbsences: (ids) => readAbsences(client, ids, responderWorkflowId),
  };
}
