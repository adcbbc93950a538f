/*
 * A run of faults. Handoffs come in, people take, pass, stay silent, race for one another and answer again when nobody
 * answered them, while parts of the installation are killed with -9 again and again, Twilio refuses, hangs and loses its
 * answers, and clocks are moved.
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { HandoffResult } from '../../src/domain/view.ts';
import type { Fault, SimulatedSms } from '../../src/simulator/simulator.ts';
import { startBaton, type Baton } from '../support/baton.ts';
import { writeCrowd } from '../support/crowd.ts';
import { startDurableServer } from '../support/durable-server.ts';
import type { Entry, startEntry } from '../support/processes.ts';
import { buildSubmission } from '../support/samples.ts';
import { startBuilt, startTestStack } from '../support/test-stack.ts';
import { asks, readAnswer } from './checker.ts';
import { Recorder, type RunRecord, type SubmittedHandoff } from './record.ts';

/** What can be killed. */
export const PARTS = ['worker', 'api', 'temporal', 'postgres'] as const;
export type Part = (typeof PARTS)[number];

export interface RunOptions {
  readonly handoffs: number;
  /** How many people share them. */
  readonly people: number;
  /** How many handoffs come in a second, at most: they are spread over the kills. */
  readonly perSecond: number;
  readonly kills: number;
  /** What is killed, one of these at random each time; named twice it is killed twice as often. */
  readonly parts: readonly Part[];
  /** How many workers there are. */
  readonly workers: number;
  /** The development server, whose database is a file, or the production stack on PostgreSQL with what was built. */
  readonly backend: 'dev' | 'stack';
  /** Twilio refuses, hangs and loses its answers, and clocks of workers and API are moved by up to a minute. */
  readonly isTroubled: boolean;
  /** A tier waits for so long. */
  readonly escalateAfterMs: number;
  readonly seed: number;
}

export interface FaultRun {
  readonly record: RunRecord;
  /** How often what was killed. */
  readonly killed: Readonly<Partial<Record<Part, number>>>;
  /** How often Twilio was troubled. */
  readonly troubles: number;
  /** How long it took, in ms. */
  readonly tookMs: number;
  /** Who gave up, having got no answer in two minutes. */
  readonly gaveUp: readonly string[];
  /** What worker and API printed last. */
  readonly lastOutput: string;
}

/** What becomes of a handoff: taken by the first or after a pass, late, by two at once, by the last resort, withdrawn. */
type Fate = 'taken' | 'passed' | 'escalated' | 'raced' | 'last-resort' | 'withdrawn';
const FATES: readonly Fate[] = [
  ...(['taken', 'taken', 'passed', 'taken', 'raced'] as const),
  ...(['escalated', 'taken', 'withdrawn', 'passed', 'last-resort'] as const),
];

interface Case {
  readonly number: number;
  readonly fate: Fate;
  readonly subject: string;
  accepted?: NonNullable<SubmittedHandoff['accepted']>;
  /** Somebody was told that they have it. */
  isTaken?: boolean;
  /** The source was told that it is withdrawn. */
  isWithdrawn?: boolean;
}

/** Runs it, and returns what it left behind once nothing moves any more. */
export async function runFaults(options: RunOptions): Promise<FaultRun> {
  const begun = Date.now();
  const random = createRandom(options.seed);
  const backend = await (options.backend === 'dev' ? startDevServer : startProductionStack)();
  const { files, people } = writeCrowd(options.people, {
    escalateAfter: `${options.escalateAfterMs / 1_000}s`,
  });
  const movingClock = fileURLToPath(new URL('../support/moving-clock.mjs', import.meta.url));
  const baton = await startBaton({
    files,
    temporal: backend.at,
    ...(backend.startEntry && { startEntry: backend.startEntry }),
    ...(options.isTroubled && { env: { NODE_OPTIONS: `--import ${movingClock}` } }),
  });
  const installation = new Installation(baton, backend, options.workers);
  try {
    await installation.start();
    const recorder = new Recorder(baton);
    // What takes a while is what a kill can hit.
    if (!options.isTroubled)
      baton.simulator.faults.inject({ channel: 'sms', kind: 'latency', ms: 300 });
    const cases = Array.from({ length: options.handoffs }, (_, number): Case => ({
      number,
      fate: FATES[number % FATES.length] ?? 'taken',
      subject: `Lead-${number}-`,
    }));
    const crowd = new Crowd({ baton, recorder, people, cases, random });
    const troubles = await kill(options, { installation, crowd, random, baton });
    const ended = await crowd.waitUntilQuiet();
    const handoffs = cases.map((one): SubmittedHandoff => {
      const result = ended.get(one);
      const { subject, accepted } = one;
      return { subject, ...(accepted && { accepted }), ...(result && { result }) };
    });
    return {
      record: recorder.finish(handoffs),
      killed: installation.killed,
      troubles,
      tookMs: Date.now() - begun,
      gaveUp: crowd.gaveUp,
      lastOutput: baton.lastOutput(),
    };
  } finally {
    await installation.stop();
  }
}

