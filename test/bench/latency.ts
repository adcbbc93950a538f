/*
 * How fast a handoff reaches a phone, how fast a reply is answered, how many start a second and how long a
 * history is; beside a bare workflow of the same shape, on one server, in one run. Prints a table.
 *
 *   npm run bench            100 of each
 *   npm run bench -- 300     300 of each
 */
import { appendFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { choosePort } from '../../src/temporal/server.ts';
import { startBaton, TEST_ACCOUNT } from '../support/baton.ts';
import { writeCrowd } from '../support/crowd.ts';
import { startEntry } from '../support/processes.ts';
import { buildSubmission } from '../support/samples.ts';
import { startBare } from './bare.ts';

const COUNT = Number(process.argv[2] ?? 100);
const PER_SECOND = 20;
const AT_ONCE = 32;
/** Two messages to one phone are 1.2 s apart: at this number nobody has to wait for that. */
const PEOPLE = 200;

/** One way to have a message sent, and what comes after. */
interface Contestant {
  readonly name: string;
  /** Starts one; resolves when the server has it. */
  readonly start: (key: string) => Promise<Started>;
  /** Ends one as somebody would who takes it and is done. */
  readonly end: (key: string, started: Started) => Promise<void>;
}

interface Started {
  readonly id: string;
  readonly code?: string;
}

/** When the message of a key arrived, in ms of `performance.now()`. */
const arrivals = new Map<string, number>();
const waiting = new Map<string, () => void>();

function arrive(key: string): void {
  if (arrivals.has(key)) return;
  arrivals.set(key, performance.now());
  waiting.get(key)?.();
}

async function arrival(key: string): Promise<number> {
  if (!arrivals.has(key)) {
    await new Promise<void>((resolve, reject) => {
      waiting.set(key, resolve);
      setTimeout(() => {
        reject(new Error(`${key} was not told of within a minute`));
      }, 60_000).unref();
    });
  }
  return arrivals.get(key) ?? NaN;
}

const { files, people } = writeCrowd(PEOPLE);
const pairs = people.flatMap((one, index) =>
  index % 2 === 0 ? [[one, people[index + 1] ?? one] as const] : [],
);
appendFileSync(
  files.policies,
  pairs
    .map(([one, other]) => {
      const tier = `{ notify: [${one}, ${other}], ladder: [sms], escalateAfter: 10m }`;
      return `pair-${one}: { lastResort: { notify: [${one}] }, urgent: { whenQuiet: ignore, tiers: [${tier}] } }\n`;
    })
    .join(''),
);
const baton = await startBaton({ files });

const stopListening = baton.simulator.onChange((change) => {
  if (change.kind !== 'sms') return;
  const key = /\b(key\d+)\b/.exec(change.sms.body)?.[1];
  if (key !== undefined) arrive(key);
});
const bare = await startBare({
  address: baton.temporal.address,
  namespace: baton.temporal.namespace,
  onSend: arrive,
});

const bareContestant: Contestant = {
  name: 'bare workflow',
  start: async (key) => ({ id: (await bare.start(key)).workflowId }),
  end: (key) => bare.finish(key),
};
const answerTimes: number[] = [];
const batonContestant: Contestant = {
  name: 'Baton',
  start: (key) => baton.submit(requestFor(key)),
  async end(key, { id, code = '' }) {
    // With its code: one that was over a moment ago may be meant as well.
    for (const text of [`1 ${code}`, `done reached ${code}`]) {
      const startedAt = performance.now();
      const { answers } = await baton.phone(responderOf(key)).reply(text);
      answerTimes.push(performance.now() - startedAt);
      if (!/^(You have it|Done)/.test(answers[0] ?? '')) throw new Error(answers[0]);
    }
    await baton.waitForStatus(id, 'resolved');
  },
};

let keys = 0;
const nextKey = (): string => `key${(keys += 1)}`;

/** Starts one after the other, each when the one before has ended. */
async function measureIdle({ start, end }: Contestant) {
  const times: number[] = [];
  let events = 0;
  for (let done = 0; done < COUNT; done += 1) {
    const key = nextKey();
    const startedAt = performance.now();
    const started = await start(key);
    times.push((await arrival(key)) - startedAt);
    await delay(300);
    await end(key, started);
    const { historyLength } = await baton.client.workflow.getHandle(started.id).describe();
    events += historyLength;
  }
  return { times, events: events / COUNT };
}

/** Both of two who are asked reply at the same moment; returns how long each waits for the answer. */
async function measureRaces(): Promise<number[]> {
  const times: number[] = [];
  for (let done = 0; done < COUNT; done += 1) {
    const pair = pairs[done % pairs.length] ?? ['', ''];
    const key = nextKey();
    const { code } = await baton.submit({ ...requestFor(key), policy: `pair-${pair[0]}` });
    const phones = pair.map((person) => baton.phone(person));
    await Promise.all(phones.map((phone) => phone.expectSms(new RegExp(`\\b${key}\\b`))));
    await delay(300);
    const reply = async (phone: (typeof phones)[number]): Promise<string> => {
      const startedAt = performance.now();
      const { answers } = await phone.reply(`1 ${code}`);
      times.push(performance.now() - startedAt);
      return answers[0] ?? '';
    };
    const answers = await Promise.all(phones.map(reply));
    if (answers.filter((answer) => answer.startsWith('You have it')).length !== 1)
      throw new Error(answers.join(' / '));
    const winner = phones[answers.findIndex((answer) => answer.startsWith('You have it'))];
    await winner?.reply(`done reached ${code}`);
  }
  return times;
}

/** Starts so many a second, whatever comes of them. */
async function measureRate({ start }: Contestant): Promise<number[]> {
  const runs: Promise<number>[] = [];
  for (let done = 0; done < COUNT; done += 1) {
    const key = nextKey();
    const startedAt = performance.now();
    runs.push(start(key).then(async () => (await arrival(key)) - startedAt));
    await delay(1_000 / PER_SECOND);
  }
  return Promise.all(runs);
}

/** Starts as many as it can, a few at once. */
async function measureStarts(start: (key: string) => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  let left = COUNT * 3;
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      while (left > 0) {
        left -= 1;
        await start(nextKey());
      }
    }),
  );
  return (COUNT * 3) / ((performance.now() - begun) / 1_000);
}

