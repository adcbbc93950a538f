import { randomUUID } from 'node:crypto';
import { Client, type ConnectionLike, type WorkflowHandle } from '@temporalio/client';
import {
  DefaultLogger,
  makeTelemetryFilterString,
  Runtime,
  Worker,
  type NativeConnection,
} from '@temporalio/worker';
import { defaultPayloadConverter } from '@temporalio/common';
import { expect, inject, test as base } from 'vitest';
import { connectSendGrid, createEmailChannel } from '../../src/activities/channels/email.ts';
import { connectTwilio, createSmsChannel } from '../../src/activities/channels/sms.ts';
import { createVoiceChannel } from '../../src/activities/channels/voice.ts';
import { createCallbackStarter } from '../../src/activities/callbacks.ts';
import type { BriefModel } from '../../src/activities/brief-model.ts';
import { createActivities, type Activities } from '../../src/activities/index.ts';
import { createWritingActivities } from '../../src/activities/write-brief.ts';
import { createHandoffClient } from '../../src/api/handoff-client.ts';
import { loadOrganisation } from '../../src/directory/load.ts';
import type { BusyTime, Calendars } from '../../src/domain/availability/situation.ts';
import {
  DAY_MS,
  firstInstantAt,
  MINUTE_MS,
  startOfDay,
  wallAt,
  weekdayOf,
} from '../../src/domain/availability/zoned.ts';
import { deriveCode } from '../../src/domain/code.ts';
import type { CommandPayload } from '../../src/domain/command.ts';
import type { Directory } from '../../src/domain/directory.ts';
import { instantAfter, parseDuration } from '../../src/domain/duration.ts';
import type { Handoff } from '../../src/domain/handoff.ts';
import type { EscalationPolicy } from '../../src/domain/policy.ts';
import type {
  Actor,
  CommandEffect,
  HandoffInput,
  TimelineEntry,
  Verb,
} from '../../src/domain/state.ts';
import type { HandoffView } from '../../src/domain/view.ts';
import { createReplyReader } from '../../src/people/replies.ts';
import { createResponders, type Responders } from '../../src/people/responders.ts';
import { createStandings, type Standings } from '../../src/people/standings.ts';
import type { handoff } from '../../src/workflows/index.ts';
import { commandResultQuery, statusQuery } from '../../src/workflows/messages.ts';
import {
  createSimulator,
  type SimulatedEmail,
  type SimulatedSms,
  type Simulator,
} from '../../src/simulator/simulator.ts';
import {
  AWAITING,
  OWNER,
  SEARCH_ATTRIBUTE_TYPES,
  STATUS,
} from '../../src/temporal/search-attributes.ts';
import { sourcesSchema } from '../../src/sources/sources.ts';
import {
  briefTaskQueue,
  callbackTaskQueue,
  channelTaskQueue,
  handoffTaskQueue,
  questionTaskQueue,
} from '../../src/temporal/task-queues.ts';
import { TEST_ACCOUNT, TEST_FILES, TEST_SOURCES } from './baton.ts';
import { TEST_LINKS, buildInput } from './builders.ts';
import { createPhones, type Phones } from './phones.ts';
import { createTimeSkippingEnvironment } from './time-skipping.ts';

// Retried sends are warnings, and the stories are full of them.
const logger = new DefaultLogger('ERROR');
Runtime.install({
  logger,
  telemetryOptions: { logging: { filter: makeTelemetryFilterString({ core: 'ERROR' }) } },
});

/** What a world is made of: a Temporal server, its clock, and the workflows' code. */
interface Place {
  readonly connection: ConnectionLike;
  readonly nativeConnection: NativeConnection;
  readonly namespace: string;
  readonly clock: Clock;
}

interface Clock {
  now(): Promise<number>;
  /** Lets time pass: in an instant where it can be skipped. */
  sleep(ms: number): Promise<void>;
  /** Whether time passes only by sleeping. */
  readonly stands: boolean;
}