/** Submits and kills, so that handoffs come in from the first kill to the last; returns how often Twilio was troubled. */
async function kill(
  { handoffs, kills, parts, perSecond, isTroubled }: RunOptions,
  run: { installation: Installation; crowd: Crowd; random: () => number; baton: Baton },
): Promise<number> {
  const { installation, crowd, random, baton } = run;
  const everyMs = Math.max(1_000 / perSecond, 1);
  let done = 0;
  const submitting = (async () => {
    for (let number = 0; number < handoffs; number += 1) {
      // Not all before the first kill.
      while (number >= ((done + 1) * handoffs) / kills) await delay(50);
      crowd.submit(number);
      await delay(everyMs);
    }
  })();
  let troubles = 0;
  for (; done < kills; done += 1) {
    await delay((0.5 + random()) * ((everyMs * handoffs) / kills));
    const part = parts[Math.floor(random() * parts.length)];
    if (part) await installation.kill(part, random);
    const trouble = TROUBLES[Math.floor(random() * TROUBLES.length)];
    if (!isTroubled || !trouble) continue;
    baton.simulator.faults.inject(trouble);
    troubles += 1;
  }
  await submitting;
  return troubles;
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

// -- what is killed

/** What handoffs are kept in, each part of which can be killed and comes back. */
interface Backend {
  readonly at: { readonly address: string; readonly namespace: string };
  /** How API and workers are started; by default from the sources. */
  readonly startEntry?: typeof startEntry;
  readonly killAndStart: Partial<Readonly<Record<Part, () => Promise<void>>>>;
  stop(): Promise<void>;
}

async function startDevServer(): Promise<Backend> {
  const server = await startDurableServer(mkdtempSync(join(tmpdir(), 'baton-faults-')));
  return {
    at: server,
    killAndStart: { temporal: () => server.killAndStart() },
    stop: () => server.stop(),
  };
}

async function startProductionStack(): Promise<Backend> {
  const stack = await startTestStack(mkdtempSync(join(tmpdir(), 'baton-faults-')));
  const killAndStart = (name: 'temporal' | 'postgres') => async (): Promise<void> => {
    await stack[name].kill();
    await stack[name].start();
  };
  return {
    at: stack,
    startEntry: startBuilt(stack),
    killAndStart: { temporal: killAndStart('temporal'), postgres: killAndStart('postgres') },
    stop: () => stack.stop(),
  };
}

/** An installation whose parts are killed, and started again as a supervisor does. */
class Installation {
  readonly killed: Partial<Record<Part, number>> = {};
  readonly #baton: Baton;
  readonly #backend: Backend;
  readonly #count: number;
  readonly #workers: Entry[];
  /** The successors on their way. */
  readonly #coming: Promise<void>[] = [];
  #isStopping = false;

  constructor(baton: Baton, backend: Backend, count: number) {
    this.#baton = baton;
    this.#backend = backend;
    this.#count = count;
    this.#workers = [baton.worker];
  }

  async start(): Promise<void> {
    while (this.#workers.length < this.#count) this.#workers.push(await this.#baton.startWorker());
    this.#workers.forEach((worker, index) => {
      this.#supervise(worker, index);
    });
  }

  /** Has a successor for a worker whenever it ends, killed or by itself; it comes up beside the load. */
  #supervise(worker: Entry, index: number): void {
    void waitForEnd(worker).then(() => {
      if (this.#isStopping) return;
      this.#coming[index] = this.#untilUp(() => this.#baton.startWorker()).then((next) => {
        this.#workers[index] = next;
        if (index === 0) this.#baton.worker = next;
        this.#supervise(next, index);
      });
    });
  }

  async kill(part: Part, random: () => number): Promise<void> {
    this.killed[part] = (this.killed[part] ?? 0) + 1;
    if (part === 'worker') {
      const index = Math.floor(random() * this.#workers.length);
      // What is not up yet cannot be killed.
      await this.#coming[index];
      await this.#workers[index]?.kill();
    } else if (part === 'api') {
      await this.#baton.api.kill();
      this.#baton.api = await this.#untilUp(() => this.#baton.startApi());
    } else {
      const killAndStart = this.#backend.killAndStart[part];
      if (!killAndStart) throw new Error(`There is no ${part} here that can be killed.`);
      await killAndStart();
    }
  }

  /** Starts it again until it is up: Temporal may be what was killed a moment ago. */
  async #untilUp(start: () => Promise<Entry>): Promise<Entry> {
    for (;;) {
      const entry = await start().catch(() => undefined);
      if (entry) return entry;
      await delay(2_000);
    }
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    await Promise.all(this.#coming);
    await Promise.all(this.#workers.slice(1).map((worker) => worker.kill()));
    await this.#baton.stop();
    await this.#backend.stop();
  }
}

/** Resolves when a process is no more, for whatever reason. */
async function waitForEnd({ pid }: Entry): Promise<void> {
  for (;;) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    await delay(200, undefined, { ref: false });
  }
}