const percentile = (times: readonly number[], share: number): string => {
  const sorted = [...times].sort((a, b) => a - b);
  return `${Math.round(sorted[Math.floor(sorted.length * share)] ?? NaN)} ms`;
};

// What runs first pays for cold code: neither is measured before both are warm.
for (const contestant of [bareContestant, batonContestant]) {
  for (let done = 0; done < 10; done += 1) {
    const key = nextKey();
    const started = await contestant.start(key);
    await arrival(key);
    await delay(300);
    await contestant.end(key, started);
  }
}
answerTimes.length = 0;

const rows: Record<string, Record<string, string>> = {};
for (const contestant of [bareContestant, batonContestant]) {
  const { times, events } = await measureIdle(contestant);
  rows[contestant.name] = {
    'create → sent p50': percentile(times, 0.5),
    p95: percentile(times, 0.95),
    'reply → answer p50': contestant === batonContestant ? percentile(answerTimes, 0.5) : '',
    'p95 ': contestant === batonContestant ? percentile(answerTimes, 0.95) : '',
    'events each': String(events),
  };
}
for (const contestant of [bareContestant, batonContestant]) {
  const times = await measureRate(contestant);
  Object.assign(rows[contestant.name] ?? {}, {
    [`at ${PER_SECOND}/s p50`]: percentile(times, 0.5),
    'p95  ': percentile(times, 0.95),
  });
}
const races = await measureRaces();
Object.assign(rows['Baton'] ?? {}, {
  'two replies at once p50': percentile(races, 0.5),
  'p95   ': percentile(races, 0.95),
});
// What an API lets in is what workers can work; how fast starts are by themselves shows one that lets in everything.
const open = await startOpenApi();
const ways = [
  { row: 'bare workflow', column: 'starts/s', start: (key: string) => bare.start(key) },
  { row: 'Baton', column: 'starts/s', start: (key: string) => open.submit(key) },
  { row: 'Baton', column: 'let in/s', start: batonContestant.start },
];
for (const { row, column, start } of ways) {
  const perSecond = await measureStarts(start);
  Object.assign(rows[row] ?? {}, { [column]: perSecond.toFixed(0) });
  await allTold();
}
console.table(rows);

stopListening();
await bare.stop();
await open.api.kill();
await baton.stop();
process.exit();

function requestFor(key: string) {
  return buildSubmission({
    policy: responderOf(key),
    brief: { subject: key, summary: 'Asked for an offer.' },
    action: { do: `Call ${key}`, outcomes: ['reached'] },
  });
}

/** An API beside the other one, without admission. */
async function startOpenApi() {
  const port = await choosePort();
  const api = startEntry('server', { ...baton.env, PORT: String(port), BATON_ADMISSION: 'off' });
  await api.waitFor('api is ready');
  return {
    api,
    async submit(key: string): Promise<void> {
      const { status } = await fetch(`http://127.0.0.1:${port}/v1/handoffs`, {
        method: 'POST',
        headers: {
          Authorization: `Bearer ${TEST_ACCOUNT.apiKey}`,
          'Content-Type': 'application/json',
        },
        body: JSON.stringify(requestFor(key)),
      });
      if (status !== 201) throw new Error(`${key} was answered ${status}`);
    },
  };
}

/** Waits until all that was started has been worked. */
async function allTold(): Promise<void> {
  for (let number = 1; number <= keys; number += 1) await arrival(`key${number}`);
  await delay(3_000);
}

/** Each key belongs to one person, whose policy has their name. */
function responderOf(key: string): string {
  return `person-${Number(key.replace('key', '')) % PEOPLE}`;
}
