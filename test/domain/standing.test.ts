import { describe, expect, test } from 'vitest';
import { decide, startState, type HandoffEvent } from '../../src/domain/decide.ts';
import { instantAfter } from '../../src/domain/duration.ts';
import type { Offer } from '../../src/domain/offer.ts';
import { reportEnded, reportStanding, toOpenOffer } from '../../src/domain/standing.ts';
import type { HandoffState, TierPlan } from '../../src/domain/state.ts';
import { concludeHandoff } from '../../src/domain/view.ts';
import { asResponder, buildCommand, buildInput } from '../support/builders.ts';

const input = buildInput();
const { submittedAt } = input.handoff;
const minute = (count: number): string => instantAfter(submittedAt, count * 60_000);
const [alice, bob] = [asResponder('alice'), asResponder('bob')];

const both: TierPlan = {
  people: ['alice', 'bob'].map((recipient) => ({
    recipient,
    name: recipient.toUpperCase(),
    steps: [{ channel: 'sms', afterMs: 0 }],
  })),
  skipped: [],
};

/** Returns a handoff after these events, one a minute: alice is told by n1, bob by n2. */
function after(...events: readonly HandoffEvent[]): HandoffState {
  const all: readonly HandoffEvent[] = [
    { type: 'started' },
    { type: 'planned', serial: 0, plan: both },
    ...events,
  ];
  return all.reduce(
    (state, event, index) => decide(input, state, event, minute(index)).state,
    startState(input),
  );
}

const ALICE_TOLD = { type: 'accepted', notification: 'n1' } as const;
const BOB_TOLD = { type: 'accepted', notification: 'n2' } as const;
const take = buildCommand('take', alice, {});
const command = (given: ReturnType<typeof buildCommand>): HandoffEvent => ({
  type: 'command',
  command: given,
});

/** Returns how bob stands, and since when. */
const ofBob = (state: HandoffState) => {
  const { standing, since } = reportStanding(input, state, { responder: 'bob' });
  return [standing, since];
};

describe('how a person stands to a handoff', () => {
  test('whom a message is on its way to may answer it before that is known', () => {
    expect(ofBob(after())).toEqual(['asked', undefined]);
    expect(ofBob(after(ALICE_TOLD, BOB_TOLD))).toEqual(['asked', undefined]);
    expect(reportStanding(input, after(), { responder: 'carol' })).toMatchObject({
      standing: 'stood-down',
      since: submittedAt,
    });
  });

  test('fault 6: whose offer was called off before it left was never asked', () => {
    const calledOff = {
      type: 'not-sent',
      notification: 'n2',
      because: 'x',
      cancelled: true,
    } as const;
    const called = after(ALICE_TOLD, command(take));

    expect(ofBob(called)).toEqual(['stood-down', submittedAt]);
    expect(ofBob(after(ALICE_TOLD, command(take), calledOff))).toEqual(['stood-down', submittedAt]);
  });

  test('fault 7: whom nothing reached was asked for nothing', () => {
    const failed = { type: 'not-sent', notification: 'n2', because: 'opted out' } as const;

    expect(ofBob(after(ALICE_TOLD, failed))).toEqual(['stood-down', submittedAt]);
  });

  test('fault 9: whoever had it and passed it stands so, whatever came before', () => {
    const states = [
      after(ALICE_TOLD, BOB_TOLD, command(buildCommand('take', bob, {}))),
      after(
        ALICE_TOLD,
        BOB_TOLD,
        command(buildCommand('take', bob, {})),
        command(buildCommand('pass', bob, {})),
      ),
    ];

    expect(states.map(ofBob)).toEqual([
      ['owner', minute(4)],
      ['passed', undefined],
    ]);
  });

  test('who was asked until another took it stands down since then', () => {
    expect(ofBob(after(ALICE_TOLD, BOB_TOLD, command(take)))).toEqual(['stood-down', minute(4)]);
  });

  test('fault 9: whoever hears only of the end has nothing open', () => {
    const state = decide(input, after(ALICE_TOLD), { type: 'clock' }, minute(60 * 24 * 8)).state;
    const report = reportStanding(input, state, { responder: 'carol' });

    expect(report.ending?.status).toBe('expired');
  });
});

test('of the replies that are asked about those are told that it knows', () => {
  const state = after(ALICE_TOLD, command(take));
  const request = { responder: 'alice', replyIds: ['other', take.id, 'constructor', '__proto__'] };

  for (const { results } of [
    reportStanding(input, state, request),
    reportEnded(concludeHandoff(input, state), request),
  ]) {
    expect(Object.keys(results)).toEqual([take.id]);
    expect(results[take.id]).toMatchObject({ effect: 'taken' });
  }
});

describe('an open handoff as a reply may mean it', () => {
  const offer: Offer = {
    handoffId: input.handoff.id,
    code: 'XZ90',
    subject: 'Old',
    action: 'Write',
    at: minute(2),
  };

  test('is what it is about now, under the code the person knows', () => {
    const report = reportStanding(input, after(ALICE_TOLD), { responder: 'alice' });

    expect(toOpenOffer(offer, report)).toEqual({
      handoffId: input.handoff.id,
      code: 'XZ90',
      subject: input.handoff.brief.subject,
      action: input.handoff.action.do,
      dueAt: input.handoff.action.dueAt,
      outcomes: input.handoff.action.outcomes,
      standing: 'asked',
      since: minute(2),
    });
  });

  test('stands since its last message, or since it was taken from them', () => {
    const owned = reportStanding(input, after(ALICE_TOLD, command(take)), { responder: 'alice' });
    expect(toOpenOffer(offer, owned).since).toBe(minute(3));
    expect(toOpenOffer({ ...offer, at: minute(9) }, owned).since).toBe(minute(9));

    const gone = after(ALICE_TOLD, BOB_TOLD, command(take));
    const stoodDown = reportStanding(input, gone, { responder: 'bob' });
    expect(toOpenOffer({ ...offer, at: minute(9) }, stoodDown).since).toBe(minute(4));
  });

  test('waits for them where nobody could say', () => {
    expect(toOpenOffer(offer)).toMatchObject({ standing: 'asked', since: minute(2), code: 'XZ90' });
  });
});
