// `npm test`, the gate: what is fast and certain. The last line is always "N passed, N failed".
import { announce, countsOf, runStage } from './stages.mjs';

const node = process.execPath;
const stages = [
  ['install', ['scripts/setup.mjs', '--examples'], 10],
  ['check', ['scripts/check.mjs'], 10],
  // Built by Go on a new machine, in some 4 minutes.
  ['temporal', ['node_modules/tsx/dist/cli.mjs', 'test/support/obtain-temporal.ts'], 15],
  ['browser', ['node_modules/tsx/dist/cli.mjs', 'test/support/obtain-chromium.ts'], 10],
  ['tests', ['node_modules/vitest/vitest.mjs', 'run', '--config', 'vitest.gate.config.ts'], 20],
];

for (const [name, args, minutes] of stages) {
  announce(name);
  const { code, seconds, output } = await runStage(name, node, args, { minutes });
  announce(`${name}: ${code === 0 ? 'ok' : `FAILED with ${code}`} in ${seconds.toFixed(1)} s`);
  const counts = countsOf(output) ?? { passed: 0, failed: 0 };
  if (code !== 0) {
    if (code === 124 || code === 127) console.log(output.split('\n').slice(-3).join('\n'));
    // A failure that no test was to blame for counts as one.
    console.log(`${counts.passed} passed, ${Math.max(counts.failed, 1)} failed`);
    process.exit(code);
  }
  if (name === 'tests') console.log(`${counts.passed} passed, ${counts.failed} failed`);
}
