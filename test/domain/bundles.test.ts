import { describe, expect, test } from 'vitest';
import type { Channel } from '../../src/domain/policy.ts';
import {
  leaveOutPassed,
  mayBeBundled,
  nextBundle,
  noteDelivery,
  putBack,
  takeDueBundles,
} from '../../src/domain/bundles.ts';
import { answerOffer, holdForAbsence } from '../../src/domain/responder.ts';
import {
  emptyResponder,
  type BundleEntry,
  type OfferAnswer,
  type OfferRequest,
  type ResponderState,
} from '../../src/domain/responder-state.ts';
import { cardOf, type Message, type NotificationOrder } from '../../src/domain/state.ts';
import { buildInput } from '../support/builders.ts';

const START = Date.parse('2026-11-23T08:00:00.000Z');
const at = (seconds: number): string => new Date(START + seconds * 1_000).toISOString();
const OFFER: Message = { kind: 'offer', tier: 'tier 1', notice: 1 };

/** A message of the n-th handoff, as an activity asks about it. */
function requestOf(
  number: number,
  {
    channel = 'email',
    isReleased = false,
    isRoutine = true,
    message = OFFER,
    notification = `n${number}`,
  }: {
    channel?: Channel;
    isReleased?: boolean;
    isRoutine?: boolean;
    message?: Message;
    notification?: string;
  } = {},
): OfferRequest {
  const { handoff } = buildInput({});
  const id = `hof_${String(number).padStart(30, '0')}`;
  const code = `KM${String(number).padStart(2, '0')}`;
  return {
    card: { handoffId: id, code, subject: `Lead ${number}`, action: 'Write to them' },
    notificationId: notification,
    channel,
    ...(isRoutine && {
      bundle: {
        handoff: cardOf({ ...handoff, id, code, urgency: 'routine' }),
        message,
        ...(isReleased && { isReleased }),
      },
    }),
  };
}

function ask(
  state: ResponderState,
  number: number,
  seconds: number,
  details?: Parameters<typeof requestOf>[1],
): OfferAnswer['say'] {
  return answerOffer(state, requestOf(number, details), at(seconds)).say;
}

/** Returns the codes in what goes out, where all but these handoffs still wait for the person. */
function listCodes(state: ResponderState, seconds: number, passed: readonly number[] = []) {
  const gone = new Set(passed.map((number) => requestOf(number).card.handoffId));
  return takeDueBundles(state, at(seconds)).map((bundle) => {
    const entries = leaveOutPassed(bundle, (handoff) => !gone.has(handoff));
    noteDelivery(state, { ...bundle, entries }, at(seconds));
    return entries.map(({ code }) => code);
  });
}

describe('routine work', () => {
  test('the first goes at once, what follows within two minutes goes as one', () => {
    const state = emptyResponder();
    expect(ask(state, 1, 0)).toBe('send');
    expect(ask(state, 2, 5)).toBe('bundled');
    expect(ask(state, 3, 60)).toBe('bundled');
    expect(nextBundle(state)).toBe(at(120));
    expect(listCodes(state, 119)).toEqual([]);
    expect(listCodes(state, 120)).toEqual([['KM02', 'KM03']]);
    expect(nextBundle(state)).toBeUndefined();
    // The list itself is a message: what follows it waits as well.
    expect(ask(state, 4, 130)).toBe('bundled');
    expect(nextBundle(state)).toBe(at(240));
    expect(ask(state, 5, 130, { channel: 'sms' })).toBe('send');
  });

  test('what waited for the morning is collected until there is no more, the first as well', () => {
    const state = emptyResponder();
    for (let number = 1; number <= 50; number += 1) {
      expect(ask(state, number, number / 2, { isReleased: true })).toBe('bundled');
    }
    expect(listCodes(state, 69)).toEqual([]);
    const [bundle, ...others] = listCodes(state, 70);
    expect(bundle).toHaveLength(50);
    expect(others).toEqual([]);
  });

  test('a question asked again is answered the same, and collected once', () => {
    const state = emptyResponder();
    const first = answerOffer(state, requestOf(1, { isReleased: true }), at(0));
    expect(answerOffer(state, requestOf(1, { isReleased: true }), at(9))).toEqual(first);
    expect(listCodes(state, 60)).toEqual([['KM01']]);
  });

  test('what somebody took, passed or ended meanwhile is left out, with its stand-down', () => {
    const state = emptyResponder();
    for (const number of [1, 2, 3, 4]) ask(state, number, 0, { isReleased: true });
    const gone = { kind: 'stand-down', because: 'Bob Diaz has it' } as const;
    expect(ask(state, 2, 11, { message: gone, notification: 'n99' })).toBe('bundled');
    expect(listCodes(state, 60, [1, 2, 3])).toEqual([['KM04']]);
  });

  test('whoever was told before hears that it is no longer theirs', () => {
    const state = emptyResponder();
    expect(ask(state, 1, 0)).toBe('send');
    const gone = { kind: 'stand-down', because: 'Bob Diaz has it' } as const;
    expect(ask(state, 1, 30, { message: gone, notification: 'n2' })).toBe('bundled');
    expect(listCodes(state, 120, [1])).toEqual([['KM01']]);
  });

  test('a bundle may have nothing left in it', () => {
    const state = emptyResponder();
    ask(state, 1, 0, { isReleased: true });
    expect(listCodes(state, 60, [1])).toEqual([[]]);
    expect(nextBundle(state)).toBeUndefined();
  });

  test('what could not go out is collected again, never in a hurry', () => {
    const state = emptyResponder();
    ask(state, 1, 0, { isReleased: true });
    const [bundle] = takeDueBundles(state, at(60));
    if (!bundle) throw new Error('there is a bundle');
    ask(state, 2, 61, { isReleased: true });
    putBack(state, bundle, { heldUntil: at(10), now: at(62) });
    expect(nextBundle(state)).toBe(at(107));
    expect(listCodes(state, 107)).toEqual([['KM01', 'KM02']]);
  });

  test('the sixth SMS within a quarter of an hour waits', () => {
    const state = emptyResponder();
    for (let number = 1; number <= 5; number += 1) {
      expect(ask(state, number, number * 130, { channel: 'sms' })).toBe('send');
    }
    expect(ask(state, 6, 800, { channel: 'sms' })).toBe('bundled');
    expect(nextBundle(state)).toBe(at(130 + 900));
    expect(ask(state, 7, 801, { channel: 'sms', isRoutine: false })).toBe('send');
  });
});

