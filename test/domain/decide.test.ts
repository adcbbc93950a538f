import { describe, expect, test } from 'vitest';
import {
  decide,
  startState,
  type Decision,
  type Effect,
  type HandoffEvent,
} from '../../src/domain/decide.ts';
import { instantAfter } from '../../src/domain/duration.ts';
import type { Channel } from '../../src/domain/policy.ts';
import {
  isFinished,
  type Command,
  type HandoffInput,
  type HandoffState,
  type Message,
  type NotificationOrder,
  type TierPlan,
} from '../../src/domain/state.ts';
import { viewHandoff } from '../../src/domain/view.ts';
import {
  asResponder,
  buildCommand,
  buildInput,
  buildPolicy,
  buildTiming,
} from '../support/builders.ts';
import { simulate, SUBMITTED_AT, type Delivery, type Step, type World } from './simulate.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const alice = asResponder('alice');
const bob = asResponder('bob');
const crm = { kind: 'source', id: 'crm' } as const;

/** Tier 1 is alice, tier 2 bob, the last resort carol. */
const EVERYBODY = [{ people: ['alice'] }, { people: ['bob'] }, { people: ['carol'] }] as const;
const ARRIVES: Delivery = { outcome: 'accepted', afterMs: 100 };
const IS_REFUSED: Delivery = { outcome: 'failed', afterMs: 100 };

/** Runs a handoff to its end; what a test does not name is as usual: nobody answers, all messages arrive. */
function tell(world: Partial<World> = {}, input: HandoffInput = buildInput()): readonly Step[] {
  return simulate(input, { plans: EVERYBODY, deliveries: [], commands: [], ...world });
}

/** Returns commands given so many minutes after the submission. */
function at(minutes: number, command: Command): World['commands'][number] {
  return { afterMs: minutes * MINUTE, command };
}

function listOrders(steps: readonly Step[]): { at: string; order: NotificationOrder }[] {
  return steps.flatMap(({ at: now, effects }) =>
    effects.flatMap((effect) =>
      effect.type === 'notify' ? [{ at: now, order: effect.order }] : [],
    ),
  );
}

/** Lists what was sent when: `5 min: sms to bob: offer`. */
function listMessages(steps: readonly Step[]): string[] {
  return listOrders(steps).map(
    ({ at: now, order }) =>
      `${Math.round((Date.parse(now) - Date.parse(SUBMITTED_AT)) / MINUTE)} min: ${order.channel} to ${order.recipient}: ${order.message.kind}`,
  );
}

function findMessage<K extends Message['kind']>(
  steps: readonly Step[],
  recipient: string,
  kind: K,
): Extract<Message, { kind: K }> {
  const found = listOrders(steps).find(
    ({ order }) => order.recipient === recipient && order.message.kind === kind,
  );
  if (!found) throw new Error(`no ${kind} to ${recipient}: ${listMessages(steps).join(', ')}`);
  return found.order.message as Extract<Message, { kind: K }>;
}

function listReasons(state: HandoffState, what: string): string[] {
  return state.timeline.filter((entry) => entry.what === what).map(({ because }) => because);
}

function endOf(steps: readonly Step[]): HandoffState {
  const step = steps.at(-1);
  if (!step) throw new Error('nothing happened');
  return step.after;
}

/** Returns the state right after a command was dealt with. */
function afterCommand(steps: readonly Step[], id: string): Step {
  const step = steps.find(({ event }) => event.type === 'command' && event.command.id === id);
  if (!step) throw new Error(`the command ${id} was never given`);
  return step;
}

/** Feeds events one by one, for stories in which the order matters more than the time. */
function play(input: HandoffInput = buildInput()) {
  let state = startState(input);
  return {
    state: () => state,
    /** Decides at so many minutes after the submission. */
    on: (event: HandoffEvent, minutes: number): Decision => {
      const decision = decide(input, state, event, instantAfter(SUBMITTED_AT, minutes * MINUTE));
      ({ state } = decision);
      return decision;
    },
  };
}

/** Returns the answer to the plan that was asked for last. */
function planned(serial: number, ...people: readonly string[]): HandoffEvent {
  return { type: 'planned', serial, plan: planOf(...people) };
}

function planOf(...people: readonly string[]): TierPlan {
  return {
    people: people.map((id) => ({
      recipient: id,
      name: id.toUpperCase(),
      steps: [{ channel: 'sms' as const, afterMs: 0 }],
    })),
    skipped: [],
  };
}

function listKinds(effects: readonly Effect[]): string[] {
  return effects.map((effect) =>
    effect.type === 'notify'
      ? `${effect.order.message.kind} to ${effect.order.recipient}`
      : effect.type,
  );
}

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

