/*
 * messages/ turns what is to be said into words for one channel. The first thing a tired reader sees is what
 * to do and by when; what gets cut for space is the summary, never action, number, deadline or reply line.
 */
import { parsePhoneNumberFromString } from 'libphonenumber-js/min';
import { formatWallTime } from '../local-time.ts';
import type { HandoffCard } from '../state.ts';

/** Who reads a message and when: times are given on their wall clock. */
export interface Reader {
  readonly timezone: string;
  readonly now: string;
}

/** Returns the action with its deadline: `Call Maria Lopez by 14:05`, or `… (was due 14:05)` once it passed. */
export function phraseAction(
  { action }: { readonly action: { readonly do: string; readonly dueAt?: string } },
  reader: Reader,
): string {
  if (action.dueAt === undefined) return action.do;
  const time = formatWallTime(action.dueAt, reader);
  return Date.parse(action.dueAt) > Date.parse(reader.now)
    ? `${action.do} by ${time}`
    : `${action.do} (was due ${time})`;
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

/** Returns how to close the handoff once it is done: `done reached, done no-answer` or just `done`. */
export function phraseDone({ action }: HandoffCard, code: string): string {
  const ways = action.outcomes.map((outcome) => `done ${outcome}`);
  return ways.length === 0 ? `done (${code})` : `${ways.join(', ')} (${code})`;
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
