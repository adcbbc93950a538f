import {
  allHandlersFinished,
  condition,
  continueAsNew,
  getExternalWorkflowHandle,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { Answer } from '../domain/messages/answer.ts';
import { commandOf, parseReply, routeReply } from '../domain/reply.ts';
import {
  answerOffer,
  closeOffer,
  emptyResponder,
  isRepeatedReply,
  putStanding,
  type ResponderState,
} from '../domain/responder.ts';
import type { Actor } from '../domain/state.ts';
import { sendersOn } from './activities.ts';
import {
  closedSignal,
  COMMAND_SIGNALS,
  offerUpdate,
  openQuery,
  optInSignal,
  optOutSignal,
  replySignal,
  standingSignal,
} from './messages.ts';

export interface ResponderInput {
  readonly responder: string;
  readonly state?: ResponderState;
}

interface Reply {
  readonly replyId: string;
  readonly text: string;
  readonly by: Actor;
}

/** A run may accept 2,000 updates (server limit); a new run starts well before that. */
const MAX_OFFERS_PER_RUN = 1_000;

/**
 * The durable side of a person: which handoffs were offered to them and are still open, and whether they
 * opted out. Never ends; bounded by continue-as-new. Says how a message is to be put, and routes the replies
 * that came in while nobody could wait for an answer.
 */
export async function responder(input: ResponderInput): Promise<never> {
  const state = input.state ?? emptyResponder();
  const replies: Reply[] = [];
  let offers = 0;
  const now = () => new Date().toISOString();

  setHandler(offerUpdate, (request) => {
    offers += 1;
    return answerOffer(state, request, now());
  });
  setHandler(standingSignal, ({ card, standing }) => {
    putStanding(state, card, standing, now());
  });
  setHandler(closedSignal, ({ card, ending }) => {
    closeOffer(state, card, ending);
  });
  setHandler(optOutSignal, ({ at }) => {
    state.optedOutAt = at;
  });
  setHandler(optInSignal, () => {
    delete state.optedOutAt;
  });
  setHandler(replySignal, (reply) => {
    replies.push(reply);
  });
  setHandler(openQuery, () => ({
    open: Object.values(state.open),
    closed: state.closed,
    ...(state.optedOutAt !== undefined && { optedOutAt: state.optedOutAt }),
  }));

  const isLong = () => offers >= MAX_OFFERS_PER_RUN || workflowInfo().continueAsNewSuggested;
  for (;;) {
    await condition(() => replies.length > 0 || (isLong() && allHandlersFinished()));
    for (let reply = replies.shift(); reply; reply = replies.shift()) {
      await route(input.responder, state, reply);
    }
    if (isLong() && allHandlersFinished()) {
      await continueAsNew<typeof responder>({ responder: input.responder, state });
    }
  }
}

/** Hands a reply to the handoff it means, which confirms by SMS; or answers it when it means none. */
async function route(responderId: string, state: ResponderState, reply: Reply): Promise<void> {
  if (isRepeatedReply(state, reply.replyId)) return;
  const route = routeReply(parseReply(reply.text), {
    open: Object.values(state.open),
    closed: state.closed,
  });
  switch (route.kind) {
    case 'opt-out':
      state.optedOutAt = new Date().toISOString();
      return;
    case 'opt-in':
      delete state.optedOutAt;
      return;
    case 'silent':
      return;
    case 'command': {
      const { verb, payload } = commandOf(route, { ...reply, confirm: true });
      try {
        await getExternalWorkflowHandle(route.offer.handoffId).signal(
          COMMAND_SIGNALS[verb],
          payload,
        );
      } catch {
        // It ended meanwhile, and the news of that is on its way here.
        await answer(responderId, reply, { kind: 'ended', offer: route.offer });
      }
      return;
    }
    default:
      await answer(responderId, reply, route);
  }
}

async function answer(responderId: string, reply: Reply, text: Answer): Promise<void> {
  const senders = sendersOn('sms', { urgency: 'urgent', giveUpAfterMs: 15 * 60_000 });
  try {
    await senders.sendAnswer.executeWithOptions(
      { summary: `answer to ${responderId}: ${text.kind}` },
      [{ responder: responderId, replyId: reply.replyId, answer: text }],
    );
  } catch {
    // The activity's failure is in the history; there is no other way to reach somebody who texted.
  }
}
