import type { Absence } from './availability/situation.ts';
import { deriveCode } from './code.ts';
import { instantAfter } from './duration.ts';
import { isEndedBy, isStopped, type ClosedOffer, type OpenOffer } from './offer.ts';
import type { Channel, QuietRule } from './policy.ts';
import { READ_FOR_MS, type ReplyRoute } from './reply-route.ts';
import {
  isMailbox,
  type Ending,
  type HandoffCard,
  type Message,
  type NotificationOrder,
  type Standing,
} from './state.ts';

/** A handoff as it is offered: what the responder's workflow must know to route a reply. */
export type OfferCard = Omit<OpenOffer, 'standing' | 'since'>;

/** The question before a message goes out. `notificationId` makes asking again harmless. */
export interface OfferRequest {
  readonly card: OfferCard;
  readonly notificationId: string;
  /** The person is asked to take it; false for messages that ask nothing of them. */
  readonly asks: boolean;
  /** It need not go out now: whoever is away is left alone. Missing: it goes out all the same. */
  readonly mayBeHeld?: boolean;
  /** Missing: nothing is known of it, and it goes out by itself. */
  readonly channel?: Channel;
  /** The number or messaging service that SMS go out from; missing: that is not known. */
  readonly sender?: string;
  /** It answers what they just said: they wait for it. */
  readonly isAnswer?: boolean;
  /** What it takes to put it into one message with others; missing: it goes out by itself. */
  readonly bundle?: BundleRequest;
}

/** A message that may be put together with others. */
export interface BundleRequest {
  readonly handoff: HandoffCard;
  readonly message: Message;
  readonly whenQuiet?: QuietRule;
  /** It waited for the end of quiet hours, as others may have: it waits for them. */
  readonly isReleased?: boolean;
}

/** One message that goes out in a list. */
export interface BundleEntry {
  readonly notification: string;
  readonly handoff: HandoffCard;
  readonly message: Message;
  readonly whenQuiet?: QuietRule;
  /** The code that this person knows the handoff by. */
  readonly code: string;
}

/** What is collected for one channel, to go out as one message. */
export interface Bundle {
  readonly id: string;
  readonly channel: Channel;
  /** When the first came. */
  readonly since: string;
  readonly dueAt: string;
  readonly entries: readonly BundleEntry[];
}

/** How to say it: send, with the code needed in a reply or not; not now; or not at all. */
export type OfferAnswer =
  | {
      readonly say: 'send';
      readonly code: string;
      readonly codeNeeded: boolean;
      /** Another message goes to this phone first. */
      readonly waitMs?: number;
    }
  /** It goes out with others. */
  | { readonly say: 'bundled'; readonly until: string }
  | { readonly say: 'away'; readonly absence: Absence }
  | { readonly say: 'nothing'; readonly because: string };

/** The durable side of a person: plain JSON, carried through continue-as-new. */
export interface ResponderState {
  open: Record<string, OpenOffer>;
  closed: ClosedOffer[];
  optedOutAt?: string;
  /** The names of the sender they texted STOP to: another one may text them. Missing: none may. */
  optedOutOf?: readonly string[];
  /** What they said last; it may be over. */
  away?: Absence;
  /** The answers given lately, by handoff and notification: a retry must say the same words. */
  answers: Record<string, OfferAnswer>;
  /** Ids of replies already dealt with. */
  routed: string[];
  /** What replies meant when they came, by reply: one that comes twice means the same. */
  routes?: Record<string, ReplyRoute>;
  /** What was sent lately, by channel: instants, the oldest first. */
  sent?: Partial<Record<Channel, readonly string[]>>;
  /** When routine work went out last, by channel. */
  routineAt?: Partial<Record<Channel, string>>;
  bundles?: readonly Bundle[];
  /** The bundles that went out lately, by id: whom to tell when one did not arrive. */
  delivered?: Record<string, readonly BundledNotification[]>;
  /** Answers in a row to replies that brought nothing about. */
  idle?: { readonly count: number; readonly at: string };
}

/** A notification of a handoff that went out in a bundle. */
export interface BundledNotification {
  readonly handoff: string;
  readonly notification: string;
}

/** The memo of a responder's workflow that holds `away` of its state: readable without a worker. */
export const AWAY_MEMO = 'away';

const KEEP_CLOSED = 100;
const KEEP_ANSWERS = 300;
const KEEP_ROUTED = 200;
const KEEP_ROUTES = 100;
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

/** Nobody is answered more often in a row without anything having come of it: it may be a machine. */
const MAX_IDLE_ANSWERS = 5;
const IDLE_FOR_MS = 3_600_000;

/** Returns the state of a person nothing was ever offered to. */
export function emptyResponder(): ResponderState {
  return { open: {}, closed: [], answers: {}, routed: [] };
}