describe('take', () => {
  test('ends the escalation and tells the others on the channel they were told on', () => {
    const email = [{ channel: 'email', afterMs: 0 }] as const;
    const [first] = buildPolicy().tiers;
    if (!first) throw new Error('the policy has no tiers');
    const input = buildInput({ policy: { tiers: [first, { ...first, ladder: email }] } });
    const take = buildCommand('take', alice, {});
    const done = buildCommand('resolve', alice, {});

    const steps = tell({ commands: [at(7, take), at(8, done)] }, input);

    expect(listMessages(steps)).toEqual([
      '0 min: sms to alice: offer',
      '5 min: email to bob: offer',
      '7 min: email to bob: stand-down',
    ]);
    expect(findMessage(steps, 'bob', 'stand-down').because).toBe('ALICE has it');
    const { after } = afterCommand(steps, take.id);
    expect(after.status).toBe('owned');
    expect(after.results[take.id]).toMatchObject({ effect: 'taken', owner: { name: 'ALICE' } });
    expect(after.standings).toEqual({ alice: 'owner', bob: 'stood-down' });
  });

  test('calls off what has not left yet', () => {
    const { on } = play();
    on({ type: 'started' }, 0);
    on(planned(0, 'alice', 'bob'), 0);
    on({ type: 'accepted', notification: 'n1' }, 0);

    const { effects } = on({ type: 'command', command: buildCommand('take', alice, {}) }, 1);

    expect(effects).toContainEqual({ type: 'cancel', notification: 'n2' });
    // Bob has seen nothing yet: there is nothing to take back.
    expect(listKinds(effects)).not.toContain('stand-down to bob');
  });

  test('an offer that left while it was being called off is followed by a stand-down', () => {
    const { on, state } = play();
    on({ type: 'started' }, 0);
    on(planned(0, 'alice', 'bob'), 0);
    on({ type: 'accepted', notification: 'n1' }, 0);
    on({ type: 'command', command: buildCommand('take', alice, {}) }, 1);

    const { effects } = on({ type: 'accepted', notification: 'n2' }, 1);

    expect(listKinds(effects)).toEqual(['stand-down to bob']);
    expect(state().standings).toEqual({ alice: 'owner', bob: 'stood-down' });
  });

  test('an offer whose sender died while it was being called off is followed by a stand-down', () => {
    const { on, state } = play();
    on({ type: 'started' }, 0);
    on(planned(0, 'alice', 'bob'), 0);
    on({ type: 'accepted', notification: 'n1' }, 0);
    on({ type: 'command', command: buildCommand('take', alice, {}) }, 1);

    const { effects } = on(
      { type: 'not-sent', notification: 'n2', because: 'interrupted', uncertain: true },
      1,
    );

    expect(listKinds(effects)).toEqual(['stand-down to bob']);
    expect(state().standings).toEqual({ alice: 'owner', bob: 'stood-down' });
  });

  test('somebody whose offer may have arrived is stood down when another takes it', () => {
    const { on } = play();
    on({ type: 'started' }, 0);
    on(planned(0, 'alice', 'bob'), 0);
    on({ type: 'accepted', notification: 'n1' }, 0);
    on({ type: 'not-sent', notification: 'n2', because: 'no answer', uncertain: true }, 1);

    const { effects } = on({ type: 'command', command: buildCommand('take', alice, {}) }, 2);

    expect(listKinds(effects)).toContain('stand-down to bob');
  });

  test('the first take wins, and the second person learns who has it', () => {
    const second = buildCommand('take', bob, {});
    const steps = tell({ commands: [at(6, buildCommand('take', alice, {})), at(7, second)] });

    const { after } = afterCommand(steps, second.id);
    expect(after.results[second.id]).toMatchObject({
      effect: 'held-by-other',
      owner: { responder: 'alice', since: instantAfter(SUBMITTED_AT, 6 * MINUTE) },
    });
    expect(after.owner?.responder).toBe('alice');
    expect(listReasons(after, 'refused')).toEqual(['BOB asked to take: ALICE has it']);
  });

  test('a second take of the owner changes nothing', () => {
    const again = buildCommand('take', alice, { nonce: '2' });
    const steps = tell({ commands: [at(1, buildCommand('take', alice, {})), at(9, again)] });

    const { before, after, effects } = afterCommand(steps, again.id);
    expect(after.results[again.id]?.effect).toBe('already-yours');
    expect(after.owner).toEqual(before.owner);
    expect(effects).toEqual([]);
  });

  test('saying the same again with the same effect is told from saying something else', () => {
    const said = [
      ['take', alice, undefined],
      ['take', alice, undefined],
      ['take', alice, true],
      ['take', bob, undefined],
      ['take', alice, true],
      ['pass', alice, undefined],
      ['take', alice, undefined],
      ['pass', alice, undefined],
      ['pass', alice, true],
      ['resolve', bob, undefined],
      ['resolve', bob, undefined],
      ['resolve', bob, true],
    ] as const;
    const { on } = play();
    on({ type: 'started' }, 0);
    on(planned(0, 'alice', 'bob'), 0);
    const repeated = said.map(([verb, by], index) => {
      const command = buildCommand(verb, by, { nonce: String(index) });
      return on({ type: 'command', command }, index).state.results[command.id]?.isRepeated;
    });

    expect(repeated).toEqual(said.map(([, , isRepeated]) => isRepeated));
  });

  test('a source cannot take', () => {
    const take = buildCommand('take', crm, {});
    const { after } = afterCommand(tell({ commands: [at(1, take)] }), take.id);

    expect(after.results[take.id]?.effect).toBe('held-by-other');
    expect(after.owner).toBeUndefined();
    expect(listReasons(after, 'refused')).toEqual([
      'crm asked to take: only a responder can take it',
    ]);
  });

  test('the owner is reminded at half of the time, and then it goes on to others', () => {
    const steps = tell({ commands: [at(1, buildCommand('take', alice, {}))] });

    expect(listMessages(steps).slice(0, 4)).toEqual([
      '0 min: sms to alice: offer',
      '16 min: sms to alice: reminder',
      '31 min: sms to alice: released',
      '31 min: sms to bob: offer',
    ]);
    const because = 'ALICE took it and did not finish within 30 min';
    expect(findMessage(steps, 'alice', 'reminder').actBy).toBe(
      instantAfter(SUBMITTED_AT, 31 * MINUTE),
    );
    expect(findMessage(steps, 'alice', 'released').because).toBe(because);
    expect(findMessage(steps, 'bob', 'offer').because).toBe(because);
    expect(listReasons(endOf(steps), 'overdue')).toEqual([because]);
  });

  test('whoever let it slip can take it again', () => {
    const again = buildCommand('take', alice, { nonce: '2' });
    const steps = tell({ commands: [at(1, buildCommand('take', alice, {})), at(33, again)] });

    const { after } = afterCommand(steps, again.id);
    expect(after.owner).toMatchObject({
      responder: 'alice',
      actBy: instantAfter(SUBMITTED_AT, 63 * MINUTE),
    });
    expect(after.standings['bob']).toBe('stood-down');
  });

  test('is possible while everyone is quiet, and ends the wait', () => {
    const take = buildCommand('take', alice, {});
    const steps = tell({
      plans: [{ people: [], quietForMs: 9 * HOUR }, ...EVERYBODY],
      commands: [at(10, take), at(20, buildCommand('resolve', alice, {}))],
    });

    expect(afterCommand(steps, take.id).after).toMatchObject({ status: 'owned' });
    expect(afterCommand(steps, take.id).after.stage.notBefore).toBeUndefined();
    expect(listMessages(steps)).toEqual([]);
  });

  test('a plan that comes after the take tells nobody', () => {
    const { on } = play();
    on({ type: 'started' }, 0);
    on({ type: 'command', command: buildCommand('take', alice, {}) }, 0);

    expect(on(planned(0, 'alice', 'bob'), 0).effects).toEqual([]);
  });
});

