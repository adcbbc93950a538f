import { expect } from 'vitest';
import type { EscalationPolicy } from '../../src/domain/policy.ts';
import { deliverySignal } from '../../src/workflows/messages.ts';
import { retell, test } from '../support/workflow-world.ts';

const SMS = { channel: 'sms', afterMs: 0 } as const;
const EMAIL_LATER = { channel: 'email', afterMs: 120_000 } as const;

/** Returns a policy with this person before bob. */
function firstTell(person: string): Partial<EscalationPolicy> {
  return {
    tiers: [
      { label: 'tier 1', notify: [person], ladder: [SMS, EMAIL_LATER], escalateAfterMs: 300_000 },
      { label: 'tier 2', notify: ['bob'], ladder: [SMS], escalateAfterMs: 300_000 },
    ],
  };
}

test('R20: a number that does not exist brings the next tier in at once, and is tried only once', async ({
  world,
}) => {
  const handoff = await world.submit({ policy: firstTell('wrong') });

  const escalation = await handoff.expectSms('bob', /^URGENT: Call Maria Lopez/);

  expect(escalation.body).toContain('No message of tier 1 arrived');
  await handoff.give('resolve', 'bob');
  const view = await handoff.end();
  expect(retell(view, 'not-sent', 'escalated', 'sent')).toEqual([
    '0:00 offer to Wrong Number by sms: Twilio 21211: not a valid phone number',
    '0:00 no message of tier 1 arrived: on to tier 2',
    '0:00 offer to Bob Diaz by sms',
  ]);
  expect(await handoff.listAttempts('sendSms')).toEqual([1, 1]);
});

test("a person's next channel is used at once when they cannot be texted", async ({ world }) => {
  await world.phone('alice').reply('STOP');
  const handoff = await world.submit({ policy: firstTell('alice') });

  await world.phone('alice').expectEmail(/^URGENT: Call Maria Lopez/);

  await handoff.give('resolve', 'alice');
  expect(retell(await handoff.end(), 'not-sent', 'escalated', 'sent')).toEqual([
    '0:00 offer to Alice Ng by sms: Twilio 21610: the person replied STOP to this number',
    '0:00 offer to Alice Ng by email',
  ]);
});

test('R17: a message that is reported lost is followed by the next step at once', async ({
  world,
}) => {
  const handoff = await world.submit({ policy: firstTell('alice') });
  await handoff.expectSms('alice', /^URGENT: Call Maria Lopez/);

  const lost = { notification: 'n1', because: 'the phone is off' };
  await handoff.handle.signal(deliverySignal, lost);
  await world.phone('alice').expectEmail(/^URGENT: Call Maria Lopez/);
  // Providers tell everything twice.
  await handoff.handle.signal(deliverySignal, lost);

  await handoff.give('resolve', 'alice');
  expect(retell(await handoff.end(), 'undelivered', 'sent')).toEqual([
    '0:00 offer to Alice Ng by sms',
    '0:00 offer to Alice Ng by sms: the phone is off',
    '0:00 offer to Alice Ng by email',
  ]);
});

test('while the provider is busy a message is tried again, and arrives once', async ({ world }) => {
  world.simulator.faults.inject({ channel: 'sms', kind: 'rate-limited', times: 2 });
  const handoff = await world.submit();

  await handoff.expectSms('alice', /^URGENT: Call Maria Lopez/);

  await handoff.give('resolve', 'alice');
  expect(retell(await handoff.end(), 'not-sent', 'sent', 'escalated')).toEqual([
    '0:00 offer to Alice Ng by sms',
  ]);
  expect(await handoff.listAttempts('sendSms')).toEqual([3]);
});

test('a message that could not be sent in all its time counts as failed, and the tier is over', async ({
  world,
}) => {
  const to = '+15005550010';
  world.simulator.faults.inject({ channel: 'sms', kind: 'rate-limited', to });
  const [first, second] = firstTell('alice').tiers ?? [];
  if (!first || !second) throw new Error('no tiers');
  // The clock does not skip a retry's wait.
  const handoff = await world.submit({
    policy: { tiers: [{ ...first, ladder: [SMS], escalateAfterMs: 4_000 }, second] },
  });

  const escalation = await handoff.expectSms('bob', /^URGENT: Call Maria Lopez/);

  expect(escalation.body).toContain('No message of tier 1 arrived');
  await handoff.give('resolve', 'bob');
  const story = retell(await handoff.end(), 'not-sent', 'escalated', 'sent');
  expect(story).toEqual([
    expect.stringMatching(/^0:00 offer to Alice Ng by sms: .*Twilio 20429: too many requests$/),
    '0:00 no message of tier 1 arrived: on to tier 2',
    '0:00 offer to Bob Diaz by sms',
  ]);
});

test('a plan that cannot be made is tried again, and meanwhile the clock goes on', async ({
  world,
}) => {
  const { directory } = world;
  let isBroken = true;
  world.directory = new Proxy(directory, {
    get(target, key) {
      if (isBroken) throw new Error('the directory is in pieces');
      return Reflect.get(target, key) as unknown;
    },
  });
  const handoff = await world.submit();
  await expect
    .poll(() => handoff.listSummaries(), { timeout: 20_000 })
    .toEqual(
      expect.arrayContaining(['again: plan tier 1 of inbound-sales (the directory is in pieces)']),
    );

  isBroken = false;
  await world.pass('15s');
  await handoff.expectSms('alice', /^URGENT: Call Maria Lopez/);
  await handoff.give('resolve', 'alice');
  const view = await handoff.end();
  expect(retell(view, 'sent')).toEqual(['0:00 offer to Alice Ng by sms']);
});
