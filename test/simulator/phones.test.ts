import { afterEach, beforeEach, expect, it } from 'vitest';
import { createPhones, type Phones } from '../support/phones.ts';
import { alice, bob, from, startWorld, type World } from './harness.ts';

let world: World;
let phones: Phones;
beforeEach(async () => {
  world = await startWorld();
  phones = createPhones(world.simulator);
});
afterEach(() => world.close());

const send = (to: string, body: string): Promise<unknown> =>
  world.twilio.messages.create({ to, from, body });

it('waits for a message and reads it once it is on the screen', async () => {
  const expected = phones.phone('alice').expectSms(/Call Maria/);
  await send(alice, 'URGENT: Call Maria');

  expect(await expected).toMatchObject({ body: 'URGENT: Call Maria', status: 'delivered' });
  phones.expectNothingUnread();
});

it('reads messages that fit the same pattern in the order they came', async () => {
  await send(alice, 'Call 1');
  await send(alice, 'Call 2');

  expect((await phones.phone('alice').expectSms(/Call/)).body).toBe('Call 1');
  expect((await phones.phone('alice').expectSms(/Call/)).body).toBe('Call 2');
});

it('says what came instead', async () => {
  await send(alice, 'Stand down');

  await expect(phones.phone('alice').expectSms(/Call/, { withinMs: 100 })).rejects.toThrow(
    /alice got no SMS like \/Call\/ within 100 ms.*\n.*Stand down/s,
  );
});

it('fails on a message that nobody expected, whoever got it', async () => {
  await send('+15005550099', 'Who are you?');

  expect(() => {
    phones.expectNothingUnread();
  }).toThrow(/Who are you\?/);
});

it('fails when a phone that should stay silent rings', async () => {
  await phones.phone('bob').expectNoSms({ forMs: 50 });
  const silence = expect(phones.phone('bob').expectNoSms({ forMs: 1_000 })).rejects.toThrow(
    /bob should have got no SMS.*Wake up/s,
  );
  await send(bob, 'Wake up');

  await silence;
});

it('never reads a message that was lost on its way', async () => {
  world.simulator.faults.inject({ channel: 'sms', kind: 'undelivered', times: 1 });
  await send(alice, 'Call Maria');

  await expect(phones.phone('alice').expectSms(/Call/, { withinMs: 100 })).rejects.toThrow();
  phones.expectNothingUnread();
});

it('counts answers as read, because the test has them in its hands', async () => {
  world.baton.twiml = '<Response><Message>You have it.</Message></Response>';

  expect((await phones.phone('alice').reply('1')).answers).toEqual(['You have it.']);
  phones.expectNothingUnread();
});

it('waits for an email', async () => {
  const expected = phones.phone('alice').expectEmail(/Maria/);
  await world.sendgrid.send({
    to: 'alice@example.com',
    from: 'b@example.com',
    subject: 'Call Maria',
    text: 'Now',
  });

  expect((await expected).text).toBe('Now');
  expect(phones.phone('alice').unread()).toEqual([]);
});

it('knows only the people of the simulator', () => {
  expect(() => phones.phone('mallory')).toThrow(/nobody called "mallory"/);
});
