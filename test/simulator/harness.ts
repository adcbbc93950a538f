import { createPublicKey, verify } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import twilio from 'twilio';
import { connectSendGrid, type MailService } from '../../src/activities/channels/email.ts';
import {
  createSimulator,
  type Simulator,
  type SimulatorOptions,
} from '../../src/simulator/simulator.ts';

const accountSid = `AC${'0'.repeat(32)}`;
const authToken = 'the-auth-token';
export const sendgridApiKey = 'SG.the-key';
export const from = '+15005550006';
export const alice = '+15005550010';
export const bob = '+15005550011';
/** When the clients give up on a request that hangs: what does not hang must be quicker, also on a busy machine. */
const GIVE_UP_AFTER_MS = 2_000;

/** Describes a webhook as Baton got it. */
export interface ReceivedWebhook {
  readonly method: string;
  readonly path: string;
  readonly params: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** What SendGrid posts, as it came; empty for Twilio's. */
  readonly body: Buffer;
  /** Whether Twilio has signed it. */
  readonly isSigned: boolean;
  readonly at: number;
}

/** Stands for Baton: records every webhook, and answers the next ones as told. */
interface FakeBaton {
  readonly url: string;
  readonly webhooks: readonly ReceivedWebhook[];
  /** Lists the statuses told by callbacks, in the order they came. */
  statuses(): readonly string[];
  twiml: string;
  /** Answers those webhooks for which it returns something. */
  twimlFor: (webhook: ReceivedWebhook) => string | undefined;
  webhookStatus: number;
  /** Come before `webhookStatus`, one for each webhook. */
  webhookStatuses: number[];
  close(): Promise<void>;
}

/** Starts a receiver on a free port of 127.0.0.1; its `/v1` answers only to the key `baton-key`. */
async function startFakeBaton(): Promise<FakeBaton> {
  const webhooks: ReceivedWebhook[] = [];
  const app = express();
  app.use('/webhooks/sendgrid', express.raw({ type: () => true, limit: '30mb' }));
  app.use(express.json());
  app.all(/^\/webhooks\//, express.urlencoded({ extended: false }), (request, response) => {
    const body: unknown = request.body;
    const params = (Buffer.isBuffer(body) ? {} : (body ?? {})) as Readonly<Record<string, string>>;
    const webhook: ReceivedWebhook = {
      method: request.method,
      path: request.originalUrl,
      params: { ...params },
      headers: request.headers,
      body: Buffer.isBuffer(body) ? body : Buffer.alloc(0),
      isSigned: twilio.validateRequest(
        authToken,
        request.get('x-twilio-signature') ?? '',
        `${baton.url}${request.originalUrl}`,
        params,
      ),
      at: Date.now(),
    };
    webhooks.push(webhook);
    response
      .status(baton.webhookStatuses.shift() ?? baton.webhookStatus)
      .type('text/xml')
      .send(baton.twimlFor(webhook) ?? baton.twiml);
  });
  app.use('/v1', (request, response, next) => {
    if (request.get('authorization') === 'Bearer baton-key') next();
    else response.status(401).json({ title: 'No key' });
  });
  app.post('/v1/handoffs', (request, response) => {
    const hasKey = request.get('idempotency-key') !== undefined;
    response.status(201).json({ id: 'hof_1', hasKey, body: request.body as unknown });
  });
  app.get('/v1/handoffs', (_request, response) => {
    response.json({ handoffs: [{ id: 'hof_1' }] });
  });
  app.get('/v1/handoffs/:id', (request, response) => {
    response.json({ id: request.params.id });
  });
  const server = await listen(createServer(app));
  const baton: FakeBaton = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    webhooks,
    statuses: () => webhooks.flatMap(({ params }) => params['MessageStatus'] ?? []),
    twiml: '<Response/>',
    twimlFor: () => undefined,
    webhookStatus: 200,
    webhookStatuses: [],
    async close() {
      await new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      });
    },
  };
  return baton;
}

async function listen(server: Server): Promise<Server> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

/** Holds a running simulator, its Baton, and the real clients pointed at it. */
export interface World {
  readonly simulator: Simulator;
  readonly url: string;
  readonly baton: FakeBaton;
  readonly twilio: ReturnType<typeof twilio>;
  readonly sendgrid: MailService;
  close(): Promise<void>;
}

/** Starts a simulator with Alice (phone and email) and Bob (phone), and a Baton for it. */
export async function startWorld(options: Partial<SimulatorOptions> = {}): Promise<World> {
  const baton = await startFakeBaton();
  const simulator = createSimulator({
    accountSid,
    authToken,
    sendgridApiKey,
    people: [
      { id: 'alice', name: 'Alice Ng', phone: alice, email: 'alice@example.com' },
      { id: 'bob', name: 'Bob Ray', phone: bob },
    ],
    webhookBaseUrl: () => baton.url,
    baton: { url: () => baton.url, apiKey: 'baton-key' },
    deliveryDelayMs: 10,
    ...options,
  });
  const { url } = await simulator.listen();
  const sendgrid = connectSendGrid({
    apiKey: sendgridApiKey,
    baseUrl: url,
    timeoutMs: GIVE_UP_AFTER_MS,
  });
  return {
    simulator,
    url,
    baton,
    twilio: connectTwilio(url),
    sendgrid,
    async close() {
      await simulator.close();
      await baton.close();
    },
  };
}

/** Returns the real client with the simulator's address; a hanging request fails after GIVE_UP_AFTER_MS. */
export function connectTwilio(url: string, token = authToken): ReturnType<typeof twilio> {
  const client = twilio(accountSid, token, { timeout: GIVE_UP_AFTER_MS });
  client.api.baseUrl = url;
  return client;
}

/** Tells whether a webhook, perhaps with another body, was signed with the key that the simulator shows as SendGrid's. */
export function isSignedBySendgrid(
  { simulator }: World,
  { headers, body }: Pick<ReceivedWebhook, 'headers' | 'body'>,
): boolean {
  const read = (name: string): string =>
    String(headers[`x-twilio-email-event-webhook-${name}`] ?? '');
  const key = Buffer.from(simulator.sendgridPublicKey, 'base64');
  return verify(
    'sha256',
    Buffer.concat([Buffer.from(read('timestamp')), body]),
    createPublicKey({ key, format: 'der', type: 'spki' }),
    Buffer.from(read('signature'), 'base64'),
  );
}
