import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createCalendars, type CalendarFeeds } from '../../src/directory/calendars.ts';
import { directorySchema, type Directory } from '../../src/domain/directory.ts';
import { createLogLines } from './log-lines.ts';

const SECRET = 'private-4711-secret';
const NOON = Date.parse('2026-11-02T12:00Z');
const MEETING = meeting('20261102T140000Z');
const BUSY = { from: NOON + 7_200_000, until: NOON + 10_800_000, kind: 'busy' };

function meeting(start: string, ...more: string[]): string {
  const lines = [`DTSTART:${start}`, 'DURATION:PT1H', ...more];
  return ['BEGIN:VCALENDAR', 'BEGIN:VEVENT', ...lines, 'END:VEVENT', 'END:VCALENDAR', ''].join(
    '\r\n',
  );
}

let folder: string;
let server: Server;
let url: string;
/** How the server answers now, and what it was asked. */
let answer: RequestListener;
let requests: { path: string; headers: NodeJS.Dict<string | string[]> }[];
let now: number;
let log: ReturnType<typeof createLogLines>;
const opened: CalendarFeeds[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'baton-'));
  requests = [];
  answer = send(MEETING);
  now = NOON;
  log = createLogLines();
  server = createServer((request, response) => {
    requests.push({ path: request.url ?? '', headers: request.headers });
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/${SECRET}.ics?key=${SECRET}`;
});

afterEach(async () => {
  for (const calendars of opened.splice(0)) {
    // Whatever happened, nobody who reads reports, plans or logs can read the calendar itself.
    const told = JSON.stringify([
      calendars.report(),
      calendars.busyTimes('alice').fault,
      calendars.shifts('primary').fault,
      log.lines,
    ]);
    expect(told).not.toContain(SECRET);
    expect(told).not.toContain('127.0.0.1');
    calendars.close();
  }
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true });
});

function send(text: string, { status = 200, headers = {} } = {}): RequestListener {
  return (_request, response) => {
    response.writeHead(status, { 'content-type': 'text/calendar', ...headers }).end(text);
  };
}

/** Returns a directory in which Alice has a calendar. */
function withCalendar(calendar: string | undefined): Directory {
  const alice = { name: 'Alice Ng', phone: '+15005550010', email: 'alice@example.com', calendar };
  return directorySchema.parse({
    organisation: { timezone: 'America/New_York' },
    responders: { alice, bob: { name: 'Bob Diaz', phone: '+15005550011' } },
  });
}

function open(
  directory: Directory | (() => Directory),
  options: Partial<Parameters<typeof createCalendars>[0]> = {},
): CalendarFeeds {
  const calendars = createCalendars({
    directory: typeof directory === 'function' ? directory : () => directory,
    directoryFile: join(folder, 'directory.yaml'),
    logger: log.logger,
    now: () => now,
    ...options,
  });
  opened.push(calendars);
  return calendars;
}

test('a calendar at an address says when a person is busy', async () => {
  const calendars = open(withCalendar(url));
  expect(calendars.busyTimes('alice')).toEqual({ times: [], fault: 'has not been read yet' });

  await calendars.refresh();

  expect(calendars.busyTimes('alice')).toEqual({ times: [BUSY] });
  expect(calendars.report()).toEqual([
    { of: 'responder', name: 'alice', status: 'ok', readAt: '2026-11-02T12:00:00.000Z' },
  ]);
  expect(log.lines).toEqual([]);
});

test('who has no calendar, or is not in the directory, is not busy', async () => {
  const calendars = open(withCalendar(undefined));
  await calendars.refresh();
  expect(calendars.busyTimes('bob')).toEqual({ times: [] });
  expect(calendars.busyTimes('constructor')).toEqual({ times: [] });
  expect(calendars.shifts('primary')).toEqual({ times: [] });
  expect(calendars.report()).toEqual([]);
});

test.each([
  ['beside the directory', () => 'alice.ics'],
  ['at a file: URL', () => pathToFileURL(join(folder, 'alice.ics')).href],
])('a calendar may be a file %s', async (_where, address) => {
  writeFileSync(join(folder, 'alice.ics'), MEETING);
  const calendars = open(withCalendar(address()));
  await calendars.refresh();
  expect(calendars.busyTimes('alice').times).toEqual([BUSY]);
});

test('a calendar that did not change is not sent again, but read for the days that came', async () => {
  const calendars = open(withCalendar(url));
  answer = send(meeting('20270102T140000Z'), { headers: { etag: '"v1"' } });
  await calendars.refresh();
  expect(calendars.busyTimes('alice').times).toEqual([]);

  now = NOON + 10 * 86_400_000;
  answer = send('', { status: 304 });
  await calendars.refresh();

  expect(requests.map(({ headers }) => headers['if-none-match'])).toEqual([undefined, '"v1"']);
  expect(calendars.busyTimes('alice')).toMatchObject({ times: [{ kind: 'busy' }] });
  expect(calendars.report()).toMatchObject([{ status: 'ok', readAt: '2026-11-12T12:00:00.000Z' }]);
});

test('a calendar that cannot be read counts as it was for an hour, then as empty, until it can be read', async () => {
  const calendars = open(withCalendar(url));
  await calendars.refresh();

  answer = send('', { status: 500 });
  now += 59 * 60_000;
  await calendars.refresh();
  expect(calendars.busyTimes('alice')).toEqual({ times: [BUSY] });
  expect(calendars.report()).toMatchObject([{ status: 'old', fault: 'the server answered 500' }]);

  now += 60_000;
  await calendars.refresh();
  expect(calendars.busyTimes('alice')).toEqual({
    times: [],
    fault: 'has not been readable since 2026-11-02T12:00Z',
  });
  expect(calendars.report()).toMatchObject([
    { status: 'unreadable', readAt: '2026-11-02T12:00:00.000Z', fault: 'the server answered 500' },
  ]);

  answer = send(MEETING);
  await calendars.refresh();
  expect(calendars.busyTimes('alice')).toEqual({ times: [BUSY] });
  // Once when it began and once when it ended.
  expect(log.lines).toEqual([
    {
      level: 40,
      of: 'responder',
      name: 'alice',
      fault: 'the server answered 500',
      msg: 'calendar cannot be read',
    },
    { level: 30, of: 'responder', name: 'alice', msg: 'calendar can be read again' },
  ]);
});

test.each<[what: string, answer: RequestListener, fault: string]>([
  ['that is not there', send('', { status: 404 }), 'the server answered 404'],
  ['that is a page to sign in', send('<html></html>'), 'it is no iCalendar file'],
  [
    'that is cut off',
    send(MEETING.slice(0, 40)),
    'it is an iCalendar file with faults, or only a part of one',
  ],
  ['that is too large', send(`${MEETING}${' '.repeat(2_000)}`), 'it is larger than 0.001 MB'],
  ['whose server does not answer', () => undefined, 'no answer within 0.3 s'],
  [
    'whose server stops in the middle',
    (_request, response) => response.writeHead(200).write('BEGIN:VCALENDAR'),
    'no answer within 0.3 s',
  ],
  [
    'whose server hangs up',
    (request) => request.socket.destroy(),
    'it cannot be reached (UND_ERR_SOCKET)',
  ],
  [
    'that leads from one place to the next without end',
    (request, response) => response.writeHead(302, { location: request.url }).end(),
    'it cannot be reached',
  ],
  [
    'that has not changed since nobody knows when',
    send('', { status: 304 }),
    'the server answered 304',
  ],
])('a calendar %s counts as empty and says so', async (_what, given, fault) => {
  answer = given;
  const calendars = open(withCalendar(url), { timeoutMs: 300, maxBytes: 1_000 });
  await calendars.refresh();
  expect(calendars.busyTimes('alice')).toEqual({ times: [], fault: `could not be read: ${fault}` });
  expect(calendars.report()).toEqual([
    { of: 'responder', name: 'alice', status: 'unreadable', fault },
  ]);
});

test.each([
  ['there is no such file', () => `${SECRET}.ics`, 'it cannot be reached (ENOENT)'],
  ['it is a folder', () => '.', 'it cannot be reached (EISDIR)'],
  [
    'nobody listens any more',
    () => {
      server.close();
      return url;
    },
    'it cannot be reached (ECONNREFUSED)',
  ],
  ['it is no address', () => `https://[${SECRET}]/`, 'it cannot be reached (ERR_INVALID_URL)'],
])('where %s, the fault tells no address', async (_what, address, fault) => {
  const calendars = open(withCalendar(address()));
  await calendars.refresh();
  expect(calendars.report()).toMatchObject([{ status: 'unreadable', fault }]);
});

