/*
 * What Baton bears on the production stack (PostgreSQL, one Temporal server, one API and one worker of dist/), beside
 * a bare workflow on the same server, in one run. Prints tables, with the CPU that each process took for a handoff.
 *
 *   npm run bench:load                     all of it
 *   npm run bench:load -- told replies     parts of it: told, steady, replies, timers, restart, asleep
 */
import { appendFileSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { childEnvironment } from '../../src/config.ts';
import { startBaton } from '../support/baton.ts';
import { writeCrowd } from '../support/crowd.ts';
import { buildSubmission } from '../support/samples.ts';
import { startBuilt, startTestStack } from '../support/test-stack.ts';
import { startBare } from './bare.ts';
import { measureCpu, readRss } from './processes.ts';

const PARTS = { told, steady, replies, timers, restart, asleep };
const PEOPLE = 1_000;
const AT_ONCE = 16;
const REPLIES = { count: 400, atOnce: 300 };
const MINUTE_MS = 60_000;
const STEADY = { perSecond: 20, seconds: 60 };

const { BATON_ASLEEP = '10000' } = childEnvironment();
const folder = mkdtempSync(join(tmpdir(), 'baton-load-'));
const stack = await startTestStack(folder);
const { files, people } = writeCrowd(PEOPLE);
const directory = readFileSync(files.directory, 'utf8');
// The same people, told at the end of their quiet hours.
appendFileSync(
  files.policies,
  readFileSync(files.policies, 'utf8')
    .replaceAll('whenQuiet: ignore', 'whenQuiet: wait')
    .replaceAll(/^person-/gm, 'waiting-'),
);
const baton = await startBaton({
  files,
  temporal: stack,
  startEntry: startBuilt(stack),
});
let isWarm = false;
/** When the message of a key arrived: `performance.now()`. */
const arrived = new Map<string, number>();
baton.simulator.onChange(({ kind, ...change }) => {
  if (kind !== 'sms' || !('sms' in change) || change.sms.direction !== 'to-person') return;
  const key = /\bkey-[a-z]+-\d+\b/.exec(change.sms.body)?.[0];
  if (key !== undefined && !arrived.has(key)) arrived.set(key, performance.now());
});
const bare = await startBare({
  address: stack.address,
  namespace: stack.namespace,
  onSend: (key) => arrived.set(key, performance.now()),
});
const processes = {
  PostgreSQL: stack.postgres.pid,
  Temporal: stack.temporal.pid,
  worker: baton.worker.pid,
  API: baton.api.pid,
  'this (phones, bare worker)': process.pid,
};

type Figures = Readonly<Record<string, string | number>>;
const chosen = process.argv.slice(2);
for (const [name, measure] of Object.entries(PARTS)) {
  if (chosen.length > 0 && !chosen.includes(name)) continue;
  const { title, rows } = await measure();
  process.stdout.write(`\n${title}\n`);
  console.table(rows);
}
await bare.stop();
await baton.stop();
await stack.stop();
process.exit();

// -- the parts

interface Report {
  readonly title: string;
  readonly rows: Readonly<Record<string, Figures>>;
}

async function told(): Promise<Report> {
  const measure = async (
    prefix: string,
    count: number,
    start: (key: string, index: number) => Promise<unknown>,
  ): Promise<Figures> => {
    const keys = keysOf(prefix, count);
    const startedAt = new Map<string, number>();
    const cpu = measureCpu(processes);
    const begun = performance.now();
    await inLanes(AT_ONCE, keys, async (key, index) => {
      startedAt.set(key, performance.now());
      await start(key, index);
    });
    const created = performance.now() - begun;
    await allArrived(keys);
    const all = Math.max(...keys.map((key) => arrived.get(key) ?? NaN)) - begun;
    const waits = keys.map((key) => (arrived.get(key) ?? NaN) - (startedAt.get(key) ?? NaN));
    // What is done after the message belongs to it too.
    await delay(3_000);
    return {
      'all told': seconds(all),
      'starts/s': Math.round(count / (created / 1_000)),
      'create → message p50': ms(waits, 0.5),
      p95: ms(waits, 0.95),
      ...cpu.per(count),
    };
  };
  const startOurs = (key: string, index: number): Promise<unknown> =>
    submit(key, people[index] ?? '');
  await warmUp();
  return {
    title: `${PEOPLE} handoffs for as many people, ${AT_ONCE} at a time (CPU: ms each)`,
    rows: {
      'bare workflow': await measure('bare', PEOPLE, (key) => bare.start(key)),
      Baton: await measure('ours', PEOPLE, startOurs),
      'bare workflow again': await measure('barer', PEOPLE, (key) => bare.start(key)),
      'Baton again': await measure('oursr', PEOPLE, startOurs),
    },
  };
}

/** So many a second for a minute: nothing queues up when the last are told as quickly as the first. */
async function steady(): Promise<Report> {
  const measure = async (
    prefix: string,
    start: (key: string, index: number) => Promise<unknown>,
  ): Promise<Figures> => {
    const keys = keysOf(prefix, STEADY.perSecond * STEADY.seconds);
    const cpu = measureCpu(processes);
    const begun = performance.now();
    const dueAt = (index: number): number => begun + (index * 1_000) / STEADY.perSecond;
    const starts = keys.map(async (key, index) => {
      await delay(Math.max(0, dueAt(index) - performance.now()));
      await start(key, index);
    });
    await Promise.all(starts);
    await allArrived(keys);
    const waits = keys.map((key, index) => (arrived.get(key) ?? NaN) - dueAt(index));
    await delay(3_000);
    const third = Math.ceil(keys.length / 3);
    return {
      'p50 of the first third': ms(waits.slice(0, third), 0.5),
      'of the second': ms(waits.slice(third, 2 * third), 0.5),
      'of the last': ms(waits.slice(2 * third), 0.5),
      'p95 of all': ms(waits, 0.95),
      slowest: ms(waits, 1),
      ...cpu.per(keys.length),
    };
  };
  await warmUp();
  return {
    title: `${STEADY.perSecond} a second for ${STEADY.seconds} s (CPU: ms each)`,
    rows: {
      'bare workflow': await measure('steadybare', (key) => bare.start(key)),
      Baton: await measure('steady', (key, index) => submit(key, people[index % PEOPLE] ?? '')),
    },
  };
}

/** Whatever runs first pays for cold code. */
async function warmUp(): Promise<void> {
  if (isWarm) return;
  isWarm = true;
  const [bares, ours] = [keysOf('warmbare', 100), keysOf('warm', 100)];
  await inLanes(AT_ONCE, bares, (key) => bare.start(key));
  await inLanes(AT_ONCE, ours, (key, index) => submit(key, people[index] ?? ''));
  await allArrived([...bares, ...ours]);
  await delay(3_000);
}

async function replies(): Promise<Report> {
  const open = await openFor('reply', REPLIES.count);
  await delay(5_000);
  const cpu = measureCpu(processes);
  const begun = performance.now();
  const answers = await inLanes(REPLIES.atOnce, open, async ({ code, person }) => {
    const from = performance.now();
    const { answers: heard } = await baton.phone(person).reply(`1 ${code}`);
    return { text: heard[0] ?? '', took: performance.now() - from };
  });
  const all = performance.now() - begun;
  const usage = cpu.per(REPLIES.count);
  const count = (words: RegExp): number => answers.filter(({ text }) => words.test(text)).length;
  const owned = await inLanes(AT_ONCE, open, async ({ id, person }) => {
    const isOwner = async (): Promise<boolean> =>
      (await baton.read(id)).owner?.responder === person;
    const until = Date.now() + MINUTE_MS;
    while (!(await isOwner()) && Date.now() < until) await delay(200);
    return isOwner();
  });
  const took = answers.map((answer) => answer.took);
  return {
    title: `${REPLIES.count} replies, ${REPLIES.atOnce} at a time (CPU: ms each)`,
    rows: {
      Baton: {
        'told at once that they have it': count(/^You have it/),
        'told that it is recorded': count(/^Your reply is recorded/),
        'not told': count(/^$/) + count(/NOT recorded|not certain/),
        'have it': owned.filter(Boolean).length,
        'answer p50': ms(took, 0.5),
        p95: ms(took, 0.95),
        all: seconds(all),
        ...usage,
      },
    },
  };
}

function timers(): Promise<Report> {
  return wakeTogether('wake', (endsAt) => delay(Math.max(0, endsAt - Date.now())));
}

function restart(): Promise<Report> {
  return wakeTogether('rewake', async (endsAt) => {
    await delay(Math.max(0, endsAt - Date.now() - 3_000));
    await stack.temporal.kill();
    await delay(6_000);
    await stack.temporal.start();
  });
}

/** A thousand people whose quiet hours end in the same moment. */
async function wakeTogether(
  prefix: string,
  pass: (endsAt: number) => Promise<void>,
): Promise<Report> {
  const endsAt = Math.ceil((Date.now() + 2 * MINUTE_MS) / MINUTE_MS) * MINUTE_MS;
  const [from, to] = [endsAt - 600 * MINUTE_MS, endsAt].map((at) =>
    new Date(at).toISOString().slice(11, 16),
  );
  writeFileSync(
    files.directory,
    directory.replace(
      'organisation: { timezone: UTC }',
      `organisation: { timezone: UTC, quietHours: [{ from: '${from ?? ''}', to: '${to ?? ''}' }] }`,
    ),
  );
  // It is read again within a second.
  await delay(3_000);
  const keys = keysOf(prefix, PEOPLE);
  const open = await inLanes(AT_ONCE, keys, (key, index) =>
    submit(key, (people[index] ?? '').replace('person', 'waiting')),
  );
  const states = await inLanes(AT_ONCE, open, async ({ id }) => (await baton.read(id)).status);
  const asleep = states.filter((status) => status === 'waiting').length;
  const left = seconds(endsAt - Date.now());
  await pass(endsAt);
  await allArrived(keys);
  const offset = Date.now() - performance.now();
  const late = keys.map((key) => (arrived.get(key) ?? NaN) + offset - endsAt);
  writeFileSync(files.directory, directory);
  await delay(3_000);
  return {
    title: `${PEOPLE} handoffs that are due in the same moment${prefix === 'wake' ? '' : ', while the Temporal server is down for 6 s around it'}`,
    rows: {
      Baton: {
        [`asleep ${left} before`]: asleep,
        told: late.filter((one) => !Number.isNaN(one)).length,
        'late p50': ms(late, 0.5),
        p99: ms(late, 0.99),
        slowest: ms(late, 1),
        'too early': late.filter((one) => one < 0).length,
      },
    },
  };
}

async function asleep(): Promise<Report> {
  const count = Number(BATON_ASLEEP);
  const begun = performance.now();
  const open = await openFor('asleep', count);
  const created = performance.now() - begun;
  await delay(10_000);
  // Those of long ago are in no worker's memory.
  const took: number[] = [];
  for (const { id, person } of open.slice(0, 200)) {
    const from = performance.now();
    const { status } = await baton.call('POST', `/v1/handoffs/${id}/take`, { responder: person });
    if (status !== 200) throw new Error(`take answered ${status}`);
    took.push(performance.now() - from);
  }
  return {
    title: `${count} open handoffs`,
    rows: {
      Baton: {
        'created in': seconds(created),
        'take p50': ms(took, 0.5),
        p95: ms(took, 0.95),
        'worker, MB': Math.round(readRss(baton.worker.pid) / 2 ** 20),
        'API, MB': Math.round(readRss(baton.api.pid) / 2 ** 20),
        'Temporal, MB': Math.round(readRss(stack.temporal.pid) / 2 ** 20),
      },
    },
  };
}

// -- what they share

function keysOf(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `key-${prefix}-${index}`);
}

