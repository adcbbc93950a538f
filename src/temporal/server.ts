import { spawn, type ChildProcess } from 'node:child_process';
import { connect, createServer, Socket } from 'node:net';
import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { findExecutable, type ExecutableSearch } from './executable.ts';
import { freeDatabase, removeRecord, writeRecord } from './server-record.ts';

const HOST = '127.0.0.1';
/** Less than a second as a rule; a first start on a busy machine with a cold disk takes far longer. */
const START_WITHIN_MS = 60_000;
const KILL_AFTER_MS = 10_000;
/**
 * Where ports are chosen from: below those the system gives to outgoing connections (from 32768 on Linux), which
 * would take a free one in the moment before its server listens.
 */
const FIRST_PORT = 20_000;
const PORTS = 12_000;
/** A free port can be taken by someone else before the server has it. */
const START_ATTEMPTS = 3;

export interface TemporalServerOptions extends ExecutableSearch {
  /** TEMPORAL_ADDRESS: a server that runs already. Nothing is started then, and nothing stopped. */
  readonly address?: string | undefined;
  /** The UI of a server that runs already. */
  readonly uiUrl?: string | undefined;
  readonly namespace?: string | undefined;
  /** Where workflows are kept over restarts. Without it they live in memory. */
  readonly databaseFile?: string | undefined;
  /** Whether to serve the web UI; not by default. */
  readonly ui?: boolean | undefined;
  /** Wanted ports; another one is used, and reported, when it is busy. Without them any free one. */
  readonly port?: number | undefined;
  readonly uiPort?: number | undefined;
  /** Search attributes to register: name to type, as the Temporal CLI spells it. None by default. */
  readonly searchAttributes?: Readonly<Record<string, string>> | undefined;
}

/** A Temporal server that answers. */
export interface TemporalServer {
  readonly address: string;
  readonly namespace: string;
  readonly uiUrl?: string;
  /** Stops what was started here; resolves when it is gone. Can be called again. */
  readonly stop: () => Promise<void>;
}

/** Says that the Temporal server ended or stayed silent while it was started. */
export class TemporalServerStartError extends Error {
  override readonly name = 'TemporalServerStartError';
  readonly output: string;

  constructor(reason: string, output: string) {
    super(`The Temporal server ${reason}.${output === '' ? '' : ` It said:\n${output}`}`);
    this.output = output;
  }
}

/**
 * Returns a Temporal server that answers: the one at the given address, or a development server started here
 * (finding or fetching its executable may take minutes the first time, and is reported). It outlives Ctrl-C in
 * the terminal, so that workers can finish first: its starter stops it. A server that a killed run left behind
 * with the same database is stopped before. Throws what {@link findExecutable} and {@link freeDatabase} throw,
 * and a TemporalServerStartError.
 */
export async function startTemporalServer(options: TemporalServerOptions): Promise<TemporalServer> {
  const { address, uiUrl, namespace = 'default', report } = options;
  if (address !== undefined) {
    return {
      address,
      namespace,
      ...(uiUrl !== undefined && { uiUrl }),
      stop: () => Promise.resolve(),
    };
  }
  const { command } = await findExecutable(options);
  const databaseFile =
    options.databaseFile === undefined ? undefined : resolve(options.databaseFile);
  if (databaseFile !== undefined) await freeDatabase({ databaseFile, report });
  for (let attempt = 1; ; attempt += 1) {
    const ports = await choosePorts(options);
    try {
      return await launch({ ...options, ...ports, command, databaseFile, namespace });
    } catch (error) {
      const isTaken =
        error instanceof TemporalServerStartError &&
        error.output.includes('address already in use');
      if (!isTaken || attempt === START_ATTEMPTS) throw error;
    }
  }
}

interface Launch extends TemporalServerOptions {
  readonly command: string;
  readonly databaseFile: string | undefined;
  readonly namespace: string;
  readonly port: number;
  readonly uiPort: number | undefined;
}

async function launch(options: Launch): Promise<TemporalServer> {
  const { command, databaseFile, namespace, port, uiPort, environment, report } = options;
  const child = spawn(command, listArguments(options), {
    // A process group of its own: Ctrl-C reaches the worker, not the server it still needs.
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
    ...(environment !== undefined && { env: environment }),
  });
  const output = collectTail(child);
  const stopAtExit = (): void => {
    child.kill('SIGTERM');
  };
  process.once('exit', stopAtExit);
  const address = `${HOST}:${port}`;
  const uiUrl = uiPort === undefined ? undefined : `http://${HOST}:${uiPort}`;

  const end: { promise?: Promise<void> } = {};
  const stop = (): Promise<void> => {
    end.promise ??= (async () => {
      await endChild(child);
      process.removeListener('exit', stopAtExit);
      if (databaseFile !== undefined) await removeRecord(databaseFile);
    })();
    return end.promise;
  };

  try {
    if (databaseFile !== undefined && child.pid !== undefined) {
      const record = { pid: child.pid, startedBy: process.pid, address, uiUrl };
      await writeRecord(databaseFile, record);
    }
    await waitUntilReady({ child, address, namespace, output });
  } catch (error) {
    await stop();
    throw error;
  }
  child.once('exit', (code) => {
    if (end.promise !== undefined) return;
    report(`The Temporal server ended by itself (code ${code ?? 'none'}). ${output()}`.trim());
  });
  // A starter that has nothing else to do may end: the exit handler above stops the server.
  child.unref();
  const pipe: unknown = child.stderr;
  if (pipe instanceof Socket) pipe.unref();
  return { address, namespace, ...(uiUrl !== undefined && { uiUrl }), stop };
}

