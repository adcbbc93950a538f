/*
 * Reads iCalendar files (RFC 5545): when somebody is busy, and who is on call. What is in doubt leaves a person
 * free, so that they are told rather than missed.
 */
import type { BusyTime, CalendarShift, Span } from '../domain/availability/situation.ts';
import { DAY_MS, startOfDay, type WallTime } from '../domain/availability/zoned.ts';
import {
  createClocks,
  expandRule,
  InvalidCalendarError,
  listProperties,
  parseCalendar,
  readDuration,
  readMoments,
  readParameter,
  readRules,
  readText,
  readWall,
  readWord,
  type Clock,
  type Component,
  type Moment,
  type Property,
} from './icalendar.ts';
import type { Budget, Rule } from './recurrence.ts';

export { InvalidCalendarError };

/** More than anybody has in two months, and soon worked out. */
const MAX_EVENTS = 5_000;
const MAX_STEPS = 300_000;

/**
 * Returns when a person is busy or away according to their calendar, as far as it touches a range; sorted by `from`.
 * `timezone` is theirs: whole days and times without a zone are meant in it. `email` tells which invitations they
 * declined or did not accept yet. Throws an InvalidCalendarError.
 */
export function readBusyTimes(
  ics: string,
  {
    timezone,
    email,
    range,
  }: { readonly timezone: string; readonly email?: string | undefined; readonly range: Span },
): BusyTime[] {
  const reading = new Reading(ics, timezone, range);
  const times = [
    ...reading.listEvents().flatMap(({ component, isDay, spans }): BusyTime[] => {
      const kind = kindOf(component, isDay, email);
      return kind === undefined ? [] : spans.map((span) => ({ ...span, kind }));
    }),
    ...reading.listFreeBusy(),
  ];
  return times.sort((one, other) => one.from - other.from);
}

/**
 * Returns who is on call according to a rotation's calendar, as far as it touches a range, sorted by `from`; and the
 * titles of the events for which `match` knows nobody. Throws an InvalidCalendarError.
 */
export function readShifts(
  ics: string,
  {
    timezone,
    range,
    match,
  }: {
    readonly timezone: string;
    readonly range: Span;
    /** Returns the responder whom an event's title, or the emails of those who attend it, mean. */
    readonly match: (title: string, attendees: string[]) => string | undefined;
  },
): { shifts: CalendarShift[]; unmatched: string[] } {
  const shifts: CalendarShift[] = [];
  const unmatched = new Set<string>();
  for (const { component, spans } of new Reading(ics, timezone, range).listEvents()) {
    if (readWord(component, 'status') === 'CANCELLED') continue;
    const title = readText(component, 'summary')?.trim() ?? '';
    const attendees = listProperties(component, 'attendee')
      .filter((attendee) => partOf(attendee) !== 'DECLINED')
      .map(emailOf);
    const responder = match(title, attendees);
    if (responder === undefined) unmatched.add(title);
    else shifts.push(...spans.map((span) => ({ ...span, responder })));
  }
  return {
    shifts: shifts.sort((one, other) => one.from - other.from),
    unmatched: [...unmatched],
  };
}

/** Returns what an event makes of a person; undefined: they can be told. */
function kindOf(
  component: Component,
  isDay: boolean,
  email: string | undefined,
): BusyTime['kind'] | undefined {
  const status = readWord(component, 'status');
  const shown = readWord(component, 'x-microsoft-cdo-busystatus');
  const attendee = listProperties(component, 'attendee').find(
    (property) => email !== undefined && emailOf(property) === email.toLowerCase(),
  );
  const part = attendee && partOf(attendee);
  const isFree =
    readWord(component, 'transp') === 'TRANSPARENT' ||
    status === 'CANCELLED' ||
    status === 'TENTATIVE' ||
    (shown !== undefined && ['FREE', 'TENTATIVE', 'WORKINGELSEWHERE'].includes(shown)) ||
    (part !== undefined && ['DECLINED', 'TENTATIVE', 'NEEDS-ACTION'].includes(part));
  if (isFree) return undefined;
  return isDay || shown === 'OOF' ? 'away' : 'busy';
}

