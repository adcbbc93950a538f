/*
 * What each of Temporal's means costs or saves, on the production stack's server: the bare workflow with one thing
 * changed at a time, in one run, each with its worker and client in this process. Prints a table, with the CPU that
 * each took for a workflow.
 *
 *   npm run bench:techniques            500 of each
 *   npm run bench:techniques -- 1000    1,000 of each
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Client, WithStartWorkflowOperation } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { connectClient } from '../../src/temporal/connection.ts';
import { prepareSearchAttributes } from '../../src/temporal/prepare-search-attributes.ts';
import { startTestStack } from '../support/test-stack.ts';
import { measureCpu } from './processes.ts';
import { offerUpdate, person, varied, type Technique } from './techniques-workflow.ts';

const COUNT = Number(process.argv[2] ?? 500);
const AT_ONCE = 16;
const TASK_QUEUE = 'techniques';
const TECHNIQUES: readonly Technique[] = [
  'as it is',
  'eager start',
  'no eager activity',
  'local activity',
  'search attribute',
  'offer first',
  'as it is',
];

const folder = mkdtempSync(join(tmpdir(), 'baton-techniques-'));
const stack = await startTestStack(folder);
const { address, namespace } = stack;
Runtime.install({ logger: new DefaultLogger('WARN') });
const native = await NativeConnection.connect({ address });
/** Starts eagerly: the server hands the first task to a worker of the connection that asked. */
const near = new Client({ connection: native, namespace });
const { client, connection } = await connectClient({ connection: { address }, namespace });
await prepareSearchAttributes(client, connection.operatorService);
/** When the message of a key was sent: `performance.now()`. */
const sent = new Map<string, number>();
const send = (key: string): Promise<void> => {
  sent.set(key, performance.now());
  return Promise.resolve();
};
const worker = await Worker.create({
  connection: native,
  namespace,
  taskQueue: TASK_QUEUE,
  workflowsPath: fileURLToPath(new URL('./techniques-workflow.ts', import.meta.url)),
  activities: {
    send,
    async offerAndSend(key: string) {
      await client.workflow.executeUpdateWithStart(offerUpdate, {
        args: [key],
        startWorkflowOperation: new WithStartWorkflowOperation(person, {
          workflowId: `person-of-${key}`,
          taskQueue: TASK_QUEUE,
          workflowIdConflictPolicy: 'USE_EXISTING',
        }),
      });
      await send(key);
    },
  },
});
const running = worker.run();

await measure('offer first', 100, 'warm');
const rows: Record<string, unknown> = {};
for (const [number, technique] of TECHNIQUES.entries()) {
  const name = technique in rows ? `${technique}, again` : technique;
  rows[name] = await measure(technique, COUNT, `run-${number}`);
}
process.stdout.write(`${COUNT} workflows of each kind, ${AT_ONCE} at a time (CPU: ms each)\n`);
console.table(rows);

worker.shutdown();
await running;
await connection.close();
await native.close();
await stack.stop();
process.exit();

async function measure(
  technique: Technique,
  count: number,
  prefix: string,
): Promise<Readonly<Record<string, string | number>>> {
  const isEager = technique === 'eager start';
  const startedAt = new Map<string, number>();
  const cpu = measureCpu({
    PostgreSQL: stack.postgres.pid,
    Temporal: stack.temporal.pid,
    'worker and client': process.pid,
  });
  const begun = performance.now();
  const queue = Array.from({ length: count }, (_, index) => `${prefix}-${index}`).values();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const key of queue) {
        startedAt.set(key, performance.now());
        await (isEager ? near : client).workflow.start(varied, {
          workflowId: key,
          taskQueue: TASK_QUEUE,
          args: [key, technique],
          ...(isEager && { requestEagerStart: true }),
        });
      }
    }),
  );
  const created = performance.now() - begun;
  while (![...startedAt.keys()].every((key) => sent.has(key))) await delay(20);
  const waits = [...startedAt]
    .map(([key, at]) => (sent.get(key) ?? NaN) - at)
    .sort((one, other) => one - other);
  const all = Math.max(...[...startedAt.keys()].map((key) => sent.get(key) ?? NaN)) - begun;
  // What is done after the message belongs to it too.
  await delay(2_000);
  return {
    'all sent': `${(all / 1_000).toFixed(1)} s`,
    'starts/s': Math.round(count / (created / 1_000)),
    'start → sent p50': `${Math.round(waits[Math.floor(count * 0.5)] ?? NaN)} ms`,
    p95: `${Math.round(waits[Math.floor(count * 0.95)] ?? NaN)} ms`,
    ...cpu.per(count),
  };
}
