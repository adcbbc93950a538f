/*
 * The durable side of a person. It knows what they were written to about, and whether they may be written to; how they
 * stand to a handoff is asked of the handoff itself, so that there is one truth about it.
 */
import type { Absence } from './availability/situation.ts';
import { collect, noteSent, waitFor } from './bundles.ts';
import { deriveCode } from './code.ts';
import { isEndedBy, type ClosedOffer, type Offer } from './offer.ts';
import { READ_FOR_MS } from './reply-route.ts';
import {
  dropOldest,
  type BundleEntry,
  type OfferAnswer,
  type OfferRequest,
  type ResponderState,
} from './responder-state.ts';
import { lookUp } from './state.ts';

/** The memo of a responder's workflow that holds `away` of its state: readable without a worker. */
export const AWAY_MEMO = 'away';

const KEEP_CLOSED = 100;
const KEEP_ANSWERS = 300;
const KEEP_ROUTED = 200;

/** With so many offers, and whenever there are twice as many as were left, it is asked which have ended. */
const PRUNE_FROM = 20;

/** Nobody is answered more often in a row without anything having come of it: it may be a machine. */
const MAX_IDLE_ANSWERS = 5;
/** Whoever is asked "Which one?", or wrote a code that is wrong, has said what they want: a machine rarely does. */
const MAX_IDLE_QUESTIONS = 15;
const IDLE_FOR_MS = 3_600_000;

