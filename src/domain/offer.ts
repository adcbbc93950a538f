import type { Ending, Standing } from './state.ts';

/** A handoff as it is offered: what a person's workflow knows of it without asking it. */
export interface OfferCard {
  readonly handoffId: string;
  /** The code this person uses for it; unique among what was lately offered to them. */
  readonly code: string;
  readonly subject: string;
  /** What is to be done. */
  readonly action: string;
  readonly dueAt?: string;
}

/** A handoff that a person was written to about. How they stand to it only the handoff itself knows. */
export interface Offer extends OfferCard {
  /** When they were last written to about it. */
  readonly at: string;
  /** When they first were. Missing in what was recorded before: it is not known. */
  readonly firstAt?: string;
  /** They were told, or have said, that it is not for them any more: no bare reply is likely to mean it. */
  readonly isOver?: true;
}

/** A handoff that is open, and how one person stands to it. */
export interface OpenOffer extends OfferCard {
  readonly standing: Standing;
  /** Since when, or the last message about it. */
  readonly since: string;
  /** What may come of it, in its source's words. */
  readonly outcomes?: readonly string[];
  /** When they were first written to about it; missing: `since`. */
  readonly firstAt?: string;
}

/** A handoff that ended, kept a while so that a late reply gets a true answer. */
export interface ClosedOffer {
  readonly handoffId: string;
  readonly code: string;
  readonly subject: string;
  readonly ending: Ending;
}

const STOPPED = 'it was stopped from outside Baton';

/** Returns the ending of a handoff that somebody stopped in Temporal: its own workflow can tell nobody. */
export function stoppedAt(at: string): Ending {
  return { status: 'withdrawn', at, note: STOPPED };
}

/** Returns whether this person ended it: no answer of theirs is about it any more. */
export function isEndedBy({ ending: { by } }: ClosedOffer, person: string | undefined): boolean {
  return person !== undefined && by?.kind === 'responder' && by.id === person;
}
