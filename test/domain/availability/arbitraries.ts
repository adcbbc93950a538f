import fc from 'fast-check';
import {
  DAY,
  listChanges,
  MINUTE,
  readWall,
  writeWall,
  type ContactText,
  type DirectoryText,
  type NowText,
  type PersonText,
  type TurnsText,
  type WindowText,
} from './oracle.ts';

/** Zones with whole, half and quarter hours, with clocks that change by one hour, half an hour or two, and not at all. */
export const ZONES = [
  'UTC',
  'America/New_York',
  'America/St_Johns',
  'America/Santiago',
  'Europe/London',
  'Europe/Dublin',
  'Africa/Casablanca',
  'Africa/Cairo',
  'Asia/Tehran',
  'Asia/Kolkata',
  'Asia/Kathmandu',
  'Australia/Lord_Howe',
  'Australia/Adelaide',
  'Antarctica/Troll',
  'Pacific/Chatham',
  'Pacific/Apia',
  'Pacific/Kiritimati',
  'Pacific/Pago_Pago',
] as const;

const FIRST = Date.UTC(2026, 0, 1);
const LAST = Date.UTC(2029, 0, 1);

/** The instants at which clocks change in 2026 to 2028, by zone. */
export const CHANGES: readonly { readonly zone: string; readonly at: number }[] = ZONES.flatMap(
  (zone) => listChanges(zone, FIRST, LAST).map((at) => ({ zone, at })),
);

/** The day that was left out in Samoa: 30 December 2011. */
export const SAMOA_SKIPS = { zone: 'Pacific/Apia', at: Date.UTC(2011, 11, 30, 10) } as const;

/** An ordinary day, the turn of a year, and changes of clocks in the north, in the south and in between. */
const ANCHORS = [
  Date.UTC(2026, 10, 23, 15),
  Date.UTC(2026, 11, 31, 12),
  SAMOA_SKIPS.at,
  ...[
    'America/New_York',
    'Europe/London',
    'Africa/Casablanca',
    'Australia/Lord_Howe',
    'Antarctica/Troll',
    'America/Santiago',
  ].flatMap((zone) =>
    CHANGES.filter((change) => change.zone === zone)
      .slice(0, 2)
      .map(({ at }) => at),
  ),
];

/** Where time is tricky, and a day and a half before and after it. */
export const instant: fc.Arbitrary<number> = fc
  .record({
    anchor: fc.constantFrom(...ANCHORS),
    minutes: fc.oneof(
      fc.integer({ min: -3 * 60, max: 3 * 60 }),
      fc.integer({ min: -36 * 60, max: 36 * 60 }),
    ),
  })
  .map(({ anchor, minutes }) => anchor + minutes * MINUTE);

export const zone = fc.constantFrom<string>(...ZONES);

const timeOfDay = fc
  .oneof(fc.constantFrom(0, 60, 90, 120, 150, 180, 480, 540, 1_080, 1_200, 1_320), fc.nat(1_439))
  .map(writeTime);

function writeTime(minutes: number): string {
  const pad = (value: number): string => String(value).padStart(2, '0');
  return `${pad(Math.floor(minutes / 60))}:${pad(minutes % 60)}`;
}

const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

const daysText = fc.oneof(
  fc.constantFrom('daily', 'mon-fri', 'sat-sun', 'fri-mon'),
  fc.subarray(WEEKDAYS, { minLength: 1, maxLength: 4 }).map((days) => days.join(', ')),
);

/** Any window, also ones that are refused. */
export const windowText: fc.Arbitrary<WindowText> = fc.oneof(
  fc.record({ days: daysText, from: timeOfDay, to: timeOfDay }),
  fc.record({ from: timeOfDay, to: fc.constantFrom('24:00', '00:00', '08:00') }),
  fc.record({ days: daysText, from: fc.constant('00:00'), to: fc.constant('24:00') }),
);

/** A window of at most ten hours: any two of them are accepted as quiet hours. */
const shortWindow: fc.Arbitrary<WindowText> = fc
  .record({ days: daysText, from: fc.nat(1_439), lasts: fc.integer({ min: 120, max: 600 }) })
  .map(({ days, from, lasts }) => ({
    days,
    from: writeTime(from),
    to: writeTime((from + lasts) % 1_440),
  }));

