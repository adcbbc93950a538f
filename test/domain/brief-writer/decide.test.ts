import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ModelBrief, WritingResult } from '../../../src/domain/brief-writer/written.ts';
import type { Urgency } from '../../../src/domain/handoff.ts';
import { phraseAuthors } from '../../../src/domain/messages/phrases.ts';
import {
  cardOf,
  currentHandoff,
  type Command,
  type HandoffInput,
} from '../../../src/domain/state.ts';
import { asResponder, buildCommand, buildInput, buildPolicy } from '../../support/builders.ts';
import { simulate, SUBMITTED_AT, type Step, type World } from '../simulate.ts';

const crm = { kind: 'source', id: 'crm' } as const;
const alice = asResponder('alice');

const BRIEF: ModelBrief = {
  model: 'llama3.2',
  subject: 'Maria Lopez',
  summary: 'Asks to start with 40 seats.',
  do: 'Ask Maria Lopez about the seats',
  facts: [{ label: 'Seats', value: '40' }],
};

function input(urgency: Urgency): HandoffInput {
  const written = { drawn: ['subject', 'summary', 'action', 'facts', 'contact'] } as const;
  return { ...buildInput({ handoff: { urgency, written } }), writing: {} };
}

function tell(urgency: Urgency, world: Partial<World> = {}): readonly Step[] {
  const plans = [{ people: ['alice'] }, { people: ['bob'] }, { people: ['carol'] }];
  const wrote = { afterMs: 4_000, result: { brief: BRIEF } };
  return simulate(input(urgency), {
    plans,
    deliveries: [],
    commands: [],
    writing: wrote,
    ...world,
  });
}

/** Lists what is asked for or sent, with the seconds since the submission. */
function listEffects(steps: readonly Step[]): string[] {
  return steps.flatMap(({ at, effects }) =>
    effects.flatMap((effect) =>
      effect.type === 'write' || effect.type === 'plan' || effect.type === 'notify'
        ? [
            `${(Date.parse(at) - Date.parse(SUBMITTED_AT)) / 1_000} s: ${effect.type === 'notify' ? effect.order.message.kind : effect.type}`,
          ]
        : [],
    ),
  );
}

const endOf = (steps: readonly Step[]) => steps.at(-1)?.after ?? expect.fail('nothing happened');
const at = (seconds: number, command: Command) => ({ afterMs: seconds * 1_000, command });
const reasonsOf = (steps: readonly Step[]): string[] =>
  endOf(steps)
    .timeline.filter(({ what }) => what === 'written')
    .map(({ because }) => because);

describe('urgent work', () => {
  test.each(['critical', 'urgent'] as const)(
    '%s: is told at once, while the model is at it',
    (urgency) => {
      expect(listEffects(tell(urgency)).slice(0, 3)).toEqual([
        '0 s: write',
        '0 s: plan',
        '0.005 s: offer',
      ]);
    },
  );

  test('what the model wrote is in what is sent later, and nobody hears of it by itself', () => {
    const steps = tell('urgent');
    const late = steps.find(({ event }) => event.type === 'written');
    expect(late?.effects).toEqual([]);
    const later = currentHandoff(input('urgent'), late?.after ?? expect.fail());
    expect(later).toMatchObject({
      brief: {
        subject: BRIEF.subject,
        summary: BRIEF.summary,
        facts: BRIEF.facts,
        origin: 'pricing page',
      },
      action: { do: BRIEF.do, contact: { phone: '+15125550147' } },
      written: {
        drawn: ['contact'],
        model: { name: 'llama3.2', parts: ['subject', 'summary', 'action', 'facts'] },
      },
    });
    expect(phraseAuthors(cardOf(later))).toBe(
      'A language model (llama3.2) wrote subject, summary, action and facts, checked against the material; contact is drawn from the material by rules.',
    );
    expect(reasonsOf(steps)).toEqual([
      'llama3.2 wrote subject, summary, action and facts, checked against the material',
    ]);
  });
});

describe('routine work', () => {
  test('waits for the model, and is told with what it wrote', () => {
    expect(listEffects(tell('routine')).slice(0, 3)).toEqual([
      '0 s: write',
      '4 s: plan',
      '4.005 s: offer',
    ]);
  });

  test('is told with what was drawn when the model gives nothing', () => {
    const result = { because: 'the model was late' };
    const steps = tell('routine', { writing: { afterMs: 10_000, result } });
    expect(listEffects(steps).slice(0, 2)).toEqual(['0 s: write', '10 s: plan']);
    expect(endOf(steps).amended).toBeUndefined();
    expect(reasonsOf(steps)).toEqual([
      'the brief stays as it was drawn from the material: the model was late',
    ]);
  });

  test('has its first tier told, however short that is', () => {
    const [first, ...others] = buildPolicy().tiers;
    const short = first ? [{ ...first, escalateAfterMs: 2_000 }, ...others] : [];
    const result = { because: 'the model was late' };
    const steps = simulate(
      { ...input('routine'), policy: buildPolicy({ tiers: short }) },
      {
        plans: [{ people: ['alice'] }],
        deliveries: [],
        commands: [],
        writing: { afterMs: 10_000, result },
      },
    );
    expect(listEffects(steps).slice(0, 3)).toEqual(['0 s: write', '10 s: plan', '10.005 s: offer']);
  });

  test('that is escalated meanwhile is planned at once, and once', () => {
    const escalate = at(1, buildCommand('escalate', crm, {}));
    expect(listEffects(tell('routine', { commands: [escalate] })).slice(0, 3)).toEqual([
      '0 s: write',
      '1 s: plan',
      '1.005 s: offer',
    ]);
  });

  test('that is taken meanwhile is nobody else’s', () => {
    const take = at(1, buildCommand('take', alice, {}));
    const done = at(60, buildCommand('resolve', alice, {}));
    expect(listEffects(tell('routine', { commands: [take, done] }))).toEqual(['0 s: write']);
  });

  test('that is withdrawn meanwhile is over', () => {
    const withdraw = at(1, buildCommand('withdraw', crm, {}));
    const steps = tell('routine', { commands: [withdraw] });
    expect(listEffects(steps)).toEqual(['0 s: write']);
    expect(reasonsOf(steps)).toEqual([]);
  });
});

