import type { Directory } from '../directory.ts';
import type { Contact } from '../handoff.ts';
import { formatWallTime } from '../local-time.ts';
import { lookUp } from '../state.ts';
import type { Absence, Situation, Span } from './situation.ts';
import { joinSpans, listHours, subtractSpans, type WeeklyHours } from './weekly-hours.ts';
import { DAY_MS, firstInstantAt, parseWallTime } from './zoned.ts';

/** Why somebody is not to be disturbed at a time. */
export type BlockKind = 'quiet-hours' | 'holiday' | 'away' | 'busy' | 'contact-hours';

/** When somebody can be told at the earliest, and what has to pass before. */
export interface FreeTime {
  /** Milliseconds since the epoch; undefined: nobody knows when. */
  readonly at: number | undefined;
  /** In the order in which they stand in the way; empty: nothing does. */
  readonly blocks: readonly BlockKind[];
}

/** Whoever is away for longer than this counts as away for good: nobody waits for them. */
const HORIZON_MS = 366 * DAY_MS;

/** How far ahead weekly hours are computed at a time. */
const FIRST_REACH_MS = 2 * DAY_MS;
const REACH_MS = 8 * DAY_MS;

type Blocks = Partial<Record<BlockKind, Span[]>>;

/** When one person, or a contact, is not to be disturbed. Computes no further ahead than it is asked. */
export class Agenda {
  readonly timezone: string;
  /** What was said against relying on it, such as a calendar that cannot be read. */
  readonly fault: string | undefined;
  readonly #list: (range: Span) => Blocks;
  #known: Span = { from: 0, until: 0 };
  #blocks: Blocks = {};

  constructor(timezone: string, list: (range: Span) => Blocks, fault?: string) {
    this.timezone = timezone;
    this.#list = list;
    this.fault = fault;
  }

  /** Returns what stands in the way at an instant and ends last. */
  blockAt(at: number): { readonly kind: BlockKind; readonly until: number } | undefined {
    this.#reach(at);
    let longest: { kind: BlockKind; until: number } | undefined;
    for (const [kind, spans] of Object.entries(this.#blocks) as [BlockKind, Span[]][]) {
      const span = findSpan(spans, at);
      if (span && (!longest || span.until > longest.until)) longest = { kind, until: span.until };
    }
    return longest;
  }

  #reach(at: number): void {
    const { from, until } = this.#known;
    if (from <= at && at < until) return;
    const isNext = until > 0 && at >= from && at < until + REACH_MS;
    this.#known = isNext
      ? { from, until: at + REACH_MS }
      : { from: at, until: at + FIRST_REACH_MS };
    this.#blocks = this.#list(this.#known);
  }
}

/** Returns the first instant from `at` on that is in none of the agendas' blocks. */
export function findFreeTime(at: number, agendas: readonly Agenda[]): FreeTime {
  const blocks = new Set<BlockKind>();
  let free = at;
  for (;;) {
    const found = agendas.map((agenda) => agenda.blockAt(free));
    const block = found.reduce(
      (one, other) => ((other?.until ?? 0) > (one?.until ?? 0) ? other : one),
      undefined,
    );
    if (!block) return { at: free, blocks: [...blocks] };
    blocks.add(block.kind);
    if (block.until - at > HORIZON_MS) return { at: undefined, blocks: [...blocks] };
    free = block.until;
  }
}

/** The agendas of everybody in a directory, each made when it is first asked for. */
export class Agendas {
  readonly directory: Directory;
  readonly situation: Situation;
  readonly #people = new Map<string, Agenda>();

  constructor(directory: Directory, situation: Situation) {
    this.directory = directory;
    this.situation = situation;
  }

  /** Returns a responder's agenda; they are in the directory. */
  of(responder: string): Agenda {
    const known = this.#people.get(responder);
    if (known) return known;
    const agenda = this.#create(responder);
    this.#people.set(responder, agenda);
    return agenda;
  }

  /** Returns who is told instead of a responder at an instant: whoever covers them while they are away. */
  coverOf(responder: string, at: number): string | undefined {
    const entry = lookUp(this.directory.responders, responder);
    if (!entry) return undefined;
    const said = this.situation.absence(responder);
    if (said?.cover !== undefined && isWithin(spanOf(said), at)) return said.cover;
    const zone = this.of(responder).timezone;
    return entry.away.find(
      ({ from, until, cover }) =>
        cover !== undefined &&
        isWithin({ from: instantOf(from, zone), until: instantOf(until, zone) }, at),
    )?.cover;
  }

