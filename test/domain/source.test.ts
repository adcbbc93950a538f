import { describe, expect, test } from 'vitest';
import { classifyReason } from '../../src/domain/callback.ts';
import type { Effect } from '../../src/domain/decide.ts';
import {
  acceptCallback,
  emptyDeliveries,
  isOver,
  nextCallback,
  noteDelivered,
  noteFailed,
  requeue,
  statusOf,
} from '../../src/domain/deliveries.ts';
import { renderEmail } from '../../src/domain/messages/email.ts';
import { renderSms } from '../../src/domain/messages/sms.ts';
import { cardOf, currentHandoff, type Command, type HandoffInput } from '../../src/domain/state.ts';
import { summariseHandoffs, type StatsRow } from '../../src/domain/stats.ts';
import { asResponder, buildCommand, buildInput } from '../support/builders.ts';
import { simulate, type Step, type World } from './simulate.ts';

const MINUTE = 60_000;
const alice = asResponder('alice');
const bob = asResponder('bob');
const crm = { kind: 'source', id: 'crm' } as const;

function tell(
  commands: readonly [minutes: number, command: Command][],
  { input = buildInput(), ...world }: Partial<World> & { input?: HandoffInput } = {},
): readonly Step[] {
  return simulate(input, {
    plans: [{ people: ['alice'] }, { people: ['bob'] }, { people: ['carol'] }],
    deliveries: [],
    commands: commands.map(([minutes, command]) => ({ afterMs: minutes * MINUTE, command })),
    ...world,
  });
}

type Order = Extract<Effect, { type: 'notify' }>['order'];

function listOrders(steps: readonly Step[]): Order[] {
  return steps.flatMap(({ effects }) =>
    effects.flatMap((effect) => (effect.type === 'notify' ? [effect.order] : [])),
  );
}

const listMessages = (steps: readonly Step[]): string[] =>
  listOrders(steps).map(({ recipient, message }) => `${recipient}: ${message.kind}`);

const endOf = (steps: readonly Step[]) => {
  const last = steps.at(-1);
  if (!last) throw new Error('nothing happened');
  return last.after;
};

const resultOf = (steps: readonly Step[], id: string) => endOf(steps).results[id]?.effect;

const amendScore = buildCommand('amend', crm, {
  amendment: { brief: { score: { value: 97, outOf: 100 } } },
});

