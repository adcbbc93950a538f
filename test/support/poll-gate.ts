/*
 * A way to a Temporal server on which a test decides when workers get workflow tasks, and of which kind: what the server
 * hands out first is chance otherwise.
 */
import { once } from 'node:events';
import {
  connect,
  createServer,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { temporal } from '@temporalio/proto';

const { PollWorkflowTaskQueueRequest, PollWorkflowTaskQueueResponse } =
  temporal.api.workflowservice.v1;
const POLL = '/temporal.api.workflowservice.v1.WorkflowService/PollWorkflowTaskQueue';

type History = NonNullable<
  temporal.api.workflowservice.v1.IPollWorkflowTaskQueueResponse['history']
>;

export interface PollGate {
  /** Where a worker connects to. */
  readonly address: string;
  /** Lets no poll of a queue that workers share through any more. */
  shut(taskQueue: string): void;
  /** Lets all polls through. */
  open(): void;
  /**
   * Lets a worker have the query that waits there, with what its workflow's history is by then, and nothing else: as a
   * server whose queues have several partitions does when something happened after the query.
   */
  passQuery(readHistory: () => Promise<History>): Promise<void>;
  close(): Promise<void>;
}

/** Starts a gate before a server; it is open. */
export async function startPollGate(server: string): Promise<PollGate> {
  const upstream = connect(`http://${server}`);
  let state: 'open' | 'closed' = 'open';
  let shutQueue: string | undefined;
  let waiting: (() => void)[] = [];
  let late:
    { readonly readHistory: () => Promise<History>; readonly passed: () => void } | undefined;

  const wait = (): Promise<void> => new Promise((resolve) => waiting.push(resolve));
  const wake = (): void => {
    const woken = waiting;
    waiting = [];
    for (const go of woken) go();
  };

  async function poll(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): Promise<void> {
    const request = await readAll(stream);
    const { taskQueue } = PollWorkflowTaskQueueRequest.decode(unframe(request));
    while (state !== 'open' && taskQueue?.name === shutQueue) {
      if (stream.closed) return;
      if (!late) {
        await wait();
        continue;
      }
      const { readHistory, passed } = late;
      late = undefined;
      const answer = await ask(stream, headers, request);
      const task = PollWorkflowTaskQueueResponse.decode(unframe(answer.body));
      if (!task.query) throw new Error('something else than a query waited');
      task.history = await readHistory();
      const body = frame(PollWorkflowTaskQueueResponse.encode(task).finish());
      respond(stream, { ...answer, body });
      passed();
      return;
    }
    respond(stream, await ask(stream, headers, request));
  }

  async function ask(
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    body: Buffer,
  ): Promise<Answer> {
    const call = upstream.request(headers);
    // Who does not wait any more must not be given a task.
    stream.on('close', () => {
      call.close();
    });
    call.end(body);
    let trailers: IncomingHttpHeaders = {};
    call.on('trailers', (last: IncomingHttpHeaders) => (trailers = last));
    const [head] = (await once(call, 'response')) as [IncomingHttpHeaders];
    return { head, body: await readAll(call), trailers };
  }

  const gate = createServer();
  gate.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    stream.on('error', () => undefined);
    const passing =
      headers[':path'] === POLL
        ? poll(stream, headers)
        : readAll(stream)
            .then((body) => ask(stream, headers, body))
            .then((answer) => {
              respond(stream, answer);
            });
    passing.catch(() => {
      stream.close();
    });
  });
  gate.listen(0, '127.0.0.1');
  await once(gate, 'listening');
  return {
    address: `127.0.0.1:${(gate.address() as AddressInfo).port}`,
    shut(taskQueue) {
      shutQueue = taskQueue;
      state = 'closed';
    },
    open() {
      state = 'open';
      wake();
    },
    passQuery(readHistory) {
      return new Promise((passed) => {
        late = { readHistory, passed };
        wake();
      });
    },
    async close() {
      upstream.destroy();
      gate.close();
      await Promise.resolve();
    },
  };
}

interface Answer {
  readonly head: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly trailers: IncomingHttpHeaders;
}

function respond(stream: ServerHttp2Stream, { head, body, trailers }: Answer): void {
  if (stream.closed) return;
  const isTrailed = Object.keys(trailers).length > 0;
  stream.respond(head, { waitForTrailers: isTrailed });
  stream.on('wantTrailers', () => {
    stream.sendTrailers(trailers);
  });
  stream.end(body);
}

async function readAll(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts);
}

/** A message behind its gRPC prefix: whether it is compressed, and its length (gRPC over HTTP/2). */
function unframe(frame: Buffer): Buffer {
  const message = frame.subarray(5);
  return frame[0] === 1 ? gunzipSync(message) : message;
}

function frame(message: Uint8Array): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}
