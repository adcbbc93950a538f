import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Agendas } from '../../src/domain/availability/agenda.ts';
import { createSituation } from '../../src/domain/availability/situation.ts';
import { directorySchema } from '../../src/domain/directory.ts';
import { dryRun, type DryRun } from '../../src/domain/dry-run.ts';
import { planFirst } from '../../src/domain/first-plan.ts';
import type { Channel, EscalationPolicy, QuietRule, Timing } from '../../src/domain/policy.ts';
import { isMailbox, type HandoffInput, type NotificationOrder } from '../../src/domain/state.ts';
import { buildInput, buildTiming } from '../support/builders.ts';
import {
  contact,
  instant,
  scene,
  target,
  workingHours,
  zone,
  type Scene,
} from './availability/arbitraries.ts';
import {
  countWorking,
  DAY,
  HOUR,
  isContactClosed,
  listMeant,
  listReasons,
  MINUTE,
  type ContactText,
  type DirectoryText,
} from './availability/oracle.ts';
import { build, write } from './availability/world.ts';

const channel = fc.constantFrom<Channel>('sms', 'email');
const minutes = (max: number): fc.Arbitrary<number> =>
  fc.integer({ min: 1, max }).map((amount) => amount * MINUTE);

const ladder = fc
  .array(fc.record({ channel, afterMs: fc.oneof(fc.constant(0), minutes(120)) }), {
    minLength: 1,
    maxLength: 2,
  })
  .map(([first, ...rest]) => [{ channel: first?.channel ?? 'sms', afterMs: 0 }, ...rest]);

const rule = fc.constantFrom<QuietRule>('wait', 'wait', 'skip', 'skip', 'ignore');

/** Nobody is told anyway, except as the last resort. */
const timing: fc.Arbitrary<Timing> = fc.record({
  whenQuiet: fc.record({ sms: rule, email: rule }),
  whenTooLate: fc.constantFrom<QuietRule>('wait', 'skip'),
  whenNobodyAwake: fc.constantFrom<Timing['whenNobodyAwake']>('wait', 'last-resort'),
  timeouts: fc.constantFrom<Timing['timeouts']>('always', 'working-hours'),
});

const policy: fc.Arbitrary<EscalationPolicy> = fc
  .record({
    tiers: fc.array(
      fc.record({
        notify: fc.array(target, { minLength: 1, maxLength: 2 }),
        ladder,
        escalateAfterMs: minutes(360),
      }),
      { minLength: 1, maxLength: 3 },
    ),
    repeat: fc.nat(1),
    lastResort: fc.record({
      notify: fc.array(fc.oneof(target, fc.constant('mailto:leads@example.com')), {
        minLength: 1,
        maxLength: 2,
      }),
      ladder,
      remindEveryMs: fc.integer({ min: 6, max: 24 }).map((hours) => hours * HOUR),
    }),
    timing,
    expiresAfterMs: fc.integer({ min: 1, max: 72 }).map((hours) => hours * HOUR),
  })
  .map(({ tiers, ...rest }) => ({
    name: 'any',
    actWithinMs: 30 * MINUTE,
    tiers: tiers.map((tier, index) => ({ label: `tier ${index + 1}`, ...tier })),
    ...rest,
  }));

interface Case {
  readonly drawn: Scene;
  readonly lead: ContactText | undefined;
  readonly input: HandoffInput;
  readonly run: DryRun;
}

function forAllRuns(check: (found: Case) => void, { isEndless = true, numRuns = 60 } = {}): void {
  fc.assert(
    fc.property(
      scene({ isEndless }),
      contact,
      policy,
      fc.option(workingHours, { nil: undefined }),
      fc.option(fc.integer({ min: 1, max: 2_880 }), { nil: undefined }),
      (bare, lead, drawnPolicy, hours, dueAfter) => {
        const organisation = {
          ...bare.directory.organisation,
          ...(hours && { workingHours: hours }),
        };
        const drawn = { ...bare, directory: { ...bare.directory, organisation } };
        const submittedAt = new Date(drawn.at).toISOString();
        const input = buildInput({
          policy: drawnPolicy,
          handoff: {
            submittedAt,
            action: {
              do: 'Call Maria Lopez',
              outcomes: [],
              ...(lead && { contact: { name: 'Maria Lopez', ...lead } }),
              ...(dueAfter !== undefined && {
                dueAt: new Date(drawn.at + dueAfter * MINUTE).toISOString(),
              }),
            },
          },
        });
        check({ drawn, lead, input, run: dryRun(input, build(drawn)) });
      },
    ),
    { numRuns },
  );
}

/** Returns the rule for a message: the last resort waits where others are skipped. */
function ruleFor({ input }: Case, { channel: by, message }: NotificationOrder): QuietRule {
  const found = input.policy.timing?.whenQuiet[by] ?? 'ignore';
  return message.kind !== 'offer' && found === 'skip' ? 'wait' : found;
}

