// `npm run check`: everything that is found without running the program, on two cores.
import { announce, runStage } from './stages.mjs';

const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
const lanes = [
  ['lint', 'types'],
  ['format', 'imports', 'unused'],
];

const results = await Promise.all(
  lanes.map(async (checks) => {
    const done = [];
    for (const check of checks) {
      const args = ['run', '--silent', `check:${check}`];
      const result = await runStage(check, npm, args, { quiet: true });
      announce(
        `${check}: ${result.code === 0 ? 'ok' : 'FAILED'} in ${result.seconds.toFixed(1)} s`,
      );
      done.push(result);
    }
    return done;
  }),
);

// What failed stands at the end, where it is read.
const failed = results.flat().filter(({ code }) => code !== 0);
for (const { name, output } of failed) console.log(`\n--- ${name}\n${output.trim()}`);
if (failed.length > 0) {
  console.log(`\nFailed: ${failed.map(({ name }) => `npm run check:${name}`).join(', ')}`);
  process.exitCode = 1;
}
