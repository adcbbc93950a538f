import { describe, expect, test } from 'vitest';
import type { Decision, HandoffEvent } from '../../../src/domain/decide.ts';
import { instantAfter } from '../../../src/domain/duration.ts';
import type { Channel } from '../../../src/domain/policy.ts';
import { isFinished, type TierPlan } from '../../../src/domain/state.ts';
import { viewHandoff } from '../../../src/domain/view.ts';
import { asResponder, buildCommand, buildInput } from '../../support/builders.ts';
import { SUBMITTED_AT } from '../simulate.ts';
import {
  MINUTE,
  HOUR,
  alice,
  crm,
  tell,
  at,
  listMessages,
  findMessage,
  listReasons,
  endOf,
  play,
  planned,
  planOf,
  listKinds,
  after,
} from './story.ts';

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

  test('that nobody can be told any more is news again when messages had arrived for long', () => {
    const { on, state } = toLastResort(carolBy());
    on(fails('n1'), 0);
    on({ type: 'clock' }, 5);
    on({ type: 'planned', serial: 3, plan: carolBy() }, 5);
    on(arrives('n2'), 5);
    on({ type: 'clock' }, 5 + 12 * 60);
    on({ type: 'planned', serial: 4, plan: carolBy() }, 5 + 12 * 60);

    expect(callbacks(on(fails('n3'), 5 + 12 * 60))).toEqual(['handoff.unreached']);
    expect(state().unreached).toMatchObject({ since: after(5 + 12 * 60), attempts: 1 });
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

describe('whoever had it at the last resort has it no more', () => {
  const input = buildInput({ handoff: { callbackUrl: 'https://crm.example/hooks' } });

  test.each([
    ['falls silent', [], 'CAROL took it and did not finish within 30 min: on to last resort'],
    ['passes it', [at(16, buildCommand('pass', asResponder('carol'), {}))], /^CAROL passed it on/],
    ['is gone on from', [at(16, buildCommand('escalate', crm, {}))], /^crm asked for the next/],
  ] as const)('%s: the source hears of it', (_how, commands, because) => {
    const take = at(15, buildCommand('take', asResponder('carol'), {}));
    const steps = tell({ commands: [take, ...commands] }, input);
    const told = steps.flatMap(({ effects }) =>
      effects.flatMap((effect) => (effect.type === 'call-back' ? [effect.callback.event] : [])),
    );

    expect(told.slice(2, 4).map(({ type }) => type)).toEqual([
      'handoff.taken',
      'handoff.escalated',
    ]);
    expect(told[3]?.data.because).toEqual(
      typeof because === 'string' ? because : expect.stringMatching(because),
    );
    // Its reminders bring nobody new in.
    expect(told.slice(4).map(({ type }) => type)).toEqual(['handoff.expired']);
  });
});