test('a calendar may have moved, and may want a name and a password', async () => {
  answer = (request, response) => {
    if (request.url === '/new') send(MEETING)(request, response);
    else response.writeHead(301, { location: '/new' }).end();
  };
  const calendars = open(withCalendar(url.replace('http://', `http://alice:${SECRET}%21@`)));
  await calendars.refresh();
  expect(calendars.busyTimes('alice').times).toEqual([BUSY]);
  expect(requests[0]?.headers['authorization']).toBe(`Basic ${btoa(`alice:${SECRET}!`)}`);
});

test('the directory decides at each refresh: calendars come, go and move', async () => {
  let directory = withCalendar(undefined);
  const calendars = open(() => directory);
  await calendars.refresh();

  directory = withCalendar(url);
  await calendars.refresh();
  expect(calendars.busyTimes('alice').times).toEqual([BUSY]);

  // What the old one said is not taken for what the new one says.
  directory = withCalendar('other.ics');
  expect(calendars.busyTimes('alice')).toEqual({ times: [], fault: 'has not been read yet' });
  writeFileSync(join(folder, 'other.ics'), meeting('20261103T140000Z'));
  await calendars.refresh();
  expect(calendars.busyTimes('alice').times).toMatchObject([{ from: BUSY.from + 86_400_000 }]);

  directory = withCalendar(undefined);
  await calendars.refresh();
  expect(calendars.busyTimes('alice')).toEqual({ times: [] });
  expect(calendars.report()).toEqual([]);
});