describe('amend', () => {
  test('tells those for whom it waits, and nobody else', () => {
    const done = buildCommand('resolve', bob, { note: 'reached' });
    const steps = tell([
      [6, amendScore],
      [8, done],
    ]);

    expect(resultOf(steps, amendScore.id)).toBe('amended');
    expect(listMessages(steps)).toEqual([
      'alice: offer',
      'bob: offer',
      'alice: amended',
      'bob: amended',
      'alice: stand-down',
    ]);
    expect(endOf(steps).timeline.map(({ because }) => because)).toContain('crm changed score');
  });

  test('tells the owner alone, as theirs', () => {
    const steps = tell([
      [6, buildCommand('take', bob, {})],
      [7, amendScore],
      [8, buildCommand('resolve', bob, {})],
    ]);
    const amended = listOrders(steps).filter(({ message }) => message.kind === 'amended');

    expect(amended.map(({ recipient }) => recipient)).toEqual(['bob']);
    expect(amended[0]?.message).toMatchObject({ isTheirs: true });
  });

  test('what messages do not carry rings no phone', () => {
    const amend = buildCommand('amend', crm, {
      amendment: { brief: { details: 'a transcript' }, metadata: { stage: 'won' } },
    });
    const steps = tell([
      [1, amend],
      [2, buildCommand('resolve', alice, {})],
    ]);

    expect(listMessages(steps)).toEqual(['alice: offer']);
    expect(currentHandoff(buildInput(), endOf(steps))).toMatchObject({
      brief: { details: 'a transcript', score: { value: 92 } },
      metadata: { stage: 'won' },
    });
  });

  test('another deadline or contact ends a wait: whom there is to tell now is planned anew', () => {
    const sooner = buildCommand('amend', crm, {
      amendment: { action: { dueAt: '2026-11-23T18:00:00.000Z' } },
    });
    const steps = tell([[1, sooner]], {
      plans: [{ people: [], quietForMs: 600 * MINUTE }, { people: ['alice'] }],
    });

    const [planned] = steps.flatMap(({ at, event }) =>
      event.type === 'planned' && event.plan.people.length > 0 ? [at] : [],
    );
    expect(planned).toBe('2026-11-23T15:01:00.005Z');
  });

  test('the same again changes nothing, and nobody is told', () => {
    const again = buildCommand('amend', crm, {
      amendment: { brief: { score: { value: 97, outOf: 100 } } },
      nonce: '2',
    });
    const steps = tell([
      [1, amendScore],
      [2, again],
      [3, buildCommand('resolve', alice, {})],
    ]);

    expect(resultOf(steps, again.id)).toBe('unchanged');
    expect(listMessages(steps)).toEqual(['alice: offer', 'alice: amended']);
  });

  test('a message that was on its way with the old words is followed by the new ones', () => {
    const steps = tell(
      [
        [1, amendScore],
        [4, buildCommand('resolve', alice, {})],
      ],
      { deliveries: [{ outcome: 'accepted', afterMs: 2 * MINUTE }] },
    );

    expect(listMessages(steps)).toEqual(['alice: offer', 'alice: amended']);
  });

  test('later messages, and later tiers, have what is new', () => {
    const amend = buildCommand('amend', crm, {
      amendment: {
        action: { dueAt: '2026-11-23T16:00:00.000Z', contact: { phone: '+15125550199' } },
      },
    });
    const steps = tell([
      [1, amend],
      [20, buildCommand('resolve', bob, {})],
    ]);
    const { action } = currentHandoff(buildInput(), endOf(steps));

    expect(action.dueAt).toBe('2026-11-23T16:00:00.000Z');
    expect(action.contact).toEqual({ name: 'Maria Lopez', phone: '+15125550199' });
  });

  test('what is over is not changed', () => {
    const steps = tell([
      [1, buildCommand('resolve', alice, {})],
      [2, amendScore],
    ]);
    expect(resultOf(steps, amendScore.id)).toBe('closed');
  });
});

describe('the message of a change', () => {
  const changed = currentHandoff(buildInput(), {
    ...endOf(tell([[1, buildCommand('resolve', alice, {})]])),
    amended: {
      brief: { ...buildInput().handoff.brief, score: { value: 97, outOf: 100 } },
      action: { ...buildInput().handoff.action, dueAt: '2026-11-23T15:30:00.000Z' },
    },
  });
  const letter = {
    card: cardOf(changed),
    message: {
      kind: 'amended',
      changes: [
        { what: 'deadline', from: '2026-11-23T15:05:00.000Z' },
        { what: 'score', from: { value: 92, outOf: 100 } },
      ],
    },
    code: 'KM47',
    codeNeeded: false,
    link: 'https://baton.example/h/x',
  } as const;
  const reader = { timezone: 'America/New_York', now: '2026-11-23T15:02:00.000Z' };

  test('an SMS says what to do by when now, and what was so before', () => {
    expect(renderSms(letter, reader)).toBe(
      [
        'CHANGED: Call Maria Lopez by 10:30',
        '+1 512 555 0147',
        'It was due 10:05 before. Score 97/100 (was 92).',
        'Reply 1 to take, 2 to pass (KM47)',
        'https://baton.example/h/x',
      ].join('\n'),
    );
  });

  test('its owner is told how to finish', () => {
    const message = { ...letter.message, isTheirs: true };
    expect(renderSms({ ...letter, message }, reader)).toContain(
      'You have it. Finished? Reply done reached',
    );
  });

  test('an email says it in its first lines', () => {
    const { text } = renderEmail(letter, reader);
    expect(text.split('\n').filter(Boolean).slice(0, 3)).toEqual([
      'Changed: Call Maria Lopez by 10:30',
      'It was due 10:05 before.',
      'Score 97/100 (was 92).',
    ]);
  });
});

