import type { Callback, CallbackType } from './callback.ts';

/** The events of one handoff on their way to its source: plain JSON, carried through continue-as-new. */
export interface Deliveries {
  /** Not delivered yet, in the order of their numbers. */
  readonly queue: readonly Callback[];
  readonly failed: readonly FailedCallback[];
  /** How many were delivered. */
  readonly delivered: number;
  /** The number that is to be sent next; those to be sent again are before it. */
  readonly next: number;
  /** The event of the end has come in: there will be no other. */
  readonly isLastIn: boolean;
}

/** An event that its receiver did not take for a day, or will never take. */
export interface FailedCallback {
  readonly callback: Callback;
  readonly at: string;
  readonly because: string;
}

/** How the events of one handoff fare, as lists show it. */
export interface DeliverySummary {
  readonly delivered: number;
  readonly pending: readonly { readonly sequence: number; readonly type: CallbackType }[];
  readonly failed: readonly {
    readonly sequence: number;
    readonly type: CallbackType;
    readonly at: string;
    readonly because: string;
  }[];
}

/** The memo that holds a {@link DeliverySummary}: readable without a worker. */
export const CALLBACKS_MEMO = 'callbacks';

export type DeliveryStatus = 'pending' | 'delivered' | 'failed';
export const DELIVERY_STATUSES: readonly DeliveryStatus[] = ['pending', 'delivered', 'failed'];

/** Returns the deliveries of a handoff nothing has happened to. */
export function emptyDeliveries(): Deliveries {
  return { queue: [], failed: [], delivered: 0, next: 1, isLastIn: false };
}

/** Records an event; one that came before changes nothing. */
export function acceptCallback(deliveries: Deliveries, callback: Callback): Deliveries {
  const sequence = sequenceOf(callback);
  const isKnown =
    sequence < deliveries.next || deliveries.queue.some((one) => sequenceOf(one) === sequence);
  if (isKnown) return deliveries;
  const { status } = callback.event.data;
  return {
    ...deliveries,
    queue: sort([...deliveries.queue, callback]),
    isLastIn: deliveries.isLastIn || ENDS.has(status),
  };
}

const ENDS: ReadonlySet<string> = new Set(['resolved', 'withdrawn', 'expired']);

/** Returns what is to be sent now: the next number, or one before it that is to be sent again. */
export function nextCallback({ queue, next }: Deliveries): Callback | undefined {
  const [first] = queue;
  return first && sequenceOf(first) <= next ? first : undefined;
}

/** Records that an event was taken. */
export function noteDelivered(deliveries: Deliveries, sequence: number): Deliveries {
  return { ...drop(deliveries, sequence), delivered: deliveries.delivered + 1 };
}

/** Records that an event was not taken: those after it go on. */
export function noteFailed(
  deliveries: Deliveries,
  callback: Callback,
  { at, because }: { readonly at: string; readonly because: string },
): Deliveries {
  const { failed, ...rest } = drop(deliveries, sequenceOf(callback));
  return { ...rest, failed: [...failed, { callback, at, because }] };
}

/** Puts failed events in line again: the one with this number, or all. */
export function requeue(deliveries: Deliveries, sequence: number | undefined): Deliveries {
  const isMeant = ({ callback }: FailedCallback): boolean =>
    sequence === undefined || sequenceOf(callback) === sequence;
  const again = deliveries.failed.filter(isMeant).map(({ callback }) => callback);
  return {
    ...deliveries,
    queue: sort([...deliveries.queue, ...again]),
    failed: deliveries.failed.filter((one) => !isMeant(one)),
  };
}

/** Returns whether nothing is left to do, now or later. */
export function isOver({ queue, failed, isLastIn }: Deliveries): boolean {
  return isLastIn && queue.length === 0 && failed.length === 0;
}

/** Returns how the events fare as a whole. */
export function statusOf({ queue, failed }: Deliveries): DeliveryStatus {
  if (failed.length > 0) return 'failed';
  return queue.length > 0 ? 'pending' : 'delivered';
}

/** Returns what lists show; nothing of the handoff's own words is in it. */
export function summarise({ queue, failed, delivered }: Deliveries): DeliverySummary {
  const describe = ({ event }: Callback) => ({ sequence: event.data.sequence, type: event.type });
  return {
    delivered,
    pending: queue.map(describe),
    failed: failed.map(({ callback, at, because }) => ({ ...describe(callback), at, because })),
  };
}

function drop(deliveries: Deliveries, sequence: number): Deliveries {
  return {
    ...deliveries,
    queue: deliveries.queue.filter((one) => sequenceOf(one) !== sequence),
    next: Math.max(deliveries.next, sequence + 1),
  };
}

function sequenceOf({ event }: Callback): number {
  return event.data.sequence;
}

function sort(queue: readonly Callback[]): Callback[] {
  return [...queue].sort((one, other) => sequenceOf(one) - sequenceOf(other));
}
