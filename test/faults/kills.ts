/*
 * Kills at random. Handoffs come in, people take, pass, stay silent and answer again when nobody answered them, while
 * workers, API, the Temporal server and PostgreSQL are killed with -9 again and again, Twilio refuses, hangs and loses its
 * answers, and the clocks of workers and API are moved by up to a minute every few seconds. Afterwards every handoff is
 * looked at: what was lost, stuck, told after it was taken, told twice, late or wrong is counted.
 *
 *   npm run faults                    1,000 handoffs, 40 kills
 *   npm run faults -- 200 10 7        200 handoffs, 10 kills, the random numbers of 7
 *   npm run faults -- 200 10 7 dev    on the development server, whose database is a file: there is no PostgreSQL to kill
 *
 * Ends with 1 when a promise is broken.
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { HandoffView } from '../../src/domain/view.ts';
import type { Fault } from '../../src/simulator/simulator.ts';
import { startBaton } from '../support/baton.ts';
import { writeCrowd } from '../support/crowd.ts';
import { startDurableServer } from '../support/durable-server.ts';
import { startEntry, type Entry } from '../support/processes.ts';
import { buildSubmission } from '../support/samples.ts';
import { startTestStack } from '../support/test-stack.ts';

const [, , handoffs = '1000', kills = '40', seed = '1', kind = 'stack'] = process.argv;
const [HANDOFFS, KILLS, SEED] = [Number(handoffs), Number(kills), Number(seed)];
const PER_SECOND = 5;
const ESCALATE_AFTER_MS = 20_000;
/** What is later than this counts as late. */
const LATE_MS = 15_000;
const random = createRandom(SEED);

/** What becomes of a handoff, by its number. */
type Fate = 'taken' | 'passed' | 'escalated' | 'last-resort';
const FATES: readonly Fate[] = [
  ...['taken', 'taken', 'taken', 'taken', 'taken', 'passed', 'passed'],
  ...['escalated', 'escalated', 'last-resort'],
] as Fate[];

interface Case {
  readonly number: number;
  readonly fate: Fate;
  id?: string;
  /** When the API said that it has it. */
  acceptedAt?: number;
  /** When a person was told that they have it, and who. */
  taken?: { readonly at: number; readonly by: string };
}

/** What handoffs are kept in, each part of which can be killed and comes back. */
interface Backend {
  readonly at: { readonly address: string; readonly namespace: string };
  readonly parts: Readonly<Record<string, () => Promise<void>>>;
  stop(): Promise<void>;
}

async function startDevServer(folder: string): Promise<Backend> {
  const server = await startDurableServer(folder);
  return {
    at: server,
    parts: { temporal: () => server.killAndStart() },
    stop: () => server.stop(),
  };
}

async function startProductionStack(folder: string): Promise<Backend> {
  const stack = await startTestStack(folder);
  const killAndStart = (name: 'temporal' | 'postgres') => async (): Promise<void> => {
    await stack[name].kill();
    await stack[name].start();
  };
  return {
    at: stack,
    parts: { temporal: killAndStart('temporal'), postgres: killAndStart('postgres') },
    stop: () => stack.stop(),
  };
}

const folder = mkdtempSync(join(tmpdir(), 'baton-faults-'));
const backend = await (kind === 'dev' ? startDevServer : startProductionStack)(folder);
const { files, people } = writeCrowd(300, { escalateAfter: `${ESCALATE_AFTER_MS / 1_000}s` });
const movingClock = fileURLToPath(new URL('../support/moving-clock.mjs', import.meta.url));
const baton = await startBaton({
  files,
  temporal: backend.at,
  env: { NODE_OPTIONS: `--import ${movingClock}` },
});
const workers: Entry[] = [baton.worker, await baton.startWorker()];
/** The successors on their way. */
const coming: Promise<unknown>[] = [];