export const quietHours: fc.Arbitrary<readonly WindowText[]> = fc.oneof(
  fc.constant([]),
  fc.constant([{ from: '22:00', to: '07:00' }]),
  fc.constant([
    { days: 'mon-fri', from: '20:00', to: '08:00' },
    { days: 'sat-sun', from: '00:00', to: '24:00' },
  ]),
  // In and around the hours that are skipped and that come twice.
  fc.constant([{ from: '01:30', to: '02:30' }]),
  fc.array(shortWindow, { minLength: 1, maxLength: 2 }),
);

const PEOPLE = ['alice', 'bob', 'carol', 'dave'] as const;

/** A directory and what stands in no file, with an instant near which everything in them is. */
export interface Scene {
  readonly at: number;
  readonly directory: DirectoryText;
  readonly now: Required<NowText>;
}

/** Minutes from the instant, as a span. */
const span = (minutes: number): fc.Arbitrary<{ from: number; until: number }> =>
  fc
    .record({
      from: fc.integer({ min: -minutes, max: minutes }),
      lasts: fc.integer({ min: 1, max: minutes }),
    })
    .map(({ from, lasts }) => ({ from: from * MINUTE, until: (from + lasts) * MINUTE }));

const maybe = <T>(arbitrary: fc.Arbitrary<T>, freq = 2): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined, freq });

const otherThan = (id: string): fc.Arbitrary<string> =>
  fc.constantFrom(...PEOPLE.filter((other) => other !== id));

/** The day on a wall, some days after an instant. */
function writeDay(at: number, zoneName: string, after: number): string {
  return writeWall(readWall(at, zoneName) + after * DAY).slice(0, 10);
}

function personText(id: string, at: number, organisation: string): fc.Arbitrary<PersonText> {
  const wallFor = (zoneName: string | undefined, offset: number): string =>
    writeWall(readWall(at, zoneName ?? organisation) + offset);
  return fc
    .record({
      timezone: maybe(zone, 4),
      quietHours: maybe(quietHours, 3),
      holidays: maybe(fc.array(fc.integer({ min: -1, max: 2 }), { maxLength: 2 }), 1),
      away: fc.array(
        fc.record({
          ...{ span: span(3 * 24 * 60), isWhole: fc.boolean() },
          cover: maybe(otherThan(id), 2),
        }),
        { maxLength: 1 },
      ),
      reach: fc.constantFrom('both', 'both', 'phone', 'email'),
      number: fc.constant(PEOPLE.indexOf(id as (typeof PEOPLE)[number])),
    })
    .map(({ timezone, quietHours: quiet, holidays, away, reach, number }) => ({
      name: id.toUpperCase(),
      ...(reach !== 'email' && { phone: `+1500555001${number}` }),
      ...(reach !== 'phone' && { email: `${id}@example.com` }),
      ...(timezone !== undefined && { timezone }),
      ...(quiet && { quietHours: quiet }),
      ...(holidays && {
        holidays: holidays.map((after) => writeDay(at, timezone ?? organisation, after)),
      }),
      away: away.map(({ span: { from, until }, isWhole, cover }) => ({
        from: isWhole ? writeDay(at + from, timezone ?? organisation, 0) : wallFor(timezone, from),
        until: isWhole
          ? writeDay(at + until, timezone ?? organisation, 1)
          : wallFor(timezone, until),
        ...(cover !== undefined && { cover }),
      })),
    }));
}

/** A rotation of some people that began at most some weeks ago. */
export function turnsText(at: number): fc.Arbitrary<TurnsText> {
  const wall = readWall(at, 'UTC');
  const wallSpan = span(3 * 24 * 60).map(({ from, until }) => ({
    from: writeWall(wall + from),
    until: writeWall(wall + until),
  }));
  const person = fc.constantFrom(...PEOPLE);
  return fc
    .record({
      responders: fc.uniqueArray(person, { minLength: 1 }),
      every: fc.constantFrom(
        '1 week',
        '2 weeks',
        '1 day',
        '3 days',
        '12 hours',
        '5 hours',
        '1 hour',
      ),
      handover: timeOfDay,
      isNamed: fc.boolean(),
      daysAgo: fc.integer({ min: -1, max: 20 }),
      timezone: maybe(zone),
      overrides: fc.array(
        fc.record({ span: wallSpan, responder: person }).map(({ span: when, responder }) => ({
          ...when,
          responder,
        })),
        { maxLength: 2 },
      ),
      swaps: fc.array(
        fc
          .record({ span: wallSpan, responders: fc.tuple(person, person) })
          .map(({ span: when, responders }) => ({ ...when, responders })),
        { maxLength: 2 },
      ),
    })
    .map(({ isNamed, daysAgo, timezone, handover, ...rest }) => {
      const starts = writeWall(wall - daysAgo * DAY).slice(0, 10);
      const weekday = WEEKDAYS[(new Date(`${starts}T00:00Z`).getUTCDay() + 6) % 7] ?? '';
      const isWeekly = rest.every.includes('week');
      return {
        ...rest,
        starts,
        handover: isWeekly && isNamed ? `${weekday} ${handover}` : handover,
        ...(timezone !== undefined && { timezone }),
      };
    });
}

