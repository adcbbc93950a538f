import { describe, expect, test } from 'vitest';
import type { Effect, HandoffEvent } from '../../../src/domain/decide.ts';
import type { Brief } from '../../../src/domain/handoff.ts';
import { isFinished } from '../../../src/domain/state.ts';
import {
  asResponder,
  buildCommand,
  buildInput,
  buildPolicy,
  buildTiming,
} from '../../support/builders.ts';
import {
  MINUTE,
  HOUR,
  alice,
  bob,
  crm,
  tell,
  at,
  listOrders,
  listReasons,
  play,
  planned,
  listKinds,
  after,
  held,
  withRule,
  listOrdersOf,
} from './story.ts';

describe('messages outside the ladders', () => {
  test('go to the phone that rang, though an email came later', () => {
    const { on } = play();
    on({ type: 'started' }, 0);
    on(
      {
        type: 'planned',
        serial: 0,
        plan: {
          people: [
            {
              recipient: 'alice',
              name: 'ALICE',
              steps: [
                { channel: 'sms', afterMs: 0 },
                { channel: 'email', afterMs: MINUTE },
              ],
            },
          ],
          skipped: [],
        },
      },
      0,
    );
    on({ type: 'accepted', notification: 'n1' }, 0);
    on({ type: 'clock' }, 1);
    on({ type: 'accepted', notification: 'n2' }, 1);

    const { effects } = on({ type: 'command', command: buildCommand('take', bob, {}) }, 2);

    expect(effects).toContainEqual(
      expect.objectContaining({
        type: 'notify',
        order: expect.objectContaining({ recipient: 'alice', channel: 'sms' }) as unknown,
      }),
    );
  });

  const stages: [string, HandoffEvent[], string][] = [
    ['a stand-down', [{ type: 'command', command: buildCommand('take', bob, {}) }], 'stand-down'],
    [
      'a notice that it moved on',
      [
        { type: 'command', command: buildCommand('take', alice, {}) },
        { type: 'command', command: buildCommand('escalate', crm, {}) },
      ],
      'released',
    ],
  ];

  test.each(stages)('%s that cannot be sent by SMS goes by email once', (_name, events, kind) => {
    const { on } = play();
    on({ type: 'started' }, 0);
    on(planned(0, 'alice'), 0);
    on({ type: 'accepted', notification: 'n1' }, 0);
    for (const event of events) on(event, 1);

    const first = on({ type: 'not-sent', notification: 'n2', because: 'refused' }, 1);
    const second = on({ type: 'not-sent', notification: 'n3', because: 'refused' }, 1);

    expect(first.effects).toMatchObject([
      { type: 'notify', order: { recipient: 'alice', channel: 'email', message: { kind } } },
    ]);
    expect(second.effects).toEqual([]);
  });

  test('the email that stands in for a notice that it moved on gives the reason of the move', () => {
    const { on } = play();
    on({ type: 'started' }, 0);
    on(planned(0, 'alice'), 0);
    on({ type: 'accepted', notification: 'n1' }, 0);
    on({ type: 'command', command: buildCommand('take', alice, {}) }, 1);
    on({ type: 'command', command: buildCommand('escalate', crm, { reason: 'too slow' }) }, 1);

    const { effects } = on({ type: 'not-sent', notification: 'n2', because: 'phone off' }, 1);

    expect(effects).toMatchObject([
      { order: { message: { because: 'crm asked for the next tier: too slow' } } },
    ]);
  });
});

