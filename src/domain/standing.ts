import {
  stoppedAt,
  type ClosedOffer,
  type Offer,
  type OfferCard,
  type OpenOffer,
} from './offer.ts';
import {
  cardOf,
  currentHandoff,
  isOpen,
  lookUp,
  type CommandResult,
  type Ending,
  type HandoffCard,
  type HandoffInput,
  type HandoffState,
  type Standing,
} from './state.ts';
import type { HandoffResult } from './view.ts';

/** The question how a person stands to a handoff, and which of these replies it knows. */
export interface StandingRequest {
  readonly responder: string;
  readonly replyIds?: readonly string[];
}

/** What a handoff answers to it. */
export interface StandingReport {
  readonly card: HandoffCard;
  readonly standing: Standing;
  /** When that changed last; missing: with a message to them. */
  readonly since?: string;
  readonly ending?: Ending;
  /** What came of the replies that were asked about, by their ids. */
  readonly results: Readonly<Record<string, CommandResult>>;
}

/** Returns how a person stands to a handoff. */
export function reportStanding(
  input: HandoffInput,
  state: HandoffState,
  { responder, replyIds = [] }: StandingRequest,
): StandingReport {
  const { ending } = state;
  return {
    card: cardOf(currentHandoff(input, state)),
    ...standingOf(input, state, responder),
    ...(ending && { ending }),
    results: pickResults(state.results, replyIds),
  };
}

/** Returns the same of a handoff whose workflow is over. */
export function reportEnded(
  result: HandoffResult,
  { replyIds = [] }: StandingRequest,
): StandingReport {
  const { ending, submittedAt } = result;
  return {
    card: cardOf(result),
    standing: 'stood-down',
    ending: ending ?? stoppedAt(submittedAt),
    results: pickResults(result.results, replyIds),
  };
}

function pickResults(
  results: Readonly<Record<string, CommandResult>>,
  ids: readonly string[],
): Record<string, CommandResult> {
  return Object.fromEntries(
    ids.flatMap((id) => {
      const result = lookUp(results, id);
      return result ? [[id, result]] : [];
    }),
  );
}

function standingOf(
  { handoff }: HandoffInput,
  state: HandoffState,
  responder: string,
): { standing: Standing; since?: string } {
  const { owner, standings, stoodDown = {} } = state;
  if (owner?.responder === responder) return { standing: 'owner', since: owner.since };
  const known = lookUp(standings, responder);
  if (known === 'stood-down') {
    return { standing: known, since: lookUp(stoodDown, responder) ?? handoff.submittedAt };
  }
  if (known !== undefined) return { standing: known };
  // A reply may be quicker than the news that its message was sent.
  const isOnItsWay =
    isOpen(state) &&
    !owner &&
    Object.values(state.notifications).some(
      ({ recipient, kind, status }) =>
        recipient === responder &&
        status === 'sending' &&
        (kind === 'offer' || kind === 'last-resort'),
    );
  return isOnItsWay
    ? { standing: 'asked' }
    : // Nothing that asks of them has reached them: it does not wait for them, and never did.
      { standing: 'stood-down', since: handoff.submittedAt };
}

/** Returns an open handoff as a reply may mean it; without a report it may wait for them. */
export function toOpenOffer(offer: Offer, report?: StandingReport): OpenOffer {
  const { at, ...card } = offer;
  if (!report) return { ...card, standing: 'asked', since: at };
  const { firstAt } = offer;
  const { action, brief } = report.card;
  const { standing, since = at } = report;
  const isLater = standing !== 'stood-down' && Date.parse(at) > Date.parse(since);
  return {
    handoffId: card.handoffId,
    code: card.code,
    subject: brief.subject,
    action: action.do,
    ...(action.dueAt !== undefined && { dueAt: action.dueAt }),
    ...(action.outcomes.length > 0 && { outcomes: action.outcomes }),
    standing,
    since: isLater ? at : since,
    ...(firstAt !== undefined && { firstAt }),
  };
}

/** Returns a handoff that ended as a late reply may mean it. */
export function toClosedOffer(
  { handoffId, code, subject }: OfferCard,
  ending: Ending,
  card?: HandoffCard,
): ClosedOffer {
  return { handoffId, code, subject: card?.brief.subject ?? subject, ending };
}
