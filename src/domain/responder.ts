import { deriveCode } from './code.ts';
import type { Ending, Standing } from './state.ts';

/** A handoff as one person's phone knows it. */
export interface OpenOffer {
  readonly handoffId: string;
  /** The code this person uses for it; unique among their open and lately closed ones. */
  readonly code: string;
  readonly subject: string;
  /** What is to be done. */
  readonly action: string;
  readonly dueAt?: string;
  readonly standing: Standing;
  readonly since: string;
}

/** A handoff that ended, kept a while so that a late reply gets a true answer. */
export interface ClosedOffer {
  readonly handoffId: string;
  readonly code: string;
  readonly subject: string;
  readonly ending: Ending;
}

/** A handoff as it is offered: what the responder's workflow must know to route a reply. */
export type OfferCard = Omit<OpenOffer, 'standing' | 'since'>;

/** The question before a message goes out. `notificationId` makes asking again harmless. */
export interface OfferRequest {
  readonly card: OfferCard;
  readonly notificationId: string;
  /** The person is asked to take it; false for messages that ask nothing of them. */
  readonly asks: boolean;
}

/** How to say it: send, with the code needed in a reply or not; or not at all. */
export type OfferAnswer =
  | { readonly say: 'send'; readonly code: string; readonly codeNeeded: boolean }
  | { readonly say: 'nothing'; readonly because: string };

/** The durable side of a person: plain JSON, carried through continue-as-new. */
export interface ResponderState {
  open: Record<string, OpenOffer>;
  closed: ClosedOffer[];
  optedOutAt?: string;
  /** The answers given lately, by handoff and notification: a retry must say the same words. */
  answers: Record<string, OfferAnswer>;
  /** Ids of replies already routed. */
  routed: string[];
}

const KEEP_CLOSED = 100;
const KEEP_ANSWERS = 300;
const KEEP_ROUTED = 200;

/** Returns the state of a person nothing was ever offered to. */
export function emptyResponder(): ResponderState {
  return { open: {}, closed: [], answers: {}, routed: [] };
}

/** Records that a message about a handoff is about to go to this person and answers how to say it. */
export function answerOffer(
  state: ResponderState,
  request: OfferRequest,
  now: string,
): OfferAnswer {
  const key = `${request.card.handoffId}/${request.notificationId}`;
  const known = state.answers[key];
  if (known) return known;
  // A message that was under way when the person took it takes nothing from them.
  const isTheirs = state.open[request.card.handoffId]?.standing === 'owner';
  const standing = request.asks && !isTheirs ? 'asked' : undefined;
  const offer = putStanding(state, request.card, standing, now);
  const answer: OfferAnswer = state.optedOutAt
    ? { say: 'nothing', because: `opted out by SMS at ${state.optedOutAt}` }
    : {
        say: 'send',
        code: offer.code,
        codeNeeded: Object.values(state.open).some(
          (other) =>
            other.handoffId !== offer.handoffId &&
            (other.standing === 'asked' || other.standing === 'owner'),
        ),
      };
  state.answers[key] = answer;
  dropOldest(state.answers, KEEP_ANSWERS);
  return answer;
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
  if (state.closed.some((closed) => closed.handoffId === card.handoffId)) return;
  const { handoffId, subject } = card;
  const code = state.open[handoffId]?.code ?? card.code;
  // Offers are plain JSON keyed by handoff id.
  // eslint-disable-next-line @typescript-eslint/no-dynamic-delete
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
    // eslint-disable-next-line @typescript-eslint/no-dynamic-delete
    delete entries[key];
  }
}
