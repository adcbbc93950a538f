import { describe, expect, test } from 'vitest';
import { decide, type Decision, type HandoffEvent } from '../../../src/domain/decide.ts';
import { instantAfter } from '../../../src/domain/duration.ts';
import {
  isFinished,
  type HandoffInput,
  type HandoffState,
  type TierPlan,
} from '../../../src/domain/state.ts';
import { buildCommand, buildInput, buildPolicy, buildTiming } from '../../support/builders.ts';
import { SUBMITTED_AT } from '../simulate.ts';
import {
  MINUTE,
  HOUR,
  alice,
  bob,
  crm,
  EVERYBODY,
  ARRIVES,
  IS_REFUSED,
  tell,
  listOrders,
  listMessages,
  findMessage,
  listReasons,
  endOf,
  play,
  planned,
  planOf,
  listKinds,
  after,
  held,
  withRule,
  quietUntil,
  listOrdersOf,
} from './story.ts';

describe('escalation', () => {
  test('escalates to the next tier, then to the last resort, when nobody answers', () => {
    const steps = tell();

    expect(listMessages(steps).slice(0, 3)).toEqual([
      '0 min: sms to alice: offer',
      '5 min: sms to bob: offer',
      '10 min: sms to carol: last-resort',
    ]);
    expect(listReasons(endOf(steps), 'escalated').slice(0, 2)).toEqual([
      'ALICE has not answered: on to tier 2',
      'BOB has not answered: on to last resort',
    ]);
    expect(findMessage(steps, 'alice', 'offer')).toEqual({
      kind: 'offer',
      tier: 'tier 1',
      notice: 1,
    });
    expect(findMessage(steps, 'bob', 'offer').because).toBe('ALICE has not answered');
  });

  test('goes through the tiers again as often as the policy says, and counts the notices', () => {
    const steps = tell(
      { plans: [{ people: ['alice'] }, { people: ['bob'] }, { people: ['alice'] }, ...EVERYBODY] },
      buildInput({ policy: { repeat: 1 } }),
    );

    const [first, , second] = listOrders(steps).map(({ order }) => order.message);
    expect(first).toMatchObject({ tier: 'tier 1', notice: 1 });
    expect(second).toMatchObject({ tier: 'tier 1, round 2', notice: 2 });
  });

  test('R17: a call that ended before its acceptance was reported is followed by the next step at once', () => {
    const { on, state } = play();
    on({ type: 'started' }, 0);
    const steps = [
      { channel: 'voice', afterMs: 0 },
      { channel: 'email', afterMs: 5 * MINUTE },
    ] as const;
    const people = [{ recipient: 'alice', name: 'ALICE', steps }];
    on({ type: 'planned', serial: 0, plan: { people, skipped: [] } }, 0);

    const lost = on({ type: 'undelivered', notification: 'n1', because: 'busy' }, 0);
    expect(listKinds(lost.effects)).toEqual(['offer to alice']);
    on({ type: 'accepted', notification: 'n1' }, 0);
    expect(listReasons(state(), 'undelivered')).toEqual(['offer to ALICE by voice: busy']);
  });

  test('the clock of a tier runs from its first accepted message', () => {
    const steps = tell({ deliveries: [{ outcome: 'accepted', afterMs: 3 * MINUTE }, ARRIVES] });

    expect(listMessages(steps)[1]).toBe('8 min: sms to bob: offer');
  });

  test.each([
    ['a refused message', IS_REFUSED, 'not-sent'],
    [
      'an undelivered message',
      { outcome: 'accepted', afterMs: 100, undeliveredAfterMs: 1_000 },
      'undelivered',
    ],
  ] as const)('%s brings the next tier at once', (_name, delivery, what) => {
    const steps = tell({ deliveries: [delivery, ARRIVES] });

    expect(listMessages(steps)[1]).toBe('0 min: sms to bob: offer');
    expect(listReasons(endOf(steps), what)).toHaveLength(1);
    expect(findMessage(steps, 'bob', 'offer').because).toBe('no message of tier 1 arrived');
  });

  const smsThenEmail = [
    { channel: 'sms', afterMs: 0 },
    { channel: 'email', afterMs: 2 * MINUTE },
  ] as const;
  const withEmail = buildInput({
    policy: {
      tiers: [
        { label: 'tier 1', notify: ['alice'], ladder: smsThenEmail, escalateAfterMs: 5 * MINUTE },
      ],
    },
  });

  test('the email of a ladder follows when the SMS is not answered', () => {
    expect(listMessages(tell({}, withEmail)).slice(0, 2)).toEqual([
      '0 min: sms to alice: offer',
      '2 min: email to alice: offer',
    ]);
  });

  test('the email of a ladder is brought forward when the SMS fails', () => {
    const messages = listMessages(tell({ deliveries: [IS_REFUSED, ARRIVES] }, withEmail));

    expect(messages.slice(0, 3)).toEqual([
      '0 min: sms to alice: offer',
      '0 min: email to alice: offer',
      '5 min: sms to bob: last-resort',
    ]);
  });

  test('one failed message does not end a tier in which another arrived', () => {
    const steps = tell({
      plans: [{ people: ['alice', 'bob'] }, { people: ['carol'] }],
      deliveries: [IS_REFUSED, ARRIVES],
    });

    expect(listMessages(steps)[2]).toBe('5 min: sms to carol: offer');
  });

  test('a tier with nobody to tell gives way at once and says why', () => {
    const steps = tell({ plans: [{ people: [], skipped: ['alice'] }, ...EVERYBODY.slice(1)] });

    expect(listMessages(steps)[0]).toBe('0 min: sms to bob: offer');
    expect(listReasons(endOf(steps), 'skipped')).toEqual(['no phone']);
    expect(listReasons(endOf(steps), 'escalated')[0]).toBe(
      'nobody in tier 1 could be told: on to tier 2',
    );
  });

  test('waits while everyone is quiet, then plans the same tier again', () => {
    const steps = tell({ plans: [{ people: [], quietForMs: 9 * HOUR }, ...EVERYBODY] });

    const waiting = steps.find(({ after }) => after.status === 'waiting');
    expect(waiting?.after.stage.notBefore?.because).toBe('quiet hours');
    expect(listMessages(steps).slice(0, 2)).toEqual([
      '540 min: sms to alice: offer',
      '545 min: sms to bob: offer',
    ]);
    expect(listReasons(endOf(steps), 'waiting')).toEqual(['quiet hours']);
  });

  test('wakes at the end of the quiet hours, and says so', () => {
    const { on } = play();
    const quiet = { at: instantAfter(SUBMITTED_AT, 9 * HOUR), because: 'quiet hours: alice' };
    on({ type: 'started' }, 0);

    const { wake } = on(
      { type: 'planned', serial: 0, plan: { people: [], skipped: [], notBefore: quiet } },
      0,
    );

    expect(wake).toEqual(quiet);
  });

  test('takes a state that travelled as JSON and plans when the quiet hours are over', () => {
    const { on, state } = play();
    const quiet = { at: instantAfter(SUBMITTED_AT, 9 * HOUR), because: 'quiet hours' };
    on({ type: 'started' }, 0);
    on({ type: 'planned', serial: 0, plan: { people: [], skipped: [], notBefore: quiet } }, 0);
    const carried = JSON.parse(JSON.stringify(state())) as HandoffState;

    const early = decide(
      buildInput(),
      carried,
      { type: 'clock' },
      instantAfter(SUBMITTED_AT, 8 * HOUR),
    );
    const due = decide(buildInput(), carried, { type: 'clock' }, quiet.at);

    expect(early.effects).toEqual([]);
    expect(early.wake).toEqual(quiet);
    expect(due.effects).toMatchObject([{ type: 'plan', serial: 0, label: 'tier 1' }]);
    expect(due.state).toMatchObject({ status: 'notifying', stage: { planned: false } });
  });

  describe('with a plan from its submission', () => {
    const submitted = buildInput({ policy: { timing: buildTiming('wait') } });
    const withPlan = (plan: TierPlan): HandoffInput => ({ ...submitted, plan });

    test('tells at once, as the plan that is asked for would', () => {
      const asked = play(submitted);
      asked.on({ type: 'started' }, 0);
      const told = asked.on(planned(0, 'alice'), 0);
      const { on, state } = play(withPlan(planOf('alice')));

      expect(on({ type: 'started' }, 0)).toEqual(told);
      expect(listReasons(state(), 'planned')).toEqual(['tier 1: ALICE']);
    });

    test('waits until the plan says', () => {
      const { on, state } = play(
        withPlan({ ...planOf(), notBefore: { at: after(60), because: 'quiet' } }),
      );

      const { effects, wake } = on({ type: 'started' }, 0);

      expect(effects).toEqual([]);
      expect(wake).toEqual({ at: after(60), because: 'quiet' });
      expect(state().status).toBe('waiting');
      expect(listKinds(on({ type: 'clock' }, 60).effects)).toEqual(['plan']);
    });

    test('asks for another when it starts a minute later: somebody else may be on duty', () => {
      const { on } = play(withPlan(planOf('alice')));

      expect(listKinds(on({ type: 'started' }, 1).effects)).toEqual(['plan']);
    });
  });

  test('a plan made for an earlier tier changes nothing', () => {
    const { on, state } = play();
    on({ type: 'started' }, 0);
    on({ type: 'command', command: buildCommand('escalate', crm, {}) }, 0);

    const { effects } = on(planned(0, 'alice'), 0);

    expect(effects).toEqual([]);
    expect(state().stage).toMatchObject({ tier: 1, planned: false });
  });

  test('after an outage over several tiers at most one tier is told at once', () => {
    const { on, state } = play(
      buildInput({
        policy: {
          tiers: ['alice', 'bob', 'dave', 'erin'].map((id, index) => ({
            label: `tier ${index + 1}`,
            notify: [id],
            ladder: [{ channel: 'sms', afterMs: 0 }],
            escalateAfterMs: 5 * MINUTE,
          })),
        },
      }),
    );
    on({ type: 'started' }, 0);
    on(planned(0, 'alice'), 0);
    on({ type: 'accepted', notification: 'n1' }, 0);

    const late = on({ type: 'clock' }, 60);
    const replanned = on(planned(1, 'bob'), 60);
    on({ type: 'accepted', notification: 'n2' }, 60);
    const soon = on({ type: 'clock' }, 61);

    expect(listKinds(late.effects)).toEqual(['plan']);
    expect(listKinds(replanned.effects)).toEqual(['offer to bob']);
    expect(soon.effects).toEqual([]);
    expect(state().stage.tier).toBe(1);
    expect(soon.wake).toEqual({
      at: instantAfter(SUBMITTED_AT, 65 * MINUTE),
      because: 'escalate to tier 3 if nobody takes it',
    });
  });

  test('an outage while the plan was asked for loses no tier and tells nobody twice', () => {
    const { on, state } = play();
    on({ type: 'started' }, 0);

    const late = on({ type: 'clock' }, 60);

    expect(late.effects).toMatchObject([{ type: 'plan', serial: 1, label: 'tier 2' }]);
    expect(listReasons(state(), 'escalated')).toEqual([
      'nobody could be found to tell in time: on to tier 2',
    ]);
  });
});

