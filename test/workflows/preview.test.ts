import { amount } from '../support/amount.ts';
import fc from 'fast-check';
import { expect } from 'vitest';
import { Agendas } from '../../src/domain/availability/agenda.ts';
import { createSituation, type BusyTime } from '../../src/domain/availability/situation.ts';
import { quietHoursSchema } from '../../src/domain/availability/weekly-hours.ts';
import { directorySchema, type Directory } from '../../src/domain/directory.ts';
import type { Urgency } from '../../src/domain/handoff.ts';
import { policiesSchema, snapshotPolicy, type EscalationPolicy } from '../../src/domain/policy.ts';
import { previewHandoff, type Preview } from '../../src/domain/preview.ts';
import { sampleLinks } from '../../src/links/sample-links.ts';
import type { TimelineEntry } from '../../src/domain/state.ts';
import type { HandoffView } from '../../src/domain/view.ts';
import { TEST_LINKS } from '../support/builders.ts';
import { test, ZONE, type Story, type World } from '../support/workflow-world.ts';

const HANDOFFS = amount(20, 200);
const BATCH = 20;
const SEED = 20_261_123;

/** Real seconds that sending and planning take while the clock does not skip. */
const DRIFT_MS = 45_000;

const MINUTE = 60_000;
const ZONES = ['America/New_York', 'Europe/London', 'Asia/Kathmandu', 'Australia/Lord_Howe'];
const PEOPLE = ['alice', 'bob', 'carol'] as const;

// Waits of odd minutes, submissions at odd seconds and windows at full half hours: so that what takes a few real
// seconds never decides which side of a window's edge something falls on.
const minutes = fc.constantFrom(7, 11, 13, 17, 23, 29, 37, 41, 53, 67).map((count) => `${count}m`);
const time = fc
  .tuple(fc.integer({ min: 0, max: 23 }), fc.constantFrom('00', '30'))
  .map(([hour, minute]) => `${String(hour).padStart(2, '0')}:${minute}`);

const quietHours = fc.oneof(
  fc.constant([]),
  fc.constant([{ from: '20:00', to: '08:00' }]),
  fc
    .tuple(time, time)
    .map(([from, to]) => [{ days: 'mon-fri', from, to }])
    .filter((windows) => quietHoursSchema.safeParse(windows).success),
  fc.constant([
    { days: 'mon-fri', from: '18:30', to: '07:30' },
    { days: 'sat-sun', from: '00:00', to: '24:00' },
  ]),
);

const personArbitrary = fc.record({
  timezone: fc.constantFrom(...ZONES),
  quietHours,
  awayDays: fc.option(fc.tuple(fc.integer({ min: -3, max: 2 }), fc.integer({ min: 1, max: 4 })), {
    nil: undefined,
    freq: 3,
  }),
  cover: fc.option(fc.constantFrom(...PEOPLE), { nil: undefined }),
  busy: fc.array(
    fc.tuple(fc.integer({ min: -2, max: 60 }), fc.constantFrom(30, 60, 90), fc.boolean()),
    { maxLength: 4 },
  ),
});

const target = fc.constantFrom('alice', 'bob', 'carol', 'team:all', 'rotation:days');
const ladder = fc.constantFrom(
  ['sms'],
  ['email'],
  ['sms', { email: '3m' }],
  ['email', { sms: '5m' }],
);
const rule = fc.constantFrom('wait', 'skip', 'ignore');

const policyArbitrary = fc.record({
  lastResort: fc.record({
    notify: fc.uniqueArray(fc.constantFrom(...PEOPLE), { minLength: 1, maxLength: 2 }),
    email: fc.constantFrom([], ['leads@example.com']),
    remindEvery: fc.constantFrom('17h', '23h'),
  }),
  expiresAfter: fc.constantFrom('13h', '19h', '31h'),
  rules: fc.record({
    whenQuiet: fc.oneof(rule, fc.record({ sms: rule, email: rule })),
    whenTooLate: rule,
    whenNobodyAwake: fc.constantFrom('wait', 'wait', 'ignore', 'last-resort'),
    timeouts: fc.constantFrom('always', 'always', 'working-hours'),
    repeat: fc.constantFrom(0, 0, 1),
    tiers: fc.array(
      fc.record({
        notify: fc.uniqueArray(target, { minLength: 1, maxLength: 2 }),
        ladder,
        escalateAfter: minutes,
      }),
      { minLength: 1, maxLength: 3 },
    ),
  }),
});

