import fc from 'fast-check';
import { expect, test } from 'vitest';
import { InvalidCalendarError, readBusyTimes, readShifts } from '../../src/directory/calendar.ts';

const RANGE = { from: Date.parse('2026-10-20T00:00Z'), until: Date.parse('2026-12-20T00:00Z') };

/** Returns a calendar with an event of these lines. */
function event(...lines: string[]): string {
  return calendar('BEGIN:VEVENT', 'UID:event-1', ...lines, 'END:VEVENT');
}

function calendar(...lines: string[]): string {
  return ['BEGIN:VCALENDAR', 'VERSION:2.0', ...lines, 'END:VCALENDAR', ''].join('\r\n');
}

/** Returns busy times as text: `2026-11-02T14:00 - 14:30`, the end's day only where it is another. */
function busyTimes(ics: string, { timezone = 'America/New_York', range = RANGE } = {}): string[] {
  return readBusyTimes(ics, { timezone, email: 'Alice@example.com', range }).map(
    ({ from, until, kind }) => `${kind} ${describe(from, until)}`,
  );
}

function describe(from: number, until: number): string {
  const [start, end] = [from, until].map((at) => new Date(at).toISOString().slice(0, 16));
  return `${start} - ${start?.slice(0, 10) === end?.slice(0, 10) ? end?.slice(11) : end}`;
}

const OUTLOOK_ZONE = [
  'BEGIN:VTIMEZONE',
  'TZID:Eastern Standard Time',
  'BEGIN:STANDARD',
  'DTSTART:16010101T020000',
  'TZOFFSETFROM:-0400',
  'TZOFFSETTO:-0500',
  'RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=1SU;BYMONTH=11',
  'END:STANDARD',
  'BEGIN:DAYLIGHT',
  'DTSTART:16010101T020000',
  'TZOFFSETFROM:-0500',
  'TZOFFSETTO:-0400',
  'RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=2SU;BYMONTH=3',
  'END:DAYLIGHT',
  'END:VTIMEZONE',
];

const MEETING = ['DTSTART:20261102T140000Z', 'DTEND:20261102T143000Z'];
const WEEKLY = [
  'DTSTART;TZID=America/New_York:20261102T090000',
  'DTEND;TZID=America/New_York:20261102T093000',
  'RRULE:FREQ=WEEKLY;COUNT=4',
];