/** Says whether a reader was told within the hour before: at it still, they hear at once what became of it. */
function wasToldWithinHour({ run }: Case, reader: string, at: string): boolean {
  return run.notices.some(
    ({ at: earlier, order }) =>
      order.recipient === reader && earlier < at && Date.parse(at) < Date.parse(earlier) + HOUR,
  );
}

describe('random handoffs in random directories, near changes of clocks', () => {
  test('no message leaves at a moment that is quiet for its reader', () => {
    let checked = 0;
    forAllRuns(
      (found) => {
        const { drawn, lead, run } = found;
        for (const { at, order } of run.notices) {
          const { recipient, message } = order;
          const whenQuiet = ruleFor(found, order);
          if (isMailbox(recipient) || whenQuiet === 'ignore') continue;
          if (message.kind === 'stand-down' && wasToldWithinHour(found, recipient, at)) continue;
          checked += 1;
          const instant = Date.parse(at);
          const what = `${message.kind} to ${recipient} at ${at}`;
          expect([...listReasons(recipient, instant, drawn)], what).toEqual([]);
          if (message.kind !== 'offer' || whenQuiet !== 'wait') continue;
          const { timezone } = drawn.directory.organisation;
          expect(isContactClosed(lead, instant, timezone), what).toBe(false);
        }
      },
      { isEndless: false },
    );
    expect(checked).toBeGreaterThan(100);
  });

  test('one that was planned when it was submitted goes as one that asks for its plan', () => {
    forAllRuns(({ drawn, input, run }) => {
      const agendas = build(drawn);
      const plan = planFirst(input, agendas);
      expect(plan).toBeDefined();
      expect(dryRun({ ...input, ...(plan && { plan }) }, agendas)).toEqual(run);
    });
  });

  test('it expires on time, and whoever is its last resort hears of it as soon as they can', () => {
    forAllRuns(({ drawn, input, run: { notices, state } }) => {
      expect(state.status).toBe('expired');
      expect(state.ending?.at).toBe(state.expiresAt);
      expect(state.stage).toMatchObject({ kind: 'announcement', planned: true });
      const announced = notices.filter(({ order }) => order.message.kind === 'expired');
      const { notify, ladder: steps } = input.policy.lastResort;
      const hasSomebodyAt = (instantMs: number): boolean =>
        notify.some((name) => {
          if (isMailbox(name)) return true;
          return listMeant([name], instantMs, drawn).some((id) => {
            const person = drawn.directory.responders[id];
            return steps.some(({ channel: by }) => (by === 'sms' ? person?.phone : person?.email));
          });
        });
      // Who is meant may change while the announcement waits, to somebody without an address.
      const tries = state.timeline.map(({ at }) => at).filter((at) => at >= state.expiresAt);
      if (tries.every((at) => hasSomebodyAt(Date.parse(at)))) expect(announced).not.toEqual([]);
    });
  });

  test('time only goes on, no wait has passed when it is written down, and every entry says why', () => {
    forAllRuns(({ run: { notices, state } }) => {
      const times = state.timeline.map(({ at }) => Date.parse(at));
      expect(times).toEqual([...times].sort((one, other) => one - other));
      const sent = notices.map(({ at }) => Date.parse(at));
      expect(sent).toEqual([...sent].sort((one, other) => one - other));
      for (const { because } of state.timeline) {
        expect(because).not.toMatch(/^\s*$|undefined|null|NaN|Invalid/);
      }
    });
  });

  test('with nobody and nothing changing, what was planned as right is right when it is sent', () => {
    forAllRuns(({ run: { state } }) => {
      const held = state.timeline
        .filter(({ what }) => what === 'held')
        .map(({ because }) => because)
        // Nobody plans a stand-down.
        .filter((because) => !because.startsWith('stand-down'));
      expect(held).toEqual([]);
    });
  });
});

