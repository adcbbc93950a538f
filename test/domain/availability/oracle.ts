/*
 * A second opinion on time: everything here is found by looking at one minute after the other, with nothing but
 * Intl.DateTimeFormat. It reads directories as they are written and shares no code with src, so that both have
 * to be wrong in the same way for a fault to be missed.
 */

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

const DAY_MINUTES = 1_440;

/** Clocks change on quarters of an hour in UTC; zoned.test.ts looks at every minute. */
const READ_EVERY = 15;

/** The longest time by which a clock goes back (Antarctica/Troll), with some to spare. */
const LOOK_BACK_MINUTES = 240;

/** A window as written in the directory. */
export interface WindowText {
  readonly days?: string;
  readonly from: string;
  readonly to: string;
}

/** A responder as written in the directory, as far as their time is concerned. */
export interface PersonText {
  readonly name: string;
  readonly phone?: string;
  readonly email?: string;
  readonly timezone?: string;
  readonly quietHours?: readonly WindowText[];
  readonly holidays?: readonly string[];
  readonly away?: readonly {
    readonly from: string;
    readonly until: string;
    readonly cover?: string;
  }[];
}

export interface TurnsText {
  readonly responders: readonly string[];
  readonly every: string;
  readonly handover: string;
  readonly starts: string;
  readonly timezone?: string;
  readonly overrides?: readonly {
    readonly from: string;
    readonly until: string;
    readonly responder: string;
  }[];
  readonly swaps?: readonly {
    readonly from: string;
    readonly until: string;
    readonly responders: readonly [string, string];
  }[];
}

/** A directory as written in the file. */
export interface DirectoryText {
  readonly organisation: {
    readonly timezone: string;
    readonly quietHours?: readonly WindowText[];
    readonly holidays?: readonly string[];
    readonly workingHours?: readonly WindowText[];
  };
  readonly responders: Readonly<Record<string, PersonText>>;
  readonly teams?: Readonly<Record<string, readonly string[]>>;
  readonly rotations?: Readonly<Record<string, TurnsText>>;
}

/** What stands in no file; instants in milliseconds. */
export interface NowText {
  readonly meetings?: Readonly<
    Record<
      string,
      readonly { readonly kind: 'busy' | 'away'; readonly from: number; readonly until: number }[]
    >
  >;
  readonly absences?: Readonly<
    Record<
      string,
      {
        readonly since: string;
        readonly until?: string | undefined;
        readonly cover?: string | undefined;
      }
    >
  >;
}

export interface ContactText {
  readonly timezone?: string;
  /** Such as `08:00-20:00`. */
  readonly hours?: string;
}

// -- the clock on the wall

const formatters = new Map<string, Intl.DateTimeFormat>();

/** Returns what the clock on the wall shows in a zone, in milliseconds as if it were UTC. */
export function readWall(instant: number, zone: string): number {
  let formatter = formatters.get(zone);
  if (!formatter) {
    // Swedes write 2026-11-23 15:00.
    formatter = new Intl.DateTimeFormat('sv-SE', {
      timeZone: zone,
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
    });
    formatters.set(zone, formatter);
  }
  return Date.parse(`${formatter.format(instant).replace(' ', 'T')}Z`);
}

const zones = new Map<string, Map<number, Float64Array>>();

/** Returns the latest wall time that the clock has shown by each minute of a day of UTC. */
function readDay(day: number, zone: string): Float64Array {
  const days = zones.get(zone) ?? new Map<number, Float64Array>();
  zones.set(zone, days);
  const known = days.get(day);
  if (known) return known;
  const walls = new Float64Array(DAY_MINUTES);
  let latest = -Infinity;
  for (let minute = -LOOK_BACK_MINUTES; minute < DAY_MINUTES; minute += READ_EVERY) {
    const wall = readWall(day * DAY + minute * MINUTE, zone);
    for (let step = 0; step < READ_EVERY; step += 1) {
      latest = Math.max(latest, wall + step * MINUTE);
      if (minute + step >= 0) walls[minute + step] = latest;
    }
  }
  days.set(day, walls);
  return walls;
}

/**
 * Returns the latest wall time that the clock has shown by an instant. While an hour comes a second time the clock
 * shows less. Hours of a wall have begun when this has reached their beginning, and ended when it has reached their
 * end: that is what "of an hour that is skipped the first moment after, of one that comes twice the first" means.
 */
export function latestWall(instant: number, zone: string): number {
  const minute = Math.floor(instant / MINUTE);
  const day = Math.floor(minute / DAY_MINUTES);
  return readDay(day, zone)[minute - day * DAY_MINUTES] ?? NaN;
}

/** Returns the first minute at which the clock shows this wall time or a later one. */
export function firstMinuteAt(wall: number, zone: string): number {
  let at = wall - 16 * HOUR;
  while (latestWall(at + HOUR, zone) < wall) at += HOUR;
  while (latestWall(at, zone) < wall) at += MINUTE;
  return at;
}