describe('what the source says meanwhile', () => {
  test('stands, and the model’s other parts are used', () => {
    const amendment = {
      brief: { summary: 'She called us.' },
      action: { contact: { phone: '+15125550148' } },
    };
    const steps = tell('urgent', { commands: [at(1, buildCommand('amend', crm, { amendment }))] });
    expect(currentHandoff(input('urgent'), endOf(steps))).toMatchObject({
      brief: { subject: BRIEF.subject, summary: 'She called us.' },
      action: { do: BRIEF.do, contact: { phone: '+15125550148' } },
      written: { drawn: [], model: { parts: ['subject', 'action', 'facts'] } },
    });
  });

  test('takes the place of what the model wrote before', () => {
    const amendment = { brief: { subject: 'Maria Lopez, Acme' }, action: { do: 'Call her' } };
    const steps = tell('urgent', { commands: [at(9, buildCommand('amend', crm, { amendment }))] });
    const { brief, written } = currentHandoff(input('urgent'), endOf(steps));
    expect(brief).toMatchObject({ subject: 'Maria Lopez, Acme', summary: BRIEF.summary });
    expect(written?.model?.parts).toEqual(['summary', 'facts']);
  });

  test('may leave the model nothing', () => {
    const amendment = {
      brief: { subject: 'a', summary: 'b', facts: [] },
      action: { do: 'Call her' },
    };
    const steps = tell('urgent', { commands: [at(1, buildCommand('amend', crm, { amendment }))] });
    expect(reasonsOf(steps)).toEqual([
      'the brief stays as it was drawn from the material: its source has said the rest',
    ]);
  });
});

test('a handoff whose source said it all asks no model', () => {
  const { handoff, policy } = buildInput();
  const steps = simulate(
    { handoff, policy, writing: {} },
    { plans: [{ people: ['alice'] }], deliveries: [], commands: [] },
  );
  expect(listEffects(steps)[0]).toBe('0 s: plan');
});

const result: fc.Arbitrary<WritingResult> = fc.oneof(
  fc.constant({ because: 'no' }),
  fc
    .record(
      {
        model: fc.constant('m'),
        subject: fc.string(),
        summary: fc.string(),
        do: fc.string(),
        facts: fc.array(fc.record({ label: fc.string(), value: fc.string() }), { maxLength: 30 }),
      },
      { requiredKeys: ['model'] },
    )
    .map((brief) => ({ brief })),
);

test('whatever a model says and whenever, somebody is told in time, and nothing else of the handoff changes', () => {
  fc.assert(
    fc.property(
      fc.constantFrom<Urgency>('critical', 'urgent', 'routine'),
      fc.integer({ min: 1, max: 10_000 }),
      result,
      fc.option(fc.integer({ min: 0, max: 20 }), { nil: undefined }),
      (urgency, afterMs, said, amendedAt) => {
        const amend = buildCommand('amend', crm, { amendment: { brief: { summary: 'New.' } } });
        const commands = amendedAt === undefined ? [] : [at(amendedAt, amend)];
        const steps = tell(urgency, { writing: { afterMs, result: said }, commands });
        const first = steps.find(({ effects }) => effects.some(({ type }) => type === 'notify'));
        const waitedMs = Date.parse(first?.at ?? '') - Date.parse(SUBMITTED_AT);
        expect(waitedMs).toBeLessThanOrEqual(urgency === 'routine' ? afterMs + 1_000 : 1_000);

        const before = input(urgency).handoff;
        const after = currentHandoff(input(urgency), endOf(steps));
        const { brief, action, written: _, ...rest } = before;
        expect(after).toMatchObject(rest);
        expect(after.action).toEqual({ ...action, do: after.action.do });
        expect({ ...after.brief, subject: '', summary: '', facts: [] }).toEqual({
          ...brief,
          subject: '',
          summary: '',
          facts: [],
        });
        if (amendedAt !== undefined) expect(after.brief.summary).toBe('New.');
      },
    ),
    { numRuns: 200 },
  );
});
