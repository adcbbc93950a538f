// The stack of docker-compose.yml without containers: the same configuration, scripts and versions, as processes of
// this machine. `npm run stack` is a person's way to it (main.ts); tests use it as a library.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Connection } from '@temporalio/client';
import { findExecutable } from '../../src/temporal/executable.ts';
import { obtainWithGo } from '../../src/temporal/obtain-executable.ts';
import { choosePort } from '../../src/temporal/server.ts';
import { freeDatabase, removeRecord, writeRecord } from '../../src/temporal/server-record.ts';
import { createPart, type Part } from './part.ts';
import { POSTGRES_USER, preparePostgres } from './postgres.ts';

/** The versions of docker-compose.yml; test/stack/compose.test.ts holds them together. */
export const TEMPORAL_VERSION = '1.29.7';
export const UI_VERSION = '2.54.1';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const DEPLOY = fileURLToPath(new URL('../temporal/', import.meta.url));
const HOST = '127.0.0.1';
/** Of gRPC's health protocol. */
const SERVING = 1;
const PORTS = [
  'postgres',
  'frontend',
  'history',
  'matching',
  'worker',
  'frontendMembership',
  'historyMembership',
  'matchingMembership',
  'workerMembership',
  'ui',
] as const;
type Ports = Record<(typeof PORTS)[number], number>;

export interface StackOptions {
  /** Where databases, logs and ports are kept; the same one again goes on with its handoffs. */
  readonly dataDirectory: string;
  /** Where what is built once is kept (see `defaultCacheDirectory`). */
  readonly cacheDirectory: string;
  readonly namespace?: string | undefined;
  /** How long handoffs that ended are kept, in hours; 30 days by default. */
  readonly retentionHours?: number;
  /** TEMPORAL_CLI_PATH. */
  readonly cliPath?: string | undefined;
  /** Whether to have Temporal's UI as well, and where browsers decode what is encrypted. */
  readonly ui?: { readonly codecEndpoint?: string | undefined } | undefined;
  readonly env: { readonly PATH: string; readonly HOME: string };
  readonly report: (line: string) => void;
}

/** PostgreSQL and a Temporal server that keeps its data there, each of which can be killed and started again. */
export interface Stack {
  readonly address: string;
  readonly namespace: string;
  readonly uiUrl?: string;
  readonly postgres: Part;
  readonly temporal: Part;
  readonly ui?: Part;
  /** Describes a process of Baton as `npm run build` left it in dist/; start() starts it. */
  createEntry(name: 'worker' | 'server' | 'watch', env: Readonly<Record<string, string>>): Part;
  /** Sets the namespace up again, as a second `docker compose up` does. */
  setUpNamespace(retentionHours?: number): Promise<void>;
  /** Stops everything, Baton's processes first, and resolves when it is gone. */
  stop(): Promise<void>;
}

/**
 * Starts PostgreSQL and the Temporal server, and sets up what is missing: programs, databases, schemas, namespace.
 * What an interrupted run left behind with the same data is stopped before. Throws a DatabaseInUseError when a
 * stack runs with the data, a NoPostgresError, or whatever a part said that could not be started.
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { namespace = 'default', report } = options;
  const data = resolve(options.dataDirectory);
  const logs = join(data, 'logs');
  await mkdir(logs, { recursive: true });
  // Temporal first: PostgreSQL waits for its clients.
  const temporalMark = join(data, 'temporal');
  const postgresData = join(data, 'postgres');
  await freeDatabase({ databaseFile: temporalMark, report });
  await freeDatabase({ databaseFile: postgresData, server: 'PostgreSQL', report });

  const path = await gatherPrograms({ ...options, folder: join(data, 'bin') });
  const ports = await choosePorts(join(data, 'ports.json'));
  const address = `${HOST}:${ports.frontend}`;
  const started: Part[] = [];
  const start = async (part: Part): Promise<Part> => {
    started.push(part);
    await part.start();
    return part;
  };
  const stop = async (): Promise<void> => {
    const entries = started.filter(({ name }) => name === 'server' || name === 'worker');
    await Promise.all(entries.map((entry) => entry.stop()));
    for (const part of started.filter((it) => !entries.includes(it)).reverse()) await part.stop();
    for (const databaseFile of [temporalMark, postgresData]) await removeRecord(databaseFile);
  };
  const record =
    (databaseFile: string) =>
    (pid: number): Promise<void> =>
      writeRecord(databaseFile, { pid, startedBy: process.pid, address });

  try {
    const { part: postgres, passwordFile } = await preparePostgres({
      dataDirectory: postgresData,
      logFile: join(logs, 'postgres.log'),
      port: ports.postgres,
      path: options.env.PATH,
      onStart: record(postgresData),
    });
    await start(postgres);
    const env = {
      ...options.env,
      PATH: path,
      POSTGRES_HOST: HOST,
      POSTGRES_PORT: String(ports.postgres),
      POSTGRES_USER,
      POSTGRES_PASSWORD_FILE: passwordFile,
      TEMPORAL_ADDRESS: address,
      TEMPORAL_NAMESPACE: namespace,
    };
    const runStep = async (script: string, additions: Record<string, string> = {}) => {
      const steps = [join(DEPLOY, 'with-secrets.sh'), join(DEPLOY, script)];
      await promisify(execFile)('sh', steps, { env: { ...env, ...additions } });
    };
    await runStep('schema.sh');

    // Its configuration is found through the data directory, which so stands in its command line: see freeDatabase.
    await rm(temporalMark, { force: true });
    await symlink(DEPLOY, temporalMark);
    const temporal = await start(
      createPart({
        name: 'temporal',
        command: 'sh',
        args: [
          ...[join(DEPLOY, 'with-secrets.sh'), 'temporal-server'],
          ...['--root', '/', '--config', temporalMark, '--env', 'production', 'start'],
        ],
        env: {
          ...env,
          BIND_ON_IP: HOST,
          DYNAMIC_CONFIG_FILE: join(DEPLOY, 'dynamic-config.yaml'),
          FRONTEND_GRPC_PORT: String(ports.frontend),
          HISTORY_GRPC_PORT: String(ports.history),
          MATCHING_GRPC_PORT: String(ports.matching),
          WORKER_GRPC_PORT: String(ports.worker),
          FRONTEND_MEMBERSHIP_PORT: String(ports.frontendMembership),
          HISTORY_MEMBERSHIP_PORT: String(ports.historyMembership),
          MATCHING_MEMBERSHIP_PORT: String(ports.matchingMembership),
          WORKER_MEMBERSHIP_PORT: String(ports.workerMembership),
        },
        logFile: join(logs, 'temporal.log'),
        startWithinMs: 120_000,
        onStart: record(temporalMark),
        isReady: () => isServing(address),
      }),
    );
    const setUpNamespace = (hours = options.retentionHours ?? 720): Promise<void> =>
      runStep('namespace.sh', { TEMPORAL_RETENTION_HOURS: String(hours) });
    await setUpNamespace();

    const ui = options.ui && (await prepareUi({ ...options, address, ports, logs }));
    if (ui) await start(ui.part);
    return {
      address,
      namespace,
      postgres,
      temporal,
      ...(ui && { ui: ui.part, uiUrl: ui.url }),
      createEntry(name, entryEnv) {
        const part = createPart({
          name,
          command: process.execPath,
          args: [join(ROOT, 'dist', `${name}.js`)],
          env: { ...options.env, ...entryEnv },
          cwd: ROOT,
          logFile: join(logs, `${name}.log`),
        });
        started.push(part);
        return part;
      },
      setUpNamespace,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Has Go build what is not there, and returns a PATH on which the scripts of deploy/temporal find all. */