const cases: Case[] = Array.from({ length: HANDOFFS }, (_, number) => ({
  number,
  fate: FATES[number % FATES.length] ?? 'taken',
}));
/** Handoffs by the words that only their messages have. */
const subjectOf = ({ number }: Case): string => `Lead-${number}-`;
const byNumber = (body: string): Case | undefined => {
  const [, number] = /Lead-(\d+)-/.exec(body) ?? [];
  return number === undefined ? undefined : cases[Number(number)];
};

const personByPhone = new Map(baton.simulator.people.map(({ id, phone }) => [phone ?? '', id]));
const wrong: string[] = [];
const busy = new Set<Promise<void>>();
let lastSend = Date.now();

/** Texts as a person does: again, when no answer came for a while, by whichever way. */
async function say(
  one: Case,
  person: string,
  text: string,
  wanted: RegExp,
): Promise<string | undefined> {
  const from = baton.simulator.sms.length;
  const phone = baton.simulator.people.find(({ id }) => id === person)?.phone;
  /** What was recorded is answered by SMS. */
  const findAnswer = (): string | undefined =>
    baton.simulator.sms
      .slice(from)
      .find(
        ({ to, body, status }) =>
          to === phone && status === 'delivered' && byNumber(body) === one && wanted.test(body),
      )?.body;
  for (let attempt = 0; attempt < 12; attempt += 1) {
    const [answer = ''] = await baton
      .phone(person)
      .reply(text)
      .then(
        (reply) => reply.answers,
        () => [],
      );
    if (wanted.test(answer)) return answer;
    const until = Date.now() + 10_000;
    while (Date.now() < until) {
      const found = findAnswer();
      if (found !== undefined) return found;
      await delay(200);
    }
  }
  wrong.push(`${person}: no answer to "${text}"`);
  return undefined;
}

async function react(one: Case, person: string, body: string): Promise<void> {
  const [, code = ''] = /\b([A-Z]{2}\d{2})\b/.exec(body) ?? [];
  const offered = Number(person.replace('person-', ''));
  const tier = (offered - one.number + people.length * 10) % people.length;
  const patience: Readonly<Record<Fate, number>> = {
    taken: 0,
    passed: 1,
    escalated: 1,
    'last-resort': 2,
  };
  if (tier < patience[one.fate]) {
    if (one.fate === 'passed' && tier === 0) {
      await delay(2_000 * random());
      await say(one, person, `pass ${code}`, /^Passed|has it|is over|over:/);
    }
    return;
  }
  if (one.taken) return;
  await delay(4_000 * random());
  const answer = await say(
    one,
    person,
    `1 ${code}`,
    /You have it|has it|have it already|is over|ended/i,
  );
  if (answer === undefined) return;
  if (/^You have it|have it already/i.test(answer)) {
    one.taken ??= { at: Date.now(), by: person };
    await delay(3_000 * random());
    await say(one, person, `done reached ${code}`, /^Done|over|has it/i);
  }
}

baton.simulator.onChange((change) => {
  if (change.kind !== 'sms' || change.sms.direction !== 'to-person') return;
  lastSend = Date.now();
  const { sms } = change;
  if (sms.status !== 'delivered' || !/^(URGENT|LAST RESORT)/.test(sms.body)) return;
  const one = byNumber(sms.body);
  const person = personByPhone.get(sms.to);
  if (!one || person === undefined) return;
  const task = react(one, person, sms.body).finally(() => busy.delete(task));
  busy.add(task);
});

