import { createServer, type AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { alice, bob, connectTwilio, from, startWorld, type World } from './harness.ts';

let world: World;
beforeEach(async () => {
  world = await startWorld();
});
afterEach(() => world.close());

describe('sending', () => {
  it('accepts a message as Twilio does', async () => {
    const message = await world.twilio.messages.create({ to: alice, from, body: 'Call Maria' });

    expect(message).toMatchObject({
      to: alice,
      from,
      body: 'Call Maria',
      status: 'queued',
      numSegments: '1',
      direction: 'outbound-api',
      errorCode: null,
      dateSent: null,
    });
    expect(message.sid).toMatch(/^SM[0-9a-f]{32}$/);
    expect(Date.now() - message.dateCreated.getTime()).toBeLessThan(60_000);
  });

  it('knows neither sender nor segments of a message that a Messaging Service will send', async () => {
    const messagingServiceSid = `MG${'1'.repeat(32)}`;
    const message = await world.twilio.messages.create({
      to: alice,
      messagingServiceSid,
      body: 'Hi',
    });

    expect(message).toMatchObject({ status: 'accepted', from: null, numSegments: '0' });
    expect(message.messagingServiceSid).toBe(messagingServiceSid);
  });

  it.each([
    ['160 GSM-7 characters', 'x'.repeat(160), '1'],
    ['161 GSM-7 characters', 'x'.repeat(161), '2'],
    ['80 characters of the extension table', '€'.repeat(80), '1'],
    ['71 characters, one of them an emoji', `${'x'.repeat(69)}👍`, '2'],
  ])('counts the segments of %s', async (_name, body, segments) => {
    const { numSegments } = await world.twilio.messages.create({ to: alice, from, body });

    expect(numSegments).toBe(segments);
  });

  it('refuses wrong credentials', async () => {
    const intruder = connectTwilio(world.url, 'wrong');

    await expect(intruder.messages.create({ to: alice, from, body: 'Hi' })).rejects.toMatchObject({
      status: 401,
      code: 20003,
    });
    expect(world.simulator.sms).toEqual([]);
  });

  it.each([
    ['a sender that is no number', { from: '+15005550001' }, 21212],
    ['a sender of somebody else', { from: '+15005550007' }, 21606],
    ['a sender with a full queue', { from: '+15005550008' }, 21611],
    ['an invalid number', { to: '+15005550001' }, 21211],
    ['a number that cannot be routed to', { to: '+15005550002' }, 21612],
    ['a country without permission', { to: '+15005550003' }, 21408],
    ['a blocked number', { to: '+15005550004' }, 21610],
    ['a number without SMS', { to: '+15005550009' }, 21614],
    ['a number that is none', { to: 'alice' }, 21211],
    ['no recipient', { to: '' }, 21604],
    ['no sender', { from: '' }, 21603],
    ['no text', { body: '' }, 21602],
    ['a text that is too long', { body: 'x'.repeat(1601) }, 21617],
    ['a callback that is no URL', { statusCallback: 'nowhere' }, 21609],
    ['a validity of 11 hours', { validityPeriod: 39_600 }, 90007],
  ])('refuses %s', async (_name, change, code) => {
    const order = { to: alice, from, body: 'Hi', ...change };

    await expect(world.twilio.messages.create(order)).rejects.toMatchObject({
      status: 400,
      code,
      moreInfo: `https://www.twilio.com/docs/errors/${code}`,
    });
    expect(world.simulator.sms).toEqual([]);
  });
});

describe('reading', () => {
  it('fetches a message in its present state', async () => {
    const { sid } = await world.twilio.messages.create({ to: alice, from, body: 'Hi' });

    await expect
      .poll(async () => (await world.twilio.messages(sid).fetch()).status)
      .toBe('delivered');
    expect((await world.twilio.messages(sid).fetch()).dateSent).toBeInstanceOf(Date);
  });

  it('answers 20404 for a message that does not exist', async () => {
    await expect(world.twilio.messages(`SM${'0'.repeat(32)}`).fetch()).rejects.toMatchObject({
      status: 404,
      code: 20404,
    });
  });

  it('lists newest first, over several pages, without repeats', async () => {
    for (const body of ['1', '2', '3', '4', '5'])
      await world.twilio.messages.create({ to: alice, from, body });

    const messages = await world.twilio.messages.list({ pageSize: 2 });

    expect(messages.map(({ body }) => body)).toEqual(['5', '4', '3', '2', '1']);
  });

  it('filters by recipient, sender and time', async () => {
    await world.twilio.messages.create({ to: alice, from, body: 'for Alice' });
    await world.twilio.messages.create({ to: bob, from: '+15005550020', body: 'for Bob' });
    const bodies = async (filter: object): Promise<readonly string[]> =>
      (await world.twilio.messages.list({ ...filter, limit: 20 })).map(({ body }) => body);
    const minutesAgo = (minutes: number): Date => new Date(Date.now() - minutes * 60_000);

    expect(await bodies({ to: bob })).toEqual(['for Bob']);
    expect(await bodies({ from })).toEqual(['for Alice']);
    expect(await bodies({ dateSentAfter: minutesAgo(1) })).toHaveLength(2);
    expect(await bodies({ dateSentAfter: minutesAgo(-1) })).toEqual([]);
    expect(await bodies({ dateSentBefore: minutesAgo(1) })).toEqual([]);
    expect(await bodies({ to: alice, dateSentAfter: new Date() })).toEqual(['for Alice']);
  });
});

describe('status callbacks', () => {
  it('tells sent, then delivered, signed over the URL without its fragment', async () => {
    const { sid } = await world.twilio.messages.create({
      to: alice,
      from,
      body: 'Hi',
      statusCallback: `${world.baton.url}/webhooks/twilio/status?h=hof_1&n=it's#rc=2`,
    });

    await expect.poll(() => world.baton.statuses()).toEqual(['sent', 'delivered']);
    for (const { path, params, isSigned } of world.baton.webhooks) {
      expect(isSigned).toBe(true);
      expect(path).not.toContain('rc=2');
      expect(params).toMatchObject({ MessageSid: sid, To: alice, From: from });
    }
  });

  it('tries again once when Baton cannot be reached, and lives on', async () => {
    let attempts = 0;
    const brokenBaton = createServer((socket) => {
      attempts += 1;
      socket.destroy();
    });
    await new Promise<void>((resolve) => brokenBaton.listen(0, '127.0.0.1', resolve));
    const { port } = brokenBaton.address() as AddressInfo;
    const statusCallback = `http://127.0.0.1:${port}/webhooks/twilio/status`;
    world.simulator.faults.inject({ channel: 'sms', kind: 'failed', times: 1 });

    await world.twilio.messages.create({ to: alice, from, body: 'Hi', statusCallback });

    await expect.poll(() => attempts).toBe(2);
    expect((await fetch(`${world.url}/simulator/state`)).status).toBe(200);
    await new Promise((resolve) => brokenBaton.close(resolve));
    expect(attempts).toBe(2);
  });

  it('tries again after a 503 only when the URL asks for it', async () => {
    world.baton.webhookStatus = 503;
    const order = { to: alice, from, body: 'Hi' };
    const statusCallback = `${world.baton.url}/webhooks/twilio/status`;
    world.simulator.faults.inject({ channel: 'sms', kind: 'failed', times: 2 });

    await world.twilio.messages.create({ ...order, statusCallback });
    await expect.poll(() => world.baton.statuses()).toEqual(['failed']);
    await world.twilio.messages.create({
      ...order,
      statusCallback: `${statusCallback}#rc=2&rp=ct,5xx`,
    });

    await expect
      .poll(() => world.baton.statuses())
      .toEqual(['failed', 'failed', 'failed', 'failed']);
  });
});
