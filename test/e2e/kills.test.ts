import { afterAll, beforeAll, expect, onTestFailed, test } from 'vitest';
import { startBaton, type Baton } from '../support/baton.ts';
import { makeDataDirectory } from '../support/development.ts';
import { startDurableServer, type DurableServer } from '../support/durable-server.ts';
import { buildSubmission } from '../support/samples.ts';

const stops: (() => Promise<void>)[] = [];
let temporal: DurableServer;
let baton: Baton;

beforeAll(async () => {
  const data = await makeDataDirectory();
  stops.push(data.remove);
  temporal = await startDurableServer(data.path);
  stops.push(() => temporal.stop());
  baton = await startBaton({ temporal });
  stops.push(() => baton.stop());
});
afterAll(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

test('R1, R3: a lead goes on when worker, API and Temporal server are killed, each once, and nobody is told anything twice', async () => {
  onTestFailed(() => {
    process.stderr.write(`${baton.lastOutput()}\n`);
  });
  const [alice, bob] = [baton.phone('alice'), baton.phone('bob')];
  const { id } = await baton.submit(buildSubmission({ policy: 'quick' }));
  await alice.expectSms(/^URGENT: Call Maria Lopez/);

  await baton.worker.kill();
  baton.worker = await baton.startWorker();
  await bob.expectSms(/Alice Ng has not answered/);

  await baton.api.kill();
  baton.api = await baton.startApi();
  await say('1', /^You have it: Call Maria Lopez/);
  await alice.expectSms(/^Stand down: Bob Diaz has it/);

  await temporal.killAndStart();
  await expect.poll(async () => (await baton.call('GET', '/readyz')).status).toBe(200);
  await say('done reached', /^Done \(reached\)/);

  const { ending, timeline } = await baton.waitForStatus(id, 'resolved');
  expect(ending).toMatchObject({ outcome: 'reached', by: { kind: 'responder', id: 'bob' } });
  expect(timeline.filter(({ what }) => what === 'not-sent')).toEqual([]);
  const toldBy = baton.simulator.sms
    .filter(({ direction }) => direction === 'to-person')
    .map(({ to, body }) => `${to} ${body}`);
  expect(toldBy).toEqual([...new Set(toldBy)]);
  baton.phones.expectNothingUnread();

  /** Bob texts, and is answered at once or, when something is not back yet, a little later. */
  async function say(text: string, wanted: RegExp): Promise<void> {
    const { answers } = await bob.reply(text);
    if (answers.some((answer) => wanted.test(answer))) return;
    expect(answers).toEqual([expect.stringMatching(/^Your reply is recorded/)]);
    await bob.expectSms(wanted, { withinMs: 60_000 });
  }
});