/** Returns whether an attendee comes: ACCEPTED, DECLINED …; undefined when the calendar does not say. */
function partOf(attendee: Property): string | undefined {
  return readParameter(attendee, 'partstat')?.toUpperCase();
}

/** Some servers name an attendee by a path of theirs and give the address beside it (RFC 7986). */
function emailOf(attendee: Property): string {
  const [, , , value] = attendee;
  const address = readParameter(attendee, 'email') ?? (typeof value === 'string' ? value : '');
  return address.replace(/^mailto:/i, '').toLowerCase();
}

/** What a type of FREEBUSY means; others count as BUSY (RFC 5545, section 3.2.9). */
const FREE_BUSY_KINDS: Readonly<Record<string, BusyTime['kind'] | 'free'>> = {
  FREE: 'free',
  'BUSY-TENTATIVE': 'free',
  'BUSY-UNAVAILABLE': 'away',
};

interface CalendarEvent {
  readonly component: Component;
  /** It lasts whole days. */
  readonly isDay: boolean;
  /** Its occurrences as far as they touch the range; never empty. */
  readonly spans: readonly Span[];
}

/** One file, read for one range. */
class Reading {
  readonly #components: readonly Component[];
  readonly #range: Span;
  readonly #budget = createBudget();
  readonly #count = createCounter(MAX_EVENTS, TOO_MANY);
  readonly #clocks: (timezoneId: string | undefined) => Clock;

  constructor(ics: string, timezone: string, range: Span) {
    this.#components = parseCalendar(ics);
    this.#range = range;
    this.#clocks = createClocks(this.#components, timezone, range, this.#budget);
  }

