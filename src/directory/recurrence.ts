import { z } from 'zod';
import type { Span } from '../domain/availability/situation.ts';
import {
  DAY_MS,
  HOUR_MS,
  MINUTE_MS,
  startOfDay,
  weekdayOf,
  type WallTime,
} from '../domain/availability/zoned.ts';

/*
 * Recurrence rules (RFC 5545, section 3.3.10), in wall time. ical.js could expand them too, but a feed could keep it
 * busy for ever (a day in February that is the 30th) and it begins each time at the first occurrence.
 */

const DAY_NAMES = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'];

const listOf = <S extends z.ZodType>(item: S) =>
  z
    .union([item, z.array(item)])
    .transform((value) => [value].flat() as z.output<S>[])
    .optional();
const numbersSchema = listOf(z.number());

const daySchema = z.string().transform((text, context) => {
  const match = /^([+-]?\d{1,2})?([A-Z]{2})$/.exec(text);
  const weekday = DAY_NAMES.indexOf(match?.[2] ?? '');
  if (!match || weekday < 0) {
    context.addIssue(`"${text}" is no weekday`);
    return z.NEVER;
  }
  return { weekday, ...(match[1] !== undefined && { nth: Number(match[1]) }) };
});

/** A rule as jCal (RFC 7265) and ical.js write it. */
export const ruleSchema = z.object({
  freq: z.enum(['SECONDLY', 'MINUTELY', 'HOURLY', 'DAILY', 'WEEKLY', 'MONTHLY', 'YEARLY']),
  interval: z.number().int().positive().default(1),
  count: z.number().int().positive().optional(),
  /** A day or an instant: what it means depends on the event's zone, so the caller keeps to it. */
  until: z.string().optional(),
  /** ical.js counts from Sunday, which is 1; this counts from Monday, which is 0. */
  wkst: z
    .number()
    .default(2)
    .transform((day) => (day + 5) % 7),
  bysecond: numbersSchema,
  byminute: numbersSchema,
  byhour: numbersSchema,
  byday: listOf(daySchema),
  bymonthday: numbersSchema,
  byyearday: numbersSchema,
  byweekno: numbersSchema,
  bymonth: numbersSchema,
  bysetpos: numbersSchema,
});
export type Rule = z.output<typeof ruleSchema>;

/** Bounds the work that a feed may cause. */
export interface Budget {
  /** Throws when more steps were taken than are allowed. */
  spend(steps: number): void;
  /** Throws when more was found than is allowed. */
  count(found: number): void;
}

const UNITS_MS = {
  SECONDLY: 1_000,
  MINUTELY: MINUTE_MS,
  HOURLY: HOUR_MS,
  DAILY: DAY_MS,
  WEEKLY: 7 * DAY_MS,
} as const;

/**
 * Returns the occurrences of a rule that lie in a range (both ends included), sorted. `start` is the first one if it
 * fits the rule. Costs steps for the days and times that are looked at: from the start where the rule counts,
 * otherwise from the range.
 */
export function listOccurrences(
  rule: Rule,
  start: WallTime,
  range: Span,
  budget: Budget,
): WallTime[] {
  const found: WallTime[] = [];
  // Counting and choosing by position need all of a period; otherwise only what lies in the range matters.
  const isWhole = rule.count !== undefined || rule.bysetpos !== undefined;
  let count = 0;
  for (let index = rule.count === undefined ? indexAt(rule, start, range.from) : 0; ; index += 1) {
    const period = periodAt(rule, start, index);
    budget.spend(1);
    if (!(period.from <= range.until)) return found;
    const from = isWhole ? period.from : Math.max(period.from, range.from);
    const until = isWhole ? period.until : Math.min(period.until, range.until + 1);
    for (const time of choose(rule, listTimes(rule, start, { from, until }, budget))) {
      if (time < start) continue;
      count += 1;
      if (time > range.until) return found;
      if (time >= range.from) {
        budget.count(1);
        found.push(time);
      }
      if (count === rule.count) return found;
    }
  }
}