const handoffArbitrary = fc.record({
  urgency: fc.constantFrom<Urgency>('critical', 'urgent', 'routine'),
  policy: policyArbitrary,
  withinMinutes: fc.option(fc.integer({ min: 5, max: 2_000 }), { nil: undefined }),
  contactHours: fc.constantFrom(undefined, undefined, '08:00-20:00', '22:00-06:30'),
  contactZone: fc.constantFrom(undefined, ...ZONES),
  pauseMinutes: fc.integer({ min: 1, max: 200 }),
});

type Drawn<A> = A extends fc.Arbitrary<infer T> ? T : never;
type Person = Drawn<typeof personArbitrary>;
type Draft = Drawn<typeof handoffArbitrary>;

/** Returns an instant as a day and time on New York's wall. */
function dayOf(instant: number): string {
  return new Date(instant).toISOString().slice(0, 10);
}

function buildDirectory(people: readonly Person[], now: number): Directory {
  const DAY = 86_400_000;
  return directorySchema.parse({
    organisation: {
      timezone: ZONE,
      workingHours: [{ days: 'mon-sat', from: '09:00', to: '17:30' }],
      holidays: [dayOf(now + 2 * DAY)],
    },
    responders: Object.fromEntries(
      PEOPLE.map((id, index) => {
        const { timezone, quietHours: quiet, awayDays, cover } = people[index] as Person;
        const [from = 0, days = 0] = awayDays ?? [];
        return [
          id,
          {
            name: id,
            phone: `+1500555001${index}`,
            email: `${id}@example.com`,
            timezone,
            quietHours: quiet,
            ...(awayDays && {
              away: [
                {
                  from: dayOf(now + from * DAY),
                  until: dayOf(now + (from + days) * DAY),
                  ...(cover && { cover }),
                },
              ],
            }),
          },
        ];
      }),
    ),
    teams: { all: [...PEOPLE] },
    rotations: {
      days: { team: 'all', every: '1 day', handover: '09:30', starts: dayOf(now - 30 * DAY) },
    },
  });
}

function buildBusy(people: readonly Person[], now: number): Record<string, readonly BusyTime[]> {
  const hour = 60 * MINUTE;
  const start = Math.floor(now / hour) * hour;
  return Object.fromEntries(
    PEOPLE.map((id, index) => [
      id,
      (people[index]?.busy ?? [])
        .map(([hours, length, isAway]) => ({
          from: start + hours * hour,
          until: start + hours * hour + length * MINUTE,
          kind: isAway ? ('away' as const) : ('busy' as const),
        }))
        .sort((one, other) => one.from - other.from),
    ]),
  );
}

function buildPolicy({ policy, urgency }: Draft): EscalationPolicy {
  const { rules, ...rest } = policy;
  const policies = policiesSchema.parse({ random: { ...rest, [urgency]: rules } });
  const snapshot = policies['random'] && snapshotPolicy('random', policies['random'], { urgency });
  if (!snapshot) throw new Error('the policy has no rules for its urgency');
  return snapshot;
}

async function submit(world: World, draft: Draft): Promise<{ story: Story; preview: Preview }> {
  const now = await world.now();
  const { withinMinutes, contactHours, contactZone } = draft;
  const story = await world.submit({
    handoff: {
      urgency: draft.urgency,
      action: {
        do: 'Call Maria Lopez',
        outcomes: [],
        ...(withinMinutes !== undefined && {
          dueAt: new Date(now + withinMinutes * MINUTE).toISOString(),
        }),
        contact: {
          phone: '+15125550147',
          ...(contactHours && { hours: contactHours }),
          ...(contactZone && { timezone: contactZone }),
        },
      },
    },
    policy: buildPolicy(draft),
  });
  const calendars = {
    busyTimes: (id: string) => ({ times: world.busy[id] ?? [] }),
    shifts: () => ({ times: [] }),
  };
  const agendas = new Agendas(world.directory, createSituation(calendars));
  return { story, preview: previewHandoff(story.input, agendas, ways) };
}

const ways = { replyNumber: '+15005550006', ...sampleLinks(TEST_LINKS) };

/** Returns a text with links that open nothing, as a preview has them. */
function hideTokens(text: string): string {
  return text.replace(/(\/h\/\w+\.)([\w-]+)/g, (_, start: string, token: string) =>
    start.concat('x'.repeat(token.length)),
  );
}

