import fc from 'fast-check';
import { stoppedAt } from '../../src/domain/offer.ts';
import { describe, expect, test } from 'vitest';
import { deriveCode } from '../../src/domain/code.ts';
import {
  answerOffer,
  closeOffer,
  emptyResponder,
  isRepeatedReply,
  optIn,
  optOut,
  putStanding,
  type OfferAnswer,
  type OfferCard,
  type ResponderState,
} from '../../src/domain/responder.ts';
import type { Ending, Standing } from '../../src/domain/state.ts';

const NOW = '2026-11-23T15:00:00.000Z';
const withdrawn: Ending = { status: 'withdrawn', at: NOW };

function card(handoffId: string, code = deriveCode(handoffId)): OfferCard {
  return { handoffId, code, subject: 'Maria Lopez', action: 'Call Maria Lopez' };
}

const km = card('hof_km', 'KM47');
const bc = card('hof_bc', 'BC12');

/** Offers a handoff as the first notification that asks; a test names what is different. */
function ask(
  state: ResponderState,
  offered: OfferCard,
  { notificationId = 'n1', asks = true, now = NOW } = {},
): OfferAnswer {
  return answerOffer(state, { card: offered, notificationId, asks }, now);
}

const after = (seconds: number): string =>
  new Date(Date.parse(NOW) + seconds * 1_000).toISOString();

function codeOf(answer: OfferAnswer): string {
  if (answer.say !== 'send') throw new Error(`it is not sent: ${answer.say}`);
  return answer.code;
}

