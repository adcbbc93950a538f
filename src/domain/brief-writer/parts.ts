/*
 * brief-writer/ makes a brief from raw material where its source sends none: first one drawn from the material by
 * rules, then, where a model is set up, what of the model's can be found in the material. Pure: the model is asked
 * elsewhere, and nothing of it is trusted here.
 */
/** What of a handoff may be made from its material. Whom to tell, how loudly and by when is always its source's. */
export const BRIEF_PARTS = ['subject', 'summary', 'action', 'facts', 'contact'] as const;
export type BriefPart = (typeof BRIEF_PARTS)[number];

/** Who wrote the parts of a brief that did not come from its source. */
export interface Written {
  /** Drawn from the material by rules. */
  readonly drawn: readonly BriefPart[];
  /** Written by a model, and found in the material. */
  readonly model?: { readonly name: string; readonly parts: readonly BriefPart[] };
}