async function openFor(prefix: string, count: number) {
  const keys = keysOf(prefix, count);
  const open = await inLanes(AT_ONCE, keys, async (key, index) => {
    const person = people[index % PEOPLE] ?? '';
    return { ...(await submit(key, person)), person };
  });
  await allArrived(keys);
  return open;
}

function submit(key: string, policy: string): Promise<{ id: string; code: string }> {
  return baton.submit(
    buildSubmission({
      policy,
      brief: { subject: `${key} of Acme`, summary: 'Asked for an offer.' },
      action: { do: `Call ${key} now`, outcomes: ['reached'] },
    }),
  );
}

async function inLanes<T, R>(
  lanes: number,
  items: readonly T[],
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const queue = items.entries();
  await Promise.all(
    Array.from({ length: lanes }, async () => {
      for (const [index, item] of queue) results[index] = await work(item, index);
    }),
  );
  return results;
}

async function allArrived(keys: readonly string[]): Promise<void> {
  const until = Date.now() + 5 * MINUTE_MS;
  for (;;) {
    const missing = keys.filter((key) => !arrived.has(key));
    if (missing.length === 0) return;
    if (Date.now() > until) throw new Error(`${missing.length} of ${keys.length} were never told`);
    await delay(50);
  }
}

function ms(times: readonly number[], share: number): string {
  const sorted = [...times].sort((one, other) => one - other);
  const at = Math.min(sorted.length - 1, Math.floor(sorted.length * share));
  return `${Math.round(sorted[at] ?? NaN)} ms`;
}

function seconds(duration: number): string {
  return `${(duration / 1_000).toFixed(1)} s`;
}