test.each<[what: string, ics: string, expected: string[], timezone?: string]>([
  ['a time in UTC', event(...MEETING), ['busy 2026-11-02T14:00 - 14:30']],
  [
    'a time in an IANA zone',
    event('DTSTART;TZID=Europe/Berlin:20261102T090000', 'DTEND;TZID=Europe/Berlin:20261102T100000'),
    ['busy 2026-11-02T08:00 - 09:00'],
  ],
  [
    'a zone that is 5 h 45 min ahead',
    event('DTSTART;TZID=Asia/Kathmandu:20261102T090000', 'DURATION:PT45M'),
    ['busy 2026-11-02T03:15 - 04:00'],
  ],
  [
    'a zone in quotes',
    event('DTSTART;TZID="Asia/Tokyo":20261102T090000', 'DURATION:PT1H'),
    ['busy 2026-11-02T00:00 - 01:00'],
  ],
  [
    'a floating time is meant in the zone of the person',
    event('DTSTART:20261102T090000', 'DTEND:20261102T100000'),
    ['busy 2026-11-02T09:00 - 10:00'],
    'Europe/London',
  ],
  [
    'so is a zone that nobody knows',
    event('DTSTART;TZID=Customized Time Zone:20261102T090000', 'DURATION:PT1H'),
    ['busy 2026-11-02T14:00 - 15:00'],
  ],
  [
    'a start and an end in different zones',
    event(
      'DTSTART;TZID=America/New_York:20261102T180000',
      'DTEND;TZID=Europe/London:20261103T060000',
    ),
    ['busy 2026-11-02T23:00 - 2026-11-03T06:00'],
  ],
  ['an event without an end takes no time', event('DTSTART:20261102T140000Z'), []],
  [
    'a length of a day and a half',
    event('DTSTART:20261102T140000Z', 'DURATION:P1DT12H'),
    ['busy 2026-11-02T14:00 - 2026-11-04T02:00'],
  ],
  [
    'an event that began before the range',
    event('DTSTART:20260901T000000Z', 'DTEND:20261021T000000Z'),
    ['busy 2026-09-01T00:00 - 2026-10-21T00:00'],
  ],
  ['an event that is over', event('DTSTART:20261001T000000Z', 'DURATION:PT1H'), []],
  [
    'a recurring event keeps its wall time when clocks go back',
    event(
      'DTSTART;TZID=America/New_York:20261026T090000',
      'DTEND;TZID=America/New_York:20261026T093000',
      'RRULE:FREQ=WEEKLY;COUNT=3',
    ),
    [
      'busy 2026-10-26T13:00 - 13:30',
      'busy 2026-11-02T14:00 - 14:30',
      'busy 2026-11-09T14:00 - 14:30',
    ],
  ],
  [
    'a weekly shift ends at the hour at which it began, also when clocks change within',
    event(
      'DTSTART;TZID=America/New_York:20261026T090000',
      'DTEND;TZID=America/New_York:20261102T090000',
      'RRULE:FREQ=WEEKLY;COUNT=2',
    ),
    ['busy 2026-10-26T13:00 - 2026-11-02T14:00', 'busy 2026-11-02T14:00 - 2026-11-09T14:00'],
  ],
  [
    'a time that comes twice is the first',
    event('DTSTART;TZID=America/New_York:20261101T013000', 'DURATION:PT1H'),
    ['busy 2026-11-01T05:30 - 06:30'],
  ],
  [
    'EXDATE in the zone of the event',
    event(...WEEKLY, 'EXDATE;TZID=America/New_York:20261109T090000,20261116T090000'),
    ['busy 2026-11-02T14:00 - 14:30', 'busy 2026-11-23T14:00 - 14:30'],
  ],
  [
    'EXDATE in UTC, and as a day',
    event(...WEEKLY, 'EXDATE:20261109T140000Z', 'EXDATE;VALUE=DATE:20261116'),
    ['busy 2026-11-02T14:00 - 14:30', 'busy 2026-11-23T14:00 - 14:30'],
  ],
  [
    'RDATE adds times, and periods with a length of their own',
    event(
      ...MEETING,
      'RDATE:20261103T140000Z',
      'RDATE;VALUE=PERIOD:20261104T140000Z/PT2H,20261105T140000Z/20261105T150000Z',
    ),
    [
      'busy 2026-11-02T14:00 - 14:30',
      'busy 2026-11-03T14:00 - 14:30',
      'busy 2026-11-04T14:00 - 16:00',
      'busy 2026-11-05T14:00 - 15:00',
    ],
  ],
  [
    'RDATE in another zone than the event',
    event(
      'DTSTART;TZID=America/New_York:20261102T090000',
      'DTEND;TZID=America/New_York:20261102T093000',
      'RDATE:20261103T140000Z',
      'RDATE;TZID=Asia/Tokyo:20261104T090000',
      'EXDATE:20261103T140000Z',
    ),
    ['busy 2026-11-02T14:00 - 14:30', 'busy 2026-11-04T00:00 - 00:30'],
  ],
  [
    'UNTIL in UTC has the last instant',
    event(
      'DTSTART;TZID=America/New_York:20261102T090000',
      'DURATION:PT30M',
      'RRULE:FREQ=DAILY;UNTIL=20261104T140000Z',
    ),
    [
      'busy 2026-11-02T14:00 - 14:30',
      'busy 2026-11-03T14:00 - 14:30',
      'busy 2026-11-04T14:00 - 14:30',
    ],
  ],
  [
    'UNTIL before the last instant, in a zone far from UTC',
    event(
      'DTSTART;TZID=Pacific/Auckland:20261102T090000',
      'DURATION:PT30M',
      'RRULE:FREQ=DAILY;UNTIL=20261102T195959Z',
    ),
    ['busy 2026-11-01T20:00 - 20:30'],
  ],
  [
    'UNTIL as a day has that day',
    event('DTSTART:20261102T140000Z', 'DURATION:PT30M', 'RRULE:FREQ=DAILY;UNTIL=20261103'),
    ['busy 2026-11-02T14:00 - 14:30', 'busy 2026-11-03T14:00 - 14:30'],
  ],
  [
    'an occurrence that was moved',
    calendar(
      'BEGIN:VEVENT',
      'UID:weekly',
      ...WEEKLY,
      'END:VEVENT',
      'BEGIN:VEVENT',
      'UID:weekly',
      'RECURRENCE-ID;TZID=America/New_York:20261109T090000',
      'DTSTART;TZID=America/New_York:20261110T150000',
      'DTEND;TZID=America/New_York:20261110T160000',
      'END:VEVENT',
    ),
    [
      'busy 2026-11-02T14:00 - 14:30',
      'busy 2026-11-10T20:00 - 21:00',
      'busy 2026-11-16T14:00 - 14:30',
      'busy 2026-11-23T14:00 - 14:30',
    ],
  ],
  [
    'an occurrence that was cancelled',
    calendar(
      'BEGIN:VEVENT',
      'UID:weekly',
      'RECURRENCE-ID:20261109T140000Z',
      'DTSTART:20261109T140000Z',
      'DURATION:PT30M',
      'STATUS:CANCELLED',
      'END:VEVENT',
      'BEGIN:VEVENT',
      'UID:weekly',
      ...WEEKLY,
      'END:VEVENT',
    ),
    [
      'busy 2026-11-02T14:00 - 14:30',
      'busy 2026-11-16T14:00 - 14:30',
      'busy 2026-11-23T14:00 - 14:30',
    ],
  ],
  [
    'an occurrence alone, as an invitation to one of many',
    event('RECURRENCE-ID:20261109T140000Z', ...MEETING),
    ['busy 2026-11-02T14:00 - 14:30'],
  ],
  [
    'a zone that only the file describes, on both sides of a change',
    calendar(
      ...OUTLOOK_ZONE,
      'BEGIN:VEVENT',
      'DTSTART;TZID=Eastern Standard Time:20261031T090000',
      'DTEND;TZID=Eastern Standard Time:20261031T093000',
      'RRULE:FREQ=DAILY;COUNT=2',
      'END:VEVENT',
    ),
    ['busy 2026-10-31T13:00 - 13:30', 'busy 2026-11-01T14:00 - 14:30'],
    'Asia/Tokyo',
  ],
  [
    'a zone without changes that only the file describes',
    calendar(
      'BEGIN:VTIMEZONE',
      'TZID:Customized Time Zone',
      'BEGIN:STANDARD',
      'DTSTART:16010101T000000',
      'TZOFFSETFROM:+0545',
      'TZOFFSETTO:+0545',
      'END:STANDARD',
      'END:VTIMEZONE',
      'BEGIN:VEVENT',
      'DTSTART;TZID=Customized Time Zone:20261102T090000',
      'DURATION:PT1H',
      'END:VEVENT',
    ),
    ['busy 2026-11-02T03:15 - 04:15'],
  ],
  [
    'a zone whose clocks change no more since a rule ended',
    calendar(
      'BEGIN:VTIMEZONE',
      'TZID:Old',
      'BEGIN:DAYLIGHT',
      'DTSTART:19900401T020000',
      'TZOFFSETFROM:+0300',
      'TZOFFSETTO:+0400',
      'RRULE:FREQ=YEARLY;BYMONTH=4;BYDAY=1SU;UNTIL=20100403T230000Z',
      'END:DAYLIGHT',
      'BEGIN:STANDARD',
      'DTSTART:19901028T030000',
      'TZOFFSETFROM:+0400',
      'TZOFFSETTO:+0300',
      'RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU;UNTIL=20101030T230000Z',
      'END:STANDARD',
      'END:VTIMEZONE',
      'BEGIN:VEVENT',
      'DTSTART;TZID=Old:20261102T090000',
      'DURATION:PT1H',
      'END:VEVENT',
    ),
    ['busy 2026-11-02T06:00 - 07:00'],
  ],
  [
    'a whole day is one of the person, 25 hours when clocks go back',
    event('DTSTART;VALUE=DATE:20261101'),
    ['away 2026-11-01T04:00 - 2026-11-02T05:00'],
  ],
  [
    'the end of whole days is not one of them',
    event('DTSTART;VALUE=DATE:20261223', 'DTEND;VALUE=DATE:20261228'),
    [],
  ],
  [
    'several whole days',
    event('DTSTART;VALUE=DATE:20261123', 'DTEND;VALUE=DATE:20261128', 'TRANSP:OPAQUE'),
    ['away 2026-11-22T15:00 - 2026-11-27T15:00'],
    'Asia/Tokyo',
  ],
  [
    'a whole day that ends when it begins is that day',
    event('DTSTART;VALUE=DATE:20261123', 'DTEND;VALUE=DATE:20261123'),
    ['away 2026-11-23T00:00 - 2026-11-24T00:00'],
    'UTC',
  ],
  [
    'whole days that recur, one of them not',
    event(
      'DTSTART;VALUE=DATE:20261030',
      'DTEND;VALUE=DATE:20261031',
      'RRULE:FREQ=WEEKLY;UNTIL=20261113',
      'EXDATE;VALUE=DATE:20261106',
    ),
    ['away 2026-10-30T04:00 - 2026-10-31T04:00', 'away 2026-11-13T05:00 - 2026-11-14T05:00'],
  ],
  ['TRANSPARENT', event(...MEETING, 'TRANSP:TRANSPARENT'), []],
  ['cancelled', event(...MEETING, 'STATUS:CANCELLED'), []],
  ['tentative', event(...MEETING, 'STATUS:TENTATIVE'), []],
  ['confirmed', event(...MEETING, 'STATUS:CONFIRMED'), ['busy 2026-11-02T14:00 - 14:30']],
  ...['FREE', 'TENTATIVE', 'WORKINGELSEWHERE'].map((shown): [string, string, string[]] => [
    `shown as ${shown} by Outlook`,
    event(...MEETING, `X-MICROSOFT-CDO-BUSYSTATUS:${shown}`),
    [],
  ]),
  [
    'out of office',
    event(...MEETING, 'X-MICROSOFT-CDO-BUSYSTATUS:OOF'),
    ['away 2026-11-02T14:00 - 14:30'],
  ],
  ...['DECLINED', 'TENTATIVE', 'NEEDS-ACTION'].map((part): [string, string, string[]] => [
    `the person's answer is ${part}`,
    event(
      ...MEETING,
      'ATTENDEE;PARTSTAT=ACCEPTED:mailto:bob@example.com',
      `ATTENDEE;CN="Ng, Alice";PARTSTAT=${part}:MAILTO:alice@Example.com`,
    ),
    [],
  ]),
  [
    "somebody else's answer does not matter",
    event(
      ...MEETING,
      'ATTENDEE;PARTSTAT=DECLINED:mailto:bob@example.com',
      'ATTENDEE;PARTSTAT=ACCEPTED:mailto:alice@example.com',
    ),
    ['busy 2026-11-02T14:00 - 14:30'],
  ],
  [
    'the address of an attendee beside a path of the server',
    event(...MEETING, 'ATTENDEE;PARTSTAT=DECLINED;EMAIL=alice@example.com:/principals/77/'),
    [],
  ],
  [
    'FREEBUSY of each type',
    calendar(
      'BEGIN:VFREEBUSY',
      'FREEBUSY:20261102T140000Z/PT1H,20261103T140000Z/20261103T150000Z',
      'FREEBUSY;FBTYPE=BUSY-UNAVAILABLE:20261104T140000Z/PT1H',
      'FREEBUSY;FBTYPE=BUSY-TENTATIVE:20261105T140000Z/PT1H',
      'FREEBUSY;FBTYPE=FREE:20261106T140000Z/PT1H',
      'FREEBUSY;FBTYPE=X-OWN:20261107T140000Z/PT1H',
      'FREEBUSY:20250101T140000Z/PT1H',
      'END:VFREEBUSY',
    ),
    [
      'busy 2026-11-02T14:00 - 15:00',
      'busy 2026-11-03T14:00 - 15:00',
      'away 2026-11-04T14:00 - 15:00',
      'busy 2026-11-07T14:00 - 15:00',
    ],
  ],
  [
    'sorted, whatever the order in the file',
    calendar(
      ...['20261103', '20261102'].flatMap((day) => [
        'BEGIN:VEVENT',
        `DTSTART:${day}T140000Z`,
        'DURATION:PT1H',
        'END:VEVENT',
      ]),
    ),
    ['busy 2026-11-02T14:00 - 15:00', 'busy 2026-11-03T14:00 - 15:00'],
  ],
  [
    'an event without a start, or with none that is a time, is left out',
    calendar(
      ...[[], ['DTSTART:soon'], ['DTSTART;VALUE=DATE:20261131'], MEETING].flatMap((lines) => [
        'BEGIN:VEVENT',
        ...lines,
        'END:VEVENT',
      ]),
    ),
    ['busy 2026-11-02T14:00 - 14:30'],
  ],
  [
    'several calendars in a file',
    event(...MEETING) + event('DTSTART:20261103T140000Z', 'DURATION:PT1H'),
    ['busy 2026-11-02T14:00 - 14:30', 'busy 2026-11-03T14:00 - 15:00'],
  ],
  ['an empty calendar', calendar(), []],
])('%s', (_what, ics, expected, timezone) => {
  const options = timezone === undefined ? {} : { timezone };
  expect(busyTimes(ics, options)).toEqual(expected);
  // Line ends and folds are no part of what a calendar says.
  expect(busyTimes(ics.replaceAll('\r\n', '\n'), options)).toEqual(expected);
  expect(busyTimes(`\uFEFF${fold(ics)}`, options)).toEqual(expected);
});

