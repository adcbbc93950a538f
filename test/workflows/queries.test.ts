import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TemporalServer } from '../../src/temporal/server.ts';
import { handoffTaskQueue } from '../../src/temporal/task-queues.ts';
import { responderWorkflowId, statusQuery } from '../../src/workflows/messages.ts';
import { startPollGate, type PollGate } from '../support/poll-gate.ts';
import { startTestServer } from '../support/test-server.ts';
import { connectTemporal, type TestConnections } from '../support/temporal.ts';
import { openWorld, type Story, type World } from '../support/workflow-world.ts';

const REAL_CLOCK = {
  now: () => Promise.resolve(Date.now()),
  sleep: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
  stands: false,
};

// A server of its own: the people of the others have the same names.
let server: TemporalServer;
let gate: PollGate;
let direct: TestConnections;
let gated: TestConnections;
let world: World;

beforeAll(async () => {
  server = await startTestServer();
  const { address, namespace } = server;
  gate = await startPollGate(address);
  direct = await connectTemporal(server);
  gated = await connectTemporal({ address: gate.address, namespace });
  world = await openWorld({
    connection: direct.client.connection,
    nativeConnection: gated.nativeConnection,
    namespace,
    clock: REAL_CLOCK,
  });
});
afterAll(async () => {
  await world.close();
  await gated.close();
  await direct.close();
  await gate.close();
  await server.stop();
});

test('replies of more people than a worker does tasks at once are read at the first attempt: no task waits for another', async () => {
  const people = ['alice', 'bob', 'carol'] as const;
  const stories = await Promise.all(
    people.map(async (person) => {
      const tier = {
        label: person,
        notify: [person],
        ladder: [{ channel: 'sms', afterMs: 0 }],
        escalateAfterMs: 3_600_000,
      } as const;
      const story = await world.submit({ policy: { tiers: [tier] } });
      await story.expectSms(person, /^URGENT/);
      return story;
    }),
  );
  await world.stopWorkers();
  await Promise.all(people.map((person) => world.text(person, '1')));
  world.tasksAtOnce = 2;
  await world.startWorkers();

  for (const person of people) {
    await world.phone(person).expectSms(/^You have it/);
    const handle = world.client.workflow.getHandle(responderWorkflowId(person));
    const { events = [] } = await handle.fetchHistory();
    expect(events?.filter(({ timerStartedEventAttributes: timer }) => timer)).toEqual([]);
  }
  await world.closeQuietly(stories);
});

// What it acts on too early ends in commands alone, or in a local activity as well.
test.each([
  {
    meanwhile: 'take',
    status: 'owned',
    then: (handoff: Story) => handoff.signal('pass', 'alice'),
  },
  {
    meanwhile: 'pass',
    status: 'notifying',
    then: (handoff: Story) => handoff.signal('note', 'crm', { text: 'she called again' }),
  },
] as const)(
  'a query that waited for a worker while somebody said $meanwhile changes nothing',
  async ({ meanwhile, then, status }) => {
    const handoff = await world.submit();
    await handoff.expectSms('alice', /^URGENT/);
    await world.stopWorkers();
    gate.shut(handoffTaskQueue(world.taskQueue, 'urgent'));

    // Nothing is to be done: the server has the query wait for a worker by itself.
    const asking = handoff.handle.query(statusQuery);
    await world.startWorkers();
    await gate.passQuery(async () => {
      await handoff.signal(meanwhile, 'alice');
      return handoff.handle.fetchHistory();
    });
    expect(await asking).toMatchObject({ status });
    await then(handoff);
    gate.open();
    await handoff.expectSms('bob', /^URGENT/);

    // The next worker knows it from history alone.
    await world.stopWorkers();
    await world.startWorkers();
    expect(await handoff.give('take', 'bob')).toBe('taken');
    await world.closeQuietly([handoff]);
  },
);