describe('working hours', () => {
  test('every step and tier comes when so many working minutes have passed', () => {
    const minute = fc.integer({ min: 1, max: 120 });
    const drawn = fc.record({
      at: instant,
      timezone: zone,
      hours: workingHours,
      holiday: fc.nat(3),
    });
    fc.assert(
      fc.property(drawn, minute, minute, ({ at, timezone, hours, holiday }, step, extra) => {
        const reach = { phone: '+15005550010', email: 'a@example.com', quietHours: [] };
        const directory: DirectoryText = {
          organisation: {
            timezone,
            workingHours: hours,
            holidays: [new Date(at + holiday * DAY).toISOString().slice(0, 10)],
          },
          responders: {
            alice: { name: 'Alice', ...reach },
            bob: { name: 'Bob', ...reach, phone: '+15005550011' },
            carol: { name: 'Carol', ...reach, phone: '+15005550012' },
          },
        };
        const steps = [
          { channel: 'sms', afterMs: 0 },
          { channel: 'email', afterMs: step * MINUTE },
        ] as const;
        const escalateAfterMs = (step + extra) * MINUTE;
        const input = buildInput({
          handoff: { submittedAt: new Date(at).toISOString() },
          policy: {
            timing: buildTiming('skip', { timeouts: 'working-hours' }),
            tiers: ['alice', 'bob'].map((id) => ({
              ...{ label: `tier of ${id}`, notify: [id], ladder: steps, escalateAfterMs },
            })),
            expiresAfterMs: 60 * DAY,
          },
        });
        const agendas = build({ at, directory, now: { meetings: {}, absences: {} } });
        const { notices } = dryRun(input, agendas, (sent) => sent.length === 5);
        const second = countWorking(directory, at, step + extra);

        expect(notices.map((notice) => write(Date.parse(notice.at)))).toEqual(
          [
            at,
            countWorking(directory, at, step),
            second,
            countWorking(directory, second, step),
            countWorking(directory, second, step + extra),
          ].map(write),
        );
      }),
      { numRuns: 40 },
    );
  });
});

describe('a night', () => {
  const night = { quietHours: [{ from: '20:00', to: '08:00' }] };
  const directory = directorySchema.parse({
    organisation: { timezone: 'America/New_York' },
    responders: {
      alice: { name: 'Alice Ng', phone: '+15005550010', ...night },
      bob: { name: 'Bob Diaz', phone: '+15005550011', ...night, timezone: 'Europe/London' },
      carol: { name: 'Carol Okafor', phone: '+15005550012', ...night },
    },
  });
  const agendas = new Agendas(directory, createSituation());

  /** Lists the first messages of a handoff of an instant: `2026-11-23T13:00 offer to bob`. */
  function list(at: string, rules: Timing, count: number): string[] {
    const input = buildInput({
      policy: { timing: rules },
      handoff: {
        submittedAt: `${at}:00.000Z`,
        action: { do: 'Call Maria Lopez', outcomes: [] },
      },
    });
    return dryRun(input, agendas)
      .notices.slice(0, count)
      .map(
        ({ at: when, order }) =>
          `${write(Date.parse(when))} ${order.message.kind} to ${order.recipient}`,
      );
  }

  test('is slept through, and the next tier waits for its own people', () => {
    expect(list('2026-11-24T02:00', buildTiming('wait'), 3)).toEqual([
      '2026-11-24T13:00 offer to alice',
      '2026-11-24T13:05 offer to bob',
      '2026-11-24T13:10 last-resort to carol',
    ]);
  });

  test('passes the sleeping over, and the last resort is waited for all the same', () => {
    expect(list('2026-11-24T09:00', buildTiming('skip'), 2)).toEqual([
      '2026-11-24T09:00 offer to bob',
      '2026-11-24T13:00 last-resort to carol',
    ]);
  });

  test('when all sleep, whoever wakes first is waited for', () => {
    expect(list('2026-11-24T02:00', buildTiming('skip'), 2)).toEqual([
      '2026-11-24T08:00 offer to bob',
      '2026-11-24T13:00 last-resort to carol',
    ]);
  });

  test('means nothing where it is ignored', () => {
    expect(list('2026-11-24T02:00', buildTiming('ignore'), 3)).toEqual([
      '2026-11-24T02:00 offer to alice',
      '2026-11-24T02:05 offer to bob',
      '2026-11-24T02:10 last-resort to carol',
    ]);
  });

  test('means nothing when all sleep and the policy says to tell them anyway', () => {
    expect(list('2026-11-24T02:00', buildTiming('skip', { whenNobodyAwake: 'ignore' }), 1)).toEqual(
      ['2026-11-24T02:00 offer to alice'],
    );
  });

  test('in which clocks change ends by the clock on the wall', () => {
    const spring = list('2026-03-08T03:00', buildTiming('wait'), 1);
    const autumn = list('2026-11-01T03:00', buildTiming('wait'), 1);

    expect([...spring, ...autumn]).toEqual([
      '2026-03-08T12:00 offer to alice',
      '2026-11-01T13:00 offer to alice',
    ]);
  });
});

test('a run can be stopped as soon as enough is known', () => {
  const drawn: Scene = {
    at: Date.parse('2026-11-23T15:00Z'),
    directory: {
      organisation: { timezone: 'UTC' },
      responders: {
        alice: { name: 'Alice', phone: '+15005550010' },
        bob: { name: 'Bob', phone: '+15005550011' },
        carol: { name: 'Carol', phone: '+15005550012' },
      },
    },
    now: { meetings: {}, absences: {} },
  };
  const { notices, state } = dryRun(buildInput(), build(drawn), (sent) => sent.length === 2);

  expect(notices.map(({ order }) => order.recipient)).toEqual(['alice', 'bob']);
  expect(state.ending).toBeUndefined();
  expect(Date.parse(state.expiresAt) - drawn.at).toBe(7 * DAY);
});
