/*
 * Kills at random, and what they broke.
 *
 *   npm run faults                                  1,000 handoffs for 300 people, 40 kills, on the production stack
 *   npm run faults -- --handoffs 200 --kills 10 --seed 7
 *   npm run faults -- --backend dev                 on the development server: there is no PostgreSQL to kill
 *   npm run faults -- --three worker                60 handoffs for three people while one part is killed 20 times
 *   npm run faults -- --check record.json           looks once more at what a run left behind
 *
 * Each run writes its record, which `--check` reads. Ends with 1 when a promise is broken.
 */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { asks, checkRun } from './checker.ts';
import type { RunRecord, SentMessage, SubmittedHandoff } from './record.ts';
import { PARTS, runFaults, type RunOptions } from './run.ts';

const { values } = parseArgs({
  options: {
    handoffs: { type: 'string' },
    kills: { type: 'string' },
    seed: { type: 'string', default: '1' },
    backend: { type: 'string', default: 'stack' },
    three: { type: 'string' },
    check: { type: 'string' },
  },
});
const ESCALATE_AFTER_MS = 20_000;
/** What is later than this counts as late. */
const LATE_MS = 15_000;

if (values.check === undefined) await runAndCheck();
else report(JSON.parse(readFileSync(values.check, 'utf8')) as RunRecord, {});

async function runAndCheck(): Promise<void> {
  const options = values.three === undefined ? everything() : threePeople(values.three);
  const { record, killed, troubles, tookMs, gaveUp } = await runFaults(options);
  const file = join(mkdtempSync(join(tmpdir(), 'baton-run-')), 'record.json');
  writeFileSync(file, JSON.stringify(record));
  report(record, {
    kills: Object.entries(killed)
      .map(([name, count]) => `${count} ${name}`)
      .join(', '),
    'faults of Twilio': troubles,
    took: seconds(tookMs),
    'no answer in two minutes': gaveUp.length,
  });
  process.stdout.write(`${[...gaveUp, `record: ${file}`].join('\n')}\n`);
  if (gaveUp.length > 0) process.exitCode = 1;
}

function everything(): RunOptions {
  const backend = values.backend === 'dev' ? 'dev' : 'stack';
  return {
    handoffs: Number(values.handoffs ?? 1_000),
    kills: Number(values.kills ?? 40),
    people: 300,
    perSecond: 3,
    parts: [
      ...(['worker', 'worker', 'worker', 'worker', 'api', 'api', 'temporal'] as const),
      backend === 'dev' ? 'temporal' : 'postgres',
    ],
    workers: 2,
    backend,
    isTroubled: true,
    escalateAfterMs: ESCALATE_AFTER_MS,
    seed: Number(values.seed),
  };
}

function threePeople(name: string): RunOptions {
  const part = PARTS.find((one) => one === name);
  if (!part) throw new Error(`--three takes one of ${PARTS.join(', ')}, not ${name}`);
  return {
    handoffs: Number(values.handoffs ?? 60),
    kills: Number(values.kills ?? 20),
    people: 3,
    perSecond: 2,
    parts: [part],
    workers: 1,
    backend: part === 'postgres' ? 'stack' : 'dev',
    isTroubled: false,
    escalateAfterMs: ESCALATE_AFTER_MS,
    seed: Number(values.seed),
  };
}

function report(record: RunRecord, run: Readonly<Record<string, string | number>>): void {
  const violations = checkRun(record);
  const offers = record.messages.filter(asks);
  const offersOf = ({ accepted }: SubmittedHandoff): SentMessage[] =>
    offers.filter(({ handoff }) => handoff !== undefined && handoff === accepted?.id);
  const firstMs = record.handoffs.flatMap((one) => {
    const [first] = offersOf(one);
    return first && one.accepted ? [Date.parse(first.at) - Date.parse(one.accepted.at)] : [];
  });
  const escalationMs = record.handoffs.flatMap((one) => {
    const [first, second] = offersOf(one);
    const hasPassed = one.result?.timeline.some(({ what }) => what === 'passed') === true;
    if (!first || !second || hasPassed) return [];
    return [Date.parse(second.at) - Date.parse(first.at) - ESCALATE_AFTER_MS];
  });
  const countOf = (rule: string): number => violations.filter((one) => one.rule === rule).length;
  console.table({
    ...run,
    handoffs: `${record.handoffs.length}, ${offers.length} offers, ${record.texts.length} texts`,
    lost: countOf('lost'),
    'told twice': countOf('told-twice'),
    'two owners': countOf('two-owners'),
    'counted twice': countOf('counted-twice'),
    'told what is not so': countOf('untrue-answer'),
    'never answered': countOf('unanswered'),
    'obeyed after a later word': countOf('overtaken'),
    'asked after a confirmed take or end': countOf('asked-after-take'),
    'told, but not sent': countOf('untrue-timeline'),
    'accepted → first SMS p50, p99, slowest': percentiles(firstMs),
    'escalation late by p50, p99, slowest': percentiles(escalationMs),
    'escalations late by more than 15 s': escalationMs.filter((ms) => ms > LATE_MS).length,
  });
  for (const { rule, handoff = '', says } of violations.slice(0, 40))
    process.stdout.write(`${rule} ${handoff} ${says}\n`);
  process.stdout.write(
    violations.length === 0 ? 'every promise was kept\n' : 'A PROMISE WAS BROKEN\n',
  );
  if (violations.length > 0) process.exitCode = 1;
}

function percentiles(times: readonly number[]): string {
  const sorted = [...times].sort((one, other) => one - other);
  const at = (share: number): string => seconds(sorted[Math.floor(times.length * share)] ?? NaN);
  return [at(0.5), at(0.99), at(0.9999)].join(', ');
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
