// What `npm run check`, `npm test` and `npm run test:all` share: runs a command as a stage with a name, a time and a limit.
import { spawn } from 'node:child_process';

/**
 * Runs a command and resolves with `{ name, code, seconds, output }`. What it prints is shown at once unless it is
 * `quiet`; it is kept in any case. Past `minutes` the command and all it started is ended, and its code is 124.
 */
export async function runStage(name, command, args, { minutes = 10, quiet = false, env } = {}) {
  const began = Date.now();
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own, so that nothing of it is left when it is ended.
    detached: true,
    env: { ...process.env, ...env },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => {
      output += text;
      if (!quiet) process.stdout.write(text);
    });
  const end = (signal) => {
    try {
      process.kill(-child.pid, signal);
    } catch {
      // It has ended.
    }
  };
  const interrupt = () => end('SIGINT');
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  let isLate = false;
  const limit = setTimeout(() => {
    isLate = true;
    end('SIGKILL');
  }, minutes * 60_000);
  const code = await new Promise((resolve) => {
    child.once('error', (error) => {
      output += `${error.message}\n`;
      resolve(127);
    });
    child.once('close', (status) => resolve(status ?? 1));
  });
  clearTimeout(limit);
  process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  if (isLate) output += `Ended: ${name} took more than its ${minutes} minutes.\n`;
  const seconds = (Date.now() - began) / 1_000;
  return { name, code: isLate ? 124 : code, seconds, output };
}

/** Returns the counts of a run of tests from its last line `N passed, N failed[, N skipped]`, or undefined. */
export function countsOf(output) {
  const lines = [...output.matchAll(/^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/gm)];
  const last = lines.at(-1);
  return last && { passed: +last[1], failed: +last[2], skipped: +(last[3] ?? 0) };
}

/** Prints a line that is found easily in a long log. */
export function announce(text) {
  console.log(`=== ${text}`);
}