describe('a plan may say', () => {
  test('that nobody can be told: the last resort is, and hears why', () => {
    const { on, state } = play(withRule('skip'));
    on({ type: 'started' }, 0);
    const because = 'nobody of any tier can be told now';

    const { effects } = on(
      { type: 'planned', serial: 0, plan: { people: [], skipped: [], toLastResort: because } },
      0,
    );

    expect(effects).toMatchObject([
      { type: 'plan', serial: 1, label: 'last resort', request: { isLast: true, later: [] } },
    ]);
    const [order] = listOrdersOf(on(planned(1, 'carol'), 0).effects);
    expect(order?.message).toMatchObject({ kind: 'last-resort', because });
    expect(listReasons(state(), 'escalated')).toEqual([`${because}: on to last resort`]);
  });

  test('that one step waits and another does not', () => {
    const { on } = play(
      withRule('wait', { tiers: [{ ...buildPolicy().tiers[0], escalateAfterMs: HOUR }] }),
    );
    on({ type: 'started' }, 0);
    const plan: TierPlan = {
      people: [
        {
          recipient: 'alice',
          name: 'ALICE',
          steps: [{ channel: 'sms', afterMs: 0, notBefore: after(30) }],
        },
        { recipient: 'bob', name: 'BOB', steps: [{ channel: 'sms', afterMs: 2 * MINUTE }] },
      ],
      skipped: [],
    };
    const first = on({ type: 'planned', serial: 0, plan }, 1);

    expect(first.effects).toEqual([]);
    expect(first.wake).toEqual({ at: after(3), because: 'sms to BOB if not taken' });
    expect(listKinds(on({ type: 'clock' }, 3).effects)).toEqual(['offer to bob']);
    on({ type: 'accepted', notification: 'n1' }, 3);
    expect(listKinds(on({ type: 'clock' }, 30).effects)).toEqual(['offer to alice']);
  });

  test('that a step waits: it is not brought forward when the one before it fails', () => {
    const { on, state } = play(
      withRule('wait', { tiers: [{ ...buildPolicy().tiers[0], escalateAfterMs: HOUR }] }),
    );
    on({ type: 'started' }, 0);
    const steps = [
      { channel: 'sms', afterMs: 0 },
      { channel: 'email', afterMs: MINUTE, notBefore: after(30) },
    ] as const;
    const plan: TierPlan = { people: [{ recipient: 'alice', name: 'ALICE', steps }], skipped: [] };
    on({ type: 'planned', serial: 0, plan }, 0);

    const { effects, wake } = on({ type: 'not-sent', notification: 'n1', because: 'no' }, 2);

    expect(effects).toEqual([]);
    expect(wake).toEqual({ at: after(30), because: 'email to ALICE if not taken' });
    expect(listKinds(on({ type: 'clock' }, 30).effects)).toEqual(['offer to alice']);
    expect(state().stage.tier).toBe(0);
  });

  test('when timeouts stand still: steps and tiers wait it out, the last resort does not', () => {
    const ladder = [
      { channel: 'sms', afterMs: 0 },
      { channel: 'sms', afterMs: 2 * MINUTE },
    ] as const;
    const tiers = [{ label: 'tier 1', notify: ['alice'], ladder, escalateAfterMs: 5 * MINUTE }];
    const { on } = play(buildInput({ policy: { tiers } }));
    on({ type: 'started' }, 0);
    const pauses = [{ from: after(1), until: after(61) }];
    const plan: TierPlan = {
      people: [{ recipient: 'alice', name: 'ALICE', steps: ladder }],
      skipped: [],
      pauses,
    };

    expect(listKinds(on({ type: 'planned', serial: 0, plan }, 0).effects)).toEqual([
      'offer to alice',
    ]);
    expect(on({ type: 'accepted', notification: 'n1' }, 0).wake?.at).toBe(after(62));
    expect(listKinds(on({ type: 'clock' }, 62).effects)).toEqual(['offer to alice']);
    expect(on({ type: 'accepted', notification: 'n2' }, 62).wake?.at).toBe(after(65));
    expect(on({ type: 'clock' }, 65).effects).toMatchObject([
      { type: 'plan', label: 'last resort' },
    ]);
    on(planned(1, 'carol'), 65);
    expect(on({ type: 'accepted', notification: 'n3' }, 65).wake?.at).toBe(after(65 + 720));
  });
});

