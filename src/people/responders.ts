import { randomUUID } from 'node:crypto';
import { WithStartWorkflowOperation, WorkflowNotFoundError, type Client } from '@temporalio/client';
import type { SignalDefinition, Workflow } from '@temporalio/common';
import type { Absence } from '../domain/availability/situation.ts';
import type { OfferCard } from '../domain/offer.ts';
import type { RecordedReply, SeenReply } from '../domain/payloads.ts';
import type { Ended, ResponderView } from '../domain/responder.ts';
import type { OfferAnswer, OfferRequest } from '../domain/responder-state.ts';
import type { HandoffCard } from '../domain/state.ts';
import { readAbsence, readAbsences } from '../temporal/absences.ts';
import { answerOf } from '../temporal/grpc-status.ts';
import {
  awaySignal,
  backSignal,
  bundleUndeliveredSignal,
  endedSignal,
  offeredSignal,
  offerUpdate,
  optInSignal,
  optOutSignal,
  replySignal,
  responderStart,
  responderWorkflowId,
  responderQuery,
  seenSignal,
} from '../workflows/messages.ts';

/** The person's workflow did not say in time how a message is to be put; or it could not even be told of it. */
export interface Unanswered {
  readonly say: 'unanswered';
  readonly isRegistered: boolean;
}

/**
 * The responders' own workflows; each is started when it is first needed. What is recorded is durable when the promise
 * resolves; it rejects when Temporal cannot be reached in time. Repeating anything under the same id changes nothing.
 */
export interface Responders {
  /** Asks how a message is to be put. Never rejects: the message is worth more than its bookkeeping. */
  offer(responder: string, request: OfferRequest): Promise<OfferAnswer | Unanswered>;
  /** Records a message that went out without having been asked about. */
  register(responder: string, request: OfferRequest): Promise<void>;
  /** Returns what is known of a person and these replies; undefined when no worker answers in time. */
  read(responder: string, replyIds?: readonly string[]): Promise<ResponderView | undefined>;
  /**
   * Records a reply; the person's workflow understands it and answers the way it came. It may take so many
   * milliseconds, by default as long as any other record.
   */
  recordReply(responder: string, reply: RecordedReply, withinMs?: number): Promise<void>;
  /** Records that a reply was dealt with where it came in. */
  noteReply(responder: string, seen: SeenReply): Promise<void>;
  /** Records what was found to be over. */
  tellEnded(responder: string, ended: Ended): Promise<void>;
  /** Reports that a message in which several handoffs went out did not arrive. */
  reportBundle(responder: string, bundle: string, because: string): Promise<void>;
  /** Records that a person wants no SMS from a sender, by the names it has. */
  optOut(responder: string, replyId: string, sender: readonly string[]): Promise<void>;
  /** Records that they want SMS again. */
  optIn(responder: string, replyId: string): Promise<void>;
  /** Records that a person is away, or is back; a `replyId` that came before changes nothing. */
  setAway(responder: string, absence: Absence, replyId?: string): Promise<void>;
  setBack(responder: string, replyId?: string): Promise<void>;
  /** Returns what this responder last said of being away, which may be over. */
  readAbsence(responder: string): Promise<Absence | undefined>;
  /** Returns the same of several, and of whoever covers for them; of whom nothing is known in time: none. */
  readAbsences(ids: readonly string[]): Promise<Readonly<Record<string, Absence>>>;
}

/** A person is told rather than a gate obeyed: after this the message goes out with its code. */
const OFFER_DEADLINE_MS = 3_000;
/** Twilio waits 15 s for the answer to a reply; these leave room for what comes after. */
const QUERY_DEADLINE_MS = 2_500;
const SIGNAL_DEADLINE_MS = 4_000;

const NOBODY: ResponderView = { isNew: true, offers: [], closed: [], idle: 0, replies: {} };

/** Returns the responders behind a Temporal client. */
export function createResponders(client: Client, taskQueue: string): Responders {
  const within = <T>(ms: number, call: () => Promise<T>): Promise<T> =>
    client.withDeadline(Date.now() + ms, call);
  const handleOf = (responder: string) => client.workflow.getHandle(responderWorkflowId(responder));

  /** Signals a person's workflow, which is started if there is none. */
  const signal = async <P>(
    responder: string,
    definition: SignalDefinition<[P]>,
    payload: P,
    withinMs = SIGNAL_DEADLINE_MS,
  ): Promise<void> => {
    await within(withinMs, () =>
      client.workflow.signalWithStart<Workflow, [P]>('responder', {
        ...responderStart(responder, taskQueue),
        signal: definition,
        signalArgs: [payload],
      }),
    );
  };

  /** Signals a person's workflow if there is one. */
  const signalKnown = async <P>(
    responder: string,
    definition: SignalDefinition<[P]>,
    payload: P,
  ): Promise<void> => {
    try {
      await within(SIGNAL_DEADLINE_MS, () => handleOf(responder).signal(definition, payload));
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
    }
  };

  const responders: Responders = {
    async offer(responder, request) {
      const startWorkflowOperation = new WithStartWorkflowOperation('responder', {
        ...responderStart(responder, taskQueue),
        workflowIdConflictPolicy: 'USE_EXISTING',
      });
      try {
        return await within(OFFER_DEADLINE_MS, () =>
          client.workflow.executeUpdateWithStart(offerUpdate, {
            updateId: nameOffer(request),
            args: [request],
            startWorkflowOperation,
          }),
        );
      } catch {
        const isRegistered = await responders.register(responder, request).then(
          () => true,
          () => false,
        );
        return { say: 'unanswered', isRegistered };
      }
    },

    register: (responder, request) => signal(responder, offeredSignal, request),

    async read(responder, replyIds = []) {
      try {
        return await answerOf(
          within(QUERY_DEADLINE_MS, () => handleOf(responder).query(responderQuery, replyIds)),
        );
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return NOBODY;
        throw error;
      }
    },

    recordReply: (responder, reply, withinMs) => signal(responder, replySignal, reply, withinMs),
    noteReply: (responder, seen) => signal(responder, seenSignal, seen),
    tellEnded: (responder, ended) => signalKnown(responder, endedSignal, ended),
    reportBundle: (responder, bundle, because) =>
      signalKnown(responder, bundleUndeliveredSignal, { bundle, because }),
    optOut: (responder, replyId, sender) =>
      signal(responder, optOutSignal, { at: new Date().toISOString(), replyId, sender }),
    optIn: (responder, replyId) => signal(responder, optInSignal, { replyId }),
    setAway: (responder, absence, replyId) =>
      signal(responder, awaySignal, { ...absence, ...(replyId !== undefined && { replyId }) }),
    setBack: (responder, replyId) =>
      signal(responder, backSignal, { ...(replyId !== undefined && { replyId }) }),

    async readAbsence(responder) {
      // What was signalled a moment ago is in no memo yet.
      const person = await responders.read(responder);
      return person
        ? person.away
        : within(SIGNAL_DEADLINE_MS, () => readAbsence(client, responderWorkflowId(responder)));
    },

    readAbsences: (ids) => readAbsences(client, ids, responderWorkflowId),
  };
  return responders;
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
