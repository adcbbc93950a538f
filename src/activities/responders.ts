import { WithStartWorkflowOperation, type Client } from '@temporalio/client';
import type { OfferAnswer, OfferCard, OfferRequest } from '../domain/responder.ts';
import type { HandoffCard } from '../domain/state.ts';
import type { Effect } from '../domain/decide.ts';
import {
  closedSignal,
  offerUpdate,
  responderWorkflowId,
  standingSignal,
} from '../workflows/messages.ts';

/** Reaches the responders' own workflows; each is started when it is first needed. */
export interface Responders {
  /** Asks how a message is to be put; undefined when the person's workflow does not answer in time. */
  offer(responder: string, request: OfferRequest): Promise<OfferAnswer | undefined>;
  /** Tells responders how they stand to a handoff, or that it ended. Repeating it changes nothing. */
  tell(card: HandoffCard, news: Extract<Effect, { type: `tell-${string}` }>): Promise<void>;
}

/** A person is told rather than a gate obeyed: after this the message goes out with its code. */
const OFFER_DEADLINE_MS = 3_000;

/** Returns access to the responders' workflows on a task queue. */
export function createResponders(client: Client, taskQueue: string): Responders {
  const start = (responder: string) => ({
    workflowId: responderWorkflowId(responder),
    taskQueue,
    args: [{ responder }] as [{ responder: string }],
  });
  return {
    async offer(responder, request) {
      const startWorkflowOperation = new WithStartWorkflowOperation('responder', {
        ...start(responder),
        workflowIdConflictPolicy: 'USE_EXISTING',
      });
      try {
        return await client.withDeadline(Date.now() + OFFER_DEADLINE_MS, () =>
          client.workflow.executeUpdateWithStart(offerUpdate, {
            updateId: `${request.card.handoffId}/${request.notificationId}`,
            args: [request],
            startWorkflowOperation,
          }),
        );
      } catch {
        return undefined;
      }
    },

    async tell(handoff, news) {
      const card = toOfferCard(handoff);
      if (news.type === 'tell-closed') {
        const { ending } = news;
        await Promise.all(
          news.responders.map((responder) =>
            client.workflow.signalWithStart('responder', {
              ...start(responder),
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
            ...start(responder),
            signal: standingSignal,
            signalArgs: [{ card, standing }],
          }),
        ),
      );
    },
  };
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
