import { expect } from 'vitest';
import { deliverySignal } from '../../src/workflows/messages.ts';
import { retell, test } from '../support/workflow-world.ts';

const MINUTE = 60_000;
const SMS = { channel: 'sms', afterMs: 0 } as const;
const ROUTINE = { urgency: 'routine', action: { do: 'Write to Maria', outcomes: [] } } as const;

test('whoever says later is asked again then, while the tiers go on', async ({ world }) => {
  const handoff = await world.submit();
  await handoff.expectSms('alice', /^URGENT: Call Maria Lopez/);

  expect(await handoff.give('snooze', 'alice', { forMs: 12 * MINUTE })).toBe('snoozed');
  expect(await handoff.listSummaries()).not.toContain('remind Alice Ng, who has it');
  await world.pass('6m');
  await handoff.expectSms('bob', /^URGENT: Call Maria Lopez/);
  await world.pass('7m');
  await world.phone('carol').expectSms(/^LAST RESORT/);
  await handoff.expectSms('alice', /^LAST RESORT, 2nd notice: Call Maria Lopez/);
  await handoff.give('resolve', 'alice');
  await world.phone('bob').expectSms(/^Stand down/);
  await world.phone('carol').expectSms(/^Stand down/);

  expect(retell(await handoff.end(), 'snoozed', 'escalated')).toEqual([
    '0:00 Alice Ng asked to be told again in 12 min',
    '0:05 Alice Ng has not answered: on to tier 2',
    '0:10 Bob Diaz has not answered: on to last resort',
  ]);
});

test('nobody is called or written to while they snooze, nor after they took it', async ({
  world,
}) => {
  const ladder = [SMS, { channel: 'email', afterMs: 2 * MINUTE } as const];
  const tiers = [{ label: 'tier 1', notify: ['alice'], ladder, escalateAfterMs: 60 * MINUTE }];
  const handoff = await world.submit({ policy: { tiers } });
  await handoff.expectSms('alice', /^URGENT/);
  await handoff.give('snooze', 'alice', { forMs: 10 * MINUTE });
  await world.pass('9m');
  expect(world.phone('alice').unread()).toEqual([]);
  await world.pass('2m');
  await world.phone('alice').expectEmail(/^URGENT/);

  await handoff.give('snooze', 'alice', { id: 'again', forMs: 10 * MINUTE });
  await handoff.give('take', 'alice');
  await world.pass('11m');
  expect(world.phone('alice').unread()).toEqual([]);
  await handoff.give('resolve', 'alice');
  await handoff.end();
});

test('an owner who says later gets the time, and is reminded at its end', async ({ world }) => {
  const handoff = await world.submit();
  await handoff.expectSms('alice', /^URGENT/);
  await handoff.give('take', 'alice');
  await world.pass('10m');
  expect(await handoff.give('snooze', 'alice', { forMs: 60 * MINUTE })).toBe('snoozed');
  await world.pass('59m');
  expect(world.phone('alice').unread()).toEqual([]);
  await world.pass('2m');
  await handoff.expectSms('alice', /^You have/);
  await world.pass('15m');
  await handoff.expectSms('alice', /goes on to others/);
  await handoff.expectSms('bob', /^URGENT: .*\n[\s\S]*Alice Ng took it and did not finish/);
  await handoff.give('resolve', 'bob');
  await world.phone('alice').expectSms(/^Stand down/);
  await handoff.end();
});

test('somebody else may take it over when they say so, and the owner is told', async ({
  world,
}) => {
  const handoff = await world.submit();
  await handoff.expectSms('alice', /^URGENT/);
  await handoff.give('take', 'alice');

  expect(await handoff.give('take', 'bob')).toBe('held-by-other');
  expect(await handoff.give('take', 'bob', { id: 'over', over: true })).toBe('taken');
  await handoff.expectSms('alice', /^Stand down: Bob Diaz has it/);
  await handoff.expectAttributes({ status: 'owned', owner: 'bob' });
  expect(await handoff.give('resolve', 'alice', { id: 'late' })).toBe('held-by-other');

  await handoff.give('resolve', 'bob');
  expect(retell(await handoff.end(), 'taken')).toEqual([
    '0:00 Alice Ng took it by sms',
    '0:00 Bob Diaz took it over from Alice Ng by sms',
  ]);
});

test('fault 5: a message that went out while nobody could be told of it is known soon, and its reply finds it', async ({
  world,
}) => {
  // The question, and eight times the news of it: more than a local activity tries at a time.
  world.lostOffers = 9;
  const handoff = await world.submit();
  const { body } = await handoff.expectSms('alice', /^URGENT/);
  expect(body).toContain(`1 ${handoff.code}`);

  await world.pass('30s');
  await expect
    .poll(async () => (await world.ask('alice')).open, { timeout: 15_000 })
    .toMatchObject([{ handoffId: handoff.id, standing: 'asked' }]);
  await world.text('alice', `1 ${handoff.code}`);
  await handoff.expectSms('alice', /^You have it/);
  await handoff.give('resolve', 'alice');
  await handoff.end();
});