describe('reassign', () => {
  const toBob = buildCommand('reassign', crm, {
    to: { id: 'bob', name: 'Bob' },
    reason: 'speaks Polish',
  });

  test('the new one is asked alone, the others stand down', () => {
    const steps = tell(
      [
        [1, toBob],
        [3, buildCommand('take', bob, {})],
        [4, buildCommand('resolve', bob, {})],
      ],
      { plans: [{ people: ['alice'] }, { people: ['bob'] }] },
    );

    expect(listMessages(steps)).toEqual(['alice: offer', 'alice: stand-down', 'bob: offer']);
    const plans = steps.flatMap(({ effects }) =>
      effects.flatMap((effect) => (effect.type === 'plan' ? [effect.request.notify] : [])),
    );
    expect(plans).toEqual([['alice'], ['bob']]);
    expect(listOrders(steps)[1]?.message).toEqual({
      kind: 'stand-down',
      because: 'crm gave it to Bob: speaks Polish',
    });
  });

  test("an owner is told that it is somebody else's now", () => {
    const steps = tell(
      [
        [1, buildCommand('take', alice, {})],
        [2, toBob],
        [4, buildCommand('resolve', bob, {})],
      ],
      { plans: [{ people: ['alice'] }, { people: ['bob'] }] },
    );

    expect(listMessages(steps)).toEqual(['alice: offer', 'alice: released', 'bob: offer']);
    expect(resultOf(steps, toBob.id)).toBe('reassigned');
  });

  test('whoever passed it is asked all the same', () => {
    const steps = tell(
      [
        [1, buildCommand('pass', bob, {})],
        [2, toBob],
        [4, buildCommand('resolve', bob, {})],
      ],
      { plans: [{ people: ['alice'] }, { people: ['bob'] }] },
    );
    expect(listMessages(steps)).toEqual(['alice: offer', 'alice: stand-down', 'bob: offer']);
  });

  test('without an answer the policy goes on from its first tier', () => {
    const steps = tell([[1, toBob]], {
      plans: [
        { people: ['alice'] },
        { people: ['bob'] },
        { people: ['alice'] },
        { people: ['carol'] },
      ],
    });
    const plans = steps.flatMap(({ effects }) =>
      effects.flatMap((effect) => (effect.type === 'plan' ? [effect.label] : [])),
    );
    expect(plans.slice(0, 5)).toEqual(['tier 1', 'assignee', 'tier 1', 'tier 2', 'last resort']);
  });

  test('to whoever has it already, or is being asked by it, changes nothing', () => {
    const again = buildCommand('reassign', crm, { to: { id: 'bob', name: 'Bob' }, nonce: '2' });
    const steps = tell([
      [1, toBob],
      [2, again],
      [3, buildCommand('take', bob, {})],
      [4, buildCommand('reassign', crm, { to: { id: 'bob', name: 'Bob' }, nonce: '3' })],
      [5, buildCommand('resolve', bob, {})],
    ]);
    expect(resultOf(steps, again.id)).toBe('unchanged');
    expect(resultOf(steps, 'crm-reassign3')).toBe('unchanged');
  });
});

describe('what the source hears', () => {
  const input = buildInput({
    handoff: {
      callbackUrl: 'https://crm.example/hook',
      externalId: 'lead-1',
      metadata: { a: 'b' },
    },
  });
  const listEvents = (steps: readonly Step[]) =>
    steps.flatMap(({ effects }) =>
      effects.flatMap((effect) => (effect.type === 'call-back' ? [effect.callback.event] : [])),
    );

  test('each event once, numbered, with who did it and how long it took', () => {
    const events = listEvents(
      tell(
        [
          [6, buildCommand('take', bob, {})],
          [9, buildCommand('resolve', bob, { note: 'bad lead: number is disconnected' })],
        ],
        { input },
      ),
    );

    expect(events.map(({ type, data }) => [data.sequence, type])).toEqual([
      [1, 'handoff.escalated'],
      [2, 'handoff.taken'],
      [3, 'handoff.resolved'],
    ]);
    expect(events[2]?.data).toMatchObject({
      externalId: 'lead-1',
      metadata: { a: 'b' },
      status: 'resolved',
      by: bob,
      outcome: 'bad-lead',
      text: 'number is disconnected',
      secondsToTake: 360,
      secondsToAct: 540,
      escalations: 1,
      notifications: 3,
    });
  });

  test('an expiry, and a withdrawal', () => {
    const expired = listEvents(tell([], { input })).map(({ type }) => type);
    expect(expired.slice(0, 2)).toEqual(['handoff.escalated', 'handoff.escalated']);
    expect(expired.at(-1)).toBe('handoff.expired');
    const withdrawn = listEvents(tell([[1, buildCommand('withdraw', crm, {})]], { input }));
    expect(withdrawn.map(({ type }) => type)).toEqual(['handoff.withdrawn']);
  });

  test('nothing without an address', () => {
    expect(listEvents(tell([[1, buildCommand('withdraw', crm, {})]]))).toEqual([]);
  });
});

