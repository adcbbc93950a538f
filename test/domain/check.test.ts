import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Agendas } from '../../src/domain/availability/agenda.ts';
import { createSituation, type Calendars } from '../../src/domain/availability/situation.ts';
import { checkOrganisation, type Fault } from '../../src/domain/check.ts';
import { directorySchema } from '../../src/domain/directory.ts';
import { planTier } from '../../src/domain/plan-tier.ts';
import { policiesSchema, snapshotPolicy } from '../../src/domain/policy.ts';
import type { PlanRequest } from '../../src/domain/state.ts';

const NOW = Date.parse('2026-11-23T15:00:00Z');
const WHOLE_WEEK_BUT = { days: 'daily', from: '04:00', to: '24:00' };

interface World {
  readonly organisation?: object;
  readonly responders?: Record<string, object>;
  readonly teams?: object;
  readonly rotations?: object;
  readonly lastResort?: object;
  readonly urgent?: object;
  readonly routine?: object;
  readonly calendars?: Partial<Calendars>;
  readonly isOffline?: boolean;
}

const ALICE = { name: 'Alice Ng', phone: '+15005550010', email: 'alice@example.com' };
const BOB = { name: 'Bob Diaz', phone: '+15005550011', email: 'bob@example.com' };
const CAROL = { name: 'Carol Okafor', phone: '+15005550012', email: 'carol@example.com' };
const MAILER = { name: 'Mail Only', email: 'mail@example.com' };
const CALLER = { name: 'Phone Only', phone: '+15005550013' };
const PEOPLE = { alice: ALICE, bob: BOB, carol: CAROL };

const tier = (notify: readonly string[], ladder: readonly unknown[] = ['sms']) => ({
  notify,
  ladder,
  escalateAfter: '5m',
});
const GOOD_TIERS = [tier(['alice']), tier(['bob'], ['sms', { email: '2m' }])];

/** Returns the faults of an organisation that has none but for what a test changes. */
function check(world: World = {}): Fault[] {
  const directory = directorySchema.parse({
    organisation: { timezone: 'America/New_York', ...world.organisation },
    responders: { ...PEOPLE, ...world.responders },
    teams: world.teams ?? {},
    rotations: world.rotations ?? {},
  });
  const policies = policiesSchema.parse({
    sales: {
      lastResort: world.lastResort ?? { notify: ['carol'] },
      urgent: world.urgent ?? { tiers: GOOD_TIERS },
      ...(world.routine && { routine: world.routine }),
    },
  });
  const calendars = {
    busyTimes: () => ({ times: [] }),
    shifts: () => ({ times: [] }),
    ...world.calendars,
  };
  const agendas = new Agendas(directory, createSituation(calendars));
  const { isOffline = false } = world;
  return checkOrganisation({ directory, policies }, agendas, { now: NOW, isOffline });
}

const brief = ({ severity, path, what }: Fault): string =>
  `${severity}: ${path.join('.')}: ${what}`;

test('a good organisation has no faults', () => {
  expect(check()).toEqual([]);
});

