import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startBaton, TEST_ACCOUNT, TEST_SECRET, type Baton } from '../support/baton.ts';
import { takePort } from '../support/ports.ts';
import { buildSubmission } from '../support/samples.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const PAGES = [
  'getting-started',
  'api',
  'callbacks',
  'policies',
  'security',
  'operations',
] as const;

let baton: Baton;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'baton-docs-'));
  // The files that a fresh clone has: the pages speak of their people and policies.
  const files = { directory: 'config/directory.yaml', policies: 'config/policies.yaml' };
  baton = await startBaton({ files });
});
afterAll(async () => {
  await baton.stop();
  rmSync(folder, { recursive: true });
});

const blocksOf = (page: string, language: string): string[] =>
  [...readFileSync(`${ROOT}docs/${page}.md`, 'utf8').matchAll(/^```(\w+)\n(.*?)^```$/gms)]
    .filter(([, name]) => name === language)
    .map(([, , text]) => text ?? '');

interface Said {
  readonly code: number | null;
  readonly output: string;
}

function run(program: string, args: readonly string[], env: Record<string, string>): Promise<Said> {
  const child = spawn(program, args, { cwd: ROOT, env: { ...process.env, ...env } });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (part: Buffer) => (output += part.toString()));
  }
  return new Promise((resolve) => {
    child.once('close', (code) => {
      resolve({ code, output });
    });
  });
}

describe('every command of', () => {
  test.each(PAGES)('docs/%s.md works', async (page) => {
    const script = blocksOf(page, 'sh').join('\n');
    expect(script).not.toBe('');
    const { code, output } = await run('bash', ['-c', `set -euo pipefail\n${script}`], {
      BATON_URL: baton.url,
      BATON_KEY: TEST_ACCOUNT.apiKey,
      BATON_SOURCES: join(folder, 'sources.yaml'),
    });
    expect(code, output).toBe(0);
  });
});

/** Writes a program of a page with the client of this clone, where the packages are found. */
function writeProgram(page: string): string {
  const [text = ''] = blocksOf(page, 'ts');
  const file = join(ROOT, 'test', 'e2e', `.docs-${page}-${process.pid}.ts`);
  writeFileSync(file, text.replace("'baton/client'", "'../../src/client/index.ts'"));
  return file;
}

test('the program of docs/client.md works', async () => {
  const file = writeProgram('client');
  const { code, output } = await run(process.execPath, ['--import', 'tsx', file], {
    BATON_URL: baton.url,
    BATON_KEY: TEST_ACCOUNT.apiKey,
  });
  rmSync(file);
  expect(code, output).toBe(0);
  expect(output).toMatch(/^hof_[0-9a-f]{30} true (true|false)\n/);
  expect(output).toMatch(/timeline\n(.*\n)*end\n$/);
});

test('the receiver of docs/callbacks.md takes what is signed, and nothing else', async () => {
  const file = writeProgram('callbacks');
  const port = await takePort();
  const child = spawn(process.execPath, ['--import', 'tsx', file], {
    cwd: ROOT,
    env: { ...process.env, PORT: String(port), BATON_SECRET: TEST_SECRET },
  });
  let output = '';
  child.stdout.on('data', (part: Buffer) => (output += part.toString()));
  const url = `http://127.0.0.1:${port}/hooks/baton`;
  const forge = () =>
    fetch(url, { method: 'POST', body: '{}', headers: { 'Content-Type': 'application/json' } });
  await expect
    .poll(
      () =>
        forge().then(
          ({ status }) => status,
          () => 0,
        ),
      { timeout: 20_000 },
    )
    .toBe(401);

  const submission = buildSubmission({
    policy: 'inbound-sales',
    externalId: 'doc-1',
    callbackUrl: url,
  });
  const { id } = await baton.submit(submission);
  await baton.call('POST', `/v1/handoffs/${id}/resolve`, { outcome: 'bad-lead' });

  await expect.poll(() => output, { timeout: 20_000 }).toContain('handoff.resolved doc-1 bad-lead');
  child.kill();
  rmSync(file);
});