describe('pass', () => {
  test('by the only person asked brings the next tier at once', () => {
    const pass = buildCommand('pass', alice, { reason: 'in a meeting' });
    const steps = tell({ commands: [at(1, pass)] });

    expect(listMessages(steps)[1]).toBe('1 min: sms to bob: offer');
    expect(listReasons(endOf(steps), 'passed')).toEqual(['ALICE passed it on: in a meeting']);
    expect(findMessage(steps, 'bob', 'offer').because).toBe('everyone told in tier 1 passed');
  });

  test('by one of two leaves the other time to answer', () => {
    const steps = tell({
      plans: [{ people: ['alice', 'bob'] }, { people: ['carol'] }],
      commands: [at(1, buildCommand('pass', alice, {}))],
    });

    expect(listMessages(steps)[2]).toBe('5 min: sms to carol: offer');
    expect(findMessage(steps, 'carol', 'offer').because).toBe('BOB has not answered');
  });

  test('by the owner gives it up, and the next tier is told', () => {
    const pass = buildCommand('pass', alice, {});
    const steps = tell({ commands: [at(1, buildCommand('take', alice, {})), at(3, pass)] });

    expect(afterCommand(steps, pass.id).after.owner).toBeUndefined();
    expect(listMessages(steps)[1]).toBe('3 min: sms to bob: offer');
  });

  test('of somebody else than the owner is refused', () => {
    const pass = buildCommand('pass', bob, {});
    const steps = tell({ commands: [at(1, buildCommand('take', alice, {})), at(3, pass)] });

    expect(afterCommand(steps, pass.id).after.results[pass.id]?.effect).toBe('held-by-other');
  });

  test('holds for the tiers and rounds to come, until the last resort', () => {
    const steps = tell(
      { commands: [at(1, buildCommand('pass', alice, {}))] },
      buildInput({ policy: { repeat: 1 } }),
    );

    const passed = steps
      .flatMap(({ effects }) => effects)
      .flatMap((effect) =>
        effect.type === 'plan' ? [`${effect.label}: ${effect.request.passed.join()}`] : [],
      );
    expect(passed.slice(0, 5)).toEqual([
      'tier 1: ',
      'tier 2: alice',
      'tier 1, round 2: alice',
      'tier 2, round 2: alice',
      'last resort: ',
    ]);
  });

  test('does not keep the last resort from asking again', () => {
    const steps = tell({
      plans: [{ people: ['alice'] }, { people: ['bob'] }, { people: ['alice'] }],
      commands: [at(1, buildCommand('pass', alice, {}))],
    });

    const asked = steps.find(
      ({ after }) => after.stage.kind === 'last-resort' && after.stage.planned,
    );
    expect(asked?.after.standings['alice']).toBe('asked');
    expect(findMessage(steps, 'alice', 'last-resort').notice).toBe(2);
  });

  test('stops the rest of the ladder of whoever passed', () => {
    const ladder = [
      { channel: 'sms', afterMs: 0 },
      { channel: 'email', afterMs: 2 * MINUTE },
    ] as const;
    const tiers = [
      { label: 'tier 1', notify: ['alice'], ladder, escalateAfterMs: 5 * MINUTE },
    ] as const;
    const steps = tell(
      {
        plans: [{ people: ['alice', 'bob'] }, { people: ['carol'] }],
        commands: [at(1, buildCommand('pass', alice, {}))],
      },
      buildInput({ policy: { tiers } }),
    );

    expect(listMessages(steps).slice(0, 3)).toEqual([
      '0 min: sms to alice: offer',
      '0 min: sms to bob: offer',
      '2 min: email to bob: offer',
    ]);
  });
});

