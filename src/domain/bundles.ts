/*
 * One message after the other: what goes to one person is sent apart, and routine work together.
 */
import { instantAfter } from './duration.ts';
import type { Channel } from './policy.ts';
import {
  dropOldest,
  type Bundle,
  type BundleEntry,
  type OfferAnswer,
  type OfferRequest,
  type ResponderState,
} from './responder-state.ts';
import { isMailbox, type HandoffCard, type NotificationOrder } from './state.ts';

const KEEP_DELIVERED = 20;

/** After a message of routine work further ones wait until so much later, and go out as one. */
const BUNDLE_FOR_MS = 120_000;

/**
 * Work that waited for the end of quiet hours comes all at once: it is collected until there was none for the first
 * of these times, and not longer than the second.
 */
const RELEASE_FOR_MS = 45_000;
const MAX_RELEASE_MS = 300_000;

/** A list holds so many at most: it travels as one payload, which Temporal bounds at 2 MB. */
const MAX_ENTRIES = 100;

/** Two messages to one phone are at least so far apart: together they would be read as one, or not at all. */
const APART_MS = 1_200;

/** No message is later than this for the sake of those before it: in a flood each is worth more than its distance. */
const MAX_WAIT_MS = 3_600;

/** So many SMS are sent to one person in so long; routine work beyond that waits, anything else goes out. */
const SMS_LIMITS = [
  { count: 5, withinMs: 15 * 60_000 },
  { count: 11, withinMs: 3_600_000 },
] as const;

/** Says whether a message may go out in a list with others: urgent work never waits for that. */
export function mayBeBundled(
  { urgency }: Pick<HandoffCard, 'urgency'>,
  { channel, recipient, message }: NotificationOrder,
): boolean {
  return (
    urgency === 'routine' &&
    channel !== 'voice' &&
    !isMailbox(recipient) &&
    ['offer', 'last-resort', 'stand-down', 'released'].includes(message.kind)
  );
}

/** Records that a message goes to a channel, and returns how long it waits for the one before. */
export function waitFor(
  state: ResponderState,
  channel: Channel | undefined,
  now: string,
): { waitMs?: number } {
  if (channel === undefined) return {};
  const sent = state.sent?.[channel] ?? [];
  const last = sent.at(-1);
  const next = last === undefined ? 0 : Date.parse(last) + APART_MS;
  const latest = Date.parse(now) + MAX_WAIT_MS;
  const at =
    channel === 'sms' ? Math.min(Math.max(Date.parse(now), next), latest) : Date.parse(now);
  noteSent(state, channel, new Date(at).toISOString());
  const waitMs = at - Date.parse(now);
  return waitMs > 0 ? { waitMs } : {};
}

/** Records that something was sent at an instant. */
export function noteSent(state: ResponderState, channel: Channel, at: string): void {
  const sent = state.sent?.[channel] ?? [];
  const since = Date.parse(at) - Math.max(...SMS_LIMITS.map(({ withinMs }) => withinMs));
  const kept = sent.filter((earlier) => Date.parse(earlier) > since);
  state.sent = { ...state.sent, [channel]: [...kept, at].slice(-50) };
}

/** Puts a message with others if it may go out with them and there are any, or too many were sent already. */
export function collect(
  state: ResponderState,
  { channel, notificationId, bundle: wanted }: OfferRequest,
  code: string,
  now: string,
): OfferAnswer | undefined {
  if (!wanted || channel === undefined || channel === 'voice') return undefined;
  const { isReleased = false, ...message } = wanted;
  const entry: BundleEntry = { ...message, notification: notificationId, code };
  const open = state.bundles?.find(
    (bundle) => bundle.channel === channel && bundle.entries.length < MAX_ENTRIES,
  );
  const dueAt = open ? putOff(open, isReleased, now) : nextRoutine(state, channel, now, isReleased);
  if (dueAt === undefined) {
    state.routineAt = { ...state.routineAt, [channel]: now };
    return undefined;
  }
  const bundle: Bundle = {
    id: open?.id ?? `${wanted.handoff.id}/${notificationId}`,
    channel,
    since: open?.since ?? now,
    dueAt,
    entries: [...(open?.entries ?? []), entry],
  };
  state.bundles = [...(state.bundles ?? []).filter((other) => other !== open), bundle];
  return { say: 'bundled', until: dueAt };
}

