/*
 * workflows/ is replayed code: deterministic, importing only the pure domain and types of activities. Each
 * workflow is a thin shell around the domain. This file is their public contract: names and payload shapes
 * of signals, queries and updates are never renamed, only superseded. Any Temporal client may use them.
 */
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import { CANARY } from '../temporal/task-queues.ts';
import type { Absence } from '../domain/availability/situation.ts';
import type { Callback } from '../domain/callback.ts';
import type { CommandPayload } from '../domain/command.ts';
import type { DeliverySummary } from '../domain/deliveries.ts';
import type { RecordedReply, SeenReply } from '../domain/payloads.ts';
import type { Channel } from '../domain/policy.ts';
import type { Ended, ResponderView } from '../domain/responder.ts';
import type { OfferAnswer, OfferRequest } from '../domain/responder-state.ts';
import type { StandingReport, StandingRequest } from '../domain/standing.ts';
import type { Verb } from '../domain/state.ts';
import type { CommandReport, HandoffView } from '../domain/view.ts';

// -- handoff

/** The signals that carry commands; each is answered by the query `commandResult`. */
export const COMMAND_SIGNALS = {
  take: defineSignal<[CommandPayload<'take'>]>('take'),
  pass: defineSignal<[CommandPayload<'pass'>]>('pass'),
  snooze: defineSignal<[CommandPayload<'snooze'>]>('snooze'),
  resolve: defineSignal<[CommandPayload<'resolve'>]>('resolve'),
  withdraw: defineSignal<[CommandPayload<'withdraw'>]>('withdraw'),
  escalate: defineSignal<[CommandPayload<'escalate'>]>('escalate'),
  note: defineSignal<[CommandPayload<'note'>]>('note'),
  amend: defineSignal<[CommandPayload<'amend'>]>('amend'),
  reassign: defineSignal<[CommandPayload<'reassign'>]>('reassign'),
} as const satisfies Record<Verb, unknown>;

/**
 * A message did not arrive, or a person cannot be reached on a channel any more. Reports that change nothing are
 * not sent here.
 */
export const deliverySignal =
  defineSignal<
    [
      | { readonly notification: string; readonly because: string }
      | { readonly responder: string; readonly channel: Channel; readonly because: string },
    ]
  >('delivery');

/** The sender of a command got no answer in time: the workflow is to tell them the result. */
export const confirmSignal = defineSignal<[{ readonly commandId: string }]>('confirm');

/** The whole handoff as it stands. */
export const statusQuery = defineQuery<HandoffView>('status');

/** What came of a command; null while it has not been dealt with. */
export const commandResultQuery = defineQuery<CommandReport | null, [string]>('commandResult');

/** How a person stands to it, and what came of these replies. */
export const standingQuery = defineQuery<StandingReport, [StandingRequest]>('standing');

// -- canary

/** Whether a worker runs workflows of this task queue. */
export const aliveQuery = defineQuery<boolean>(CANARY.query);

// -- callback

/** An event that a source is to hear of. */
export const callbackSignal = defineSignal<[Callback]>('callback');

/** What failed is to be sent again: the event with this number, or all. */
export const resendSignal = defineSignal<[{ readonly sequence?: number }]>('resend');

/** How the events of a handoff fare. */
export const deliveriesQuery = defineQuery<DeliverySummary>('deliveries');

/** The workflow id of a handoff's callbacks. */
export function callbackWorkflowId(handoff: string): string {
  return `callback-${handoff}`;
}

// -- responder

/** A message about a handoff is about to go to this person: how is it to be said? */
export const offerUpdate = defineUpdate<OfferAnswer, [OfferRequest]>('offer');

/** The same as the update `offer`, for when its answer did not come in time: the message goes out all the same. */
export const offeredSignal = defineSignal<[OfferRequest]>('offered');

/** What was found to be over: nobody tells it of each end. */
export const endedSignal = defineSignal<[Ended]>('ended');

/** A reply for which nobody could wait; it is understood here and answered the way it came. */
export const replySignal = defineSignal<[RecordedReply]>('reply');

/** A reply that was dealt with where it came in. */
export const seenSignal = defineSignal<[SeenReply]>('seen');

/** A message that several handoffs went out in did not arrive. */
export const bundleUndeliveredSignal =
  defineSignal<[{ readonly bundle: string; readonly because: string }]>('bundleUndelivered');

/** The person texted a STOP word to a sender, by the names it has; missing: whatever sends. Or they took it back. */
export const optOutSignal =
  defineSignal<
    [{ readonly at: string; readonly replyId?: string; readonly sender?: readonly string[] }]
  >('optOut');
export const optInSignal = defineSignal<[{ readonly replyId?: string }]>('optIn');

/**
 * The person is away from now until they are back: what may be held is not sent to them. With a `replyId` a
 * reply that comes twice counts once.
 */
export const awaySignal = defineSignal<[Absence & { readonly replyId?: string }]>('away');
export const backSignal = defineSignal<[{ readonly replyId?: string }]>('back');

/**
 * Begin a new run: somebody to whom little happens has one for years, written with keys that are long retired and kept
 * from what `patched` guards.
 */
export const renewSignal = defineSignal('renew');

/** What is known of the person, and of these replies. */
export const responderQuery = defineQuery<ResponderView, [readonly string[]]>('responder');

/** The workflow id of a responder's workflow. */
export function responderWorkflowId(responder: string): string {
  return `responder-${responder}`;
}

/**
 * How long a worker may take over one workflow task. The tasks are small; a worker that died with one in hand
 * is noticed sooner than by the default 10 s, and so is the reply that waits behind it.
 */
export const WORKFLOW_TASK_TIMEOUT = '3s';

/** The options with which anybody starts a responder's workflow. */
export function responderStart(responder: string, taskQueue: string) {
  return {
    workflowId: responderWorkflowId(responder),
    taskQueue,
    workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT,
    args: [{ responder }] as [{ responder: string }],
  } as const;
}