describe('resolve', () => {
  test.each([
    ['reached spoke to her', 'reached', 'spoke to her'],
    ['Reached: spoke to her', 'reached', 'spoke to her'],
    ['reached', 'reached', undefined],
    ['no answer', 'no-answer', undefined],
    ['no-answer, left a message', 'no-answer', 'left a message'],
    ['NO ANSWER twice', 'no-answer', 'twice'],
    ['bad lead', 'bad-lead', undefined],
    ['reachedout to her', undefined, 'reachedout to her'],
    ['she will call back', undefined, 'she will call back'],
    ['', undefined, undefined],
  ])('reads %j as outcome %j and note %j', (note, outcome, rest) => {
    const resolve = buildCommand('resolve', alice, { note });
    const { after } = afterCommand(
      tell({ commands: [at(1, buildCommand('take', alice, {})), at(2, resolve)] }),
      resolve.id,
    );

    expect(after.ending).toEqual({
      status: 'resolved',
      at: instantAfter(SUBMITTED_AT, 2 * MINUTE),
      by: alice,
      ...(outcome !== undefined && { outcome }),
      ...(rest !== undefined && { note: rest }),
    });
  });

  test('reads the longest declared outcome, not the first that fits', () => {
    const action = { do: 'Call Maria Lopez', outcomes: ['bad', 'bad-lead'] };
    const resolve = buildCommand('resolve', alice, { note: 'bad-lead' });
    const steps = tell({ commands: [at(1, resolve)] }, buildInput({ handoff: { action } }));

    expect(afterCommand(steps, resolve.id).after.ending?.outcome).toBe('bad-lead');
  });

  test('an outcome given as such is kept beside its note', () => {
    const resolve = buildCommand('resolve', crm, { outcome: 'bad-lead', note: 'disconnected' });
    const { after } = afterCommand(tell({ commands: [at(1, resolve)] }), resolve.id);

    expect(after.ending).toMatchObject({ outcome: 'bad-lead', note: 'disconnected', by: crm });
  });

  test('an outcome that was not declared is text: the source counts its own words only', () => {
    const resolve = buildCommand('resolve', crm, { outcome: 'sold', note: 'reached by mail' });
    const { after } = afterCommand(tell({ commands: [at(1, resolve)] }), resolve.id);

    expect(after.ending).toMatchObject({ note: 'sold: reached by mail', by: crm });
    expect(after.ending).not.toHaveProperty('outcome');
  });

  test('tells those for whom it waits', () => {
    const resolve = buildCommand('resolve', alice, { note: 'reached' });
    const { after, effects } = afterCommand(tell({ commands: [at(6, resolve)] }), resolve.id);

    expect(listKinds(effects)).toEqual(['stand-down to bob']);
    expect(listReasons(after, 'resolved')).toEqual(['ALICE: done (reached)']);
  });

  test('of somebody else than the owner is refused, of the source it is not', () => {
    const take = at(1, buildCommand('take', alice, {}));
    const byBob = buildCommand('resolve', bob, {});
    const bySource = buildCommand('resolve', crm, {});
    const steps = tell({ commands: [take, at(2, byBob), at(3, bySource)] });

    const { after } = afterCommand(steps, bySource.id);
    expect(after.results[byBob.id]?.effect).toBe('held-by-other');
    expect(after.results[bySource.id]?.effect).toBe('resolved');
  });

  test('ends it: whatever comes later is told that it is closed', () => {
    const input = buildInput();
    const { on } = play(input);
    on({ type: 'started' }, 0);
    const resolved = on({ type: 'command', command: buildCommand('resolve', alice, {}) }, 1);
    const late = on({ type: 'command', command: buildCommand('take', bob, {}) }, 2);

    expect(resolved.wake).toBeNull();
    expect(late.state.results['bob-take']).toMatchObject({
      effect: 'closed',
      ending: { status: 'resolved', by: alice },
    });
    expect(late.effects).toEqual([]);
  });
});

