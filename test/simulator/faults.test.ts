import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { alice, bob, from, startWorld, type World } from './harness.ts';

let world: World;
beforeEach(async () => {
  world = await startWorld();
});
afterEach(() => world.close());

const sendSms = (to = alice): Promise<unknown> =>
  world.twilio.messages.create({
    to,
    from,
    body: 'Hi',
    statusCallback: `${world.baton.url}/webhooks/twilio/status`,
  });
const sendEmail = (): Promise<unknown> =>
  world.sendgrid.send({ to: 'alice@example.com', from: 'b@example.com', subject: 'S', text: 'T' });

describe.each([
  { channel: 'sms', send: () => sendSms(), stored: () => world.simulator.sms.length },
  { channel: 'email', send: sendEmail, stored: () => world.simulator.emails.length },
] as const)('$channel', ({ channel, send, stored }) => {
  it.each([
    ['rate-limited', 429, 0],
    ['error-before-accepting', 500, 0],
    ['error-after-accepting', 500, 1],
  ] as const)('is %s: %i, stored: %i', async (kind, status, count) => {
    world.simulator.faults.inject({ channel, kind, times: 1 });

    // The SendGrid client calls the HTTP status `code`.
    await expect(send()).rejects.toMatchObject(channel === 'sms' ? { status } : { code: status });
    expect(stored()).toBe(count);
    await expect(send()).resolves.toBeDefined();
  });

  it.each([
    ['hang', 0],
    ['hang-after-accepting', 1],
  ] as const)('gets no answer from %s, stored: %i', async (kind, count) => {
    world.simulator.faults.inject({ channel, kind, times: 1 });

    await expect(send()).rejects.toMatchObject({ code: 'ECONNABORTED' });
    expect(stored()).toBe(count);
  });

  it('is slow', async () => {
    world.simulator.faults.inject({ channel, kind: 'latency', ms: 150, times: 1 });
    const startedAt = Date.now();

    await send();

    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(140);
  });
});

it('says 20429 when SMS are rate-limited', async () => {
  world.simulator.faults.inject({ channel: 'sms', kind: 'rate-limited' });

  await expect(sendSms()).rejects.toMatchObject({ code: 20429 });
});

it.each([
  ['undelivered', ['sent', 'undelivered'], '30003'],
  ['failed', ['failed'], '30005'],
] as const)('reports %s by callback', async (kind, statuses, errorCode) => {
  world.simulator.faults.inject({ channel: 'sms', kind, times: 1 });
  await sendSms();

  await expect.poll(() => world.baton.statuses()).toEqual(statuses);
  expect(world.baton.webhooks.at(-1)?.params['ErrorCode']).toBe(errorCode);
  expect(world.simulator.sms[0]).toMatchObject({ status: kind, errorCode: Number(errorCode) });
});

it.each(['undelivered', 'failed'] as const)(
  'reports %s with a code that a test chooses',
  async (kind) => {
    world.simulator.faults.inject({ channel: 'sms', kind, code: 30007, times: 1 });
    await sendSms();

    await expect.poll(() => world.baton.statuses().at(-1)).toBe(kind);
    expect(world.baton.webhooks.at(-1)?.params['ErrorCode']).toBe('30007');
  },
);

it.each([21610, 21211, 21614, 21635, 21408, 63018])('refuses an SMS with %i', async (code) => {
  world.simulator.faults.inject({ channel: 'sms', kind: 'rejected', code, times: 1 });

  await expect(sendSms()).rejects.toMatchObject({ status: 400, code });
  expect(world.simulator.sms).toEqual([]);
  await sendSms();
});

it('repeats callbacks', async () => {
  world.simulator.faults.inject({ channel: 'sms', kind: 'duplicate-callbacks' });
  await sendSms();

  await expect
    .poll(() => world.baton.statuses())
    .toEqual(['sent', 'sent', 'delivered', 'delivered']);
});

it('tells delivered before sent', async () => {
  world.simulator.faults.inject({ channel: 'sms', kind: 'reordered-callbacks' });
  await sendSms();

  await expect.poll(() => world.baton.statuses()).toEqual(['delivered', 'sent']);
});

it('hits only the destination it names, as often as it says, until it is cleared', async () => {
  const { faults } = world.simulator;
  faults.inject({ channel: 'sms', kind: 'rate-limited', to: bob, times: 2 });
  const untilCleared = faults.inject({ channel: 'sms', kind: 'error-before-accepting', to: bob });

  await sendSms(alice);
  await expect(sendSms(bob)).rejects.toMatchObject({ status: 429 });
  expect(faults.active()[0]).toMatchObject({ kind: 'rate-limited', times: 1 });
  await expect(sendSms(bob)).rejects.toMatchObject({ status: 429 });
  await expect(sendSms(bob)).rejects.toMatchObject({ status: 500 });
  await expect(sendSms(bob)).rejects.toMatchObject({ status: 500 });
  faults.clear(untilCleared.id);
  await sendSms(bob);
});

it('keeps a delivery fault for the first message that is accepted', async () => {
  world.simulator.faults.inject({ channel: 'sms', kind: 'rate-limited', times: 1 });
  world.simulator.faults.inject({ channel: 'sms', kind: 'failed', times: 1 });

  await expect(sendSms()).rejects.toMatchObject({ status: 429 });
  await sendSms();

  await expect.poll(() => world.simulator.sms[0]?.status).toBe('failed');
});

it('is switched over HTTP', async () => {
  const post = (body: unknown): Promise<Response> =>
    fetch(`${world.url}/simulator/faults`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });

  expect((await post({ channel: 'sms', kind: 'hang', times: 3 })).status).toBe(201);
  expect(world.simulator.faults.active()).toMatchObject([{ kind: 'hang', times: 3 }]);
  expect((await post({ channel: 'email', kind: 'undelivered' })).status).toBe(400);
  expect((await post({ channel: 'sms', kind: 'latency' })).status).toBe(400);
  await fetch(`${world.url}/simulator/faults`, { method: 'DELETE' });
  expect(world.simulator.faults.active()).toEqual([]);
});
