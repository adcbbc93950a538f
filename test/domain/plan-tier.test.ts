import { describe, expect, test } from 'vitest';
import { Agendas } from '../../src/domain/availability/agenda.ts';
import {
  createSituation,
  type Absence,
  type BusyTime,
} from '../../src/domain/availability/situation.ts';
import { directorySchema } from '../../src/domain/directory.ts';
import { instantAfter } from '../../src/domain/duration.ts';
import { planTier } from '../../src/domain/plan-tier.ts';
import type { LadderStep } from '../../src/domain/policy.ts';
import type { PlanRequest, TierPlan } from '../../src/domain/state.ts';
import { buildTiming } from '../support/builders.ts';
import { countWorking } from './availability/oracle.ts';

const MINUTE = 60_000;

const directory = directorySchema.parse({
  organisation: { timezone: 'America/New_York' },
  responders: {
    alice: { name: 'Alice Ng', phone: '+15005550010', email: 'alice@example.com' },
    bob: { name: 'Bob Diaz', phone: '+15005550011' },
    carol: { name: 'Carol Okafor', email: 'carol@example.com' },
  },
  teams: { sales: ['alice', 'bob'], mail: ['carol'] },
});

/** Reads `sms email@2` as a ladder: SMS at once, email after two minutes. */
function ladder(text: string): LadderStep[] {
  return text.split(' ').map((step) => {
    const [channel, minutes = '0'] = step.split('@');
    return { channel: channel === 'sms' ? 'sms' : 'email', afterMs: Number(minutes) * MINUTE };
  });
}

const plan = (changes: Partial<PlanRequest>) =>
  planTier(
    {
      at: '2026-11-23T15:00:00.000Z',
      notify: ['alice'],
      ladder: ladder('sms'),
      passed: [],
      later: [],
      lastsMs: 5 * MINUTE,
      ...changes,
    },
    new Agendas(directory, createSituation()),
  );

describe('planTier', () => {
  test('takes names, teams and mailboxes, each once and in order', () => {
    const notify = ['bob', 'team:sales', 'mailto:leads@example.com', 'bob'];

    expect(plan({ notify }).people.map(({ recipient, name }) => [recipient, name])).toEqual([
      ['bob', 'Bob Diaz'],
      ['alice', 'Alice Ng'],
      ['mailto:leads@example.com', 'leads@example.com'],
    ]);
  });

  test.each([
    // Everybody can be reached both ways: as written.
    ['alice', 'sms email@2', 'sms email@2'],
    // A missing channel costs no minute: the next step takes its time.
    ['carol', 'sms email@2', 'email'],
    ['bob', 'email sms@60', 'sms'],
    ['bob', 'email@5 sms@60', 'sms@5'],
    ['bob', 'email email@1 sms@60', 'sms'],
    // Only the next one moves up.
    ['bob', 'email sms@10 sms@20', 'sms sms@20'],
    ['bob', 'sms email@2 sms@4', 'sms sms@2'],
    // A later step is never put off by one that stood behind it.
    ['bob', 'email@5 sms@1', 'sms@1'],
    // A missing last step is just left out.
    ['bob', 'sms email@2', 'sms'],
    // A mailbox gets one email at once, whatever the ladder says.
    ['mailto:leads@example.com', 'sms sms@5', 'email'],
  ])('%s on the ladder %j: %j', (recipient, written, kept) => {
    expect(plan({ notify: [recipient], ladder: ladder(written) })).toMatchObject({
      people: [{ recipient, steps: ladder(kept) }],
      skipped: [],
    });
  });

  test.each<[string, Partial<PlanRequest>, string, string]>([
    ['has not the channel', { notify: ['carol'] }, 'carol', 'Carol Okafor has no sms'],
    [
      'has not the channel of any step',
      { notify: ['carol'], ladder: ladder('sms sms@5') },
      'carol',
      'Carol Okafor has no sms',
    ],
    ['is gone', { notify: ['erin'] }, 'erin', 'erin is not in the directory'],
    ['was never there', { notify: ['constructor'] }, 'constructor', 'constructor is not in the'],
    ['said "not me"', { passed: ['alice'] }, 'alice', 'Alice Ng passed it on before'],
  ])('leaves out who %s, and says so', (_who, request, responder, because) => {
    expect(plan(request)).toEqual({
      people: [],
      skipped: [{ responder, because: expect.stringContaining(because) as string }],
    });
  });

  test.each([
    ['team:gone', 'team gone is not in the directory'],
    ['team:constructor', 'team constructor is not in the directory'],
    ['team:', 'team  is not in the directory'],
    ['rotation:gone', 'rotation gone is not in the directory'],
  ])('%j means nobody, and says so', (target, because) => {
    expect(plan({ notify: [target] })).toEqual({
      people: [],
      skipped: [{ responder: target, because }],
    });
  });

  test('changes nothing of what it is given', () => {
    const request = Object.freeze({
      notify: Object.freeze(['team:sales']),
      ladder: Object.freeze(ladder('email sms@5').map((step) => Object.freeze(step))),
      passed: Object.freeze([]),
    });

    expect(plan(request)).toEqual(plan(request));
  });
});

