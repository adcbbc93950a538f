import type { Absence } from './availability/situation.ts';
import { instantAfter, parseDuration } from './duration.ts';

/** What a text says of a person's being there at all. */
export type Presence =
  /** They are away; without `until` until they say otherwise. `cover` is who is told instead, as they wrote it. */
  | { readonly kind: 'away'; readonly until?: AwayUntil; readonly cover?: string }
  | { readonly kind: 'back' };

/** Until when somebody is away, as it was said: which instant that is depends on their time zone. */
export type AwayUntil =
  | { readonly kind: 'duration'; readonly ms: number }
  /** 0 is Monday; `time` is such as `09:00`. */
  | { readonly kind: 'weekday'; readonly weekday: number; readonly time?: string }
  | { readonly kind: 'tomorrow'; readonly time?: string }
  | { readonly kind: 'time'; readonly time: string }
  | {
      readonly kind: 'date';
      readonly year?: number;
      /** 1 is January. */
      readonly month: number;
      readonly day: number;
      readonly time?: string;
    }
  /** It says until when, in words that are not known. */
  | { readonly kind: 'unclear' };

/** Nobody can say further ahead than this that they are away. */
export const MAX_AWAY_MS = 366 * 86_400_000;

const NAME = String.raw`[\p{L}\p{N}][\p{L}\p{N}._'’-]*(?: [\p{L}\p{N}][\p{L}\p{N}._'’-]*){0,2}`;
const SPAN = String.raw`(?:\d+ ?(?:w(?:ee)?ks?|w|days?|d|h(?:ou)?rs?|h|min(?:ute)?s?|m) ?)+`;

/** Only a whole text says that somebody is away: "away from my desk" is a note. */
const AWAY = new RegExp(
  `^(?:i['’]?m |i am )?away(?: (?:until|till?) (?<until>.{1,40}?)| (?<odd>today|tonight|tomorrow|now|all day|(?:this|next) \\p{L}+)| (?:for )?(?<span>${SPAN}?))?` +
    `(?:,? ?\\b(?:and )?cover(?:ed by)?:? (?<cover>${NAME})|, ?(?<by>${NAME}) covers(?: for me)?)?$`,
  'iu',
);
const BACK = /^(?:i['’]?m |i am )?back(?: now)?$/i;

/** Returns that they are away or back, if that is what a text says. */
export function readPresence(plain: string): Presence | undefined {
  const said = plain.replace(/^["'“”‘’«»\s]+|["'“”‘’«».,!\s]+$/gu, '').replace(/[^\S\n]+/gu, ' ');
  if (BACK.test(said)) return { kind: 'back' };
  const found = AWAY.exec(said)?.groups;
  if (!found) return undefined;
  const until =
    found['until'] === undefined
      ? readSpan(found['span'] ?? found['odd'])
      : readUntil(found['until']);
  const cover = found['cover'] ?? found['by'];
  return { kind: 'away', ...(until && { until }), ...(cover !== undefined && { cover }) };
}

/** Returns a duration as people write it: `3d`, `2 hours`, `1h 30 min`. */
function readSpan(text: string | undefined): AwayUntil | undefined {
  if (text === undefined) return undefined;
  const compact = text.toLowerCase().replace(/(\d+) ?([wdhm])[a-z]* ?/g, '$1$2');
  const ms = parseDuration(compact);
  return ms === undefined ? { kind: 'unclear' } : { kind: 'duration', ms };
}

const WEEKDAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];
const MONTHS = [
  'january',
  'february',
  'march',
  'april',
  'may',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
];

const TIME = /(?:^|,? )(?:at )?(\d{1,2})(?:(?::(\d{2}))(?: ?([ap])m)?| ?([ap])m)$/;
const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const DAY_AND_MONTH = /^(\d{1,2})(?:st|nd|rd|th)? ([a-z]+)(?:,? (\d{4}))?$/;
const MONTH_AND_DAY = /^([a-z]+) (\d{1,2})(?:st|nd|rd|th)?(?:,? (\d{4}))?$/;

/** Returns what stands behind `until`: a weekday, `tomorrow` or a date, each with a time or not; or a time. */
function readUntil(text: string): AwayUntil {
  const words = text.toLowerCase();
  const clock = TIME.exec(words);
  const time = clock ? readTime(clock) : undefined;
  const day = clock ? words.slice(0, clock.index) : words;
  if (clock && time === undefined) return { kind: 'unclear' };
  const at = time === undefined ? {} : { time };
  if (day === '') return time === undefined ? { kind: 'unclear' } : { kind: 'time', time };
  if (day === 'tomorrow') return { kind: 'tomorrow', ...at };
  const weekday = findStart(WEEKDAYS, day);
  if (weekday !== undefined) return { kind: 'weekday', weekday, ...at };
  const date = readDate(day);
  return date ? { kind: 'date', ...date, ...at } : { kind: 'unclear' };
}

function readDate(text: string): { year?: number; month: number; day: number } | undefined {
  const iso = DATE.exec(text);
  if (iso) return { year: Number(iso[1]), month: Number(iso[2]), day: Number(iso[3]) };
  const [, day, name, year] = DAY_AND_MONTH.exec(text) ?? swap(MONTH_AND_DAY.exec(text)) ?? [];
  const month = name === undefined ? undefined : findStart(MONTHS, name);
  if (month === undefined) return undefined;
  return { ...(year !== undefined && { year: Number(year) }), month: month + 1, day: Number(day) };
}

function swap(match: RegExpExecArray | null): readonly (string | undefined)[] | undefined {
  return match ? [match[0], match[2], match[1], match[3]] : undefined;
}

/** Returns the time of day as `09:00`, or undefined when no clock shows it. */
function readTime([, hours, minutes = '00', ...halves]: RegExpExecArray): string | undefined {
  const half = halves.find((letter: string | undefined) => letter !== undefined);
  const hour = Number(hours);
  const isTwelve = half !== undefined;
  if (Number(minutes) > 59 || hour > (isTwelve ? 12 : 23) || (isTwelve && hour === 0)) {
    return undefined;
  }
  const shown = isTwelve ? (hour % 12) + (half === 'p' ? 12 : 0) : hour;
  return `${String(shown).padStart(2, '0')}:${minutes}`;
}

/** Returns which of the names a word of three letters or more begins. */
function findStart(names: readonly string[], word: string): number | undefined {
  const index = word.length < 3 ? -1 : names.findIndex((name) => name.startsWith(word));
  return index === -1 ? undefined : index;
}

/** Returns the absence that a reply means where neither a time zone nor the directory is known, if it can. */
export function absenceOf(
  { until, cover }: Extract<Presence, { kind: 'away' }>,
  since: string,
): Absence | undefined {
  if (cover !== undefined) return undefined;
  if (until === undefined) return { since };
  if (until.kind !== 'duration' || until.ms === 0 || until.ms > MAX_AWAY_MS) return undefined;
  return { since, until: instantAfter(since, until.ms) };
}
