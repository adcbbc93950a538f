import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a model of the stand-in does when it is asked. */
export type Behaviour =
  /** Says this; an object as JSON. */
  | { readonly kind: 'says'; readonly content: unknown }
  /** The server refuses, as Ollama words it. */
  | { readonly kind: 'refuses'; readonly status: number; readonly error: string }
  /** The server sends this body and nothing of the protocol. */
  | { readonly kind: 'sends'; readonly body: string; readonly type?: string }
  | { readonly kind: 'redirects'; readonly to: string }
  /** Nothing comes; or the beginning of an answer, and then nothing; or a byte now and then for ever. */
  | { readonly kind: 'hangs'; readonly after: 'nothing' | 'headers' | 'a byte now and then' }
  | { readonly kind: 'drops' }
  /** Answers the first time it is asked only when told to, and later ones at once. */
  | { readonly kind: 'holds'; readonly until: Promise<void>; readonly content: unknown };

/** A request that the stand-in got. */
export interface AskedModel {
  readonly path: string;
  readonly model: string;
  readonly prompt: string;
  readonly hasSchema: boolean;
}

export interface OllamaStandIn {
  readonly url: string;
  readonly asked: readonly AskedModel[];
  /** Gives the server a model of this name. */
  add(model: string, behaviour: Behaviour): void;
  close(): Promise<void>;
}

interface Asked {
  readonly model?: string;
  readonly stream?: boolean;
  readonly format?: unknown;
  readonly prompt?: string;
  readonly messages?: readonly { readonly role: string; readonly content: string }[];
}

/**
 * Starts a server that speaks Ollama's `/api/chat`, `/api/generate`, `/api/tags` and `/api/version` as the real one
 * (v0.6) does: one JSON object where no stream is asked for, else one a line; errors as `{"error": …}`.
 */
export async function startOllama(): Promise<OllamaStandIn> {
  const models = new Map<string, Behaviour>();
  const asked: AskedModel[] = [];
  const server = createServer((request, response) => {
    void answer(request, response).catch(() => {
      response.destroy();
    });
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? '';
    if (path === '/api/version') {
      sendJson(response, { version: '0.6.8' });
      return;
    }
    if (path === '/api/tags') {
      sendJson(response, { models: [...models.keys()].map((name) => ({ name })) });
      return;
    }
    if (request.method !== 'POST' || (path !== '/api/chat' && path !== '/api/generate')) {
      response.writeHead(404, { 'Content-Type': 'text/plain' }).end('404 page not found');
      return;
    }
    const body = JSON.parse(await readBody(request)) as Asked;
    const { model = '', prompt = '', messages = [] } = body;
    asked.push({
      path,
      model,
      prompt: prompt === '' ? messages.map(({ content }) => content).join('\n') : prompt,
      hasSchema: typeof body.format === 'object',
    });
    const behaviour = models.get(model);
    if (!behaviour) {
      sendJson(response, { error: `model "${model}" not found, try pulling it first` }, 404);
      return;
    }
    // An empty prompt only loads the model.
    if (path === '/api/generate' && prompt === '') {
      const loaded = { model, created_at: now(), response: '', done: true, done_reason: 'load' };
      sendJson(response, loaded);
      return;
    }
    await behave(behaviour, response, { path, body });
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    add: (model, behaviour) => void models.set(model, behaviour),
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

async function behave(
  behaviour: Behaviour,
  response: ServerResponse,
  about: { readonly path: string; readonly body: Asked },
): Promise<void> {
  switch (behaviour.kind) {
    case 'says':
      say(response, behaviour.content, about);
      return;
    case 'holds':
      await behaviour.until;
      say(response, behaviour.content, about);
      return;
    case 'refuses':
      sendJson(response, { error: behaviour.error }, behaviour.status);
      return;
    case 'sends':
      response.writeHead(200, { 'Content-Type': behaviour.type ?? 'application/json' });
      response.end(behaviour.body);
      return;
    case 'redirects':
      response.writeHead(307, { Location: behaviour.to }).end();
      return;
    case 'drops':
      response.destroy();
      return;
    case 'hangs': {
      if (behaviour.after === 'nothing') return;
      response.writeHead(200, { 'Content-Type': 'application/json' });
      response.write('{"message":{"role":"assistant","content":"');
      if (behaviour.after === 'headers') return;
      const timer = setInterval(() => response.write('a'), 200);
      response.once('close', () => {
        clearInterval(timer);
      });
    }
  }
}

function say(
  response: ServerResponse,
  content: unknown,
  { path, body }: { readonly path: string; readonly body: Asked },
): void {
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  const part = (words: string) =>
    path === '/api/chat' ? { message: { role: 'assistant', content: words } } : { response: words };
  const end = {
    done: true,
    done_reason: 'stop',
    total_duration: 512_000_000,
    load_duration: 9_000_000,
    prompt_eval_count: 412,
    prompt_eval_duration: 90_000_000,
    eval_count: 120,
    eval_duration: 400_000_000,
  };
  const about = { model: body.model, created_at: now() };
  if (body.stream === false) {
    sendJson(response, { ...about, ...part(text), ...end });
    return;
  }
  response.writeHead(200, { 'Content-Type': 'application/x-ndjson' });
  for (const words of text.match(/[\s\S]{1,20}/g) ?? []) {
    response.write(`${JSON.stringify({ ...about, ...part(words), done: false })}\n`);
  }
  response.end(`${JSON.stringify({ ...about, ...part(''), ...end })}\n`);
}

function sendJson(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8' });
  response.end(JSON.stringify(value));
}

async function readBody(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}

const now = (): string => new Date().toISOString();
