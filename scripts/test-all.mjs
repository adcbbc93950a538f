// `npm run test:all`: the checks, then every kind of test, one after the other, whatever fails; at the end a table.
//
//   node scripts/test-all.mjs [suite …]
import { announce, countsOf, runStage } from './stages.mjs';

const node = process.execPath;
const vitest = (project, minutes = 15) => ({
  name: project,
  args: ['node_modules/vitest/vitest.mjs', 'run', '--project', project],
  minutes,
});
const suites = [
  { name: 'install', args: ['scripts/setup.mjs', '--examples'], minutes: 15 },
  { name: 'check', args: ['scripts/check.mjs'], minutes: 15 },
  {
    name: 'temporal CLI',
    args: ['node_modules/tsx/dist/cli.mjs', 'test/support/obtain-temporal.ts'],
    minutes: 15,
  },
  {
    name: 'chromium',
    args: ['node_modules/tsx/dist/cli.mjs', 'test/support/obtain-chromium.ts'],
    minutes: 10,
  },
  ...['domain', 'simulator', 'directory', 'faults', 'entries', 'cli', 'activities'].map((name) =>
    vitest(name),
  ),
  ...['api', 'service', 'replay', 'workflows', 'temporal', 'channels', 'e2e'].map((name) =>
    vitest(name, 20),
  ),
  ...['browser', 'contract', 'stack', 'examples'].map((name) => vitest(name)),
];

const named = process.argv.slice(2);
const unknown = named.filter((name) => !suites.some((suite) => suite.name === name));
if (unknown.length > 0) {
  console.error(
    `No suite ${unknown.join(', ')}; there are ${suites.map(({ name }) => name).join(', ')}`,
  );
  process.exit(2);
}

const rows = [];
for (const { name, args, minutes } of suites) {
  if (named.length > 0 && !named.includes(name)) continue;
  announce(name);
  const { code, seconds, output } = await runStage(name, node, args, { minutes });
  const counts = countsOf(output) ?? { passed: 0, failed: 0, skipped: 0 };
  // Colours are for a terminal.
  const plain = output.replaceAll(/\u001B\[[\d;]*m/g, '');
  const failures = [...new Set([...plain.matchAll(/^ *FAIL +(.*)$/gm)].map(([, test]) => test))];
  if (code !== 0 && failures.length === 0)
    failures.push(plain.trim().split('\n').slice(-5).join('\n    '));
  rows.push({ name, code, seconds, ...counts, failures });
}

console.log('\nsuite        seconds  passed  failed');
for (const { name, code, seconds, passed, failed } of rows) {
  const failures = code === 0 ? failed : Math.max(failed, 1);
  const cells = [seconds.toFixed(0).padStart(7), passed, failures].map((cell) =>
    `${cell}`.padStart(6),
  );
  console.log(`${name.padEnd(13)}${cells.join('  ')}`);
}
for (const { name, failures } of rows)
  if (failures.length > 0) console.log(`\n${name} FAILED:\n  ${failures.join('\n  ')}`);

const sum = (key) => rows.reduce((total, row) => total + row[key], 0);
const broken = rows.filter(({ code, failed }) => code !== 0 && failed === 0).length;
console.log(`\n${sum('seconds').toFixed(0)} s in all`);
console.log(`${sum('passed')} passed, ${sum('failed') + broken} failed`);
process.exitCode = sum('failed') + broken > 0 ? 1 : 0;