describe('other commands', () => {
  test('withdraw ends it and tells everyone for whom it waits why', () => {
    const withdraw = buildCommand('withdraw', crm, { reason: 'she signed' });
    const steps = tell({ commands: [at(6, withdraw)] });

    const { after } = afterCommand(steps, withdraw.id);
    expect(after.ending).toEqual({
      status: 'withdrawn',
      at: instantAfter(SUBMITTED_AT, 6 * MINUTE),
      by: crm,
      note: 'she signed',
    });
    expect(listMessages(steps).slice(2)).toEqual([
      '6 min: sms to alice: stand-down',
      '6 min: sms to bob: stand-down',
    ]);
    expect(findMessage(steps, 'bob', 'stand-down').because).toBe('crm: withdrawn, she signed');
  });

  test('withdraw tells the owner too', () => {
    const steps = tell({
      commands: [at(1, buildCommand('take', alice, {})), at(2, buildCommand('withdraw', crm, {}))],
    });

    expect(listMessages(steps).at(-1)).toBe('2 min: sms to alice: stand-down');
    expect(endOf(steps).owner).toBeUndefined();
  });

  test('escalate brings the next tier at once, and an owner learns why', () => {
    const escalate = buildCommand('escalate', crm, { reason: 'she is waiting' });
    const steps = tell({ commands: [at(1, buildCommand('take', alice, {})), at(2, escalate)] });

    expect(listMessages(steps).slice(1, 3)).toEqual([
      '2 min: sms to alice: released',
      '2 min: sms to bob: offer',
    ]);
    const because = 'crm asked for the next tier: she is waiting';
    expect(findMessage(steps, 'alice', 'released').because).toBe(because);
    expect(findMessage(steps, 'bob', 'offer').because).toBe(because);
    expect(afterCommand(steps, escalate.id).after.results[escalate.id]?.effect).toBe('escalated');
  });

  test('a note stands in the timeline and changes nothing else', () => {
    const note = buildCommand('note', alice, { text: 'she is on the other line' });
    const { before, after, effects } = afterCommand(
      tell({ commands: [at(1, buildCommand('take', alice, {})), at(2, note)] }),
      note.id,
    );

    expect(listReasons(after, 'noted')).toEqual(['ALICE: she is on the other line']);
    expect(effects).toEqual([]);
    expect(after.owner).toEqual(before.owner);
  });

  test('the same command again is applied once', () => {
    const pass = buildCommand('pass', alice, {});
    const steps = tell({ commands: [at(1, pass), at(2, pass)] });

    expect(listReasons(endOf(steps), 'passed')).toHaveLength(1);
  });

  test('a confirmation answers by SMS with the result of the command', () => {
    const { on, state } = play();
    on({ type: 'started' }, 0);
    on(planned(0, 'alice'), 0);
    on({ type: 'command', command: buildCommand('take', alice, {}) }, 1);

    const { effects } = on({ type: 'confirm', commandId: 'alice-take' }, 2);

    expect(effects).toMatchObject([
      {
        type: 'notify',
        order: {
          recipient: 'alice',
          channel: 'sms',
          message: { kind: 'answer', result: { commandId: 'alice-take', effect: 'taken' } },
        },
      },
    ]);
    expect(state().results['alice-take']?.isConfirmed).toBe(true);
  });

  test('fault 3: a command is answered once, however often it or its confirmation comes', () => {
    const command = { ...buildCommand('take', alice, {}), confirm: true };
    const { on } = play();
    on({ type: 'started' }, 0);

    expect(listKinds(on({ type: 'command', command }, 1).effects)).toContain('answer to alice');
    expect(on({ type: 'command', command }, 2).effects).toEqual([]);
    expect(on({ type: 'confirm', commandId: command.id }, 3).effects).toEqual([]);
  });

  describe('what somebody said before, and came late', () => {
    const late = (command: Command, minute: number): Command => ({
      ...command,
      confirm: true,
      saidAt: instantAfter(SUBMITTED_AT, minute * MINUTE),
    });

    test('is not done when they have said something else since, and they are told so', () => {
      const { on, state } = play();
      on({ type: 'started' }, 0);
      on({ type: 'command', command: buildCommand('take', alice, {}) }, 2);

      const { effects } = on(
        { type: 'command', command: late(buildCommand('pass', alice, {}), 1) },
        3,
      );

      expect(listKinds(effects)).toEqual(['answer to alice']);
      expect(state().owner?.responder).toBe('alice');
      expect(state().results['alice-pass']?.effect).toBe('overtaken');
      expect(listReasons(state(), 'refused')).toEqual([
        expect.stringMatching(/^ALICE asked to pass: that came late, from .*:01:00/),
      ]);
    });

    test('is done and answered when they said nothing since, whatever others said', () => {
      const { on, state } = play();
      on({ type: 'started' }, 0);
      on({ type: 'command', command: buildCommand('pass', alice, {}) }, 1);
      on({ type: 'command', command: buildCommand('pass', bob, {}) }, 3);

      const take = late(buildCommand('take', alice, {}), 2);
      expect(listKinds(on({ type: 'command', command: take }, 4).effects)).toContain(
        'answer to alice',
      );
      expect(state().owner?.responder).toBe('alice');
      // What they said between the two, and came later still.
      on({ type: 'command', command: late(buildCommand('pass', alice, { nonce: '2' }), 1.5) }, 5);
      expect(state().owner?.responder).toBe('alice');
    });

    test('is kept when it is a note', () => {
      const { on, state } = play();
      on({ type: 'started' }, 0);
      on({ type: 'command', command: buildCommand('take', alice, {}) }, 2);
      on(
        { type: 'command', command: late(buildCommand('note', alice, { text: 'she rang' }), 1) },
        3,
      );
      expect(listReasons(state(), 'noted')).toEqual(['ALICE: she rang']);
    });
  });

  test('a confirmation of an unknown command, or of one of the source, sends nothing', () => {
    const { on } = play();
    on({ type: 'started' }, 0);
    on({ type: 'command', command: buildCommand('escalate', crm, {}) }, 1);

    expect(on({ type: 'confirm', commandId: 'never-given' }, 2).effects).toEqual([]);
    expect(on({ type: 'confirm', commandId: 'crm-escalate' }, 2).effects).toEqual([]);
  });

  // Signals are an open interface: the id of a command is whatever a Temporal client chose.
  test.each(['constructor', 'toString', '__proto__'])(
    'fault 2: a command called %s is applied and answered like any other, once',
    (id) => {
      const { on, state } = play();
      on({ type: 'started' }, 0);
      const command = { ...buildCommand('take', alice, {}), id };

      on({ type: 'command', command }, 1);
      const { effects } = on({ type: 'confirm', commandId: id }, 2);
      on({ type: 'command', command: { ...buildCommand('pass', alice, {}), id } }, 3);

      expect(state().owner?.responder).toBe('alice');
      expect(listKinds(effects)).toEqual(['answer to alice']);
      expect(Object.keys(state().results)).toEqual([id]);
    },
  );
});

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