/** Baton from the workflows on, with real activities, and everybody's phones; for one test. */
export interface World {
  readonly client: Client;
  readonly taskQueue: string;
  readonly simulator: Simulator;
  readonly phone: Phones['phone'];
  readonly phones: Phones;
  /** The people's own workflows, as activities see them. */
  readonly responders: Responders;
  /** Returns how a person stands to whatever was offered to them. */
  ask(person: string): Promise<Standings>;
  /** Whether routine messages to one person go out together; a preview knows of one handoff only. */
  isBundling: boolean;
  /** So many times people's own workflows can be told nothing, neither asked nor signalled. */
  lostOffers: number;
  /** Who can be told; a test may put another in its place at any time. */
  directory: Directory;
  /** So many workflow tasks does each worker that is started do at a time. */
  tasksAtOnce: number;
  /** What the people's calendars say, by responder. */
  busy: Record<string, readonly BusyTime[]>;
  /** Holds back, until it resolves, the news that an SMS was sent; for less than a heartbeat's timeout. */
  newsOfSms: Promise<void> | undefined;
  /** Hands off the usual lead, to alice, then bob, then carol, unless the policy says otherwise. */
  submit(changes?: {
    readonly id?: string;
    readonly handoff?: Partial<Handoff>;
    readonly policy?: Partial<EscalationPolicy>;
    /** A model is asked for what was drawn. */
    readonly writing?: HandoffInput['writing'];
  }): Promise<Story>;
  now(): Promise<number>;
  /** Lets time pass until the next such time in New York, after an instant if one is given, and returns it. */
  passUntil(weekday: string, time: string, after?: number): Promise<number>;
  /** Lets time pass until an instant in milliseconds. */
  passUntilInstant(at: number): Promise<void>;
  /** Lets time pass, such as `5m`. */
  pass(duration: string): Promise<void>;
  /** A person's text reaches their own workflow, as when nobody could wait for the answer. */
  text(person: string, text: string, replyId?: string): Promise<void>;
  /** A provider reports that an email with several handoffs did not arrive. */
  reportBundle(person: string, email: SimulatedEmail, because: string): Promise<void>;
  /** Lets handoffs be, whatever is still open, and their messages unread. */
  closeQuietly(stories: readonly Story[]): Promise<void>;
  /** Starts workers that know nothing yet: they have only histories to go by. */
  startWorkers(): Promise<void>;
  /** Starts a worker that has this model write briefs. */
  startWriter(model: BriefModel): Promise<void>;
  stopWorkers(): Promise<void>;
  close(): Promise<void>;
}

/** One handoff of a test. */
export interface Story {
  readonly id: string;
  readonly code: string;
  readonly input: HandoffInput;
  readonly handle: WorkflowHandle<typeof handoff>;
  /** Sends a command and returns what came of it. */
  give<V extends Verb>(
    verb: V,
    by: string,
    details?: Details<V>,
  ): Promise<CommandEffect | undefined>;
  /** Returns what came of a command; undefined when it has not been dealt with. */
  answerTo(commandId: string): Promise<CommandEffect | undefined>;
  /** Sends a command and waits for nothing. */
  signal<V extends Verb>(verb: V, by: string, details?: Details<V>): Promise<void>;
  /** Waits for an SMS on a person's phone, and until the handoff knows that it was sent. */
  expectSms(person: string, pattern: RegExp): Promise<SimulatedSms>;
  view(): Promise<HandoffView>;
  /** Waits until it is found by these search attributes; what is not given is not set. */
  expectAttributes(wanted: Attributes): Promise<void>;
  /** Lists, for each activity of this name that ended, how many attempts it took. */
  listAttempts(activity: keyof Activities): Promise<number[]>;
  /** Lists what the Temporal UI says of its activities and timers. */
  listSummaries(): Promise<string[]>;
  /** Waits for a kind of event in its history, such as `timerFired`. */
  expectEvent(kind: 'timerFired'): Promise<void>;
  /** Waits for the workflow's result, through all the time that takes. */
  end(): Promise<HandoffView>;
}