describe('answerOffer', () => {
  test('the only one needs no code', () => {
    const state = emptyResponder();

    expect(ask(state, km)).toEqual({ say: 'send', code: 'KM47', codeNeeded: false });
    expect(state.open).toEqual({ hof_km: { ...km, standing: 'asked', since: NOW } });
  });

  test.each([
    ['asked', true],
    ['owner', true],
    ['passed', false],
    ['stood-down', false],
  ] as const)('beside one that is %s the code is needed: %j', (standing, codeNeeded) => {
    const state = emptyResponder();
    putStanding(state, bc, standing, NOW);

    expect(ask(state, km, { now: after(16) })).toMatchObject({ codeNeeded });
  });

  test('the code is needed just after another one went, whose answer may be on its way', () => {
    const taken = emptyResponder();
    putStanding(taken, bc, 'stood-down', NOW);
    const ended = emptyResponder();
    closeOffer(ended, bc, { ...withdrawn, at: NOW });

    for (const state of [taken, ended]) {
      expect(ask(state, km, { now: after(14) })).toMatchObject({ codeNeeded: true });
      expect(ask(state, km, { now: after(16), notificationId: 'n2' })).toMatchObject({
        codeNeeded: false,
      });
    }
  });

  test('a repeated question gets the same answer, whatever happened since', () => {
    const state = emptyResponder();
    const first = ask(state, km);
    ask(state, bc);
    closeOffer(state, km, withdrawn);

    expect(ask(state, km)).toEqual(first);
    expect(state.open).not.toHaveProperty('hof_km');
  });

  test('the next message of the same handoff is a new question', () => {
    const state = emptyResponder();
    ask(state, km);
    ask(state, bc);

    expect(ask(state, km, { notificationId: 'n2' })).toMatchObject({ codeNeeded: true });
  });

  test.each<[Standing, boolean, Standing]>([
    ['stood-down', true, 'asked'],
    ['passed', true, 'asked'],
    ['asked', false, 'asked'],
    ['stood-down', false, 'stood-down'],
    ['passed', false, 'passed'],
    // A message that was under way when the person took it takes nothing from them.
    ['owner', true, 'owner'],
    ['owner', false, 'owner'],
  ])('who is %s, by a message that asks: %j, is %s', (before, asks, after) => {
    const state = emptyResponder();
    putStanding(state, km, before, NOW);
    ask(state, km, { asks });

    expect(state.open['hof_km']?.standing).toBe(after);
  });

  test('a message that asks nothing makes nobody be asked', () => {
    const state = emptyResponder();
    ask(state, km, { asks: false });

    expect(state.open['hof_km']?.standing).toBe('stood-down');
  });

  test('who opted out is told nothing, but the handoff is known', () => {
    const state = { ...emptyResponder(), optedOutAt: NOW };

    expect(ask(state, km)).toEqual({ say: 'nothing', because: `opted out by SMS at ${NOW}` });
    expect(state.open).toHaveProperty('hof_km');
  });

  test('fault 7: who opted out and is told nothing was asked for nothing', () => {
    const state = { ...emptyResponder(), optedOutAt: NOW };
    answerOffer(state, { card: km, notificationId: 'n1', asks: true, channel: 'sms' }, NOW);

    expect(state.open['hof_km']?.standing).toBe('stood-down');
  });

  test.each([
    ['what they stopped', 'MG1', ['MG1', '+15005550006'], 'nothing'],
    ['a number of what they stopped', '+15005550006', ['MG1', '+15005550006'], 'nothing'],
    ['another number', '+15005550007', ['+15005550006'], 'send'],
    ['they stopped whatever it was', '+15005550007', [], 'nothing'],
    ['nobody knows what', undefined, ['+15005550006'], 'nothing'],
  ])(
    'fault 10: who opted out is texted by another sender only: by %s',
    (_, sender, stopped, say) => {
      const state = emptyResponder();
      optOut(state, NOW, stopped);
      const request = { card: km, notificationId: 'n1', asks: true, channel: 'sms' } as const;

      expect(answerOffer(state, { ...request, ...(sender && { sender }) }, NOW).say).toBe(say);
      optIn(state);
      const next = { ...request, notificationId: 'n2', ...(sender && { sender }) };
      expect(answerOffer(state, next, NOW).say).toBe('send');
      expect(state.optedOutOf).toBeUndefined();
    },
  );

  test('what they ended themselves a moment ago asks for no code, what another ended does', () => {
    for (const [id, codeNeeded] of [
      ['alice', false],
      ['bob', true],
    ] as const) {
      const state = emptyResponder();
      const by = { kind: 'responder', id, name: id } as const;
      closeOffer(state, bc, { status: 'resolved', at: NOW, by });

      const request = { card: km, notificationId: 'n1', asks: true };
      expect(answerOffer(state, request, NOW, 'alice')).toMatchObject({ codeNeeded });
    }
  });

  const later = '2026-11-23T15:00:00.001Z';
  const held = { card: km, notificationId: 'n1', asks: true, mayBeHeld: true };

  test.each([
    ['for good', {}, true],
    ['until later', { until: later }, true],
    ['until now', { until: NOW }, false],
    ['until a while ago', { until: '2026-11-23T14:59:59.999Z' }, false],
    ['until later, told with an offset', { until: '2026-11-23T16:00:01+01:00' }, true],
  ])('who is away %s', (_, until, isHeld) => {
    const away = { since: '2026-11-20T15:00:00.000Z', ...until };
    const state = { ...emptyResponder(), away };

    const answer = answerOffer(state, held, NOW);
    if (isHeld) {
      expect(answer).toEqual({ say: 'away', absence: away });
      expect(state).toEqual({ ...emptyResponder(), away });
    } else {
      expect(answer).toEqual({ say: 'send', code: 'KM47', codeNeeded: false });
    }
  });

  test('who is away is told all the same what may not be held', () => {
    const state = { ...emptyResponder(), away: { since: NOW } };

    expect(ask(state, km)).toEqual({ say: 'send', code: 'KM47', codeNeeded: false });
    expect(state.open['hof_km']?.standing).toBe('asked');
  });

  test('what was held is asked anew, and what went out stays so', () => {
    const state = { ...emptyResponder(), away: { since: NOW, until: later } };
    answerOffer(state, held, NOW);
    const sent = answerOffer(state, held, later);

    expect(sent).toEqual({ say: 'send', code: 'KM47', codeNeeded: false });
    state.away = { since: later, until: '2026-11-24T15:00:00.000Z' };
    expect(answerOffer(state, held, later)).toEqual(sent);
  });

  test('what ended stays ended when a late message still goes out, under its own code', () => {
    const state = emptyResponder();
    ask(state, card('hof_other', 'KM47'));
    const code = codeOf(ask(state, km));
    closeOffer(state, km, withdrawn);

    expect(codeOf(ask(state, km, { notificationId: 'late' }))).toBe(code);
    expect(state.open).not.toHaveProperty('hof_km');
  });
});