describe('the end', () => {
  test('the last resort is reminded with distance until it expires, and the expiry is announced', () => {
    const steps = tell({}, buildInput({ policy: { expiresAfterMs: 25 * HOUR } }));

    expect(listMessages(steps).slice(2)).toEqual([
      '10 min: sms to carol: last-resort',
      '730 min: sms to carol: last-resort',
      '1450 min: sms to carol: last-resort',
      '1500 min: sms to alice: stand-down',
      '1500 min: sms to bob: stand-down',
      '1500 min: sms to carol: expired',
    ]);
    const end = endOf(steps);
    expect(end.ending).toEqual({
      status: 'expired',
      at: instantAfter(SUBMITTED_AT, 25 * HOUR),
      note: 'nobody took it before its end',
    });
    expect(findMessage(steps, 'carol', 'expired').because).toBe('nobody took it before its end');
  });

  test('it expires also while somebody has it, and the announcement says who', () => {
    const input = buildInput({ policy: { expiresAfterMs: 20 * MINUTE } });
    const steps = tell(
      {
        plans: [{ people: ['alice'] }, { people: ['carol'] }],
        commands: [at(2, buildCommand('take', alice, {}))],
      },
      input,
    );

    expect(endOf(steps).status).toBe('expired');
    expect(findMessage(steps, 'carol', 'expired').because).toBe(
      'ALICE took it and it was not done by its end',
    );
  });
});