/** Returns the instants within a range at which a zone's clocks change. */
export function listChanges(zone: string, from: number, until: number): number[] {
  const changes: number[] = [];
  const offset = (at: number): number => readWall(at, zone) - at;
  for (let at = from; at < until; at += DAY) {
    if (offset(at) === offset(at + DAY)) continue;
    let change = at;
    while (offset(change) === offset(at)) change += MINUTE;
    changes.push(change);
  }
  return changes;
}

/** Returns a wall time as the directory has it: `2026-11-26T09:30`. */
export function writeWall(wall: number): string {
  return new Date(wall).toISOString().slice(0, 16);
}

function parseWall(text: string): number {
  return Date.parse(text.includes('T') ? `${text}Z` : `${text}T00:00Z`);
}

// -- hours of the week

const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

function listDays(text = 'daily'): number[] {
  if (text === 'daily') return [0, 1, 2, 3, 4, 5, 6];
  return text.split(', ').flatMap((part) => {
    const [first = '', last = first] = part.split('-');
    const found: number[] = [];
    let day = WEEKDAYS.indexOf(first);
    for (;;) {
      found.push(day);
      if (WEEKDAYS[day] === last) return found;
      day = (day + 1) % 7;
    }
  });
}

function minuteOf(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
}

const weeks = new WeakMap<readonly WindowText[], Map<string, Uint8Array>>();

/**
 * Returns each minute of an ordinary week as 1 where one of the windows is. `night`: one over midnight belongs to
 * the day on which it begins and to the one on which it ends.
 */
export function markWeek(
  windows: readonly WindowText[],
  over: 'night' | 'next-day' = 'night',
): Uint8Array {
  const known = weeks.get(windows) ?? new Map<string, Uint8Array>();
  weeks.set(windows, known);
  const marked = known.get(over);
  if (marked) return marked;
  const week = new Uint8Array(7 * DAY_MINUTES);
  for (const { days: text, from, to } of windows) {
    const named = listDays(text);
    for (let minute = 0; minute < week.length; minute += 1) {
      const day = Math.floor(minute / DAY_MINUTES);
      const time = minute % DAY_MINUTES;
      const isOn = (other: number): boolean => named.includes((other + 7) % 7);
      const isWithin =
        minuteOf(to) > minuteOf(from)
          ? isOn(day) && time >= minuteOf(from) && time < minuteOf(to)
          : (time >= minuteOf(from) &&
              (isOn(day) || (over === 'night' && minuteOf(to) > 0 && isOn(day + 1)))) ||
            (time < minuteOf(to) && (isOn(day - 1) || (over === 'night' && isOn(day))));
      if (isWithin) week[minute] = 1;
    }
  }
  known.set(over, week);
  return week;
}

/** Returns whether an instant is within weekly hours. */
export function isInWeek(week: Uint8Array, instant: number, zone: string): boolean {
  // 5 January 1970 was a Monday.
  const minutes = Math.floor((latestWall(instant, zone) - 4 * DAY) / MINUTE);
  return week[((minutes % week.length) + week.length) % week.length] === 1;
}

// -- people

type Reason = 'away' | 'busy' | 'holiday' | 'quiet-hours';

/** Returns why a person is not to be disturbed at an instant: all that is so. */
export function listReasons(
  id: string,
  at: number,
  { directory, now }: { readonly directory: DirectoryText; readonly now: NowText },
): Set<Reason> {
  const reasons = new Set<Reason>();
  const person = directory.responders[id];
  if (!person) return reasons;
  const { organisation } = directory;
  const zone = person.timezone ?? organisation.timezone;
  const wall = latestWall(at, zone);
  const quietHours = person.quietHours ?? organisation.quietHours ?? [];
  if (quietHours.length > 0 && isInWeek(markWeek(quietHours), at, zone)) reasons.add('quiet-hours');
  const isAlwaysThere = person.quietHours?.length === 0;
  const holidays = person.holidays ?? (isAlwaysThere ? [] : (organisation.holidays ?? []));
  for (const day of holidays) {
    if (wall >= parseWall(day) && wall < parseWall(day) + DAY) reasons.add('holiday');
  }
  for (const { from, until } of person.away ?? []) {
    if (wall >= parseWall(from) && wall < parseWall(until)) reasons.add('away');
  }
  const said = now.absences?.[id];
  if (said && at >= Date.parse(said.since) && !(at >= Date.parse(said.until ?? ''))) {
    reasons.add('away');
  }
  for (const { kind, from, until } of now.meetings?.[id] ?? []) {
    if (at >= from && at < until) reasons.add(kind);
  }
  return reasons;
}