describe('codes', () => {
  test('one that is in use or was lately gives way to the next of the handoff', () => {
    const state = emptyResponder();
    const candidates = [1, 2].map((attempt) => deriveCode('hof_x', attempt));
    ask(state, km);
    closeOffer(state, km, withdrawn);
    ask(state, card('hof_y', candidates[0]));

    expect(codeOf(ask(state, card('hof_x', 'KM47')))).toBe(candidates[1]);
  });

  test('a handoff keeps the code this person knows it by', () => {
    const state = emptyResponder();
    ask(state, km);
    const code = codeOf(ask(state, card('hof_x', 'KM47')));
    closeOffer(state, km, withdrawn);

    expect(code).not.toBe('KM47');
    expect(codeOf(ask(state, card('hof_x', 'KM47'), { notificationId: 'n2' }))).toBe(code);
    expect(putStanding(state, card('hof_x', 'KM47'), 'owner', NOW).code).toBe(code);
  });

  test('no two of a person are ever the same, open or lately closed', () => {
    const step = fc.record({
      handoff: fc.nat(12),
      what: fc.constantFrom('offer', 'owner', 'stood-down', 'close'),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const state = emptyResponder();
        steps.forEach(({ handoff, what }, index) => {
          // Three codes for thirteen handoffs.
          const one = card(`hof_${handoff}`, ['KM47', 'BC12', 'XZ90'][handoff % 3]);
          if (what === 'offer') ask(state, one, { notificationId: `n${index}` });
          else if (what !== 'close') putStanding(state, one, what, NOW);
          else if (one.handoffId in state.open) closeOffer(state, one, withdrawn);
          const open = Object.values(state.open).map(({ code }) => code);

          expect(new Set(open).size).toBe(open.length);
          for (const { code } of state.closed) expect(open).not.toContain(code);
        });
      }),
    );
  });
});

describe('closeOffer', () => {
  test('remembers the end of a handoff, once and also of one never offered', () => {
    const state = emptyResponder();
    ask(state, km);
    closeOffer(state, km, withdrawn);
    closeOffer(state, km, { status: 'expired', at: NOW });
    closeOffer(state, bc, withdrawn);

    expect(state.open).toEqual({});
    expect(state.closed).toEqual([
      { handoffId: 'hof_km', code: 'KM47', subject: 'Maria Lopez', ending: withdrawn },
      { handoffId: 'hof_bc', code: 'BC12', subject: 'Maria Lopez', ending: withdrawn },
    ]);
  });
});

test('of what was stopped from outside the end is known, until its own news comes', () => {
  const state = emptyResponder();
  ask(state, km);
  closeOffer(state, km, stoppedAt(NOW));
  expect(state.open).toEqual({});
  expect(state.closed.map(({ ending }) => ending)).toEqual([stoppedAt(NOW)]);

  closeOffer(state, km, withdrawn);
  expect(state.closed.map(({ ending }) => ending)).toEqual([withdrawn]);
});

test('a reply is routed once', () => {
  const state = emptyResponder();

  expect(['a', 'b', 'a'].map((id) => isRepeatedReply(state, id))).toEqual([false, false, true]);
});

test('what is remembered is bounded, and the oldest goes first', () => {
  const state = emptyResponder();
  for (let index = 0; index < 1_000; index += 1) {
    const one = card(`hof_${index}`);
    ask(state, one);
    closeOffer(state, one, withdrawn);
    isRepeatedReply(state, `reply ${index}`);
  }

  expect(state.open).toEqual({});
  expect(state.closed).toHaveLength(100);
  expect(state.closed.at(0)?.handoffId).toBe('hof_900');
  expect(Object.keys(state.answers)).toHaveLength(300);
  expect(Object.keys(state.answers).at(0)).toBe('hof_700/n1');
  expect(state.routed).toHaveLength(200);
  expect(state.routed.at(-1)).toBe('reply 999');
});