function putOff({ since, dueAt }: Bundle, isReleased: boolean, now: string): string {
  if (!isReleased) return dueAt;
  const later = instantAfter(now, RELEASE_FOR_MS);
  const last = instantAfter(since, MAX_RELEASE_MS);
  const next = Date.parse(later) < Date.parse(last) ? later : last;
  return Date.parse(next) > Date.parse(dueAt) ? next : dueAt;
}

/** Returns until when routine work is collected, or undefined when it may go out now. */
function nextRoutine(
  state: ResponderState,
  channel: Channel,
  now: string,
  isReleased: boolean,
): string | undefined {
  if (isReleased) return instantAfter(now, RELEASE_FOR_MS);
  const last = state.routineAt?.[channel];
  const instants = last === undefined ? [] : [Date.parse(last) + BUNDLE_FOR_MS];
  if (channel === 'sms') {
    const sent = state.sent?.sms ?? [];
    for (const { count, withinMs } of SMS_LIMITS) {
      const first = sent.at(-count);
      if (first !== undefined) instants.push(Date.parse(first) + withinMs);
    }
  }
  const at = Math.max(...instants, 0);
  return at > Date.parse(now) ? new Date(at).toISOString() : undefined;
}

/** Returns when the next bundle is due, if any is collected. */
export function nextBundle(state: ResponderState): string | undefined {
  return (state.bundles ?? []).map(({ dueAt }) => dueAt).sort()[0];
}

/** Takes the bundles that are due out of the state and returns them. */
export function takeDueBundles(state: ResponderState, now: string): readonly Bundle[] {
  const isDue = ({ dueAt }: Bundle): boolean => Date.parse(dueAt) <= Date.parse(now);
  const due = (state.bundles ?? []).filter(isDue);
  if (due.length > 0) state.bundles = (state.bundles ?? []).filter((bundle) => !isDue(bundle));
  return due;
}

/** Records that a bundle goes out: what follows it waits, and those in it hear it when it does not arrive. */
export function noteDelivery(
  state: ResponderState,
  { id, channel, entries }: Bundle,
  now: string,
): void {
  noteSent(state, channel, now);
  state.routineAt = { ...state.routineAt, [channel]: now };
  state.delivered = {
    ...state.delivered,
    [id]: entries.map(({ handoff, notification }) => ({ handoff: handoff.id, notification })),
  };
  dropOldest(state.delivered, KEEP_DELIVERED);
}

/** Collects again what could not go out yet. */
export function putBack(
  state: ResponderState,
  bundle: Bundle,
  { heldUntil, now }: { heldUntil: string; now: string },
): void {
  // Clocks differ: what is held back by one is not asked for again at once by the other.
  const soonest = instantAfter(now, RELEASE_FOR_MS);
  const dueAt = Date.parse(heldUntil) > Date.parse(soonest) ? heldUntil : soonest;
  const open = state.bundles?.find(
    ({ channel, entries }) =>
      channel === bundle.channel && entries.length + bundle.entries.length <= MAX_ENTRIES,
  );
  const merged: Bundle = {
    ...bundle,
    dueAt: open && Date.parse(open.dueAt) > Date.parse(dueAt) ? open.dueAt : dueAt,
    entries: [...bundle.entries, ...(open?.entries ?? [])],
  };
  state.bundles = [...(state.bundles ?? []).filter((other) => other !== open), merged];
}

/**
 * Returns what of a bundle is still to be said: no offer of a handoff that does not wait for the person any more, and
 * no stand-down from one that never went out.
 */
export function leaveOutPassed(
  { entries }: Bundle,
  isAskedFor: (handoff: string) => boolean,
): readonly BundleEntry[] {
  const asks = ({ message }: BundleEntry): boolean =>
    message.kind === 'offer' || message.kind === 'last-resort';
  const isAsked = ({ handoff }: BundleEntry): boolean => isAskedFor(handoff.id);
  const isFirst = ({ message }: BundleEntry): boolean =>
    (message.kind === 'offer' || message.kind === 'last-resort') && message.notice === 1;
  const unsaid = new Set(
    entries.filter((entry) => isFirst(entry) && !isAsked(entry)).map(({ handoff }) => handoff.id),
  );
  // Of several offers of one handoff the last one counts.
  return entries.filter((entry, index) =>
    asks(entry)
      ? isAsked(entry) &&
        !entries.some(
          (later, place) => place > index && asks(later) && later.handoff.id === entry.handoff.id,
        )
      : !unsaid.has(entry.handoff.id),
  );
}
