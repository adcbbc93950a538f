// One process of the native stack, with handles for whoever tests what happens when it dies. Nothing here knows what
// it runs.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

export interface PartOptions {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Whom it runs as, when this process is root's. */
  readonly user?: { readonly uid: number; readonly gid: number } | undefined;
  /** What it says is added to this file. */
  readonly logFile: string;
  /** Tells whether it does its work already; without it a process that was started is ready. */
  readonly isReady?: () => Promise<boolean>;
  readonly startWithinMs?: number;
  /** What asks it to end; SIGTERM by default. */
  readonly stopSignal?: NodeJS.Signals;
  /** How long it may take to end before it is killed. */
  readonly stopWithinMs?: number;
  /** Called with its process id whenever it was started. */
  readonly onStart?: (pid: number) => Promise<void>;
}

/** A process of the stack that can be killed and started again. */
export interface Part {
  readonly name: string;
  /** Its process id; that of the last run when it is not running. */
  readonly pid: number;
  /** The last of what it printed, over all its runs. */
  output(): string;
  /** Resolves when it has printed the text in this run; rejects when it ends before that. */
  waitFor(text: string): Promise<void>;
  /** Starts it (again) and resolves when it is ready. */
  start(): Promise<void>;
  /** Ends it and its own children at once, as a crash of the machine would. */
  kill(): Promise<void>;
  /** Asks it to end and waits until it has. */
  stop(): Promise<void>;
  /** Rejects when it ends without having been told to. */
  readonly failed: Promise<never>;
}

/** Says that a process of the stack ended or stayed silent while it was started, or later by itself. */
export class PartFailedError extends Error {
  override readonly name = 'PartFailedError';

  constructor(part: string, reason: string, output: string) {
    super(`${part} ${reason}.${output === '' ? '' : ` It said:\n${output.slice(-2_000)}`}`);
  }
}

const KEPT_OUTPUT = 200_000;

/** Returns a process that is described, not started yet. */
export function createPart(options: PartOptions): Part {
  const { name, startWithinMs = 60_000, stopWithinMs = 20_000 } = options;
  const log = createWriteStream(options.logFile, { flags: 'a' });
  const listeners = new Set<() => void>();
  let child: ChildProcess | undefined;
  let exited: Promise<unknown> = Promise.resolve();
  let pid = -1;
  let output = '';
  let runOutput = '';
  /** Whether the end of the process is what we want. */
  let isEnding = true;
  let fail: (error: Error) => void = () => undefined;
  const failed = new Promise<never>((_resolve, reject) => (fail = reject));
  // Not everybody listens.
  failed.catch(() => undefined);

  const isRunning = (): boolean =>
    child?.pid !== undefined && child.exitCode === null && child.signalCode === null;
  const collect = (chunk: Buffer): void => {
    log.write(chunk);
    output = (output + chunk.toString()).slice(-KEPT_OUTPUT);
    runOutput = (runOutput + chunk.toString()).slice(-KEPT_OUTPUT);
    for (const listener of listeners) listener();
  };

  const launch = async (): Promise<void> => {
    if (isRunning()) return;
    isEnding = false;
    runOutput = '';
    const started = spawn(options.command, options.args, {
      // A process group of its own, so that a Ctrl-C reaches it only through us. The channel tells Baton's own
      // processes when we are gone (see run-entry.ts); others ignore it.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: options.env,
      ...(options.cwd !== undefined && { cwd: options.cwd }),
      ...options.user,
    });
    child = started;
    pid = started.pid ?? -1;
    started.stdout?.on('data', collect);
    started.stderr?.on('data', collect);
    started.once('error', (error) => {
      collect(Buffer.from(`${error.message}\n`));
    });
    exited = started.pid === undefined ? Promise.resolve() : once(started, 'exit');
    void exited.then(() => {
      for (const listener of listeners) listener();
      if (isEnding || child !== started) return;
      const code = started.exitCode ?? started.signalCode ?? 'none';
      fail(new PartFailedError(name, `ended by itself (${code})`, runOutput));
    });
    if (started.pid !== undefined) await options.onStart?.(started.pid);
  };

  const waitUntilReady = async (): Promise<void> => {
    const deadline = Date.now() + startWithinMs;
    for (;;) {
      if (!isRunning()) throw new PartFailedError(name, 'ended while starting', runOutput);
      if ((await options.isReady?.()) ?? true) return;
      if (Date.now() > deadline)
        throw new PartFailedError(
          name,
          `was not ready within ${startWithinMs / 1_000} s`,
          runOutput,
        );
      await delay(50);
    }
  };

  return {
    name,
    get pid() {
      return pid;
    },
    failed,
    output: () => output,
    waitFor: (text) =>
      new Promise((resolve, reject) => {
        const check = (): void => {
          if (runOutput.includes(text)) resolve();
          else if (isRunning()) return;
          else reject(new PartFailedError(name, `ended before it said "${text}"`, runOutput));
          listeners.delete(check);
        };
        listeners.add(check);
        check();
      }),
    async start() {
      await launch();
      await waitUntilReady();
    },
    async kill() {
      if (!isRunning()) return;
      isEnding = true;
      // Its own process first: it shall not see its children die.
      const pids = [pid, ...(await listDescendants(pid))];
      for (const each of pids) signal(each, 'SIGKILL');
      await exited;
      while (pids.some((each) => signal(each, 0))) await delay(10);
    },
    async stop() {
      if (!isRunning()) return;
      isEnding = true;
      signal(pid, options.stopSignal ?? 'SIGTERM');
      const tooLong = setTimeout(() => signal(pid, 'SIGKILL'), stopWithinMs);
      await exited;
      clearTimeout(tooLong);
    },
  };
}

/** Sends a signal and returns whether there was anybody to get it. */
function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, name);
    return true;
  } catch {
    return false;
  }
}

/** Lists the children of a process, and theirs; PostgreSQL has each in a process group of its own. */
async function listDescendants(pid: number): Promise<number[]> {
  const parents = new Map<number, number>();
  for (const entry of await readdir('/proc').catch(() => [])) {
    if (!/^\d+$/.test(entry)) continue;
    const status = await readFile(`/proc/${entry}/status`, 'utf8').catch(() => '');
    parents.set(Number(entry), Number(/^PPid:\s*(\d+)/m.exec(status)?.[1] ?? 0));
  }
  const found = [pid];
  for (const each of found)
    for (const [child, parent] of parents) if (parent === each) found.push(child);
  return found.slice(1);
}
