import { expect } from 'vitest';
import { confirmSignal, deliverySignal } from '../../src/workflows/messages.ts';
import { retell, test } from '../support/workflow-world.ts';

test('a command that arrives twice is applied once and answered the same', async ({ world }) => {
  const handoff = await world.submit();
  await handoff.expectSms('alice', /^URGENT/);

  for (let time = 1; time <= 2; time += 1) {
    expect(await handoff.give('note', 'crm', { id: 'note-1', text: 'she called again' })).toBe(
      'noted',
    );
    expect(await handoff.give('take', 'alice', { id: 'take-1' })).toBe('taken');
  }
  // It is the id that counts: alice asking anew gets a new answer.
  expect(await handoff.give('take', 'alice', { id: 'take-2' })).toBe('already-yours');

  await handoff.give('resolve', 'alice');
  expect(retell(await handoff.end(), 'noted', 'taken')).toEqual([
    '0:00 crm: she called again',
    '0:00 Alice Ng took it by sms',
  ]);
});

test('commands that come before the workflow has ever run are all answered', async ({ world }) => {
  await world.stopWorkers();
  const handoff = await world.submit();
  await handoff.signal('take', 'bob');
  await handoff.signal('take', 'alice');
  await handoff.signal('note', 'bob', { text: 'on my way' });
  await world.startWorkers();

  await handoff.expectAttributes({ status: 'owned', owner: 'bob' });
  expect(await handoff.answerTo('bob-take')).toBe('taken');
  expect(await handoff.answerTo('alice-take')).toBe('held-by-other');
  expect(await handoff.answerTo('bob-note')).toBe('noted');
  expect(world.simulator.sms).toEqual([]);

  await handoff.give('resolve', 'bob');
  await handoff.end();
});

test('commands that come together with the one that ends it are all answered', async ({
  world,
}) => {
  await world.stopWorkers();
  const handoff = await world.submit();
  await handoff.signal('note', 'crm', { text: 'she called again' });
  await handoff.signal('resolve', 'alice', { outcome: 'reached' });
  await handoff.signal('take', 'bob');
  await handoff.signal('withdraw', 'crm');
  await world.startWorkers();

  expect(await handoff.end()).toMatchObject({ status: 'resolved', ending: { outcome: 'reached' } });
  expect(await handoff.answerTo('crm-note')).toBe('noted');
  expect(await handoff.answerTo('alice-resolve')).toBe('resolved');
  expect(await handoff.answerTo('bob-take')).toBe('closed');
  expect(await handoff.answerTo('crm-withdraw')).toBe('closed');
  expect(world.simulator.sms).toEqual([]);
});

test('whoever got no answer in time gets the result by SMS', async ({ world }) => {
  const handoff = await world.submit();
  await handoff.expectSms('alice', /^URGENT/);

  await handoff.give('take', 'alice');
  await handoff.handle.signal(confirmSignal, { commandId: 'alice-take' });
  await handoff.expectSms('alice', /^You have it: Call Maria Lopez/);

  await handoff.give('resolve', 'alice', { confirm: true });
  await world.phone('alice').expectSms(/^Done: Maria Lopez/);
  await handoff.end();
});

const NONSENSE = [undefined, null, 'take', 7, [], {}, { id: 5 }, { id: 'x', by: 'alice' }];
/** Names that every JavaScript object knows. */
const TRAPS = ['__proto__', 'constructor', 'toString', 'hasOwnProperty'];

test('fault 2: signals that make no sense change nothing, and the handoff goes on', async ({
  world,
}) => {
  const handoff = await world.submit();
  await handoff.expectSms('alice', /^URGENT/);
  const before = await handoff.view();

  for (const name of ['take', 'resolve', 'withdraw', 'note', 'confirm', 'delivery', 'nonsense']) {
    for (const payload of NONSENSE) await handoff.handle.signal<[unknown]>(name, payload);
    await handoff.handle.signal(name);
  }
  for (const id of TRAPS) {
    await handoff.handle.signal(deliverySignal, { notification: id, because: 'lost' });
    await handoff.handle.signal(confirmSignal, { commandId: id });
  }
  for (const id of TRAPS) {
    expect(await handoff.give('note', 'crm', { id, text: id })).toBe('noted');
  }

  const after = await handoff.view();
  expect(after).toEqual({ ...before, timeline: expect.anything() as unknown });
  expect(after.timeline.slice(before.timeline.length).map(({ because }) => because)).toEqual(
    TRAPS.map((id) => `crm: ${id}`),
  );
  await world.pass('5m');
  await handoff.expectSms('bob', /^URGENT/);
  expect(await handoff.give('resolve', 'bob')).toBe('resolved');
  await world.phone('alice').expectSms(/^Stand down/);
  await handoff.end();
});
