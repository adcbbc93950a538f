import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** The Temporal CLI that is fetched: the newest that `go install` accepts (later ones have replace directives). */
export const CLI_VERSION = 'v1.5.1';

const CLI_PACKAGE = `github.com/temporalio/cli/cmd/temporal@${CLI_VERSION}`;

const PROGRESS_EVERY_MS = 10_000;
/** Without internet the download fails at once or, behind a firewall that drops packets, never. */
const DOWNLOAD_STALLED_MS = 60_000;

/** How an executable can be had: the Temporal SDK downloads it, or Go builds it. */
export type Way = 'download' | 'go';

/** Says that there is no Temporal server on this machine, none could be had, and what to do about it. */
export class NoTemporalServerError extends Error {
  override readonly name = 'NoTemporalServerError';

  constructor(attempts: readonly string[]) {
    super(
      [
        'Baton needs a Temporal server, and there is none here. Do one of these three, then start again:',
        '  - install the Temporal CLI, so that the command "temporal" works: https://docs.temporal.io/cli',
        '    (macOS: brew install temporal), or set TEMPORAL_CLI_PATH to its file;',
        '  - install Go 1.24 or later: Baton then builds the server itself, once, in some 3 minutes;',
        '  - set TEMPORAL_ADDRESS (host:port) to a Temporal server that runs already.',
        ...attempts.map((attempt) => `Tried: ${attempt}`),
      ].join('\n'),
    );
  }
}

/**
 * Puts a working executable at the destination and says how it was had. The file appears there at once and
 * whole; of several processes that want it, one works and the others wait. Throws a NoTemporalServerError.
 */
export async function obtainExecutable({
  destination,
  works,
  environment,
  ways = ['download', 'go'],
  report,
}: {
  readonly destination: string;
  /** Tells whether a file is what is wanted: a damaged one is replaced, and never put in place. */
  readonly works: (file: string) => Promise<boolean>;
  readonly environment?: NodeJS.ProcessEnv | undefined;
  readonly ways?: readonly Way[] | undefined;
  readonly report: (line: string) => void;
}): Promise<Way | 'cache'> {
  const directory = dirname(destination);
  await mkdir(directory, { recursive: true });
  const unlock = await lock({
    file: join(directory, 'lock'),
    name: 'the Temporal server',
    report,
  });
  try {
    if (await works(destination)) return 'cache';
    await removeLeftovers(directory);
    const attempts: string[] = [];
    for (const way of ways) {
      const workshop = await mkdtemp(join(directory, 'new-'));
      try {
        const file = await WAYS[way]({ directory: workshop, environment, report });
        if (!(await works(file))) throw new Error(`${way}: what came of it does not run`);
        await rename(file, destination);
        return way;
      } catch (error) {
        attempts.push(error instanceof Error ? error.message : String(error));
      } finally {
        await rm(workshop, { recursive: true, force: true });
      }
    }
    throw new NoTemporalServerError(attempts);
  } finally {
    await unlock();
  }
}

interface Attempt {
  readonly directory: string;
  readonly environment: NodeJS.ProcessEnv | undefined;
  readonly report: (line: string) => void;
}

const WAYS: Readonly<Record<Way, (attempt: Attempt) => Promise<string>>> = {
  download: downloadWithSdk,
  go: buildWithGo,
};

/**
 * The SDK's download cannot be cancelled and installs a Temporal runtime in its process: both are confined to a
 * process of its own. Getting the file means starting the server once; that takes half a second.
 */
const DOWNLOAD_SCRIPT = `
  const { TestWorkflowEnvironment } = require(process.argv[1]);
  const executable = { type: 'cached-download', version: process.argv[2], downloadDir: process.argv[3] };
  TestWorkflowEnvironment.createLocal({ server: { executable } })
    .then((environment) => environment.teardown())
    .then(() => process.exit(0))
    .catch((error) => { console.error(error.message); process.exit(1); });
`;

async function downloadWithSdk({ directory, environment, report }: Attempt): Promise<string> {
  const sdk = createRequire(import.meta.url).resolve('@temporalio/testing');
  let size = 0;
  await run({
    command: process.execPath,
    args: ['-e', DOWNLOAD_SCRIPT, sdk, CLI_VERSION, directory],
    environment,
    stalledAfterMs: DOWNLOAD_STALLED_MS,
    async hasProgressed() {
      const before = size;
      size = await totalSize(directory);
      return size !== before;
    },
    onProgress: (seconds) => {
      const megabytes = Math.round(size / 1_000_000);
      report(`Downloading the Temporal server (once): ${megabytes} MB, ${seconds} s`);
    },
    failure: 'the download by the Temporal SDK',
  });
  const [file] = await readdir(directory);
  if (file === undefined) throw new Error('the download by the Temporal SDK: it left no file');
  return join(directory, file);
}

async function buildWithGo(attempt: Attempt): Promise<string> {
  return await installWithGo({ ...attempt, goPackage: CLI_PACKAGE, name: 'the Temporal server' });
}

/** Has Go build a command, named `<module>/<command>@<version>`, into a directory, and returns its file. */
async function installWithGo({
  directory,
  environment,
  report,
  goPackage,
  name,
}: Attempt & { readonly goPackage: string; readonly name: string }): Promise<string> {
  await run({
    command: '/usr/bin/env',
    args: [`GOBIN=${directory}`, 'go', 'install', '-ldflags=-s -w', goPackage],
    environment,
    onProgress: (seconds) => {
      report(`Building ${name} with Go (once): ${seconds} s`);
    },
    failure: 'the build with Go',
  });
  return join(directory, basename(goPackage.replace(/@.*/, '')));
}

