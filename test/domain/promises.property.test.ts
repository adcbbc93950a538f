import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Channel, EscalationPolicy } from '../../src/domain/policy.ts';
import type { Command } from '../../src/domain/state.ts';
import { asResponder, buildInput } from '../support/builders.ts';
import { simulate, type Delivery, type PlanDraft, type Step, type World } from './simulate.ts';

const PEOPLE = ['alice', 'bob', 'carol', 'dave'] as const;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const ladder = fc.array(
  fc.record({
    channel: fc.constantFrom<Channel>('sms', 'email'),
    afterMs: fc.integer({ min: 0, max: 20 }).map((minutes) => minutes * MINUTE),
  }),
  { minLength: 1, maxLength: 3 },
);

const policy: fc.Arbitrary<EscalationPolicy> = fc.record({
  name: fc.constant('any'),
  tiers: fc
    .array(
      fc.record({
        notify: fc.constant(['alice']),
        ladder,
        escalateAfterMs: fc.integer({ min: 1, max: 120 }).map((minutes) => minutes * MINUTE),
      }),
      { minLength: 1, maxLength: 4 },
    )
    .map((tiers) => tiers.map((tier, index) => ({ label: `tier ${index + 1}`, ...tier }))),
  repeat: fc.integer({ min: 0, max: 2 }),
  lastResort: fc.record({
    notify: fc.constant(['carol']),
    ladder,
    remindEveryMs: fc.integer({ min: 12, max: 48 }).map((hours) => hours * HOUR),
  }),
  actWithinMs: fc.integer({ min: 1, max: 240 }).map((minutes) => minutes * MINUTE),
  expiresAfterMs: fc.integer({ min: 1, max: 168 }).map((hours) => hours * HOUR),
});

const plan: fc.Arbitrary<PlanDraft> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ people: fc.subarray([...PEOPLE]) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      people: fc.constant([]),
      skipped: fc.subarray([...PEOPLE]),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      people: fc.constant([]),
      quietForMs: fc.integer({ min: 1, max: 20 * HOUR }),
    }),
  },
);

const delivery: fc.Arbitrary<Delivery> = fc.oneof(
  fc.record({
    outcome: fc.constant('accepted' as const),
    afterMs: fc.integer({ min: 1, max: 10 * MINUTE }),
  }),
  fc.record({
    outcome: fc.constant('accepted' as const),
    afterMs: fc.integer({ min: 1, max: 5_000 }),
    undeliveredAfterMs: fc.integer({ min: 1, max: 3 * MINUTE }),
  }),
  fc.record({
    outcome: fc.constant('failed' as const),
    afterMs: fc.integer({ min: 1, max: 10 * MINUTE }),
  }),
);

const command: fc.Arbitrary<World['commands'][number]> = fc
  .record({
    afterMs: fc.integer({ min: 0, max: 48 * HOUR }),
    verb: fc.constantFrom<Command['verb']>(
      'take',
      'take',
      'take',
      'pass',
      'resolve',
      'escalate',
      'note',
      'withdraw',
    ),
    by: fc.constantFrom(...PEOPLE),
    id: fc.integer({ min: 1, max: 30 }),
  })
  .map(({ afterMs, verb, by, id }) => ({
    afterMs,
    command: {
      id: `c${id}`,
      verb,
      by: verb === 'withdraw' ? { kind: 'source', id: 'crm' } : asResponder(by),
      via: 'sms',
      ...(verb === 'note' && { text: 'calling now' }),
    } as Command,
  }));

// The last plan and delivery are repeated, so they must not keep everyone quiet or undone for ever.
const world: fc.Arbitrary<World> = fc.record({
  plans: fc.array(plan, { maxLength: 12 }).map((plans) => [...plans, { people: ['alice', 'bob'] }]),
  deliveries: fc
    .array(delivery, { maxLength: 20 })
    .map((deliveries) => [...deliveries, { outcome: 'accepted' as const, afterMs: 200 }]),
  commands: fc.array(command, { maxLength: 8 }),
});

