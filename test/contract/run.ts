/*
 * Checks a running installation against its own description: schemathesis makes up requests, right ones and wrong
 * ones, and looks at every answer with all its checks. Prints what it found and how many requests it made.
 *
 *   npm run test:contract                       at least 5,000 requests
 *   BATON_CONTRACT_EXAMPLES=10 …                so many for each operation and phase that has a number
 *   BATON_CONTRACT_SEED=123 …                   the same ones again
 */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startBaton, TEST_ACCOUNT, TEST_FILES } from '../support/baton.ts';
import { providePython } from '../support/python.ts';

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

export interface ContractReport {
  readonly isGood: boolean;
  /** Requests that were made. */
  readonly requests: number;
  readonly output: string;
}

/** Runs schemathesis against an installation of its own. */
export async function checkContract({
  examples,
  seed,
}: {
  /** Made-up requests for each operation. */
  readonly examples: number;
  readonly seed?: string | undefined;
}): Promise<ContractReport> {
  const [python, baton] = await Promise.all([
    providePython(),
    startBaton({
      files: { ...TEST_FILES, policies: here('policies.yaml') },
      env: { BATON_MAX_IN_FLIGHT: '1000', BATON_ADMISSION: 'off' },
    }),
  ]);
  const folder = await mkdtemp(join(tmpdir(), 'baton-contract-'));
  const report = join(folder, 'report.har');
  try {
    const args = [
      ...['--config-file', here('schemathesis.toml'), 'run', `${baton.url}/openapi.json`],
      ...['--header', `Authorization: Bearer ${TEST_ACCOUNT.apiKey}`],
      ...['--checks', 'all', '--phases', 'examples,coverage,fuzzing,stateful'],
      ...['--max-examples', String(examples), '--workers', '1', '--continue-on-failure'],
      ...['--max-redirects', '0', '--request-timeout', '30', '--no-shrink'],
      ...['--suppress-health-check', 'all', '--no-color'],
      ...(seed === undefined ? [] : ['--seed', seed]),
      ...['--report-har-path', report],
    ];
    const { code, output } = await run(join(python, 'schemathesis'), args, folder);
    const text = await readFile(report, 'utf8').catch(() => undefined);
    if (text === undefined) throw new Error(`schemathesis made no requests:\n${output}`);
    const { log } = JSON.parse(text) as { log: { entries: unknown[] } };
    return { isGood: code === 0, requests: log.entries.length, output };
  } finally {
    await baton.stop();
    await rm(folder, { recursive: true });
  }
}

function run(
  program: string,
  args: readonly string[],
  cwd: string,
): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd,
      env: { ...process.env, SCHEMATHESIS_HOOKS: here('hooks.py'), PYTHONDONTWRITEBYTECODE: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (part: Buffer) => (output += part.toString()));
    }
    child.once('error', reject);
    child.once('close', (code) => {
      resolve({ code, output });
    });
  });
}

const MINIMUM = 5_000;

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { isGood, requests, output } = await checkContract({
    examples: Number(process.env['BATON_CONTRACT_EXAMPLES'] ?? 120),
    // Empty is none.
    seed: process.env['BATON_CONTRACT_SEED'] || undefined,
  });
  process.stdout.write(`${output}\n${requests} requests, at least ${MINIMUM} wanted\n`);
  process.exitCode = isGood && requests >= MINIMUM ? 0 : 1;
}
