import { afterEach, beforeEach, describe, expect } from 'vitest';
import { Webhook } from 'standardwebhooks';
import { callbackWorkflowId, deliveriesQuery, resendSignal } from '../../src/workflows/messages.ts';
import { TEST_SECRET } from '../support/baton.ts';
import { startReceiver, type Answer, type Received, type Receiver } from '../support/receiver.ts';
import { test } from '../support/workflow-world.ts';

let receiver: Receiver;
beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(async () => {
  await receiver.close();
});

const LATER = { timeout: 20_000 };
const describeTaken = (id: string) =>
  receiver.taken(id).map(({ event }) => `${event.data.sequence} ${event.type}`);
const WHOLE_STORY = ['1 handoff.escalated', '2 handoff.taken', '3 handoff.resolved'];

/** Says yes, and no to the first of each event, or for a time. */
const MOODS: Readonly<Record<string, () => (request: Omit<Received, 'status'>) => Answer>> = {
  'answers 500 twice': () => {
    const seen = new Map<string, number>();
    return ({ headers }) => {
      const id = String(headers['webhook-id']);
      seen.set(id, (seen.get(id) ?? 0) + 1);
      return { status: (seen.get(id) ?? 0) > 2 ? 200 : 500 };
    };
  },
  'is slow': () => () => ({ status: 200, afterMs: 700 }),
  'redirects at first': () => {
    let count = 0;
    return () =>
      count++ < 3 ? { status: 302, headers: { Location: '/elsewhere' } } : { status: 202 };
  },
  'asks for a pause': () => {
    let count = 0;
    return () =>
      count++ < 1 ? { status: 503, headers: { 'Retry-After': '1800' } } : { status: 200 };
  },
};

describe('a receiver that', () => {
  test('is down for an hour gets everything in order once it is back', async ({ world }) => {
    receiver.answer = () => ({ status: 500 });
    const story = await world.submit({ handoff: { callbackUrl: receiver.url } });
    await story.expectSms('alice', /Call Maria Lopez/);
    await world.pass('6m');
    await story.expectSms('bob', /Call Maria Lopez/);
    expect(await story.give('take', 'bob')).toBe('taken');
    expect(await story.give('resolve', 'bob', { note: 'reached' })).toBe('resolved');
    // The handoff does not wait for its source's receiver.
    const { ending } = await story.end();
    expect(ending?.outcome).toBe('reached');
    await world.pass('54m');
    expect(describeTaken(story.id)).toEqual([]);
    const refused = receiver.received.length;
    expect(refused).toBeGreaterThan(5);
    // Until the first is taken no other is tried.
    expect(new Set(receiver.received.map(({ event }) => event.data.sequence))).toEqual(
      new Set([1]),
    );

    receiver.answer = () => ({ status: 204 });
    await world.pass('11m');

    await expect.poll(() => describeTaken(story.id), LATER).toEqual(WHOLE_STORY);
    for (const { headers, body, event } of receiver.taken(story.id)) {
      const [timestamp] = [Number(headers['webhook-timestamp'])];
      expect(Math.abs(timestamp - Date.now() / 1_000)).toBeLessThan(300);
      expect(headers['webhook-id']).toBe(`${story.id}_${event.data.sequence}`);
      expect(new Webhook(TEST_SECRET).verify(body, headers as Record<string, string>)).toEqual(
        event,
      );
    }
    await world.client.workflow.getHandle(callbackWorkflowId(story.id)).result();
    world.phones.ignoreUnread();
  });

  for (const [mood, begin] of Object.entries(MOODS)) {
    test(`${mood} gets everything once, in order`, async ({ world }) => {
      receiver.answer = begin();
      const story = await world.submit({ handoff: { callbackUrl: receiver.url } });
      await story.expectSms('alice', /Call Maria Lopez/);
      await story.give('escalate', 'crm');
      await story.give('take', 'bob');
      await story.give('resolve', 'bob', { note: 'reached' });
      await world.pass('2h');

      await expect.poll(() => describeTaken(story.id), LATER).toEqual(WHOLE_STORY);
      expect(receiver.received.every(({ path }) => path === '/hook')).toBe(true);
      await story.end();
      world.phones.ignoreUnread();
    });
  }

  test('answers 410 is not asked again; what it refused is sent when somebody says so', async ({
    world,
  }) => {
    receiver.answer = ({ event }) => ({ status: event.data.sequence === 1 ? 410 : 200 });
    const story = await world.submit({ handoff: { callbackUrl: receiver.url } });
    await story.expectSms('alice', /Call Maria Lopez/);
    await story.give('escalate', 'crm');
    await story.give('withdraw', 'crm');
    await story.end();
    await world.pass('2h');

    await expect.poll(() => describeTaken(story.id), LATER).toEqual(['2 handoff.withdrawn']);
    expect(receiver.received.filter(({ status }) => status === 410)).toHaveLength(1);
    const handle = world.client.workflow.getHandle(callbackWorkflowId(story.id));
    // The receiver knows it before the workflow does.
    await expect
      .poll(() => handle.query(deliveriesQuery), LATER)
      .toMatchObject({
        delivered: 1,
        pending: [],
        failed: [{ sequence: 1, type: 'handoff.escalated' }],
      });

    receiver.answer = () => ({ status: 200 });
    await handle.signal(resendSignal, { sequence: 1 });

    await expect
      .poll(() => describeTaken(story.id), LATER)
      .toEqual(['2 handoff.withdrawn', '1 handoff.escalated']);
    await handle.result();
    world.phones.ignoreUnread();
  });

  test('is away for more than a day: the event is given up, listed, and those after it go on', async ({
    world,
  }) => {
    receiver.answer = ({ event }) => ({ status: event.data.sequence === 1 ? 500 : 200 });
    const story = await world.submit({ handoff: { callbackUrl: receiver.url } });
    await story.expectSms('alice', /Call Maria Lopez/);
    await story.give('escalate', 'crm');
    await story.give('withdraw', 'crm');
    await story.end();
    await world.pass('25h');

    await expect.poll(() => describeTaken(story.id), LATER).toEqual(['2 handoff.withdrawn']);
    const handle = world.client.workflow.getHandle(callbackWorkflowId(story.id));
    const { failed } = await handle.query(deliveriesQuery);
    expect(failed[0]?.because).toBe('the receiver answered 500');
    world.phones.ignoreUnread();
  });
});
