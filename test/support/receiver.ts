import { createServer, type IncomingHttpHeaders } from 'node:http';

/** One request that a receiver of callbacks got. */
export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly event: {
    readonly type: string;
    readonly data: { readonly id: string; readonly sequence: number } & Record<string, unknown>;
  };
  /** What it was answered. */
  readonly status: number;
}

/** A source's own server, in the hands of a test. */
export interface Receiver {
  readonly url: string;
  /** Everything it got, refused ones too. */
  readonly received: readonly Received[];
  /** What it answers from now on. */
  answer: (request: Omit<Received, 'status'>) => Answer;
  /** What it took of one handoff, in the order it came. */
  taken(handoff: string): Received[];
  close(): Promise<void>;
}

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly afterMs?: number;
}

/** Starts a receiver on a free port that takes everything. */
export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = [];
  const receiver: Receiver = {
    url: '',
    received,
    answer: () => ({ status: 204 }),
    taken: (handoff) =>
      received.filter(({ event, status }) => event.data.id === handoff && status < 300),
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => {
          resolve();
        });
      }),
  };
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const body = Buffer.concat(parts).toString();
      const got = {
        path: request.url ?? '',
        headers: request.headers,
        body,
        event: JSON.parse(body) as Received['event'],
      };
      const { status, headers = {}, afterMs = 0 } = receiver.answer(got);
      received.push({ ...got, status });
      setTimeout(() => response.writeHead(status, headers).end('thanks'), afterMs);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('it does not listen');
  return Object.assign(receiver, { url: `http://127.0.0.1:${address.port}/hook` });
}
