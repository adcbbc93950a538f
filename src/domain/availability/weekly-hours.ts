import { z } from 'zod';
import type { Span } from './situation.ts';
import { DAY_MS, firstInstantAt, MINUTE_MS, startOfDay, wallAt, weekdayOf } from './zoned.ts';

/** Hours that come back every week: on which days (0 is Monday) they begin, and between which minutes of the day. */
export interface WeeklyHours {
  readonly days: readonly number[];
  readonly fromMinute: number;
  /** Counted from the same midnight: over 1,440 when the hours end on the next day. */
  readonly untilMinute: number;
}

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const DAY_MINUTES = 24 * 60;
const WEEK_MINUTES = 7 * DAY_MINUTES;

/** `mon-fri`, `sat, sun`, `fri-mon` or `daily`. */
const daysSchema = z.string().transform((text, context): number[] => {
  const days = text
    .toLowerCase()
    .split(/[\s,]+/)
    .filter(Boolean)
    .flatMap((part) => {
      if (part === 'daily') return [0, 1, 2, 3, 4, 5, 6];
      const [first = '', last = first, ...rest] = part.split('-');
      const from = DAYS.indexOf(first);
      const to = DAYS.indexOf(last);
      if (from < 0 || to < 0 || rest.length > 0) return [-1];
      return Array.from({ length: ((to - from + 7) % 7) + 1 }, (_, index) => (from + index) % 7);
    });
  if (days.length > 0 && !days.includes(-1)) return [...new Set(days)];
  context.addIssue(`"${text}" names no days; write for example mon-fri, "sat, sun" or daily`);
  return z.NEVER;
});

const timeSchema = z
  .string()
  .regex(/^(?:(?:[01]\d|2[0-3]):[0-5]\d|24:00)$/, 'must be a time such as 08:00, at most 24:00')
  .transform((text) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3)));

const hoursSchema = z
  .strictObject({
    days: daysSchema.default([0, 1, 2, 3, 4, 5, 6]),
    from: timeSchema,
    to: timeSchema,
  })
  .transform(({ days, from, to }, context): WeeklyHours => {
    if (from === DAY_MINUTES) {
      context.addIssue({ code: 'custom', path: ['from'], message: 'must be before 24:00' });
      return z.NEVER;
    }
    if (from === to) {
      const message = 'is the same as from; for whole days write from 00:00 to 24:00';
      context.addIssue({ code: 'custom', path: ['to'], message });
      return z.NEVER;
    }
    return { days, fromMinute: from, untilMinute: to > from ? to : to + DAY_MINUTES };
  });

/** A list of `{ days: mon-fri, from: "20:00", to: "08:00" }`; without `days` every day; over midnight where `to` is earlier. */
export const weeklyHoursSchema = z.array(hoursSchema).min(1);

/** The longest time in a row that quiet hours may last, days off left out. */
const MAX_QUIET_MINUTES = 20 * 60;

/**
 * The same, as quiet hours. A night belongs to the day on which it begins and to the one on which it ends, so that
 * `mon-fri` from 20:00 to 08:00 is quiet on Monday morning and on Saturday morning too: who names nights of work days
 * wants to be woken in none of them. Refused when they would mute a person for good.
 */
export const quietHoursSchema = z
  .array(hoursSchema)
  .transform((windows) => windows.map(withNightsBefore))
  .superRefine((windows, context) => {
    const { quiet, longest } = measureWeek(windows);
    if (quiet >= WEEK_MINUTES) {
      context.addIssue('mute the whole week: nobody could ever be told');
    } else if (longest > MAX_QUIET_MINUTES) {
      context.addIssue(
        `mute ${Math.floor(longest / 60)} h ${longest % 60} min in a row; at most 20 h, or whole days off from 00:00 to 24:00`,
      );
    }
  });

function withNightsBefore(window: WeeklyHours): WeeklyHours {
  if (window.untilMinute <= DAY_MINUTES) return window;
  const days = window.days.flatMap((day) => [day, (day + 6) % 7]);
  return { ...window, days: [...new Set(days)] };
}

/** Returns how many minutes of the week are quiet, and the longest stretch of them outside whole days off. */
function measureWeek(windows: readonly WeeklyHours[]): { quiet: number; longest: number } {
  const minutes = new Uint8Array(WEEK_MINUTES);
  const mark = (window: WeeklyHours, value: number): void => {
    for (const day of window.days) {
      for (let minute = window.fromMinute; minute < window.untilMinute; minute += 1) {
        minutes[(day * DAY_MINUTES + minute) % WEEK_MINUTES] = value;
      }
    }
  };
  const isDayOff = ({ fromMinute, untilMinute }: WeeklyHours) =>
    untilMinute - fromMinute === DAY_MINUTES;
  for (const window of windows) if (!isDayOff(window)) mark(window, 1);
  for (const window of windows) if (isDayOff(window)) mark(window, 2);
  let longest = 0;
  let run = 0;
  // Twice around: a stretch may begin on Sunday and end on Monday.
  for (let index = 0; index < 2 * WEEK_MINUTES; index += 1) {
    run = minutes[index % WEEK_MINUTES] === 1 ? run + 1 : 0;
    longest = Math.max(longest, Math.min(run, WEEK_MINUTES));
  }
  return { quiet: minutes.filter((minute) => minute > 0).length, longest };
}

/** Returns when the hours are, as instants, as far as they touch the range; sorted, and joined where they meet. */
export function listHours(
  windows: readonly WeeklyHours[],
  zone: string,
  { from, until }: Span,
): Span[] {
  const spans: Span[] = [];
  // A window of the day before may reach into the range, and zones are up to a day apart.
  const last = startOfDay(wallAt(until, zone)) + DAY_MS;
  for (let day = startOfDay(wallAt(from, zone)) - 2 * DAY_MS; day <= last; day += DAY_MS) {
    for (const window of windows) {
      if (!window.days.includes(weekdayOf(day))) continue;
      spans.push({
        from: firstInstantAt(day + window.fromMinute * MINUTE_MS, zone),
        until: firstInstantAt(day + window.untilMinute * MINUTE_MS, zone),
      });
    }
  }
  return joinSpans(spans).filter((span) => span.until > from && span.from < until);
}

/** Returns the spans sorted and joined where they overlap or meet; empty ones are left out. */
export function joinSpans(spans: readonly Span[]): Span[] {
  const joined: { from: number; until: number }[] = [];
  const sorted = spans
    .filter((span) => span.from < span.until)
    .sort((one, other) => one.from - other.from);
  for (const { from, until } of sorted) {
    const last = joined.at(-1);
    if (last && from <= last.until) last.until = Math.max(last.until, until);
    else joined.push({ from, until });
  }
  return joined;
}

/** Returns what is left of a range when the spans (sorted, apart) are taken out of it. */
export function subtractSpans({ from, until }: Span, spans: readonly Span[]): Span[] {
  const left: Span[] = [];
  let start = from;
  for (const span of spans) {
    if (span.from >= until) break;
    if (span.from > start) left.push({ from: start, until: span.from });
    start = Math.max(start, span.until);
  }
  if (start < until) left.push({ from: start, until });
  return left;
}
