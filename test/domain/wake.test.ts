import { describe, expect, test } from 'vitest';
import { startState } from '../../src/domain/decide.ts';
import { instantAfter } from '../../src/domain/duration.ts';
import type {
  HandoffState,
  HeldMessage,
  Notification,
  Ownership,
  Stage,
  StageStep,
} from '../../src/domain/state.ts';
import { nextDue, nextWake, stageEnd } from '../../src/domain/wake.ts';
import { buildInput, buildPolicy } from '../support/builders.ts';

const policy = buildPolicy();
const usual = startState(buildInput());
const at = (minutes: number) => instantAfter(usual.stage.startedAt, minutes * 60_000);

/** Returns a handoff at its first tier, planned, with what a test wants different. */
function build(stage: Partial<Stage> = {}, changes: Partial<HandoffState> = {}): HandoffState {
  return { ...usual, stage: { ...usual.stage, planned: true, ...stage }, ...changes };
}

const toBob = (minutes: number): StageStep => ({
  recipient: 'bob',
  channel: 'email',
  dueAt: at(minutes),
});
const toHeld = (minutes: number): HeldMessage => ({
  at: at(minutes),
  because: 'bob sleeps',
  recipient: 'bob',
  channel: 'sms',
  kind: 'stand-down',
});
const owner: Ownership = {
  responder: 'alice',
  name: 'Alice',
  since: at(1),
  remindAt: at(16),
  reminded: false,
  actBy: at(31),
};
const ending = { status: 'expired', at: at(0) } as const;

describe('stageEnd', () => {
  test.each<[string, Partial<Stage>, string | undefined]>([
    ['a tier nothing was accepted of', {}, at(5)],
    ['a tier from its first accepted message', { firstAcceptedAt: at(2) }, at(7)],
    ['a tier the policy does not have', { tier: 9 }, undefined],
    ['the last resort, until its reminder', { kind: 'last-resort' }, at(12 * 60)],
    ['the last resort before it is planned', { kind: 'last-resort', planned: false }, undefined],
    ['the announcement', { kind: 'announcement' }, undefined],
    [
      'a tier whose timeouts stand still for an hour',
      { firstAcceptedAt: at(2), pauses: [{ from: at(3), until: at(63) }] },
      at(67),
    ],
    [
      'the last resort, which never stands still',
      { kind: 'last-resort', pauses: [{ from: at(3), until: at(63) }] },
      at(12 * 60),
    ],
  ])('of %s', (_what, stage, end) => {
    expect(stageEnd(policy, build(stage))).toBe(end);
  });
});

describe('nextDue', () => {
  test.each<[string, HandoffState, string | null, string]>([
    ['the next step', build({ steps: [toBob(4), toBob(2)] }), at(2), 'email to bob if not taken'],
    [
      'a step by name',
      build({ steps: [toBob(2)] }, { names: { bob: 'Bob Diaz' } }),
      at(2),
      'email to Bob Diaz if not taken',
    ],
    [
      'the next tier, when the step was taken',
      build({ steps: [{ ...toBob(2), notification: 'n1' }] }),
      at(5),
      'escalate to tier 2 if nobody takes it',
    ],
    [
      'the next tier, when whose step it is passed',
      build({ steps: [toBob(2)] }, { standings: { bob: 'passed' } }),
      at(5),
      'escalate to tier 2 if nobody takes it',
    ],
    ['the last resort after the last tier', build({ tier: 1 }), at(5), 'tell the last resort if'],
    [
      'the reminder of the last resort',
      build({ kind: 'last-resort' }),
      at(720),
      'remind the last resort',
    ],
    [
      'the end of quiet hours, and no step or tier before it',
      build({ steps: [toBob(2)], notBefore: { at: at(600), because: 'everyone is quiet' } }),
      at(600),
      'everyone is quiet',
    ],
    ['the reminder of an owner', build({}, { owner }), at(16), 'remind Alice, who has it'],
    [
      'the deadline of an owner who was reminded, and no step',
      build({ steps: [toBob(20)] }, { owner: { ...owner, reminded: true } }),
      at(31),
      'Alice must be done, or it escalates again',
    ],
    ['the expiry, when it comes first', build({}, { expiresAt: at(3) }), at(3), 'it expires'],
    [
      'a step of the announcement, also to who passed',
      build({ kind: 'announcement', steps: [toBob(2)] }, { ending, standings: { bob: 'passed' } }),
      at(2),
      'email to bob',
    ],
    [
      'the end of quiet hours before the announcement',
      build(
        {
          kind: 'announcement',
          planned: false,
          notBefore: { at: at(600), because: 'quiet hours' },
        },
        { ending },
      ),
      at(600),
      'quiet hours',
    ],
    [
      'the expiry, when it comes before the end of quiet hours',
      build({ notBefore: { at: at(600), because: 'quiet hours' } }, { expiresAt: at(500) }),
      at(500),
      'it expires',
    ],
    ['a held message, when it comes first', build({}, { held: [toHeld(3)] }), at(3), 'bob sleeps'],
    [
      'a held message while somebody has it',
      build({}, { owner, held: [toHeld(10), toHeld(7)] }),
      at(7),
      'bob sleeps',
    ],
    ['a held message after the end', build({}, { ending, held: [toHeld(600)] }), at(600), 'bob sl'],
    ['nothing after the announcement', build({ kind: 'announcement' }, { ending }), null, ''],
    ['nothing after the end', build({ steps: [toBob(2)] }, { ending }), null, ''],
  ])('is %s', (_what, state, dueAt, because) => {
    const due = nextDue(policy, state);

    expect(due?.at ?? null).toBe(dueAt);
    expect(due?.because ?? '').toContain(because);
  });

  test.each([
    [0, 'repeat from tier 1 if nobody takes it'],
    [1, 'tell the last resort if nobody takes it'],
  ])('after the last tier in round %i of two is: %s', (round, because) => {
    expect(nextDue(buildPolicy({ repeat: 1 }), build({ tier: 1, round }))?.because).toBe(because);
  });

  test('compares instants, not their spelling', () => {
    const state = build({}, { expiresAt: '2026-11-23T17:01:00+02:00' });

    expect(nextDue(policy, state)?.because).toBe('it expires');
  });
});

describe('nextWake', () => {
  const message = (status: Notification['status'], reportBy: string): Notification => ({
    id: 'n1',
    recipient: 'alice',
    channel: 'sms',
    kind: 'offer',
    reportBy,
    status,
    at: at(0),
  });

  test.each([
    ['sending', 4, null],
    ['sending', 5, null],
    ['cancelling', 4, null],
    ['sending', 6, at(5)],
    ['accepted', 4, at(5)],
    ['failed', 4, at(5)],
    ['cancelled', 4, at(5)],
    ['held', 4, at(5)],
  ] as const)(
    'is left to the report of a message that is %s and reports by minute %i: %s',
    (status, reportBy, wakeAt) => {
      const state = build({}, { notifications: { n1: message(status, at(reportBy)) } });

      expect(nextWake(policy, state)?.at ?? null).toBe(wakeAt);
    },
  );
});