describe('what may be held', () => {
  test.each([
    ['wait', 'wait', 'wait'],
    ['skip', 'skip', 'wait'],
    ['ignore', undefined, undefined],
  ] as const)(
    'under %s an offer may be by %s, the last resort and the end by %s',
    (rule, offer, last) => {
      const steps = tell({}, withRule(rule, { expiresAfterMs: HOUR }));

      const rules = new Map(
        listOrders(steps).map(({ order }) => [order.message.kind, order.whenQuiet]),
      );
      expect(rules.get('offer')).toBe(offer);
      expect(rules.get('last-resort')).toBe(last);
      expect(rules.get('expired')).toBe(last);
    },
  );

  test('each channel has its own rule', () => {
    const timing = { ...buildTiming('wait'), whenQuiet: { sms: 'wait', email: 'ignore' } as const };
    const ladder = [
      { channel: 'sms', afterMs: 0 },
      { channel: 'email', afterMs: 0 },
    ] as const;
    const tiers = [{ label: 'tier 1', notify: ['alice'], ladder, escalateAfterMs: 5 * MINUTE }];
    const [sms, email] = listOrders(tell({}, buildInput({ policy: { timing, tiers } })));

    expect(sms?.order).toMatchObject({ channel: 'sms', whenQuiet: 'wait' });
    expect(email?.order).toMatchObject({ channel: 'email' });
    expect(email?.order.whenQuiet).toBeUndefined();
  });

  test('a mailbox is never asked, nor whoever is told whatever the moment', () => {
    const { on } = play(withRule('skip'));
    on({ type: 'started' }, 0);
    const step = { channel: 'email', afterMs: 0 } as const;

    const { effects } = on(
      {
        type: 'planned',
        serial: 0,
        plan: {
          people: [
            { recipient: 'mailto:leads@example.com', name: 'leads', steps: [step] },
            { recipient: 'alice', name: 'ALICE', steps: [{ ...step, anyway: true }] },
          ],
          skipped: [],
        },
      },
      0,
    );

    expect(listOrdersOf(effects).map(({ whenQuiet }) => whenQuiet)).toEqual([undefined, undefined]);
  });

  test('a reminder, a notice that it moved on and an answer go out whatever the moment', () => {
    const take = buildCommand('take', alice, { confirm: true });
    const steps = tell({ commands: [at(1, take)] }, withRule('wait'));

    for (const kind of ['answer', 'reminder', 'released'] as const) {
      const found = listOrders(steps).find(({ order }) => order.message.kind === kind);
      expect(found?.order, kind).toBeDefined();
      expect(found?.order.whenQuiet, kind).toBeUndefined();
    }
  });
});

describe('a stand-down in the night', () => {
  /** Alice is asked at 0, bob at 0 as well; he takes it so many minutes later. */
  function takenAfter(minutes: number, rule: 'wait' | 'skip' | 'ignore' = 'skip') {
    const tiers = [{ ...buildPolicy().tiers[0], escalateAfterMs: 24 * HOUR }];
    const game = play(withRule(rule, { tiers, actWithinMs: 24 * HOUR }));
    game.on({ type: 'started' }, 0);
    game.on(planned(0, 'alice', 'bob'), 0);
    game.on({ type: 'accepted', notification: 'n1' }, 0);
    game.on({ type: 'accepted', notification: 'n2' }, 0);
    const taken = game.on({ type: 'command', command: buildCommand('take', bob, {}) }, minutes);
    const [order] = listOrdersOf(taken.effects);
    return { ...game, order };
  }

  test.each([
    ['a minute', 1, 'skip', undefined],
    ['59 minutes', 59, 'skip', undefined],
    ['an hour', 60, 'skip', 'wait'],
    ['an hour', 60, 'wait', 'wait'],
    ['an hour, where the hour is ignored,', 60, 'ignore', undefined],
  ] as const)('to somebody who was asked %s ago', (_ago, minutes, rule, whenQuiet) => {
    const { order } = takenAfter(minutes, rule);

    expect(order).toMatchObject({ recipient: 'alice', message: { kind: 'stand-down' } });
    expect(order?.whenQuiet).toBe(whenQuiet);
  });

  test('is held and sent in the morning', () => {
    const { on, state } = takenAfter(120);

    const { wake } = on(held('n3', 600), 120);
    expect(wake).toEqual({ at: after(600), because: 'a meeting' });
    expect(listReasons(state(), 'held')).toEqual(['stand-down to ALICE by sms: a meeting']);
    expect(listOrdersOf(on({ type: 'clock' }, 600).effects)).toMatchObject([
      { recipient: 'alice', message: { kind: 'stand-down', because: 'BOB has it' } },
    ]);
    expect(state().held).toEqual([]);
  });

  test('may be held again', () => {
    const { on, state } = takenAfter(120);
    on(held('n3', 600), 120);
    on({ type: 'clock' }, 600);

    expect(on(held('n4', 660), 600).wake?.at).toBe(after(660));
    expect(listKinds(on({ type: 'clock' }, 660).effects)).toEqual(['stand-down to alice']);
    expect(state().held).toEqual([]);
  });

  test('goes by email when nobody knows until when they are away: that rings nowhere', () => {
    const { on, state } = takenAfter(120);

    expect(listOrdersOf(on(held('n3'), 120).effects)).toMatchObject([
      { recipient: 'alice', channel: 'email', message: { kind: 'stand-down' } },
    ]);
    expect(state().held ?? []).toEqual([]);
    expect(listReasons(state(), 'held')).toHaveLength(1);
  });

  test('says how it ended when it ends meanwhile, and the end waits for it', () => {
    const { on, state } = takenAfter(120);
    on(held('n3', 600), 120);
    on({ type: 'command', command: buildCommand('resolve', bob, { outcome: 'reached' }) }, 200);

    expect(isFinished(state())).toBe(false);
    expect(on({ type: 'clock' }, 300).wake?.at).toBe(after(600));
    const { effects } = on({ type: 'clock' }, 600);
    expect(listOrdersOf(effects)).toMatchObject([
      { recipient: 'alice', message: { kind: 'stand-down', because: 'BOB: done (reached)' } },
    ]);
    expect(isFinished(state())).toBe(false);
    expect(on({ type: 'accepted', notification: 'n4' }, 600).wake).toBeNull();
    expect(isFinished(state())).toBe(true);
  });

  test('held a second time, after they were asked again, is sent once', () => {
    const { on, state } = takenAfter(120);
    on(held('n3', 600), 120);
    on({ type: 'command', command: buildCommand('pass', bob, {}) }, 130);
    on(planned(1, 'alice'), 130);
    on({ type: 'accepted', notification: 'n4' }, 130);
    on({ type: 'command', command: buildCommand('take', asResponder('dave'), {}) }, 200);
    on(held('n5', 660), 200);

    expect(state().held).toMatchObject([{ recipient: 'alice', at: after(660) }]);
    expect(listKinds(on({ type: 'clock' }, 660).effects)).toEqual(['stand-down to alice']);
  });

  test('is not sent any more when they were asked again, or have it', () => {
    const { on, state } = takenAfter(120);
    on(held('n3', 600), 120);
    on({ type: 'command', command: buildCommand('pass', bob, {}) }, 300);
    on({ type: 'command', command: buildCommand('take', alice, {}) }, 310);

    expect(listKinds(on({ type: 'clock' }, 600).effects)).toEqual([]);
    expect(state().held).toEqual([]);
  });
});