  #create(responder: string): Agenda {
    const { organisation } = this.directory;
    const entry = lookUp(this.directory.responders, responder);
    const zone = entry?.timezone ?? organisation.timezone;
    const quietHours = entry?.quietHours ?? organisation.quietHours;
    // Whoever says that they have no quiet hours works on holidays too, unless they have holidays of their own.
    const isAlwaysThere = entry?.quietHours?.length === 0;
    const holidays = entry?.holidays ?? (isAlwaysThere ? [] : organisation.holidays);
    const absence = this.situation.absence(responder);
    const calendar = this.situation.busyTimes(responder);
    const fixed: Blocks = {
      holiday: listDays(holidays, zone),
      away: joinSpans([
        ...(entry?.away ?? []).map(({ from, until }) => ({
          from: instantOf(from, zone),
          until: instantOf(until, zone),
        })),
        ...(absence ? [spanOf(absence)] : []),
        ...calendar.times.filter(({ kind }) => kind === 'away'),
      ]),
      busy: joinSpans(calendar.times.filter(({ kind }) => kind === 'busy')),
    };
    return new Agenda(
      zone,
      (range) => ({ ...fixed, 'quiet-hours': listHours(quietHours, zone, range) }),
      calendar.fault,
    );
  }
}

/** Returns when a contact may not be called; `timezone` is taken when the contact has none. */
export function contactAgenda({ hours, timezone }: Contact, fallback: string): Agenda | undefined {
  if (hours === undefined) return undefined;
  const zone = timezone ?? fallback;
  const closed = closedHours(hours);
  return new Agenda(zone, (range) => ({
    'contact-hours': closed ? listHours([closed], zone, range) : [],
  }));
}

const WORDS: Readonly<Record<BlockKind, string>> = {
  'quiet-hours': 'quiet hours',
  holiday: 'a holiday',
  away: 'away',
  busy: 'a meeting',
  'contact-hours': "the contact's hours",
};

/** Returns why somebody waits, for people: `quiet hours, then a meeting: Alice Ng until Mon 09:30 (America/New_York)`. */
export function describeWait(
  { at, blocks }: FreeTime,
  {
    name,
    timezone,
    now,
  }: { readonly name: string; readonly timezone: string; readonly now: number },
): string {
  const kinds = blocks.map((kind) => WORDS[kind]).join(', then ');
  const until =
    at === undefined
      ? 'nobody knows until when'
      : `until ${formatWallTime(new Date(at).toISOString(), { timezone, now: new Date(now).toISOString() })} (${timezone})`;
  return `${kinds}: ${name} ${until}`;
}

/** The hours a day in which a contact may not be called, as weekly hours; undefined: there are none. */
function closedHours(hours: string): WeeklyHours | undefined {
  const [opens = 0, closes = 0] = hours
    .split('-')
    .map((time) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3)));
  const open = (closes - opens + 1_440) % 1_440;
  if (open === 0) return undefined;
  const fromMinute = closes % 1_440;
  return { days: [0, 1, 2, 3, 4, 5, 6], fromMinute, untilMinute: fromMinute + 1_440 - open };
}

function spanOf({ since, until }: Absence): Span {
  return { from: Date.parse(since), until: until === undefined ? Infinity : Date.parse(until) };
}

function instantOf(wall: string, zone: string): number {
  return firstInstantAt(parseWallTime(wall) ?? 0, zone);
}

function isWithin({ from, until }: Span, at: number): boolean {
  return from <= at && at < until;
}

/** Returns the span that holds an instant; the spans are sorted and apart. */
function findSpan(spans: readonly Span[], at: number): Span | undefined {
  let low = 0;
  let high = spans.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const span = spans[middle];
    if (!span) return undefined;
    if (at < span.from) high = middle - 1;
    else if (at >= span.until) low = middle + 1;
    else return span;
  }
  return undefined;
}

/**
 * Returns the times within a range in which timeouts stand still: outside the organisation's working hours and
 * on its holidays; none when it has no working hours.
 */
export function listPauses({ organisation }: Directory, range: Span): Span[] {
  const { workingHours, holidays, timezone } = organisation;
  if (!workingHours) return [];
  const outside = subtractSpans(range, listHours(workingHours, timezone, range));
  return joinSpans([...outside, ...listDays(holidays, timezone)])
    .filter(({ from, until }) => from < range.until && until > range.from)
    .map(({ from, until }) => ({
      from: Math.max(from, range.from),
      until: Math.min(until, range.until),
    }));
}

/** Returns days such as `2026-12-25` as spans, sorted and joined. */
function listDays(days: readonly string[], zone: string): Span[] {
  return joinSpans(
    days.map((day) => {
      const wall = parseWallTime(day) ?? 0;
      return { from: firstInstantAt(wall, zone), until: firstInstantAt(wall + DAY_MS, zone) };
    }),
  );
}