describe('deliveries', () => {
  const eventOf = (sequence: number, status = 'owned') =>
    ({
      url: 'https://crm.example/hook',
      event: { type: 'handoff.taken', data: { sequence, status } },
    }) as unknown as Parameters<typeof acceptCallback>[1];

  test('go out in the order of their numbers, whatever the order they came in', () => {
    let state = acceptCallback(emptyDeliveries(), eventOf(2));
    expect(nextCallback(state)).toBeUndefined();
    state = acceptCallback(acceptCallback(state, eventOf(1)), eventOf(1));
    expect(nextCallback(state)).toEqual(eventOf(1));
    state = noteDelivered(state, 1);
    expect(nextCallback(state)).toEqual(eventOf(2));
    // What was delivered is not delivered again.
    expect(acceptCallback(state, eventOf(1))).toEqual(state);
  });

  test('one that failed holds up none, and can be sent again', () => {
    let state = acceptCallback(emptyDeliveries(), eventOf(1));
    state = noteFailed(state, eventOf(1), { at: 'now', because: '410' });
    state = noteDelivered(acceptCallback(state, eventOf(2, 'resolved')), 2);
    expect([statusOf(state), isOver(state)]).toEqual(['failed', false]);
    state = requeue(state, 1);
    expect(nextCallback(state)).toEqual(eventOf(1));
    state = noteDelivered(state, 1);
    expect([statusOf(state), isOver(state), state.delivered]).toEqual(['delivered', true, 2]);
  });
});

test.each([
  [undefined, 'none'],
  ['', 'none'],
  ['wrong person', 'wrong-person'],
  ['Wrong person, ask Bob', 'wrong-person'],
  ['wrongly sent to me', 'other'],
  ['too late', 'too-late'],
  ['no budget today', 'no-budget'],
  ['call +15125550147', 'other'],
])('the reason %j counts as %s', (reason, kind) => {
  expect(classifyReason(reason, ['reached', 'no-budget'])).toBe(kind);
});

test('statistics by source, policy and responder', () => {
  const row = (changes: Partial<StatsRow>): StatsRow => ({
    source: 'crm',
    policy: 'sales',
    status: 'resolved',
    declined: [],
    escalations: 0,
    ...changes,
  });
  const { all, sources, responders } = summariseHandoffs([
    row({ takenBy: 'alice', secondsToTake: 10, secondsToAct: 100, outcome: 'reached' }),
    row({ takenBy: 'bob', secondsToTake: 30, secondsToAct: 300, declined: ['alice:busy'] }),
    row({ status: 'expired', escalations: 3, declined: ['alice:none', 'bob:wrong-person'] }),
    row({ status: 'owned', takenBy: 'bob', secondsToTake: 20, source: 'bot' }),
    row({ status: 'withdrawn' }),
  ]);

  expect(all).toEqual({
    handedOff: 5,
    taken: 3,
    resolved: 2,
    expired: 1,
    withdrawn: 1,
    open: 1,
    escalations: 3,
    secondsToTake: { count: 3, p50: 20, p95: 30 },
    secondsToAct: { count: 2, p50: 100, p95: 300 },
    outcomes: { reached: 1 },
    declined: { busy: 1, none: 1, 'wrong-person': 1 },
  });
  expect(sources['bot']).toMatchObject({ handedOff: 1, open: 1 });
  expect(responders['bob']).toMatchObject({
    taken: 2,
    resolved: 1,
    declined: { 'wrong-person': 1 },
  });
  expect(responders['alice']).toMatchObject({ declined: { busy: 1, none: 1 } });
  expect(summariseHandoffs([]).all.secondsToTake).toEqual({ count: 0, p50: null, p95: null });
});
