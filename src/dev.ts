import { spawn, type ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { childEnvironment, readDevConfig, type DevConfig } from './config.ts';
import { loadOrganisation } from './directory/load.ts';
import { runEntry } from './run-entry.ts';
import { lookUp } from './domain/state.ts';
import { loadSources, writeSource } from './sources/sources-file.ts';
import { MAX_SECRETS } from './sources/sources.ts';
import { createSimulator } from './simulator/simulator.ts';
import { defaultCacheDirectory } from './temporal/executable.ts';

import { SEARCH_ATTRIBUTE_TYPES } from './temporal/search-attributes.ts';
import { choosePort, startTemporalServer } from './temporal/server.ts';

/** Accounts of the simulator: known to everybody, so of use to nobody. */
const ACCOUNT = {
  accountSid: `AC${'0'.repeat(32)}`,
  authToken: 'simulated-auth-token',
  sendgridApiKey: 'SG.simulated-key',
};
const FROM = '+15005550006';
/** Whose handoffs they are. */
const SOURCE = 'demo';
const API_KEY = 'development-only-key';
/** What its callbacks are signed with, so that a program beside this one can check them without asking for it. */
const CALLBACK_SECRET = 'whsec_b25seSBmb3IgZGV2ZWxvcG1lbnQ6IG5vIHNlY3JldCE=';
const SAMPLES = 'config/samples';

/**
 * The development mode: a Temporal server, the API and the worker as processes of their own, and a simulator in
 * the place of Twilio and SendGrid. Ends with everything it started on Ctrl-C; the handoffs stay in a file.
 */
async function runDevelopment(): Promise<void> {
  const config = readDevConfig();
  const stops: (() => Promise<void>)[] = [];
  const stopped = waitForSignal();
  try {
    const parts = await start(config, stops, stopped);
    await Promise.race([stopped, ...parts.map((part) => part.failed)]);
    say('\nStopping …');
  } finally {
    for (const stop of stops.splice(0).reverse()) await stop();
  }
  say('Stopped. Open handoffs go on at the next start.');
  process.exit();
}

/** Starts everything, noting how each part is stopped, and returns the parts that must not end by themselves. */
async function start(
  config: DevConfig,
  stops: (() => Promise<void>)[],
  stopped: Promise<void>,
): Promise<readonly Part[]> {
  const { directory } = loadOrganisation({
    directory: config.BATON_DIRECTORY,
    policies: config.BATON_POLICIES,
  });
  say('Starting Temporal, API, worker and phones …');
  const temporal = await startTemporalServer({
    address: config.TEMPORAL_ADDRESS,
    uiUrl: config.TEMPORAL_UI_URL,
    namespace: config.TEMPORAL_NAMESPACE,
    cliPath: config.TEMPORAL_CLI_PATH,
    cacheDirectory: defaultCacheDirectory({
      home: config.HOME,
      xdgCacheHome: config.XDG_CACHE_HOME,
    }),
    databaseFile: join(config.BATON_DATA, 'temporal.db'),
    ui: true,
    port: 7233,
    uiPort: 8233,
    searchAttributes: SEARCH_ATTRIBUTE_TYPES,
    report: say,
  });
  stops.push(() => temporal.stop());

  const port = await choosePort(config.PORT);
  const url = `http://127.0.0.1:${port}`;
  const simulator = createSimulator({
    ...ACCOUNT,
    people: Object.entries(directory.responders).map(([id, { name, phone, email, timezone }]) => ({
      id,
      name,
      timezone: timezone ?? directory.organisation.timezone,
      ...(phone !== undefined && { phone }),
      ...(email !== undefined && { email }),
    })),
    webhookBaseUrl: url,
    baton: { url, apiKey: API_KEY },
    samples: readSamples(),
    // About as fast as Twilio's voices speak.
    callWordMs: 300,
    ...(temporal.uiUrl !== undefined && { temporalUiUrl: temporal.uiUrl }),
  });
  const phones = await simulator.listen(await choosePort(port + 1));
  stops.push(() => simulator.close());

  provideSource(config.BATON_SOURCES);
  const env = childEnvironment({
    PORT: String(port),
    HOST: '127.0.0.1',
    PUBLIC_BASE_URL: url,
    LOG_LEVEL: 'warn',
    BATON_DIRECTORY: config.BATON_DIRECTORY,
    BATON_POLICIES: config.BATON_POLICIES,
    BATON_API_KEYS: `${SOURCE}:${API_KEY}`,
    BATON_SOURCES: config.BATON_SOURCES,
    BATON_SMS_PER_SECOND: '100',
    TEMPORAL_ADDRESS: temporal.address,
    TEMPORAL_NAMESPACE: temporal.namespace,
    ...(temporal.uiUrl !== undefined && { TEMPORAL_UI_URL: temporal.uiUrl }),
    TWILIO_ACCOUNT_SID: ACCOUNT.accountSid,
    TWILIO_AUTH_TOKEN: ACCOUNT.authToken,
    TWILIO_FROM: FROM,
    TWILIO_BASE_URL: phones.url,
    BATON_LINK_SECRET: 'only-for-development-0123456789abcdef',
    SENDGRID_API_KEY: ACCOUNT.sendgridApiKey,
    SENDGRID_FROM: 'baton@example.com',
    SENDGRID_BASE_URL: phones.url,
    SENDGRID_EVENTS_KEY: simulator.sendgridPublicKey,
    SENDGRID_INBOUND_KEY: simulator.sendgridPublicKey,
    BATON_MAIL_DOMAIN: 'reply.baton.example',
  });
  const parts = [startPart('worker', env), startPart('server', env)];
  stops.push(...parts.map((part) => part.stop));
  const failures = parts.map((part) => part.failed);
  await Promise.race([waitUntilReady(`${url}/readyz`), stopped, ...failures]);
  say(describe({ url, phones: phones.url, temporal: temporal.uiUrl }));
  return parts;
}

/** Sees to it that the demo source can be told what becomes of its handoffs, on this machine too. */
function provideSource(file: string): void {
  const known = lookUp(loadSources(file), SOURCE);
  const secrets = known?.callbacks.secrets ?? [];
  if (secrets.includes(CALLBACK_SECRET)) return;
  const allow = known?.callbacks.allow ?? [];
  writeSource(file, SOURCE, {
    ...(known ?? { keys: [] }),
    callbacks: {
      // One may have been made by hand; requests are signed with each of them.
      secrets: [...secrets.slice(0, MAX_SECRETS - 1), CALLBACK_SECRET],
      allow: [...new Set([...allow, '127.0.0.0/8'])],
    },
  });
}

/** Each sample is a file with the body of a submission; its name says what it is. */
function readSamples(): { name: string; label: string; body: unknown }[] {
  return readdirSync(SAMPLES)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => {
      const name = file.replace(/\.json$/, '');
      return {
        name,
        label: `Hand off a ${name.replaceAll('-', ' ')}`,
        body: JSON.parse(readFileSync(join(SAMPLES, file), 'utf8')) as unknown,
      };
    });
}