describe('urgent work', () => {
  test('is never held back, and two messages to one phone are over a second apart', () => {
    const state = emptyResponder();
    for (let number = 1; number <= 30; number += 1) ask(state, number, 0, { channel: 'sms' });
    const waits = [31, 32, 33, 34, 35].map((number) => {
      const answer = answerOffer(
        state,
        requestOf(number, { channel: 'sms', isRoutine: false }),
        at(0),
      );
      return answer.say === 'send' ? (answer.waitMs ?? 0) : answer.say;
    });
    // In a flood none is late for the sake of those before it.
    expect(waits).toEqual([1_200, 2_400, 3_600, 3_600, 3_600]);
    // They have just asked, and wait for it.
    const request = requestOf(36, { channel: 'sms', isRoutine: false });
    const answer = answerOffer(state, { ...request, isAnswer: true }, at(0));
    expect(answer).toMatchObject({ say: 'send' });
    expect(answer).not.toHaveProperty('waitMs');
  });

  test.each([
    ['urgent', 'offer', 'sms', false],
    ['critical', 'offer', 'email', false],
    ['routine', 'offer', 'sms', true],
    ['routine', 'stand-down', 'email', true],
    ['routine', 'reminder', 'sms', false],
    ['routine', 'expired', 'email', false],
    ['routine', 'offer', 'voice', false],
  ] as const)('%s %s by %s may be bundled: %s', (urgency, kind, channel, may) => {
    const order = {
      id: 'n1',
      recipient: 'alice',
      channel,
      message: { kind } as Message,
      giveUpAfterMs: 0,
    } satisfies NotificationOrder;
    expect(mayBeBundled({ urgency }, order)).toBe(may);
    expect(mayBeBundled({ urgency }, { ...order, recipient: 'mailto:a@example.com' })).toBe(false);
  });
});

describe('whoever says that they are away while it is collected', () => {
  const entryOf = (whenQuiet?: 'wait' | 'skip'): BundleEntry => ({
    notification: 'n1',
    handoff: cardOf(buildInput().handoff),
    message: OFFER,
    code: 'KM47',
    ...(whenQuiet && { whenQuiet }),
  });
  const away = { since: at(0), until: at(3_600) };
  const state = { ...emptyResponder(), away };

  test('gets it when they are back', () => {
    expect(holdForAbsence(state, [entryOf('wait'), entryOf('skip')], at(60))).toEqual(away);
  });

  test('gets it all the same when one of it may disturb, or when that is over', () => {
    expect(holdForAbsence(state, [entryOf('wait'), entryOf()], at(60))).toBeUndefined();
    expect(holdForAbsence(state, [entryOf('wait')], at(3_600))).toBeUndefined();
    expect(holdForAbsence(emptyResponder(), [entryOf('wait')], at(60))).toBeUndefined();
  });
});