describe('nobody who is to be told at last can be', () => {
  /** Carol, of the last resort, by SMS; `spare` are the channels she has beside it. */
  const carolBy = (...spare: Channel[]): TierPlan => ({
    people: [
      {
        recipient: 'carol',
        name: 'CAROL',
        steps: [{ channel: 'sms', afterMs: 0 }],
        ...(spare.length > 0 && { spare }),
      },
    ],
    skipped: [],
  });
  const input = buildInput({
    handoff: { callbackUrl: 'https://crm.example/hooks' },
    policy: { expiresAfterMs: 24 * HOUR },
  });
  /** Returns a story in which both tiers have nobody, and the last resort is planned like this. */
  const toLastResort = (plan: TierPlan) => {
    const story = play(input);
    story.on({ type: 'started' }, 0);
    story.on(planned(0), 0);
    story.on(planned(1), 0);
    return { ...story, planned: story.on({ type: 'planned', serial: 2, plan }, 0) };
  };
  const fails = (notification: string): HandoffEvent => ({
    type: 'not-sent',
    notification,
    because: 'opted out',
  });
  const arrives = (notification: string): HandoffEvent => ({ type: 'accepted', notification });
  const callbacks = ({ effects }: Decision): string[] =>
    effects.flatMap((effect) => (effect.type === 'call-back' ? [effect.callback.event.type] : []));
  const channels = ({ effects }: Decision): string[] =>
    effects.flatMap((effect) =>
      effect.type === 'notify' ? [`${effect.order.message.kind} by ${effect.order.channel}`] : [],
    );

  test('fault 11: every channel that somebody of the last resort has is tried at once', () => {
    const { on, state } = toLastResort(carolBy('email', 'voice'));

    expect(channels(on(fails('n1'), 0))).toEqual(['last-resort by email']);
    expect(channels(on(fails('n2'), 0))).toEqual(['last-resort by voice']);
    expect(state().unreached).toBeUndefined();
    on(arrives('n3'), 1);
    expect(state().unreached).toBeUndefined();
  });

  test('fault 11: the source hears of it once, sees why, and the last resort is asked again, less and less often', () => {
    const { on, state } = toLastResort(carolBy());
    const first = on(fails('n1'), 0);

    expect(callbacks(first)).toEqual(['handoff.unreached']);
    expect(viewHandoff(input, state())).toMatchObject({
      status: 'notifying',
      unreached: { since: SUBMITTED_AT, because: 'no message of the last resort arrived' },
      next: { at: after(5), because: 'try the last resort again: nobody could be told' },
    });

    const minutes: number[] = [];
    let { wake } = first;
    for (let serial = 3; wake && Date.parse(wake.at) < Date.parse(state().expiresAt); serial += 1) {
      const minute = (Date.parse(wake.at) - Date.parse(SUBMITTED_AT)) / MINUTE;
      minutes.push(minute);
      on({ type: 'clock' }, minute);
      on({ type: 'planned', serial, plan: carolBy() }, minute);
      const again = on(fails(`n${serial - 1}`), minute);
      expect(callbacks(again)).toEqual([]);
      ({ wake } = again);
    }
    // From five minutes on each wait is twice as long, up to the twelve hours of a reminder.
    expect(minutes).toEqual([5, 15, 35, 75, 155, 315, 635, 1275]);
  });

  test('fault 11: it is over as soon as a message is accepted, or somebody takes it', () => {
    const { on, state } = toLastResort(carolBy());
    on(fails('n1'), 0);
    on({ type: 'clock' }, 5);
    on({ type: 'planned', serial: 3, plan: carolBy() }, 5);
    on(arrives('n2'), 5);

    expect(viewHandoff(input, state()).unreached).toBeUndefined();

    const other = toLastResort(carolBy());
    other.on(fails('n1'), 0);
    other.on({ type: 'command', command: buildCommand('take', alice, {}) }, 1);
    expect(viewHandoff(input, other.state()).unreached).toBeUndefined();
  });

  test('fault 11: what is accepted and does not arrive, time and again, is not tried more often', () => {
    const { on, state } = toLastResort(carolBy());
    on(arrives('n1'), 0);
    on({ type: 'undelivered', notification: 'n1', because: 'no such number' }, 1);
    expect(state().unreached?.attempts).toBe(1);
    on({ type: 'clock' }, 6);
    on({ type: 'planned', serial: 3, plan: carolBy() }, 6);
    on(arrives('n2'), 6);
    const { wake } = on({ type: 'undelivered', notification: 'n2', because: 'no such number' }, 7);

    expect(state().unreached?.attempts).toBe(2);
    expect(wake?.at).toBe(after(16));
  });

  test('fault 11: a last resort of nobody is unreached as well', () => {
    const { state, planned: decision } = toLastResort(planOf());

    expect(state().unreached?.because).toBe('nobody of the last resort can be told');
    expect(callbacks(decision)).toEqual(['handoff.unreached']);
  });

  /** Returns a story that has expired, its announcement planned like this. */
  const toAnnouncement = (plan: TierPlan) => {
    const story = play(input);
    story.on({ type: 'started' }, 0);
    story.on({ type: 'clock' }, 24 * 60);
    return { ...story, planned: story.on({ type: 'planned', serial: 1, plan }, 24 * 60) };
  };

  test('fault 11: an announcement whose only message fails is made again, and is not the end', () => {
    const { on, state } = toAnnouncement(carolBy());
    const failed = on(fails('n1'), 24 * 60);

    expect(callbacks(failed)).toEqual(['handoff.unreached']);
    expect(isFinished(state())).toBe(false);
    expect(failed.wake).toEqual({
      at: after(24 * 60 + 5),
      because: 'announce the end again: nobody could be told',
    });
    on({ type: 'clock' }, 24 * 60 + 5);
    const { effects } = on({ type: 'planned', serial: 2, plan: carolBy() }, 24 * 60 + 5);
    expect(listKinds(effects)).toEqual(['expired to carol']);
  });

  test('fault 11: an announcement that was accepted waits for its delivery before it is the end', () => {
    const { on, state } = toAnnouncement(carolBy('email'));
    const { wake } = on(arrives('n1'), 24 * 60);

    expect(isFinished(state())).toBe(false);
    expect(wake?.at).toBe(after(24 * 60 + 10));
    const lost = on({ type: 'undelivered', notification: 'n1', because: 'off' }, 24 * 60 + 2);
    expect(channels(lost)).toEqual(['expired by email']);
    on(arrives('n2'), 24 * 60 + 2);
    on({ type: 'clock' }, 24 * 60 + 12);
    expect(isFinished(state())).toBe(true);
  });

  test('fault 11: an end of which nobody can be told is announced for thirty days', () => {
    const { on, state, planned: decision } = toAnnouncement(planOf());
    let { wake } = decision;
    let rounds = 0;
    for (let serial = 2; wake; serial += 1) {
      const minute = (Date.parse(wake.at) - Date.parse(SUBMITTED_AT)) / MINUTE;
      on({ type: 'clock' }, minute);
      if (isFinished(state())) break;
      rounds += 1;
      ({ wake } = on({ type: 'planned', serial, plan: planOf() }, minute));
    }
    expect(rounds).toBeGreaterThan(60);
    expect(isFinished(state())).toBe(true);
    expect(listReasons(state(), 'unreached').at(-1)).toBe(
      'given up: nobody could be told of its end',
    );
  });

  test('fault 13: a mailbox of the last resort hears that somebody has it, or finished it', () => {
    const mailbox: TierPlan = {
      people: [
        {
          recipient: 'mailto:leads@example.com',
          name: 'leads@example.com',
          steps: [{ channel: 'email', afterMs: 0 }],
        },
      ],
      skipped: [],
    };
    const { on, state } = toLastResort(mailbox);
    on(arrives('n1'), 0);
    expect(viewHandoff(input, state()).awaiting).toEqual([]);

    const taken = on({ type: 'command', command: buildCommand('take', alice, {}) }, 1);
    expect(listKinds(taken.effects)).toEqual([
      'stand-down to mailto:leads@example.com',
      'call-back',
    ]);
    expect(taken.effects).toMatchObject([{ order: { channel: 'email' } }, {}]);

    const other = toLastResort(mailbox);
    other.on(arrives('n1'), 0);
    const done = other.on({ type: 'command', command: buildCommand('resolve', crm, {}) }, 1);
    expect(listKinds(done.effects)).toContain('stand-down to mailto:leads@example.com');
  });
});

/** Returns so many minutes after the submission. */
const after = (minutes: number): string => instantAfter(SUBMITTED_AT, minutes * MINUTE);

/** Returns the news that a message was held back, until so many minutes after the submission if that is known. */
function held(notification: string, untilMinute?: number): HandoffEvent {
  return {
    type: 'held',
    notification,
    because: 'a meeting',
    ...(untilMinute !== undefined && { until: after(untilMinute) }),
  };
}

const withRule = (rule: 'wait' | 'skip' | 'ignore', policy = {}): HandoffInput =>
  buildInput({ policy: { timing: buildTiming(rule), ...policy } });

/** Returns a plan by which everybody is quiet until so many minutes after the submission. */
function quietUntil(serial: number, minute: number): HandoffEvent {
  const notBefore = { at: after(minute), because: 'quiet hours' };
  return { type: 'planned', serial, plan: { people: [], skipped: [], notBefore } };
}

function listOrdersOf(effects: readonly Effect[]): NotificationOrder[] {
  return effects.flatMap((effect) => (effect.type === 'notify' ? [effect.order] : []));
}

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

  test('is dropped when nobody knows until when they are away', () => {
    const { on, state } = takenAfter(120);

    expect(on(held('n3'), 120).effects).toEqual([]);
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