/** Folds every line at the length at which servers do, and before: after 20 characters. */
function fold(ics: string): string {
  return ics
    .split('\r\n')
    .map((line) => line.replace(/(.{20})(?=.)/g, '$1\r\n '))
    .join('\r\n');
}

test('a recurring event keeps its wall time when clocks go forward', () => {
  const ics = event(
    'DTSTART;TZID=America/New_York:20260307T023000',
    'DTEND;TZID=America/New_York:20260307T033000',
    'RRULE:FREQ=DAILY;COUNT=3',
  );
  const range = { from: Date.parse('2026-03-01T00:00Z'), until: Date.parse('2026-04-01T00:00Z') };
  expect(busyTimes(ics, { range })).toEqual([
    'busy 2026-03-07T07:30 - 08:30',
    // 02:30 is skipped: the moment after the gap.
    'busy 2026-03-08T07:00 - 07:30',
    'busy 2026-03-09T06:30 - 07:30',
  ]);
});

test('an endless rule from long ago has the occurrences of the range, and a finite one is over', () => {
  const daily = (rule: string) =>
    busyTimes(event('DTSTART:20100104T090000Z', 'DURATION:PT1H', `RRULE:FREQ=DAILY${rule}`));
  expect(daily('')).toHaveLength(61);
  expect(daily('')[0]).toBe('busy 2026-10-20T09:00 - 10:00');
  expect(daily(';COUNT=5000')).toEqual([]);
  expect(daily(';COUNT=6135').at(-1)).toBe('busy 2026-10-21T09:00 - 10:00');
  expect(daily(';INTERVAL=40')).toEqual(['busy 2026-11-16T09:00 - 10:00']);
});

