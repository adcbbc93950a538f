import { dirname } from 'node:path';
import type { Logger } from 'pino';
import type {
  BusyTime,
  CalendarReading,
  Calendars,
  CalendarShift,
  Span,
} from '../domain/availability/situation.ts';
import { DAY_MS } from '../domain/availability/zoned.ts';
import { findResponder, type Directory } from '../domain/directory.ts';
import { lookUp } from '../domain/state.ts';
import { InvalidCalendarError, readBusyTimes, readShifts } from './calendar.ts';
import { readFeed, UnreadableFeedError } from './feed.ts';
import { findOnCall } from './on-call-names.ts';

/** How one calendar stands. */
export interface CalendarReport {
  readonly of: 'responder' | 'rotation';
  /** The responder's or rotation's id. The address is a secret and named nowhere. */
  readonly name: string;
  /** `old`: it could not be read lately and counts as it was; `unreadable`: it counts as empty. */
  readonly status: 'ok' | 'old' | 'unreadable';
  /** ISO instant at which it was last read. */
  readonly readAt?: string;
  /** Why it could not be read at the last try. */
  readonly fault?: string;
  /** Titles of a rotation's events that name nobody of the directory, or several; at most 20. */
  readonly unmatched?: readonly string[];
}

/** The calendars of a directory, kept fresh. */
export interface CalendarFeeds extends Calendars {
  /** Reads all of them, as the directory names them now. Ends when each was read or failed; throws nothing. */
  refresh(): Promise<void>;
  /** Refreshes every `refreshMs` from now on. */
  start(): void;
  report(): readonly CalendarReport[];
  /** Ends refreshing; what was read stays. */
  close(): void;
}

interface CalendarOptions {
  readonly directory: () => Directory;
  /** The directory's file: paths of calendars start in its folder. */
  readonly directoryFile: string;
  readonly logger: Logger;
  readonly now?: () => number;
  /** 5 minutes by default. */
  readonly refreshMs?: number;
  /** How long what was read last counts when a calendar cannot be read any more; an hour by default. */
  readonly staleMs?: number;
  readonly fetch?: typeof globalThis.fetch;
  /** How long one calendar may take; 5 s by default. */
  readonly timeoutMs?: number;
  /** How large one calendar may be; 5 MB by default. */
  readonly maxBytes?: number;
}

/** The part of time that is read, around the moment of reading. */
const REACH = { before: 2 * DAY_MS, after: 60 * DAY_MS };
const AT_ONCE = 8;
const MAX_TITLES = 20;
const MAX_TITLE_LENGTH = 80;

interface Feed {
  readonly of: 'responder' | 'rotation';
  readonly name: string;
  readonly address: string;
}

/** What is known of a feed. */
interface Knowledge {
  readonly address: string;
  readonly text?: string;
  readonly etag?: string | undefined;
  /** When it was read last, in milliseconds since the epoch. */
  readonly readAt?: number;
  readonly fault?: string;
  readonly busyTimes: readonly BusyTime[];
  readonly shifts: readonly CalendarShift[];
  readonly unmatched: readonly string[];
}

/**
 * Returns the calendars that a directory names. Nothing is read before `refresh`. A calendar that cannot be read
 * counts as it was for `staleMs`, and after that as empty, with its fault: people are told rather than missed.
 */
