import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Fault } from '../../src/simulator/simulator.ts';
import { isSignedBySendgrid, startWorld, type ReceivedWebhook, type World } from './harness.ts';

type Told = Readonly<Record<string, unknown>>;

let world: World;
beforeEach(async () => {
  world = await startWorld();
});
afterEach(() => world.close());

const alice = 'alice@example.com';
const listBatches = (): readonly ReceivedWebhook[] =>
  world.baton.webhooks.filter(({ path }) => path === '/webhooks/sendgrid/events');
const readBatch = ({ body }: ReceivedWebhook): readonly Told[] =>
  JSON.parse(body.toString()) as readonly Told[];
const listEvents = (): readonly Told[] => listBatches().flatMap(readBatch);
const names = (): readonly unknown[] => listEvents().map(({ event }) => event);

async function send(to: string | readonly string[] = alice): Promise<string> {
  const [response] = await world.sendgrid.send({
    to: typeof to === 'string' ? to : [...to],
    from: 'baton@example.com',
    subject: 'Call Maria',
    text: 'Call Maria by 14:05',
    customArgs: { h: 'hof_1', n: 'n1' },
  });
  return (response.headers as Readonly<Record<string, string>>)['x-message-id'] ?? '';
}

async function expectNames(...expected: readonly string[]): Promise<void> {
  await expect.poll(names).toEqual(expected);
}

it('tells that an email is processed, and then delivered', async () => {
  const messageId = await send();
  const before = Math.floor(Date.now() / 1000);

  await expectNames('processed', 'delivered');
  const [processed, delivered] = listEvents();
  expect(processed).toMatchObject({ email: alice, h: 'hof_1', n: 'n1' });
  expect(delivered).toMatchObject({
    email: alice,
    h: 'hof_1',
    n: 'n1',
    response: expect.stringMatching(/^250 /) as string,
  });
  for (const { sg_event_id, sg_message_id, timestamp, ...rest } of listEvents()) {
    expect(sg_event_id).toMatch(/^[\w-]{20,}$/);
    expect(sg_message_id).toMatch(new RegExp(`^${messageId}\\.`));
    expect(timestamp).toBeGreaterThanOrEqual(before - 1);
    expect(rest).toHaveProperty('smtp-id');
    expect(rest).not.toHaveProperty('custom_args');
  }
  expect(processed?.['sg_event_id']).not.toBe(delivered?.['sg_event_id']);
  expect(world.simulator.emails).toMatchObject([{ status: 'delivered' }]);
});

it('tells what became of several copies in one batch', async () => {
  await send([alice, 'bob@example.com']);

  await expectNames('processed', 'processed', 'delivered', 'delivered');
  expect(listBatches().map((batch) => readBatch(batch).map(({ email }) => email))).toEqual([
    [alice, 'bob@example.com'],
    [alice, 'bob@example.com'],
  ]);
});

it('signs the time and the bytes of a batch with the key that it shows', async () => {
  await send();
  await expectNames('processed', 'delivered');

  for (const batch of listBatches()) {
    expect(batch.headers['content-type']).toBe('application/json');
    expect(isSignedBySendgrid(world, batch)).toBe(true);
    expect(isSignedBySendgrid(world, { ...batch, body: batch.body.subarray(1) })).toBe(false);
  }
});

it('tells nothing when nobody asked for events', async () => {
  await world.close();
  world = await startWorld({ emailEvents: false });
  await send();

  await expect.poll(() => world.simulator.emails).toMatchObject([{ status: 'delivered' }]);
  expect(listBatches()).toEqual([]);
});

it('refuses to sign with a key of another kind', async () => {
  await expect(startWorld({ sendgridPrivateKey: 'no key' })).rejects.toThrow();
});

describe('an email that does not arrive', () => {
  it.each([
    ['bounce', 'bounced', { event: 'bounce', type: 'bounce', status: '5.1.1' }],
    ['blocked', 'blocked', { event: 'bounce', type: 'blocked', status: '5.7.1' }],
  ] as const)('with %s is %s', async (kind, status, event) => {
    world.simulator.faults.inject({ channel: 'email', kind, to: alice, times: 1 });
    await send();

    await expectNames('processed', 'bounce');
    expect(listEvents()[1]).toMatchObject({
      ...event,
      reason: expect.stringMatching(/^550 /) as string,
      h: 'hof_1',
    });
    expect(world.simulator.emails).toMatchObject([
      { status, reason: expect.stringMatching(/^550 /) as string },
    ]);
  });

  it('is dropped without having been processed', async () => {
    world.simulator.faults.inject({ channel: 'email', kind: 'dropped', to: alice, times: 1 });
    await send();

    await expectNames('dropped');
    expect(listEvents()).toMatchObject([{ reason: 'Bounced Address', h: 'hof_1' }]);
    expect(world.simulator.emails).toMatchObject([{ status: 'dropped' }]);
  });

  it('says the reason that the fault gives', async () => {
    const reason = '552 5.2.2 Mailbox full';
    world.simulator.faults.inject({ channel: 'email', kind: 'bounce', reason });
    await send();

    await expectNames('processed', 'bounce');
    expect(listEvents()[1]).toMatchObject({ reason, status: '5.2.2' });
  });

  it('leaves the other copies of its message alone', async () => {
    world.simulator.faults.inject({ channel: 'email', kind: 'bounce', to: alice });
    await send([alice, 'bob@example.com']);

    await expectNames('processed', 'processed', 'bounce', 'delivered');
    expect(world.simulator.emails.map(({ status }) => status)).toEqual(['bounced', 'delivered']);
  });
});

it('tells that an email is deferred, and later that it is delivered', async () => {
  world.simulator.faults.inject({ channel: 'email', kind: 'deferred', times: 1 });
  const seen: string[] = [];
  world.simulator.onChange((change) => {
    if (change.kind === 'email') seen.push(change.email.status);
  });
  await send();

  await expectNames('processed', 'deferred', 'delivered');
  expect(listEvents()[1]).toMatchObject({
    response: expect.stringMatching(/^451 /) as string,
    attempt: '1',
  });
  expect(seen).toEqual(['processed', 'deferred', 'delivered']);
});

describe('the webhook', () => {
  it.each([500, 404, 302])('tells again what was answered with %i', async (status) => {
    world.baton.webhookStatuses = [status];
    await send();

    await expectNames('processed', 'processed', 'delivered');
    const [first, second] = listBatches();
    expect(second?.body).toEqual(first?.body);
  });

  it('gives up in the end, and the next batch still comes', async () => {
    world.baton.webhookStatuses = [500, 500, 500, 500];
    await send();

    await expectNames('processed', 'processed', 'processed', 'processed', 'delivered');
  });

  it.each<[Fault['kind'] & `${string}-callbacks`, readonly string[]]>([
    ['duplicate-callbacks', ['processed', 'processed', 'delivered', 'delivered']],
    ['reordered-callbacks', ['delivered', 'processed']],
  ])('shows %s', async (kind, expected) => {
    world.simulator.faults.inject({ channel: 'email', kind, times: 1 });
    await send();

    await expectNames(...expected);
    const ids = listEvents().map(({ sg_event_id }) => sg_event_id);
    expect(new Set(ids).size).toBe(2);
  });
});
