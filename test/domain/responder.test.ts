import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { deriveCode } from '../../src/domain/code.ts';
import type { ClosedOffer, OfferCard } from '../../src/domain/offer.ts';
import {
  answerOffer,
  closeOffers,
  countIdle,
  idleAt,
  isRepeatedReply,
  isTooIdle,
  isToPrune,
  noteOver,
  optIn,
  optOut,
  prune,
} from '../../src/domain/responder.ts';
import {
  emptyResponder,
  type OfferAnswer,
  type ResponderState,
} from '../../src/domain/responder-state.ts';
import type { Ending } from '../../src/domain/state.ts';

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
  { notificationId = 'n1', now = NOW } = {},
): OfferAnswer {
  return answerOffer(state, { card: offered, notificationId }, now);
}

/** Returns a handoff that is over. */
function over({ handoffId, code, subject }: OfferCard, ending: Ending = withdrawn): ClosedOffer {
  return { handoffId, code, subject, ending };
}

/** Records that one is over. */
function close(state: ResponderState, offered: OfferCard, ending: Ending = withdrawn): void {
  closeOffers(state, { closed: [over(offered, ending)], forgotten: [] });
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
    expect(state.offers).toEqual({ hof_km: { ...km, at: NOW, firstAt: NOW } });
  });

  test('beside another one the code is needed, unless they know that it is over', () => {
    const state = emptyResponder();
    ask(state, bc);
    expect(ask(state, km)).toMatchObject({ codeNeeded: true });

    const gone = { card: bc, notificationId: 'n2', isOver: true };
    answerOffer(state, gone, after(60));
    // An answer to it may be on its way.
    expect(ask(state, km, { notificationId: 'n2', now: after(74) })).toMatchObject({
      codeNeeded: true,
    });
    expect(ask(state, km, { notificationId: 'n3', now: after(76) })).toMatchObject({
      codeNeeded: false,
    });

    answerOffer(state, { card: bc, notificationId: 'n3' }, after(80));
    expect(state.offers['hof_bc']).toMatchObject({ at: after(80), isOver: true });
    answerOffer(state, { card: bc, notificationId: 'n4', isOver: false }, after(90));
    expect(state.offers['hof_bc']).not.toHaveProperty('isOver');
  });

  test('what they said of it tells that it is over, too', () => {
    const state = emptyResponder();
    ask(state, bc);
    noteOver(state, 'hof_bc', NOW);
    noteOver(state, 'hof_km', NOW);

    expect(Object.keys(state.offers)).toEqual(['hof_bc']);
    expect(ask(state, km, { now: after(16) })).toMatchObject({ codeNeeded: false });
  });

  test('the code is needed just after another one ended, whose answer may be on its way', () => {
    const state = emptyResponder();
    close(state, bc);

    expect(ask(state, km, { now: after(14) })).toMatchObject({ codeNeeded: true });
    expect(ask(state, km, { now: after(16), notificationId: 'n2' })).toMatchObject({
      codeNeeded: false,
    });
  });

  test('a repeated question gets the same answer, whatever happened since', () => {
    const state = emptyResponder();
    const first = ask(state, km);
    ask(state, bc);
    close(state, km);

    expect(ask(state, km)).toEqual(first);
    expect(state.offers).not.toHaveProperty('hof_km');
  });

  test('the next message of the same handoff is a new question, and makes it the last', () => {
    const state = emptyResponder();
    ask(state, km);
    ask(state, bc);

    expect(ask(state, km, { notificationId: 'n2', now: after(60) })).toMatchObject({
      codeNeeded: true,
    });
    expect(Object.keys(state.offers)).toEqual(['hof_bc', 'hof_km']);
    expect(state.offers['hof_km']?.at).toBe(after(60));
  });

  test('it is remembered since when they are asked, however often they are', () => {
    const state = emptyResponder();
    ask(state, km);
    const later = { notificationId: 'n2', card: km };
    const at = new Date(Date.parse(NOW) + 600_000).toISOString();
    answerOffer(state, later, at);

    expect(state.offers['hof_km']).toMatchObject({ firstAt: NOW, at });
  });

  test('a message that went out without the question is known from when it went', () => {
    const state = emptyResponder();
    answerOffer(state, { card: km, notificationId: 'n1', at: after(-600) }, NOW);

    expect(state.offers['hof_km']?.at).toBe(after(-600));
  });

  test('who opted out is told nothing, but the handoff is known', () => {
    const state = { ...emptyResponder(), optedOutAt: NOW };

    expect(ask(state, km)).toEqual({ say: 'nothing', because: `opted out by SMS at ${NOW}` });
    expect(state.offers).toHaveProperty('hof_km');
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
      const request = { card: km, notificationId: 'n1', channel: 'sms' } as const;

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
      close(state, bc, { status: 'resolved', at: NOW, by });

      const request = { card: km, notificationId: 'n1' };
      expect(answerOffer(state, request, NOW, 'alice')).toMatchObject({ codeNeeded });
    }
  });

  const later = '2026-11-23T15:00:00.001Z';
  const held = { card: km, notificationId: 'n1', mayBeHeld: true };

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
    close(state, { ...km, code });

    expect(codeOf(ask(state, km, { notificationId: 'late' }))).toBe(code);
    expect(state.offers).not.toHaveProperty('hof_km');
  });
});

