import { ApplicationFailure } from '@temporalio/common';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  connectSendGrid,
  createEmailChannel,
  type MailService,
} from '../../src/activities/channels/email.ts';
import { connectTwilio, createSmsChannel } from '../../src/activities/channels/sms.ts';
import { alice, bob, from, sendgridApiKey, startWorld, type World } from '../simulator/harness.ts';

const accountSid = `AC${'0'.repeat(32)}`;
const authToken = 'the-auth-token';

let world: World;
beforeEach(async () => {
  world = await startWorld();
});
afterEach(() => world.close());

async function failureOf(run: Promise<unknown>): Promise<string> {
  const error: unknown = await run.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ApplicationFailure)) throw new Error('it did not fail as it should');
  return `${error.type}: ${error.message}`;
}

describe('SMS', () => {
  const sms = (token = authToken) =>
    createSmsChannel(connectTwilio({ accountSid, authToken: token, baseUrl: world.url }), { from });
  /** Gives up on a hanging request in the end. */
  const hasty = () => createSmsChannel(world.twilio, { from });
  const hi = { to: alice, body: 'Hi' };

  test('is sent from our number, and its delivery is reported where it was asked for', async () => {
    const statusCallback = `${world.baton.url}/webhooks/twilio/status?h=1&n=2`;
    const sid = await sms().send({ ...hi, statusCallback, validForSeconds: 60 });

    expect(world.simulator.sms).toMatchObject([{ sid, from, to: alice, body: 'Hi' }]);
    await expect.poll(() => world.baton.statuses()).toEqual(['sent', 'delivered']);
    expect(world.baton.webhooks[0]).toMatchObject({
      path: '/webhooks/twilio/status?h=1&n=2',
      isSigned: true,
    });
  });

  test('is sent by a Messaging Service where there is one', async () => {
    const messagingServiceSid = `MG${'0'.repeat(32)}`;
    await createSmsChannel(world.twilio, { messagingServiceSid }).send(hi);

    expect(world.simulator.sms).toMatchObject([{ messagingServiceSid }]);
  });

  test.each([
    ['+15005550001', 'Permanent: Twilio 21211: not a valid phone number'],
    ['+15005550002', 'Configuration: Twilio 21612: no route from the From number to this number'],
    ['+15005550003', 'Configuration: Twilio 21408: SMS to this country are not enabled'],
    ['+15005550004', 'Permanent: Twilio 21610: the person replied STOP to this number'],
    ['+15005550009', 'Permanent: Twilio 21614: the number cannot receive SMS'],
  ])('to %s fails as %s', async (to, failure) => {
    expect(await failureOf(sms().send({ to, body: 'Hi' }))).toBe(failure);
  });

  test('with too long a validity is refused rather than changed', async () => {
    expect(await failureOf(sms().send({ ...hi, validForSeconds: 36_001 }))).toMatch(/code 90007/);
  });

  test('with the wrong token is a matter of configuration', async () => {
    expect(await failureOf(sms('wrong').send(hi))).toMatch(/^Configuration: Twilio 20003/);
  });

  test.each([
    ['rate-limited', 'Transient', 0],
    ['error-before-accepting', 'Ambiguous', 0],
    ['error-after-accepting', 'Ambiguous', 1],
    ['hang', 'Ambiguous', 0],
    ['hang-after-accepting', 'Ambiguous', 1],
  ] as const)(
    '%s is %s, on the phone: %i; and a look finds just that',
    async (kind, type, count) => {
      const since = new Date();
      world.simulator.faults.inject({ channel: 'sms', kind, times: 1 });

      expect(await failureOf(hasty().send(hi))).toMatch(new RegExp(`^${type}: Twilio`));
      expect(world.simulator.sms).toHaveLength(count);
      expect(await hasty().findSent({ to: alice, bodies: ['Hi'], since })).toBe(
        world.simulator.sms[0]?.sid,
      );
    },
  );

  test('is not even connected to a port where nobody listens', async () => {
    const channel = createSmsChannel(
      connectTwilio({ accountSid, authToken, baseUrl: 'http://127.0.0.1:9' }),
      { from },
    );

    expect(await failureOf(channel.send(hi))).toBe(
      'Transient: Twilio could not be connected to (ECONNREFUSED)',
    );
  });

  describe('that was sent before', () => {
    const seconds = (count: number) => new Date(Date.now() + count * 1_000);

    test('is found by any of its texts, among others and behind the sentence of a trial account', async () => {
      await sms().send({ to: alice, body: 'Something else' });
      const sid = await sms().send({
        to: alice,
        body: 'Sent from your Twilio trial account - Call Maria',
      });
      const find = (bodies: string[]) => sms().findSent({ to: alice, bodies, since: seconds(0) });

      expect(await find(['Call Bob', 'Call Maria'])).toBe(sid);
      expect(await find(['Call'])).toBeUndefined();
      expect(await find([])).toBeUndefined();
    });

    test('fault 14: is found behind hundreds of others', async () => {
      const since = new Date();
      const sid = await sms().send({ to: alice, body: 'Call Maria' });
      for (let count = 0; count < 230; count += 1)
        await sms().send({ to: alice, body: `Call number ${count}` });

      expect(await sms().findSent({ to: alice, bodies: ['Call Maria'], since })).toBe(sid);
    });

    test.each([
      ['She’s “keen” – call now…', 'She\'s "keen" - call now...'],
      ['Call Maria  at\u00A0noon', 'Call Maria at noon'],
      ['½ of the seats', '1/2 of the seats'],
    ])('fault 14: is found though Twilio wrote %j as %j', async (body, sent) => {
      const since = new Date();
      const sid = await sms().send({ to: alice, body: sent });

      expect(await sms().findSent({ to: alice, bodies: [body], since })).toBe(sid);
    });

    test('is not taken for one to another phone, nor for one of long ago', async () => {
      const sid = await sms().send(hi);
      const find = (to: string, since: Date) => sms().findSent({ to, bodies: ['Hi'], since });

      expect(await find(bob, seconds(0))).toBeUndefined();
      expect(await find(alice, seconds(60))).toBeUndefined();
      // Twilio's clock may be a little behind.
      expect(await find(alice, seconds(2))).toBe(sid);
    });

    test('cannot be ruled out when the look itself fails', async () => {
      expect(
        await failureOf(sms('wrong').findSent({ to: alice, bodies: ['Hi'], since: seconds(0) })),
      ).toMatch(/^Ambiguous: cannot find out whether it was sent before: Twilio 20003/);
    });
  });
});