/** Orders what happened by what it is, so that the steps of one instant can be compared. */
function sortSteps(timeline: readonly TimelineEntry[]): TimelineEntry[] {
  const keyOf = ({ what, because, responder = '' }: TimelineEntry) =>
    `${what} ${responder} ${because}`;
  return [...timeline].sort(
    (one, other) =>
      keyOf(one).localeCompare(keyOf(other)) || Date.parse(one.at) - Date.parse(other.at),
  );
}

function compare(preview: Preview, view: HandoffView): void {
  const planned = sortSteps(preview.plan);
  const happened = sortSteps(view.timeline);
  const describe = ({ what, because, responder }: TimelineEntry) => [what, because, responder];
  expect(happened.map(describe)).toEqual(planned.map(describe));
  const late = happened.filter(
    ({ at }, index) => Math.abs(Date.parse(at) - Date.parse(planned[index]?.at ?? '')) > DRIFT_MS,
  );
  expect(late).toEqual([]);
  expect(view.status).toBe(preview.status);
}

test(`the preview of ${HANDOFFS} handoffs is what then happens while nobody answers`, async ({
  world,
}) => {
  const drafts = fc.sample(handoffArbitrary, { seed: SEED, numRuns: HANDOFFS });
  const people = fc.sample(personArbitrary, {
    seed: SEED,
    numRuns: PEOPLE.length * Math.ceil(HANDOFFS / BATCH),
  });
  const steps: number[] = [];
  for (let first = 0; first < HANDOFFS; first += BATCH) {
    const here = people.slice((first / BATCH) * PEOPLE.length).slice(0, PEOPLE.length);
    // Half a minute past the full one: no window begins or ends there.
    await world.passUntilInstant(Math.ceil((await world.now()) / MINUTE) * MINUTE + 30_000);
    const now = await world.now();
    world.isBundling = false;
    world.directory = buildDirectory(here, now);
    world.busy = buildBusy(here, now);
    const running: { story: Story; preview: Preview }[] = [];
    for (const draft of drafts.slice(first, first + BATCH)) {
      running.push(await submit(world, draft));
      await world.pass(`${draft.pauseMinutes}m`);
    }
    // The longest lives 31 hours, and its end may wait for somebody's being back for some days more.
    await world.pass('14d');
    for (const { story, preview } of running) {
      const view = await story.handle.result();
      compare(preview, view);
      steps.push(view.timeline.length);
    }
  }
  expect(steps).toHaveLength(HANDOFFS);
  // What was sent is read nowhere: the steps say it.
  world.phones.ignoreUnread();
}, 400_000);

test('the preview shows every message in the words in which it is then sent', async ({ world }) => {
  const draft: Draft = {
    urgency: 'urgent',
    policy: {
      lastResort: { notify: ['carol'], email: ['leads@example.com'], remindEvery: '17h' },
      expiresAfter: '31h',
      rules: {
        whenQuiet: 'skip',
        whenTooLate: 'wait',
        whenNobodyAwake: 'wait',
        timeouts: 'always',
        repeat: 1,
        tiers: [
          { notify: ['alice'], ladder: ['sms', { email: '3m' }], escalateAfter: '7m' },
          { notify: ['bob'], ladder: ['sms'], escalateAfter: '11m' },
        ],
      },
    },
    withinMinutes: 67,
    contactHours: '08:00-20:00',
    contactZone: 'Europe/London',
    pauseMinutes: 1,
  };
  // Half a minute past the full one: what takes seconds does not change the minute that a message names.
  await world.passUntilInstant(Math.ceil((await world.now()) / MINUTE) * MINUTE + 20_000);
  const { story, preview } = await submit(world, draft);
  await world.pass('32h');
  await story.handle.result();

  const bodies = (channel: string) =>
    preview.messages.filter((message) => message.channel === channel);
  const sent = world.simulator.sms.filter(({ author }) => author === 'baton');
  expect(sent.map(({ body }) => hideTokens(body)).sort()).toEqual(
    bodies('sms')
      .map(({ text }) => text)
      .sort(),
  );
  expect(
    world.simulator.emails.map(({ subject, text }) => `${subject}\n${hideTokens(text)}`).sort(),
  ).toEqual(
    bodies('email')
      .map(({ subject = '', text }) => `${subject}\n${text}`)
      .sort(),
  );
  expect(sent.length).toBeGreaterThan(6);
  world.phones.ignoreUnread();
});
