import { IANAZone } from 'luxon';

/*
 * Wall times here are milliseconds as if the clock on the wall showed UTC: they can be added to and compared.
 * Everything in this folder uses the runtime's time-zone data, so never call it in a workflow.
 */

/** A reading of the clock on the wall, in milliseconds as if it were UTC. */
export type WallTime = number;

export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

/** Returns what the clock on the wall shows in a zone at an instant (milliseconds since the epoch). */
export function wallAt(instant: number, zone: string): WallTime {
  return instant + offsetAt(instant, zone);
}

/**
 * Returns the first instant at which the clock on the wall shows this time or a later one. So a time that is
 * skipped (clocks go forward, a day is left out) is the moment after the gap, and of a time that comes twice
 * (clocks go back) it is the first.
 */
export function firstInstantAt(wall: WallTime, zone: string): number {
  // Offsets lie between -12 and +14 h, and no zone changes its own twice within the day between.
  let before = wall - 15 * HOUR_MS;
  let after = wall + 13 * HOUR_MS;
  const offsetBefore = offsetAt(before, zone);
  const offsetAfter = offsetAt(after, zone);
  if (offsetBefore === offsetAfter) return wall - offsetBefore;
  while (after - before > 1_000) {
    const middle = Math.floor((before + after) / 2_000) * 1_000;
    if (offsetAt(middle, zone) === offsetBefore) before = middle;
    else after = middle;
  }
  const change = after;
  const early = wall - offsetBefore;
  return early < change ? early : Math.max(change, wall - offsetAfter);
}

/** Returns the wall time that a text such as `2026-11-26` or `2026-11-26T09:30` names, or undefined. */
export function parseWallTime(text: string): WallTime | undefined {
  const match = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(?::\d{2})?)?$/.exec(text);
  if (!match) return undefined;
  const [, date = '', time = '00:00'] = match;
  const wall = Date.parse(`${date}T${time}:00Z`);
  // Date.parse takes 31 February for 3 March.
  return Number.isNaN(wall) || new Date(wall).toISOString().slice(0, 10) !== date
    ? undefined
    : wall;
}

/** Returns the wall time at which a day begins. */
export function startOfDay(wall: WallTime): WallTime {
  return Math.floor(wall / DAY_MS) * DAY_MS;
}

/** Returns the weekday of a wall time: 0 is Monday, 6 is Sunday. */
export function weekdayOf(wall: WallTime): number {
  // 1 January 1970 was a Thursday.
  return (((Math.floor(wall / DAY_MS) + 3) % 7) + 7) % 7;
}

/** Offsets by zone and day, for days on which the clocks do not change; asking Intl each time is slow. */
const steadyDays = new Map<string, Map<number, number>>();
const MAX_REMEMBERED_DAYS = 2_000;

function offsetAt(instant: number, zone: string): number {
  const day = Math.floor(instant / DAY_MS);
  let days = steadyDays.get(zone);
  if (!days || days.size > MAX_REMEMBERED_DAYS) {
    days = new Map();
    steadyDays.set(zone, days);
  }
  const known = days.get(day);
  if (known !== undefined) return known;
  const first = computeOffset(day * DAY_MS, zone);
  if (first !== computeOffset((day + 1) * DAY_MS, zone)) return computeOffset(instant, zone);
  days.set(day, first);
  return first;
}

function computeOffset(instant: number, zone: string): number {
  return Math.round(IANAZone.create(zone).offset(instant) * MINUTE_MS);
}
