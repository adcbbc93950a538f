import fc from 'fast-check';
import { expect, test } from 'vitest';
import { planTier } from '../../../src/domain/plan-tier.ts';
import type { Channel, LadderStep, QuietRule, Timing } from '../../../src/domain/policy.ts';
import type { PlannedStep, PlanRequest, TierPlan } from '../../../src/domain/state.ts';
import { contact, scene, target, type Scene } from './arbitraries.ts';
import {
  DAY,
  findFree,
  isContactClosed,
  listMeant,
  listReasons,
  MINUTE,
  type ContactText,
} from './oracle.ts';
import { build, write } from './world.ts';

const rule = fc.constantFrom<QuietRule>('wait', 'skip', 'ignore');

/** SMS or email at once, and up to two more steps. */
const ladder: fc.Arbitrary<LadderStep[]> = fc
  .array(
    fc.record({
      channel: fc.constantFrom<Channel>('sms', 'email'),
      afterMs: fc.integer({ min: 0, max: 12 }).map((tens) => tens * 10 * MINUTE),
    }),
    { minLength: 1, maxLength: 3 },
  )
  .map(([first, ...rest]) => [{ channel: first?.channel ?? 'sms', afterMs: 0 }, ...rest]);

const notified = fc.record({ notify: fc.array(target, { minLength: 1, maxLength: 3 }), ladder });

interface Case {
  readonly drawn: Scene;
  readonly request: PlanRequest & { readonly timing: Timing };
  readonly lead: ContactText | undefined;
  readonly plan: TierPlan;
}

interface Draw {
  readonly rules?: fc.Arbitrary<Timing['whenQuiet']>;
  readonly timing?: Partial<Timing>;
  readonly isEndless?: boolean;
  readonly numRuns?: number;
}

/** Checks the plans of tiers of random directories, near changes of clocks. */
function forAllPlans(
  check: (planned: Case) => void,
  { rules, timing = {}, isEndless = true, numRuns = 100 }: Draw = {},
): void {
  fc.assert(
    fc.property(
      scene({ isEndless }),
      contact,
      notified,
      fc.array(notified, { maxLength: 2 }),
      rules ?? fc.record({ sms: rule, email: rule }),
      fc.record({
        whenTooLate: rule,
        whenNobodyAwake: fc.constantFrom<Timing['whenNobodyAwake']>(
          'wait',
          'ignore',
          'last-resort',
        ),
        isLast: fc.boolean(),
        deadline: fc.option(fc.integer({ min: 1, max: 1_440 }), { nil: undefined }),
        passed: fc.constantFrom<string[]>([], [], ['alice'], ['bob']),
      }),
      (drawn, lead, tier, later, whenQuiet, { isLast, deadline, passed, ...rest }) => {
        const request: Case['request'] = {
          at: new Date(drawn.at).toISOString(),
          ...tier,
          later: isLast ? [] : later,
          isLast,
          passed,
          lastsMs: 4 * 3_600_000,
          timing: { whenQuiet, timeouts: 'always', ...rest, ...timing },
          ...(lead && { contact: { name: 'Maria', ...lead } }),
          ...(deadline !== undefined && {
            deadline: new Date(drawn.at + deadline * MINUTE).toISOString(),
          }),
        };
        check({ drawn, request, lead, plan: planTier(request, build(drawn)) });
      },
    ),
    { numRuns },
  );
}

/** Returns whether the oracle calls an instant a wrong one for a message to somebody. */
function isWrong(
  { drawn, lead, request }: Case,
  id: string,
  channel: Channel,
  at: number,
): boolean {
  const whenQuiet = request.timing.whenQuiet[channel];
  if (whenQuiet === 'ignore') return false;
  const fallback = drawn.directory.organisation.timezone;
  return (
    listReasons(id, at, drawn).size > 0 ||
    (whenQuiet === 'wait' && isContactClosed(lead, at, fallback))
  );
}

function listSteps(plan: TierPlan): { id: string; step: PlannedStep }[] {
  return plan.people.flatMap(({ recipient, steps }) =>
    steps.map((step) => ({ id: recipient, step })),
  );
}

/** Returns the channels of a ladder that somebody has; whoever nobody comes after is told by what they have. */
function listChannels({ drawn, request }: Case, id: string, steps: readonly LadderStep[]) {
  const person = drawn.directory.responders[id];
  const has = (channel: Channel): boolean =>
    (channel === 'sms' ? person?.phone : person?.email) !== undefined;
  const own = steps.map(({ channel }) => channel).filter(has);
  if (own.length > 0 || !request.isLast) return own;
  return (['sms', 'email'] as const).filter(has).slice(0, 1);
}

test('nobody is told at a wrong moment, and each wait of a step ends at the first right one', () => {
  forAllPlans((planned) => {
    const { drawn, request, plan } = planned;
    for (const { id, step } of listSteps(plan)) {
      if (step.anyway) continue;
      const due = drawn.at + step.afterMs;
      const isWrongAt = (at: number): boolean => isWrong(planned, id, step.channel, at);
      const told = step.notBefore === undefined ? due : Date.parse(step.notBefore);
      const first = findFree(due, isWrongAt);

      expect(write(told), `${step.channel} to ${id}`).toBe(write(first));
      if (request.timing.whenQuiet[step.channel] !== 'wait') expect(step.notBefore).toBeUndefined();
    }
  });
});