/** What a person's workflow tells of them. */
export interface ResponderView {
  /** There is no such workflow: nothing was ever offered to them. */
  readonly isNew?: true;
  readonly offers: readonly Offer[];
  readonly closed: readonly ClosedOffer[];
  readonly optedOutAt?: string;
  /** What they said last; it may be over. */
  readonly away?: Absence;
  /** So many replies in a row brought nothing about. */
  readonly idle: number;
  /** What is known of the replies that were asked about; missing ones are not known. */
  readonly replies: Readonly<Record<string, 'waiting' | 'seen'>>;
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
  const offer = putOffer(state, request, now);
  const isSilent = isOut && request.channel !== 'email';
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

/** Returns whether an absence is not over at an ISO instant. */
export function isAwayAt({ until }: Absence, now: string): boolean {
  return until === undefined || Date.parse(until) > Date.parse(now);
}

/** Returns the absence that holds back what was collected: somebody may have said "away" meanwhile. */
export function holdForAbsence(
  { away }: ResponderState,
  entries: readonly BundleEntry[],
  now: string,
): Absence | undefined {
  const mayBeHeld = entries.every(({ whenQuiet = 'ignore' }) => whenQuiet !== 'ignore');
  return mayBeHeld && away && isAwayAt(away, now) ? away : undefined;
}

// -- what was offered

/** Records that they were, or are about to be, written to about a handoff. */
export function putOffer(
  state: ResponderState,
  { card, at, isOver }: OfferRequest,
  now: string,
): Offer {
  const { handoffId } = card;
  const before = state.offers[handoffId];
  const ended = state.closed.find((closed) => closed.handoffId === handoffId);
  const code = before?.code ?? ended?.code ?? freeCode(state, card);
  const isGone = isOver ?? before?.isOver ?? false;
  const writtenAt = at ?? now;
  const firstAt = before ? before.firstAt : writtenAt;
  const offer: Offer = {
    ...card,
    code,
    at: writtenAt,
    ...(firstAt !== undefined && { firstAt }),
    ...(isGone && { isOver: true }),
  };
  // What ended stays ended, whatever is still said of it.
  if (ended) return offer;
  // The one that was written about last comes last.
  // oxlint-disable-next-line typescript/no-dynamic-delete
  delete state.offers[handoffId];
  state.offers[handoffId] = offer;
  return offer;
}

/** What was found to be over, when that was asked. */
export interface Ended {
  readonly closed: readonly ClosedOffer[];
  /** Ids of those that Temporal does not know any more. */
  readonly forgotten: readonly string[];
}

/** Records that handoffs are over; their codes are not handed out again while they are remembered. */
export function closeOffers(state: ResponderState, { closed: ended, forgotten }: Ended): void {
  for (const id of [...ended.map(({ handoffId }) => handoffId), ...forgotten]) {
    // oxlint-disable-next-line typescript/no-dynamic-delete
    delete state.offers[id];
  }
  state.closed = mergeClosed(state.closed, ended).slice(-KEEP_CLOSED);
}

/** Returns both in the order of their ends; of one that is in both the first counts. */
export function mergeClosed(
  closed: readonly ClosedOffer[],
  ended: readonly ClosedOffer[],
): ClosedOffer[] {
  const known = new Set(closed.map(({ handoffId }) => handoffId));
  const news = ended.filter(({ handoffId }) => !known.has(handoffId));
  return [...closed, ...news].sort(
    (one, other) => Date.parse(one.ending.at) - Date.parse(other.ending.at),
  );
}

/** Says whether so much was offered that it is time to ask which of it has ended. */
export function isToPrune({ offers, pruneAt = PRUNE_FROM }: ResponderState): boolean {
  return Object.keys(offers).length >= pruneAt;
}

/** Records what was found to have ended when that was asked. */
export function prune(state: ResponderState, ended: Ended): void {
  closeOffers(state, ended);
  state.pruneAt = Math.max(PRUNE_FROM, 2 * Object.keys(state.offers).length);
}

/** Records that the person knows that a handoff is not for them any more. */
export function noteOver(state: ResponderState, handoffId: string, now: string): void {
  const known = lookUp(state.offers, handoffId);
  if (known) state.offers[handoffId] = { ...known, at: now, isOver: true };
}

/**
 * Returns whether a bare key might mean another handoff than this one: one that is open as far as is known here, or that
 * went a moment ago. To be sure takes the handoffs, which nobody asks before each message: it is only what it says.
 */
function needsCode(
  { offers, closed }: ResponderState,
  { handoffId }: Offer,
  now: string,
  self: string | undefined,
): boolean {
  const isJustNow = (at: string): boolean => Date.parse(now) - Date.parse(at) <= READ_FOR_MS;
  return (
    Object.values(offers).some(
      (other) => other.handoffId !== handoffId && (other.isOver !== true || isJustNow(other.at)),
    ) || closed.some((ended) => isJustNow(ended.ending.at) && !isEndedBy(ended, self))
  );
}

/** Returns the handoff's own code, or the next one derived from its id that this person does not know yet. */
function freeCode(state: ResponderState, card: { handoffId: string; code: string }): string {
  const taken = new Set(
    [...Object.values(state.offers), ...state.closed].map((offer) => offer.code),
  );
  let code = card.code;
  for (let attempt = 1; taken.has(code) && attempt < 1_000; attempt += 1) {
    code = deriveCode(card.handoffId, attempt);
  }
  return code;
}

// -- replies

/** Returns whether a reply was seen before, and remembers it. */
export function isRepeatedReply(state: ResponderState, replyId: string): boolean {
  if (state.routed.includes(replyId)) return true;
  state.routed = [...state.routed, replyId].slice(-KEEP_ROUTED);
  return false;
}

/** Records that something came of a reply, or nothing. */
export function countIdle(state: ResponderState, isIdle: boolean, now: string): void {
  noteSent(state, 'sms', now);
  if (isIdle) state.idle = { count: idleAt(state, now) + 1, at: now };
  else delete state.idle;
}

/** Returns how many replies in a row have brought nothing about. */
export function idleAt({ idle }: ResponderState, now: string): number {
  return idle && Date.parse(now) <= Date.parse(idle.at) + IDLE_FOR_MS ? idle.count : 0;
}

/** Says whether a person is answered no more after so many replies in a row that brought nothing about. */
export function isTooIdle(count: number, isAsking = false): boolean {
  return count >= (isAsking ? MAX_IDLE_QUESTIONS : MAX_IDLE_ANSWERS);
}

/** Returns what a person's workflow tells of them. */
export function viewResponder(
  state: ResponderState,
  now: string,
  replies: ResponderView['replies'],
): ResponderView {
  const { offers, closed, optedOutAt, away } = state;
  return {
    offers: Object.values(offers),
    closed,
    ...(optedOutAt !== undefined && { optedOutAt }),
    ...(away && { away }),
    idle: idleAt(state, now),
    replies,
  };
}