/**
 * Returns the file of a command that Go built at this version, built once and kept in the cache. Of several
 * processes that want it, one builds and the others wait. Throws with Go's words when it cannot be built.
 */
export async function obtainWithGo({
  command,
  goPackage,
  cacheDirectory,
  report,
}: {
  /** What the file is called. */
  readonly command: string;
  /** `<module>/<command>@<version>` */
  readonly goPackage: string;
  readonly cacheDirectory: string;
  readonly report: (line: string) => void;
}): Promise<string> {
  const directory = join(cacheDirectory, `${command}-${goPackage.replace(/.*@/, '')}`);
  const destination = join(directory, command);
  // It is put there whole, after it was built, and so needs no probing.
  if (existsSync(destination)) return destination;
  await mkdir(directory, { recursive: true });
  const unlock = await lock({ file: join(directory, 'lock'), name: command, report });
  try {
    if (existsSync(destination)) return destination;
    await removeLeftovers(directory);
    const workshop = await mkdtemp(join(directory, 'new-'));
    try {
      const attempt = { directory: workshop, environment: undefined, report };
      await rename(await installWithGo({ ...attempt, goPackage, name: command }), destination);
    } finally {
      await rm(workshop, { recursive: true, force: true });
    }
    return destination;
  } finally {
    await unlock();
  }
}

interface Run {
  readonly command: string;
  readonly args: readonly string[];
  readonly environment: NodeJS.ProcessEnv | undefined;
  /** Ends the command when it has made no progress for so long. */
  readonly stalledAfterMs?: number;
  readonly hasProgressed?: () => Promise<boolean>;
  readonly onProgress: (seconds: number) => void;
  /** What failed, for the message. */
  readonly failure: string;
}

/** Runs a command quietly to its end. Throws with the last lines of its stderr when that is not a good one. */
async function run({
  command,
  args,
  environment,
  stalledAfterMs = Infinity,
  hasProgressed,
  onProgress,
  failure,
}: Run): Promise<void> {
  const child = spawn(command, args, {
    stdio: ['ignore', 'ignore', 'pipe'],
    ...(environment !== undefined && { env: environment }),
  });
  const startedAt = Date.now();
  let progressedAt = startedAt;
  const stall = new AbortController();
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errors = (errors + chunk.toString()).slice(-2_000);
  });
  const killChild = (): void => {
    child.kill('SIGKILL');
  };
  process.once('exit', killChild);
  const progress = setInterval(() => {
    onProgress(Math.round((Date.now() - startedAt) / 1_000));
  }, PROGRESS_EVERY_MS);
  const watch = setInterval(() => {
    void (async () => {
      if (await hasProgressed?.()) progressedAt = Date.now();
      if (Date.now() - progressedAt < stalledAfterMs) return;
      stall.abort();
      killChild();
    })();
  }, 1_000);
  try {
    const [code] = (await once(child, 'close')) as [number | null];
    if (code === 0) return;
    const reason = stall.signal.aborted
      ? `no progress in ${stalledAfterMs / 1_000} s`
      : errors.trim().split('\n').slice(-5).join('\n  ');
    throw new Error(`${failure}: ${reason === '' ? `ended with code ${code ?? -1}` : reason}`);
  } finally {
    clearInterval(progress);
    clearInterval(watch);
    process.removeListener('exit', killChild);
  }
}

/** Waits for, then holds, the right to create what stands beside the file. Returns how to give it back. */
async function lock({
  file,
  name,
  report,
}: {
  readonly file: string;
  readonly name: string;
  readonly report: (line: string) => void;
}): Promise<() => Promise<void>> {
  const startedAt = Date.now();
  let reportAt = startedAt + PROGRESS_EVERY_MS;
  for (;;) {
    try {
      await writeFile(file, String(process.pid), { flag: 'wx' });
      return () => rm(file, { force: true });
    } catch (error) {
      if (!isNodeError(error) || error.code !== 'EEXIST') throw error;
    }
    if (await isAbandoned(file)) {
      await rm(file, { force: true });
      continue;
    }
    if (Date.now() >= reportAt) {
      const seconds = Math.round((Date.now() - startedAt) / 1_000);
      report(`Waiting for ${name} that another process fetches: ${seconds} s`);
      reportAt += PROGRESS_EVERY_MS;
    }
    await delay(200);
  }
}

/** An interrupted process leaves its lock behind, and one killed in between an empty one. */
async function isAbandoned(file: string): Promise<boolean> {
  try {
    const pid = Number(await readFile(file, 'utf8'));
    if (pid > 0) return !isAlive(pid);
    return Date.now() - (await stat(file)).mtimeMs > 5_000;
  } catch {
    return false;
  }
}

/** Returns whether a process of this id exists, whoever owns it. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isNodeError(error) && error.code === 'EPERM';
  }
}

/** Called under the lock: nobody else is at work in these directories. */
async function removeLeftovers(directory: string): Promise<void> {
  const names = (await readdir(directory)).filter((name) => basename(name).startsWith('new-'));
  for (const name of names) await rm(join(directory, name), { recursive: true, force: true });
}

async function totalSize(directory: string): Promise<number> {
  const names = await readdir(directory);
  const sizes = await Promise.all(
    names.map(async (name) => {
      try {
        return (await stat(join(directory, name))).size;
      } catch {
        return 0;
      }
    }),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

function isNodeError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error;
}
