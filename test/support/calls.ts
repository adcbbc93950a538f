import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import twilio from 'twilio';
import { TEST_ACCOUNT } from './baton.ts';

/** A call that Baton has asked for, in the hands of a test: it rings until the test says what becomes of it. */
export interface RingingCall {
  readonly sid: string;
  readonly to: string;
  /** Somebody, or something, picks up; returns what is heard until a key is waited for, or the call is over. */
  answer(answeredBy?: string): Promise<string>;
  /** Presses a key, '' is none; returns what is heard then. */
  press(key: string): Promise<string>;
  /** Ends the call and reports it as Twilio does; returns the status of the answer. */
  end(status: 'completed' | 'busy' | 'no-answer' | 'failed'): Promise<number>;
}

/** Twilio's Calls API in front of the simulator, which gets everything else. */
export interface CallExchange {
  readonly url: string;
  readonly calls: readonly RingingCall[];
  /** Where everything but calls goes. */
  forwardTo: string;
  /** Waits for the next call to this number that no test has had yet. */
  expectCall(to: string): Promise<RingingCall>;
  close(): Promise<void>;
}

interface Order {
  readonly sid: string;
  readonly form: URLSearchParams;
  readonly at: Date;
  status: string;
}

/** Starts an exchange on a free port. */
export async function startCallExchange(): Promise<CallExchange> {
  const orders: Order[] = [];
  const calls: RingingCall[] = [];
  const seen = new Set<string>();
  const waiting = new Set<() => void>();
  const server = createServer((request, response) => {
    void handle(request, response).catch(() => response.writeHead(502).end());
  });

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const { method = 'GET', url = '/' } = request;
    if (!url.includes('/Calls.json')) {
      const { 'content-type': type, authorization } = request.headers;
      const answer = await fetch(`${exchange.forwardTo}${url}`, {
        method,
        headers: { ...(type && { 'Content-Type': type }), ...(authorization && { authorization }) },
        ...(method === 'POST' && { body }),
      });
      response
        .writeHead(answer.status, { 'Content-Type': 'application/json' })
        .end(await answer.text());
      return;
    }
    if (method === 'POST') {
      const order: Order = {
        sid: `CA${String(orders.length + 1).padStart(32, '0')}`,
        form: new URLSearchParams(body.toString()),
        at: new Date(),
        status: 'ringing',
      };
      orders.push(order);
      calls.push(connect(order));
      response
        .writeHead(201, { 'Content-Type': 'application/json' })
        .end(JSON.stringify(resource(order)));
      waiting.forEach((look) => {
        look();
      });
      return;
    }
    const to = new URL(url, 'http://exchange').searchParams.get('To');
    const found = orders.filter(({ form }) => form.get('To') === to).reverse();
    response
      .writeHead(200, { 'Content-Type': 'application/json' })
      .end(JSON.stringify({ calls: found.map(resource), page: 0, page_size: 20 }));
  }

  const exchange: CallExchange = {
    url: '',
    calls,
    forwardTo: '',
    expectCall: (to) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const call = calls.find((one) => one.to === to && !seen.has(one.sid));
          if (!call) return;
          seen.add(call.sid);
          waiting.delete(look);
          clearTimeout(timer);
          resolve(call);
        };
        const timer = setTimeout(() => {
          waiting.delete(look);
          reject(new Error(`no call to ${to} within 10 s`));
        }, 10_000);
        waiting.add(look);
        look();
      }),
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return Object.assign(exchange, { url: `http://127.0.0.1:${port}` });
}

function resource({ sid, form, status, at }: Order) {
  const [to, from] = [form.get('To'), form.get('From')];
  return { sid, status, to, from, date_created: at.toUTCString().replace('GMT', '+0000') };
}

/** Returns a call that follows TwiML as Twilio does: signed requests, redirects, keys where they are waited for. */
function connect(order: Order): RingingCall {
  const { sid, form } = order;
  let action = '';
  let answered: Record<string, string> = {};

  async function ask(url: string, fields: Record<string, string>): Promise<string> {
    const text = await (await post(url, fields)).text();
    const heard = [...text.matchAll(/<Say[^>]*>([^<]*)<\/Say>/g)].map(([, said]) => said).join(' ');
    action = readUrl(/<Gather[^>]* action="([^"]*)"/.exec(text)?.[1]);
    const redirect = readUrl(/<Redirect[^>]*>([^<]*)</.exec(text)?.[1]);
    if (redirect === '') return heard;
    return [heard, await ask(redirect, {})].filter(Boolean).join(' ');
  }

  function post(url: string, fields: Record<string, string>): Promise<Response> {
    const [bare = ''] = url.split('#');
    const params = { CallSid: sid, CallStatus: order.status, ...fields };
    return fetch(bare, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/x-www-form-urlencoded',
        'X-Twilio-Signature': twilio.getExpectedTwilioSignature(
          TEST_ACCOUNT.authToken,
          bare,
          params,
        ),
      },
      body: new URLSearchParams(params),
    });
  }

  return {
    sid,
    to: form.get('To') ?? '',
    answer(answeredBy) {
      order.status = 'in-progress';
      answered = answeredBy === undefined ? {} : { AnsweredBy: answeredBy };
      return ask(form.get('Url') ?? '', answered);
    },
    press: (key) => ask(action, { Digits: key }),
    async end(status) {
      order.status = status;
      return (await post(form.get('StatusCallback') ?? '', { ...answered, CallStatus: status }))
        .status;
    },
  };
}

function readUrl(escaped = ''): string {
  return escaped.replace(/&amp;/g, '&');
}