test.each<[string, World, readonly string[]]>([
  [
    'a tier that reaches nobody',
    {
      responders: { mailer: MAILER },
      urgent: { tiers: [...GOOD_TIERS, tier(['mailer'])] },
    },
    ['error: sales.urgent.tiers.2.notify: tier 3 reaches nobody: none of mailer has sms'],
  ],
  [
    'a policy that reaches nobody, once for each tier',
    {
      responders: { mailer: MAILER },
      urgent: { tiers: [tier(['mailer'])] },
      teams: { rest: ['alice', 'bob'] },
      lastResort: { notify: ['carol'], email: ['leads@example.com'] },
    },
    [
      'error: sales.urgent.tiers.0.notify: tier 1 reaches nobody: none of mailer has sms',
      'warning: teams.rest: no policy or rotation names this team',
    ],
  ],
  [
    'a step that nobody of the tier can get',
    {
      responders: { caller: CALLER },
      urgent: { tiers: [...GOOD_TIERS, tier(['caller'], ['sms', { email: '2m' }])] },
    },
    ['warning: sales.urgent.tiers.2.ladder.1: nobody of tier 3 has email: this step is never used'],
  ],
  [
    'urgent work that rings nowhere',
    { urgent: { tiers: [tier(['alice'], ['email']), tier(['bob'], ['email'])] } },
    ["error: sales.urgent.tiers: urgent work rings nobody's phone in any tier of sales"],
  ],
  [
    'one urgent tier that rings nowhere',
    { urgent: { tiers: [tier(['alice'], ['email']), tier(['bob'])] } },
    ["warning: sales.urgent.tiers.0.ladder: urgent work rings nobody's phone in tier 1"],
  ],
  [
    'one person everywhere, their own mailbox included',
    {
      responders: { bob: BOB },
      urgent: { tiers: [tier(['alice'])] },
      lastResort: { notify: ['alice'], email: ['alice@example.com'] },
      teams: { rest: ['bob', 'carol'] },
    },
    [
      'error: sales.urgent.tiers: every tier and the last resort come down to Alice Ng',
      'warning: teams.rest: no policy or rotation names this team',
    ],
  ],
  [
    'a tier that adds nobody',
    { urgent: { tiers: [...GOOD_TIERS, tier(['alice', 'bob'])] } },
    [
      'warning: sales.urgent.tiers.2.notify: tier 3 adds nobody: alice, bob were told in an earlier tier',
    ],
  ],
  [
    'fault 12: a last resort without the channel of its ladder, which is told by what it has',
    {
      responders: { caller: CALLER },
      lastResort: { notify: ['caller'] },
      routine: { tiers: [tier(['carol', 'bob'], ['email'])] },
    },
    [],
  ],
  [
    'working hours that the organisation does not have',
    { urgent: { timeouts: 'working-hours', tiers: GOOD_TIERS } },
    [
      'error: sales.urgent.timeouts: counts working hours, but the organisation has none: every minute counts',
    ],
  ],
  [
    'covers that go round in a circle',
    {
      responders: {
        bob: { ...BOB, away: [{ from: '2026-12-20', until: '2026-12-24', cover: 'carol' }] },
        carol: { ...CAROL, away: [{ from: '2026-12-22', until: '2026-12-28', cover: 'bob' }] },
      },
    },
    [
      'error: responders.bob.away.0.cover: covers go round in a circle: Bob Diaz -> Carol Okafor -> Bob Diaz, all away at the same time',
    ],
  ],
  [
    'somebody who covers for themselves',
    {
      responders: {
        bob: { ...BOB, away: [{ from: '2026-12-20', until: '2026-12-24', cover: 'bob' }] },
      },
    },
    ['error: responders.bob.away.0.cover: Bob Diaz covers for themselves'],
  ],
  [
    'a rotation that has not started',
    {
      rotations: { week: rotation(['alice', 'bob'], '2026-12-07') },
      urgent: { tiers: [tier(['rotation:week']), tier(['bob'])] },
    },
    ['warning: rotations.week.starts: has not started: nobody is on call before 2026-12-07'],
  ],
  [
    'a turn in which the tier reaches nobody',
    {
      responders: { mailer: MAILER },
      rotations: { week: rotation(['alice', 'mailer'], '2026-11-02') },
      urgent: { tiers: [tier(['rotation:week']), tier(['bob'])] },
    },
    [
      'warning: sales.urgent.tiers.0.notify.0: Mail Only of rotation:week has no sms: in that turn tier 1 reaches nobody',
    ],
  ],
  [
    'people, teams and rotations that nothing names',
    {
      responders: { mailer: MAILER },
      teams: { spare: ['alice'] },
      rotations: { idle: rotation(['alice'], '2026-11-02') },
    },
    [
      'warning: responders.mailer: Mail Only is in no team, rotation, tier or last resort: only told as an assignee',
      'warning: teams.spare: no policy or rotation names this team',
      'warning: rotations.idle: no policy names this rotation',
    ],
  ],
  [
    'a calendar that cannot be read',
    {
      responders: { bob: { ...BOB, calendar: 'bob.ics' } },
      calendars: { busyTimes: () => ({ times: [], fault: 'could not be read: not there' }) },
    },
    ['warning: responders.bob.calendar: could not be read: not there'],
  ],
  [
    'a calendar with nobody on call now',
    {
      rotations: { feed: { calendar: 'on-call.ics' } },
      urgent: { tiers: [tier(['rotation:feed']), tier(['bob'])] },
      calendars: {
        shifts: () => ({
          times: [{ responder: 'alice', from: NOW + 3_600_000, until: NOW + 7_200_000 }],
        }),
      },
    },
    // No gap: while nobody is on call the second tier is told at once.
    ['warning: rotations.feed.calendar: nobody is on call now until 2026-11-23T16:00Z'],
  ],
])('finds %s', (_, world, expected) => {
  expect(check(world).map(brief)).toEqual(expected);
});

