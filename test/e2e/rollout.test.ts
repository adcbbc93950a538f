import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { amount } from '../support/amount.ts';
import { startBaton, type Baton } from '../support/baton.ts';
import type { Entry } from '../support/processes.ts';
import { buildSubmission } from '../support/samples.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const HANDOFFS = amount(40, 200);
const LATER = { timeout: 100_000, interval: 250 };
const DEPLOYMENT = 'baton';

/** Where the loop decides: what is added here is one command more in every step of every handoff. */
const PLACE = '    measureStep(input, before, state);\n';
const CHANGE = "upsertMemo({ step: 'of the next version' });\n";

let baton: Baton;
const checkouts: string[] = [];
beforeAll(async () => {
  baton = await startBaton({ env: { BATON_BUILD_ID: '1' } });
  await makeCurrent('1');
});
afterAll(async () => {
  await baton.stop();
  for (const checkout of checkouts) rmSync(checkout, { recursive: true });
});

/** Returns a checkout of Baton whose workflow does one thing more, guarded by a patch or not. */
function changeWorkflow(change: string): string {
  const checkout = mkdtempSync(join(tmpdir(), 'baton-next-'));
  checkouts.push(checkout);
  cpSync(join(ROOT, 'src'), join(checkout, 'src'), { recursive: true });
  for (const name of ['package.json', 'tsconfig.json']) {
    cpSync(join(ROOT, name), join(checkout, name));
  }
  symlinkSync(join(ROOT, 'node_modules'), join(checkout, 'node_modules'));
  const file = join(checkout, 'src/workflows/handoff.ts');
  const code = readFileSync(file, 'utf8');
  const changed = code
    .replace(PLACE, `${PLACE}    ${change}`)
    .replace(
      '  upsertSearchAttributes,\n',
      '  patched,\n  upsertMemo,\n  upsertSearchAttributes,\n',
    );
  expect(changed).not.toBe(code);
  writeFileSync(file, changed);
  return checkout;
}

/** Makes a version current, as soon as the server has heard of it. */
async function makeCurrent(buildId: string): Promise<void> {
  const { namespace } = baton.temporal;
  await vi.waitFor(
    () =>
      baton.client.workflowService.setWorkerDeploymentCurrentVersion({
        namespace,
        deploymentName: DEPLOYMENT,
        buildId,
      }),
    LATER,
  );
}

function call(id: string, verb: string, body: object): Promise<{ status: number; body: unknown }> {
  return baton.call('POST', `/v1/handoffs/${id}/${verb}`, body);
}

async function submit(): Promise<string> {
  const { id } = await baton.submit(
    buildSubmission({
      policy: 'email-first',
      action: { do: 'Call Maria Lopez', within: 'PT10M', outcomes: ['reached'] },
    }),
  );
  return id;
}

/** Runs a task for each item, some at a time. */
async function forEach<T>(items: readonly T[], task: (item: T) => Promise<void>): Promise<void> {
  const left = items.entries();
  const run = async (): Promise<void> => {
    for (const [, item] of left) await task(item);
  };
  await Promise.all(Array.from({ length: 8 }, run));
}

/** Counts in the histories what did not go well, and which build did the last step. */
async function inspect(ids: readonly string[]) {
  const found = { failedTasks: 0, builds: new Set<string>(), patched: 0 };
  await forEach(ids, async (id) => {
    const { events } = await baton.client.workflow.getHandle(id).fetchHistory();
    for (const event of events ?? []) {
      if (event.workflowTaskFailedEventAttributes) found.failedTasks += 1;
      const { deploymentVersion } = event.workflowTaskCompletedEventAttributes ?? {};
      if (deploymentVersion?.buildId) found.builds.add(deploymentVersion.buildId);
      if (event.workflowPropertiesModifiedEventAttributes) found.patched += 1;
    }
  });
  return found;
}

test(`R23: ${HANDOFFS} open handoffs go on through a roll-out of changed workflow code`, async () => {
  const ids: string[] = [];
  await forEach(Array.from({ length: HANDOFFS }), async () => {
    ids.push(await submit());
  });
  await forEach(ids, async (id) => {
    const isSent = async () => (await baton.read(id)).timeline.some(({ what }) => what === 'sent');
    await expect.poll(isSent, { ...LATER, message: id }).toBe(true);
  });

  expect(ids).toHaveLength(HANDOFFS);
  const next = changeWorkflow(`if (patched('next-version')) ${CHANGE}`);
  const old: Entry = baton.worker;
  baton.worker = await baton.startWorker({ BATON_BUILD_ID: '2' }, next);
  // What comes in while the versions change is answered as ever.
  const tookMs: number[] = [];
  const taking = forEach(ids.slice(0, HANDOFFS / 2), async (id) => {
    const from = Date.now();
    const { status } = await call(id, 'take', { responder: 'alice' });
    expect(status).toBe(200);
    tookMs.push(Date.now() - from);
  });
  await makeCurrent('2');
  await old.stop();
  await taking;
  const added = await Promise.all(Array.from({ length: 5 }, submit));
  ids.push(...added);
  await forEach(ids, async (id) => {
    expect((await call(id, 'take', { responder: 'bob', over: true })).status).toBe(200);
    expect((await call(id, 'resolve', { outcome: 'reached' })).status).toBe(200);
    await baton.client.workflow.getHandle(id).result();
  });

  const found = await inspect(ids);
  expect(found.failedTasks).toBe(0);
  expect(found.builds).toEqual(new Set(['1', '2']));
  // Those that began with the next version do what is new in it; in the others the patch is only met later on.
  expect((await inspect(added)).patched).toBeGreaterThanOrEqual(added.length);
  tookMs.sort((one, other) => one - other);
  process.stdout.write(
    `take during the roll-out → answer: median ${tookMs[tookMs.length >> 1] ?? 0} ms, slowest ${tookMs.at(-1) ?? 0} ms\n`,
  );
  baton.phones.ignoreUnread();
}, 400_000);

test('the same change without a patch is found out: the handoff stands still, and goes on with the old version', async () => {
  const id = await submit();
  await baton.waitForStatus(id, 'notifying');
  const good = baton.worker;
  const bad = await baton.startWorker({ BATON_BUILD_ID: '3' }, changeWorkflow(CHANGE));
  await makeCurrent('3');
  await baton.client.workflow.getHandle(id).signal('take', {
    id: 'alice-take',
    by: { kind: 'responder', id: 'alice', name: 'Alice Ng' },
    via: 'api',
  });
  await expect.poll(async () => (await inspect([id])).failedTasks, LATER).toBeGreaterThan(0);

  await makeCurrent('2');
  await bad.stop();
  await baton.waitForStatus(id, 'owned', 60_000);
  baton.worker = good;
  await call(id, 'resolve', { outcome: 'reached' });
  await baton.client.workflow.getHandle(id).result();
  baton.phones.ignoreUnread();
});
