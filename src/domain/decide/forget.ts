import { isUnderway, lookUp, putUnder, type HandoffState, type TimelineEntry } from '../state.ts';
import { isAsking } from './notifications.ts';

/*
 * A last resort that nobody answers is reminded for days, by messages to many: what is known of each must not outgrow
 * what one workflow can carry on (2 MB, at which Temporal ends it).
 */

/** With so many notifications old ones are forgotten, so that the lesser number is left. */
const NOTIFICATIONS = { most: 400, left: 200 } as const;

/** With so many entries the routine ones between the first and the last are left out. */
const TIMELINE = { most: 1_000, first: 100, last: 400 } as const;

/** What the clock brings by itself, again and again; what somebody did or said always stays. */
const ROUTINE: ReadonlySet<TimelineEntry['what']> = new Set([
  'planned',
  'skipped',
  'waiting',
  'held',
  'sent',
  'not-sent',
  'undelivered',
  'escalated',
  'unreached',
  'left-out',
]);

/** Leaves out of a state what is old and not needed any more. */
export function forgetOld(state: HandoffState): void {
  forgetNotifications(state);
  state.timeline = shortenTimeline(state.timeline);
}

function forgetNotifications(state: HandoffState): void {
  const all = Object.values(state.notifications);
  if (all.length <= NOTIFICATIONS.most) return;
  const needed = new Set(state.stage.steps.map(({ notification }) => notification));
  const old = all
    .slice(0, all.length - NOTIFICATIONS.left)
    .filter(({ id, status }) => !isUnderway(status) && !needed.has(id));
  const notices = { ...state.forgotten?.notices };
  for (const notification of old) {
    const { id, recipient } = notification;
    if (isAsking(notification)) putUnder(notices, recipient, (lookUp(notices, recipient) ?? 0) + 1);
    // oxlint-disable-next-line typescript/no-dynamic-delete
    delete state.notifications[id];
  }
  state.forgotten = { count: (state.forgotten?.count ?? 0) + old.length, notices };
}

/** Returns a timeline in which a run of routine entries is one that tells how many there were. */
export function shortenTimeline(timeline: TimelineEntry[]): TimelineEntry[] {
  if (timeline.length <= TIMELINE.most) return timeline;
  const middle: TimelineEntry[] = [];
  for (const entry of timeline.slice(TIMELINE.first, -TIMELINE.last)) {
    const before = middle.at(-1);
    if (!ROUTINE.has(entry.what)) middle.push(entry);
    else if (before?.what === 'left-out') middle[middle.length - 1] = leaveOut(before, entry);
    else middle.push(leaveOut(entry));
  }
  return [...timeline.slice(0, TIMELINE.first), ...middle, ...timeline.slice(-TIMELINE.last)];
}

function leaveOut(...entries: readonly [TimelineEntry, ...TimelineEntry[]]): TimelineEntry {
  const count = entries.reduce((sum, entry) => sum + countOf(entry), 0);
  const at = entries.at(-1)?.at ?? entries[0].at;
  return { at, what: 'left-out', because: `${count} routine steps until then`, count };
}

/** Returns for how many entries one stands. */
export function countOf({ count = 1 }: TimelineEntry): number {
  return count;
}
