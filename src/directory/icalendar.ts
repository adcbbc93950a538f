import ICAL from 'ical.js';
import type { Span } from '../domain/availability/situation.ts';
import {
  DAY_MS,
  firstInstantAt,
  HOUR_MS,
  MINUTE_MS,
  parseWallTime,
  type WallTime,
} from '../domain/availability/zoned.ts';
import { timezoneSchema } from '../domain/handoff.ts';
import { listOccurrences, ruleSchema, type Budget, type Rule } from './recurrence.ts';

/** Says in a sentence why a text is no calendar that can be relied on. Quotes nothing of it. */
export class InvalidCalendarError extends Error {
  override readonly name = 'InvalidCalendarError';
}

/** A property in jCal (RFC 7265): name, parameters, type, values. */
export type Property = readonly [
  name: string,
  parameters: Readonly<Record<string, string | readonly string[]>>,
  type: string,
  ...values: unknown[],
];

/** A component in jCal (RFC 7265): name, properties, components within. */
export type Component = readonly [
  name: string,
  properties: readonly Property[],
  components: readonly Component[],
];

/** A line with more parts than this is no calendar's, and ical.js takes the square of their number to read it. */
const MAX_PARTS = 1_000;

/** Returns the components of an iCalendar text (RFC 5545). Throws an InvalidCalendarError. */
export function parseCalendar(ics: string): readonly Component[] {
  const text = ics.replace(/^[\s\uFEFF]+/, '');
  if (!/^BEGIN:VCALENDAR\s/i.test(text)) throw new InvalidCalendarError('it is no iCalendar file');
  const unfolded = text.replace(/\r?\n[ \t]/g, '');
  if (unfolded.split('\n').some((line) => line.split(';', MAX_PARTS + 1).length > MAX_PARTS))
    throw new InvalidCalendarError('it has a line with too many parts');
  let parsed: Component | readonly Component[];
  try {
    parsed = ICAL.parse(text) as Component | readonly Component[];
  } catch {
    throw new InvalidCalendarError('it is an iCalendar file with faults, or only a part of one');
  }
  const calendars = typeof parsed[0] === 'string' ? [parsed as Component] : parsed;
  return (calendars as readonly Component[]).flatMap(([, , components]) => components);
}

/** Returns the properties of a component that have this name. */
export function listProperties([, properties]: Component, name: string): Property[] {
  return properties.filter((property) => property[0] === name);
}

/** Returns the text of a component's property in upper case, or undefined when it has none. */
export function readWord(component: Component, name: string): string | undefined {
  return readText(component, name)?.trim().toUpperCase();
}

/** Returns the text of a component's property, or undefined when it has none. */
export function readText(component: Component, name: string): string | undefined {
  const value = listProperties(component, name)[0]?.[3];
  return typeof value === 'string' ? value : undefined;
}

/** Returns a property's parameter; of several values the first. */
export function readParameter([, parameters]: Property, name: string): string | undefined {
  const value = parameters[name];
  return typeof value === 'string' ? value : value?.[0];
}

/** Returns the first instant at which the clock of a zone shows a wall time or a later one. */
export type Clock = (wall: WallTime) => number;

/** What a calendar says of a moment or a day: the clock on which wall it is that time. */
export interface Moment {
  readonly wall: WallTime;
  readonly clock: Clock;
  readonly isDay: boolean;
}

const UTC: Clock = (wall) => wall;

/** Returns the moments that a property such as DTSTART or EXDATE names; what is no time is left out. */
export function readMoments(
  property: Property,
  clocks: (timezoneId: string | undefined) => Clock,
): Moment[] {
  const [, , , ...values] = property;
  return values.flatMap((value) => {
    // A period, as RDATE may have, begins with its start.
    const [text] = [value].flat();
    const wall = typeof text === 'string' ? readWall(text) : undefined;
    if (wall === undefined) return [];
    const isDay = !String(text).includes('T');
    const zone = isDay ? undefined : readParameter(property, 'tzid');
    return [{ wall, isDay, clock: String(text).endsWith('Z') ? UTC : clocks(zone) }];
  });
}

/** Returns the wall time of `2026-11-23` or `2026-11-23T09:00:00`, with or without a Z; undefined if it is none. */
export function readWall(text: string): WallTime | undefined {
  const wall = parseWallTime(text.replace(/Z$/, ''));
  return wall === undefined ? undefined : wall + Number(text.slice(17, 19)) * 1_000;
}

/** A length of time: days and weeks are days on the wall, hours are hours that pass. */
export interface Duration {
  readonly days: number;
  readonly ms: number;
}

/** Returns the length that a text such as `P1DT2H` or `PT30M` says, or undefined for anything else. */
export function readDuration(text: string): Duration | undefined {
  const match =
    /^\+?P(?:(\d{1,4})W)?(?:(\d{1,5})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,8})M)?(?:(\d{1,9})S)?)?$/.exec(
      text,
    );
  if (!match) return undefined;
  const [, weeks, days, hours, minutes, seconds] = match.map((digits: string | undefined) =>
    Number(digits ?? 0),
  );
  return {
    days: (weeks ?? 0) * 7 + (days ?? 0),
    ms: (hours ?? 0) * HOUR_MS + (minutes ?? 0) * MINUTE_MS + (seconds ?? 0) * 1_000,
  };
}