describe('codes', () => {
  test('one that is in use or was lately gives way to the next of the handoff', () => {
    const state = emptyResponder();
    const candidates = [1, 2].map((attempt) => deriveCode('hof_x', attempt));
    ask(state, km);
    close(state, km);
    ask(state, card('hof_y', candidates[0]));

    expect(codeOf(ask(state, card('hof_x', 'KM47')))).toBe(candidates[1]);
  });

  test('a handoff keeps the code this person knows it by', () => {
    const state = emptyResponder();
    ask(state, km);
    const code = codeOf(ask(state, card('hof_x', 'KM47')));
    close(state, km);

    expect(code).not.toBe('KM47');
    expect(codeOf(ask(state, card('hof_x', 'KM47'), { notificationId: 'n2' }))).toBe(code);
  });

  test('no two of a person are ever the same, open or lately closed', () => {
    const step = fc.record({
      handoff: fc.nat(12),
      what: fc.constantFrom('offer', 'offer', 'close', 'forget'),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const state = emptyResponder();
        steps.forEach(({ handoff, what }, index) => {
          // Three codes for thirteen handoffs.
          const one = card(`hof_${handoff}`, ['KM47', 'BC12', 'XZ90'][handoff % 3]);
          const known = state.offers[one.handoffId];
          if (what === 'offer') ask(state, one, { notificationId: `n${index}` });
          else if (what === 'close' && known) close(state, known);
          else if (what === 'forget')
            closeOffers(state, { closed: [], forgotten: [one.handoffId] });
          const open = Object.values(state.offers).map(({ code }) => code);

          expect(new Set(open).size).toBe(open.length);
          for (const { code } of state.closed) expect(open).not.toContain(code);
        });
      }),
    );
  });
});

describe('what is over', () => {
  test('is remembered once, in the order of the ends', () => {
    const state = emptyResponder();
    ask(state, km);
    ask(state, bc);
    close(state, bc, { status: 'resolved', at: after(60) });
    close(state, km);
    close(state, km, { status: 'expired', at: after(90) });

    expect(state.offers).toEqual({});
    expect(state.closed).toEqual([over(km), over(bc, { status: 'resolved', at: after(60) })]);
  });

  test('is forgotten where Temporal has forgotten it', () => {
    const state = emptyResponder();
    ask(state, km);
    closeOffers(state, { closed: [], forgotten: ['hof_km'] });

    expect(state).toMatchObject({ offers: {}, closed: [] });
  });

  test('is asked for when much was offered, and again when it is twice as much as was left', () => {
    const state = emptyResponder();
    const many = Array.from({ length: 50 }, (_, index) => card(`hof_${index}`));
    for (const one of many.slice(0, 19)) ask(state, one);
    expect(isToPrune(state)).toBe(false);
    for (const one of many.slice(19, 40)) ask(state, one);
    expect(isToPrune(state)).toBe(true);

    prune(state, { closed: many.slice(0, 25).map((one) => over(one)), forgotten: [] });
    expect(Object.keys(state.offers)).toHaveLength(15);
    expect(isToPrune(state)).toBe(false);
    for (const one of many.slice(40)) ask(state, one);
    expect(isToPrune(state)).toBe(false);
    for (const id of ['a', 'b', 'c', 'd', 'e']) ask(state, card(id));
    expect(isToPrune(state)).toBe(true);
  });
});

test('a reply is routed once', () => {
  const state = emptyResponder();

  expect(['a', 'b', 'a'].map((id) => isRepeatedReply(state, id))).toEqual([false, false, true]);
});

test('whoever said five things in a row that brought nothing about may be a machine', () => {
  const state = emptyResponder();
  const idle = (seconds: number) => idleAt(state, after(seconds));
  for (const second of [0, 1, 2, 3, 4]) {
    expect(isTooIdle(idle(second))).toBe(false);
    countIdle(state, true, after(second));
  }
  expect(isTooIdle(idle(5))).toBe(true);
  // Who is asked which one they mean, or got a code wrong, is no machine so soon.
  expect(isTooIdle(idle(5), true)).toBe(false);
  for (let second = 5; second < 15; second += 1) countIdle(state, true, after(second));
  expect(isTooIdle(idle(15), true)).toBe(true);
  expect(idle(3_615)).toBe(0);

  countIdle(state, false, after(16));
  expect(idle(17)).toBe(0);
});

test('what is remembered is bounded, and the oldest goes first', () => {
  const state = emptyResponder();
  for (let index = 0; index < 1_000; index += 1) {
    const one = card(`hof_${index}`);
    ask(state, one);
    close(state, one, { ...withdrawn, at: after(index) });
    isRepeatedReply(state, `reply ${index}`);
  }

  expect(state.offers).toEqual({});
  expect(state.closed).toHaveLength(100);
  expect(state.closed.at(0)?.handoffId).toBe('hof_900');
  expect(Object.keys(state.answers)).toHaveLength(300);
  expect(Object.keys(state.answers).at(0)).toBe('hof_700/n1');
  expect(state.routed).toHaveLength(200);
  expect(state.routed.at(-1)).toBe('reply 999');
});