export function createCalendars({
  directory,
  directoryFile,
  logger,
  now = Date.now,
  refreshMs = 300_000,
  staleMs = 3_600_000,
  fetch = globalThis.fetch,
  timeoutMs = 5_000,
  maxBytes = 5_000_000,
}: CalendarOptions): CalendarFeeds {
  const known = new Map<string, Knowledge>();
  const closing = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let running = Promise.resolve();
  let next: Promise<void> | undefined;

  async function readAll(): Promise<void> {
    const feeds = listFeeds(directory());
    const keys = new Set(feeds.map(keyOf));
    for (const key of known.keys()) if (!keys.has(key)) known.delete(key);
    const queue = feeds.values();
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        // All take from the same queue.
        for (const feed of queue) await read(feed);
      }),
    );
  }

  async function read(feed: Feed): Promise<void> {
    const key = keyOf(feed);
    const before = knowledgeOf(feed);
    let after: Knowledge;
    try {
      after = await readNow(feed, before);
    } catch (error) {
      const isExpected =
        error instanceof UnreadableFeedError || error instanceof InvalidCalendarError;
      // Whatever else it is, its message may repeat the address.
      after = { ...before, fault: isExpected ? error.message : 'it cannot be understood' };
    }
    if (closing.signal.aborted) return;
    known.set(key, after);
    const { of, name } = feed;
    if (after.fault !== undefined && before.fault === undefined)
      logger.warn({ of, name, fault: after.fault }, 'calendar cannot be read');
    if (after.fault === undefined && before.fault !== undefined)
      logger.info({ of, name }, 'calendar can be read again');
  }

  async function readNow(feed: Feed, before: Knowledge): Promise<Knowledge> {
    const fresh = await readFeed(feed.address, {
      folder: dirname(directoryFile),
      etag: before.etag,
      timeoutMs,
      maxBytes,
      fetch,
      signal: closing.signal,
    });
    const { text = '', etag } = fresh ?? before;
    const readAt = now();
    const range = { from: readAt - REACH.before, until: readAt + REACH.after };
    return {
      address: feed.address,
      text,
      etag,
      readAt,
      ...understand(feed, text, directory(), range),
    };
  }

  function knowledgeOf(feed: Feed): Knowledge {
    const knowledge = known.get(keyOf(feed));
    // What stood at another address is not this calendar.
    return knowledge?.address === feed.address ? knowledge : { address: feed.address, ...NOTHING };
  }

  function isFresh({ readAt }: Knowledge): boolean {
    return readAt !== undefined && now() - readAt < staleMs;
  }

  function readingOf<K extends 'busyTimes' | 'shifts'>(
    feed: Feed | undefined,
    what: K,
  ): CalendarReading<Knowledge[K][number]> {
    if (!feed) return { times: [] };
    const knowledge = knowledgeOf(feed);
    return isFresh(knowledge)
      ? { times: knowledge[what] }
      : { times: [], fault: describeFault(knowledge) };
  }

  function refresh(): Promise<void> {
    // One at a time. Whoever asks while one runs gets the one after it: the directory may have changed since.
    next ??= running.then(() => {
      next = undefined;
      running = readAll();
      return running;
    });
    return next;
  }

  function reportOn({ of, name, address }: Feed): CalendarReport {
    const knowledge = knowledgeOf({ of, name, address });
    const { readAt, fault, unmatched } = knowledge;
    const status = !isFresh(knowledge) ? 'unreadable' : fault === undefined ? 'ok' : 'old';
    return {
      of,
      name,
      status,
      ...(readAt !== undefined && { readAt: new Date(readAt).toISOString() }),
      ...(fault !== undefined && { fault }),
      ...(unmatched.length > 0 && { unmatched }),
    };
  }

  return {
    busyTimes: (name) => readingOf(findFeed(directory(), 'responder', name), 'busyTimes'),
    shifts: (name) => readingOf(findFeed(directory(), 'rotation', name), 'shifts'),
    refresh,
    start: () => {
      timer ??= setInterval(() => void refresh(), refreshMs).unref();
    },
    report: () => listFeeds(directory()).map(reportOn),
    close: () => {
      clearInterval(timer);
      closing.abort();
    },
  };
}

const NOTHING = { busyTimes: [], shifts: [], unmatched: [] };

/** Returns what a calendar's text says within a range. Throws an InvalidCalendarError. */
function understand(
  { of, name }: Feed,
  text: string,
  directory: Directory,
  range: Span,
): Pick<Knowledge, 'busyTimes' | 'shifts' | 'unmatched'> {
  if (of === 'responder') {
    const person = findResponder(directory, name);
    const timezone = person?.timezone ?? directory.organisation.timezone;
    const busyTimes = readBusyTimes(text, { timezone, email: person?.email, range });
    return { ...NOTHING, busyTimes };
  }
  const { shifts, unmatched } = readShifts(text, {
    timezone: directory.organisation.timezone,
    range,
    match: (title, attendees) => findOnCall(directory, title, attendees),
  });
  const titles = unmatched.slice(0, MAX_TITLES).map((title) => title.slice(0, MAX_TITLE_LENGTH));
  return { ...NOTHING, shifts, unmatched: titles };
}

/** Returns why a calendar that is not fresh counts as empty, in words that follow "calendar". */
function describeFault({ readAt, fault }: Knowledge): string {
  if (readAt !== undefined)
    return `has not been readable since ${new Date(readAt).toISOString().slice(0, 16)}Z`;
  return fault === undefined ? 'has not been read yet' : `could not be read: ${fault}`;
}

function listFeeds(directory: Directory): Feed[] {
  const names = (of: Feed['of'], entries: object) =>
    Object.keys(entries).flatMap((name) => findFeed(directory, of, name) ?? []);
  return [...names('responder', directory.responders), ...names('rotation', directory.rotations)];
}

function findFeed(directory: Directory, of: Feed['of'], name: string): Feed | undefined {
  const entry =
    of === 'responder' ? lookUp(directory.responders, name) : lookUp(directory.rotations, name);
  const address = entry && 'calendar' in entry ? entry.calendar : undefined;
  return address === undefined ? undefined : { of, name, address };
}

function keyOf({ of, name }: Feed): string {
  return `${of}:${name}`;
}