/**
 * Records that a message about a handoff is about to go to this person and answers how to say it. That they
 * are away is answered without a trace: the next question is answered anew.
 */
export function answerOffer(
  state: ResponderState,
  request: OfferRequest,
  now: string,
  self?: string,
): OfferAnswer {
  const key = `${request.card.handoffId}/${request.notificationId}`;
  const known = state.answers[key];
  if (known) return known;
  const { away } = state;
  if (request.mayBeHeld === true && away && isAwayAt(away, now)) {
    return { say: 'away', absence: away };
  }
  const isOut = isOptedOut(state, request.sender);
  const isSilent = isOut && request.channel !== 'email';
  // A message that was under way when the person took it takes nothing from them; one that does not go out asks nothing.
  const isTheirs = state.open[request.card.handoffId]?.standing === 'owner';
  const isUnsaid = isOut && request.channel === 'sms';
  const standing = request.asks && !isTheirs && !isUnsaid ? 'asked' : undefined;
  const offer = putStanding(state, request.card, standing, now);
  const collected = isSilent ? undefined : collect(state, request, offer.code, now);
  const answer: OfferAnswer =
    collected ??
    (isOut
      ? { say: 'nothing', because: `opted out by SMS at ${state.optedOutAt}` }
      : {
          say: 'send',
          code: offer.code,
          codeNeeded: needsCode(state, offer, now, self),
          ...(request.isAnswer === true ? {} : waitFor(state, request.channel, now)),
        });
  state.answers[key] = answer;
  dropOldest(state.answers, KEEP_ANSWERS);
  return answer;
}

/** Returns whether this person stopped messages of a sender. */
function isOptedOut(
  { optedOutAt, optedOutOf }: ResponderState,
  sender: string | undefined,
): boolean {
  if (optedOutAt === undefined) return false;
  return sender === undefined || optedOutOf === undefined || optedOutOf.includes(sender);
}

/** Records that a person wants no SMS from a sender, by the names it has. */
export function optOut(state: ResponderState, at: string, sender?: readonly string[]): void {
  state.optedOutAt = at;
  if (sender && sender.length > 0) state.optedOutOf = sender;
  else delete state.optedOutOf;
}

/** Records that they want SMS again. */
export function optIn(state: ResponderState): void {
  delete state.optedOutAt;
  delete state.optedOutOf;
}

/**
 * Returns whether a bare key could mean another handoff than this one: one that is open, or went a moment ago by somebody
 * else.
 */
function needsCode(
  { open, closed }: ResponderState,
  offer: OpenOffer,
  now: string,
  self: string | undefined,
): boolean {
  const hasJustGone = (at: string): boolean => Date.parse(now) - Date.parse(at) <= READ_FOR_MS;
  const others = Object.values(open).filter(({ handoffId }) => handoffId !== offer.handoffId);
  return (
    others.some(
      ({ standing, since }) =>
        standing === 'asked' ||
        standing === 'owner' ||
        (standing === 'stood-down' && hasJustGone(since)),
    ) || closed.some((ended) => hasJustGone(ended.ending.at) && !isEndedBy(ended, self))
  );
}

/** Returns whether an absence is not over at an ISO instant. */
export function isAwayAt({ until }: Absence, now: string): boolean {
  return until === undefined || Date.parse(until) > Date.parse(now);
}

/** Records how the person stands to a handoff; without a `standing` a known one keeps its own. */
export function putStanding(
  state: ResponderState,
  card: OfferCard,
  standing: Standing | undefined,
  now: string,
): OpenOffer {
  const ended = state.closed.find((closed) => closed.handoffId === card.handoffId);
  const before = state.open[card.handoffId];
  const next: OpenOffer = {
    ...card,
    code: before?.code ?? ended?.code ?? freeCode(state, card),
    standing: standing ?? before?.standing ?? 'stood-down',
    since: now,
  };
  // A message may arrive after the end was told: what ended stays ended.
  if (!ended) state.open[card.handoffId] = next;
  return next;
}

/** Records that a handoff ended; its code is not handed out again while it is remembered. */
export function closeOffer(state: ResponderState, card: OfferCard, ending: Ending): void {
  const { handoffId, subject } = card;
  const known = state.closed.find((closed) => closed.handoffId === handoffId);
  if (known) {
    if (!isStopped(known.ending)) return;
    state.closed = state.closed.map((closed) =>
      closed === known ? { ...closed, ending } : closed,
    );
    return;
  }
  const code = state.open[handoffId]?.code ?? card.code;
  // Offers are plain JSON keyed by handoff id.
  // oxlint-disable-next-line typescript/no-dynamic-delete
  delete state.open[handoffId];
  state.closed = [...state.closed, { handoffId, code, subject, ending }].slice(-KEEP_CLOSED);
}

