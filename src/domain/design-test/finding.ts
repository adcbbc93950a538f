/*
 * design-test/ asks of each handoff what a careful colleague would: received at the worst possible time, could I
 * act on this quickly and correctly? One file for each part of a handoff, one function for each rule.
 */
import type { Directory } from '../directory.ts';
import type { Handoff } from '../handoff.ts';
import { formatWallTime } from '../local-time.ts';
import type { Channel, EscalationPolicy } from '../policy.ts';

/** The rules; docs/design-test.md has examples of each. The ids are a contract: never renamed, only added. */
export const RULE_IDS = [
  'template-left-open',
  'text-cut',
  'action-is-no-instruction',
  'action-too-vague',
  'no-deadline',
  'deadline-passed',
  'deadline-before-first-notice',
  'deadline-too-tight',
  'deadline-after-expiry',
  'urgency-without-hurry',
  'hurry-without-urgency',
  'contact-without-phone',
  'contact-without-email',
  'contact-not-reachable',
  'contact-only-in-text',
  'contact-phone-impossible',
  'contact-hours-without-timezone',
  'deadline-outside-contact-hours',
  'subject-says-nothing',
  'summary-says-nothing',
  'summary-is-a-dump',
  'score-without-meaning',
  'score-off-its-scale',
  'summary-cut-in-sms',
  'does-not-fit-sms',
  'nobody-is-told',
  'tier-reaches-nobody',
  'urgent-without-phone',
  'nobody-else-to-ask',
  'tier-adds-nobody',
] as const;
export type RuleId = (typeof RULE_IDS)[number];

/** `error`: a tired person could act wrongly or not at all; `warning`: they could only be slower. */
export type Severity = 'error' | 'warning';

/** What one rule has against a handoff. Each text is under 200 characters, at most 60 of them quoted. */
export interface Finding {
  readonly id: RuleId;
  readonly severity: Severity;
  /** JSON Pointer (RFC 6901) into the submission; `/policy` for what its policy is to blame for. */
  readonly pointer: string;
  readonly what: string;
  /** What happens to the person who receives it. */
  readonly why: string;
  /** What to do instead, with an example. */
  readonly fix: string;
}

/** The first message that will leave, found by a dry run. */
export interface FirstNotice {
  /** ISO instant. */
  readonly at: string;
  readonly name: string;
  readonly channel: Channel;
  /** Such as `quiet hours: Alice Ng until Mon 08:00 (America/New_York)`. */
  readonly waitsBecause?: string;
}

/** What the design test needs to know besides the handoff and its policy. */
export interface World {
  readonly directory: Directory;
  /** undefined: nobody would be told before the deadline, or the end. */
  readonly first: FirstNotice | undefined | 'unknown';
  /** First words of instructions in other languages than English. */
  readonly verbs?: readonly string[];
}

/** Everything a rule may look at. */
export interface Case extends World {
  readonly handoff: Handoff;
  readonly policy: EscalationPolicy;
  /** When somebody is told, in milliseconds; the submission while that is not known. */
  readonly toldAt: number;
  /** In milliseconds. */
  readonly dueAt: number | undefined;
}

const MAX_TEXT = 199;
const MAX_QUOTE = 60;

/** Returns a finding with its texts cut to their limit. */
export function finding(
  id: RuleId,
  severity: Severity,
  pointer: string,
  texts: Readonly<Record<'what' | 'why' | 'fix', string>>,
): Finding {
  const cut = (text: string): string => clip(text, MAX_TEXT);
  return {
    id,
    severity,
    pointer,
    what: cut(texts.what),
    why: cut(texts.why),
    fix: cut(texts.fix),
  };
}

/** Returns the beginning of a text in quotation marks, on one line: enough to recognise it. */
export function quote(text: string): string {
  return `"${clip(text.replace(/\s+/g, ' ').trim(), MAX_QUOTE)}"`;
}

/** Returns an instant (milliseconds) on the organisation's wall: `Mon 15:05 (America/New_York)`. */
export function nameTime({ directory, handoff }: Case, at: number): string {
  const { timezone } = directory.organisation;
  const wall = formatWallTime(new Date(at).toISOString(), { timezone, now: handoff.submittedAt });
  return `${wall} (${timezone})`;
}

/** Returns the words of a text in lower case, in any language; a number is a word. */
export function listWords(text: string): string[] {
  return [...segmenter.segment(text.normalize('NFKC').toLowerCase())]
    .filter(({ isWordLike }) => isWordLike)
    .map(({ segment }) => segment);
}

const segmenter = new Intl.Segmenter('en', { granularity: 'word' });

function clip(text: string, max: number): string {
  if (text.length <= max) return text;
  // Not through the middle of an emoji.
  return `${text.slice(0, max - 3).replace(/[\uD800-\uDBFF]$/, '')}...`;
}
