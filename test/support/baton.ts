import { createServer, type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { loadOrganisation } from '../../src/directory/load.ts';
import { createSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import type { HandoffView } from '../../src/domain/view.ts';
import { createPhones, type Phones } from './phones.ts';
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

export const TEST_FILES = {
  directory: fileURLToPath(new URL('./directory.yaml', import.meta.url)),
  policies: fileURLToPath(new URL('./policies.yaml', import.meta.url)),
};

/** A whole installation: a Temporal server, API and worker as processes, and the world outside simulated. */
export interface Baton {
  readonly url: string;
  readonly client: Client;
  readonly simulator: Simulator;
  readonly phone: Phones['phone'];
  readonly phones: Phones;
  readonly env: Readonly<Record<string, string>>;
  worker: Entry;
  api: Entry;
  /** Starts another worker process and waits until it polls. */
  startWorker(): Promise<Entry>;
  /** Calls the API with the test source's key. */
  call(
    method: 'GET' | 'POST',
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<{ status: number; body: unknown; headers: Headers }>;
  /** Submits a handoff and returns its id and code. */
  submit(body: unknown): Promise<{ id: string; code: string }>;
  read(id: string): Promise<HandoffView>;
  /** Reads a handoff until it has this status. */
  waitForStatus(id: string, status: HandoffView['status'], withinMs?: number): Promise<HandoffView>;
  stop(): Promise<void>;
}

export interface BatonOptions {
  readonly files?: { directory: string; policies: string };
  readonly env?: Readonly<Record<string, string>>;
  readonly deliveryDelayMs?: number;
}

/** Starts a whole installation on free ports. */
export async function startBaton(options: BatonOptions = {}): Promise<Baton> {
  const files = options.files ?? TEST_FILES;
  const { directory } = loadOrganisation(files);
  const temporal = await startTestServer();
  const port = await findFreePort();
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
  const env = {
    TEMPORAL_ADDRESS: temporal.address,
    TEMPORAL_NAMESPACE: temporal.namespace,
    PORT: String(port),
    HOST: '127.0.0.1',
    PUBLIC_BASE_URL: url,
    BATON_DIRECTORY: files.directory,
    BATON_POLICIES: files.policies,
    BATON_API_KEYS: `${TEST_ACCOUNT.source}:${TEST_ACCOUNT.apiKey},other:other-key-0123456789`,
    BATON_SMS_PER_SECOND: '1000',
    BATON_EMAILS_PER_SECOND: '1000',
    TWILIO_ACCOUNT_SID: TEST_ACCOUNT.accountSid,
    TWILIO_AUTH_TOKEN: TEST_ACCOUNT.authToken,
    TWILIO_FROM: TEST_ACCOUNT.from,
    TWILIO_BASE_URL: simulatorUrl,
    SENDGRID_API_KEY: TEST_ACCOUNT.sendgridApiKey,
    SENDGRID_FROM: 'baton@example.com',
    SENDGRID_BASE_URL: simulatorUrl,
    ...options.env,
  };
  const startWorker = async (): Promise<Entry> => {
    const worker = startEntry('worker', env);
    await worker.waitFor('worker is ready');
    return worker;
  };
  const api = startEntry('server', env);
  const [worker, connection] = await Promise.all([
    startWorker(),
    Connection.connect({ address: temporal.address }),
    api.waitFor('api is ready'),
  ]);
  const client = new Client({ connection, namespace: temporal.namespace });
  const phones = createPhones(simulator);

  const baton: Baton = {
    url,
    client,
    simulator,
    phones,
    phone: (id) => phones.phone(id),
    env,
    worker,
    api,
    startWorker,
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
      const answer = await baton.call('POST', '/v1/handoffs', body);
      if (answer.status !== 201) {
        throw new Error(`not accepted: ${answer.status} ${JSON.stringify(answer.body)}`);
      }
      return answer.body as { id: string; code: string };
    },
    async read(id) {
      const answer = await baton.call('GET', `/v1/handoffs/${id}`);
      if (answer.status !== 200) throw new Error(`GET ${id}: ${JSON.stringify(answer.body)}`);
      return answer.body as HandoffView;
    },
    async waitForStatus(id, status, withinMs = 15_000) {
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
    async stop() {
      await Promise.all([baton.worker.stop(), baton.api.stop()]);
      await connection.close();
      await simulator.close();
      await temporal.stop();
    },
  };
  return baton;
}

/** Returns a port of 127.0.0.1 that was free a moment ago. */
export async function findFreePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