interface Part {
  /** Rejects when it ends without having been told to. */
  readonly failed: Promise<never>;
  readonly stop: () => Promise<void>;
}

/** Starts an entry in a process group of its own, so that a Ctrl-C reaches it only through us. */
function startPart(name: 'worker' | 'server', env: NodeJS.ProcessEnv): Part {
  const entry = fileURLToPath(new URL(`./${name}.ts`, import.meta.url));
  const child: ChildProcess = spawn(process.execPath, ['--import', 'tsx', entry], {
    env,
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  let isStopping = false;
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  return {
    failed: exited.then((code) => {
      if (isStopping) return new Promise<never>(() => undefined);
      throw new Error(`The ${name} ended by itself (${String(code)}); see above.`);
    }),
    stop: async () => {
      isStopping = true;
      child.kill('SIGTERM');
      const tooLong = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
      await exited;
      clearTimeout(tooLong);
    },
  };
}

const READY_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 20_000;

async function waitUntilReady(url: string): Promise<void> {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  while (Date.now() < deadline) {
    try {
      const response = await fetch(url);
      const { workers } = (await response.json()) as { workers?: unknown };
      if (response.ok && workers === 'ok') return;
    } catch {
      // It does not listen yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('Baton did not become ready within a minute.');
}

async function waitForSignal(): Promise<void> {
  await new Promise<void>((resolve) => {
    // Not once: tsx may pass on a Ctrl-C that we got already, and the second would end us half stopped.
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.on(signal, () => {
        resolve();
      });
  });
}

function describe(addresses: {
  url: string;
  phones: string;
  temporal: string | undefined;
}): string {
  const { url, phones, temporal } = addresses;
  return `
Baton runs.

  Phones and inboxes   ${phones}
  API                  ${url}/v1/handoffs
  API docs             ${url}/docs
  Temporal UI          ${temporal ?? '(of your server)'}
  Callbacks            signed with ${CALLBACK_SECRET}

Hand something off:

  curl -X POST ${url}/v1/handoffs -H 'Authorization: Bearer ${API_KEY}' -H 'Content-Type: application/json' -d @${SAMPLES}/hot-lead.json

Then answer on the phones page. Ctrl-C stops everything; open handoffs go on at the next start.`;
}

function say(line: string): void {
  console.log(line);
}

await runEntry('dev', runDevelopment);