const silence: fc.Arbitrary<World> = world.map((drawn) => ({ ...drawn, commands: [] }));

function forAll(
  worlds: fc.Arbitrary<World>,
  check: (steps: readonly Step[], policy: EscalationPolicy) => void,
) {
  fc.assert(
    fc.property(policy, worlds, (drawnPolicy, drawnWorld) => {
      const input = buildInput({ policy: drawnPolicy });
      check(simulate(input, drawnWorld), drawnPolicy);
    }),
    { numRuns: 100 },
  );
}

function last(steps: readonly Step[]): Step {
  const step = steps.at(-1);
  if (!step) throw new Error('nothing happened');
  return step;
}

const ASKS = new Set(['offer', 'last-resort']);

describe('no silent end', () => {
  test('a handoff ends as resolved, withdrawn or expired, whatever happens', () => {
    forAll(world, (steps) => {
      const { after } = last(steps);
      expect(after.ending?.status).toBe(after.status);
      expect(['resolved', 'withdrawn', 'expired']).toContain(after.status);
    });
  });

  test('when nobody acts it expires on time, and everyone of the last resort is told so', () => {
    forAll(silence, (steps) => {
      const { after } = last(steps);
      expect(after.status).toBe('expired');
      expect(after.ending?.at).toBe(after.expiresAt);
      const announced = steps
        .flatMap(({ effects }) => effects)
        .filter((effect) => effect.type === 'notify' && effect.order.message.kind === 'expired');
      expect(after.stage.kind).toBe('announcement');
      expect(announced).toHaveLength(after.stage.steps.length);
    });
  });

  test('when nobody acts every tier of every round is planned, in order, and then the last resort', () => {
    forAll(silence, (steps, { tiers, repeat, expiresAfterMs }) => {
      const labels = steps
        .flatMap(({ effects }) => effects)
        .flatMap((effect) => (effect.type === 'plan' ? [effect.label] : []))
        .filter((label, index, all) => label !== all[index - 1]);
      const expected = [
        ...Array.from({ length: repeat + 1 }, (_, round) =>
          tiers.map(({ label }) => (round === 0 ? label : `${label}, round ${round + 1}`)),
        ).flat(),
        'last resort',
        'announcement',
      ];
      const reached = labels.slice(0, -1);
      expect(reached).toEqual(expected.slice(0, reached.length));
      expect(labels.at(-1)).toBe('announcement');
      expect(expiresAfterMs).toBeGreaterThan(0);
    });
  });
});

describe('no wrong moment', () => {
  test('nobody is asked while somebody has it, nor after the end', () => {
    forAll(world, (steps) => {
      for (const { after, effects } of steps) {
        if (!after.owner && !after.ending) continue;
        const asked = effects.filter(
          (effect) => effect.type === 'notify' && ASKS.has(effect.order.message.kind),
        );
        expect(asked).toEqual([]);
      }
    });
  });

  test('what has not left when somebody takes it is called off', () => {
    forAll(world, (steps) => {
      for (const { before, after, effects } of steps) {
        if (before.owner ?? !after.owner) continue;
        const underway = Object.values(before.notifications).filter(
          ({ status, kind }) => status === 'sending' && ASKS.has(kind),
        );
        const cancelled = effects.filter(({ type }) => type === 'cancel');
        expect(cancelled).toHaveLength(underway.length);
      }
    });
  });

  test('nobody is told before the instant that the plan allows', () => {
    forAll(world, (steps) => {
      for (const { at, before, effects } of steps) {
        const quietUntil = before.stage.notBefore?.at;
        if (quietUntil === undefined || Date.parse(at) >= Date.parse(quietUntil)) continue;
        const asked = effects.filter(
          (effect) => effect.type === 'notify' && ASKS.has(effect.order.message.kind),
        );
        expect(asked).toEqual([]);
      }
    });
  });

  test('whoever was asked and no longer is hears of it', () => {
    forAll(world, (steps) => {
      const { after } = last(steps);
      const asked = new Set<string>();
      const told = new Set<string>();
      for (const { effects } of steps) {
        for (const effect of effects) {
          if (effect.type !== 'notify') continue;
          if (!ASKS.has(effect.order.message.kind)) told.add(effect.order.recipient);
        }
      }
      for (const { recipient, kind, status } of Object.values(after.notifications)) {
        if (ASKS.has(kind) && status === 'accepted') asked.add(recipient);
      }
      const ender = after.ending?.by?.kind === 'responder' ? after.ending.by.id : undefined;
      for (const person of asked) {
        const knows =
          told.has(person) ||
          person === ender ||
          after.standings[person] === 'passed' ||
          steps.some(({ after: { owner } }) => owner?.responder === person);
        expect(knows, `${person} still thinks it waits for them`).toBe(true);
      }
    });
  });
});