// -- people

/** A person gives up after so long, and texts again when nothing came for a while: a longer one when told that it is recorded. */
const GIVE_UP_MS = 120_000;
const PATIENCE_MS = 10_000;
const PATIENCE_RECORDED_MS = 60_000;
/** One in so many says what they want without saying of which. */
const BARE = 6;

interface CrowdOptions {
  readonly baton: Baton;
  readonly recorder: Recorder;
  readonly people: readonly string[];
  readonly cases: readonly Case[];
  readonly random: () => number;
}

/** The source, and the people, each of whom does what the fate of a handoff wants of them. */
class Crowd {
  readonly gaveUp: string[] = [];
  readonly #options: CrowdOptions;
  readonly #busy = new Set<Promise<void>>();
  /** What each person was told by SMS and not asked, by its sid: all there is would be too much to look through. */
  readonly #told = new Map<string, Map<string, SimulatedSms>>();
  #lastSend = Date.now();

  constructor(options: CrowdOptions) {
    this.#options = options;
    const { baton, recorder } = options;
    baton.simulator.onChange((change) => {
      if (change.kind !== 'sms' || change.sms.direction !== 'to-person') return;
      this.#lastSend = Date.now();
      const { sid, to, body, status, author, answers } = change.sms;
      const person = recorder.whoHas(to);
      if (status !== 'delivered' || author !== 'baton' || person === undefined) return;
      const one = this.#caseOf(body);
      if (asks(change.sms)) {
        if (one) this.#keep(this.#react(one, person, body));
      } else if (answers === undefined) {
        const told = this.#told.get(person) ?? new Map<string, SimulatedSms>();
        this.#told.set(person, told.set(sid, change.sms));
      }
    });
  }

  /** Hands off as a source does: the same request again until it is taken. */
  submit(number: number): void {
    const one = this.#options.cases[number];
    if (one) this.#keep(this.#handOff(one));
  }

  /** Resolves when every handoff is over, or has had five minutes for it, and nothing is sent any more. */
  async waitUntilQuiet(): Promise<Map<Case, HandoffResult>> {
    const { cases, baton } = this.#options;
    const ended = new Map<Case, HandoffResult>();
    const deadline = Date.now() + 300_000;
    while (ended.size < cases.length && Date.now() < deadline) {
      for (const one of cases) {
        if (ended.has(one) || one.accepted === undefined) continue;
        const handle = baton.client.workflow.getHandle(one.accepted.id);
        // A question to its worker would be one more thing for it to do.
        const description = await handle.describe().catch(() => undefined);
        if ((description?.status.name ?? 'RUNNING') !== 'RUNNING')
          ended.set(one, (await handle.result()) as HandoffResult);
      }
      await delay(2_000);
    }
    while (this.#busy.size > 0) await Promise.all(this.#busy);
    while (Date.now() - this.#lastSend < 10_000) await delay(500);
    // They texted until a moment ago: what came of it is in what their handoffs say now.
    for (const one of ended.keys()) {
      const { id = '' } = one.accepted ?? {};
      const result = (await baton.client.workflow.getHandle(id).result()) as HandoffResult;
      ended.set(one, result);
    }
    return ended;
  }

  #keep(task: Promise<void>): void {
    const kept = task.finally(() => this.#busy.delete(kept));
    this.#busy.add(kept);
  }

  /** Handoffs by the words that only their messages have. */
  #caseOf(body: string): Case | undefined {
    const [, number] = /Lead-(\d+)-/.exec(body) ?? [];
    return number === undefined ? undefined : this.#options.cases[Number(number)];
  }

  async #handOff(one: Case): Promise<void> {
    const { baton, people, random, recorder } = this.#options;
    const { subject } = one;
    const body = buildSubmission({
      policy: people[one.number % people.length] ?? '',
      brief: { subject, summary: 'Asked for an offer.' },
      action: { do: `Call ${subject}`, within: 'PT1H', outcomes: ['reached'] },
      externalId: `fault-${one.number}`,
    });
    while (!one.accepted) {
      const answer = await baton.call('POST', '/v1/handoffs', body).catch(() => undefined);
      if (answer?.status === 201 || answer?.status === 200) {
        const { id, code } = answer.body as { id: string; code: string };
        one.accepted = { id, code, at: new Date().toISOString() };
        break;
      }
      // 408: Node itself, when the machine is too busy to read.
      if (answer && answer.status < 500 && ![408, 429].includes(answer.status))
        throw new Error(JSON.stringify(answer.body));
      await delay(500 + 500 * random());
    }
    if (one.fate !== 'withdrawn') return;
    await delay(4_000 * random());
    for (;;) {
      const status = await recorder.withdraw(one.accepted.id);
      if (status === 200) one.isWithdrawn = true;
      if (status === 200 || status === 409) return;
      await delay(500 + 500 * random());
    }
  }

