import { z } from 'zod';
import {
  DAY_MS,
  firstInstantAt,
  parseWallTime,
  startOfDay,
  wallAt,
  weekdayOf,
  type WallTime,
} from './availability/zoned.ts';
import { findResponder, type Directory, type Responder } from './directory.ts';
import { parseDuration } from './duration.ts';
import { MAX_AWAY_MS, type AwayUntil, type Presence } from './presence.ts';
import type { Absence } from './availability/situation.ts';

/** Where and when somebody says that they are away; `now` is an ISO instant. */
export interface Saying {
  readonly now: string;
  readonly timezone: string;
}

/**
 * Returns the ISO instant at which somebody is back: a weekday is the next one after today, a time or a date
 * without its year the next such; a day begins at midnight. Undefined when that is no time, not later than
 * now or over a year ahead.
 */
export function resolveAway(until: AwayUntil, { now, timezone }: Saying): string | undefined {
  return checkReturn(instantOf(until, Date.parse(now), timezone), now);
}

/** What somebody's being away is to be recorded as, or why it cannot be. */
export type AbsencePlan =
  | { readonly kind: 'absence'; readonly absence: Absence; readonly coverName?: string }
  /** It does not say until when, or that is past or too far ahead. */
  | { readonly kind: 'away-unclear'; readonly text: string }
  /** Several have this name, nobody has, or only they themselves. */
  | { readonly kind: 'cover-unclear'; readonly cover: string; readonly names: readonly string[] };

/** Returns what a reply that says "away" means for this person, said at `now` (ISO); `text` is the whole reply. */
export function planAbsence(
  said: Extract<Presence, { kind: 'away' }>,
  saying: {
    readonly now: string;
    readonly responder: Responder;
    readonly directory: Directory;
    readonly text: string;
  },
): AbsencePlan {
  const { now, responder, directory, text } = saying;
  const until = said.until && resolveAway(said.until, { now, timezone: responder.timezone });
  if (said.until && until === undefined) return { kind: 'away-unclear', text };
  const found = said.cover === undefined ? [] : findByName(directory, said.cover);
  const cover = found.length === 1 && found[0]?.id !== responder.id ? found[0] : undefined;
  if (said.cover !== undefined && !cover) {
    return { kind: 'cover-unclear', cover: said.cover, names: found.map(({ name }) => name) };
  }
  return {
    kind: 'absence',
    absence: {
      since: now,
      ...(until !== undefined && { until }),
      ...(cover && { cover: cover.id }),
    },
    ...(cover && { coverName: cover.name }),
  };
}

/** Returns when somebody is back by a text of the API: a duration such as `3d`, a day or time of theirs, or an instant. */
export function readAway(text: string, { now, timezone }: Saying): string | undefined {
  const ms = parseDuration(text);
  if (ms !== undefined) return checkReturn(Date.parse(now) + ms, now);
  const wall = parseWallTime(text);
  if (wall !== undefined) return checkReturn(firstInstantAt(wall, timezone), now);
  const isInstant = z.iso.datetime({ offset: true }).safeParse(text).success;
  return isInstant ? checkReturn(Date.parse(text), now) : undefined;
}

function checkReturn(at: number | undefined, now: string): string | undefined {
  const ahead = (at ?? NaN) - Date.parse(now);
  return at !== undefined && ahead > 0 && ahead <= MAX_AWAY_MS
    ? new Date(at).toISOString()
    : undefined;
}

function instantOf(until: AwayUntil, now: number, zone: string): number | undefined {
  const today = startOfDay(wallAt(now, zone));
  switch (until.kind) {
    case 'unclear':
      return undefined;
    case 'duration':
      return now + until.ms;
    case 'tomorrow':
      return instantOn(today + DAY_MS, until.time, zone);
    case 'weekday': {
      const days = ((until.weekday - weekdayOf(today) + 6) % 7) + 1;
      return instantOn(today + days * DAY_MS, until.time, zone);
    }
    case 'time': {
      const at = instantOn(today, until.time, zone);
      return at > now ? at : instantOn(today + DAY_MS, until.time, zone);
    }
    case 'date': {
      const { month, day, time } = until;
      const year = new Date(today).getUTCFullYear();
      const years = until.year === undefined ? [year, year + 1] : [until.year];
      return years
        .map((number) => parseWallTime(`${pad(number, 4)}-${pad(month)}-${pad(day)}`))
        .filter((date) => date !== undefined)
        .map((date) => instantOn(date, time, zone))
        .find((at) => at > now);
    }
  }
}

function instantOn(day: WallTime, time = '00:00', zone: string): number {
  const minutes = Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
  return firstInstantAt(day + minutes * 60_000, zone);
}

function pad(number: number, digits = 2): string {
  return String(number).padStart(digits, '0');
}

/**
 * Returns who is meant by an id or a name: whose id or whole name it is, or else everybody with this word in
 * their name. Case and accents do not count.
 */
export function findByName(directory: Directory, text: string): readonly Responder[] {
  const wanted = fold(text);
  const people = Object.keys(directory.responders).flatMap((id) => {
    const responder = findResponder(directory, id);
    return responder ? [responder] : [];
  });
  const exact = people.filter(({ id, name }) => fold(id) === wanted || fold(name) === wanted);
  if (exact.length > 0) return exact;
  return people.filter(({ name }) => fold(name).split(' ').includes(wanted));
}

function fold(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().trim().replace(/\s+/g, ' ');
}

const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Returns an instant with its day, as it is in a zone: `Mon 30 Nov 00:00`. */
export function formatReturn(at: string, timezone: string): string {
  const wall = wallAt(Date.parse(at), timezone);
  const date = new Date(wall);
  const time = `${pad(date.getUTCHours())}:${pad(date.getUTCMinutes())}`;
  const month = MONTHS[date.getUTCMonth()] ?? '';
  return `${DAYS[weekdayOf(wall)] ?? ''} ${date.getUTCDate()} ${month} ${time}`;
}