/** A directory of four people near an instant. `isEndless`: somebody may be away until nobody knows when. */
export function scene({ isEndless = true } = {}): fc.Arbitrary<Scene> {
  return fc.record({ at: instant, timezone: zone }).chain(({ at, timezone }) => {
    const absence = fc
      .record({
        span: span(2 * 24 * 60),
        isOpen: isEndless ? fc.boolean() : fc.constant(false),
        cover: maybe(fc.constantFrom(...PEOPLE), 1),
      })
      .map(({ span: { from, until }, isOpen, cover }) => ({
        since: new Date(at + from).toISOString(),
        until: isOpen ? undefined : new Date(at + until).toISOString(),
        cover,
      }));
    const meeting = fc
      .record({
        kind: fc.constantFrom('busy' as const, 'busy' as const, 'away' as const),
        span: span(300),
      })
      .map(({ kind, span: { from, until } }) => ({ kind, from: at + from, until: at + until }));
    return fc.record({
      at: fc.constant(at),
      directory: fc
        .record({
          quiet: maybe(quietHours, 2),
          holidays: maybe(fc.array(fc.integer({ min: -1, max: 2 }), { maxLength: 2 }), 1),
          people: fc.tuple(...PEOPLE.map((id) => personText(id, at, timezone))),
          nights: turnsText(at),
        })
        .map(({ quiet, holidays, people, nights }): DirectoryText => ({
          organisation: {
            timezone,
            ...(quiet && { quietHours: quiet }),
            ...(holidays && { holidays: holidays.map((after) => writeDay(at, timezone, after)) }),
          },
          responders: Object.fromEntries(PEOPLE.map((id, index) => [id, people[index] ?? NOBODY])),
          teams: { all: PEOPLE, pair: ['bob', 'carol'] },
          rotations: { nights },
        })),
      now: fc.record({
        meetings: fc.dictionary(fc.constantFrom(...PEOPLE), fc.array(meeting, { maxLength: 3 }), {
          maxKeys: 2,
        }),
        absences: fc.dictionary(fc.constantFrom(...PEOPLE), absence, { maxKeys: 1 }),
      }),
    });
  });
}

const NOBODY: PersonText = { name: 'NOBODY', email: 'nobody@example.com' };

export const target = fc.constantFrom(
  'alice',
  'bob',
  'carol',
  'dave',
  'team:pair',
  'rotation:nights',
);

/** A contact with hours, or one who may be called at any time. */
export const contact: fc.Arbitrary<ContactText | undefined> = maybe(
  fc
    .record({ opens: timeOfDay, closes: timeOfDay, timezone: maybe(zone) })
    .map(({ opens, closes, timezone }) => ({
      hours: `${opens}-${closes}`,
      ...(timezone !== undefined && { timezone }),
    })),
  1,
);

/** Hours in which an office works. */
export const workingHours: fc.Arbitrary<readonly WindowText[]> = fc.oneof(
  fc.constant([{ days: 'mon-fri', from: '09:00', to: '17:00' }]),
  fc.constant([{ from: '00:00', to: '24:00' }]),
  fc.constant([
    { days: 'mon-fri', from: '08:00', to: '12:00' },
    { days: 'mon-thu', from: '13:00', to: '17:30' },
  ]),
  // A night shift, in which clocks change.
  fc.constant([{ from: '22:00', to: '06:00' }]),
  fc.array(shortWindow, { minLength: 1, maxLength: 3 }),
);