/** Monday 23 November 2026, 22:00 in New York and 03:00 on Tuesday in London. */
const NIGHT = '2026-11-24T03:00:00.000Z';
const BED = { quietHours: [{ from: '20:00', to: '08:00' }] };

interface Surroundings {
  readonly alice?: object;
  readonly bob?: object;
  readonly absences?: Readonly<Record<string, Absence>>;
  readonly busy?: readonly BusyTime[];
  readonly organisation?: object;
}

/** Plans at night: alice sleeps until 13:00Z, bob in London until 08:00Z, carol is always there. */
function planAtNight(changes: Partial<PlanRequest>, around: Surroundings = {}): TierPlan {
  const { alice, bob, absences, busy = [], organisation } = around;
  const parsed = directorySchema.parse({
    organisation: { timezone: 'America/New_York', ...organisation },
    responders: {
      alice: {
        ...{ name: 'Alice Ng', phone: '+15005550010', email: 'alice@example.com' },
        ...BED,
        ...alice,
      },
      bob: {
        ...{ name: 'Bob Diaz', phone: '+15005550011', timezone: 'Europe/London' },
        ...BED,
        ...bob,
      },
      carol: { name: 'Carol Okafor', email: 'carol@example.com', phone: '+15005550012' },
    },
    teams: { sales: ['alice', 'bob'] },
  });
  const calendars = {
    busyTimes: (id: string) => ({ times: id === 'carol' ? busy : [] }),
    shifts: () => ({ times: [] }),
  };
  return planTier(
    {
      at: NIGHT,
      notify: ['alice'],
      ladder: ladder('sms'),
      passed: [],
      later: [],
      lastsMs: 5 * MINUTE,
      ...changes,
    },
    new Agendas(parsed, createSituation(calendars, absences)),
  );
}

const CAROL = { notify: ['carol'], ladder: ladder('sms') };
const BOB = { notify: ['bob'], ladder: ladder('sms') };
const AWAY = { from: '2026-11-20', until: '2026-11-30' };
const at = (time: string): string => `2026-11-24T${time}:00.000Z`;
const ids = ({ people }: TierPlan): string[] => people.map(({ recipient }) => recipient);

