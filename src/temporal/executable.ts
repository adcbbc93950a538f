import { spawn } from 'node:child_process';
import { join } from 'node:path';
import {
  CLI_VERSION,
  NoTemporalServerError,
  obtainExecutable,
  type Way,
} from './obtain-executable.ts';

/** The oldest server that has all Baton uses: update-with-start, task priorities. */
const OLDEST_SERVER = [1, 28] as const;

const PROBE_WITHIN_MS = 20_000;

/** A `temporal` command that runs, and where it was found. */
export interface Executable {
  readonly command: string;
  readonly source: 'TEMPORAL_CLI_PATH' | 'PATH' | 'cache' | Way;
}

export interface ExecutableSearch {
  /** TEMPORAL_CLI_PATH: used and nothing else is looked for. */
  readonly cliPath?: string | undefined;
  /** Where a downloaded or built executable is kept (see {@link defaultCacheDirectory}); without it none is. */
  readonly cacheDirectory?: string | undefined;
  /** The environment commands are looked up and run with; this process's own by default. */
  readonly environment?: NodeJS.ProcessEnv | undefined;
  /** The ways to get an executable when there is none, in order. By default download, then go. */
  readonly ways?: readonly Way[] | undefined;
  /** Gets a line for the person waiting, only when something takes long or is odd. */
  readonly report: (line: string) => void;
}

/** Says that TEMPORAL_CLI_PATH does not name a working Temporal CLI. */
export class UnusableCliPathError extends Error {
  override readonly name = 'UnusableCliPathError';
  readonly cliPath: string;

  constructor(cliPath: string, reason: string) {
    super(
      `TEMPORAL_CLI_PATH is ${cliPath}, but that is no working Temporal CLI: ${reason}. Correct it, or unset it and Baton looks for one.`,
    );
    this.cliPath = cliPath;
  }
}

/** Returns the directory for what is fetched once and kept: under XDG_CACHE_HOME, or `.cache` in the home. */
export function defaultCacheDirectory({
  home,
  xdgCacheHome,
}: {
  readonly home: string;
  readonly xdgCacheHome?: string | undefined;
}): string {
  return join(xdgCacheHome ?? join(home, '.cache'), 'baton');
}

/**
 * Returns a Temporal CLI that runs: the one of TEMPORAL_CLI_PATH, on the PATH, cached earlier, downloaded by the
 * Temporal SDK, or built by Go; the first there is. Throws an UnusableCliPathError when the given one does not
 * run, and a NoTemporalServerError that says what to install when there is none.
 */
export async function findExecutable(search: ExecutableSearch): Promise<Executable> {
  const { cliPath, cacheDirectory, environment, report } = search;
  if (cliPath !== undefined) {
    const probe = await probeCli(cliPath, environment);
    if (!probe.works) throw new UnusableCliPathError(cliPath, probe.reason);
    return { command: cliPath, source: 'TEMPORAL_CLI_PATH' };
  }
  const onPath = await probeCli('temporal', environment);
  if (onPath.works) {
    if (isRecent(onPath.version)) return { command: 'temporal', source: 'PATH' };
    report(
      `The temporal command on the PATH is too old (${onPath.version}; server ${OLDEST_SERVER.join('.')} is needed): looking for another`,
    );
  }
  if (cacheDirectory === undefined) throw new NoTemporalServerError([]);
  const cached = join(cacheDirectory, `temporal-${CLI_VERSION}`, 'temporal');
  const works = async (file: string): Promise<boolean> => (await probeCli(file, environment)).works;
  if (await works(cached)) return { command: cached, source: 'cache' };
  const way = await obtainExecutable({ ...search, destination: cached, works });
  return { command: cached, source: way };
}

type Probe =
  | { readonly works: true; readonly version: string }
  | { readonly works: false; readonly reason: string };

/** A CLI that cannot even tell its version is damaged, or another program of the same name. */
function probeCli(command: string, environment: NodeJS.ProcessEnv | undefined): Promise<Probe> {
  return new Promise((resolve) => {
    const child = spawn(command, ['--version'], {
      stdio: ['ignore', 'pipe', 'ignore'],
      ...(environment !== undefined && { env: environment }),
    });
    // Not spawn's own timeout: its timer outlives a command that is not there, and keeps this process from ending.
    const timer = setTimeout(() => child.kill('SIGKILL'), PROBE_WITHIN_MS);
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.once('error', ({ code, message }: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      const reasons: Partial<Record<string, string>> = {
        ENOENT: 'there is no such file',
        EACCES: 'it is not executable',
      };
      resolve({ works: false, reason: reasons[code ?? ''] ?? message });
    });
    child.once('close', (code) => {
      clearTimeout(timer);
      const version = output.trim();
      if (code === 0 && version.startsWith('temporal version')) resolve({ works: true, version });
      else resolve({ works: false, reason: `"${command} --version" does not answer as it would` });
    });
  });
}

/** A version line without the server's version is given the benefit of the doubt. */
function isRecent(version: string): boolean {
  const [, major, minor] = /Server (\d+)\.(\d+)/.exec(version) ?? [];
  if (major === undefined || minor === undefined) return true;
  const [oldestMajor, oldestMinor] = OLDEST_SERVER;
  return Number(major) > oldestMajor || Number(minor) >= oldestMinor;
}