/** Hands off as a source does: the same request again until it is taken. */
async function submit(one: Case): Promise<void> {
  const body = buildSubmission({
    policy: people[one.number % people.length] ?? '',
    brief: { subject: subjectOf(one), summary: 'Asked for an offer.' },
    action: { do: `Call ${subjectOf(one)}`, within: 'PT1H', outcomes: ['reached'] },
    externalId: `fault-${one.number}`,
  });
  for (;;) {
    const answer = await baton.call('POST', '/v1/handoffs', body).catch(() => undefined);
    if (answer?.status === 201 || answer?.status === 200) {
      one.id = (answer.body as { id: string }).id;
      one.acceptedAt = Date.now();
      return;
    }
    // 408: Node itself, when the machine is too busy to read.
    if (answer && answer.status < 500 && ![408, 429].includes(answer.status)) {
      throw new Error(JSON.stringify(answer.body));
    }
    await delay(500 + 500 * random());
  }
}

const killed: Record<string, number> = {};
const note = (name: string): void => {
  killed[name] = (killed[name] ?? 0) + 1;
};
async function killSomething(): Promise<void> {
  const dice = random();
  if (dice < 0.5) {
    const index = Math.floor(random() * workers.length);
    // What is not up yet cannot be killed, and each kill has one successor.
    await coming[index];
    note('worker');
    await workers[index]?.kill();
    // Its successor comes up beside the load.
    coming[index] = baton.startWorker().then(
      (next) => {
        workers[index] = next;
      },
      (error: unknown) => wrong.push(`a worker did not start: ${String(error)}`),
    );
  } else if (dice < 0.75) {
    note('api');
    await baton.api.kill();
    // As a supervisor does, until it is up: Temporal may be what was killed a moment ago.
    for (let isUp = false; !isUp;) {
      baton.api = startEntry('server', baton.env);
      isUp = await baton.api.waitFor('api is ready').then(
        () => true,
        () => delay(2_000, false),
      );
    }
  } else {
    const parts = Object.entries(backend.parts);
    const [name, killPart] = parts[Math.floor(random() * parts.length)] ?? [];
    if (name === undefined) throw new Error('there is nothing to kill');
    note(name);
    await killPart?.();
  }
}

/** What Twilio does to the next messages. */
const TROUBLES: readonly Fault[] = [
  { channel: 'sms', kind: 'rate-limited', times: 3 },
  { channel: 'sms', kind: 'error-before-accepting', times: 3 },
  { channel: 'sms', kind: 'error-after-accepting', times: 3 },
  { channel: 'sms', kind: 'hang', times: 1 },
  { channel: 'sms', kind: 'hang-after-accepting', times: 1 },
  { channel: 'sms', kind: 'duplicate-callbacks', times: 5 },
  { channel: 'sms', kind: 'reordered-callbacks', times: 5 },
  { channel: 'sms', kind: 'latency', ms: 3_000, times: 5 },
];
let troubles = 0;
function troubleTwilio(): void {
  const trouble = TROUBLES[Math.floor(random() * TROUBLES.length)];
  if (!trouble) return;
  baton.simulator.faults.inject(trouble);
  troubles += 1;
}

const begun = Date.now();
const submitting = (async () => {
  const pending: Promise<void>[] = [];
  for (const one of cases) {
    pending.push(submit(one));
    await delay(1_000 / PER_SECOND);
  }
  await Promise.all(pending);
})();
for (let kill = 0; kill < KILLS; kill += 1) {
  await delay((0.5 + random()) * ((1_000 * HANDOFFS) / PER_SECOND / KILLS));
  await killSomething();
  troubleTwilio();
}
await submitting;
process.stdout.write(`all submitted and all kills done after ${seconds(Date.now() - begun)}\n`);

/** Reads each until it is over, for as long as something still happens. */
const views = new Map<Case, HandoffView>();
const deadline = Date.now() + 300_000;
while (views.size < cases.length && Date.now() < deadline) {
  for (const one of cases) {
    if (views.has(one) || one.id === undefined) continue;
    const view = await baton.read(one.id).catch(() => undefined);
    if (view?.ending) views.set(one, view);
  }
  await delay(1_000);
}
await Promise.all(busy);
while (Date.now() - lastSend < 10_000) await delay(500);

// -- the count

