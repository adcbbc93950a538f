import type { Handoff } from '../handoff.ts';
import type { BriefPart, Written } from './parts.ts';

/** What of a model's brief held; the contact is never a model's. */
export interface ModelBrief {
  readonly model: string;
  readonly subject?: string;
  readonly summary?: string;
  readonly do?: string;
  readonly facts?: NonNullable<Handoff['brief']['facts']>;
}

/** A brief that comes later than this after it was asked for is not waited for. */
export const WRITE_WITHIN_MS = 10_000;

/** What came of asking a model: its brief, or why there is none. */
export type WritingResult = { readonly brief: ModelBrief } | { readonly because: string };

/** Returns the parts of a handoff that a model may write: what its source has given, or changed since, is not among them. */
export function listOpenParts({ written }: Pick<Handoff, 'written'>): BriefPart[] {
  return (written?.drawn ?? []).filter((part) => part !== 'contact');
}

/** What a handoff is about, and who wrote that. */
type About = Pick<Handoff, 'brief' | 'action'> & { readonly written: Written };

const MAX_FACTS = 20;

/** Returns a handoff's brief and action with the model's parts in place of those drawn; of facts both are kept. */
export function applyModelBrief(
  handoff: Pick<Handoff, 'brief' | 'action' | 'written'>,
  { model, subject, summary, do: what, facts = [] }: ModelBrief,
): About {
  const open = listOpenParts(handoff);
  const given: Partial<Record<BriefPart, unknown>> = {
    subject,
    summary,
    action: what,
    facts: facts.length === 0 ? undefined : facts,
  };
  const parts = open.filter((part) => given[part] !== undefined);
  const { brief, action, written = { drawn: [] } } = handoff;
  if (parts.length === 0) return { brief, action, written };
  const has = (part: BriefPart): boolean => parts.includes(part);
  const values = new Set(facts.map(({ value }) => value));
  const others = (brief.facts ?? []).filter(({ value }) => !values.has(value));
  return {
    brief: {
      ...brief,
      ...(has('subject') && subject !== undefined && { subject }),
      ...(has('summary') && summary !== undefined && { summary }),
      ...(has('facts') && { facts: [...facts, ...others].slice(0, MAX_FACTS) }),
    },
    action: { ...action, ...(has('action') && what !== undefined && { do: what }) },
    written: {
      drawn: written.drawn.filter((part) => !has(part) || (part === 'facts' && others.length > 0)),
      model: { name: model, parts },
    },
  };
}

/** Returns who wrote a brief once its source has changed some parts of it: those are the source's own. */
export function withoutParts(written: Written, parts: readonly BriefPart[]): Written {
  const keep = (list: readonly BriefPart[]): BriefPart[] =>
    list.filter((part) => !parts.includes(part));
  const { drawn, model } = written;
  const left = model && keep(model.parts);
  return {
    drawn: keep(drawn),
    ...(model && left && left.length > 0 && { model: { name: model.name, parts: left } }),
  };
}
