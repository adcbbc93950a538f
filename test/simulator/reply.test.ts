import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { alice, from, startWorld, type World } from './harness.ts';

let world: World;
beforeEach(async () => {
  world = await startWorld();
});
afterEach(() => world.close());

const send = (body: string): Promise<unknown> =>
  world.twilio.messages.create({ to: alice, from: '+15005550020', body });

it('posts a signed webhook from the phone to the number that wrote last', async () => {
  await send('Call Maria');

  const reply = await world.simulator.reply(alice, '1 KM47 👍');

  expect(reply).toMatchObject({ status: 200, answers: [], twiml: '<Response/>' });
  expect(world.baton.webhooks).toMatchObject([
    {
      path: '/webhooks/twilio/sms',
      isSigned: true,
      params: { MessageSid: reply.messageSid, From: alice, To: '+15005550020', Body: '1 KM47 👍' },
    },
  ]);
});

it('shows the answers on the phone', async () => {
  world.baton.twiml =
    '<?xml version="1.0" encoding="UTF-8"?><Response><Message>It&apos;s yours &amp; mine &#128077;</Message>' +
    '<Message action="/x"><Body>Second</Body></Message><Message/></Response>';

  const { answers } = await world.simulator.reply(alice, '1');

  expect(answers).toEqual(["It's yours & mine 👍", 'Second']);
  expect(world.simulator.sms.map(({ direction, body }) => [direction, body])).toEqual([
    ['from-person', '1'],
    ['to-person', "It's yours & mine 👍"],
    ['to-person', 'Second'],
  ]);
});

it('tells the same message twice when the same sid is given', async () => {
  const { messageSid } = await world.simulator.reply(alice, '1');
  await world.simulator.reply(alice, '1', { messageSid });

  expect(world.baton.webhooks.map(({ params }) => params['MessageSid'])).toEqual([
    messageSid,
    messageSid,
  ]);
  expect(world.simulator.sms).toHaveLength(1);
});

it('marks a text that Baton did not take', async () => {
  world.baton.webhookStatus = 503;
  expect(await world.simulator.reply(alice, '1')).toMatchObject({ status: 503, answers: [] });
  await world.baton.close();
  expect(await world.simulator.reply(alice, '1')).toMatchObject({ status: 0, answers: [] });

  expect(world.simulator.sms.map(({ errorCode }) => errorCode)).toEqual([11200, 11200]);
});

describe('STOP', () => {
  it('blocks the phone until START, and is still told to Baton', async () => {
    await world.simulator.reply(alice, ' stop ');
    expect(world.baton.webhooks).toHaveLength(1);
    await expect(send('Call Maria')).rejects.toMatchObject({ status: 400, code: 21610 });

    await world.simulator.reply(alice, 'START');
    await send('Call Maria');

    expect(
      world.simulator.sms.filter(({ author }) => author === 'twilio').map(({ body }) => body),
    ).toEqual([expect.stringMatching(/unsubscribed/), expect.stringMatching(/re-subscribed/)]);
  });

  it('is only the word alone', async () => {
    await world.simulator.reply(alice, 'STOP please');

    await expect(send('Call Maria')).resolves.toBeDefined();
  });

  it('keeps an answer of Baton off the phone', async () => {
    world.baton.twiml = '<Response><Message>Why?</Message></Response>';

    expect((await world.simulator.reply(alice, 'STOP')).answers).toEqual(['Why?']);
    expect(world.simulator.sms.at(-1)).toMatchObject({ status: 'failed', errorCode: 21610 });
  });
});

it('sends from the default number when nobody has written to the phone yet', async () => {
  await world.simulator.reply(alice, 'hello');

  expect(world.baton.webhooks[0]?.params['To']).toBe(from);
});