describe('email', () => {
  const sender = 'baton@example.com';
  const channel = (apiKey = sendgridApiKey, address = sender) =>
    createEmailChannel(connectSendGrid({ apiKey, baseUrl: world.url }), address);
  const letter = {
    to: 'alice@example.com',
    subject: 'Call Maria',
    text: 'Call Maria',
    html: '<p>Call Maria</p>',
    messageId: '<hof_1.n1@baton.example>',
  };

  test('arrives whole, under our Message-ID, and SendGrid’s id is returned', async () => {
    const id = await channel().send(letter);
    const { messageId, ...content } = letter;

    expect(world.simulator.emails).toMatchObject([
      { ...content, messageId: id, from: sender, headers: { 'Message-ID': messageId } },
    ]);
  });

  test('fault 17: carries where answers go, what it belongs to, and that a machine wrote it', async () => {
    await channel().send({
      ...letter,
      thread: '<hof_1@baton.example>',
      replyTo: 'r+1@reply.baton.example',
      customArgs: { h: 'hof_1', n: 'n1' },
    });

    expect(world.simulator.emails).toMatchObject([
      {
        replyTo: 'r+1@reply.baton.example',
        customArgs: { h: 'hof_1', n: 'n1' },
        headers: {
          References: '<hof_1@baton.example>',
          'In-Reply-To': '<hof_1@baton.example>',
          'Auto-Submitted': 'auto-generated',
        },
      },
    ]);
  });

  test('is sent without tracking, and known by its Message-ID where SendGrid gives no other', async () => {
    const send = vi.fn(() => Promise.resolve([{ headers: {} }]));
    const mail = { send } as unknown as MailService;

    expect(await createEmailChannel(mail, sender).send(letter)).toBe(letter.messageId);
    expect(send).toHaveBeenCalledWith(
      expect.objectContaining({
        trackingSettings: {
          clickTracking: { enable: false, enableText: false },
          openTracking: { enable: false },
          subscriptionTracking: { enable: false },
        },
      }),
    );
  });

  test.each([
    [
      'the wrong key',
      () => channel('SG.wrong').send(letter),
      /^Configuration: SendGrid answered 401/,
    ],
    [
      'a sender that is none',
      () => channel(sendgridApiKey, 'x').send(letter),
      /^Permanent: .* 400/,
    ],
    [
      'a recipient that is none',
      () => channel().send({ ...letter, to: 'x' }),
      /^Permanent: .* 400/,
    ],
  ])('with %s fails for good', async (_what, send, failure) => {
    expect(await failureOf(send())).toMatch(failure);
    expect(world.simulator.emails).toEqual([]);
  });

  test.each([
    ['rate-limited', 'Transient', 0],
    ['error-before-accepting', 'Ambiguous', 0],
    ['error-after-accepting', 'Ambiguous', 1],
    ['hang', 'Ambiguous', 0],
    ['hang-after-accepting', 'Ambiguous', 1],
  ] as const)('%s is %s, in the inbox: %i', async (kind, type, count) => {
    world.simulator.faults.inject({ channel: 'email', kind, times: 1 });
    const hasty = createEmailChannel(world.sendgrid, sender);

    expect(await failureOf(hasty.send(letter))).toMatch(new RegExp(`^${type}: SendGrid`));
    expect(world.simulator.emails).toHaveLength(count);
  });

  test('of two accounts goes out by each its own key', async () => {
    const wrong = channel('SG.wrong');
    const right = channel();

    expect(await failureOf(wrong.send(letter))).toMatch(/401/);
    await right.send(letter);
    expect(await failureOf(wrong.send(letter))).toMatch(/401/);
    expect(world.simulator.emails).toHaveLength(1);
  });
});
