import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Part } from '../../deploy/native/part.ts';
import { startStack, type Stack } from '../../deploy/native/stack.ts';
import { startBaton, type Baton } from '../support/baton.ts';
import { buildSubmission } from '../support/samples.ts';
import { tellStories } from '../support/stories.ts';
import { testCache } from '../support/test-server.ts';
import { startBuilt } from '../support/test-stack.ts';

const MINUTE_MS = 60_000;
/** So long a reply or message may take after an outage: clients and workers try again ever more seldom. */
const LATER = { withinMs: 60_000 };

let folder: string;
let stack: Stack;
let baton: Baton;

function start(): Promise<Stack> {
  const { PATH = '', HOME = '' } = process.env;
  return startStack({
    dataDirectory: join(folder, 'data'),
    cacheDirectory: testCache(),
    cliPath: process.env['TEMPORAL_CLI_PATH'],
    env: { PATH, HOME },
    report,
  });
}

function report(line: string): void {
  process.stderr.write(`${line}\n`);
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'baton-stack-'));
  // PostgreSQL runs as another user when these tests are root's.
  await chmod(folder, 0o755);
  const startedAt = Date.now();
  stack = await start();
  baton = await startBaton({ temporal: stack, startEntry: startBuilt(stack) });
  report(`the stack from nothing: ${Date.now() - startedAt} ms`);
  // Without a cache Go builds two programs first.
}, 20 * MINUTE_MS);
afterAll(async () => {
  await baton.stop();
  await stack.stop();
  await rm(folder, { recursive: true });
}, MINUTE_MS);

describe('on the production stack', () => {
  tellStories(() => baton);

  test('the worker bundles nothing when it starts', () => {
    expect(baton.worker.output()).not.toMatch(/webpack|bundle created/i);
  });

  test('a second set-up changes nothing, and raises a retention that is too short', async () => {
    await stack.setUpNamespace(24);
    expect(await readRetentionHours()).toBe(720);
    await stack.setUpNamespace(721);
    expect(await readRetentionHours()).toBe(721);
  });

  test.each([
    ['PostgreSQL', () => stack.postgres],
    ['the Temporal server', () => stack.temporal],
  ] as const)(
    'R2: kill -9 of %s in the middle of handoffs loses none of them, and nobody is told anything twice',
    async (_name, part) => {
      await surviveKill(part());
    },
    3 * MINUTE_MS,
  );

  test(
    'started again, with API and worker killed as well, it goes on with the same data',
    async () => {
      const { id, code } = await baton.submit(buildSubmission());
      await baton.phone('alice').expectSms(new RegExp(code));
      await Promise.all([baton.worker.kill(), baton.api.kill(), stack.temporal.kill()]);
      await stack.postgres.kill();
      await baton.stop();
      await stack.stop();

      stack = await start();
      baton = await startBaton({ temporal: stack, startEntry: startBuilt(stack) });

      expect(await baton.waitForStatus(id, 'notifying')).toMatchObject({ code });
      const { answers } = await baton.phone('alice').reply(`1 ${code}`);
      expect(answers).toEqual([expect.stringMatching(/^You have it/)]);
      await baton.call('POST', `/v1/handoffs/${id}/resolve`, { outcome: 'reached' });
      await baton.waitForStatus(id, 'resolved');
      baton.phones.ignoreUnread();
    },
    2 * MINUTE_MS,
  );
});

async function readRetentionHours(): Promise<number> {
  const { config } = await baton.client.workflowService.describeNamespace({
    namespace: stack.namespace,
  });
  return Number(config?.workflowExecutionRetentionTtl?.seconds) / 3_600;
}

/** Kills a part while one handoff waits for its next tier and others come in, and follows all of them to their end. */
async function surviveKill(part: Part): Promise<void> {
  const [alice, bob] = [baton.phone('alice'), baton.phone('bob')];
  const escalating = await baton.submit(buildSubmission({ policy: 'quick' }));
  await alice.expectSms(new RegExp(escalating.code));
  const accepted = new Map<string, string>();
  const isOver = { value: false };
  const submitting = submitUntil(isOver, accepted);

  await part.kill();
  // Alice's time passes meanwhile.
  await delay(3_000);
  await part.start();

  const offer = await bob.expectSms(new RegExp(escalating.code), LATER);
  expect(offer.body).toContain('Alice Ng has not answered');
  const before = accepted.size;
  await expect.poll(() => accepted.size, { timeout: 60_000 }).toBeGreaterThan(before + 2);
  isOver.value = true;
  await submitting;

  const taken = await bob.reply(`1 ${escalating.code}`);
  if (!taken.answers[0]?.startsWith('You have it')) await bob.expectSms(/^You have it/, LATER);
  for (const [id, code] of accepted) {
    await alice.expectSms(new RegExp(`^URGENT[^]*${code}`), LATER);
    await baton.call('POST', `/v1/handoffs/${id}/resolve`, { outcome: 'reached' });
    await baton.waitForStatus(id, 'resolved');
  }
  await baton.call('POST', `/v1/handoffs/${escalating.id}/resolve`, { outcome: 'reached' });
  const { timeline } = await baton.waitForStatus(escalating.id, 'resolved');
  expect(timeline.filter(({ what }) => what === 'escalated')).toHaveLength(1);

  report(`${part.name}: ${accepted.size} handoffs were accepted around its kill`);
  expect(countOffers(escalating.code)).toBe(2);
  for (const code of accepted.values()) expect(countOffers(code)).toBe(1);
  baton.phones.ignoreUnread();
}

function countOffers(code: string): number {
  return baton.simulator.sms.filter(
    ({ body, direction }) =>
      direction === 'to-person' && body.startsWith('URGENT') && body.includes(code),
  ).length;
}

/** Submits one handoff after the other, as a source does: one that was not accepted is sent again with its key. */
async function submitUntil(
  isOver: { readonly value: boolean },
  accepted: Map<string, string>,
): Promise<void> {
  for (let number = 1; !isOver.value; number += 1) {
    const headers = { 'Idempotency-Key': `${Date.now()}-${number}` };
    const body = buildSubmission({ policy: 'slow' });
    for (;;) {
      const answer = await baton
        .call('POST', '/v1/handoffs', body, headers)
        .catch(() => ({ status: 0, body: undefined }));
      if (answer.status === 200 || answer.status === 201) {
        const { id, code } = answer.body as { id: string; code: string };
        accepted.set(id, code);
        break;
      }
      await delay(200);
    }
    await delay(300);
  }
}
