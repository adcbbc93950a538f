/*
 * Records histories anew, each by a process of its own: what is said in one scenario would be ambiguous a moment after
 * another. Some at a time; the slow ones wait ten minutes for the end of an announcement.
 *
 *   npm run record:histories                 all that are stored
 *   npm run record:histories -- waited       those named, also new ones
 */
import { spawn } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const SLOW = ['nobody-answers', 'owner-silent'];
const AT_A_TIME = 4;

const here = fileURLToPath(new URL('.', import.meta.url));
const stored = (await readdir(`${here}histories`)).map((file) => file.replace('.json', ''));
const names = process.argv.length > 2 ? process.argv.slice(2) : stored;
const waiting = [...names].sort(
  (one, other) => Number(SLOW.includes(other)) - Number(SLOW.includes(one)),
);
const failed: string[] = [];

function record(name: string): Promise<void> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--import', 'tsx', `${here}record.ts`, name], {
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    child.once('close', (code) => {
      if (code !== 0) failed.push(name);
      resolve();
    });
  });
}

async function recordNext(): Promise<void> {
  for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) await record(name);
}

await Promise.all(Array.from({ length: AT_A_TIME }, recordNext));
if (failed.length > 0) {
  process.stderr.write(`Not recorded: ${failed.join(', ')}\n`);
  process.exitCode = 1;
}
