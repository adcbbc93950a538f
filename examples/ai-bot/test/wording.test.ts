import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { wordWithModel } from '../src/wording.ts';

const article = {
  id: 'prices',
  title: 'What Fernhill costs',
  text: 'Team costs 9 euros.',
  keywords: '',
};
let server: Server | undefined;
afterEach(async () => {
  server?.closeAllConnections();
  if (server) await new Promise((resolve) => server?.close(resolve));
  server = undefined;
});

/** Starts what answers as Ollama's `/api/chat` does. */
async function startModel(answer: (response: ServerResponse, asked: string) => void) {
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      answer(response, `${request.url ?? ''} ${body}`);
    });
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const chat = (content: string) => (response: ServerResponse) => {
  response.setHeader('Content-Type', 'application/json');
  const message = { role: 'assistant', content };
  response.end(JSON.stringify({ model: 'm', created_at: '', message, done: true }));
};

async function ask(host: string) {
  const reports: string[] = [];
  const word = wordWithModel({ model: 'm', host, report: (why) => reports.push(why) });
  return { answer: await word('What is it?', article), reports };
}

test('what the model says of the article is said, and the question stands apart from the orders', async () => {
  let seen = '';
  const host = await startModel((response, asked) => {
    seen = asked;
    chat('<think>hm</think>For a team it is 9 euros.')(response);
  });
  expect(await ask(host)).toEqual({ answer: 'For a team it is 9 euros.', reports: [] });
  const { messages } = JSON.parse(seen.replace('/api/chat ', '')) as {
    messages: { role: string; content: string }[];
  };
  expect(messages.map(({ role }) => role)).toEqual(['system', 'user']);
  expect(messages[0]?.content).toContain(article.text);
});

test.each<[string, (response: ServerResponse) => void]>([
  ['invents a price', chat('For a team it is 7 euros.')],
  ['gives a link', chat('See https://fernhill.example/prices.')],
  ['says nothing', chat('  ')],
  ['never stops', chat('9 euros. '.repeat(200))],
  ['sends no JSON', (response) => response.end('<html>')],
  ['is not loaded', (response) => response.writeHead(404).end('{"error":"model not found"}')],
  ['hangs up', (response) => response.destroy()],
])(
  'of a model that %s the article is shown as it stands, and the log says why',
  async (_what, answer) => {
    const { answer: said, reports } = await ask(await startModel(answer));
    expect(said).toBe(article.text);
    expect(reports).toHaveLength(1);
  },
);

test('without a server the article is shown', async () => {
  expect((await ask('http://127.0.0.1:9')).answer).toBe(article.text);
});