/** Returns the number of the last period that begins before an instant, and 0 for none. */
function indexAt(rule: Rule, start: WallTime, at: WallTime): number {
  const base = periodAt(rule, start, 0).from;
  const units =
    rule.freq === 'MONTHLY'
      ? monthOf(at) - monthOf(base)
      : rule.freq === 'YEARLY'
        ? (monthOf(at) - monthOf(base)) / 12
        : (at - base) / UNITS_MS[rule.freq];
  return Math.max(0, Math.floor(units / rule.interval));
}

/** Returns the second, minute, … or year in which a rule may have occurrences; the start lies in number 0. */
function periodAt({ freq, interval, wkst }: Rule, start: WallTime, index: number): Span {
  if (freq === 'MONTHLY' || freq === 'YEARLY') {
    const months = freq === 'YEARLY' ? 12 : 1;
    const first = freq === 'YEARLY' ? monthOf(start) - (monthOf(start) % 12) : monthOf(start);
    const month = first + index * interval * months;
    return { from: startOfMonth(month), until: startOfMonth(month + months) };
  }
  const unit = UNITS_MS[freq];
  const base = freq === 'WEEKLY' ? startOfWeek(start, wkst) : Math.floor(start / unit) * unit;
  const from = base + index * interval * unit;
  return { from, until: from + unit };
}

/** Returns the times within a part of a period that fit all of a rule but its positions, sorted. */
function listTimes(rule: Rule, start: WallTime, { from, until }: Span, budget: Budget): WallTime[] {
  const times: WallTime[] = [];
  const clocks = { start: new Date(start), period: new Date(from) };
  const hours = listNumbers(rule, 'HOURLY', clocks);
  const minutes = listNumbers(rule, 'MINUTELY', clocks);
  const seconds = listNumbers(rule, 'SECONDLY', clocks);
  for (let day = startOfDay(from); day < until; day += DAY_MS) {
    budget.spend(1);
    if (rule.bymonth && !rule.bymonth.includes((monthOf(day) % 12) + 1)) {
      day = startOfMonth(monthOf(day) + 1) - DAY_MS;
      continue;
    }
    if (!isDay(rule, start, day)) continue;
    budget.spend(hours.length * minutes.length * seconds.length);
    for (const hour of hours)
      for (const minute of minutes)
        for (const second of seconds) {
          const time = day + hour * HOUR_MS + minute * MINUTE_MS + second * 1_000;
          if (time >= from && time < until) times.push(time);
        }
  }
  return times;
}

const TIMES_OF_DAY = {
  HOURLY: { name: 'byhour', limit: 24, read: (clock: Date) => clock.getUTCHours() },
  MINUTELY: { name: 'byminute', limit: 60, read: (clock: Date) => clock.getUTCMinutes() },
  SECONDLY: { name: 'bysecond', limit: 60, read: (clock: Date) => clock.getUTCSeconds() },
} as const;
const FINEST_FIRST = ['SECONDLY', 'MINUTELY', 'HOURLY'];

/**
 * Returns the hours, minutes or seconds of the occurrences in a period, sorted: the period's own where it is that
 * short and the rule allows it, otherwise those that the rule names, otherwise that of the start.
 */
function listNumbers(
  rule: Rule,
  unit: keyof typeof TIMES_OF_DAY,
  { start, period }: { readonly start: Date; readonly period: Date },
): number[] {
  const { name, limit, read } = TIMES_OF_DAY[unit];
  const named = rule[name]?.filter((number) => number < limit).sort((one, other) => one - other);
  const fineness = FINEST_FIRST.indexOf(rule.freq);
  const isGiven = fineness >= 0 && fineness <= FINEST_FIRST.indexOf(unit);
  if (!isGiven) return named ?? [read(start)];
  const own = read(period);
  return !named || named.includes(own) ? [own] : [];
}

