import type { WorkflowExecutionInfo } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest';
import { createCallbackStarter } from '../../src/activities/callbacks.ts';
import type { Callback } from '../../src/domain/callback.ts';
import { ACT_BY } from '../../src/temporal/search-attributes.ts';
import {
  callbackWorkflowId,
  responderWorkflowId,
  statusQuery,
} from '../../src/workflows/messages.ts';
import { buildPolicy } from '../support/builders.ts';
import { startReceiver } from '../support/receiver.ts';
import { connectTemporal, type TestConnections } from '../support/temporal.ts';
import { LATER, openWorld, retell, type World } from '../support/workflow-world.ts';

// What the Java server does not do or does otherwise. The people are the only ones of their names on the shared server.
let temporal: TestConnections;
let world: World;

beforeAll(async () => {
  temporal = await connectTemporal();
  const { client, nativeConnection, namespace } = temporal;
  world = await openWorld({
    connection: client.connection,
    nativeConnection,
    namespace,
    clock: {
      now: () => Promise.resolve(Date.now()),
      sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
      stands: false,
    },
  });
});
afterEach(() => {
  world.phones.expectNothingUnread();
});
afterAll(async () => {
  await world.close();
  await temporal.close();
});

test('a handoff is found by its status, by who has it and by whom it waits for', async () => {
  const handoff = await world.submit();
  await handoff.expectSms('alice', /^URGENT/);
  const code = `HandoffCode = '${handoff.code}' AND HandoffSource = 'crm'`;
  const { dueAt } = handoff.input.handoff.action;

  const waiting = await find(
    `${code} AND HandoffStatus = 'notifying' AND HandoffAwaiting = 'alice'`,
  );
  expect(waiting.typedSearchAttributes.get(ACT_BY)?.toISOString()).toBe(dueAt);

  await handoff.give('take', 'alice');
  const owned = await find(`${code} AND HandoffStatus = 'owned' AND HandoffOwner = 'alice'`);
  const { owner } = await handoff.view();
  expect(owned.typedSearchAttributes.get(ACT_BY)?.toISOString()).toBe(owner?.actBy);

  await handoff.give('resolve', 'alice');
  await handoff.end();
  const done = await find(`${code} AND HandoffStatus = 'resolved' AND HandoffAwaiting IS NULL`);
  expect(done.typedSearchAttributes.get(ACT_BY)?.toISOString()).toBe(dueAt);
  await find(`${code} AND HandoffOwner IS NULL`);
});

test('the Temporal UI tells what it is about, how far it is, and what each step is for', async () => {
  const handoff = await world.submit();
  await handoff.expectSms('alice', /^URGENT/);

  const description = await handoff.handle.describe();
  expect(await description.staticSummary()).toBe(`Call Maria Lopez (urgent, ${handoff.code})`);
  expect(await description.staticDetails()).toContain(
    'tier 1 alice → tier 2 bob → last resort carol',
  );
  const details = await handoff.handle.query<{ currentDetails: string }>(
    '__temporal_workflow_metadata',
  );
  expect(details.currentDetails).toContain('**notifying** · urgent');
  expect(details.currentDetails).toContain('Next: escalate to tier 2 if nobody takes it, at ');
  expect(details.currentDetails).toContain('**sent**: offer to Alice Ng by sms');
  expect(await handoff.listSummaries()).toEqual([
    `Call Maria Lopez (urgent, ${handoff.code})`,
    'plan tier 1 of inbound-sales',
    'sms to alice: tier 1',
    'escalate to tier 2 if nobody takes it',
  ]);

  await handoff.give('resolve', 'alice');
  await handoff.end();
});

test("the first of many offers at once starts a person's workflow, and all are answered", async () => {
  const card = { handoffId: 'hof_1', code: 'KM47', subject: 'Maria Lopez', action: 'Call her' };
  const ids = Array.from({ length: 20 }, (_, index) => `n${index}`);

  const answers = await Promise.all(
    ids.map((notificationId) => world.responders.offer('mailonly', { card, notificationId })),
  );

  expect(new Set(answers.map((answer) => JSON.stringify(answer)))).toEqual(
    new Set([JSON.stringify({ say: 'send', code: 'KM47', codeNeeded: false })]),
  );
  const handle = world.client.workflow.getHandle(responderWorkflowId('mailonly'));
  expect((await handle.describe()).status.name).toBe('RUNNING');
});