const MANY = Array.from({ length: 10_000 }, () => [
  'BEGIN:VEVENT',
  'DTSTART:20261102T140000Z',
  'DURATION:PT1H',
  'END:VEVENT',
]).flat();
const recurring = (rule: string) =>
  event('DTSTART:20100104T090000Z', 'DURATION:PT1S', `RRULE:${rule}`);

test.each<[what: string, ics: string, fault: RegExp]>([
  ['no text', '', /^it is no iCalendar file$/],
  ['a page that asks to sign in', '<html><body>Sign in</body></html>', /^it is no iCalendar file$/],
  ['another kind of card', 'BEGIN:VCARD\r\nEND:VCARD\r\n', /^it is no iCalendar file$/],
  ['a file that is cut off', event(...MEETING).slice(0, -30), /only a part of one$/],
  ['a line that is none', event('no line at all'), /with faults/],
  ['a rule without a frequency', event(...MEETING, 'RRULE:COUNT=1'), /rule of recurrence/],
  ['10,000 events', calendar(...MANY), /^it has more than 5000 events in two months$/],
  ['an event every second', recurring('FREQ=SECONDLY'), /^it has more than 5000 events/],
  [
    'an event every second, counted',
    recurring('FREQ=SECONDLY;COUNT=999999999'),
    /^its events take too long to work out$/,
  ],
  [
    'an event every second of one minute a year',
    recurring('FREQ=SECONDLY;BYMONTH=1;BYMONTHDAY=1;BYHOUR=0;BYMINUTE=0'),
    /^its events take too long to work out$/,
  ],
  [
    'a zone that changes every second',
    calendar(
      'BEGIN:VTIMEZONE',
      'TZID:Wild',
      'BEGIN:STANDARD',
      'DTSTART:20200101T000000',
      'TZOFFSETFROM:+0100',
      'TZOFFSETTO:+0200',
      'RRULE:FREQ=SECONDLY',
      'END:STANDARD',
      'END:VTIMEZONE',
      'BEGIN:VEVENT',
      'DTSTART;TZID=Wild:20261102T140000',
      'DURATION:PT1H',
      'END:VEVENT',
    ),
    /more than 5000 events/,
  ],
  [
    'thousands of time zones',
    calendar(
      ...Array.from({ length: 5_000 }, (_, index) => [
        'BEGIN:VEVENT',
        `DTSTART;TZID=Zone ${index}:20200101T140000`,
        'DURATION:PT1H',
        'END:VEVENT',
      ]).flat(),
    ),
    /take too long/,
  ],
  ['a line of a million parts', event(`X${';A=B'.repeat(1_000_000)}:x`), /too many parts/],
  [
    'a line of a million parts, folded',
    event(`X${';A=B\r\n '.repeat(1_000_000)}:x`),
    /too many parts/,
  ],
])('%s is a fault in a sentence', (_what, ics, fault) => {
  const read = () => busyTimes(ics);
  expect(read).toThrow(InvalidCalendarError);
  expect(read).toThrow(fault);
});