test('who asks for a refresh while one runs gets one that began later', async () => {
  const gates: (() => void)[] = [];
  const waits = new Promise<void>((resolve) => {
    answer = (request, response) => {
      gates.push(() => {
        send(MEETING)(request, response);
      });
      resolve();
    };
  });
  const calendars = open(withCalendar(url));
  const first = calendars.refresh();
  await waits;
  const second = calendars.refresh();
  const third = calendars.refresh();
  answer = send(meeting('20261103T140000Z'));
  gates[0]?.();

  await first;
  expect(calendars.busyTimes('alice').times).toEqual([BUSY]);
  await Promise.all([second, third]);
  expect(calendars.busyTimes('alice').times).toMatchObject([{ from: BUSY.from + 86_400_000 }]);
  expect(requests).toHaveLength(2);
});

test('a calendar that hangs keeps no other one waiting, and at most 8 are read at once', async () => {
  let open8 = 0;
  let most = 0;
  answer = (request, response) => {
    open8 += 1;
    most = Math.max(most, open8);
    setTimeout(() => {
      open8 -= 1;
      send(MEETING)(request, response);
    }, 20);
  };
  const people = Array.from({ length: 20 }, (_, index) => [
    `person-${index}`,
    { name: `Person ${index}`, email: `p${index}@example.com`, calendar: url },
  ]);
  const directory = directorySchema.parse({
    organisation: { timezone: 'UTC' },
    responders: Object.fromEntries(people) as unknown,
  });
  const calendars = open(directory);
  await calendars.refresh();
  expect(calendars.report().filter(({ status }) => status === 'ok')).toHaveLength(20);
  expect(most).toBe(8);
});

test('the email of a person tells which invitations they declined', async () => {
  answer = send(meeting('20261102T140000Z', 'ATTENDEE;PARTSTAT=DECLINED:mailto:Alice@example.com'));
  const calendars = open(withCalendar(url));
  await calendars.refresh();
  expect(calendars.busyTimes('alice')).toEqual({ times: [] });
});

test('a rotation has its shifts from a calendar; titles that mean nobody are reported', async () => {
  const titles = ['Alice Ng', 'Bob Diaz', 'Team lunch', `Alice or Bob ${'x'.repeat(100)}`];
  const ics = titles.map((title) => meeting('20261102T140000Z', `SUMMARY:${title}`)).join('');
  answer = send(ics);
  const directory = { ...withCalendar(undefined), rotations: { primary: { calendar: url } } };
  const calendars = open(directory);
  expect(calendars.shifts('primary').fault).toBe('has not been read yet');
  await calendars.refresh();

  const { from, until } = BUSY;
  expect(calendars.shifts('primary')).toEqual({
    times: [
      { from, until, responder: 'alice' },
      { from, until, responder: 'bob' },
    ],
  });
  expect(calendars.report()).toEqual([
    {
      of: 'rotation',
      name: 'primary',
      status: 'ok',
      readAt: '2026-11-02T12:00:00.000Z',
      unmatched: ['Team lunch', `Alice or Bob ${'x'.repeat(67)}`],
    },
  ]);
});

test('started, it refreshes by itself until it is closed', async () => {
  const calendars = open(withCalendar(url), { refreshMs: 5 });
  calendars.start();
  await expect.poll(() => requests.length).toBeGreaterThan(2);
  calendars.close();
  expect(calendars.busyTimes('alice').times).toEqual([BUSY]);
});
