import {
  condition,
  continueAsNew,
  setHandler,
  upsertMemo,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import {
  acceptCallback,
  CALLBACKS_MEMO,
  emptyDeliveries,
  isOver,
  nextCallback,
  noteDelivered,
  noteFailed,
  requeue,
  statusOf,
  summarise,
  type Deliveries,
} from '../domain/deliveries.ts';
import { readCallback, readSequence } from '../domain/payloads.ts';
import { CALLBACKS } from '../temporal/search-attributes.ts';
import { callbacks } from './activities.ts';
import { explainFailure } from './failures.ts';
import { callbackSignal, deliveriesQuery, resendSignal } from './messages.ts';

export interface CallbackInput {
  readonly handoff: string;
  readonly deliveries?: Deliveries;
}

/** What could not be delivered may be sent again for so long. */
const KEEP_FAILED = '30d';

/**
 * Tells a source what becomes of one handoff: its events one after the other in their order, each until it is
 * taken or has been refused for a day. It lives beside the handoff: a receiver that is down keeps no handoff open.
 * Ends once the last event is delivered, or when nobody sent a failed one again for a month.
 */
export async function callback(input: CallbackInput): Promise<Deliveries> {
  let deliveries = input.deliveries ?? emptyDeliveries();

  setHandler(callbackSignal, (payload: unknown) => {
    const one = readCallback(payload);
    if (one) deliveries = acceptCallback(deliveries, one);
  });
  setHandler(resendSignal, (payload: unknown) => {
    deliveries = requeue(deliveries, readSequence(payload));
    show();
  });
  setHandler(deliveriesQuery, () => summarise(deliveries));

  let shown = '';
  /** Lists show this without a worker. */
  function show(): void {
    const memo = { [CALLBACKS_MEMO]: summarise(deliveries) };
    if (JSON.stringify(memo) === shown) return;
    shown = JSON.stringify(memo);
    upsertMemo(memo);
    upsertSearchAttributes([{ key: CALLBACKS, value: statusOf(deliveries) }]);
  }

  for (;;) {
    const next = nextCallback(deliveries);
    if (!next) {
      show();
      if (isOver(deliveries)) return deliveries;
      if (workflowInfo().continueAsNewSuggested) {
        await continueAsNew<typeof callback>({ ...input, deliveries });
      }
      const isWoken = await condition(() => nextCallback(deliveries) !== undefined, KEEP_FAILED);
      if (!isWoken && deliveries.isLastIn) return deliveries;
      continue;
    }
    const { type, data } = next.event;
    try {
      await callbacks().postCallback.executeWithOptions(
        { summary: `${type} to ${data.source}, number ${data.sequence}` },
        [next],
      );
      deliveries = noteDelivered(deliveries, data.sequence);
    } catch (error) {
      deliveries = noteFailed(deliveries, next, {
        at: new Date().toISOString(),
        because: explainFailure(error),
      });
    }
  }
}