function listArguments({
  databaseFile,
  namespace,
  port,
  uiPort,
  searchAttributes = {},
}: Launch): string[] {
  const pragmas = ['journal_mode=WAL', 'synchronous=NORMAL'];
  return [
    ...['server', 'start-dev', '--ip', HOST, '--port', String(port)],
    ...['--namespace', namespace, '--log-level', 'error'],
    // It would ask its maker for news.
    ...['--dynamic-config-value', 'frontend.enableServerVersionCheck=false'],
    // Without it priorities have no effect; from server 1.32 on it is the default.
    ...['--dynamic-config-value', 'matching.useNewMatcher=true'],
    ...(uiPort === undefined ? ['--headless'] : ['--ui-port', String(uiPort)]),
    ...(databaseFile === undefined
      ? []
      : ['--db-filename', databaseFile, ...pragmas.flatMap((it) => ['--sqlite-pragma', it])]),
    ...Object.entries(searchAttributes).flatMap(([name, type]) => [
      '--search-attribute',
      `${name}=${type}`,
    ]),
  ];
}

/** Resolves when the server knows its namespace, which is a little after its port is open. */
async function waitUntilReady({
  child,
  address,
  namespace,
  output,
}: {
  readonly child: ChildProcess;
  readonly address: string;
  readonly namespace: string;
  readonly output: () => string;
}): Promise<void> {
  const spawnErrors: Error[] = [];
  child.once('error', (error) => spawnErrors.push(error));
  const deadline = Date.now() + START_WITHIN_MS;
  for (;;) {
    const answers = await isAnswering({ address, namespace });
    // An answer counts only while our server lives: it could be another one's on the same port.
    const [spawnError] = spawnErrors;
    if (spawnError !== undefined) throw spawnError;
    if (hasExited(child)) {
      const code = child.exitCode ?? child.signalCode ?? 'none';
      throw new TemporalServerStartError(`ended while starting (code ${code})`, output());
    }
    if (answers) return;
    if (Date.now() > deadline) {
      const seconds = START_WITHIN_MS / 1_000;
      throw new TemporalServerStartError(`did not answer within ${seconds} s`, output());
    }
    await delay(50);
  }
}

async function isAnswering({
  address,
  namespace,
}: {
  readonly address: string;
  readonly namespace: string;
}): Promise<boolean> {
  // gRPC waits a second before it tries a closed port again; by then the server has long been up.
  if (!(await isOpen(address))) return false;
  let connection: Connection | undefined;
  try {
    connection = await Connection.connect({ address, connectTimeout: '2s' });
    const { workflowService } = connection;
    await connection.withDeadline(Date.now() + 2_000, () =>
      workflowService.describeNamespace({ namespace }),
    );
    return true;
  } catch {
    return false;
  } finally {
    await connection?.close();
  }
}

function isOpen(address: string): Promise<boolean> {
  const { hostname, port } = new URL(`http://${address}`);
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port) });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => {
      resolve(false);
    });
  });
}

async function choosePorts({
  port,
  uiPort,
  ui = false,
  report,
}: TemporalServerOptions): Promise<{ port: number; uiPort: number | undefined }> {
  const choose = async (wanted: number | undefined, name: string): Promise<number> => {
    const chosen = await choosePort(wanted);
    if (wanted !== undefined && chosen !== wanted)
      report(`Port ${wanted} is busy: ${name} is on port ${chosen} this time`);
    return chosen;
  };
  return {
    port: await choose(port, 'the Temporal server'),
    uiPort: ui ? await choose(uiPort, "Temporal's UI") : undefined,
  };
}

/** Returns the wanted port of 127.0.0.1 if it is free at this moment, else one that is. */
export async function choosePort(wanted?: number): Promise<number> {
  let port = wanted ?? anyPort();
  while (!(await isFree(port))) port = anyPort();
  return port;
}

function anyPort(): number {
  return FIRST_PORT + Math.floor(Math.random() * PORTS);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    await new Promise<void>((done, fail) => {
      server.once('error', fail);
      server.listen(port, HOST, done);
    });
    await new Promise((done) => server.close(done));
    return true;
  } catch {
    return false;
  }
}

function collectTail(child: ChildProcess): () => string {
  let tail = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    tail = (tail + chunk.toString()).slice(-2_000);
  });
  return () => tail.trim();
}

async function endChild(child: ChildProcess): Promise<void> {
  if (hasExited(child) || child.pid === undefined) return;
  child.ref();
  const exited = new Promise((done) => child.once('exit', done));
  child.kill('SIGTERM');
  const kill = setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS);
  await exited;
  clearTimeout(kill);
}

function hasExited({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}
