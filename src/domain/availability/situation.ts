import { lookUp } from '../state.ts';

/** A stretch of time in which something is so; milliseconds since the epoch, `until` not included. */
export interface Span {
  readonly from: number;
  readonly until: number;
}

/** A time from a person's calendar: in a meeting, or out of office. What it is about is nobody's business. */
export interface BusyTime extends Span {
  readonly kind: 'busy' | 'away';
}

/** A turn on call that a rotation's calendar names. */
export interface CalendarShift extends Span {
  readonly responder: string;
}

/** What a calendar feed says, or why it cannot be relied on: then nobody is taken to be busy. */
export interface CalendarReading<T> {
  /** Sorted by `from`. */
  readonly times: readonly T[];
  readonly fault?: string;
}

/** A person said `away` by SMS or through the API; ISO instants, `until` is when they are back. */
export interface Absence {
  readonly since: string;
  /** Missing: until they say `back`. */
  readonly until?: string;
  /** The responder who is told instead. */
  readonly cover?: string;
}

/** The calendars as they were last read. */
export interface Calendars {
  busyTimes(responder: string): CalendarReading<BusyTime>;
  shifts(rotation: string): CalendarReading<CalendarShift>;
}

/** What is so at the moment and stands in no file: the calendars, and who said they are away. */
export interface Situation extends Calendars {
  absence(responder: string): Absence | undefined;
}

const NO_CALENDARS: Calendars = {
  busyTimes: () => ({ times: [] }),
  shifts: () => ({ times: [] }),
};

/** Returns the situation given by calendars and by who said they are away, by responder; missing: none. */
export function createSituation(
  calendars: Calendars = NO_CALENDARS,
  absences: Readonly<Record<string, Absence>> = {},
): Situation {
  return {
    busyTimes: (responder) => calendars.busyTimes(responder),
    shifts: (rotation) => calendars.shifts(rotation),
    absence: (responder) => lookUp(absences, responder),
  };
}