describe('somebody who sleeps', () => {
  test('is waited for under wait, though the next tier is awake', () => {
    expect(planAtNight({ timing: buildTiming('wait'), later: [CAROL] })).toEqual({
      people: [],
      skipped: [],
      notBefore: {
        at: at('13:00'),
        because: 'quiet hours: Alice Ng until Tue 08:00 (America/New_York)',
      },
    });
  });

  test('is told later than those who do not', () => {
    const timing = buildTiming('wait');
    const plan = planAtNight({ timing, notify: ['alice', 'carol'], ladder: ladder('sms email@5') });

    expect(plan.notBefore).toBeUndefined();
    expect(plan.people).toMatchObject([
      {
        recipient: 'alice',
        steps: [{ notBefore: at('13:00') }, { afterMs: 5 * MINUTE, notBefore: at('13:00') }],
      },
      { recipient: 'carol', steps: ladder('sms email@5') },
    ]);
  });

  test('is passed over under skip', () => {
    const plan = planAtNight({ timing: buildTiming('skip'), notify: ['alice', 'carol'] });

    expect(ids(plan)).toEqual(['carol']);
    expect(plan.skipped).toEqual([
      {
        responder: 'alice',
        because: 'quiet hours: Alice Ng until Tue 08:00 (America/New_York)',
      },
    ]);
  });

  test('is told under ignore, and when no policy says how to treat the moment', () => {
    expect(ids(planAtNight({ timing: buildTiming('ignore') }))).toEqual(['alice']);
    expect(ids(planAtNight({}))).toEqual(['alice']);
  });

  test('gets the email that wakes nobody, where the channels differ', () => {
    const timing = { ...buildTiming('wait'), whenQuiet: { sms: 'wait', email: 'ignore' } as const };
    const plan = planAtNight({ timing, ladder: ladder('sms email@5') });

    expect(plan.people).toMatchObject([
      {
        recipient: 'alice',
        steps: [
          { channel: 'sms', notBefore: at('13:00') },
          { channel: 'email', afterMs: 5 * MINUTE },
        ],
      },
    ]);
    expect(plan.people[0]?.steps[1]).not.toHaveProperty('notBefore');
  });

  test('has the time of a step that is skipped taken by the next', () => {
    const timing = { ...buildTiming('skip'), whenQuiet: { sms: 'skip', email: 'ignore' } as const };

    expect(planAtNight({ timing, ladder: ladder('sms email@5') }).people).toMatchObject([
      { recipient: 'alice', steps: ladder('email') },
    ]);
  });
});

describe('nobody can be told', () => {
  const both = { notify: ['team:sales'] };

  test('under skip the next tier is asked at once, if anybody of it or of a later one is awake', () => {
    const timing = buildTiming('skip');

    expect(planAtNight({ ...both, timing, later: [CAROL] })).toMatchObject({ people: [] });
    expect(planAtNight({ ...both, timing, later: [CAROL] }).notBefore).toBeUndefined();
    expect(planAtNight({ timing, later: [BOB, CAROL] }).notBefore).toBeUndefined();
  });

  test('whoever wakes first is waited for, also one of a later tier', () => {
    const because = 'nobody can be told before: quiet hours: Bob Diaz until 08:00 (Europe/London)';

    for (const request of [both, { later: [BOB] }]) {
      const plan = planAtNight({ ...request, timing: buildTiming('skip') });
      expect(plan.notBefore).toEqual({ at: at('08:00'), because });
    }
  });

  test('everybody of the tier is told anyway where the policy says so; who is left out is named', () => {
    const timing = buildTiming('skip', { whenNobodyAwake: 'ignore' });
    const plan = planAtNight({ notify: ['alice', 'bob'], passed: ['bob'], timing });

    expect(plan).toEqual({
      people: [
        {
          recipient: 'alice',
          name: 'Alice Ng',
          steps: [{ channel: 'sms', afterMs: 0, anyway: true }],
        },
      ],
      skipped: [{ responder: 'bob', because: 'Bob Diaz passed it on before' }],
    });
  });

  test('the last resort is asked where the policy says so', () => {
    const timing = buildTiming('skip', { whenNobodyAwake: 'last-resort' });

    expect(planAtNight({ ...both, timing })).toMatchObject({
      people: [],
      toLastResort: 'nobody of any tier can be told now',
    });
  });
});

