import type { z } from 'zod';
import type { amendmentSchema } from '../domain/amendment-request.ts';
import type { Coverage } from '../domain/coverage.ts';
import type { DeliveryStatus, DeliverySummary } from '../domain/deliveries.ts';
import type { DesignReview } from '../domain/design-test.ts';
import type { handoffRequestSchema, materialRequestSchema, Urgency } from '../domain/handoff.ts';
import type { CommandEffect, Ending, HandoffStatus, TimelineEntry } from '../domain/state.ts';
import type { Stats } from '../domain/stats.ts';
import type { HandoffView } from '../domain/view.ts';
import { readEvents, readText, type HandoffEvent } from './events.ts';
import { BatonProblem } from './problems.ts';
import { addressOf, callUntilAnswered, type Answer, type Call } from './sending.ts';

export interface ClientOptions {
  /** Such as `https://baton.example`. */
  readonly baseUrl: string;
  readonly apiKey: string;
  /** Instead of the global one. */
  readonly fetch?: typeof fetch;
  /** How long one attempt may take; 30 s by default. */
  readonly timeoutMs?: number;
  /** How often a call is tried; 5 times by default. */
  readonly maxAttempts?: number;
}

/** What is handed off. */
export type Submission =
  z.input<typeof handoffRequestSchema> | z.input<typeof materialRequestSchema>;

export interface Accepted {
  readonly id: string;
  readonly code: string;
  readonly status: HandoffStatus;
  readonly designTest?: DesignReview;
  /** False: the same was handed off before. */
  readonly isNew: boolean;
}

/** What came of a command. */
export interface CommandAnswer {
  readonly effect: CommandEffect | 'recorded';
  readonly owner?: { readonly responder: string; readonly name: string; readonly since: string };
  readonly ending?: Ending;
  readonly at?: string;
}

/** What a list is narrowed by; instants have their offset. */
export interface ListFilter {
  readonly status?: HandoffStatus | readonly HandoffStatus[];
  readonly urgency?: Urgency;
  /** With a key that has the scope `admin`. */
  readonly source?: string;
  readonly owner?: string;
  readonly awaiting?: string;
  readonly policy?: string;
  readonly createdFrom?: string;
  readonly createdUntil?: string;
  readonly actByFrom?: string;
  readonly actByUntil?: string;
}

export interface Listed {
  readonly id: string;
  readonly code: string;
  readonly status: HandoffStatus;
  readonly urgency: Urgency;
  readonly source: string;
  readonly policy: string;
  readonly owner?: string;
  readonly awaiting: readonly string[];
  readonly actBy?: string;
  readonly submittedAt: string;
}

interface Page {
  readonly limit?: number;
  readonly cursor?: string;
}

interface Keyed {
  readonly idempotencyKey?: string;
}

export interface CallbackState extends DeliverySummary {
  readonly handoff: string;
  readonly source: string;
  readonly status: DeliveryStatus;
}

/** The HTTP API, typed. Every call may throw a BatonProblem or a BatonUnreachableError; each may be repeated safely. */
export interface BatonClient {
  /** Hands work off. Without an externalId and a key it gets a key of its own, so that its attempts count once. */
  submit(submission: Submission, options?: Keyed): Promise<Accepted>;
  /** Returns a handoff with its timeline. */
  get(id: string): Promise<HandoffView>;
  timeline(id: string): Promise<readonly TimelineEntry[]>;
  list(filter?: ListFilter & Page): Promise<{ handoffs: readonly Listed[]; cursor?: string }>;
  /** Yields all that fit, page by page. */
  listAll(filter?: ListFilter & Pick<Page, 'limit'>): AsyncGenerator<Listed, void, void>;
  take(id: string, by: { responder: string; over?: boolean } & Keyed): Promise<CommandAnswer>;
  pass(id: string, by: { responder: string; reason?: string } & Keyed): Promise<CommandAnswer>;
  snooze(id: string, by: { responder: string; for?: string } & Keyed): Promise<CommandAnswer>;
  resolve(
    id: string,
    how?: { responder?: string; outcome?: string; note?: string } & Keyed,
  ): Promise<CommandAnswer>;
  escalate(
    id: string,
    why?: { responder?: string; reason?: string } & Keyed,
  ): Promise<CommandAnswer>;
  withdraw(id: string, why?: { reason?: string } & Keyed): Promise<CommandAnswer>;
  addNote(id: string, note: { text: string; responder?: string } & Keyed): Promise<CommandAnswer>;
  /** Changes what the work is about; whoever was told of it is told what is new. */
  amend(id: string, changes: z.input<typeof amendmentSchema> & Keyed): Promise<CommandAnswer>;
  /** Gives it to one responder. */
  reassign(id: string, to: { to: string; reason?: string } & Keyed): Promise<CommandAnswer>;
  /**
   * Yields what happens to a handoff until its end; connects again where the line breaks. With the `id` of the last
   * entry that was seen before, also by another process, it goes on behind that.
   */
  watch(
    id: string,
    options?: { signal?: AbortSignal; lastEventId?: string },
  ): AsyncGenerator<HandoffEvent, void, void>;
  /** Withdraws all open handoffs of the source that fit. */
  withdrawAll(
    which?: { policy?: string; urgency?: Urgency; createdUntil?: string; reason?: string } & Keyed,
  ): Promise<{ id: string; matched: number }>;
  withdrawal(id: string): Promise<{
    id: string;
    status: 'running' | 'completed' | 'failed';
    total: number;
    done: number;
    failed: number;
  }>;
  /** Who would be told first at each hour from now, and the hours in which nobody would be in time. */
  coverage(
    policy: string,
    filter?: { urgency?: Urgency; hours?: number; within?: string },
  ): Promise<Coverage>;
  /** How the events for the source fare. */
  callbacks(
    filter?: { status?: DeliveryStatus; source?: string } & Page,
  ): Promise<{ callbacks: readonly CallbackState[]; cursor?: string }>;
  /** Has failed events of a handoff sent again: the one with this number, or all. */
  resendCallbacks(id: string, sequence?: number): Promise<void>;
  stats(filter?: {
    from?: string;
    until?: string;
    source?: string;
    policy?: string;
  }): Promise<Stats & { from: string; until: string; counted: number; isComplete: boolean }>;
}

