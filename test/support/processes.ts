import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** One of Baton's entries, running as a process of its own. */
export interface Entry {
  readonly pid: number;
  /** Everything it has printed. */
  output(): string;
  /**
   * Resolves when it has printed the text; rejects with its output when it ends before that, or has not printed it
   * after `withinMs`, by default less than a hook may take.
   */
  waitFor(text: string, withinMs?: number): Promise<void>;
  /** Ends it at once, as a crash would. */
  kill(): Promise<void>;
  /** Asks it to end and waits until it has. */
  stop(): Promise<void>;
}

/** Starts `src/<name>.ts`, also of another checkout, with these settings and nothing of the test's own environment but the path. */
export function startEntry(
  name: 'worker' | 'server' | 'watch' | 'dev',
  env: Readonly<Record<string, string>>,
  root = ROOT,
): Entry {
  const { PATH = '', HOME = '' } = process.env;
  const child: ChildProcess = spawn(process.execPath, ['--import', 'tsx', `src/${name}.ts`], {
    cwd: root,
    env: { PATH, HOME, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const listeners = new Set<() => void>();
  const collect = (chunk: Buffer): void => {
    output += chunk.toString();
    for (const listener of listeners) listener();
  };
  child.stdout?.on('data', collect);
  child.stderr?.on('data', collect);
  const exited = once(child, 'exit').then(() => {
    for (const listener of listeners) listener();
  });
  const hasExited = (): boolean => child.exitCode !== null || child.signalCode !== null;

  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (hasExited()) return;
    child.kill(signal);
    await exited;
  };

  return {
    pid: child.pid ?? -1,
    output: () => output,
    waitFor: (text, withinMs = 100_000) =>
      new Promise((resolve, reject) => {
        const limit = setTimeout(() => {
          listeners.delete(check);
          reject(new Error(`${name} did not say "${text}" within ${withinMs} ms:\n${output}`));
        }, withinMs);
        const check = (): void => {
          if (output.includes(text)) resolve();
          else if (hasExited()) reject(new Error(`${name} ended before "${text}":\n${output}`));
          else return;
          clearTimeout(limit);
          listeners.delete(check);
        };
        listeners.add(check);
        check();
      }),
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
  };
}
