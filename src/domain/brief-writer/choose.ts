import type { DesignReview } from '../design-test.ts';
import type { Finding } from '../design-test/finding.ts';
import type { Handoff } from '../handoff.ts';
import type { CheckedDraft, Refusal } from './check.ts';
import type { BriefPart } from './parts.ts';
import { applyModelBrief, type ModelBrief } from './written.ts';

/**
 * Returns what of a checked draft makes a handoff no worse by the design test than what was drawn from the material: a
 * part that brings a finding which was not there before is left out.
 */
export function chooseParts(
  handoff: Handoff,
  { brief, refused }: CheckedDraft,
  review: (handoff: Handoff) => DesignReview,
): CheckedDraft {
  const known = new Set(review(handoff).findings.map(({ id }) => id));
  const left: Refusal[] = [...refused];
  let chosen = brief;
  for (;;) {
    const parts = listParts(chosen);
    if (parts.length === 0) return { brief: chosen, refused: left };
    const { findings } = review({ ...handoff, ...applyModelBrief(handoff, chosen) });
    const worse = findings.find(({ id }) => !known.has(id));
    if (!worse) return { brief: chosen, refused: left };
    const blamed = findBlamed(worse);
    const dropped = blamed !== undefined && parts.includes(blamed) ? [blamed] : parts;
    left.push(...dropped.map((part) => ({ part, because: `the design test finds ${worse.id}` })));
    chosen = without(chosen, dropped);
  }
}

/** Returns the parts that a brief has. */
export function listParts({ subject, summary, do: what, facts }: ModelBrief): BriefPart[] {
  return [
    ...(subject === undefined ? [] : (['subject'] as const)),
    ...(summary === undefined ? [] : (['summary'] as const)),
    ...(what === undefined ? [] : (['action'] as const)),
    ...(facts === undefined ? [] : (['facts'] as const)),
  ];
}

function without(brief: ModelBrief, parts: readonly BriefPart[]): ModelBrief {
  const has = (part: BriefPart): boolean => !parts.includes(part);
  const { model, subject, summary, do: what, facts } = brief;
  return {
    model,
    ...(subject !== undefined && has('subject') && { subject }),
    ...(summary !== undefined && has('summary') && { summary }),
    ...(what !== undefined && has('action') && { do: what }),
    ...(facts !== undefined && has('facts') && { facts }),
  };
}

function findBlamed({ pointer }: Finding): BriefPart | undefined {
  const [, owner, field] = pointer.split('/');
  if (owner === 'action') return 'action';
  const parts: readonly BriefPart[] = ['subject', 'summary', 'facts'];
  return parts.find((part) => part === field);
}