/** Returns whether a contact may not be called at an instant. */
export function isContactClosed(
  contact: ContactText | undefined,
  at: number,
  fallback: string,
): boolean {
  const [opens, closes] = contact?.hours?.split('-') ?? [];
  if (opens === undefined || closes === undefined || opens === closes) return false;
  const hours = markWeek(windowOf(opens, closes), 'next-day');
  const zone = contact?.timezone ?? fallback;
  // Open hours that begin or end where clocks change are the complement of closed ones that do.
  return !isInWeek(hours, at, zone);
}

const windowsOf = new Map<string, readonly WindowText[]>();

function windowOf(from: string, to: string): readonly WindowText[] {
  const key = `${from}-${to}`;
  const windows = windowsOf.get(key) ?? [{ from, to }];
  windowsOf.set(key, windows);
  return windows;
}

/** Returns the first minute from `at` on that is free; undefined: none within `limitMs`. */
export function findFree(
  at: number,
  isBlocked: (at: number) => boolean,
  limitMs = 30 * DAY,
): number | undefined {
  for (let minute = at; minute <= at + limitMs; minute += MINUTE) {
    if (!isBlocked(minute)) return minute;
    // From the instant itself on, whole minutes: everything in a directory begins and ends on them.
    if (minute % MINUTE !== 0) minute -= minute % MINUTE;
  }
  return undefined;
}

/** Returns who is told instead of somebody: covers of covers; where they go round, the first of them. */
export function findStandIn(
  id: string,
  at: number,
  world: { readonly directory: DirectoryText; readonly now: NowText },
): string {
  const { directory, now } = world;
  const path = [id];
  for (;;) {
    const last = path.at(-1) ?? id;
    const person = directory.responders[last];
    const said = now.absences?.[last];
    const isSaid =
      said?.cover !== undefined &&
      at >= Date.parse(said.since) &&
      !(at >= Date.parse(said.until ?? ''));
    const wall = latestWall(at, person?.timezone ?? directory.organisation.timezone);
    const cover = isSaid
      ? said.cover
      : (person?.away ?? []).find(
          (entry) =>
            entry.cover !== undefined &&
            wall >= parseWall(entry.from) &&
            wall < parseWall(entry.until),
        )?.cover;
    if (cover === undefined) return last;
    if (path.includes(cover)) return id;
    path.push(cover);
  }
}

// -- rotations

const UNITS = { hour: HOUR, day: DAY, week: 7 * DAY };

/** Returns who is on call at an instant, by walking from the first turn on to the one that has begun last. */
export function findOnCall(turns: TurnsText, at: number, fallback: string): string | undefined {
  const zone = turns.timezone ?? fallback;
  const wall = latestWall(at, zone);
  const isNow = ({ from, until }: { from: string; until: string }): boolean =>
    wall >= parseWall(from) && wall < parseWall(until);
  const override = (turns.overrides ?? []).filter(isNow).at(-1);
  if (override) return override.responder;
  const [amount = '', unit = ''] = turns.every.split(' ');
  const length = Number(amount) * UNITS[unit.replace(/s$/, '') as keyof typeof UNITS];
  let begins = parseWall(turns.starts) + minuteOf(turns.handover.slice(-5)) * MINUTE;
  if (wall < begins) return undefined;
  let index = 0;
  while (wall >= begins + length) {
    begins += length;
    index = (index + 1) % turns.responders.length;
  }
  let onCall = turns.responders[index];
  for (const { responders } of (turns.swaps ?? []).filter(isNow)) {
    if (onCall === responders[0]) [, onCall] = responders;
    else if (onCall === responders[1]) [onCall] = responders;
  }
  return onCall;
}

/** Returns whom targets mean at an instant, whoever is away replaced, each once. */
export function listMeant(
  notify: readonly string[],
  at: number,
  world: { readonly directory: DirectoryText; readonly now: NowText },
): string[] {
  const { directory } = world;
  const meant = notify.flatMap((target) => {
    const [kind = '', name = ''] = target.split(':');
    if (kind === 'team') return directory.teams?.[name] ?? [];
    if (kind !== 'rotation') return [target];
    const turns = directory.rotations?.[name];
    return (turns && findOnCall(turns, at, directory.organisation.timezone)) ?? [];
  });
  return [...new Set(meant.map((id) => findStandIn(id, at, world)))];
}

// -- working hours

/** Returns whether timeouts count at an instant. */
export function isWorking({ organisation }: DirectoryText, at: number): boolean {
  const { workingHours, holidays = [], timezone } = organisation;
  if (!workingHours) return true;
  const wall = latestWall(at, timezone);
  if (holidays.some((day) => wall >= parseWall(day) && wall < parseWall(day) + DAY)) return false;
  return isInWeek(markWeek(workingHours, 'next-day'), at, timezone);
}

/** Returns the instant at which so many working minutes have passed, counted one by one. */
export function countWorking(directory: DirectoryText, from: number, minutes: number): number {
  let left = minutes;
  let at = from;
  while (left > 0) {
    if (isWorking(directory, at)) left -= 1;
    at += MINUTE;
  }
  return at;
}
