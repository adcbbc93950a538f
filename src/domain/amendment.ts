import { BRIEF_PARTS, type BriefPart } from './brief-writer/parts.ts';
import { withoutParts } from './brief-writer/written.ts';
import type { Action, Brief, Contact, Handoff } from './handoff.ts';
import { isRecord, readText } from './record.ts';

/** What a source changes of a handoff: each value given stands for the one before, what is missing stays. */
export interface Amendment {
  readonly brief?: Partial<Brief>;
  readonly action?: Partial<Action>;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** What is different in a handoff whose source has changed it: whole values, not what changed of them. */
export type Amended = Pick<Handoff, 'brief' | 'action'> &
  Partial<Pick<Handoff, 'metadata' | 'written'>>;

/** One thing that is different now. The new value is in the handoff; `from` is what people were told before. */
export type Change =
  | { readonly what: 'deadline'; readonly from?: string }
  | { readonly what: 'score'; readonly from?: NonNullable<Brief['score']> }
  | { readonly what: 'action'; readonly from: string }
  | {
      readonly what:
        | 'contact'
        | 'subject'
        | 'summary'
        | 'origin'
        | 'facts'
        | 'say'
        | 'outcomes'
        | 'details'
        | 'metadata';
    };

/** Nobody's phone rings for these: messages do not carry them, the page and the API do. */
const SILENT: ReadonlySet<Change['what']> = new Set(['details', 'metadata', 'outcomes', 'origin']);

/** Returns whether people who were told of the handoff are to be told of a change. */
export function isWorthTelling({ what }: Change): boolean {
  return !SILENT.has(what);
}

/** Returns what a handoff becomes by an amendment, and what is different in it then. */
export function applyAmendment(
  handoff: Handoff,
  { brief, action, metadata }: Amendment,
): { amended: Amended; changes: Change[] } {
  const amended: Amended = {
    brief: { ...handoff.brief, ...brief },
    action: {
      ...handoff.action,
      ...action,
      // A new number does not take the name and hours away that stand beside it.
      ...(action?.contact && { contact: { ...handoff.action.contact, ...action.contact } }),
    },
    ...((metadata ?? handoff.metadata) && { metadata: { ...handoff.metadata, ...metadata } }),
    ...(handoff.written && { written: withoutParts(handoff.written, listOwn(brief, action)) }),
  };
  return { amended, changes: listChanges(handoff, amended) };
}

/** What its source says itself from now on. */
function listOwn(brief: Partial<Brief> = {}, action: Partial<Action> = {}): BriefPart[] {
  const own: Readonly<Record<BriefPart, unknown>> = {
    subject: brief.subject,
    summary: brief.summary,
    facts: brief.facts,
    action: action.do,
    contact: action.contact,
  };
  return BRIEF_PARTS.filter((part) => own[part] !== undefined);
}

function listChanges(before: Handoff, after: Amended): Change[] {
  const { brief, action } = before;
  const changes: (Change | false)[] = [
    differs(action.do, after.action.do) && { what: 'action', from: action.do },
    differs(action.dueAt, after.action.dueAt) && {
      what: 'deadline',
      ...(action.dueAt !== undefined && { from: action.dueAt }),
    },
    differs(action.contact, after.action.contact) && { what: 'contact' },
    differs(brief.score, after.brief.score) && {
      what: 'score',
      ...(brief.score && { from: brief.score }),
    },
    differs(brief.subject, after.brief.subject) && { what: 'subject' },
    differs(brief.summary, after.brief.summary) && { what: 'summary' },
    differs(brief.facts, after.brief.facts) && { what: 'facts' },
    differs(brief.origin, after.brief.origin) && { what: 'origin' },
    differs(brief.details, after.brief.details) && { what: 'details' },
    differs(action.say, after.action.say) && { what: 'say' },
    differs(action.outcomes, after.action.outcomes) && { what: 'outcomes' },
    differs(before.metadata ?? {}, after.metadata ?? {}) && { what: 'metadata' },
  ];
  return changes.filter((change) => change !== false);
}

/** Values of one origin have their keys in one order: they are equal when their text is. */
function differs(before: unknown, after: unknown): boolean {
  return JSON.stringify(before) !== JSON.stringify(after);
}

/** Returns what a payload changes, or undefined when that is nothing that makes sense. */
export function readAmendment(value: unknown): Amendment | undefined {
  if (!isRecord(value)) return undefined;
  const brief = isRecord(value['brief']) ? readBrief(value['brief']) : {};
  const action = isRecord(value['action']) ? readAction(value['action']) : {};
  const metadata = readTexts(value['metadata']);
  const amendment = {
    ...(Object.keys(brief).length > 0 && { brief }),
    ...(Object.keys(action).length > 0 && { action }),
    ...(metadata && { metadata }),
  };
  return Object.keys(amendment).length > 0 ? amendment : undefined;
}

function readBrief(value: Record<string, unknown>): Partial<Brief> {
  const score = isRecord(value['score']) ? readScore(value['score']) : undefined;
  const facts = Array.isArray(value['facts']) ? value['facts'].flatMap(readFact) : undefined;
  return {
    ...readText(value, 'subject'),
    ...readText(value, 'summary'),
    ...readText(value, 'origin'),
    ...readText(value, 'details'),
    ...(score && { score }),
    ...(facts && { facts }),
  };
}

function readScore(value: Record<string, unknown>): Brief['score'] {
  const { value: points, outOf } = value;
  if (typeof points !== 'number') return undefined;
  return {
    value: points,
    ...(typeof outOf === 'number' && { outOf }),
    ...readText(value, 'meaning'),
  };
}

function readFact(value: unknown): { label: string; value: string }[] {
  if (!isRecord(value)) return [];
  const { label } = readText(value, 'label');
  const { value: text } = readText(value, 'value');
  return label === undefined || text === undefined ? [] : [{ label, value: text }];
}

function readAction(value: Record<string, unknown>): Partial<Action> {
  const { do: what } = readText(value, 'do');
  const { dueAt } = readText(value, 'dueAt');
  const due = dueAt === undefined ? NaN : Date.parse(dueAt);
  const contact: Contact = isRecord(value['contact'])
    ? {
        ...readText(value['contact'], 'name'),
        ...readText(value['contact'], 'phone'),
        ...readText(value['contact'], 'email'),
        ...readText(value['contact'], 'timezone'),
        ...readText(value['contact'], 'hours'),
      }
    : {};
  const outcomes = Array.isArray(value['outcomes'])
    ? value['outcomes'].filter((outcome) => typeof outcome === 'string')
    : undefined;
  return {
    ...(what !== undefined && { do: what }),
    ...(!Number.isNaN(due) && { dueAt: new Date(due).toISOString() }),
    ...readText(value, 'say'),
    ...(Object.keys(contact).length > 0 && { contact }),
    ...(outcomes && { outcomes }),
  };
}

function readTexts(value: unknown): Record<string, string> | undefined {
  if (!isRecord(value)) return undefined;
  const entries = Object.entries(value).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string' && entry[0] !== '__proto__',
  );
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}