describe('a wait that passes the deadline', () => {
  const request = { deadline: at('04:00'), later: [CAROL] };

  test.each([
    ['at the deadline', at('13:00'), ', after the deadline'],
    ['before it', at('13:01'), ''],
  ])('says so, and not when it ends %s', (_when, deadline, late) => {
    const plan = planAtNight({ timing: buildTiming('wait'), deadline });

    expect(plan.notBefore?.because).toBe(
      `quiet hours: Alice Ng until Tue 08:00 (America/New_York)${late}`,
    );
  });

  test('is not made where the policy says to tell them all the same', () => {
    const timing = buildTiming('wait', { whenTooLate: 'ignore' });

    expect(planAtNight({ ...request, timing }).people).toMatchObject([
      { recipient: 'alice', steps: [{ anyway: true }] },
    ]);
  });

  test('is not made where the policy says to ask others', () => {
    const timing = buildTiming('wait', { whenTooLate: 'skip' });
    const plan = planAtNight({ ...request, timing });

    expect(plan).toMatchObject({ people: [], skipped: [{ responder: 'alice' }] });
    expect(plan.notBefore).toBeUndefined();
  });

  test('under skip is made or not by the same rule', () => {
    const late = { deadline: at('04:00') };
    const wait = planAtNight({ ...late, timing: buildTiming('skip') });
    const tell = planAtNight({ ...late, timing: buildTiming('skip', { whenTooLate: 'ignore' }) });

    expect(wait.notBefore?.because).toMatch(/^nobody can be told before: .*, after the deadline$/);
    expect(tell.people).toMatchObject([{ recipient: 'alice', steps: [{ anyway: true }] }]);
  });
});

describe('somebody who is away', () => {
  const timing = buildTiming('wait');

  test('is not waited for: the next tier is asked', () => {
    const plan = planAtNight({ timing, later: [CAROL] }, { alice: { away: [AWAY] } });

    expect(plan).toEqual({
      people: [],
      skipped: [
        {
          responder: 'alice',
          because: 'away, then quiet hours: Alice Ng until 30 Nov 08:00 (America/New_York)',
        },
      ],
    });
  });

  test('is told all the same where the rule is ignore', () => {
    const rule = { timing: buildTiming('ignore') };

    expect(ids(planAtNight(rule, { alice: { away: [AWAY] } }))).toEqual(['alice']);
  });

  test('and back before the others wake is told then', () => {
    const back = { absences: { bob: { since: at('00:00'), until: at('04:00') } } };
    const plan = planAtNight(
      { timing, notify: ['alice', 'bob'] },
      { ...back, bob: { quietHours: [] } },
    );

    expect(plan.notBefore).toEqual({
      at: at('04:00'),
      because: 'away: Bob Diaz until 04:00 (Europe/London)',
    });
  });

  test('has a cover, who has a cover: the last is told, and it says for whom', () => {
    const plan = planAtNight(
      { timing },
      {
        alice: { away: [{ ...AWAY, cover: 'bob' }] },
        absences: { bob: { since: at('00:00'), cover: 'carol' } },
      },
    );

    expect(plan).toEqual({
      people: [
        {
          recipient: 'carol',
          name: 'Carol Okafor',
          steps: ladder('sms'),
          because: 'covers for Alice Ng, who is away',
        },
      ],
      skipped: [{ responder: 'alice', because: 'Alice Ng is away: Carol Okafor covers' }],
    });
  });

  test('whose covers go round is asked themselves, and passed over', () => {
    const plan = planAtNight(
      { timing, later: [CAROL] },
      {
        alice: { away: [{ ...AWAY, cover: 'bob' }] },
        bob: { away: [{ ...AWAY, cover: 'alice' }] },
      },
    );

    expect(plan).toMatchObject({ people: [], skipped: [{ responder: 'alice' }] });
  });

  test('and covered by somebody of the tier has them told once', () => {
    const around = { alice: { away: [{ ...AWAY, cover: 'carol' }] } };

    expect(ids(planAtNight({ timing, notify: ['alice', 'carol'] }, around))).toEqual(['carol']);
  });

  test('and nobody knows until when is not waited for, unless nobody comes after: then told anyway', () => {
    const around = { absences: { alice: { since: at('00:00') } } };
    const early = planAtNight({ timing }, around);
    const last = planAtNight({ timing, isLast: true }, around);

    expect(early).toMatchObject({ people: [], skipped: [{ responder: 'alice' }] });
    expect(early.notBefore).toBeUndefined();
    expect(last.people).toMatchObject([{ recipient: 'alice', steps: [{ anyway: true }] }]);
  });

  test('is waited for by the last resort when it is known until when', () => {
    const plan = planAtNight({ timing, isLast: true }, { alice: { away: [AWAY] } });

    // Back on Monday at midnight, and up at eight.
    expect(plan.notBefore?.at).toBe('2026-11-30T13:00:00.000Z');
  });
});