  async #react(one: Case, person: string, body: string): Promise<void> {
    const { people, random } = this.#options;
    const [, code = ''] = /\b([A-Z]{2}\d{2})\b/.exec(body) ?? [];
    const offered = Number(person.replace('person-', ''));
    const tier = (offered - one.number + people.length * one.number) % people.length;
    switch (one.fate) {
      case 'passed':
        if (tier !== 0) break;
        await delay(2_000 * random());
        await this.#say(one, person, `pass ${code}`, /^Passed|has it|is over|over:/i);
        return;
      case 'escalated':
        if (tier < 1) return;
        break;
      case 'last-resort':
        if (tier < 2) return;
        break;
      case 'raced':
        // The first one takes it in the moment that the second is asked.
        if (tier === 0) return;
        if (tier === 1) {
          const first = people[one.number % people.length] ?? '';
          await Promise.all([this.#take(one, first, code), this.#take(one, person, code)]);
          return;
        }
        break;
      case 'taken':
      case 'withdrawn':
        break;
    }
    if (one.isTaken === true || one.isWithdrawn === true) return;
    await delay(4_000 * random());
    await this.#take(one, person, code);
  }

  async #take(one: Case, person: string, code: string): Promise<void> {
    const { random, recorder } = this.#options;
    if (random() * BARE < 1) {
      // Of which one is asked, unless it is the only one.
      const [answer = ''] = await recorder.text(person, '1').catch(() => []);
      if (/^You have it: /.test(answer)) {
        const other = this.#caseOf(answer);
        const [, its = ''] = /\bdone\b.*?\b([A-Z]{2}\d{2})\b/.exec(answer) ?? [];
        if (other && other !== one) this.#keep(this.#finish(other, person, its));
      }
    }
    const wanted = /^You have it|has it|have it already|over|ended/i;
    const answer = await this.#say(one, person, `1 ${code}`, wanted);
    if (answer !== undefined && /^You have it/.test(answer)) await this.#finish(one, person, code);
  }

  async #finish(one: Case, person: string, code: string): Promise<void> {
    one.isTaken = true;
    await delay(3_000 * this.#options.random());
    await this.#say(one, person, `done reached ${code}`.trim(), /^Done|over|has it/i);
  }

  /** Texts as a person does: again, when no answer came for a while, by whichever way. */
  async #say(one: Case, person: string, text: string, wanted: RegExp): Promise<string | undefined> {
    const { recorder } = this.#options;
    const since = new Date().toISOString();
    /** What was recorded is answered by SMS. */
    const findAnswer = (): string | undefined =>
      [...(this.#told.get(person)?.values() ?? [])].find(
        ({ dateCreated, body }) =>
          dateCreated >= since &&
          readAnswer(body) !== undefined &&
          this.#caseOf(body) === one &&
          wanted.test(body),
      )?.body;
    for (const givesUpAt = Date.now() + GIVE_UP_MS; Date.now() < givesUpAt;) {
      const [answer = ''] = await recorder.text(person, text).catch(() => []);
      if (wanted.test(answer)) return answer;
      const isRecorded = /^Your reply is recorded\b/.test(answer);
      const until = Date.now() + (isRecorded ? PATIENCE_RECORDED_MS : PATIENCE_MS);
      while (Date.now() < until) {
        const found = findAnswer();
        if (found !== undefined) return found;
        await delay(200);
      }
    }
    this.gaveUp.push(`${person}: no answer to "${text}"`);
    return undefined;
  }
}

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
