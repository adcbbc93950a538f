import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isAlive } from '../../src/temporal/obtain-executable.ts';
import {
  DatabaseInUseError,
  freeDatabase,
  writeRecord,
  type ServerRecord,
} from '../../src/temporal/server-record.ts';
import {
  choosePort,
  startTemporalServer,
  TemporalServerStartError,
  type TemporalServer,
} from '../../src/temporal/server.ts';
import { connectTemporal } from '../support/temporal.ts';
import { startTestServer } from '../support/test-server.ts';

let folder: string;
let databaseFile: string;
let reports: string[];
const started: TemporalServer[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'baton-server-'));
  databaseFile = join(folder, 'temporal.db');
  reports = [];
});
afterEach(async () => {
  await Promise.all(started.splice(0).map((server) => server.stop()));
  await rm(folder, { recursive: true, force: true });
});

const report = (line: string): void => void reports.push(line);

async function start(options: Parameters<typeof startTestServer>[0] = {}) {
  const server = await startTestServer({ report, ...options });
  started.push(server);
  return server;
}

const readNote = async () =>
  JSON.parse(await readFile(`${databaseFile}.server.json`, 'utf8')) as ServerRecord;

test('a server that runs already is used as it is, and not stopped', async () => {
  const server = await startTemporalServer({ address: 'temporal.example:7233', report });

  expect(server).toMatchObject({ address: 'temporal.example:7233', namespace: 'default' });
  await server.stop();
});

test('workflows live on through a restart with the same database', async () => {
  const before = await start({ databaseFile });
  const temporal = await connectTemporal(before);
  await temporal.client.workflow.start('any', { workflowId: 'survivor', taskQueue: 'any' });
  await temporal.close();
  await before.stop();

  const after = await connectTemporal(await start({ databaseFile }));
  const { status } = await after.client.workflow.getHandle('survivor').describe();
  await after.close();

  expect(status.name).toBe('RUNNING');
  expect(reports).toEqual([]);
});

test('a server that was stopped is gone, and so is the note of it', async () => {
  const server = await start({ databaseFile });
  const { pid } = await readNote();
  expect(isAlive(pid)).toBe(true);

  await server.stop();
  await server.stop();

  expect(isAlive(pid)).toBe(false);
  await expect(access(`${databaseFile}.server.json`)).rejects.toThrow('ENOENT');
});

test('a database that a running Baton uses is not taken from it', async () => {
  const server = await start({ databaseFile });

  await expect(start({ databaseFile })).rejects.toThrow(DatabaseInUseError);

  const temporal = await connectTemporal(server);
  await temporal.close();
});

test('a server whose starter was killed is stopped, and its database taken over', async () => {
  const code = `
    const { startTestServer } = await import(${JSON.stringify(fileURLToPath(new URL('../support/test-server.ts', import.meta.url)))});
    await startTestServer({ databaseFile: ${JSON.stringify(databaseFile)} });
    process.stdout.write('started');
    setInterval(() => {}, 1_000);
  `;
  const starter = spawn(
    process.execPath,
    ['--import', 'tsx', '--input-type=module', '--eval', code],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  await once(starter.stdout, 'data');
  const orphan = await readNote();
  const port = Number(orphan.address.split(':')[1]);
  starter.kill('SIGKILL');
  await once(starter, 'exit');
  expect(await choosePort(port)).not.toBe(port);

  await start({ databaseFile });

  // Its process may stay as a zombie where nobody reaps it; what counts is that it has let go.
  expect(await choosePort(port)).toBe(port);
  expect((await readNote()).pid).not.toBe(orphan.pid);
  expect(reports).toEqual([
    `Stopping the Temporal server that an interrupted run left behind (process ${orphan.pid})`,
  ]);
});

test('a note whose process id belongs to somebody else by now harms nobody', async () => {
  const bystander = spawn('sleep', ['60']);
  const { pid = 0 } = bystander;
  await writeRecord(databaseFile, { pid, startedBy: 1, address: '127.0.0.1:1' });

  await freeDatabase({ databaseFile, report });

  expect(isAlive(pid)).toBe(true);
  expect(reports).toEqual([]);
  await expect(access(`${databaseFile}.server.json`)).rejects.toThrow('ENOENT');
  bystander.kill();
});

test('a note that cannot be read does not stop a start', async () => {
  await writeFile(`${databaseFile}.server.json`, '{"pid": "half a no');

  await expect(freeDatabase({ databaseFile, report })).resolves.toBeUndefined();
});

test('when the wanted port is busy another one is used, and that is reported', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;

  const server = await start({ port });

  expect(server.address).not.toBe(`127.0.0.1:${port}`);
  expect(reports).toEqual([expect.stringContaining(`Port ${port} is busy`)]);
  const temporal = await connectTemporal(server);
  await temporal.close();
  other.close();
});

test('a server that ends while it starts is an error with what it said', async () => {
  const cliPath = join(folder, 'temporal');
  await writeFile(
    cliPath,
    '#!/bin/sh\n[ "$1" = --version ] && echo "temporal version 1.5.1" && exit\necho "disk full" >&2\nexit 3\n',
    { mode: 0o755 },
  );

  const starting = startTemporalServer({ cliPath, databaseFile, report });

  await expect(starting).rejects.toThrow(TemporalServerStartError);
  await expect(starting).rejects.toThrow(/ended while starting \(code 3\)[^]*disk full/);
  await expect(access(`${databaseFile}.server.json`)).rejects.toThrow('ENOENT');
});