describe('while it waits', () => {
  /** Alice was told and has not answered; everybody of tier 2 sleeps until 540. */
  function waiting(input: HandoffInput = withRule('wait')) {
    const game = play(input);
    game.on({ type: 'started' }, 0);
    game.on(planned(0, 'alice'), 0);
    game.on({ type: 'accepted', notification: 'n1' }, 0);
    game.on({ type: 'clock' }, 5);
    game.on(quietUntil(1, 540), 5);
    return game;
  }

  test('a take ends the wait', () => {
    const { on, state } = waiting();
    const { wake } = on({ type: 'command', command: buildCommand('take', alice, {}) }, 60);

    expect(state()).toMatchObject({ status: 'owned', owner: { responder: 'alice' } });
    expect(wake).toEqual({ at: after(75), because: 'remind ALICE, who has it' });
  });

  test('what is given up again goes on to the next tier, not back to sleep', () => {
    const { on } = waiting();
    on({ type: 'command', command: buildCommand('take', alice, {}) }, 60);

    const { effects } = on({ type: 'command', command: buildCommand('pass', alice, {}) }, 61);

    expect(effects).toContainEqual(expect.objectContaining({ type: 'plan', label: 'last resort' }));
  });

  test('a pass is planned with: the wait may have been for whoever passed', () => {
    const { on, state } = waiting();

    const { effects } = on({ type: 'command', command: buildCommand('pass', bob, {}) }, 60);

    expect(effects).toContainEqual(
      expect.objectContaining({
        type: 'plan',
        label: 'tier 2',
        request: expect.objectContaining({ passed: ['bob'] }) as unknown,
      }),
    );
    expect(state()).toMatchObject({ status: 'notifying', stage: { planned: false } });
    expect(state().stage.notBefore).toBeUndefined();
  });

  test('an escalation goes on at once', () => {
    const { on } = waiting();
    const { effects } = on({ type: 'command', command: buildCommand('escalate', crm, {}) }, 60);

    expect(effects).toMatchObject([{ type: 'plan', label: 'last resort' }]);
  });

  test('a withdrawal ends it', () => {
    const { on, state } = waiting();
    on({ type: 'command', command: buildCommand('withdraw', crm, {}) }, 60);
    on({ type: 'accepted', notification: 'n2' }, 60);

    expect(state().status).toBe('withdrawn');
    expect(isFinished(state())).toBe(true);
  });

  test('it expires on time, and the announcement waits if it must', () => {
    const { on, state } = waiting(withRule('wait', { expiresAfterMs: 2 * HOUR }));

    expect(on({ type: 'clock' }, 60).wake).toEqual({ at: after(120), because: 'it expires' });
    expect(on({ type: 'clock' }, 120).effects).toContainEqual(
      expect.objectContaining({ type: 'plan', label: 'announcement' }),
    );
    expect(on(quietUntil(2, 540), 120).wake?.at).toBe(after(540));
    expect(state().status).toBe('expired');
    expect(isFinished(state())).toBe(false);
    expect(listKinds(on({ type: 'clock' }, 540).effects)).toEqual(['plan']);
    expect(listKinds(on(planned(2, 'carol'), 540).effects)).toContain('expired to carol');
  });
});

