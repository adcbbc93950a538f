import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { z } from 'zod';
import { isAlive } from './obtain-executable.ts';

const KILL_AFTER_MS = 10_000;

const recordSchema = z.object({
  pid: z.int().positive(),
  startedBy: z.int().positive(),
  address: z.string(),
  uiUrl: z.string().optional(),
});

/** What stands in `<database>.server.json` while a server holds the database. */
export type ServerRecord = z.infer<typeof recordSchema>;

/** Says that a running Baton uses the database already. */
export class DatabaseInUseError extends Error {
  override readonly name = 'DatabaseInUseError';

  constructor(databaseFile: string, { startedBy }: ServerRecord) {
    super(
      `The database ${databaseFile} is in use: another Baton (process ${startedBy}) runs with it. Stop that one, or use another database.`,
    );
  }
}

/** Notes beside the database which server holds it, for who comes after a crash. */
export async function writeRecord(databaseFile: string, record: ServerRecord): Promise<void> {
  await writeFile(recordFile(databaseFile), `${JSON.stringify(record)}\n`);
}

/** Forgets the server that held the database. */
export async function removeRecord(databaseFile: string): Promise<void> {
  await rm(recordFile(databaseFile), { force: true });
}

/**
 * Frees a database: a server whose starter was killed lives on and holds it, and is stopped here. Creates the
 * database's directory. Throws a DatabaseInUseError when the starter lives as well.
 */
export async function freeDatabase({
  databaseFile,
  server = 'the Temporal server',
  report,
}: {
  readonly databaseFile: string;
  /** What the server is called in the report. */
  readonly server?: string;
  readonly report: (line: string) => void;
}): Promise<void> {
  await mkdir(dirname(databaseFile), { recursive: true });
  const record = await readRecord(databaseFile);
  if (record === undefined) return;
  const found = await inspectProcess(record.pid);
  // The id of a process that ended is given to another one sooner or later.
  if (found?.command.includes(databaseFile)) {
    if (found.parent === record.startedBy) throw new DatabaseInUseError(databaseFile, record);
    report(`Stopping ${server} that an interrupted run left behind (process ${record.pid})`);
    await stopProcess(record.pid);
  }
  await removeRecord(databaseFile);
}

/** Ends a process that is not our child: asks, then after 10 s kills. Resolves when it is gone. */
async function stopProcess(pid: number): Promise<void> {
  const deadline = Date.now() + KILL_AFTER_MS;
  signal(pid, 'SIGTERM');
  while (await isRunning(pid)) {
    if (Date.now() > deadline) signal(pid, 'SIGKILL');
    await delay(50);
  }
}

/** A zombie has let go of its files; in a container nobody may ever reap it. */
async function isRunning(pid: number): Promise<boolean> {
  if (!isAlive(pid)) return false;
  const found = await inspectProcess(pid);
  return found !== undefined && !/^\[.*\]$|<defunct>/.test(found.command) && found.command !== '';
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended by itself in between.
  }
}

/** Returns which server holds a database, if one does. */
export async function readRecord(databaseFile: string): Promise<ServerRecord | undefined> {
  try {
    const text = await readFile(recordFile(databaseFile), 'utf8');
    return recordSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function recordFile(databaseFile: string): string {
  return `${databaseFile}.server.json`;
}

interface ProcessInfo {
  readonly parent: number;
  readonly command: string;
}

/** `ps` knows on macOS and Linux; a slim Linux without it has /proc. */
async function inspectProcess(pid: number): Promise<ProcessInfo | undefined> {
  try {
    const columns = ['-ww', '-o', 'ppid=', '-o', 'command=', '-p', String(pid)];
    const { stdout } = await promisify(execFile)('ps', columns);
    const [, parent = '', command = ''] = /^\s*(\d+)\s+(.*)$/m.exec(stdout) ?? [];
    return { parent: Number(parent), command };
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      return await inspectProc(pid);
    }
    return undefined;
  }
}

async function inspectProc(pid: number): Promise<ProcessInfo | undefined> {
  try {
    const [command, status] = await Promise.all([
      readFile(`/proc/${pid}/cmdline`, 'utf8'),
      readFile(`/proc/${pid}/status`, 'utf8'),
    ]);
    const [, parent = ''] = /^PPid:\s*(\d+)/m.exec(status) ?? [];
    return { parent: Number(parent), command: command.replaceAll('\0', ' ') };
  } catch {
    return undefined;
  }
}
