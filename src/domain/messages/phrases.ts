/*
 * messages/ turns what is to be said into words for one channel. The first thing a tired reader sees is what
 * to do and by when; what gets cut for space is the summary, never action, number, deadline or reply line.
 */
import { parsePhoneNumberFromString } from 'libphonenumber-js/min';
import { contactAgenda, findFreeTime } from '../availability/agenda.ts';
import type { Change } from '../amendment.ts';
import { enumerate } from '../enumeration.ts';
import type { Action } from '../handoff.ts';
import { formatWallTime } from '../local-time.ts';
import type { HandoffCard } from '../state.ts';

/** Who reads a message and when: times are given on their wall clock. */
export interface Reader {
  readonly timezone: string;
  readonly now: string;
}

/**
 * Returns the action with its deadline: `Call Maria Lopez by 14:05`, or `… (was due 14:05)` once it passed.
 * While the contact may not be called it says from when on: `Call Maria Lopez from 09:00 (08:00 their time)`.
 */
export function phraseAction(
  { action }: { readonly action: Pick<Action, 'do' | 'dueAt' | 'contact'> },
  reader: Reader,
): string {
  const what = [action.do, phraseOpening(action, reader)].filter(Boolean).join(' ');
  if (action.dueAt === undefined) return what;
  const time = formatWallTime(action.dueAt, reader);
  return Date.parse(action.dueAt) > Date.parse(reader.now)
    ? `${what} by ${time}`
    : `${what} (was due ${time})`;
}

function phraseOpening(
  { contact }: Pick<Action, 'contact'>,
  { timezone, now }: Reader,
): string | undefined {
  const agenda = contact && contactAgenda(contact, timezone);
  if (!agenda) return undefined;
  const { at = 0 } = findFreeTime(Date.parse(now), [agenda]);
  if (at <= Date.parse(now)) return undefined;
  const opens = new Date(at).toISOString();
  const here = formatWallTime(opens, { timezone, now });
  const there = formatWallTime(opens, { timezone: agenda.timezone, now: opens });
  return here.endsWith(there) ? `from ${here}` : `from ${here} (${there} their time)`;
}

/** Returns how to reach the person the action is about, the phone first; undefined when nothing is known. */
export function phraseContact({ action }: HandoffCard): string | undefined {
  const { phone, email } = action.contact ?? {};
  if (phone !== undefined) return formatPhone(phone);
  return email;
}

/** Returns a phone number in groups, as people read it: `+1 512 555 0147`. */
export function formatPhone(phone: string): string {
  return parsePhoneNumberFromString(phone)?.formatInternational() ?? phone;
}

/** Returns the score with its scale and meaning: `Score 92/100, top 3 % this month`; undefined without one. */
export function phraseScore({ brief }: HandoffCard): string | undefined {
  if (!brief.score) return undefined;
  const { value, outOf, meaning } = brief.score;
  const scale = outOf === undefined ? '' : `/${outOf}`;
  return `Score ${value}${scale}${meaning === undefined ? '' : `, ${meaning}`}`;
}

/**
 * Returns who wrote what the source did not say itself: `A language model (llama3.2) wrote subject and summary; facts are
 * drawn from the material by rules.` Undefined when all is the source's.
 */
export function phraseAuthors({
  brief,
  written,
}: Pick<HandoffCard, 'brief' | 'written'>): string | undefined {
  if (!written) return undefined;
  const { drawn, model } = written;
  const shown = drawn.filter((part) => part !== 'facts' || (brief.facts ?? []).length > 0);
  const byRules = `${enumerate(shown)} ${isPlural(shown) ? 'are' : 'is'} drawn from the material by rules`;
  const byModel =
    model &&
    `a language model (${model.name}) wrote ${enumerate(model.parts)}, checked against the material`;
  const all = [byModel, shown.length > 0 ? byRules : undefined]
    .filter((part) => part !== undefined)
    .join('; ');
  return all === '' ? undefined : `${all.charAt(0).toUpperCase()}${all.slice(1)}.`;
}

function isPlural(parts: readonly string[]): boolean {
  return parts.length > 1 || parts[0] === 'facts';
}

/** Returns the summary as a text message has it, which has no room to say more of a model than that there was one. */
export function phraseSummary({ brief, written }: Pick<HandoffCard, 'brief' | 'written'>): string {
  const parts = written?.model?.parts ?? [];
  if (parts.includes('summary')) return `AI summary: ${brief.summary}`;
  return parts.includes('action') ? `AI wrote the action: ${brief.summary}` : brief.summary;
}

/** Returns what has changed, with what was so before where people were told of that. */
export function phraseChanges(
  changes: readonly Change[],
  card: HandoffCard,
  reader: Reader,
): string[] {
  return changes.map((change) => {
    switch (change.what) {
      case 'deadline':
        return change.from === undefined
          ? 'It has a deadline now'
          : `It was due ${formatWallTime(change.from, reader)} before`;
      case 'score': {
        const now = phraseScore(card) ?? 'No score any more';
        return change.from === undefined ? now : `${now} (was ${change.from.value})`;
      }
      case 'action':
        return `It was "${change.from}" before`;
      case 'contact':
        return 'The contact is new';
      case 'subject':
        return `It is about ${card.brief.subject}`;
      case 'summary':
        return card.brief.summary;
      case 'say':
        return `Say: ${card.action.say ?? ''}`;
      case 'facts':
        return (card.brief.facts ?? []).map(({ label, value }) => `${label}: ${value}`).join(', ');
      default:
        return `New: ${change.what}`;
    }
  });
}

/** Returns how to close the handoff once it is done: `done reached, done no-answer` or just `done`, in about `max` characters. */
export function phraseDone({ action }: HandoffCard, code: string, max = Infinity): string {
  const ways = action.outcomes.map((outcome) => `done ${outcome}`);
  let shown = ways.length;
  while (shown > 0 && ways.slice(0, shown).join(', ').length > max) shown -= 1;
  if (shown === 0) return `done (${code})`;
  const more = shown < ways.length ? ' ...' : '';
  return `${ways.slice(0, shown).join(', ')}${more} (${code})`;
}

/** Returns the loudness in front of a message: `URGENT`, `CRITICAL`, or undefined for routine work. */
export function phraseUrgency({ urgency }: HandoffCard): string | undefined {
  return urgency === 'routine' ? undefined : urgency.toUpperCase();
}

/** Returns `2nd notice`, `3rd notice` …; undefined for the first. */
export function phraseNotice(notice: number): string | undefined {
  if (notice < 2) return undefined;
  const tens = notice % 100;
  const suffix = tens > 10 && tens < 20 ? 'th' : (['th', 'st', 'nd', 'rd'][notice % 10] ?? 'th');
  return `${notice}${suffix} notice`;
}