interface Attributes {
  readonly status: string | undefined;
  readonly awaiting?: readonly string[];
  readonly owner?: string | undefined;
}

/** The zone of the test directory's organisation. */
export const ZONE = 'America/New_York';
const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

/** For expect.poll: a busy machine may take long, and nothing is late before that. */
export const LATER = { timeout: 15_000, interval: 50 };

type History = Awaited<ReturnType<WorkflowHandle['fetchHistory']>>;
type HistoryEvent = NonNullable<History['events']>[number];

/** A command's own fields; its id is made of who and what unless given. */
type Details<V extends Verb> = Partial<CommandPayload<V>>;

/** Tests with a world each, in an environment whose clock skips what nobody waits for in reality. */
export const test = base.extend<{ world: World }>({
  world: async ({}, use) => {
    // One server for several tests would be quicker, but a workflow task left by one stops the others' clock.
    const environment = await createTimeSkippingEnvironment({
      searchAttributes: SEARCH_ATTRIBUTE_TYPES,
    });
    const { connection, nativeConnection, namespace = 'default' } = environment;
    const world = await openWorld({
      connection,
      nativeConnection,
      namespace,
      clock: {
        now: () => environment.currentTimeMs(),
        sleep: (ms) => environment.sleep(ms),
        stands: true,
      },
    });
    await use(world);
    await world.close();
    await environment.teardown();
    world.phones.expectNothingUnread();
  },
});

/** Lists a handoff's story, or some of it, with hours and minutes since submission: `0:05 offer to Bob Diaz by sms`. */
export function retell(
  { submittedAt, timeline }: HandoffView,
  ...what: readonly TimelineEntry['what'][]
): string[] {
  return timeline
    .filter((entry) => what.length === 0 || what.includes(entry.what))
    .map(({ at, because }) => {
      const minutes = Math.round((Date.parse(at) - Date.parse(submittedAt)) / 60_000);
      return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')} ${because}`;
    });
}

/** Returns whether a workflow waits for nothing but time and people, or is over. */
function isSettled(events: readonly HistoryEvent[], commandId: string | undefined): boolean {
  const hasCommand = ({ workflowExecutionSignaledEventAttributes: signal }: HistoryEvent) =>
    (signal?.input?.payloads ?? []).some(({ data }) =>
      Buffer.from(data ?? []).includes(`"id":"${commandId ?? ''}"`),
    );
  if (commandId !== undefined && !events.some(hasCommand)) return false;
  const closed = new Set(
    events.flatMap((event) => {
      const end =
        event.activityTaskCompletedEventAttributes ??
        event.activityTaskFailedEventAttributes ??
        event.activityTaskTimedOutEventAttributes ??
        event.activityTaskCanceledEventAttributes ??
        event.workflowTaskCompletedEventAttributes ??
        event.workflowTaskFailedEventAttributes ??
        event.workflowTaskTimedOutEventAttributes;
      return end ? [String(end.scheduledEventId)] : [];
    }),
  );
  const last = events.at(-1);
  return (
    last?.workflowExecutionCompletedEventAttributes != null ||
    events.every(
      (event) =>
        (!event.activityTaskScheduledEventAttributes &&
          !event.workflowTaskScheduledEventAttributes) ||
        closed.has(String(event.eventId)),
    )
  );
}

/** Returns when the next timer fires, in milliseconds. */
function nextTimer(events: readonly HistoryEvent[]): number | undefined {
  const over = new Set(
    events.flatMap((event) => {
      const end = event.timerFiredEventAttributes ?? event.timerCanceledEventAttributes;
      return end ? [String(end.startedEventId)] : [];
    }),
  );
  const instants = events.flatMap(({ eventId, eventTime, timerStartedEventAttributes: timer }) =>
    timer && !over.has(String(eventId)) ? [toMs(eventTime) + toMs(timer.startToFireTimeout)] : [],
  );
  return instants.length === 0 ? undefined : Math.min(...instants);
}

