import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createBatonClient } from 'baton/client';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startCourier, type Courier } from '../src/courier.ts';
import { openStore, type Store } from '../src/store.ts';

interface Seen {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

const CHAT = 'c'.repeat(32);
let store: Store;
let courier: Courier | undefined;
let server: Server;
let seen: Seen[];
/** What Baton answers next, by the end of the path; without one a command is recorded. */
let answers: Record<string, (response: ServerResponse) => void>;
const resume = vi.fn<() => void>();

beforeEach(async () => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
  resume.mockReset();
  store = openStore(':memory:');
  store.open(CHAT);
  store.setPhase(CHAT, 'waiting');
  store.addHandoff({ id: 'talk-1', conversation: CHAT, kind: 'talk' });
  seen = [];
  answers = {};
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const path = request.url ?? '';
      seen.push({ path, headers: request.headers, body });
      const name = Object.keys(answers).find((end) => path.endsWith(end)) ?? '';
      const answer = answers[name];
      if (answer) answer(response);
      else if (path.endsWith('/events')) response.writeHead(200).write('retry: 1\n\n');
      else reply(path === '/v1/handoffs' ? 201 : 200, { id: 'hof_1', effect: 'noted' })(response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  await courier?.stop();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  store.close();
  vi.restoreAllMocks();
});

const reply = (status: number, body: unknown) => (response: ServerResponse) => {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
};
const stream =
  (...events: readonly [event: string, data: unknown, id?: number][]) =>
  (response: ServerResponse) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    for (const [event, data, id] of events) {
      const number = id === undefined ? '' : `id: ${id}\n`;
      response.write(`${number}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
    }
  };
function start(): void {
  const { port } = server.address() as AddressInfo;
  courier = startCourier({
    store,
    baton: createBatonClient({ baseUrl: `http://127.0.0.1:${port}`, apiKey: 'k' }),
    patienceMs: 60_000,
    nudgeMs: 60_000,
    policy: 'sales',
    changed: () => undefined,
    resume,
  });
}
const said = (): string[] => store.messages(CHAT).map(({ text }) => text);
const errandsDone = () => expect.poll(() => store.errands().length, { timeout: 15_000 }).toBe(0);

test('errands go in their order, and one that is sent again has the same key', async () => {
  store.addErrand({ handoff: 'talk-1', kind: 'submit', body: { externalId: 'talk-1' } });
  store.addErrand({ handoff: 'talk-1', kind: 'note', body: { text: 'one' }, message: 1 });
  store.addErrand({ handoff: 'talk-1', kind: 'note', body: { text: 'two' }, message: 2 });
  let isFirst = true;
  answers['/notes'] = (response) => {
    if (isFirst) response.destroy();
    else reply(200, { effect: 'noted' })(response);
    isFirst = false;
  };
  start();
  await errandsDone();

  const calls = seen.filter(({ headers }) => headers['content-type'] !== undefined);
  expect(calls.map(({ body }) => body)).toEqual([
    '{"externalId":"talk-1"}',
    '{"text":"one"}',
    '{"text":"one"}',
    '{"text":"two"}',
  ]);
  const [, first, again, second] = calls.map(({ headers }) => headers['idempotency-key']);
  expect(again).toBe(first);
  expect(second).not.toBe(first);
});

test('a submission that Baton refuses is said, and holds up nobody else', async () => {
  store.addErrand({ handoff: 'talk-1', kind: 'submit', body: {} });
  answers['/handoffs'] = reply(422, { title: 'no', errors: [] });
  start();
  await errandsDone();
  expect(said().at(-1)).toContain('I could not ask anybody');
  expect(store.conversation(CHAT)?.phase).toBe('callback');
});

test('a note that comes too late is given back to the bot', async () => {
  store.setBatonId('talk-1', 'hof_1');
  const message = store.addMessage({ conversation: CHAT, author: 'customer', text: 'wait' }) ?? 0;
  store.setAnswered(CHAT, message);
  store.addErrand({ handoff: 'talk-1', kind: 'note', body: { text: 'wait' }, message });
  answers['/notes'] = reply(200, { effect: 'closed' });
  start();
  await errandsDone();
  await expect.poll(() => store.unanswered()).toEqual([CHAT]);
  await expect.poll(() => resume.mock.calls.length).toBeGreaterThan(0);
});

test('what was told before a restart is not told again', async () => {
  store.setBatonId('talk-1', 'hof_1');
  const note = { at: '', what: 'noted', because: 'Alice Ng: Hello: you', responder: 'alice' };
  const owner = { responder: 'alice', name: 'Alice Ng' };
  const status = ['status', { status: 'owned', awaiting: [], owner }] as const;
  answers['/events'] = stream(['timeline', note, 7], [...status]);
  start();
  await expect.poll(said).toEqual(['Hello: you', expect.stringContaining('Alice Ng has it now')]);
  await courier?.stop();

  seen = [];
  // A server that forgot where it was sends all of it again.
  answers['/events'] = stream(
    ['timeline', note, 7],
    [...status],
    ['timeline', { ...note, because: 'Alice Ng: Still there?' }, 8],
  );
  start();
  await expect.poll(() => said().at(-1)).toBe('Still there?');
  expect(said()).toHaveLength(3);
  const [watch] = seen.filter(({ path }) => path.endsWith('/events'));
  expect(watch?.headers['last-event-id']).toBe('7');
});

test.each([
  [
    'resolved',
    {
      by: { kind: 'responder', id: 'a', name: 'Alice Ng' },
      outcome: 'follow-up',
      note: 'a demo on Friday',
    },
    'What was agreed: follow up: a demo on Friday',
    'bot',
  ],
  ['expired', { note: 'nobody acted' }, 'nobody came. Leave your number', 'callback'],
])('a talk that is %s', async (status, ending, words, phase) => {
  store.setBatonId('talk-1', 'hof_1');
  answers['/events'] = stream(['end', { status, ending: { status, at: '', ...ending } }]);
  start();
  await expect.poll(() => said().at(-1)).toContain(words);
  expect(store.conversation(CHAT)?.phase).toBe(phase);
  expect(store.openHandoffs()).toEqual([]);
});