describe('no guess', () => {
  test('the first take wins: an owner changes only after a release', () => {
    forAll(world, (steps) => {
      for (const { before, after } of steps) {
        if (before.owner && after.owner) {
          expect(after.owner.responder).toBe(before.owner.responder);
        }
      }
    });
  });

  test('every command gets a result that is true at that moment', () => {
    forAll(world, (steps) => {
      for (const { event, before, after } of steps) {
        if (event.type !== 'command') continue;
        const { command: given } = event;
        const result = after.results[given.id];
        expect(result).toBeDefined();
        if (before.results[given.id]) continue;
        if (result?.effect === 'taken') expect(after.owner?.responder).toBe(given.by.id);
        if (result?.effect === 'held-by-other') {
          expect(after.owner?.responder ?? 'nobody').not.toBe(given.by.id);
        }
        if (result?.effect === 'closed') expect(before.ending).toBeDefined();
      }
    });
  });

  test('a command given twice is applied once', () => {
    forAll(world, (steps) => {
      for (const { event, before, after } of steps) {
        if (event.type !== 'command' || !before.results[event.command.id]) continue;
        expect(after.results).toEqual(before.results);
        expect(after.owner?.responder).toBe(before.owner?.responder);
      }
    });
  });
});

describe('every step says why', () => {
  test('each entry of the timeline has its reason', () => {
    forAll(world, (steps) => {
      for (const entry of last(steps).after.timeline) {
        expect(entry.because).not.toMatch(/^\s*$|undefined|null|NaN/);
      }
    });
  });

  test('each message and each escalation is in the timeline', () => {
    forAll(world, (steps) => {
      const { after } = last(steps);
      const count = (what: string): number =>
        after.timeline.filter((entry) => entry.what === what).length;
      const notifications = Object.values(after.notifications);
      const undelivered = count('undelivered');
      expect(count('sent') + count('not-sent')).toBe(notifications.length);
      expect(undelivered).toBeLessThanOrEqual(count('sent'));
      const plans = steps.flatMap(({ effects }) => effects).filter(({ type }) => type === 'plan');
      expect(plans.length).toBeGreaterThan(count('escalated'));
    });
  });

  test('deciding changes nothing it is given', () => {
    forAll(world, (steps) => {
      for (const [index, step] of steps.entries()) {
        // Each state is the next step's input: had it been written on, the two would differ.
        const next = steps[index + 1];
        if (next) expect(next.before).toBe(step.after);
      }
      const [first] = steps;
      expect(first?.before.timeline).toHaveLength(1);
      expect(first?.before.notifications).toEqual({});
    });
  });

  test('the state is plain JSON', () => {
    forAll(world, (steps) => {
      const { after } = last(steps);
      expect(JSON.parse(JSON.stringify(after))).toEqual(after);
    });
  });
});
