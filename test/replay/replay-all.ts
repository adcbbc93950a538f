import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from '@temporalio/worker';

// Replays every stored history in this process, whose time zone is its caller's choice, and prints how many. Its argument
// is the path of the bundle of the workflows.
const [, , codePath = ''] = process.argv;
const folder = fileURLToPath(new URL('./histories/', import.meta.url));
const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
for (const name of files) {
  const history: unknown = JSON.parse(readFileSync(`${folder}${name}`, 'utf8'));
  await Worker.runReplayHistory({ workflowBundle: { codePath } }, history);
}
process.stdout.write(
  `${files.length} replayed where it is UTC${new Date('2026-11-24').getTimezoneOffset() / -60}`,
);