test('fault 6: an offer that was called off leaves nothing behind that a bare reply could mean', async ({
  world,
}) => {
  const tiers = [
    { label: 'tier 1', notify: ['alice'], ladder: [SMS], escalateAfterMs: 60 * MINUTE },
  ];
  world.simulator.faults.inject({ channel: 'sms', kind: 'error-before-accepting', times: 3 });
  const first = await world.submit({ policy: { tiers } });
  await expect.poll(async () => (await world.ask('alice')).open.length).toBe(1);
  await first.signal('withdraw', 'crm');
  await first.end();
  world.simulator.faults.clear();

  const second = await world.submit({ policy: { tiers } });
  await second.expectSms('alice', /^URGENT/);
  await world.pass('3m');
  await world.text('alice', '1');
  await second.expectSms('alice', /^You have it/);
  await second.give('resolve', 'alice');
  await second.end();
});

test('whoever replies STOP is told by the next channel at once', async ({ world }) => {
  const ladder = [SMS, { channel: 'email', afterMs: 3 * MINUTE } as const];
  const tiers = [{ label: 'tier 1', notify: ['alice'], ladder, escalateAfterMs: 60 * MINUTE }];
  const handoff = await world.submit({ policy: { tiers } });
  await handoff.expectSms('alice', /^URGENT/);

  await world.text('alice', 'STOP');
  await world.phone('alice').expectEmail(/^URGENT/);
  await handoff.give('take', 'alice', { via: 'link' });
  await handoff.give('resolve', 'alice', { via: 'link' });
  expect(retell(await handoff.end(), 'undelivered', 'sent')).toEqual([
    '0:00 offer to Alice Ng by sms',
    '0:00 offer to Alice Ng by sms: they replied STOP',
    '0:00 offer to Alice Ng by email',
  ]);
});

test('a call that ends without a key leads to the next step at once; with one it does not', async ({
  world,
}) => {
  const ladder = [
    SMS,
    { channel: 'voice', afterMs: MINUTE } as const,
    { channel: 'email', afterMs: 30 * MINUTE } as const,
  ];
  const tiers = [{ label: 'tier 1', notify: ['alice'], ladder, escalateAfterMs: 60 * MINUTE }];
  const handoff = await world.submit({ policy: { tiers } });
  await handoff.expectSms('alice', /^URGENT/);
  await world.pass('61s');
  await expect
    .poll(async () => retell(await handoff.view(), 'sent').length, { timeout: 10_000 })
    .toBe(2);

  await handoff.handle.signal(deliverySignal, { notification: 'n2', because: 'the line was busy' });
  await world.phone('alice').expectEmail(/^URGENT/);
  await handoff.give('take', 'alice', { via: 'voice' });
  await handoff.handle.signal(deliverySignal, { notification: 'n2', because: 'they hung up' });
  await handoff.give('resolve', 'alice');
  expect(retell(await handoff.end(), 'sent', 'undelivered')).toEqual([
    '0:00 offer to Alice Ng by sms',
    '0:01 offer to Alice Ng by voice',
    '0:01 offer to Alice Ng by voice: the line was busy',
    '0:01 offer to Alice Ng by email',
  ]);
});

test('routine work for one person goes out in one message, urgent work between by itself', async ({
  world,
}) => {
  const ladder = [{ channel: 'email', afterMs: 0 } as const];
  const tiers = [{ label: 'tier 1', notify: ['alice'], ladder, escalateAfterMs: 60 * MINUTE }];
  const alone = await world.submit({ handoff: ROUTINE, policy: { tiers } });
  await world.phone('alice').expectEmail(new RegExp(`Write to Maria.*${alone.code}`));
  const others = [];
  for (let count = 0; count < 5; count += 1) {
    others.push(await world.submit({ handoff: ROUTINE, policy: { tiers } }));
  }
  const urgent = await world.submit();
  await urgent.expectSms('alice', /^URGENT: Call Maria Lopez/);
  for (const other of others) {
    expect(retell(await other.view(), 'sent')).toEqual([
      '0:00 offer to Alice Ng by email, together with what else waits for them',
    ]);
  }
  expect(world.phone('alice').unread()).toEqual([]);
  const [taken] = others;
  await taken?.give('take', 'alice');

  await world.pass('2m');
  const digest = await world.phone('alice').expectEmail(/^4 handoffs for you/);
  for (const other of others) {
    expect(digest.text.includes(other.code)).toBe(other !== taken);
  }
  expect(world.phone('alice').unread()).toEqual([]);

  // What a list did not deliver is told to each of its handoffs.
  const [, undelivered] = others;
  if (!undelivered) throw new Error('there are five');
  await world.reportBundle('alice', digest, 'the mailbox does not exist');
  await expect
    .poll(async () => retell(await undelivered.view(), 'undelivered').length, { timeout: 10_000 })
    .toBe(1);
  await world.closeQuietly([alone, urgent, ...others]);
});
