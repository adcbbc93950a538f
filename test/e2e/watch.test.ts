import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startBaton, type Baton } from '../support/baton.ts';
import { takePort } from '../support/ports.ts';
import { startEntry, type Entry } from '../support/processes.ts';
import { buildSubmission } from '../support/samples.ts';

/** Far more than it needs: a problem is to be told within two minutes. */
const SOON = { timeout: 110_000, interval: 200 };

let baton: Baton;
let watch: Entry;
let url: string;
let outside: Server;
let pings = 0;
const alerts: string[] = [];

beforeAll(async () => {
  outside = createServer((request, response) => {
    let body = '';
    request.on('data', (part: Buffer) => (body += part.toString()));
    request.on('end', () => {
      if (request.method === 'POST') alerts.push((JSON.parse(body) as { text: string }).text);
      else pings += 1;
      response.end();
    });
  });
  await new Promise<void>((resolve) => outside.listen(0, '127.0.0.1', resolve));
  const there = `http://127.0.0.1:${(outside.address() as AddressInfo).port}`;
  baton = await startBaton();
  const port = String(await takePort());
  url = `http://127.0.0.1:${port}`;
  watch = startEntry('watch', {
    ...baton.env,
    PORT: port,
    BATON_WATCH_APIS: baton.url,
    BATON_WATCH_EVERY_SECONDS: '1',
    BATON_PING_URL: `${there}/ping`,
    BATON_ALERT_URL: `${there}/alert`,
  });
  await watch.waitFor('watch is ready');
});
afterAll(async () => {
  await watch.stop();
  await baton.stop();
  outside.close();
});

const look = async () => {
  const response = await fetch(`${url}/healthz`);
  return { status: response.status, body: await response.json() };
};
const problems = (...wanted: object[]) => ({
  status: 503,
  body: {
    problems: expect.arrayContaining(
      wanted.map((one) => expect.objectContaining(one) as unknown),
    ) as unknown,
  },
});

test('R7: while all is well it says so and pings', async () => {
  await expect
    .poll(look, SOON)
    .toMatchObject({ status: 200, body: { status: 'ok', problems: [] } });
  await expect.poll(() => pings, SOON).toBe(1);
  const { id } = await baton.submit(buildSubmission());
  await baton.phone('alice').expectSms(/^URGENT/);
  await expect.poll(look, SOON).toMatchObject({ status: 200, body: { open: 1 } });
  const metrics = await (await fetch(`${url}/metrics`)).text();
  expect(metrics).toContain('baton_can_deliver 1');
  expect(metrics).toContain('baton_handoffs_open 1');
  await baton.call('POST', `/v1/handoffs/${id}/withdraw`, {});
});

test('R7: handoffs that are stuck or were terminated are told by name, without a worker of ours', async () => {
  const { workflow } = baton.client;
  const handoffs = await Promise.all([1, 2].map(() => baton.submit(buildSubmission())));
  for (const { id } of handoffs) await workflow.getHandle(id).terminate('by hand');
  // Its code fails on such an input, again and again, as it does on a history that it does not fit.
  await workflow.start('handoff', { workflowId: 'hof_broken', taskQueue: 'baton', args: [{}] });
  await workflow.start('handoff', { workflowId: 'hof_alone', taskQueue: 'nobody', args: [{}] });

  await expect
    .poll(look, SOON)
    .toMatchObject(
      problems(
        ...handoffs.map(({ id }) => ({ kind: 'dropped', key: `dropped ${id}` })),
        { kind: 'stuck', key: 'stuck hof_broken' },
        { kind: 'stuck', key: 'stuck hof_alone' },
      ),
    );
  await expect
    .poll(() => alerts.join('\n'), SOON)
    .toMatch(/PROBLEM: handoff hof_alone does not go on/);
  expect(alerts.join('\n')).toContain(`PROBLEM: Handoff ${handoffs[0]?.id ?? ''} was terminated`);

  for (const id of ['hof_broken', 'hof_alone']) await workflow.getHandle(id).terminate('enough');
  await expect.poll(() => alerts.join('\n'), SOON).toMatch(/Over: handoff hof_alone/);
  // What was dropped is past: it holds up nothing.
  await expect.poll(look, SOON).toMatchObject({ status: 200 });
});

test('R7: without a worker, an API or Temporal it is 503 and says which, until they are back', async () => {
  await baton.worker.kill();
  await expect
    .poll(look, SOON)
    .toMatchObject(problems({ kind: 'no-worker', key: 'no-worker baton' }));
  expect(await (await fetch(`${url}/metrics`)).text()).toContain('baton_can_deliver 0');
  baton.worker = await baton.startWorker();
  await expect.poll(look, SOON).toMatchObject({ status: 200 });

  await baton.api.kill();
  await expect.poll(look, SOON).toMatchObject(problems({ kind: 'api-unreachable' }));

  await baton.temporal.stop();
  await expect.poll(look, SOON).toMatchObject(problems({ kind: 'temporal-unreachable' }));
  expect(watch.output()).toContain('Temporal does not answer');
});
