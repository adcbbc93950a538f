import { createHash, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Client } from '@temporalio/client';
import { loadOrganisation } from '../../src/directory/load.ts';
import { createSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import { connectClient } from '../../src/temporal/connection.ts';
import type { TemporalServer } from '../../src/temporal/server.ts';
import type { HandoffView } from '../../src/domain/view.ts';
import { createPhones, type Phones } from './phones.ts';
import { takePort } from './ports.ts';
import { startEntry, type Entry } from './processes.ts';
import { startTestServer } from './test-server.ts';

/** The settings of every test installation; none is a secret. */
export const TEST_ACCOUNT = {
  accountSid: `AC${'0'.repeat(32)}`,
  authToken: 'test-auth-token',
  sendgridApiKey: 'SG.test-key',
  from: '+15005550006',
  source: 'crm',
  apiKey: 'test-key-0123456789',
} as const;

/** What callbacks of the test source are signed with. */
export const TEST_SECRET = `whsec_${Buffer.alloc(32, 'baton').toString('base64')}`;

/** An admin's key, and its hash in the file of the test sources. */
export const TEST_ADMIN_KEY = 'baton_0adm1n00_test-admin-key-0123456789';

export const TEST_SOURCES = JSON.stringify({
  [TEST_ACCOUNT.source]: {
    callbacks: { secrets: [TEST_SECRET], allow: ['127.0.0.0/8'] },
  },
  ops: {
    keys: [
      {
        id: '0adm1n00',
        hash: `sha256:${createHash('sha256').update(TEST_ADMIN_KEY).digest('hex')}`,
        scopes: ['admin'],
        made: '2026-11-23T00:00:00.000Z',
      },
    ],
  },
});

export const TEST_FILES = {
  directory: fileURLToPath(new URL('./directory.yaml', import.meta.url)),
  policies: fileURLToPath(new URL('./policies.yaml', import.meta.url)),
};

/** A whole installation: a Temporal server, API and worker as processes, and the world outside simulated. */
export interface Baton {
  readonly url: string;
  readonly client: Client;
  readonly temporal: TemporalServer;
  readonly simulator: Simulator;
  readonly phone: Phones['phone'];
  readonly phones: Phones;
  readonly env: Readonly<Record<string, string>>;
  worker: Entry;
  api: Entry;
  /** Starts another worker process, with settings of its own or from another checkout, and waits until it polls. */
  startWorker(additions?: Readonly<Record<string, string>>, root?: string): Promise<Entry>;
  /** Starts an API where the first one was, with settings of its own, and waits until it answers. */
  startApi(additions?: Readonly<Record<string, string>>): Promise<Entry>;
  /** Calls the API with the test source's key. */
  call(
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<{ status: number; body: unknown; headers: Headers }>;
  /** Submits a handoff and returns its id and code. */
  submit(body: unknown): Promise<{ id: string; code: string }>;
  read(id: string): Promise<HandoffView>;
  /** Reads a handoff until it has this status. */
  waitForStatus(id: string, status: HandoffView['status'], withinMs?: number): Promise<HandoffView>;
  /** What worker and API printed last, for a test that failed. */
  lastOutput(): string;
  stop(): Promise<void>;
}

export interface BatonOptions {
  readonly files?: { directory: string; policies: string };
  readonly env?: Readonly<Record<string, string>>;
  readonly deliveryDelayMs?: number;
  /** Where Temporal keeps its database; in memory by default. */
  readonly databaseFile?: string;
  /** A Temporal server that runs already, and stays when Baton stops; by default one of its own. */
  readonly temporal?: Pick<TemporalServer, 'address' | 'namespace'>;
  /** How API and worker are started; by default the sources of this clone. */
  readonly startEntry?: typeof startEntry;
}

/** Whole installations are tested as they run in production: encrypted, unless a test has no keys. */
const ENCRYPTION_KEYS = [{ id: 'test', key: Buffer.alloc(32, 'only for tests') }];

/** Starts a whole installation on free ports. */
export async function startBaton(options: BatonOptions = {}): Promise<Baton> {
  const files = options.files ?? TEST_FILES;
  const { directory } = loadOrganisation(files);
  const temporal =
    options.temporal === undefined
      ? await startTestServer(
          options.databaseFile === undefined ? {} : { databaseFile: options.databaseFile },
        )
      : { ...options.temporal, stop: () => Promise.resolve() };
  const start = options.startEntry ?? startEntry;
  const port = await takePort();
  const url = `http://127.0.0.1:${port}`;
  const simulator = createSimulator({
    ...TEST_ACCOUNT,
    people: Object.entries(directory.responders).map(([id, { name, phone, email }]) => ({
      id,
      name,
      ...(phone !== undefined && { phone }),
      ...(email !== undefined && { email }),
    })),
    webhookBaseUrl: url,
    baton: { url, apiKey: TEST_ACCOUNT.apiKey },
    deliveryDelayMs: options.deliveryDelayMs ?? 20,
  });
  const { url: simulatorUrl } = await simulator.listen();
  const sourcesFile = join(mkdtempSync(join(tmpdir(), 'baton-sources-')), 'sources.yaml');
  writeFileSync(sourcesFile, TEST_SOURCES);
  const env = {
    TEMPORAL_ADDRESS: temporal.address,
    TEMPORAL_NAMESPACE: temporal.namespace,
    PORT: String(port),
    HOST: '127.0.0.1',
    PUBLIC_BASE_URL: url,
    BATON_DIRECTORY: files.directory,
    BATON_POLICIES: files.policies,
    BATON_API_KEYS: `${TEST_ACCOUNT.source}:${TEST_ACCOUNT.apiKey},other:other-key-0123456789`,
    BATON_SOURCES: sourcesFile,
    BATON_ENCRYPTION_KEYS: ENCRYPTION_KEYS.map(
      ({ id, key }) => `${id}:${key.toString('base64')}`,
    ).join(),
    BATON_RATE_LIMIT_PER_MINUTE: '1000000',
    BATON_SMS_PER_SECOND: '1000',
    BATON_EMAILS_PER_SECOND: '1000',
    TWILIO_ACCOUNT_SID: TEST_ACCOUNT.accountSid,
    TWILIO_AUTH_TOKEN: TEST_ACCOUNT.authToken,
    TWILIO_FROM: TEST_ACCOUNT.from,
    TWILIO_BASE_URL: simulatorUrl,
    BATON_LINK_SECRET: 'test-link-secret-0123456789abcdef',
    SENDGRID_API_KEY: TEST_ACCOUNT.sendgridApiKey,
    SENDGRID_FROM: 'baton@example.com',
    SENDGRID_BASE_URL: simulatorUrl,
    SENDGRID_EVENTS_KEY: simulator.sendgridPublicKey,
    SENDGRID_INBOUND_KEY: simulator.sendgridPublicKey,
    BATON_MAIL_DOMAIN: 'reply.baton.example',
    ...options.env,
  };
  /** Nothing may be left running when one of them does not come up. */
  const waitOrKill = async (entry: Entry, text: string): Promise<Entry> => {
    await entry.waitFor(text).catch(async (error: unknown) => {
      await entry.kill();
      throw error;
    });
    return entry;
  };
  const startWorker = (
    additions: Readonly<Record<string, string>> = {},
    root?: string,
  ): Promise<Entry> =>
    waitOrKill(start('worker', { ...env, ...additions }, root), 'worker is ready');
  const startApi = (additions: Readonly<Record<string, string>> = {}): Promise<Entry> =>
    waitOrKill(start('server', { ...env, ...additions }), 'api is ready');
  const starting = [
    startWorker(),
    startApi(),
    connectClient({
      connection: { address: temporal.address },
      namespace: temporal.namespace,
      encryptionKeys: env.BATON_ENCRYPTION_KEYS === '' ? [] : ENCRYPTION_KEYS,
    }),
  ] as const;
  const [worker, api, { client, connection }] = await Promise.all(starting).catch(
    async (error: unknown) => {
      for (const result of await Promise.allSettled(starting)) {
        if (result.status === 'rejected') continue;
        await ('kill' in result.value ? result.value.kill() : result.value.connection.close());
      }
      await simulator.close();
      await temporal.stop();
      throw error;
    },
  );
  const phones = createPhones(simulator);

  const baton: Baton = {
    url,
    client,
    temporal,
    simulator,
    phones,
    phone: (id) => phones.phone(id),
    env,
    worker,
    api,
    startWorker,
    startApi,
    async call(
      method: string,
      path: string,
      body?: unknown,
      headers: Readonly<Record<string, string>> = {},
    ) {
      const response = await fetch(`${url}${path}`, {
        method,
        headers: {
          Authorization: `Bearer ${TEST_ACCOUNT.apiKey}`,
          ...(body !== undefined && { 'Content-Type': 'application/json' }),
          ...headers,
        },
        ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      const text = await response.text();
      return {
        status: response.status,
        body: (text === '' ? undefined : JSON.parse(text)) as unknown,
        headers: response.headers,
      };
    },
    async submit(body) {
      // With a key of its own, so that what was refused for now can be sent again, as sources do.
      const key = { 'Idempotency-Key': randomUUID() };
      const answer = await untilServed(() => baton.call('POST', '/v1/handoffs', body, key));
      if (answer.status !== 201) {
        throw new Error(`not accepted: ${answer.status} ${JSON.stringify(answer.body)}`);
      }
      return answer.body as { id: string; code: string };
    },
    async read(id) {
      const answer = await untilServed(() => baton.call('GET', `/v1/handoffs/${id}`));
      if (answer.status !== 200) throw new Error(`GET ${id}: ${JSON.stringify(answer.body)}`);
      return answer.body as HandoffView;
    },
    async waitForStatus(id, status, withinMs = 30_000) {
      const deadline = Date.now() + withinMs;
      for (;;) {
        const view = await baton.read(id);
        if (view.status === status) return view;
        if (Date.now() > deadline) {
          throw new Error(
            `${id} is ${view.status}, not ${status}:\n${JSON.stringify(view, null, 1)}`,
          );
        }
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
    lastOutput() {
      const { worker, api } = baton;
      return Object.entries({ worker, api })
        .map(([name, entry]) => `--- ${name}\n${entry.output().slice(-3_000)}`)
        .join('\n');
    },
    async stop() {
      await Promise.all([baton.worker.stop(), baton.api.stop()]);
      await connection.close();
      await simulator.close();
      await temporal.stop();
      rmSync(dirname(sourcesFile), { recursive: true });
    },
  };
  return baton;
}

/** Asks again as long as it is told to, somewhere within the time it is told. */
async function untilServed(call: () => ReturnType<Baton['call']>): ReturnType<Baton['call']> {
  for (;;) {
    const answer = await call();
    const seconds = answer.headers.get('retry-after');
    if (answer.status !== 503 || seconds === null) return answer;
    await new Promise((resolve) => setTimeout(resolve, Number(seconds) * 1_000 * Math.random()));
  }
}