async function gatherPrograms({
  folder,
  cacheDirectory,
  cliPath,
  env,
  report,
}: StackOptions & { readonly folder: string }): Promise<string> {
  const server = 'go.temporal.io/server/cmd';
  const obtain = (command: string, name: string): Promise<string> =>
    obtainWithGo({
      command,
      goPackage: `${server}/${name}@v${TEMPORAL_VERSION}`,
      cacheDirectory,
      report,
    });
  const programs: Record<string, string> = {
    'temporal-server': await obtain('temporal-server', 'server'),
    'temporal-sql-tool': await obtain('temporal-sql-tool', 'tools/sql'),
    temporal: (await findExecutable({ cliPath, cacheDirectory, report })).command,
  };
  await mkdir(folder, { recursive: true });
  for (const [name, file] of Object.entries(programs)) {
    await rm(join(folder, name), { force: true });
    // A bare name is one that is on the PATH already.
    if (file.includes('/')) await symlink(file, join(folder, name));
  }
  return [folder, env.PATH].join(delimiter);
}

async function prepareUi({
  address,
  ports,
  logs,
  cacheDirectory,
  namespace = 'default',
  ui,
  env,
  report,
}: StackOptions & { readonly address: string; readonly ports: Ports; readonly logs: string }) {
  const command = 'temporal-ui-server';
  const goPackage = `github.com/temporalio/ui-server/v2/cmd/server@v${UI_VERSION}`;
  try {
    const file = await obtainWithGo({ command, goPackage, cacheDirectory, report });
    const url = `http://${HOST}:${ports.ui}`;
    const part = createPart({
      name: 'ui',
      command: file,
      args: ['--root', DEPLOY, '--config', '.', '--env', 'ui', 'start'],
      env: {
        ...env,
        TEMPORAL_ADDRESS: address,
        TEMPORAL_DEFAULT_NAMESPACE: namespace,
        TEMPORAL_UI_PORT: String(ports.ui),
        TEMPORAL_CODEC_ENDPOINT: ui?.codecEndpoint ?? '',
      },
      logFile: join(logs, 'ui.log'),
      isReady: () =>
        fetch(url).then(
          ({ ok }) => ok,
          () => false,
        ),
    });
    return { part, url };
  } catch (error) {
    report(`Going without Temporal's UI: ${error instanceof Error ? error.message : ''}`);
    return undefined;
  }
}

async function isServing(address: string): Promise<boolean> {
  let connection: Connection | undefined;
  try {
    const opened = await Connection.connect({ address, connectTimeout: '1s' });
    connection = opened;
    const answer: { readonly status: number } = await opened.withDeadline(Date.now() + 2_000, () =>
      opened.healthService.check({ service: 'temporal.api.workflowservice.v1.WorkflowService' }),
    );
    return answer.status === SERVING;
  } catch {
    return false;
  } finally {
    await connection?.close();
  }
}

/** The ports of the last time as far as they are free: what stands in scripts and bookmarks stays right. */
async function choosePorts(file: string): Promise<Ports> {
  const before = existsSync(file)
    ? (JSON.parse(await readFile(file, 'utf8')) as Partial<Ports>)
    : {};
  const taken = new Set<number>();
  const ports: Partial<Ports> = {};
  for (const name of PORTS) {
    let port = await choosePort(before[name]);
    while (taken.has(port)) port = await choosePort();
    taken.add(port);
    ports[name] = port;
  }
  await writeFile(file, JSON.stringify(ports));
  return ports as Ports;
}