test.each(['FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30', 'FREQ=YEARLY;COUNT=3;BYMONTH=2;BYMONTHDAY=30'])(
  'a rule that never comes true ends: %s',
  (rule) => {
    expect(busyTimes(recurring(rule))).toEqual([]);
  },
);

test('who is on call: by title or attendee, whether it shows as busy or not', () => {
  const shift = (day: number, ...lines: string[]) => [
    'BEGIN:VEVENT',
    `DTSTART;VALUE=DATE:202611${String(day).padStart(2, '0')}`,
    'TRANSP:TRANSPARENT',
    ...lines,
    'END:VEVENT',
  ];
  const ics = calendar(
    ...shift(3, 'SUMMARY:Bob'),
    ...shift(2, 'SUMMARY:Alice'),
    ...shift(4, 'SUMMARY:Alice', 'STATUS:CANCELLED'),
    ...shift(5, 'SUMMARY:Primary', 'ATTENDEE:mailto:Carol@example.com'),
    ...shift(6, 'SUMMARY:Primary', 'ATTENDEE;PARTSTAT=DECLINED:mailto:carol@example.com'),
    ...shift(7, 'SUMMARY:Team lunch\\, all'),
    ...shift(8, 'SUMMARY:Team lunch\\, all'),
    ...shift(9),
    'BEGIN:VEVENT',
    'DTSTART:20200101T000000Z',
    'DURATION:PT1H',
    'SUMMARY:Nobody now',
    'END:VEVENT',
  );
  const people: Record<string, string> = {
    Alice: 'alice',
    Bob: 'bob',
    'carol@example.com': 'carol',
  };
  const { shifts, unmatched } = readShifts(ics, {
    timezone: 'Asia/Kathmandu',
    range: RANGE,
    match: (title, [attendee = '']) => people[title] ?? people[attendee],
  });
  expect(
    shifts.map(({ responder, from, until }) => `${responder} ${describe(from, until)}`),
  ).toEqual([
    'alice 2026-11-01T18:15 - 2026-11-02T18:15',
    'bob 2026-11-02T18:15 - 2026-11-03T18:15',
    'carol 2026-11-04T18:15 - 2026-11-05T18:15',
  ]);
  expect(unmatched).toEqual(['Primary', 'Team lunch, all', '']);
});