describe('the hours of the contact', () => {
  const contact = { name: 'Maria Lopez', hours: '08:00-20:00', timezone: 'America/Los_Angeles' };

  test('are waited for with those of the person, under wait', () => {
    const plan = planAtNight({ timing: buildTiming('wait'), contact, at: at('04:30') });

    expect(plan.notBefore).toEqual({
      at: at('16:00'),
      because: `the contact's hours: Alice Ng until Tue 11:00 (America/New_York)`,
    });
  });

  test('hold nobody up under skip', () => {
    const plan = planAtNight({ timing: buildTiming('skip'), contact, ...CAROL, at: at('04:30') });

    expect(ids(plan)).toEqual(['carol']);
  });
});

test('a meeting is waited out, or passed over', () => {
  const busy = [
    { kind: 'busy', from: Date.parse(at('02:30')), until: Date.parse(at('03:45')) },
  ] as const;

  expect(planAtNight({ ...CAROL, timing: buildTiming('wait') }, { busy }).notBefore).toEqual({
    at: at('03:45'),
    because: 'a meeting: Carol Okafor until 22:45 (America/New_York)',
  });
  expect(
    planAtNight({ ...CAROL, timing: buildTiming('skip'), later: [BOB] }, { busy }),
  ).toMatchObject({ people: [], skipped: [{ responder: 'carol' }] });
});

describe('working hours', () => {
  const organisation = { workingHours: [{ days: 'mon-fri', from: '09:00', to: '17:00' }] };
  const timing = buildTiming('ignore', { timeouts: 'working-hours' });
  const hours = (amount: number): number => amount * 60 * MINUTE;

  test('the plan says when timeouts stand still', () => {
    const plan = planAtNight({ timing, lastsMs: hours(4) }, { organisation });

    expect(plan.pauses?.slice(0, 2)).toEqual([
      { from: NIGHT, until: at('14:00') },
      { from: at('22:00'), until: '2026-11-25T14:00:00.000Z' },
    ]);
  });

  test('for as long as the tier can last, its clock starting with its last step', () => {
    // Friday at noon: five hours are left of the week.
    const friday = '2026-11-27T17:00:00.000Z';
    const house = { timezone: 'America/New_York', ...organisation };
    for (const lasts of [4, 8, 16, 40]) {
      const plan = planAtNight({ timing, at: friday, lastsMs: hours(lasts) }, { organisation });
      const end = instantAfter(friday, hours(2 * lasts), plan.pauses);
      const counted = countWorking(
        { organisation: house, responders: {} },
        Date.parse(friday),
        2 * lasts * 60,
      );

      expect(Date.parse(end), `${lasts} h`).toBe(counted);
    }
  });

  test.each([
    ['the policy counts every minute', { ...timing, timeouts: 'always' as const }, organisation],
    ['the organisation has none', timing, {}],
  ])('there are no pauses where %s', (_why, rules, house) => {
    expect(planAtNight({ timing: rules }, { organisation: house })).not.toHaveProperty('pauses');
  });
});