test('a step is taken whatever the moment only where the policy says so', () => {
  forAllPlans((planned) => {
    const { drawn, request, plan } = planned;
    const { whenQuiet, whenTooLate, whenNobodyAwake } = request.timing;
    for (const { id, step } of listSteps(plan)) {
      if (!step.anyway) continue;
      expect(whenQuiet[step.channel]).not.toBe('ignore');
      if (whenNobodyAwake === 'ignore' || request.isLast) continue;
      const due = drawn.at + step.afterMs;
      const first = findFree(due, (at) => isWrong(planned, id, step.channel, at)) ?? Infinity;
      expect(whenTooLate).toBe('ignore');
      expect(first).toBeGreaterThanOrEqual(Date.parse(request.deadline ?? 'none'));
    }
  });
});

test('whoever is free at once is told at once: nobody is lost', () => {
  forAllPlans((planned) => {
    const { drawn, request, plan } = planned;
    for (const id of listMeant(request.notify, drawn.at, drawn)) {
      const [channel] = listChannels(planned, id, request.ladder);
      if (channel === undefined || request.passed.includes(id)) continue;
      if (isWrong(planned, id, channel, drawn.at)) continue;
      const found = plan.people.find(({ recipient }) => recipient === id);
      expect(found?.steps[0], id).toEqual({ channel, afterMs: 0 });
    }
  });
});

test('everybody who is meant is told, waited for, or skipped with a reason', () => {
  forAllPlans(({ drawn, request, plan }) => {
    for (const id of listMeant(request.notify, drawn.at, drawn)) {
      const isTold = plan.people.some(({ recipient }) => recipient === id);
      const isSkipped = plan.skipped.some(({ responder }) => responder === id);
      if (plan.notBefore && plan.people.length === 0) continue;
      expect(isTold || isSkipped, id).toBe(true);
    }
  });
});

test('under skip only those who are awake are told, and nobody waits while anybody is', () => {
  const both = fc.constant({ sms: 'skip', email: 'skip' } as const);
  const timing = { whenNobodyAwake: 'wait', whenTooLate: 'wait' } as const;
  forAllPlans(
    (planned) => {
      const { drawn, request, plan } = planned;
      const isAwake = (id: string, steps: readonly LadderStep[]): boolean =>
        !request.passed.includes(id) &&
        listChannels(planned, id, steps).length > 0 &&
        listReasons(id, drawn.at, drawn).size === 0;
      const awake = [request, ...request.later].map(({ notify, ladder: steps }) =>
        listMeant(notify, drawn.at, drawn).filter((id) => isAwake(id, steps)),
      );
      if (listSteps(plan).some(({ step }) => step.anyway)) {
        expect(request.isLast).toBe(true);
        expect(awake.flat()).toEqual([]);
        return;
      }
      expect(plan.people.map(({ recipient }) => recipient).sort()).toEqual(awake[0]?.sort());
      if (plan.notBefore) expect(awake.flat()).toEqual([]);
    },
    { rules: both, timing },
  );
});

test.each(['wait', 'skip'] as const)(
  'when nobody can be told, under %s it sleeps until the first minute at which somebody can be',
  (whenQuiet) => {
    const both = fc.constant({ sms: whenQuiet, email: whenQuiet });
    const timing = { whenNobodyAwake: 'wait', whenTooLate: 'wait' } as const;
    let sleeps = 0;
    forAllPlans(
      (planned) => {
        const { drawn, request, plan } = planned;
        if (!plan.notBefore) return;
        sleeps += 1;
        const until = Date.parse(plan.notBefore.at);
        expect(until).toBeGreaterThan(drawn.at);
        const tiers = [request, ...request.later];
        const isSomebodyFree = (at: number): boolean =>
          tiers.some(({ notify, ladder: steps }) =>
            // Whom it waits for are those meant at the moment of planning.
            listMeant(notify, drawn.at, drawn).some(
              (id) =>
                !request.passed.includes(id) &&
                listChannels(planned, id, steps).some(
                  (channel) => !isWrong(planned, id, channel, at),
                ),
            ),
          );
        // Under wait the people of this tier are waited for, though a later tier may be awake.
        expect(isSomebodyFree(until)).toBe(true);
        if (whenQuiet === 'skip' || request.later.length === 0) {
          const expected = findFree(drawn.at, (at) => !isSomebodyFree(at), 9 * DAY);
          expect(write(until)).toBe(write(expected));
        }
      },
      { rules: both, timing, isEndless: false, numRuns: 150 },
    );
    expect(sleeps).toBeGreaterThan(10);
  },
);

test('a tier gives way only to one that can tell somebody, or when it is known of nobody when they can be told', () => {
  forAllPlans(
    (planned) => {
      const { drawn, request, plan } = planned;
      if (plan.people.length > 0 || plan.notBefore) return;
      const tiers = [request, ...request.later].map(({ notify, ladder: steps }) =>
        listMeant(notify, drawn.at, drawn)
          .filter((id) => !request.passed.includes(id))
          .flatMap((id) => listChannels(planned, id, steps).map((channel) => ({ id, channel }))),
      );
      const canBeTold = (ways: readonly { id: string; channel: Channel }[]): boolean =>
        ways.some(
          ({ id, channel }) =>
            findFree(drawn.at, (at) => isWrong(planned, id, channel, at)) !== undefined,
        );
      const [own = [], ...others] = tiers;
      if (own.length === 0) return;
      expect(canBeTold(own) ? canBeTold(others.flat()) : true).toBe(true);
    },
    { timing: { whenNobodyAwake: 'wait', whenTooLate: 'wait' } },
  );
});
