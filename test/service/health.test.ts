import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import express from 'express';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { routeHealth } from '../../src/api/health.ts';
import type { Reports } from '../../src/directory/open-organisation.ts';
import { startBaton, TEST_FILES, type Baton } from '../support/baton.ts';

const REPORTS: Reports = {
  organisation: {
    status: 'invalid',
    loadedAt: '2026-11-02T12:00:00.000Z',
    faults: ['directory.yaml:3: responders.alice.timezone: must be an IANA time zone'],
  },
  calendars: [
    { of: 'responder', name: 'alice', status: 'unreadable', fault: 'the server answered 404' },
  ],
};

/** Returns what `/readyz` answers while Temporal knows of some pollers, or is away. */
async function readReadiness(
  pollers: readonly unknown[] | undefined,
  reports?: Reports,
): Promise<{ status: number; body: unknown }> {
  const client = {
    options: { namespace: 'default' },
    withDeadline: (_deadline: number, call: () => unknown) => call(),
    workflowService: {
      describeTaskQueue: () =>
        pollers ? Promise.resolve({ pollers }) : Promise.reject(new Error('away')),
    },
  } as unknown as Client;
  const router = routeHealth({ client, taskQueue: 'baton', reports: reports && (() => reports) });
  const server = createServer(express().use(router)).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  const response = await fetch(`http://127.0.0.1:${port}/readyz`);
  return { status: response.status, body: await response.json() };
}

const pollerOf = (agoMs: number) => ({
  lastAccessTime: { seconds: Math.floor((Date.now() - agoMs) / 1_000) },
});

test('faults of files and calendars are told, and are no reason to be taken out of service', async () => {
  expect(await readReadiness([pollerOf(5_000)], REPORTS)).toEqual({
    status: 200,
    body: { status: 'ok', temporal: 'ok', workers: 'ok', ...REPORTS },
  });
  expect(await readReadiness([])).toEqual({
    status: 200,
    body: { status: 'ok', temporal: 'ok', workers: 'none' },
  });
});

test('a worker that has not asked for work for longer than a worker can wait is not there', async () => {
  const remembered = [pollerOf(90_000), pollerOf(240_000)];
  expect(await readReadiness(remembered)).toMatchObject({ body: { workers: 'none' } });
  expect(await readReadiness([...remembered, pollerOf(50_000)])).toMatchObject({
    body: { workers: 'ok' },
  });
});

test('they are told also while Temporal is away, which is a reason', async () => {
  expect(await readReadiness(undefined, REPORTS)).toEqual({
    status: 503,
    body: { status: 'unavailable', temporal: 'unreachable', ...REPORTS },
  });
});

describe('a running installation', () => {
  let folder: string;
  let files: { directory: string; policies: string };
  let baton: Baton;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'baton-'));
    files = { directory: join(folder, 'directory.yaml'), policies: join(folder, 'policies.yaml') };
    copyFileSync(TEST_FILES.policies, files.policies);
    writeDirectory('America/New_York');
    baton = await startBaton({ files });
  });
  afterAll(async () => {
    await baton.stop();
    rmSync(folder, { recursive: true });
  });

  /** The people of the tests' own directory, but Alice has a calendar. */
  function writeDirectory(timezone: string): void {
    const person = (name: string, number: number, more = {}) => ({
      name,
      phone: `+1500555${String(number).padStart(4, '0')}`,
      email: `${name.toLowerCase()}@example.com`,
      ...more,
    });
    const responders = {
      alice: person('Alice', 10, { calendar: 'alice.ics' }),
      bob: person('Bob', 11),
      carol: person('Carol', 12),
      wrong: person('Wrong', 1),
      mailonly: person('Mail', 13),
    };
    const teams = { sales: ['alice', 'bob', 'carol'] };
    writeFileSync(
      files.directory,
      JSON.stringify({ organisation: { timezone }, responders, teams }),
    );
  }

  const ready = async (): Promise<unknown> => (await fetch(`${baton.url}/readyz`)).json();

  test('tells of a change with faults, and of its mending, while it goes on', async () => {
    expect(await ready()).toMatchObject({
      status: 'ok',
      organisation: { status: 'ok', faults: [] },
      calendars: [{ name: 'alice', status: 'unreadable', fault: 'it cannot be reached (ENOENT)' }],
    });

    writeDirectory('Mars');
    await expect.poll(ready, { timeout: 20_000 }).toMatchObject({
      status: 'ok',
      organisation: {
        status: 'invalid',
        faults: [expect.stringMatching(/directory\.yaml:1: organisation\.timezone/)],
      },
    });
    await Promise.all(
      [baton.api, baton.worker].map((entry) =>
        entry.waitFor('directory or policies are invalid: the ones before stay in use'),
      ),
    );

    writeFileSync(join(folder, 'alice.ics'), 'BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n');
    writeDirectory('Europe/London');
    await expect.poll(ready, { timeout: 20_000 }).toMatchObject({
      organisation: { status: 'ok', faults: [] },
      calendars: [{ name: 'alice', status: 'ok' }],
    });
    await baton.worker.waitFor('directory and policies are loaded again');
  });
});
