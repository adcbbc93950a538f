import { EventEmitter } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createApp } from '../src/app.ts';
import { createBot, type Bot } from '../src/bot.ts';
import { createKnowledge, readArticles } from '../src/knowledge.ts';
import { openStore, type Store } from '../src/store.ts';
import { sayAsWritten } from '../src/wording.ts';

const knowledge = createKnowledge(
  readArticles(fileURLToPath(new URL('../articles', import.meta.url))),
);
let store: Store;
let bot: Bot;
let server: Server;
let url: string;

beforeEach(async () => {
  store = openStore(':memory:');
  const changes = new EventEmitter();
  bot = createBot({
    store,
    knowledge,
    word: sayAsWritten,
    policy: 'inbound-sales',
    callbackPolicy: 'inbound-sales',
    changed: (id) => changes.emit(id),
    wake: () => undefined,
  });
  const courier = { surroundings: () => ({}), asked: () => [] };
  const app = createApp({
    store,
    bot,
    courier,
    changes,
    policy: 'inbound-sales',
    country: 'US',
    timezone: 'America/New_York',
  });
  server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await bot.settled();
  store.close();
});

const KEY = '0'.repeat(32);
let cookie = '';
async function send(path: string, fields: Record<string, string>, headers = {}) {
  const response = await fetch(`${url}${path}`, {
    method: 'POST',
    redirect: 'manual',
    headers: { Cookie: cookie, ...headers },
    body: new URLSearchParams(fields),
  });
  cookie = response.headers.getSetCookie()[0]?.split(';')[0] ?? cookie;
  return { status: response.status, text: await response.text() };
}
async function look() {
  await bot.settled();
  const response = await fetch(url, { headers: { Cookie: cookie } });
  return { html: await response.text(), headers: response.headers };
}
beforeEach(() => {
  cookie = '';
});

test('works without the script: a form, a way back, the answer', async () => {
  expect((await send('/messages', { text: 'How much is it?', key: KEY })).status).toBe(303);
  expect((await look()).html).toContain('9 euros a person a month');
});

test('the same form twice is one message', async () => {
  for (let time = 0; time < 3; time += 1) await send('/messages', { text: 'hello', key: KEY });
  expect((await look()).html.match(/class="customer"/g)).toHaveLength(1);
});

test('what customers write is text, never markup', async () => {
  const text = `<script>alert(1)</script>" onfocus="x`;
  await send('/messages', { text, name: '<b>Mallory</b>', key: KEY });
  const { html, headers } = await look();
  expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt;&quot; onfocus=&quot;x');
  expect(html).not.toMatch(/<script>|<b>Mallory|" onfocus/);
  expect(headers.get('content-security-policy')).toMatch(/default-src 'none'.*script-src 'self'/);
  expect(headers.get('cache-control')).toBe('no-store');
});

test.each([
  ['nothing', { text: ' \n ', key: KEY }],
  ['a novel', { text: 'x'.repeat(1_001), key: KEY }],
  ['a key of its own making', { text: 'hello', key: 'x' }],
])('%s is refused, and nothing is kept', async (_what, fields) => {
  expect((await send('/messages', fields)).status).toBe(400);
  expect(cookie).toBe('');
});

test('a form from another site is refused', async () => {
  const headers = { 'Sec-Fetch-Site': 'cross-site' };
  expect((await send('/messages', { text: 'hello', key: KEY }, headers)).status).toBe(403);
});

test('nobody reads a conversation without its cookie', async () => {
  await send('/messages', { text: 'my secret', key: KEY });
  cookie = `chat=${'0'.repeat(32)}`;
  expect((await look()).html).not.toContain('my secret');
});

test('asking for a person is an errand that waits for Baton, with the transcript in the details alone', async () => {
  await send('/messages', { text: 'How much is it?', key: KEY });
  await send('/messages', {
    text: 'a human please, my card is 4111 1111 1111 1111',
    key: '1'.repeat(32),
  });
  await look();
  const [submit, note] = store.errands();
  if (submit === undefined) throw new Error('no errand to submit the handoff');
  const { brief } = submit.body as { brief: { summary: string; details: string } };
  expect(brief.details).toContain('Fernhill');
  expect(JSON.stringify({ ...brief, details: '' })).not.toContain('4111');
  expect(note).toMatchObject({ kind: 'note', handoff: submit.handoff });
});

test('a phone number that is none is not taken, and the form says what one looks like', async () => {
  await send('/messages', { text: 'agent', key: KEY });
  await bot.settled();
  const call = { name: 'Tom', when: 'now' };
  const { status, text } = await send('/calls', { ...call, phone: 'later' });
  expect(status).toBe(400);
  expect(text).toContain('+1 512 555 0147');
  expect((await send('/calls', { ...call, phone: '(512) 555-0147' })).status).toBe(303);
  // Once is enough.
  await send('/calls', { ...call, phone: '(512) 555-0147' });
  expect(store.errands().map(({ kind }) => kind)).toEqual(['submit', 'note', 'withdraw', 'submit']);
});

test('what was kept and not answered is answered after a restart', async () => {
  const id = 'a'.repeat(32);
  store.open(id);
  store.addMessage({ conversation: id, author: 'customer', text: 'is there a free trial' });
  bot.resume();
  await bot.settled();
  expect(store.messages(id).at(-1)?.text).toContain('30 days');
});
