import { randomUUID } from 'node:crypto';
import { WithStartWorkflowOperation, WorkflowNotFoundError, type Client } from '@temporalio/client';
import type { Absence } from '../domain/availability/situation.ts';
import type { Effect } from '../domain/decide.ts';
import type { RecordedReply } from '../domain/payloads.ts';
import { parseReply } from '../domain/reply.ts';
import type { OfferAnswer, OfferCard, OfferRequest } from '../domain/responder.ts';
import type { HandoffCard } from '../domain/state.ts';
import { readAbsences } from '../temporal/absences.ts';
import {
  closedSignal,
  offeredSignal,
  offerUpdate,
  replySignal,
  responderStart,
  responderWorkflowId,
  standingSignal,
  unknownRepliesQuery,
} from '../workflows/messages.ts';

/** Reaches the responders' own workflows; each is started when it is first needed. */
export interface Responders {
  /** Asks how a message is to be put; undefined when the person's workflow does not answer in time. */
  offer(responder: string, request: OfferRequest): Promise<OfferAnswer | undefined>;
  /** Returns what these responders last said of being away, which may be over; of whom nothing is known in time: none. */
  readAbsences(ids: readonly string[]): Promise<Readonly<Record<string, Absence>>>;
  /** Tells responders how they stand to a handoff, or that it ended. Repeating it changes nothing. */
  tell(card: HandoffCard, news: Extract<Effect, { type: `tell-${string}` }>): Promise<void>;
}

/** The replies that the responders' own workflows know. */
export interface ReplyRecords {
  /** Returns which of these replies never reached the person's workflow; none while they have no workflow. */
  findUnknownReplies(responder: string, replyIds: readonly string[]): Promise<readonly string[]>;
  /** Hands a reply to the person's workflow, which routes it and answers by SMS. Repeating it changes nothing. */
  recordReply(responder: string, reply: RecordedReply): Promise<void>;
}

/** A person is told rather than a gate obeyed: after this the message goes out with its code. */
const OFFER_DEADLINE_MS = 3_000;
const SIGNAL_DEADLINE_MS = 2_000;

/** Returns access to the responders' workflows on a task queue. */
export function createResponders(client: Client, taskQueue: string): Responders & ReplyRecords {
  /** Sees to it that a reply finds its handoff, even when the answer to the offer did not come. */
  async function recordOffer(responder: string, request: OfferRequest): Promise<void> {
    try {
      await client.withDeadline(Date.now() + SIGNAL_DEADLINE_MS, () =>
        client.workflow.signalWithStart('responder', {
          ...responderStart(responder, taskQueue),
          signal: offeredSignal,
          signalArgs: [request],
        }),
      );
    } catch {
      // Temporal itself is out of reach: the message is worth more than its bookkeeping.
    }
  }

  return {
    async offer(responder, request) {
      const startWorkflowOperation = new WithStartWorkflowOperation('responder', {
        ...responderStart(responder, taskQueue),
        workflowIdConflictPolicy: 'USE_EXISTING',
      });
      try {
        return await client.withDeadline(Date.now() + OFFER_DEADLINE_MS, () =>
          client.workflow.executeUpdateWithStart(offerUpdate, {
            updateId: nameOffer(request),
            args: [request],
            startWorkflowOperation,
          }),
        );
      } catch {
        await recordOffer(responder, request);
        return undefined;
      }
    },

    async findUnknownReplies(responder, replyIds) {
      const handle = client.workflow.getHandle(responderWorkflowId(responder));
      try {
        return await client.withDeadline(Date.now() + OFFER_DEADLINE_MS, () =>
          handle.query(unknownRepliesQuery, replyIds),
        );
      } catch (error) {
        // Nothing was ever offered to them, and the API told them so.
        if (error instanceof WorkflowNotFoundError) return [];
        throw error;
      }
    },

    async recordReply(responder, reply) {
      await client.withDeadline(Date.now() + OFFER_DEADLINE_MS, () =>
        client.workflow.signalWithStart('responder', {
          ...responderStart(responder, taskQueue),
          signal: replySignal,
          signalArgs: [{ ...reply, intent: parseReply(reply.text) }],
        }),
      );
    },

    readAbsences: (ids) => readAbsences(client, ids, responderWorkflowId),

    async tell(handoff, news) {
      const card = toOfferCard(handoff);
      if (news.type === 'tell-closed') {
        const { ending } = news;
        await Promise.all(
          news.responders.map((responder) =>
            client.workflow.signalWithStart('responder', {
              ...responderStart(responder, taskQueue),
              signal: closedSignal,
              signalArgs: [{ card, ending }],
            }),
          ),
        );
        return;
      }
      await Promise.all(
        Object.entries(news.standings).map(([responder, standing]) =>
          client.workflow.signalWithStart('responder', {
            ...responderStart(responder, taskQueue),
            signal: standingSignal,
            signalArgs: [{ card, standing }],
          }),
        ),
      );
    },
  };
}

/**
 * The server answers an update of the same id with what it answered before. That is right for a message that
 * goes out, not for one that may be held: the person may be back.
 */
function nameOffer({ card, notificationId, mayBeHeld }: OfferRequest): string {
  const name = `${card.handoffId}/${notificationId}`;
  return mayBeHeld === true ? `${name}/${randomUUID()}` : name;
}

/** Returns the part of a handoff by which a person's replies are routed. */
export function toOfferCard({ id, code, brief, action }: HandoffCard): OfferCard {
  return {
    handoffId: id,
    code,
    subject: brief.subject,
    action: action.do,
    ...(action.dueAt !== undefined && { dueAt: action.dueAt }),
  };
}
