import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createPart } from '../../deploy/native/part.ts';
import { startBaton, type Baton } from '../support/baton.ts';
import type { Entry } from '../support/processes.ts';
import { takePort } from '../support/ports.ts';
import { tellStories } from '../support/stories.ts';

const run = promisify(execFile);

let tree: string;
let baton: Baton;
let metricsPort: number;

/** Does the steps of the Dockerfile: without a container, and with the packages of this clone instead of `npm ci`. */
beforeAll(async () => {
  tree = await mkdtemp(join(tmpdir(), 'baton-image-'));
  for (const name of ['package.json', 'package-lock.json', 'node_modules', 'dist', 'bin', 'config'])
    await run('cp', ['-a', name, tree]);
  await cp('deploy/health.mjs', join(tree, 'deploy', 'health.mjs'));
  await cp('scripts/prune-image.mjs', join(tree, 'scripts', 'prune-image.mjs'));
  await run('npm', ['prune', '--omit=dev', '--no-audit', '--no-fund', '--offline'], { cwd: tree });
  await run(process.execPath, ['scripts/prune-image.mjs'], { cwd: tree });
  await rm(join(tree, 'scripts'), { recursive: true });

  metricsPort = await takePort();
  baton = await startBaton({
    startEntry: startFromTree,
    env: { BATON_METRICS_ADDRESS: `127.0.0.1:${metricsPort}`, NODE_ENV: 'production' },
  });
}, 180_000);
afterAll(async () => {
  await baton.stop();
  await rm(tree, { recursive: true });
});

function startFromTree(name: string, env: Readonly<Record<string, string>>): Entry {
  const part = createPart({
    name,
    command: process.execPath,
    args: [join(tree, 'dist', `${name}.js`)],
    cwd: tree,
    env: { PATH: process.env['PATH'] ?? '', ...env },
    logFile: join(tree, `${name}.log`),
  });
  const started = part.start();
  return {
    pid: part.pid,
    output: () => part.output(),
    waitFor: async (text) => {
      await started;
      await part.waitFor(text);
    },
    kill: () => part.kill(),
    stop: () => part.stop(),
  };
}

const checkHealth = (entry: string, env: Record<string, string>) =>
  run(process.execPath, ['deploy/health.mjs', entry], { cwd: tree, env });

tellStories(() => baton);

test('the health checks see an API that answers and a worker that asks for work', async () => {
  const api = { PORT: new URL(baton.url).port };
  const worker = { BATON_METRICS_ADDRESS: `0.0.0.0:${metricsPort}` };
  await checkHealth('dist/server.js', api);
  await checkHealth('dist/worker.js', worker);

  await Promise.all([baton.api.stop(), baton.worker.stop()]);
  await expect(checkHealth('dist/server.js', api)).rejects.toThrow();
  await expect(checkHealth('dist/worker.js', worker)).rejects.toThrow();
});

test('the command line works from the image', async () => {
  const { stdout } = await run(process.execPath, ['bin/baton.mjs', 'check'], { cwd: tree });
  expect(stdout).not.toBe('');
});

test('the tree holds one native core and no tools, and is small', async () => {
  const names = await readdir(join(tree, 'node_modules'));
  expect(names).not.toContain('typescript');
  expect(names).not.toContain('vitest');
  const releases = await readdir(join(tree, 'node_modules/@temporalio/core-bridge/releases'));
  expect(releases).toHaveLength(1);
  const files = await readdir(tree, { recursive: true, withFileTypes: true });
  let bytes = 0;
  for (const file of files)
    if (file.isFile()) bytes += (await stat(join(file.parentPath, file.name))).size;
  process.stderr.write(`the image's tree: ${Math.round(bytes / 1e6)} MB\n`);
  expect(bytes).toBeLessThan(200e6);
});

test('each source of a COPY is there, and .dockerignore lets it through', async () => {
  const allowed = (await readFile('.dockerignore', 'utf8'))
    .split('\n')
    .filter((line) => line.startsWith('!'))
    .map((line) => line.slice(1));
  const copies = (await readFile('Dockerfile', 'utf8'))
    .split('\n')
    .filter((line) => line.startsWith('COPY ') && !line.includes('--from'))
    .flatMap((line) => line.split(' ').slice(1, -1));
  expect(copies.length).toBeGreaterThan(5);
  for (const source of copies) {
    expect(allowed).toContain(source);
    await stat(source);
  }
});