/** Returns whether a reply was seen before, and remembers it. */
export function isRepeatedReply(state: ResponderState, replyId: string): boolean {
  if (state.routed.includes(replyId)) return true;
  state.routed = [...state.routed, replyId].slice(-KEEP_ROUTED);
  return false;
}

/** Returns the handoff's own code, or the next one derived from its id that this person does not know yet. */
function freeCode(state: ResponderState, card: OfferCard): string {
  const taken = new Set([...Object.values(state.open), ...state.closed].map((offer) => offer.code));
  let code = card.code;
  for (let attempt = 1; taken.has(code) && attempt < 1_000; attempt += 1) {
    code = deriveCode(card.handoffId, attempt);
  }
  return code;
}

function dropOldest(entries: Record<string, unknown>, keep: number): void {
  const keys = Object.keys(entries);
  for (const key of keys.slice(0, Math.max(0, keys.length - keep))) {
    // oxlint-disable-next-line typescript/no-dynamic-delete
    delete entries[key];
  }
}

// -- one message after the other

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
function waitFor(
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
function noteSent(state: ResponderState, channel: Channel, at: string): void {
  const sent = state.sent?.[channel] ?? [];
  const since = Date.parse(at) - Math.max(...SMS_LIMITS.map(({ withinMs }) => withinMs));
  const kept = sent.filter((earlier) => Date.parse(earlier) > since);
  state.sent = { ...state.sent, [channel]: [...kept, at].slice(-50) };
}

/** Puts a message with others if it may go out with them and there are any, or too many were sent already. */
function collect(
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

/**
 * Takes the bundles that are due out of the state and returns them, without what is no longer to be said: an
 * offer of what somebody has taken, and the stand-down from one that never went out.
 */
export function takeDueBundles(state: ResponderState, now: string): readonly Bundle[] {
  const isDue = ({ dueAt }: Bundle): boolean => Date.parse(dueAt) <= Date.parse(now);
  const due = (state.bundles ?? []).filter(isDue);
  if (due.length === 0) return [];
  state.bundles = (state.bundles ?? []).filter((bundle) => !isDue(bundle));
  const kept = due
    .map((bundle) => ({ ...bundle, entries: leaveOutPassed(state, bundle.entries) }))
    .filter(({ entries }) => entries.length > 0);
  for (const { id, channel, entries } of kept) {
    noteSent(state, channel, now);
    state.routineAt = { ...state.routineAt, [channel]: now };
    state.delivered = {
      ...state.delivered,
      [id]: entries.map(({ handoff, notification }) => ({ handoff: handoff.id, notification })),
    };
    dropOldest(state.delivered, KEEP_DELIVERED);
  }
  return kept;
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

function leaveOutPassed(
  state: ResponderState,
  entries: readonly BundleEntry[],
): readonly BundleEntry[] {
  const asks = ({ message }: BundleEntry): boolean =>
    message.kind === 'offer' || message.kind === 'last-resort';
  const isAsked = ({ handoff }: BundleEntry): boolean =>
    state.open[handoff.id]?.standing === 'asked';
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

// -- replies

/** What a reply means, and whether its sender is answered. */
export interface RoutedReply {
  readonly route: ReplyRoute;
  /** Their last replies brought nothing about: this may be a machine that answers ours. */
  readonly isSilent: boolean;
}

/** Records what a reply meant when it came first; coming again it means the same, whatever happened between. */
export function routeOnce(
  state: ResponderState,
  replyId: string,
  find: () => ReplyRoute,
  now: string,
): RoutedReply {
  const known = Object.hasOwn(state.routes ?? {}, replyId) ? state.routes?.[replyId] : undefined;
  if (known) return { route: known, isSilent: false };
  const route = find();
  const earlier = Object.values(state.routes ?? {}).at(-1);
  state.routes = { ...state.routes, [replyId]: route };
  dropOldest(state.routes, KEEP_ROUTES);
  noteSent(state, 'sms', now);
  const { idle } = state;
  const isFresh = !idle || Date.parse(now) > Date.parse(idle.at) + IDLE_FOR_MS;
  if (bringsAbout(route, earlier)) {
    delete state.idle;
    return { route, isSilent: false };
  }
  const count = isFresh ? 1 : idle.count + 1;
  state.idle = { count, at: now };
  return { route, isSilent: count > MAX_IDLE_ANSWERS };
}

/** Says whether a reply changes something: not the same command again, and not a note. */
function bringsAbout(route: ReplyRoute, earlier: ReplyRoute | undefined): boolean {
  if (route.kind !== 'command' || route.verb === 'note') return false;
  return !(
    earlier?.kind === 'command' &&
    earlier.verb === route.verb &&
    earlier.offer.handoffId === route.offer.handoffId
  );
}