describe('what its source has changed', () => {
  const amend = (nonce: string, brief: Partial<Brief>) =>
    buildCommand('amend', crm, { nonce, amendment: { brief } });

  /** Alice was asked two hours before, and it is night; so long somebody is at it. */
  function asked() {
    const [tier] = buildPolicy().tiers;
    if (!tier) throw new Error('the policy has no tier');
    const game = play(withRule('wait', { tiers: [{ ...tier, escalateAfterMs: 24 * HOUR }] }));
    game.on({ type: 'started' }, 0);
    game.on(planned(0, 'alice', 'bob'), 0);
    game.on({ type: 'accepted', notification: 'n1' }, 0);
    game.on({ type: 'accepted', notification: 'n2' }, 0);
    game.on({ type: 'command', command: amend('1', { summary: 'Not before Tuesday' }) }, 120);
    return game;
  }
  const changes = (effects: readonly Effect[]) =>
    listOrdersOf(effects).map(({ recipient, message }) => [
      recipient,
      ...(message.kind === 'amended' ? message.changes.map(({ what }) => what) : []),
    ]);

  test('while they sleep, time after time, is told whole in the morning', () => {
    const { on } = asked();
    on(held('n3', 600), 120);
    on({ type: 'accepted', notification: 'n4' }, 120);
    const second = on({ type: 'command', command: amend('2', { score: { value: 40 } }) }, 130);

    expect(changes(second.effects)).toEqual([
      ['alice', 'summary', 'score'],
      ['bob', 'score'],
    ]);
    on(held('n5', 600), 130);
    on({ type: 'accepted', notification: 'n6' }, 130);
    // What rings nowhere is told with the rest, and not by itself.
    const silent = on({ type: 'command', command: amend('3', { details: 'a log' }) }, 140);
    expect(changes(silent.effects)).toEqual([]);
    expect(changes(on({ type: 'clock' }, 600).effects)).toEqual([['alice', 'summary', 'score']]);
  });

  test('says what was before the first of two changes they have not heard of', () => {
    const { on } = asked();
    on({ type: 'command', command: amend('2', { score: { value: 60 } }) }, 121);
    on(held('n3', 600), 121);
    on(held('n5', 600), 121);
    on({ type: 'command', command: amend('3', { score: { value: 40 } }) }, 122);
    on(held('n7', 600), 122);
    const [order] = listOrdersOf(on({ type: 'clock' }, 600).effects);

    expect(order?.message).toMatchObject({
      kind: 'amended',
      changes: [{ what: 'summary' }, { what: 'score', from: { value: 92 } }],
    });
  });

  test('is not told any more once somebody has it, except to them', () => {
    const { on } = asked();
    const { effects } = on({ type: 'command', command: buildCommand('take', bob, {}) }, 121);

    expect(effects).toContainEqual({ type: 'cancel', notification: 'n3' });
    expect(effects).not.toContainEqual({ type: 'cancel', notification: 'n4' });
  });
});
