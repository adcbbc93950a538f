import { wallAt } from './availability/zoned.ts';
import type { CoverageCell, CoverageGap } from './coverage.ts';
import { formatDuration } from './duration.ts';
import type { Urgency } from './handoff.ts';
import type { Channel } from './policy.ts';

/** One day of a coverage as the calendar on the wall has it. */
export interface CoverageDay {
  /** Such as `Mon 23 Nov`. */
  readonly label: string;
  /** By the hour on the wall, 0 to 23; undefined where the coverage does not reach or clocks leave it out. */
  readonly hours: readonly (CoverageCell | undefined)[];
}

/** Somebody who is told first, on one channel. */
export interface FirstReader {
  /** At most three characters, and another for each: `AN`, `A2`, `AN@` by email. */
  readonly code: string;
  readonly name: string;
  readonly channel: Channel;
}

/** How good an hour is, from the best to the worst. */
export type CoverageLevel = 'at-once' | 'soon' | 'hours' | 'day' | 'gap' | 'nobody';

const SOON_MS = 15 * 60_000;
const HOURS_MS = 4 * 3_600_000;

/** Returns the level of an hour; a gap is one whatever the delay. */
export function rateCell({ first, isGap }: CoverageCell): CoverageLevel {
  if (!first) return 'nobody';
  if (isGap) return 'gap';
  if (first.afterMs === 0) return 'at-once';
  if (first.afterMs <= SOON_MS) return 'soon';
  return first.afterMs <= HOURS_MS ? 'hours' : 'day';
}

/** Returns the hours of a coverage by day; of an hour that comes twice the worse one. */
export function layOutDays(cells: readonly CoverageCell[], timezone: string): CoverageDay[] {
  const days = new Map<string, (CoverageCell | undefined)[]>();
  for (const cell of cells) {
    const wall = new Date(wallAt(Date.parse(cell.at), timezone));
    const label = formatDay(wall);
    const hours = days.get(label) ?? Array<CoverageCell | undefined>(24).fill(undefined);
    days.set(label, hours);
    const hour = wall.getUTCHours();
    const other = hours[hour];
    if (!other || delayOf(cell) > delayOf(other)) hours[hour] = cell;
  }
  return [...days].map(([label, hours]) => ({ label, hours }));
}

/** Returns who is told first in any of the hours, by recipient and channel; see {@link keyOf}. */
export function listFirstReaders(cells: readonly CoverageCell[]): Map<string, FirstReader> {
  const initials = new Map<string, string>();
  const readers = new Map<string, FirstReader>();
  for (const { first } of cells) {
    if (!first || readers.has(keyOf(first))) continue;
    const { recipient, name, channel } = first;
    const own = initials.get(recipient) ?? findInitials(name, new Set(initials.values()));
    initials.set(recipient, own);
    readers.set(keyOf(first), { code: channel === 'email' ? `${own}@` : own, name, channel });
  }
  return readers;
}

/** Returns the key of {@link listFirstReaders} for an hour's first message. */
export function keyOf({ recipient, channel }: NonNullable<CoverageCell['first']>): string {
  return `${channel} ${recipient}`;
}

/** Returns an instant on the wall, with its day: `Mon 23 Nov 08:00`. */
export function formatMoment(at: string, timezone: string): string {
  const wall = new Date(wallAt(Date.parse(at), timezone));
  return `${formatDay(wall)} ${wall.toISOString().slice(11, 16)}`;
}

/** Returns a duration in at most three characters, rounded up: `45m`, `12h`, `5d`. */
export function shortenDuration(ms: number): string {
  const minutes = Math.ceil(ms / 60_000);
  if (minutes < 60) return `${minutes}m`;
  const hours = Math.ceil(minutes / 60);
  return hours < 100 ? `${hours}h` : `${Math.ceil(hours / 24)}d`;
}

/** Returns when a gap is: `Fri 27 Nov 20:00 to Mon 30 Nov 08:00`. */
export function describeGapTime({ from, until }: CoverageGap, timezone: string): string {
  return `${formatMoment(from, timezone)} to ${formatMoment(until, timezone)}`;
}

/** Gaps of one urgency that follow each other and have the same reason. */
export interface LikeGaps {
  readonly urgency: Urgency;
  /** How long somebody would wait, and why. */
  readonly reason: string;
  readonly gaps: readonly CoverageGap[];
}

/** Returns gaps with their reason; those of every night share one. */
export function groupGaps(gaps: readonly CoverageGap[]): LikeGaps[] {
  const groups: (LikeGaps & { gaps: CoverageGap[] })[] = [];
  for (const gap of gaps) {
    const { urgency } = gap;
    const reason = describeReason(gap);
    const last = groups.at(-1);
    if (last?.reason === reason && last.urgency === urgency) last.gaps.push(gap);
    else groups.push({ urgency, reason, gaps: [gap] });
  }
  return groups;
}

function describeReason({ longestMs, because }: CoverageGap): string {
  const wait =
    longestMs === undefined
      ? 'nobody would be told'
      : `up to ${describeDelay(longestMs)} until somebody is told`;
  return because === undefined ? wait : `${wait}; ${because}`;
}

/** Returns a delay for people; hours up to four days, as in the cells. */
export function describeDelay(ms: number): string {
  const hours = Math.ceil(ms / 3_600_000);
  return hours > 48 && hours < 100 ? `${hours} h` : formatDuration(ms);
}

/** Returns an hour in full: `Mon 23 Nov 08:00: Alice Ng by sms at once`. */
export function describeCell({ at, first, because }: CoverageCell, timezone: string): string {
  const reason = because === undefined ? '' : `; ${because}`;
  const moment = formatMoment(at, timezone);
  if (!first) return `${moment}: nobody${reason}`;
  const when = first.afterMs === 0 ? 'at once' : `after ${describeDelay(first.afterMs)}`;
  return `${moment}: ${first.name} by ${first.channel} ${when} (${first.tier})${reason}`;
}

function delayOf({ first }: CoverageCell): number {
  return first?.afterMs ?? Infinity;
}

/** The wall time stands in the date as if it were UTC: `Mon, 23 Nov 2026 08:00:00 GMT`. */
function formatDay(wall: Date): string {
  const text = wall.toUTCString();
  return `${text.slice(0, 3)} ${Number(text.slice(5, 7))} ${text.slice(8, 11)}`;
}

function findInitials(name: string, taken: ReadonlySet<string>): string {
  const words = (name.split('@')[0] ?? name).split(/[\s._-]+/).filter(Boolean);
  const [initial = '?', second = ''] = listCharacters(words[0] ?? '').map((one) =>
    one.toUpperCase(),
  );
  const last = listCharacters(words.at(-1) ?? '')[0]?.toUpperCase() ?? '';
  const initials = `${initial}${words.length > 1 ? last : second.toLowerCase()}`;
  if (!taken.has(initials)) return initials;
  for (let count = 2; ; count += 1) {
    const numbered = `${initial}${count.toString(36)}`;
    if (!taken.has(numbered)) return numbered;
  }
}

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });

function listCharacters(text: string): string[] {
  return [...segmenter.segment(text)].map(({ segment }) => segment);
}
