import { describe, expect, test } from 'vitest';
import { instantAfter } from '../../../src/domain/duration.ts';
import type { Command } from '../../../src/domain/state.ts';
import { buildCommand, buildInput, buildPolicy } from '../../support/builders.ts';
import { SUBMITTED_AT } from '../simulate.ts';
import {
  MINUTE,
  HOUR,
  alice,
  bob,
  crm,
  EVERYBODY,
  tell,
  at,
  listMessages,
  findMessage,
  listReasons,
  endOf,
  afterCommand,
  play,
  planned,
  listKinds,
  listOrdersOf,
} from './story.ts';

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
  test.each([
    ['passes', buildCommand('pass', alice, {})],
    ['asks for later', buildCommand('snooze', alice, {})],
  ])('whoever %s is not called a moment later by what was on its way', (_how, command) => {
    const { on } = play();
    on({ type: 'started' }, 0);
    on(planned(0, 'alice', 'bob'), 0);

    expect(on({ type: 'command', command }, 1).effects).toEqual([
      { type: 'cancel', notification: 'n1' },
    ]);
  });

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

  test('an answer that cannot be sent by SMS is sent by email: they were told that it comes', () => {
    const { on } = play();
    on({ type: 'started' }, 0);
    on(planned(0, 'alice'), 0);
    on({ type: 'accepted', notification: 'n1' }, 0);
    on({ type: 'command', command: { ...buildCommand('take', alice, {}), confirm: true } }, 1);
    const { effects } = on({ type: 'not-sent', notification: 'n2', because: 'a landline' }, 1);

    expect(listOrdersOf(effects)).toMatchObject([
      {
        recipient: 'alice',
        channel: 'email',
        message: { kind: 'answer', result: { effect: 'taken' } },
      },
    ]);
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
