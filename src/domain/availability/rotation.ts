import { z } from 'zod';
import { timezoneSchema } from '../handoff.ts';
import type { CalendarReading, CalendarShift } from './situation.ts';
import { DAY_MS, firstInstantAt, HOUR_MS, parseWallTime, wallAt, weekdayOf } from './zoned.ts';

const UNITS_MS = { hour: HOUR_MS, day: DAY_MS, week: 7 * DAY_MS } as const;

/** `1 week`, `2 weeks`, `1 day`, `12 hours`; parses to milliseconds of wall time. */
const everySchema = z.string().transform((text, context) => {
  const match = /^\s*(\d{1,3})\s*(hour|day|week)s?\s*$/.exec(text);
  const amount = Number(match?.[1]);
  const unit = match?.[2] as keyof typeof UNITS_MS | undefined;
  if (unit && amount > 0) return amount * UNITS_MS[unit];
  context.addIssue(`"${text}" is no length of a turn; write for example 1 week, 2 days, 12 hours`);
  return z.NEVER;
});

const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

/** `mon 09:00` or `09:00`. */
const handoverSchema = z.string().transform((text, context) => {
  const match = /^(?:(mon|tue|wed|thu|fri|sat|sun)\s+)?([01]\d|2[0-3]):([0-5]\d)$/i.exec(
    text.trim(),
  );
  if (!match) {
    context.addIssue(`"${text}" is no time of handover; write for example mon 09:00, or 09:00`);
    return z.NEVER;
  }
  const [, day, hours, minutes] = match;
  return {
    timeMs: Number(hours) * HOUR_MS + Number(minutes) * 60_000,
    ...(day !== undefined && { weekday: WEEKDAYS.indexOf(day.toLowerCase()) }),
  };
});

const instantSchema = z
  .string()
  .refine(
    (text) => parseWallTime(text) !== undefined,
    'must be a day such as 2026-11-26, or a day and time such as 2026-11-26T09:00',
  );

const isInOrder = ({ from, until }: { from: string; until: string }): boolean =>
  (parseWallTime(from) ?? 0) < (parseWallTime(until) ?? 1);
const ORDER = { path: ['until'], message: 'must be later than from' };

const turnsSchema = z
  .strictObject({
    team: z.string().optional(),
    responders: z.array(z.string()).min(1).optional(),
    every: everySchema,
    handover: handoverSchema,
    /** The day on which the first one's turn begins, at the time of handover. */
    starts: z
      .string()
      .refine(
        (text) => /^\d{4}-\d{2}-\d{2}$/.test(text) && parseWallTime(text) !== undefined,
        'must be a day such as 2026-11-02',
      ),
    /** The zone of handover, overrides and swaps; otherwise the organisation's. */
    timezone: timezoneSchema.optional(),
    /** Somebody else is on call for a while. */
    overrides: z
      .array(
        z
          .strictObject({ from: instantSchema, until: instantSchema, responder: z.string() })
          .refine(isInOrder, ORDER),
      )
      .default([]),
    /** Two people trade their turns, as far as these fall into a while. */
    swaps: z
      .array(
        z
          .strictObject({
            from: instantSchema,
            until: instantSchema,
            responders: z.tuple([z.string(), z.string()]),
          })
          .refine(isInOrder, ORDER),
      )
      .default([]),
  })
  .superRefine(({ team, responders, every, handover, starts }, context) => {
    if ((team === undefined) === (responders === undefined)) {
      context.addIssue({
        code: 'custom',
        path: ['team'],
        message: 'give either team or responders',
      });
    }
    const { weekday } = handover;
    const first = parseWallTime(starts);
    if (weekday !== undefined && every % UNITS_MS.week !== 0) {
      context.addIssue({
        code: 'custom',
        path: ['handover'],
        message: 'names a weekday, but turns are not whole weeks: give only the time',
      });
    } else if (weekday !== undefined && first !== undefined && weekdayOf(first) !== weekday) {
      context.addIssue({
        code: 'custom',
        path: ['starts'],
        message: `is a ${WEEKDAYS[weekdayOf(first)] ?? ''}, but handover is on ${WEEKDAYS[weekday] ?? ''}`,
      });
    }
  });

/** The turns stand in a calendar: each event's title names the responder by id, name or email. */
const calendarTurnsSchema = z.strictObject({ calendar: z.string().trim().min(1) });

export const rotationSchema = z.union([calendarTurnsSchema, turnsSchema], {
  error: (issue) =>
    typeof issue.input === 'object' && issue.input !== null && 'calendar' in issue.input
      ? 'a rotation from a calendar has nothing but calendar'
      : undefined,
});
export type Rotation = z.infer<typeof rotationSchema>;
type Turns = z.infer<typeof turnsSchema>;

/** Returns who of a rotation is on call at an instant: nobody before it starts or where its calendar has a gap. */
export function listOnCall(
  rotation: Rotation,
  at: number,
  world: {
    readonly timezone: string;
    readonly team: (name: string) => readonly string[];
    readonly shifts: CalendarReading<CalendarShift>;
  },
): readonly string[] {
  if ('calendar' in rotation) {
    const now = world.shifts.times.filter(({ from, until }) => from <= at && at < until);
    return [...new Set(now.map(({ responder }) => responder))];
  }
  const zone = rotation.timezone ?? world.timezone;
  const override = rotation.overrides.findLast((entry) => isWithin(entry, at, zone));
  if (override) return [override.responder];
  const members = rotation.responders ?? world.team(rotation.team ?? '');
  const turn = turnAt(rotation, at, zone);
  if (turn < 0 || members.length === 0) return [];
  const responder = members[turn % members.length] ?? '';
  const swapped = rotation.swaps.reduce((id, swap) => {
    const index = isWithin(swap, at, zone) ? swap.responders.indexOf(id) : -1;
    return index < 0 ? id : (swap.responders[1 - index] ?? id);
  }, responder);
  return [swapped];
}

/** Returns the number of the turn at an instant; the first is 0, negative before it starts. */
function turnAt({ every, handover, starts }: Turns, at: number, zone: string): number {
  const first = (parseWallTime(starts) ?? 0) + handover.timeMs;
  const begins = (turn: number) => firstInstantAt(first + turn * every, zone);
  // Handovers keep their wall time: the estimate can be some short turns off while clocks change.
  let turn = Math.floor((wallAt(at, zone) - first) / every);
  while (begins(turn) > at) turn -= 1;
  while (begins(turn + 1) <= at) turn += 1;
  return turn;
}

function isWithin(entry: { from: string; until: string }, at: number, zone: string): boolean {
  return (
    firstInstantAt(parseWallTime(entry.from) ?? 0, zone) <= at &&
    at < firstInstantAt(parseWallTime(entry.until) ?? 0, zone)
  );
}
