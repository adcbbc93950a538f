import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { amount } from '../support/amount.ts';
import { responderQuery } from '../../src/workflows/messages.ts';
import { startBaton, type Baton } from '../support/baton.ts';
import { buildSubmission } from '../support/samples.ts';

const TAKEN_MEANWHILE = amount(5, 20);

let baton: Baton;
beforeAll(async () => {
  baton = await startBaton({ env: { BATON_MISSED_REPLIES_SECONDS: '1' } });
});
afterAll(async () => {
  await baton.stop();
});

test('R18: replies that come while no API is there are found at Twilio, count once, and are answered', async () => {
  const [alice, bob] = [baton.phone('alice'), baton.phone('bob')];
  const { id, code } = await baton.submit(buildSubmission({ policy: 'team' }));
  await Promise.all([alice, bob].map((phone) => phone.expectSms(/^URGENT/)));
  await baton.api.kill();

  expect((await alice.reply('1')).answers).toEqual([]);
  expect((await bob.reply(`2 ${code}`)).answers).toEqual([]);
  expect((await bob.reply('STOP')).answers).not.toContainEqual(expect.stringMatching(/recorded/));
  baton.api = await baton.startApi();

  // What is younger than 20 s may still be on its way.
  await alice.expectSms(/^You have it: Call Maria Lopez/, { withinMs: 60_000 });
  const { owner, timeline } = await baton.read(id);
  expect(owner?.responder).toBe('alice');
  expect(timeline.filter(({ what }) => what === 'taken')).toHaveLength(1);
  // Before Alice took it or after: the two are found in one look.
  await expect
    .poll(async () => JSON.stringify((await baton.read(id)).timeline), { timeout: 20_000 })
    .toMatch(/Bob Diaz (passed it on|asked to pass)/);
  const bobs = baton.client.workflow.getHandle('responder-bob');
  await expect
    .poll(() => bobs.query(responderQuery, []), { timeout: 20_000 })
    .toMatchObject({ optedOutAt: expect.any(String) as string });
  // Nothing is handed over a second time, in two more looks.
  await delay(3_000);
  const { events } = await bobs.fetchHistory();
  const handedOver = (events ?? [])
    .map((event) => event.workflowExecutionSignaledEventAttributes?.signalName ?? '')
    .filter((name) => name === 'reply' || name === 'optOut');
  expect(handedOver).toEqual(['reply', 'reply']);
  await bob.reply('START');
  await baton.call('POST', `/v1/handoffs/${id}/resolve`, { outcome: 'reached' });
  baton.phones.ignoreUnread();
}, 120_000);

test('R6: after an outage over several tiers one is told at once, the next after its full time, and who took it meanwhile has it', async () => {
  const waiting = await baton.submit(buildSubmission({ policy: 'stairs' }));
  const taken = await Promise.all(
    Array.from({ length: TAKEN_MEANWHILE }, () =>
      baton.submit(buildSubmission({ policy: 'stairs' })),
    ),
  );
  for (const { code } of [waiting, ...taken])
    await baton.phone('alice').expectSms(new RegExp(code), { withinMs: 30_000 });
  await baton.worker.kill();
  const answers = await Promise.all(
    taken.map(({ id }) => baton.call('POST', `/v1/handoffs/${id}/take`, { responder: 'alice' })),
  );
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
  // Two tiers of four seconds each.
  await delay(10_000);
  baton.worker = await baton.startWorker();

  const bobs = await baton.phone('bob').expectSms(new RegExp(waiting.code));
  const carols = await baton.phone('carol').expectSms(new RegExp(waiting.code));
  const apart = Date.parse(carols.dateCreated) - Date.parse(bobs.dateCreated);
  expect(apart).toBeGreaterThan(3_500);
  for (const { id } of taken) expect((await baton.read(id)).owner?.responder).toBe('alice');
  await Promise.all(
    [waiting, ...taken].map(({ id }) => baton.call('POST', `/v1/handoffs/${id}/withdraw`, {})),
  );
  await delay(2_000);
  baton.phones.ignoreUnread();
}, 120_000);

test('R10: a reply that comes while no worker is up is recorded, and its result comes by SMS', async () => {
  const alice = baton.phone('alice');
  const { id, code } = await baton.submit(buildSubmission());
  await alice.expectSms(new RegExp(code));
  await baton.worker.kill();

  const { answers } = await alice.reply(`1 ${code}`);
  expect(answers).toEqual([expect.stringMatching(/^Your reply is recorded/)]);
  // Whoever waits for the result and asks again is told the same.
  expect((await alice.reply(`1 ${code}`)).answers).toEqual(answers);
  const submitted = await baton.submit(buildSubmission({ policy: 'team' }));

  baton.worker = await baton.startWorker();
  await alice.expectSms(/^You have it: Call Maria Lopez/);
  const { owner, timeline } = await baton.read(id);
  expect(owner?.responder).toBe('alice');
  expect(timeline.filter(({ what }) => what === 'taken')).toHaveLength(1);
  await alice.expectSms(/^You have it/);
  await baton.phone('bob').expectSms(/^URGENT/);
  await baton.call('POST', `/v1/handoffs/${submitted.id}/withdraw`, {});
});

test('while Temporal is away nothing is promised: 503, not ready, and no reply is said to be recorded', async () => {
  await baton.temporal.stop();

  const submission = await baton.call('POST', '/v1/handoffs', buildSubmission());
  expect(submission.status).toBe(503);
  expect(submission.headers.get('retry-after')).toBe('5');
  expect((await fetch(`${baton.url}/readyz`)).status).toBe(503);
  expect((await fetch(`${baton.url}/healthz`)).status).toBe(200);

  const { answers } = await baton.phone('alice').reply('done');
  expect(answers).toEqual([
    expect.stringMatching(/^It is not certain that your reply is recorded\./),
  ]);
}, 60_000);