test('a damaged file is read or refused, and never gives a time that is none', () => {
  const whole = calendar(
    ...OUTLOOK_ZONE,
    'BEGIN:VEVENT',
    'UID:1',
    'DTSTART;TZID=Eastern Standard Time:20261102T090000',
    'DTEND;TZID=Eastern Standard Time:20261102T093000',
    'RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE;UNTIL=20261201T000000Z',
    'EXDATE;TZID=Eastern Standard Time:20261116T090000',
    'ATTENDEE;PARTSTAT=ACCEPTED;CN="Ng, Alice":mailto:alice@example.com',
    'END:VEVENT',
    'BEGIN:VEVENT',
    'DTSTART;VALUE=DATE:20261110',
    'DURATION:P2D',
    'RDATE;VALUE=PERIOD:20261104T140000Z/PT2H',
    'RRULE:FREQ=MONTHLY;COUNT=3;BYMONTHDAY=-1;BYSETPOS=1',
    'END:VEVENT',
    'BEGIN:VFREEBUSY',
    'FREEBUSY;FBTYPE=BUSY:20261102T140000Z/PT1H',
    'END:VFREEBUSY',
  );
  const pieces = fc.constantFrom('', '9', '0', '-', 'Z', 'T', ':', ';', ',', '=', '/', '\r\n', 'X');
  const damages = fc.array(
    fc.tuple(fc.nat(whole.length - 1), fc.nat(4), fc.oneof(pieces, fc.string({ maxLength: 3 }))),
    { minLength: 1, maxLength: 3 },
  );
  fc.assert(
    fc.property(damages, (list) => {
      const damaged = list.reduce(
        (text, [at, length, piece]) => text.slice(0, at) + piece + text.slice(at + length),
        whole,
      );
      const options = { timezone: 'America/New_York', range: RANGE };
      try {
        const times = [
          ...readBusyTimes(damaged, options),
          ...readShifts(damaged, { ...options, match: (title) => title || 'alice' }).shifts,
        ];
        for (const { from, until } of times) {
          expect(from).toBeLessThan(RANGE.until);
          expect(until).toBeGreaterThan(Math.max(from, RANGE.from));
        }
      } catch (error) {
        expect(error).toBeInstanceOf(InvalidCalendarError);
      }
    }),
    { numRuns: 1_000 },
  );
});