test.each<[string, World]>([
  [
    'covers that are away one after the other',
    {
      responders: {
        bob: { ...BOB, away: [{ from: '2026-12-20', until: '2026-12-24', cover: 'carol' }] },
        carol: { ...CAROL, away: [{ from: '2026-12-24', until: '2026-12-28', cover: 'bob' }] },
      },
    },
  ],
  [
    'a circle of covers that is over',
    {
      responders: {
        bob: { ...BOB, away: [{ from: '2026-10-20', until: '2026-10-24', cover: 'bob' }] },
      },
    },
  ],
  [
    'a rotation in a later tier that may mean somebody who was told',
    {
      rotations: { week: rotation(['alice', 'bob'], '2026-11-02') },
      urgent: { tiers: [tier(['alice']), tier(['rotation:week'])] },
    },
  ],
  [
    'calendars when none was read',
    {
      isOffline: true,
      responders: { bob: { ...BOB, calendar: 'bob.ics' } },
      rotations: { feed: { calendar: 'on-call.ics' } },
      urgent: { tiers: [tier(['rotation:feed']), tier(['bob'])] },
      calendars: { busyTimes: () => ({ times: [], fault: 'has not been read yet' }) },
    },
  ],
  [
    'a routine policy without a phone',
    { routine: { tiers: [tier(['alice'], ['email']), tier(['bob'], ['email'])] } },
  ],
])('has nothing against %s', (_, world) => {
  expect(check(world).map(brief)).toEqual([]);
});

test('names the hours of the week in which nobody is told in time, as far as they are few', () => {
  const faults = check({ organisation: { quietHours: [WHOLE_WEEK_BUT] } });
  expect(faults).toHaveLength(1);
  const [fault] = faults;
  expect(fault).toMatchObject({ severity: 'warning', path: ['sales', 'urgent'] });
  expect(fault?.what).toBe(
    'nobody is told within 15 min in these hours: ' +
      'Mon 23 Nov 10:00 to Tue 24 Nov 00:00 (up to 14 h), ' +
      'Tue 24 Nov 04:00 to Wed 25 Nov 00:00 (up to 20 h), ' +
      'Wed 25 Nov 04:00 to Thu 26 Nov 00:00 (up to 20 h), and 5 more',
  );
  expect(fault?.fix).toContain('npx baton coverage sales');
});

test('errors come before warnings, whichever file they are in', () => {
  const severities = check({
    teams: { spare: ['alice'] },
    urgent: { timeouts: 'working-hours', tiers: GOOD_TIERS },
  }).map(({ severity }) => severity);
  expect(severities).toEqual(['error', 'warning']);
});

test('a tier or step is at fault exactly when the engine never tells anybody by it', () => {
  const contact = fc.constantFrom(ALICE, CALLER, MAILER);
  const ids = ['ann', 'ben', 'cy'] as const;
  const ladder = fc.constantFrom(
    ['sms'],
    ['email'],
    ['sms', { email: '2m' }],
    ['email', { sms: '2m' }],
  );
  const notify = fc.uniqueArray(fc.constantFrom(...ids, 'team:all'), { minLength: 1 });
  fc.assert(
    fc.property(
      fc.tuple(contact, contact, contact),
      fc.array(fc.tuple(notify, ladder), { minLength: 1, maxLength: 3 }),
      (contacts, levels) => {
        const directory = directorySchema.parse({
          organisation: { timezone: 'America/New_York' },
          responders: Object.fromEntries(
            ids.map((id, index) => {
              const { phone, ...rest } = { phone: undefined, ...contacts[index] };
              return [id, { ...rest, ...(phone && { phone: `+1500555001${index}` }), name: id }];
            }),
          ),
          teams: { all: ids },
        });
        const policies = policiesSchema.parse({
          sales: {
            lastResort: { email: ['leads@example.com'] },
            routine: { tiers: levels.map(([who, how]) => tier(who, how)) },
          },
        });
        const agendas = new Agendas(directory, createSituation());
        const faults = checkOrganisation({ directory, policies }, agendas, { now: NOW });
        const found = faults
          .filter(({ what }) => /reaches nobody|never used/.test(what))
          .map(({ path }) => path.slice(2).join('.'));

        const policy = policies['sales'] && snapshotPolicy('sales', policies['sales'], ROUTINE);
        const expected = (policy?.tiers ?? []).flatMap((level, index) => {
          // One step at a time: a step that somebody does not have gives its place to the next.
          const isUsed = level.ladder.map(
            (step) => planTier(requestFor({ ...level, ladder: [step] }), agendas).people.length > 0,
          );
          if (!isUsed.includes(true)) return [`tiers.${index}.notify`];
          return isUsed.flatMap((used, step) => (used ? [] : [`tiers.${index}.ladder.${step}`]));
        });
        expect(found.sort()).toEqual(expected.sort());
      },
    ),
  );
});

const ROUTINE = { urgency: 'routine' } as const;

/** Returns what plans a tier when everybody may be told at any time. */
function requestFor(level: Pick<PlanRequest, 'notify' | 'ladder'>): PlanRequest {
  const at = new Date(NOW).toISOString();
  return { ...level, at, passed: [], later: [], lastsMs: 60_000 };
}

function rotation(responders: readonly string[], starts: string) {
  return { responders, every: '1 week', handover: 'mon 09:00', starts };
}
