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

const STOPPED = 'it was stopped from outside Baton';

/** Returns the ending of a handoff that somebody stopped in Temporal: its own workflow can tell nobody. */
export function stoppedAt(at: string): Ending {
  return { status: 'withdrawn', at, note: STOPPED };
}

/** Returns whether this person ended it: no answer of theirs is about it any more. */
export function isEndedBy({ ending: { by } }: ClosedOffer, person: string | undefined): boolean {
  return person !== undefined && by?.kind === 'responder' && by.id === person;
}

/** Returns whether an ending is such a one: it gives way to a handoff's own news. */
export function isStopped({ by, note }: Ending): boolean {
  return by === undefined && note === STOPPED;
}
