import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readRecord } from '../../src/temporal/server-record.ts';
import { startBaton, type Baton } from '../support/baton.ts';
import { buildSubmission } from '../support/samples.ts';

const HANDOFFS = 20;

let folder: string;
let databaseFile: string;
let baton: Baton;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'baton-disk-'));
  databaseFile = join(folder, 'temporal.db');
  baton = await startBaton({ databaseFile });
});
afterAll(async () => {
  await baton.stop();
  rmSync(folder, { recursive: true });
});

/** Lets the Temporal server write no file beyond this size, as a volume that is full would. */
async function limitFiles(bytes: number | 'unlimited'): Promise<void> {
  const record = await readRecord(databaseFile);
  if (!record) throw new Error('nobody knows the server');
  execFileSync('prlimit', ['--pid', String(record.pid), `--fsize=${bytes}:unlimited`]);
}

test('R5: while the database cannot grow nothing is promised, and what was promised is kept', async () => {
  const submit = async (number: number) => {
    const { status, body, headers } = await baton.call(
      'POST',
      '/v1/handoffs',
      buildSubmission({ policy: 'email-first', externalId: `disk-${number}` }),
    );
    return { status, id: (body as { id?: string }).id, retryAfter: headers.get('retry-after') };
  };
  const submitAll = async (from: number) => {
    const numbers = Array.from({ length: HANDOFFS }, (_, index) => from + index);
    return Promise.all(numbers.map(submit));
  };
  const before = await submitAll(0);
  expect(new Set(before.map(({ status }) => status))).toEqual(new Set([201]));

  await limitFiles(4_096);
  const during = await submitAll(1_000);
  expect(during.filter(({ status }) => status !== 201 && status !== 503)).toEqual([]);
  const refused = during.filter(({ status }) => status === 503);
  expect(refused.length).toBeGreaterThan(0);
  for (const { retryAfter } of refused) expect(Number(retryAfter)).toBeGreaterThan(0);

  await limitFiles('unlimited');
  await expect.poll(async () => (await submit(2_000)).status, { timeout: 60_000 }).toBe(201);
  const promised = [...before, ...during].filter(({ status }) => status === 201);
  for (const { id = '' } of promised) {
    const isSent = async () => (await baton.read(id)).timeline.some(({ what }) => what === 'sent');
    await expect.poll(isSent, { timeout: 60_000, message: id }).toBe(true);
  }
  // What was refused can be sent again.
  for (const [index, { status }] of during.entries()) {
    if (status === 503) expect((await submit(1_000 + index)).status).toBe(201);
  }
  baton.phones.ignoreUnread();
}, 240_000);
