/*
 * What came of handoffs, counted. The rows come from Temporal's visibility: figures and ids, never words of people.
 */

/** One handoff as statistics see it. */
export interface StatsRow {
  readonly source: string;
  readonly policy: string;
  readonly status: string;
  /** Who took it last. */
  readonly takenBy?: string | undefined;
  readonly outcome?: string | undefined;
  /** Who passed it on, with the kind of reason: `alice:wrong-person`. */
  readonly declined: readonly string[];
  readonly escalations: number;
  readonly secondsToTake?: number | undefined;
  readonly secondsToAct?: number | undefined;
}

/** Seconds that half, and all but a twentieth, of the handoffs took at most; null where there was none. */
export interface Spread {
  readonly count: number;
  readonly p50: number | null;
  readonly p95: number | null;
}

export interface Figures {
  readonly handedOff: number;
  readonly taken: number;
  readonly resolved: number;
  readonly expired: number;
  readonly withdrawn: number;
  readonly open: number;
  readonly escalations: number;
  readonly secondsToTake: Spread;
  readonly secondsToAct: Spread;
  readonly outcomes: Readonly<Record<string, number>>;
  /** Kinds of reasons with which it was passed on. */
  readonly declined: Readonly<Record<string, number>>;
}

/** What a responder did: of the handoffs they took last, and of those they passed on. */
export interface ResponderFigures {
  readonly taken: number;
  readonly resolved: number;
  readonly secondsToTake: Spread;
  readonly secondsToAct: Spread;
  readonly outcomes: Readonly<Record<string, number>>;
  readonly declined: Readonly<Record<string, number>>;
}

export interface Stats {
  readonly all: Figures;
  readonly sources: Readonly<Record<string, Figures>>;
  readonly policies: Readonly<Record<string, Figures>>;
  readonly responders: Readonly<Record<string, ResponderFigures>>;
}

/** Returns the figures of these handoffs. */
export function summariseHandoffs(rows: readonly StatsRow[]): Stats {
  const responders = new Set([
    ...rows.flatMap(({ takenBy }) => takenBy ?? []),
    ...rows.flatMap(({ declined }) => declined.map((entry) => readDecline(entry).responder)),
  ]);
  return {
    all: count(rows),
    sources: countBy(rows, ({ source }) => source),
    policies: countBy(rows, ({ policy }) => policy),
    responders: Object.fromEntries([...responders].sort().map((id) => [id, countFor(rows, id)])),
  };
}

function countBy(
  rows: readonly StatsRow[],
  nameOf: (row: StatsRow) => string,
): Record<string, Figures> {
  const groups = groupBy(rows, nameOf);
  return Object.fromEntries([...groups].sort().map(([name, group]) => [name, count(group)]));
}

function count(rows: readonly StatsRow[]): Figures {
  const ended = (status: string): number => rows.filter((row) => row.status === status).length;
  const [resolved, expired, withdrawn] = [ended('resolved'), ended('expired'), ended('withdrawn')];
  return {
    handedOff: rows.length,
    taken: rows.filter(({ takenBy }) => takenBy !== undefined).length,
    resolved,
    expired,
    withdrawn,
    open: rows.length - resolved - expired - withdrawn,
    escalations: rows.reduce((sum, { escalations }) => sum + escalations, 0),
    secondsToTake: spread(rows.map(({ secondsToTake }) => secondsToTake)),
    secondsToAct: spread(rows.map(({ secondsToAct }) => secondsToAct)),
    outcomes: tally(rows.flatMap(({ outcome }) => outcome ?? [])),
    declined: tally(
      rows.flatMap(({ declined }) => declined.map((entry) => readDecline(entry).kind)),
    ),
  };
}

function countFor(rows: readonly StatsRow[], responder: string): ResponderFigures {
  const { taken, resolved, secondsToTake, secondsToAct, outcomes } = count(
    rows.filter(({ takenBy }) => takenBy === responder),
  );
  const declined = rows
    .flatMap((row) => row.declined.map(readDecline))
    .filter((entry) => entry.responder === responder)
    .map(({ kind }) => kind);
  return { taken, resolved, secondsToTake, secondsToAct, outcomes, declined: tally(declined) };
}

function readDecline(entry: string): { responder: string; kind: string } {
  const [responder = '', kind = 'none'] = entry.split(':');
  return { responder, kind };
}

function tally(words: readonly string[]): Record<string, number> {
  const groups = groupBy(words, (word) => word);
  return Object.fromEntries([...groups].sort().map(([word, { length }]) => [word, length]));
}

function groupBy<T>(items: readonly T[], nameOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const name = nameOf(item);
    const group = groups.get(name);
    if (group) group.push(item);
    else groups.set(name, [item]);
  }
  return groups;
}

/** By nearest rank: each figure is one that occurred. */
function spread(values: readonly (number | undefined)[]): Spread {
  const sorted = values.filter((value) => value !== undefined).sort((a, b) => a - b);
  const rank = (share: number): number | null =>
    sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null;
  return { count: sorted.length, p50: rank(0.5), p95: rank(0.95) };
}