/** To find out whether the runtime knows a zone takes as long as some hundred steps. */
const STEPS_PER_ZONE = 500;

/** How far around a range the clocks of a file's own time zones are known. */
const ZONE_REACH_MS = 400 * DAY_MS;

/**
 * Returns the clocks of a file by TZID: of an IANA zone the runtime's, otherwise the one that the file's VTIMEZONE
 * describes around a range, otherwise (and without a TZID) that of the person's own zone.
 */
export function createClocks(
  components: readonly Component[],
  timezone: string,
  range: Span,
  budget: Budget,
): (timezoneId: string | undefined) => Clock {
  const own: Clock = (wall) => firstInstantAt(wall, timezone);
  const clocks = new Map<string, Clock>();
  const create = (id: string): Clock => {
    budget.spend(STEPS_PER_ZONE);
    if (timezoneSchema.safeParse(id).success) return (wall) => firstInstantAt(wall, id);
    const described = components.find(
      (component) => component[0] === 'vtimezone' && readText(component, 'tzid') === id,
    );
    return (described && describeClock(described, range, budget)) ?? own;
  };
  return (id) => {
    if (id === undefined) return own;
    const known = clocks.get(id);
    if (known) return known;
    const clock = create(id);
    clocks.set(id, clock);
    return clock;
  };
}

/** An instant from which a zone's clocks are this many milliseconds ahead of UTC. */
interface Change {
  readonly at: number;
  readonly offset: number;
}

/** Returns the clock that a VTIMEZONE describes, or undefined when it describes none. */
function describeClock(
  [, , observances]: Component,
  range: Span,
  budget: Budget,
): Clock | undefined {
  const changes: Change[] = [];
  let earliest = Infinity;
  let before: number | undefined;
  for (const observance of observances) {
    const offsetFrom = readOffset(readText(observance, 'tzoffsetfrom'));
    const offset = readOffset(readText(observance, 'tzoffsetto'));
    const start = readWall(readText(observance, 'dtstart') ?? '');
    if (offsetFrom === undefined || offset === undefined || start === undefined) continue;
    const clock: Clock = (wall) => wall - offsetFrom;
    const walls = [
      start,
      ...listProperties(observance, 'rdate').flatMap((property) =>
        readMoments(property, () => clock).map(({ wall }) => wall),
      ),
      ...readRules(observance).flatMap((rule) =>
        expandRule(rule, { wall: start, clock }, aroundOf(rule, range), budget),
      ),
    ];
    changes.push(...walls.map((wall) => ({ at: clock(wall), offset })));
    if (start < earliest) {
      earliest = start;
      before = offsetFrom;
    }
  }
  if (before === undefined) return undefined;
  changes.sort((one, other) => one.at - other.at);
  const known = changes.findLastIndex(({ at }) => at < range.from - ZONE_REACH_MS);
  return readClock([{ at: -Infinity, offset: before }, ...changes].slice(known + 1));
}

/** Returns the range in which the last change of a rule before `range` lies, if it has one a year, to the end. */
function aroundOf({ until }: Rule, range: Span): Span {
  const last = readWall(until ?? '') ?? Infinity;
  return { from: Math.min(range.from, last) - ZONE_REACH_MS, until: range.until + ZONE_REACH_MS };
}

function readClock(changes: readonly Change[]): Clock {
  return (wall) => {
    for (const [index, { at, offset }] of changes.entries()) {
      const instant = Math.max(index === 0 ? -Infinity : at, wall - offset);
      if (instant < (changes[index + 1]?.at ?? Infinity)) return instant;
    }
    return wall;
  };
}

/** `+05:45` and `-04:56:02`, in milliseconds. */
function readOffset(text: string | undefined): number | undefined {
  const match = /^([+-])(\d{2}):(\d{2})(?::(\d{2}))?$/.exec(text ?? '');
  if (!match) return undefined;
  const [, sign, hours, minutes, seconds = '0'] = match;
  const ms = Number(hours) * HOUR_MS + Number(minutes) * MINUTE_MS + Number(seconds) * 1_000;
  return sign === '-' ? -ms : ms;
}

/** Returns the RRULEs of a component. Throws an InvalidCalendarError for one that cannot be understood. */
export function readRules(component: Component): Rule[] {
  return listProperties(component, 'rrule').map(([, , , value]) => {
    const rule = ruleSchema.safeParse(value).data;
    if (rule) return rule;
    throw new InvalidCalendarError('it has a rule of recurrence that cannot be understood');
  });
}

/** Returns the wall times within a range (both ends included) at which a rule has occurrences. */
export function expandRule(
  rule: Rule,
  { wall, clock }: Pick<Moment, 'wall' | 'clock'>,
  range: Span,
  budget: Budget,
): WallTime[] {
  const { until = '' } = rule;
  const named = readWall(until);
  // A day named as the last has occurrences too.
  const last = named === undefined || until.includes('T') ? named : named + DAY_MS - 1;
  const isInstant = until.endsWith('Z');
  // An instant is less than a day away from its wall time.
  const end = last === undefined ? range.until : Math.min(range.until, last + DAY_MS);
  return listOccurrences(rule, wall, { from: range.from, until: end }, budget).filter(
    (time) => last === undefined || (isInstant ? clock(time) : time) <= last,
  );
}