test('what fell due while no worker was there is done by the next, which knows it from history alone', async () => {
  const [first, second] = buildPolicy().tiers;
  if (!first || !second) throw new Error('no tiers');
  const handoff = await world.submit({
    policy: { tiers: [{ ...first, escalateAfterMs: 2_000 }, second] },
  });
  await handoff.expectSms('alice', /^URGENT/);

  await world.stopWorkers();
  await handoff.signal('note', 'crm', { text: 'she called again' });
  await handoff.expectEvent('timerFired');
  await world.startWorkers();
  await handoff.expectSms('bob', /^URGENT.*\n.*\n.*Alice Ng has not answered/);

  expect(await handoff.give('take', 'bob')).toBe('taken');
  await world.phone('alice').expectSms(/^Stand down: Bob Diaz has it/);
  await handoff.give('resolve', 'bob');
  const view = await handoff.end();
  expect(retell(view, 'noted', 'escalated', 'taken', 'resolved')).toEqual([
    '0:00 crm: she called again',
    '0:00 Alice Ng has not answered: on to tier 2',
    '0:00 Bob Diaz took it by sms',
    '0:00 Bob Diaz: done',
  ]);
});

test('a command that reached the server before the end is answered, however close', async () => {
  const stories = await Promise.all(Array.from({ length: 10 }, () => world.submit()));
  await Promise.all(
    stories.map((story) => story.expectAttributes({ status: 'notifying', awaiting: ['alice'] })),
  );

  const notes = Array.from({ length: 5 }, (_, index) => `note-${index}`);
  await Promise.all(
    stories.map(async (story) => {
      const sent = await Promise.all([
        story.signal('resolve', 'alice').then(() => 'alice-resolve'),
        ...notes.map((id) =>
          story.signal('note', 'crm', { id, text: id }).then(
            () => id,
            () => undefined,
          ),
        ),
      ]);
      await story.end();
      for (const id of sent) {
        if (id !== undefined) expect(await story.answerTo(id), id).toMatch(/resolved|noted|closed/);
      }
    }),
  );
  for (const _ of stories) await world.phone('alice').expectSms(/^URGENT/);
});

test('a handoff that is asked for its status all the while replays', async () => {
  const [first, second] = buildPolicy().tiers;
  if (!first || !second) throw new Error('no tiers');
  const stories = await Promise.all(
    Array.from({ length: 8 }, () =>
      world.submit({ policy: { tiers: [first, { ...second, escalateAfterMs: 5_000 }] } }),
    ),
  );
  // A query that comes with a workflow task ends it early, before the local activities that it started have ended.
  let isOver = false;
  const asking = stories.map(async ({ handle }) => {
    while (!isOver) await handle.query(statusQuery);
  });

  for (const story of stories) {
    await story.signal('escalate', 'crm');
    await story.signal('note', 'crm', { text: 'she called again' });
    await story.signal('pass', 'bob');
    await story.signal('take', 'alice');
    await story.signal('resolve', 'alice');
  }
  await Promise.all(stories.map((story) => story.end()));
  isOver = true;
  await Promise.all(asking);

  for (const { handle } of stories) {
    await Worker.runReplayHistory(
      { workflowBundle: inject('workflows') },
      await handle.fetchHistory(),
    );
  }
  world.phones.ignoreUnread();
});

/** Waits until visibility has exactly one workflow for a query. */
async function find(query: string): Promise<WorkflowExecutionInfo> {
  const list = async () => {
    const found: WorkflowExecutionInfo[] = [];
    for await (const info of world.client.workflow.list({ query })) found.push(info);
    return found;
  };
  await expect.poll(list, { ...LATER, message: query }).toHaveLength(1);
  const [found] = await list();
  if (!found) throw new Error(`gone again: ${query}`);
  return found;
}

test('what its source is told after the end arrives, and what was told before does not come again', async () => {
  const receiver = await startReceiver();
  try {
    const handoff = await world.submit({ handoff: { callbackUrl: receiver.url } });
    await handoff.expectSms('alice', /^URGENT/);
    await handoff.give('withdraw', 'crm');
    await handoff.end();
    const delivery = world.client.workflow.getHandle(callbackWorkflowId(handoff.id));
    await delivery.result();
    const [first] = receiver.taken(handoff.id);
    if (!first) throw new Error('the source was not told of the end');
    const event = first.event as unknown as Callback['event'];
    const { sequence } = event.data;
    const passOn = createCallbackStarter(world.client, world.taskQueue);

    // As when the worker died before it could say that it had handed it over.
    await passOn({ url: receiver.url, event });
    expect((await delivery.describe()).status.name).toBe('COMPLETED');
    const data = { ...event.data, sequence: sequence + 1 };
    await passOn({ url: receiver.url, event: { ...event, type: 'handoff.unreached', data } });
    await delivery.result();

    expect(receiver.received.map((one) => one.event.data.sequence)).toEqual([
      sequence,
      sequence + 1,
    ]);
    world.phones.ignoreUnread();
  } finally {
    await receiver.close();
  }
});
