/** What may come of a lead that was handed to a person. */
export const OUTCOMES = ['reached', 'no-answer', 'bad-lead', 'duplicate'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/**
 * Returns what an outcome teaches about the lead's quality: 1 for worth the call, 0 for not. Nobody at the phone and
 * somebody else's already say nothing about it: undefined.
 */
export function qualityOf(outcome: Outcome): 0 | 1 | undefined {
  switch (outcome) {
    case 'reached':
      return 1;
    case 'bad-lead':
      return 0;
    case 'no-answer':
    case 'duplicate':
      return undefined;
  }
}

/** Returns whether a word is an outcome. */
export function isOutcome(word: string): word is Outcome {
  return (OUTCOMES as readonly string[]).includes(word);
}

/** What became of a lead, and the moment at which the decision about it was made. */
export interface Label {
  /** The handoff or the line of a file it comes from: each counts once. */
  readonly key: string;
  readonly lead: string;
  /** Features are those of this moment. It is always before `at`. */
  readonly asOf: string;
  /** When the outcome became known. */
  readonly at: string;
  readonly outcome: Outcome;
}