/** Returns the milliseconds of a protocol's time or duration. */
function toMs(time: HistoryEvent['eventTime']): number {
  return Number(time?.seconds ?? 0) * 1_000 + (time?.nanos ?? 0) / 1_000_000;
}

function listAttempts(events: readonly HistoryEvent[], activity: string): number[] {
  const scheduled = events.filter(
    (event) => event.activityTaskScheduledEventAttributes?.activityType?.name === activity,
  );
  return events.flatMap(({ activityTaskStartedEventAttributes: started }) =>
    started && scheduled.some(({ eventId }) => String(eventId) === String(started.scheduledEventId))
      ? [started.attempt ?? 0]
      : [],
  );
}

/** Returns a world with workers running. */
export async function openWorld({
  connection,
  nativeConnection,
  namespace,
  clock,
}: Place): Promise<World> {
  const taskQueue = `world-${randomUUID()}`;
  const client = new Client({ connection, namespace });
  const { directory } = loadOrganisation(TEST_FILES);
  const calendars: Calendars = {
    busyTimes: (responder) => ({ times: world.busy[responder] ?? [] }),
    shifts: () => ({ times: [] }),
  };
  const simulator = createSimulator({
    ...TEST_ACCOUNT,
    people: [
      ...Object.entries(directory.responders).map(([id, { name, phone, email }]) => ({
        id,
        name,
        ...(phone !== undefined && { phone }),
        ...(email !== undefined && { email }),
      })),
      { id: 'leads', name: 'A mailbox, nobody in person', email: 'leads@example.com' },
    ],
    // Nobody listens: what providers report is signalled by the tests themselves.
    webhookBaseUrl: 'http://127.0.0.1:9',
    deliveryDelayMs: 0,
  });
  const { url } = await simulator.listen();
  const everybody = createResponders(client, taskQueue);
  const isLost = (): boolean => {
    if (world.lostOffers === 0) return false;
    world.lostOffers -= 1;
    return true;
  };
  const responders: Responders = {
    ...everybody,
    async offer(responder, { bundle, ...request }) {
      if (isLost()) return { say: 'unanswered', isRegistered: false };
      return everybody.offer(responder, {
        ...request,
        ...(bundle && world.isBundling && { bundle }),
      });
    },
    async register(responder, request) {
      if (isLost()) throw new Error('there is no connection');
      await everybody.register(responder, request);
    },
  };
  const standings = createStandings(client);
  const activities = createActivities({
    directory: () => world.directory,
    calendars,
    responders,
    standings,
    replies: createReplyReader(standings),
    sources: () => sourcesSchema.parse(JSON.parse(TEST_SOURCES)),
    passOn: createCallbackStarter(client, taskQueue),
    sms: createSmsChannel(connectTwilio({ ...TEST_ACCOUNT, baseUrl: url }), {
      from: TEST_ACCOUNT.from,
    }),
    voice: createVoiceChannel(connectTwilio({ ...TEST_ACCOUNT, baseUrl: url }), TEST_ACCOUNT.from),
    email: createEmailChannel(
      connectSendGrid({ apiKey: TEST_ACCOUNT.sendgridApiKey, baseUrl: url }),
      'baton@example.com',
    ),
    publicBaseUrl: 'http://127.0.0.1:9',
    links: TEST_LINKS,
    replyNumber: TEST_ACCOUNT.from,
  });
  const sms: typeof activities.sms = {
    ...activities.sms,
    async sendSms(input) {
      const sent = await activities.sms.sendSms(input);
      await world.newsOfSms;
      return sent;
    },
  };

  const handoffs = createHandoffClient(client, taskQueue);
  const phones = createPhones(simulator);
  const actorOf = (id: string): Actor => {
    const person = directory.responders[id];
    return person ? { kind: 'responder', id, name: person.name } : { kind: 'source', id };
  };
  let workers: { worker: Worker; run: Promise<void> }[] = [];
  const open = new Set<Story>();

  function createStory(input: HandoffInput): Story {
    const { id, code } = input.handoff;
    const handle = client.workflow.getHandle<typeof handoff>(id);
    const payloadOf = <V extends Verb>(verb: V, by: string, details: Details<V> = {}) =>
      ({ id: `${by}-${verb}`, by: actorOf(by), via: 'sms', ...details }) as CommandPayload<V>;
    /**
     * Waits until it has dealt with what came in, the given command too, and nothing is on its way out. Besides
     * being what a slow human sees: the Java server is not up to queries while a workflow task runs.
     */
    const settle = async (commandId?: string): Promise<void> => {
      const check = async (): Promise<boolean> => {
        const { events } = await handle.fetchHistory();
        return isSettled(events ?? [], commandId);
      };
      await expect.poll(check, LATER).toBe(true);
    };
    const story: Story = {
      id,
      code,
      input,
      handle,
      async give(verb, by, details) {
        await settle();
        const payload = payloadOf(verb, by, details);
        await handle.signal<[unknown]>(verb, payload);
        await settle(payload.id);
        return story.answerTo(payload.id);
      },
      signal: (verb, by, details) => handle.signal<[unknown]>(verb, payloadOf(verb, by, details)),
      async answerTo(commandId) {
        return (await handle.query(commandResultQuery, commandId))?.result.effect;
      },
      async expectSms(person, pattern) {
        const sms = await phones.phone(person).expectSms(pattern);
        await settle();
        return sms;
      },
      async view() {
        await settle();
        return handle.query(statusQuery);
      },
      async expectAttributes({ status, awaiting = [], owner }) {
        const read = async (): Promise<Attributes> => {
          const { typedSearchAttributes: attributes } = await handle.describe();
          return {
            status: attributes.get(STATUS),
            awaiting: attributes.get(AWAITING) ?? [],
            owner: attributes.get(OWNER),
          };
        };
        await expect.poll(read, LATER).toEqual({ status, awaiting, owner });
      },
      async listAttempts(activity) {
        const { events } = await handle.fetchHistory();
        return listAttempts(events ?? [], activity);
      },
      async listSummaries() {
        const { events } = await handle.fetchHistory();
        return (events ?? []).flatMap(({ userMetadata }) =>
          userMetadata?.summary
            ? [String(defaultPayloadConverter.fromPayload(userMetadata.summary))]
            : [],
        );
      },
      async expectEvent(kind) {
        const check = async (): Promise<boolean> => {
          const { events } = await handle.fetchHistory();
          return (events ?? []).some((event) => event[`${kind}EventAttributes`]);
        };
        await expect.poll(check, LATER).toBe(true);
      },
      async end() {
        // From one timer to the next: with none left time would skip to the end that the server sets each workflow, in
        // ten years, people's own ones too.
        const isOver = async () => (await handle.describe()).status.name !== 'RUNNING';
        for (let pauseMs = 1_000; clock.stands && !(await isOver()); pauseMs *= 1.5) {
          const { events } = await handle.fetchHistory();
          const next = nextTimer(events ?? []);
          const now = await clock.now();
          if (next !== undefined && next > now) {
            await clock.sleep(next - now);
            pauseMs = 1_000;
          } else await clock.sleep(Math.min(pauseMs, 60_000));
        }
        const view = await handle.result();
        open.delete(story);
        return view;
      },
    };
    open.add(story);
    return story;
  }

  const world: World = {
    client,
    taskQueue,
    simulator,
    phones,
    responders,
    phone: (id) => phones.phone(id),
    directory,
    busy: {},
    isBundling: true,
    lostOffers: 0,
    tasksAtOnce: 40,
    newsOfSms: undefined,
    async submit({
      id = `hof_${randomUUID().replaceAll('-', '').slice(2)}`,
      handoff = {},
      policy = {},
      writing,
    } = {}) {
      const submittedAt = new Date(await clock.now()).toISOString();
      const input = buildInput({ policy });
      const { action } = input.handoff;
      const story = createStory({
        ...input,
        ...(writing && { writing }),
        handoff: {
          ...input.handoff,
          id,
          code: deriveCode(id),
          submittedAt,
          action: { ...action, dueAt: instantAfter(submittedAt, 5 * 60_000) },
          ...handoff,
        },
      });
      await handoffs.start(story.input, 'hash');
      return story;
    },
    now: () => clock.now(),
    async passUntil(weekday, time, after = 0) {
      const now = Math.max(await clock.now(), after);
      const today = startOfDay(wallAt(now, ZONE));
      const minutes = Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
      for (let day = today; ; day += DAY_MS) {
        const at = firstInstantAt(day + minutes * MINUTE_MS, ZONE);
        if (weekdayOf(day) !== WEEKDAYS.indexOf(weekday) || at <= now) continue;
        await world.passUntilInstant(at);
        return at;
      }
    },
    passUntilInstant: async (at) => clock.sleep(Math.max(0, at - (await clock.now()))),
    pass: (duration) => clock.sleep(parseDuration(duration) ?? 0),
    text: (person, text, replyId = randomUUID()) =>
      responders.recordReply(person, { replyId, text, by: actorOf(person) }),
    async ask(person) {
      const known = await responders.read(person);
      return standings(person, known?.offers ?? []);
    },
    async reportBundle(person, { customArgs }, because) {
      await responders.reportBundle(person, customArgs['b'] ?? '', because);
    },
    async closeQuietly(stories) {
      await Promise.all(stories.map(({ handle }) => handle.terminate('the story is told')));
      for (const story of stories) open.delete(story);
      phones.ignoreUnread();
    },
    async startWorkers() {
      const common = { connection: nativeConnection, namespace };
      const channels = { sms, voice: activities.voice, email: activities.email } as const;
      const created = await Promise.all([
        ...(['urgent', 'routine'] as const).map((urgency) =>
          Worker.create({
            ...common,
            taskQueue: handoffTaskQueue(taskQueue, urgency),
            workflowBundle: inject('workflows'),
            activities: activities.local,
            stickyQueueScheduleToStartTimeout: '1s',
            maxConcurrentWorkflowTaskExecutions: world.tasksAtOnce,
          }),
        ),
        Worker.create({
          ...common,
          taskQueue: callbackTaskQueue(taskQueue),
          activities: activities.callback,
        }),
        Worker.create({
          ...common,
          taskQueue: questionTaskQueue(taskQueue),
          activities: activities.question,
        }),
        ...(['sms', 'voice', 'email'] as const).map((channel) =>
          Worker.create({
            ...common,
            taskQueue: channelTaskQueue(taskQueue, channel),
            activities: channels[channel],
          }),
        ),
      ]);
      workers = created.map((worker) => ({ worker, run: worker.run() }));
    },
    async startWriter(model) {
      const worker = await Worker.create({
        connection: nativeConnection,
        namespace,
        taskQueue: briefTaskQueue(taskQueue),
        activities: createWritingActivities({ model, directory: () => world.directory, calendars }),
      });
      workers.push({ worker, run: worker.run() });
    },
    async stopWorkers() {
      const stopped = workers;
      workers = [];
      for (const { worker } of stopped) worker.shutdown();
      await Promise.all(stopped.map(({ run }) => run));
    },
    async close() {
      // What a failed test leaves open must not keep the clock busy.
      await Promise.all(
        [...open].map(({ handle }) => handle.terminate('the test is over').catch(() => undefined)),
      );
      await world.stopWorkers();
      await simulator.close();
    },
  };
  await world.startWorkers();
  return world;
}
