/*
 * workflows/ is replayed code: deterministic, importing only the pure domain and types of activities. Each
 * workflow is a thin shell around the domain. This file is their public contract: names and payload shapes
 * of signals, queries and updates are never renamed, only superseded. Any Temporal client may use them.
 */
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { CommandPayload } from '../domain/command.ts';
import type {
  ClosedOffer,
  OfferAnswer,
  OfferCard,
  OfferRequest,
  OpenOffer,
} from '../domain/responder.ts';
import type { Actor, Ending, Standing, Verb } from '../domain/state.ts';
import type { CommandReport, HandoffView } from '../domain/view.ts';

// -- handoff

/** The signals that carry commands; each is answered by the query `commandResult`. */
export const COMMAND_SIGNALS = {
  take: defineSignal<[CommandPayload<'take'>]>('take'),
  pass: defineSignal<[CommandPayload<'pass'>]>('pass'),
  resolve: defineSignal<[CommandPayload<'resolve'>]>('resolve'),
  withdraw: defineSignal<[CommandPayload<'withdraw'>]>('withdraw'),
  escalate: defineSignal<[CommandPayload<'escalate'>]>('escalate'),
  note: defineSignal<[CommandPayload<'note'>]>('note'),
} as const satisfies Record<Verb, unknown>;

/** A provider reports that a message did not arrive. Reports that change nothing are not sent here. */
export const deliverySignal =
  defineSignal<[{ readonly notification: string; readonly because: string }]>('delivery');

/** The sender of a command got no answer in time: the workflow is to tell them the result. */
export const confirmSignal = defineSignal<[{ readonly commandId: string }]>('confirm');

/** The whole handoff as it stands. */
export const statusQuery = defineQuery<HandoffView>('status');

/** What came of a command; null while it has not been dealt with. */
export const commandResultQuery = defineQuery<CommandReport | null, [string]>('commandResult');

// -- responder

/** A message about a handoff is about to go to this person: how is it to be said? */
export const offerUpdate = defineUpdate<OfferAnswer, [OfferRequest]>('offer');

/** How the person now stands to a handoff. */
export const standingSignal =
  defineSignal<[{ readonly card: OfferCard; readonly standing: Standing }]>('standing');

/** A handoff this person was involved in has ended. */
export const closedSignal =
  defineSignal<[{ readonly card: OfferCard; readonly ending: Ending }]>('closed');

/** A reply that nobody could route while it was waited for; it is routed here and answered by SMS. */
export const replySignal =
  defineSignal<[{ readonly replyId: string; readonly text: string; readonly by: Actor }]>('reply');

/** The person texted a STOP word, or took it back. */
export const optOutSignal = defineSignal<[{ readonly at: string }]>('optOut');
export const optInSignal = defineSignal('optIn');

/** The handoffs a reply of this person can mean. */
export const openQuery = defineQuery<{
  readonly open: readonly OpenOffer[];
  readonly closed: readonly ClosedOffer[];
  readonly optedOutAt?: string;
}>('open');

/** The workflow id of a responder's workflow. */
export function responderWorkflowId(responder: string): string {
  return `responder-${responder}`;
}