const offers = baton.simulator.sms.filter(
  ({ direction, author, body }) =>
    direction === 'to-person' && author === 'baton' && /^(URGENT|LAST RESORT)/.test(body),
);
const offersOf = (one: Case) => offers.filter(({ body }) => body.includes(subjectOf(one)));
const lost = cases.filter((one) => one.id === undefined || offersOf(one).length === 0);
const stuck = cases.filter((one) => !views.has(one));
const afterTake = cases.flatMap((one) =>
  offersOf(one)
    .filter(({ dateCreated }) => one.taken && Date.parse(dateCreated) > one.taken.at)
    .map(({ body, dateCreated }) => `${one.id ?? ''} ${dateCreated}: ${body.slice(0, 60)}`),
);
const twice = cases.flatMap((one) => {
  const seen = offersOf(one).map(({ to, body }) => `${to} ${body}`);
  return seen.filter((text, index) => seen.indexOf(text) !== index);
});
const wrongOwner = [...views].filter(
  ([one, { ending }]) =>
    one.taken && ending?.by?.kind === 'responder' && ending.by.id !== one.taken.by,
);
const firstMs = cases
  .filter((one) => one.acceptedAt !== undefined)
  .map((one) => {
    const [first] = offersOf(one);
    return first ? Date.parse(first.dateCreated) - (one.acceptedAt ?? 0) : Infinity;
  });
const escalationMs = cases
  .filter(({ fate }) => fate === 'escalated')
  .flatMap((one) => {
    const [first, second] = offersOf(one);
    if (!first || !second) return [];
    return [Date.parse(second.dateCreated) - Date.parse(first.dateCreated) - ESCALATE_AFTER_MS];
  });
const sorted = (times: readonly number[]): number[] => [...times].sort((one, other) => one - other);
const at = (times: readonly number[], share: number): string =>
  seconds(sorted(times)[Math.floor(times.length * share)] ?? NaN);

console.table({
  kills: Object.entries(killed)
    .map(([name, count]) => `${count} ${name}`)
    .join(', '),
  'faults of Twilio': troubles,
  handoffs: `${cases.length} in ${seconds(Date.now() - begun)}, ${offers.length} offers`,
  lost: lost.length,
  stuck: stuck.length,
  'told after the take was confirmed': afterTake.length,
  'told twice': `${twice.length} (${((100 * twice.length) / offers.length).toFixed(2)} % of offers)`,
  'ended by another than who was told "you have it"': wrongOwner.length,
  'no answer in two minutes': wrong.length,
  'accepted → first SMS p50, p99, slowest': `${at(firstMs, 0.5)}, ${at(firstMs, 0.99)}, ${at(firstMs, 0.9999)}`,
  'escalation late by p50, p99, slowest': `${at(escalationMs, 0.5)}, ${at(escalationMs, 0.99)}, ${at(escalationMs, 0.9999)}`,
  'escalations late by more than 15 s': escalationMs.filter((ms) => ms > LATE_MS).length,
});
for (const line of [...afterTake, ...twice, ...wrong].slice(0, 20))
  process.stdout.write(`${line}\n`);
for (const one of [...lost, ...stuck].slice(0, 5)) {
  process.stdout.write(`${JSON.stringify(one)}\n`);
  if (one.id !== undefined) {
    const view = await baton.read(one.id).catch(String);
    process.stdout.write(`${JSON.stringify(view, null, 1)}\n`);
  }
}
const isKept =
  lost.length + stuck.length + afterTake.length + wrongOwner.length + wrong.length === 0 &&
  twice.length < 0.005 * offers.length;
process.stdout.write(isKept ? 'every promise was kept\n' : 'A PROMISE WAS BROKEN\n');
await Promise.all(workers.map((worker) => worker.kill()));
await baton.stop();
await backend.stop();
process.exit(isKept ? 0 : 1);

/** Mulberry32: the same numbers for the same seed. */
function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
