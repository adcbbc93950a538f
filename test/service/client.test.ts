import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readEvents } from '../../src/client/events.ts';
import {
  BatonProblem,
  BatonUnreachableError,
  createBatonClient,
  readCallback,
  type BatonClient,
  type HandoffEvent,
} from '../../src/client/index.ts';
import { startBaton, TEST_ACCOUNT, TEST_SECRET, type Baton } from '../support/baton.ts';
import { startReceiver } from '../support/receiver.ts';
import { buildSubmission } from '../support/samples.ts';

const KEY = 'the-secret-key-0123456789';

describe('retries', () => {
  let server: Server;
  let seen: { url: string; headers: IncomingHttpHeaders; body: string }[];
  let answers: {
    status: number;
    headers?: Record<string, string>;
    body?: object;
    hangs?: boolean;
  }[];
  let client: BatonClient;

  beforeEach(async () => {
    [seen, answers] = [[], []];
    server = createServer((request, response) => {
      let body = '';
      request.on('data', (part: Buffer) => (body += part.toString()));
      request.on('end', () => {
        seen.push({ url: request.url ?? '', headers: request.headers, body });
        const answer = answers[Math.min(seen.length, answers.length) - 1] ?? { status: 200 };
        if (answer.hangs === true) return;
        if (answer.status === 0) {
          response.destroy();
          return;
        }
        response
          .writeHead(answer.status, answer.headers)
          .end(JSON.stringify(answer.body ?? { id: 'x' }));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    client = createBatonClient({
      baseUrl: `http://127.0.0.1:${port}/`,
      apiKey: KEY,
      timeoutMs: 300,
      maxAttempts: 3,
    });
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  test.each([408, 425, 429, 500, 502, 503, 504, 0])(
    '%i is tried again, with the same key',
    async (status) => {
      answers = [{ status }, { status: 201 }];
      const { isNew } = await client.submit(buildSubmission() as never);

      expect(isNew).toBe(true);
      expect(seen).toHaveLength(2);
      const keys = seen.map(({ headers }) => headers['idempotency-key']);
      expect(keys[0]).toMatch(/^[0-9a-f-]{36}$/);
      expect(new Set(keys).size).toBe(1);
    },
  );

  test('no answer in time is tried again', async () => {
    answers = [{ status: 0, hangs: true }, { status: 200 }];
    expect((await client.submit(buildSubmission() as never)).isNew).toBe(false);
  });

  test.each([400, 401, 403, 404, 409, 413, 422])(
    '%i is final, with what is wrong',
    async (status) => {
      const errors = [{ pointer: '/policy', detail: 'there is no policy "x"' }];
      answers = [{ status, body: { title: 'No', detail: 'It has a fault.', errors } }];
      const error: unknown = await client.resolve('hof_x').catch((thrown: unknown) => thrown);

      expect(error).toBeInstanceOf(BatonProblem);
      expect(error).toMatchObject({ status, message: 'It has a fault.', errors });
      expect(seen).toHaveLength(1);
    },
  );

  test('Retry-After is kept', async () => {
    answers = [{ status: 503, headers: { 'Retry-After': '1' } }, { status: 200 }];
    const startedAt = performance.now();
    await client.get('hof_x');
    expect(performance.now() - startedAt).toBeGreaterThan(950);
  });

  test('after the last attempt it says so, and nowhere shows the key', async () => {
    answers = [{ status: 0 }];
    const error: unknown = await client.withdraw('hof_x').catch((thrown: unknown) => thrown);

    expect(error).toBeInstanceOf(BatonUnreachableError);
    expect(error).toMatchObject({ attempts: 3 });
    expect(seen).toHaveLength(3);
    expect(inspect([error, client], { depth: 9, showHidden: true })).not.toContain(KEY);
  });

  test('an externalId is the key of a submission that has one', async () => {
    await client.submit({ ...buildSubmission(), externalId: 'lead-1' } as never);
    expect(seen[0]?.headers).not.toHaveProperty('idempotency-key');
  });

  test('filters are written as the API takes them', async () => {
    await client.list({
      status: ['notifying', 'waiting'],
      limit: 5,
      createdFrom: '2026-11-23T00:00:00+01:00',
    });
    expect(seen[0]?.url).toBe(
      '/v1/handoffs?status=notifying%2Cwaiting&limit=5&createdFrom=2026-11-23T00%3A00%3A00%2B01%3A00',
    );
  });
});

test('events are read wherever the parts of a stream end', async () => {
  const events = fc.array(
    fc.record({
      event: fc.constantFrom('timeline', 'status', 'end'),
      data: fc.string({ unit: 'grapheme' }).map((text) => JSON.stringify(text)),
      id: fc.option(fc.nat().map(String), { nil: undefined }),
    }),
  );
  const end = fc.constantFrom('\n', '\r\n');
  await fc.assert(
    fc.asyncProperty(events, end, fc.array(fc.nat({ max: 9 })), async (given, newline, sizes) => {
      const text = given
        .map(({ event, data, id }) =>
          [
            ...(id === undefined ? [] : [`id: ${id}`]),
            ': beat',
            `event: ${event}`,
            `data: ${data}`,
            '',
            '',
          ].join(newline),
        )
        .join('');
      async function* cut(): AsyncGenerator<string> {
        let at = 0;
        for (const size of [...sizes, text.length]) {
          yield await Promise.resolve(text.slice(at, at + size));
          at += size;
        }
      }
      const read = [];
      for await (const event of readEvents(cut())) read.push(event);
      expect(read).toEqual(
        given.map(({ id, ...event }) => ({ ...event, ...(id !== undefined && { id }) })),
      );
    }),
  );
});

describe('against the service', () => {
  let baton: Baton;
  let client: BatonClient;
  beforeAll(async () => {
    baton = await startBaton();
    client = createBatonClient({ baseUrl: baton.url, apiKey: TEST_ACCOUNT.apiKey });
  });
  afterAll(async () => {
    await baton.stop();
  });
  const submission = (changes: Record<string, unknown> = {}) =>
    buildSubmission(changes) as Parameters<BatonClient['submit']>[0];

  test('hands off, watches, amends, reassigns, resolves and hears of it', async () => {
    const receiver = await startReceiver();
    const { id, isNew, code } = await client.submit(submission({ callbackUrl: receiver.url }));
    expect([isNew, code.length]).toEqual([true, 4]);
    const seen: HandoffEvent[] = [];
    const watching = (async () => {
      for await (const event of client.watch(id)) seen.push(event);
    })();

    expect(await client.amend(id, { brief: { score: { value: 97 } } })).toMatchObject({
      effect: 'amended',
    });
    expect(await client.reassign(id, { to: 'bob' })).toMatchObject({ effect: 'reassigned' });
    expect(await client.take(id, { responder: 'bob' })).toMatchObject({ effect: 'taken' });
    expect(await client.addNote(id, { text: 'on the phone' })).toMatchObject({ effect: 'noted' });
    expect(await client.resolve(id, { responder: 'bob', outcome: 'reached' })).toMatchObject({
      effect: 'resolved',
    });
    await watching;

    expect(seen.at(-1)).toMatchObject({ type: 'end', data: { ending: { outcome: 'reached' } } });
    const entries = seen.filter((event) => event.type === 'timeline');
    const later: HandoffEvent[] = [];
    const lastEventId = entries.at(-3)?.id ?? '';
    for await (const event of client.watch(id, { lastEventId })) later.push(event);
    expect(later.filter(({ type }) => type === 'timeline')).toEqual(entries.slice(-2));
    expect((await client.get(id)).brief.score).toEqual({ value: 97 });
    expect((await client.timeline(id)).map(({ what }) => what)).toContain('reassigned');
    await expect.poll(() => receiver.taken(id).length, { timeout: 10_000 }).toBe(2);
    const [, last] = receiver.taken(id);
    const event = readCallback({
      secrets: [`whsec_${Buffer.alloc(32, 'new').toString('base64')}`, TEST_SECRET],
      headers: last?.headers ?? {},
      body: Buffer.from(last?.body ?? ''),
    });
    expect(event).toMatchObject({ type: 'handoff.resolved', data: { id, outcome: 'reached' } });
    expect(() =>
      readCallback({ secrets: TEST_SECRET, headers: {}, body: last?.body ?? '' }),
    ).toThrow();
    await receiver.close();
  });

  test('tells who would be there, and refuses a policy that there is not', async () => {
    const coverage = await client.coverage('quick', { urgency: 'urgent', hours: 2 });
    expect(coverage.urgencies.map(({ urgency }) => urgency)).toEqual(['urgent']);
    expect(coverage.urgencies[0]?.hours[0]?.first).toMatchObject({ name: 'Alice Ng' });
    await expect(client.coverage('nowhere')).rejects.toMatchObject({ status: 404 });
  });

  test('lists all, page by page, withdraws all, and counts', async () => {
    const ids = await Promise.all(
      Array.from(
        { length: 5 },
        async () => (await client.submit(submission({ policy: 'quick' }))).id,
      ),
    );
    const list = async () => {
      const found: string[] = [];
      for await (const { id } of client.listAll({ policy: 'quick', limit: 2 })) found.push(id);
      return found.sort();
    };
    await expect.poll(list).toEqual([...ids].sort());

    const { id } = await client.withdrawAll({ policy: 'quick', reason: 'sold out' });

    await expect.poll(async () => (await client.withdrawal(id)).status).toBe('completed');
    for (const one of ids) await baton.waitForStatus(one, 'withdrawn');
    await expect.poll(async () => (await client.stats()).policies['quick']?.withdrawn).toBe(5);
    expect((await client.callbacks({ status: 'failed' })).callbacks).toEqual([]);
  });
});