/** Returns a client. The key is in no error and not in what inspecting the client shows. */
export function createBatonClient(options: ClientOptions): BatonClient {
  const { baseUrl, apiKey, timeoutMs = 30_000, maxAttempts = 5 } = options;
  const sending = { baseUrl, apiKey, timeoutMs, maxAttempts, fetch: options.fetch ?? fetch };
  const call = (one: Call): Promise<Answer> => callUntilAnswered(sending, one);
  const get = async <T>(path: string, query: object = {}): Promise<T> =>
    (await call({ method: 'GET', path, query })).body as T;
  const post = async <T>(path: string, { idempotencyKey, ...body }: Keyed & object): Promise<T> =>
    (
      await call({
        method: 'POST',
        path,
        body,
        idempotencyKey: idempotencyKey ?? crypto.randomUUID(),
      })
    ).body as T;
  const pathOf = (id: string, rest = ''): string => `/v1/handoffs/${encodeURIComponent(id)}${rest}`;
  const command =
    (name: string) =>
    (id: string, body: Keyed & object = {}): Promise<CommandAnswer> =>
      post(pathOf(id, `/${name}`), body);

  const client: BatonClient = {
    async submit(submission, { idempotencyKey } = {}) {
      const key =
        idempotencyKey ?? (submission.externalId === undefined ? crypto.randomUUID() : undefined);
      const { status, body } = await call({
        method: 'POST',
        path: '/v1/handoffs',
        body: submission,
        ...(key !== undefined && { idempotencyKey: key }),
      });
      return { ...(body as Omit<Accepted, 'isNew'>), isNew: status === 201 };
    },
    get: (id) => get(pathOf(id)),
    timeline: async (id) =>
      (await get<{ timeline: TimelineEntry[] }>(pathOf(id, '/timeline'))).timeline,
    list: (filter = {}) => get('/v1/handoffs', filter),
    async *listAll(filter = {}) {
      let cursor: string | undefined;
      do {
        const page = await client.list({ ...filter, ...(cursor !== undefined && { cursor }) });
        yield* page.handoffs;
        ({ cursor } = page);
      } while (cursor !== undefined);
    },
    take: command('take'),
    pass: command('pass'),
    snooze: command('snooze'),
    resolve: command('resolve'),
    escalate: command('escalate'),
    withdraw: command('withdraw'),
    addNote: command('notes'),
    amend: command('amend'),
    reassign: command('reassign'),
    async *watch(id, { signal, lastEventId = '' } = {}) {
      let lastId = lastEventId;
      for (let failures = 0; ;) {
        try {
          const response = await sending.fetch(addressOf(baseUrl, pathOf(id, '/events'), {}), {
            headers: {
              Authorization: `Bearer ${apiKey}`,
              ...(lastId && { 'Last-Event-ID': lastId }),
            },
            ...(signal && { signal }),
          });
          if (response.status !== 200) {
            throw new BatonProblem(
              response.status,
              (await response.json()) as Record<string, unknown>,
            );
          }
          for await (const sent of readEvents(readText(response.body ?? new ReadableStream()))) {
            failures = 0;
            lastId = sent.id ?? lastId;
            const event = { type: sent.event, data: JSON.parse(sent.data) as unknown };
            yield { ...event, ...(sent.id !== undefined && { id: sent.id }) } as HandoffEvent;
            if (sent.event === 'end') return;
          }
        } catch (error) {
          const isFinal =
            error instanceof BatonProblem && error.status < 500 && error.status !== 429;
          failures += 1;
          if (signal?.aborted || isFinal || failures >= maxAttempts) throw error;
        }
        await new Promise((resolve) => setTimeout(resolve, 250 * 2 ** failures));
      }
    },
    withdrawAll: (which = {}) => post('/v1/handoffs/withdrawals', which),
    withdrawal: (id) => get(`/v1/handoffs/withdrawals/${encodeURIComponent(id)}`),
    coverage: (policy, filter = {}) =>
      get(`/v1/policies/${encodeURIComponent(policy)}/coverage`, filter),
    callbacks: (filter = {}) => get('/v1/callbacks', filter),
    async resendCallbacks(id, sequence) {
      const number = sequence === undefined ? '' : `/${sequence}`;
      await post(`/v1/callbacks/${encodeURIComponent(id)}${number}/resend`, {});
    },
    stats: (filter = {}) => get('/v1/stats', filter),
  };
  return client;
}
