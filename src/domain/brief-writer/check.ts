import { z } from 'zod';
import { isVerb, listInstructionWords } from '../design-test/instruction.ts';
import type { Brief, Handoff } from '../handoff.ts';
import { Ground } from './grounding.ts';
import { flatten } from './material.ts';
import { findSmuggled } from './smuggling.ts';
import type { BriefPart } from './parts.ts';
import { listOpenParts, type ModelBrief } from './written.ts';

/** What a model is asked for: its form is enforced where it writes, and checked here once more. */
export const draftSchema = z.object({
  subject: z
    .string()
    .describe('Whom or what it is about: a name and a company, at most 60 characters.'),
  summary: z
    .string()
    .describe('What happened and what they want, in one or two sentences, at most 160 characters.'),
  action: z
    .string()
    .describe('What the person is to do, beginning with a verb, such as "Call Maria Lopez".'),
  facts: z
    .array(z.object({ label: z.string(), value: z.string() }))
    .describe('Up to 8 values that stand in the material, each copied word for word.'),
});
type Draft = z.infer<typeof draftSchema>;

/** Why a part of a model's draft was left out. */
export interface Refusal {
  readonly part: BriefPart;
  readonly because: string;
}

/** What of a model's draft may reach a person, and what was refused. */
export interface CheckedDraft {
  readonly brief: ModelBrief;
  readonly refused: readonly Refusal[];
}

/** Returns a model's answer as a draft, or undefined when it is none. */
export function readDraft(answer: string): Draft | undefined {
  if (answer.length > MAX_ANSWER) return undefined;
  try {
    return draftSchema.safeParse(JSON.parse(answer)).data;
  } catch {
    return undefined;
  }
}

const MAX_ANSWER = 20_000;
const MAX_FACTS = 8;
const MAX_TEXT = 1_000;
const LIMITS = { subject: 100, summary: 320, action: 80, label: 40, value: 160 } as const;

/**
 * Returns what of a draft holds: every figure, name and word of it stands in the material or in what the source said,
 * nothing in it leads anywhere or sounds like Baton, and its instruction commits nobody to anything. A part that does
 * not hold is left out as a whole.
 */
export function checkDraft(
  draft: Draft,
  { handoff, material, model }: { handoff: Handoff; material: string; model: string },
): CheckedDraft {
  const ground = new Ground(material, listGiven(handoff));
  const open = listOpenParts(handoff);
  const refused: Refusal[] = [];
  const check = (part: BriefPart, text: string, more?: (clean: string) => string | undefined) => {
    if (!open.includes(part)) return undefined;
    const clean = flatten(text);
    // What is far too long is not even looked at.
    const because = isWithin(MAX_TEXT)(text) ?? describeFault(part, text, ground) ?? more?.(clean);
    if (because === undefined) return clean;
    refused.push({ part, because });
    return undefined;
  };
  const subject = check('subject', draft.subject, isWithin(LIMITS.subject));
  const summary = check('summary', draft.summary, isWithin(LIMITS.summary));
  const action = check(
    'action',
    draft.action,
    (text) => isWithin(LIMITS.action)(text) ?? describeInstruction(text),
  );
  const facts = open.includes('facts') ? listFacts(draft, ground) : [];
  const lost = open.includes('facts') ? Math.min(draft.facts.length, MAX_FACTS) - facts.length : 0;
  if (lost > 0) {
    refused.push({
      part: 'facts',
      because: `${lost} of them ${lost === 1 ? 'does' : 'do'} not stand in the material`,
    });
  }
  return {
    brief: {
      model,
      ...(subject !== undefined && { subject }),
      ...(summary !== undefined && { summary }),
      ...(action !== undefined && { do: action }),
      ...(facts.length > 0 && { facts }),
    },
    refused,
  };
}

/** What the source has said itself; what was drawn from the material adds nothing to it. */
function listGiven({ brief, action, written }: Handoff): string[] {
  const isDrawn = (part: BriefPart): boolean => written?.drawn.includes(part) === true;
  const { score } = brief;
  return [
    isDrawn('subject') ? '' : brief.subject,
    isDrawn('summary') ? '' : brief.summary,
    isDrawn('action') ? '' : action.do,
    action.contact?.name ?? '',
    action.say ?? '',
    brief.origin ?? '',
    score === undefined
      ? ''
      : `score ${score.value} out of ${score.outOf ?? ''} ${score.meaning ?? ''}`,
    ...(isDrawn('facts') ? [] : (brief.facts ?? []).map(({ label, value }) => `${label} ${value}`)),
  ].filter((text) => text !== '');
}

function describeFault(part: BriefPart, text: string, ground: Ground): string | undefined {
  if (flatten(text) === '') return 'it is empty';
  const smuggled = findSmuggled(text);
  if (smuggled !== undefined) return `it has ${smuggled}`;
  // Which way an instruction begins is seen to by itself.
  const said = part === 'action' ? flatten(text).replace(/^[\p{L}-]+/u, '') : text;
  const ungrounded = ground.findUngrounded(said);
  return ungrounded && `it has ${ungrounded} that does not stand in the material`;
}

const isWithin =
  (max: number) =>
  (text: string): string | undefined =>
    Array.from(text).length > max ? 'it is too long' : undefined;

function listFacts({ facts }: Draft, ground: Ground): NonNullable<Brief['facts']> {
  const seen = new Set<string>();
  return facts
    .slice(0, MAX_FACTS)
    .filter(({ label, value }) => label.length + value.length <= MAX_TEXT)
    .map(({ label, value }) => ({
      label: flatten(label),
      value: flatten(value),
      raw: label + value,
    }))
    .filter(({ label, value, raw }) => {
      if (label === '' || seen.has(value)) return false;
      seen.add(value);
      return (
        isWithin(LIMITS.label)(label) === undefined &&
        isWithin(LIMITS.value)(value) === undefined &&
        findSmuggled(raw) === undefined &&
        findSmuggled(`${label} ${value}`) === undefined &&
        ground.hasFact({ label, value })
      );
    })
    .map(({ label, value }) => ({ label, value }));
}

/** To speak with somebody or to look at something harms nobody, whoever put it into the model's head. */
const HARMLESS = new Set(
  `answer ask call check clarify contact discuss email explain find help inform investigate look message phone read
  review speak talk understand verify write`.split(/\s+/),
);

/** Returns why a model's instruction is not followed, or undefined. */
function describeInstruction(text: string): string | undefined {
  const [first = ''] = listInstructionWords(text);
  if (!HARMLESS.has(first)) return 'it commits to more than to talk or to look';
  const clauses = text.toLowerCase().split(/[,;:]|\b(?:and|then|or|to|before|after|by)\b/);
  const commits = clauses.slice(1).some((clause) => {
    const [verb = ''] = clause.match(/[\p{L}'-]+/u) ?? [];
    return isVerb(verb) && !HARMLESS.has(verb);
  });
  return commits ? 'it commits to more than to talk or to look' : undefined;
}