/** Returns whether a day fits a rule; which day it must be is told by the start where the rule does not say. */
function isDay(rule: Rule, start: WallTime, day: WallTime): boolean {
  const { freq, bymonth, bymonthday, byyearday, byweekno, byday } = rule;
  const month = monthOf(day);
  const inMonth = { from: startOfMonth(month), until: startOfMonth(month + 1) };
  const inYear = {
    from: startOfMonth(month - (month % 12)),
    until: startOfMonth(month - (month % 12) + 12),
  };
  const counts = (numbers: readonly number[] | undefined, within: Span): boolean =>
    !numbers ||
    numbers.includes((day - within.from) / DAY_MS + 1) ||
    numbers.includes((day - within.until) / DAY_MS);
  if (!counts(bymonthday, inMonth) || !counts(byyearday, inYear)) return false;
  if (byweekno && !isInWeek(byweekno, day, rule.wkst)) return false;
  if (byday) {
    const within = freq === 'MONTHLY' || bymonth ? inMonth : inYear;
    const hasOrder = freq === 'MONTHLY' || freq === 'YEARLY';
    return byday.some(
      ({ weekday, nth }) =>
        weekday === weekdayOf(day) &&
        (nth === undefined || !hasOrder || nth === orderIn(within, day, Math.sign(nth))),
    );
  }
  if (freq === 'WEEKLY' || (freq === 'YEARLY' && byweekno && !bymonthday && !byyearday))
    return weekdayOf(day) === weekdayOf(start);
  if (bymonthday || byyearday || (freq !== 'MONTHLY' && freq !== 'YEARLY')) return true;
  const isMonth = freq === 'MONTHLY' || bymonth !== undefined || month % 12 === monthOf(start) % 12;
  return isMonth && new Date(day).getUTCDate() === new Date(start).getUTCDate();
}

/** Returns whether a day is the first, second, … of its weekday in a month or year; -1 is the last. */
function orderIn({ from, until }: Span, day: WallTime, sign: number): number {
  return sign < 0
    ? -Math.ceil((until - day) / (7 * DAY_MS))
    : Math.floor((day - from) / (7 * DAY_MS)) + 1;
}

/** Returns whether a day's week has one of these numbers: week 1 has at least four days in its year; -1 is the last. */
function isInWeek(numbers: readonly number[], day: WallTime, weekStart: number): boolean {
  const middle = startOfWeek(day, weekStart) + 3 * DAY_MS;
  const year = new Date(middle).getUTCFullYear();
  const week = Math.floor((middle - Date.UTC(year, 0, 1)) / (7 * DAY_MS)) + 1;
  const lastMiddle = startOfWeek(Date.UTC(year, 11, 28), weekStart) + 3 * DAY_MS;
  const weeks = Math.floor((lastMiddle - Date.UTC(year, 0, 1)) / (7 * DAY_MS)) + 1;
  return numbers.includes(week) || numbers.includes(week - weeks - 1);
}

/** Returns the times of a period at the positions that a rule names, from 1 or, from the end, -1; otherwise all. */
function choose({ bysetpos }: Rule, times: readonly WallTime[]): readonly WallTime[] {
  if (!bysetpos) return times;
  return times.filter(
    (_, index) => bysetpos.includes(index + 1) || bysetpos.includes(index - times.length),
  );
}

function startOfWeek(wall: WallTime, weekStart: number): WallTime {
  const day = startOfDay(wall);
  return day - ((weekdayOf(day) - weekStart + 7) % 7) * DAY_MS;
}

/** Returns the number of a wall time's month, counted from the year 0. */
function monthOf(wall: WallTime): number {
  const date = new Date(wall);
  return date.getUTCFullYear() * 12 + date.getUTCMonth();
}

function startOfMonth(month: number): WallTime {
  return Date.UTC(Math.floor(month / 12), month % 12, 1);
}
