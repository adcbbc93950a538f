import { describe, expect, test } from 'vitest';
import { buildCommand, buildInput } from '../../support/builders.ts';
import {
  after,
  alice,
  at,
  bob,
  crm,
  endOf,
  held,
  listKinds,
  listMessages,
  listOrdersOf,
  listReasons,
  MINUTE,
  planned,
  play,
  tell,
  withRule,
} from './story.ts';

const snooze = (minutes?: number) =>
  buildCommand('snooze', alice, minutes === undefined ? {} : { forMs: minutes * MINUTE });

describe('a snooze of somebody who is asked', () => {
  /** Alice and bob were asked in one tier of two hours; alice asks for so many minutes after one. */
  function snoozed(minutes?: number) {
    const [tier] = buildInput().policy.tiers;
    if (!tier) throw new Error('the policy has no tier');
    const story = play(
      buildInput({ policy: { tiers: [{ ...tier, escalateAfterMs: 120 * MINUTE }] } }),
    );
    story.on({ type: 'started' }, 0);
    story.on(planned(0, 'alice', 'bob'), 0);
    story.on({ type: 'accepted', notification: 'n1' }, 0);
    story.on({ type: 'accepted', notification: 'n2' }, 0);
    const command = snooze(minutes);
    const { wake } = story.on({ type: 'command', command }, 1);
    return { ...story, wake, result: story.state().results[command.id] };
  }

  test('asks that person again when it is over, and nobody else', () => {
    const { on, wake, result } = snoozed(30);

    expect(result).toMatchObject({ effect: 'snoozed', until: wake?.at });
    expect(listKinds(on({ type: 'clock' }, 30).effects)).toEqual([]);
    expect(listKinds(on({ type: 'clock' }, 31).effects)).toEqual(['offer to alice']);
    expect(listKinds(on({ type: 'clock' }, 32).effects)).toEqual([]);
  });

  test.each([
    ['lasts a quarter of an hour unless it says so', undefined, 16],
    ['lasts a minute at least', 0.1, 2],
    ['lasts a day at most', 10 * 24 * 60, 24 * 60 + 1],
  ])('%s', (_name, minutes, over) => {
    expect(snoozed(minutes).result?.until).toBe(after(over));
  });

  test.each([
    ['somebody else takes it', buildCommand('take', bob, {})],
    ['it is withdrawn', buildCommand('withdraw', crm, {})],
    ['they pass it', buildCommand('pass', alice, {})],
  ])('is forgotten when %s', (_name, command) => {
    const { on } = snoozed(30);
    on({ type: 'command', command }, 2);

    expect(listKinds(on({ type: 'clock' }, 31).effects)).not.toContain('offer to alice');
  });
});

describe('the time that somebody asked for comes', () => {
  /** Alice asked at 1 for 30 minutes more, and is alone in a tier of two hours; then a minute past them. */
  function over(rule: 'wait' | 'skip') {
    const [tier] = buildInput().policy.tiers;
    if (!tier) throw new Error('the policy has no tier');
    const story = play(withRule(rule, { tiers: [{ ...tier, escalateAfterMs: 120 * MINUTE }] }));
    story.on({ type: 'started' }, 0);
    story.on(planned(0, 'alice'), 0);
    story.on({ type: 'accepted', notification: 'n1' }, 0);
    story.on({ type: 'command', command: snooze(30) }, 1);
    const [order] = listOrdersOf(story.on({ type: 'clock' }, 31).effects);
    return { ...story, order };
  }

  test('neither their hours nor their calendar hold it back then: they named it', () => {
    expect(over('wait').order).toMatchObject({
      recipient: 'alice',
      whenQuiet: 'wait',
      isAskedFor: true,
    });
  });

  test.each(['wait', 'skip'] as const)(
    'whoever is away by then is asked when they are back, under %s',
    (rule) => {
      const { on } = over(rule);

      expect(on(held('n2', 60), 31).wake?.at).toBe(after(60));
      expect(listKinds(on({ type: 'clock' }, 60).effects)).toEqual(['offer to alice']);
    },
  );

  test('the SMS does not arrive: an email says it, and if that fails nobody is asked for ever', () => {
    const { on } = over('wait');
    const again = on({ type: 'not-sent', notification: 'n2', because: 'opted out' }, 31);

    expect(listOrdersOf(again.effects)).toMatchObject([
      { recipient: 'alice', channel: 'email', message: { kind: 'offer' } },
    ]);
    expect(on({ type: 'not-sent', notification: 'n3', because: 'no email' }, 31).effects).toEqual(
      [],
    );
  });
});

test('whoever took it meanwhile is not asked by their own snooze once it moves on', () => {
  const input = buildInput({ policy: { actWithinMs: 30 * MINUTE } });
  const commands = [at(1, snooze(20)), at(3, buildCommand('take', alice, {}))];
  const messages = listMessages(tell({ commands }, input));

  expect(messages).toContain('33 min: sms to alice: released');
  expect(messages).toContain('33 min: sms to bob: offer');
  expect(messages).not.toContain('33 min: sms to alice: offer');
});

test('the timeline says how long a snooze lasts, not what was asked for', () => {
  const commands = [at(1, snooze(48 * 60))];

  expect(listReasons(endOf(tell({ commands })), 'snoozed')).toEqual([
    'ALICE asked to be told again in 24 h',
  ]);
});

test('the tiers go on during a snooze: it is no answer', () => {
  const steps = tell({ commands: [at(1, snooze(30))] });

  expect(listMessages(steps).slice(0, 2)).toEqual([
    '0 min: sms to alice: offer',
    '5 min: sms to bob: offer',
  ]);
});

test('a snooze of the owner moves the reminder, and gives as long after it as the policy does', () => {
  const input = buildInput({ policy: { actWithinMs: 30 * MINUTE } });
  const commands = [at(1, buildCommand('take', alice, {})), at(2, snooze(60))];
  const steps = tell({ commands }, input);

  expect(listMessages(steps).slice(1, 3)).toEqual([
    '62 min: sms to alice: reminder',
    '77 min: sms to alice: released',
  ]);
  expect(listReasons(endOf(steps), 'snoozed')).toEqual(['ALICE needs 1 h more']);
});

test('a snooze of somebody who has nothing to do with it, while another has it, is refused', () => {
  const commands = [at(1, buildCommand('take', bob, {})), at(2, snooze(60))];
  const steps = tell({ commands });

  expect(listReasons(endOf(steps), 'refused')).toEqual(['ALICE asked to snooze: BOB has it']);
});