describe('an offer that is held', () => {
  test('is planned anew, says why, and does not count as a notice', () => {
    const { on, state } = play(withRule('skip'));
    on({ type: 'started' }, 0);
    on(planned(0, 'alice'), 0);

    const { effects } = on(held('n1', 30), 0);

    expect(effects).toMatchObject([{ type: 'plan', serial: 0, label: 'tier 1' }]);
    expect(listReasons(state(), 'held')).toEqual(['offer to ALICE by sms: a meeting']);
    const again = on(planned(0, 'alice'), 1);
    expect(listOrdersOf(again.effects)).toMatchObject([{ id: 'n2', message: { notice: 1 } }]);
  });

  test('sleeps when the new plan says so, and is sent when that is over', () => {
    const { on } = play(withRule('wait'));
    on({ type: 'started' }, 0);
    on(planned(0, 'alice'), 0);
    on(held('n1', 30), 0);

    expect(on(quietUntil(0, 30), 0).wake).toEqual({ at: after(30), because: 'quiet hours' });
    expect(listKinds(on({ type: 'clock' }, 30).effects)).toEqual(['plan']);
    expect(listKinds(on(planned(0, 'alice'), 30).effects)).toEqual(['offer to alice']);
  });

  /** Plays until a stage was planned anew three times and its only message is held once more. */
  function holdFourTimes(
    { on }: ReturnType<typeof play>,
    serial: number,
    person: string,
    minute: number,
    untilMinute?: number,
  ): Decision {
    let count = 0;
    for (;;) {
      const { effects } = on(planned(serial, person), minute);
      const [order] = listOrdersOf(effects).filter(({ message }) => message.kind !== 'stand-down');
      if (!order) throw new Error('nothing was sent');
      const decision = on(held(order.id, untilMinute), minute);
      count += 1;
      if (count === 4) return decision;
      expect(decision.effects).toMatchObject([{ type: 'plan', serial }]);
    }
  }

  test('is planned anew three times; then, under skip, it is the next tier’s turn', () => {
    const game = play(withRule('skip'));
    game.on({ type: 'started' }, 0);

    const { effects } = holdFourTimes(game, 0, 'alice', 0, 30);

    expect(effects).toMatchObject([{ type: 'plan', serial: 1, label: 'tier 2' }]);
  });

  test('is planned anew three times; then, under wait, it waits for what it was told', () => {
    const game = play(
      withRule('wait', { tiers: [{ ...buildPolicy().tiers[0], escalateAfterMs: HOUR }] }),
    );
    game.on({ type: 'started' }, 0);

    const { effects, wake } = holdFourTimes(game, 0, 'alice', 0, 30);

    expect(effects).toEqual([]);
    expect(wake).toEqual({ at: after(30), because: 'sms to ALICE if not taken' });
    expect(listKinds(game.on({ type: 'clock' }, 30).effects)).toEqual(['offer to alice']);
  });

  test.each([
    ['wait', ['offer to bob'], 'sms to BOB if not taken'],
    ['skip', [], 'escalate to tier 2 if nobody takes it'],
  ] as const)(
    'when another of the tier was told is, under %s, sent later or left out',
    (rule, later, because) => {
      const { on } = play(withRule(rule));
      on({ type: 'started' }, 0);
      on(planned(0, 'alice', 'bob'), 0);
      on({ type: 'accepted', notification: 'n1' }, 0);

      const decision = on(held('n2', 3), 0);

      expect(decision.effects).toEqual([]);
      expect(decision.wake?.because).toBe(because);
      expect(listKinds(on({ type: 'clock' }, 3).effects)).toEqual(later);
    },
  );

  test('when all others failed is planned anew, and the tier has its whole time after that', () => {
    const { on } = play(withRule('wait'));
    on({ type: 'started' }, 0);
    on(planned(0, 'alice', 'bob'), 0);
    on({ type: 'accepted', notification: 'n1' }, 0);
    on({ type: 'undelivered', notification: 'n1', because: 'phone off' }, 1);
    on(held('n2', 600), 1);
    on(quietUntil(0, 600), 1);
    on({ type: 'clock' }, 600);

    const { effects, wake } = on(planned(0, 'alice', 'bob'), 600);

    expect(listKinds(effects)).toEqual(['offer to alice', 'offer to bob']);
    expect(wake).toBeNull();
    on({ type: 'accepted', notification: 'n3' }, 600);
    expect(on({ type: 'accepted', notification: 'n4' }, 600).wake).toEqual({
      at: after(605),
      because: 'escalate to tier 2 if nobody takes it',
    });
  });

  test.each<[string, HandoffEvent]>([
    ['has gone on', { type: 'command', command: buildCommand('escalate', crm, {}) }],
    ['was taken', { type: 'command', command: buildCommand('take', bob, {}) }],
    ['has ended', { type: 'command', command: buildCommand('withdraw', crm, {}) }],
  ])('changes nothing when the handoff %s meanwhile', (_what, event) => {
    const { on, state } = play(withRule('wait'));
    on({ type: 'started' }, 0);
    on(planned(0, 'alice'), 0);
    on(event, 1);

    expect(on(held('n1', 30), 1).effects).toEqual([]);
    expect(state().held ?? []).toEqual([]);
    expect(state().notifications['n1']?.status).toBe('held');
  });

  test('twice told is once held', () => {
    const { on } = play(withRule('wait'));
    on({ type: 'started' }, 0);
    on(planned(0, 'alice'), 0);
    on(held('n1', 30), 0);
    on(planned(0, 'alice'), 0);

    expect(on(held('n1', 30), 0).effects).toEqual([]);
    expect(on(held('n9', 30), 0).effects).toEqual([]);
  });

  test('the last resort waits for what it was told when planning anew did not help', () => {
    const game = play(withRule('skip'));
    game.on({ type: 'started' }, 0);
    const toLast = { people: [], skipped: [], toLastResort: 'nobody is awake' };
    game.on({ type: 'planned', serial: 0, plan: toLast }, 0);

    const { effects, wake } = holdFourTimes(game, 1, 'carol', 0, 30);

    expect(effects).toEqual([]);
    expect(wake?.at).toBe(after(30));
    expect(listKinds(game.on({ type: 'clock' }, 30).effects)).toEqual(['last-resort to carol']);
  });

  test.each([
    ['last resort', 0, 1, 'last-resort to carol'],
    ['announcement', 60, 1, 'expired to carol'],
  ])(
    'the %s is told all the same when nobody knows until when',
    (_stage, minute, serial, message) => {
      const game = play(withRule('skip', { expiresAfterMs: HOUR }));
      game.on({ type: 'started' }, 0);
      const toLast = { people: [], skipped: [], toLastResort: 'nobody is awake' };
      if (minute === 0) game.on({ type: 'planned', serial: 0, plan: toLast }, 0);
      else game.on({ type: 'clock' }, minute);

      const { effects } = holdFourTimes(game, serial, 'carol', minute);

      expect(listKinds(effects)).toEqual([message]);
      expect(listOrdersOf(effects)[0]?.whenQuiet).toBeUndefined();
    },
  );
});