  /** Returns the events that have occurrences in the range. One without a readable time is left out. */
  listEvents(): CalendarEvent[] {
    const events = this.#components.filter(([name]) => name === 'vevent');
    // An event with a RECURRENCE-ID stands in the place of that occurrence of the event with the same UID.
    const moved = new Map<string, Moment[]>();
    for (const event of events) {
      const uid = readText(event, 'uid') ?? '';
      const known = moved.get(uid) ?? [];
      known.push(...this.#readMoments(event, 'recurrence-id'));
      moved.set(uid, known);
    }
    const moves = new Map([...moved].map(([uid, moments]) => [uid, createExceptions(moments)]));
    return events.flatMap((component) => {
      const [start] = this.#readMoments(component, 'dtstart');
      if (!start) return [];
      const isInstead = listProperties(component, 'recurrence-id').length > 0;
      const isMoved = isInstead ? undefined : moves.get(readText(component, 'uid') ?? '');
      const spans = this.#listSpans(component, start, isMoved);
      return spans.length > 0 ? [{ component, isDay: start.isDay, spans }] : [];
    });
  }

  /** Returns the times of FREEBUSY lines. */
  listFreeBusy(): BusyTime[] {
    return this.#components
      .filter(([name]) => name === 'vfreebusy')
      .flatMap((component) => listProperties(component, 'freebusy'))
      .flatMap((property) => {
        const type = readParameter(property, 'fbtype')?.toUpperCase() ?? 'BUSY';
        const kind = FREE_BUSY_KINDS[type] ?? 'busy';
        if (kind === 'free') return [];
        return this.#listPeriods(property)
          .filter((span) => this.#touches(span))
          .map((span) => ({ ...span, kind }));
      });
  }

  #listSpans(component: Component, start: Moment, isMoved: Exceptions | undefined): Span[] {
    const { lengthMs, endOf } = this.#readLength(component, start);
    const range = {
      from: this.#range.from - lengthMs - SLACK_MS,
      until: this.#range.until + SLACK_MS,
    };
    const { clock } = start;
    const rules = readRules(component);
    const walls = rules.length === 0 ? [start.wall] : this.#expand(rules, start, range);
    const dates = listProperties(component, 'rdate');
    const begins = [
      ...walls.map((wall) => ({ wall, clock })),
      ...dates
        .filter(([, , type]) => type !== 'period')
        .flatMap((property) => readMoments(property, this.#clocks)),
    ].filter(({ wall }) => wall >= range.from && wall <= range.until);
    const isExcepted = createExceptions(
      this.#readMoments(component, 'exdate').filter(
        ({ wall }) => wall >= range.from - SLACK_MS && wall <= range.until + SLACK_MS,
      ),
    );
    const isLeftOut: Exceptions = (instant, wall) =>
      isExcepted(instant, wall) || isMoved?.(instant, wall) === true;
    return [
      ...begins
        .map((begin) => ({ ...begin, from: begin.clock(begin.wall) }))
        .filter(({ from, wall }) => !isLeftOut(from, wall))
        .map(({ from, wall, clock: other }) => ({
          from,
          until: other === clock ? endOf(wall) : from + lengthMs,
        })),
      ...dates.flatMap((property) => this.#listPeriods(property)),
    ].filter((span) => this.#touches(span));
  }

  #expand(rules: readonly Rule[], start: Moment, range: Span): WallTime[] {
    return rules.flatMap((rule) => expandRule(rule, start, range, this.#budget));
  }

  /** Returns how long an event lasts and when an occurrence ends that begins at a wall time. */
  #readLength(
    component: Component,
    { wall, clock, isDay }: Moment,
  ): { lengthMs: number; endOf: (start: WallTime) => number } {
    const [end] = this.#readMoments(component, 'dtend');
    if (end && end.clock === clock && (end.wall > wall || !isDay)) {
      // A shift from Monday to Monday ends on Monday at the same time, also when clocks change within.
      const lengthMs = end.wall - wall;
      return { lengthMs, endOf: (start) => clock(start + lengthMs) };
    }
    if (end && end.clock !== clock) {
      const lengthMs = end.clock(end.wall) - clock(wall);
      return { lengthMs, endOf: (start) => clock(start) + lengthMs };
    }
    const none = isDay ? { days: 1, ms: 0 } : { days: 0, ms: 0 };
    const { days, ms } = readDuration(readText(component, 'duration') ?? '') ?? none;
    return {
      lengthMs: days * DAY_MS + ms,
      endOf: (start) => clock(start + days * DAY_MS) + ms,
    };
  }

  /** Returns the periods of a property such as FREEBUSY: each a start and an end or a length. */
  #listPeriods(property: Property): Span[] {
    const [name, parameters, type, ...values] = property;
    return values.flatMap((value) => {
      const [, last] = Array.isArray(value) ? (value as unknown[]) : [];
      const [start] = readMoments([name, parameters, type, value], this.#clocks);
      if (!start || typeof last !== 'string') return [];
      const from = start.clock(start.wall);
      const length = readDuration(last);
      if (length) return [{ from, until: from + length.days * DAY_MS + length.ms }];
      const end = readWall(last);
      return end === undefined ? [] : [{ from, until: start.clock(end) }];
    });
  }

  #readMoments(component: Component, name: string): Moment[] {
    return listProperties(component, name).flatMap((property) =>
      readMoments(property, this.#clocks),
    );
  }

  /** Returns whether a time touches the range and is one at all; each counts. */
  #touches({ from, until }: Span): boolean {
    const touches = from < until && from < this.#range.until && until > this.#range.from;
    if (touches) this.#count(1);
    return touches;
  }
}

/** Wall times are less than a day away from the instants they stand for. */
const SLACK_MS = DAY_MS;

/** Whether an occurrence (its instant, its wall time) is among those that are left out. */
type Exceptions = (instant: number, wall: WallTime) => boolean;

function createExceptions(except: readonly Moment[]): Exceptions {
  // A day leaves out whatever begins on it.
  const days = new Set(except.filter(({ isDay }) => isDay).map(({ wall }) => wall));
  const instants = new Set(
    except.filter(({ isDay }) => !isDay).map(({ wall, clock }) => clock(wall)),
  );
  return (instant, wall) => instants.has(instant) || days.has(startOfDay(wall));
}

const TOO_MANY = `it has more than ${MAX_EVENTS} events in two months`;

function createBudget(): Budget {
  return {
    spend: createCounter(MAX_STEPS, 'its events take too long to work out'),
    count: createCounter(MAX_EVENTS, TOO_MANY),
  };
}

/** Returns a function that counts and throws an InvalidCalendarError when there is more than allowed. */
function createCounter(limit: number, message: string): (more: number) => void {
  let total = 0;
  return (more) => {
    total += more;
    if (total > limit) throw new InvalidCalendarError(message);
  };
}
