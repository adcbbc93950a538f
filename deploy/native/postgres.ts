import { execFile, execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { chmod, chown, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { createPart, type Part } from './part.ts';

/** The only role: Temporal's own, as in docker-compose.yml. */
export const POSTGRES_USER = 'temporal';

/** Says that there is no PostgreSQL on this machine, and how to get one. */
export class NoPostgresError extends Error {
  override readonly name = 'NoPostgresError';

  constructor() {
    super(
      'The stack needs the programs of PostgreSQL 12 or newer, and there are none here. Install them, then start again (Debian: apt-get install postgresql; macOS: brew install postgresql@16).',
    );
  }
}

interface PostgresOptions {
  readonly dataDirectory: string;
  readonly logFile: string;
  readonly port: number;
  readonly path: string;
  readonly onStart: (pid: number) => Promise<void>;
}

/**
 * Returns PostgreSQL on a port of 127.0.0.1, not started yet, with its data directory, which is made when it is not
 * there, and the file of its password. Root's stack runs it as the user postgres: PostgreSQL refuses root.
 */
export async function preparePostgres(
  options: PostgresOptions,
): Promise<{ part: Part; passwordFile: string }> {
  const { dataDirectory, port, path } = options;
  const programs = findPrograms(path);
  const user = findUser();
  const env = { PATH: path, LC_ALL: 'C', TZ: 'UTC' };
  const passwordFile = `${dataDirectory}-password`;
  if (!existsSync(dataDirectory)) {
    // Made beside and put in place when it is whole: whoever is interrupted begins anew.
    const unfinished = `${dataDirectory}.new`;
    await rm(unfinished, { recursive: true, force: true });
    await mkdir(unfinished, { mode: 0o700 });
    await writeFile(passwordFile, randomBytes(24).toString('hex'), { mode: 0o600 });
    if (user) {
      await chown(unfinished, user.uid, user.gid);
      await chown(passwordFile, user.uid, user.gid);
    }
    await promisify(execFile)(
      join(programs, 'initdb'),
      [
        ...['--pgdata', unfinished, '--username', POSTGRES_USER, '--pwfile', passwordFile],
        ...['--auth', 'scram-sha-256', '--encoding', 'UTF8', '--no-locale'],
      ],
      { env, cwd: '/', ...user },
    );
    if (user) await chown(passwordFile, process.getuid?.() ?? 0, process.getgid?.() ?? 0);
    await chmod(passwordFile, 0o600);
    await rename(unfinished, dataDirectory);
  }
  const password = await readFile(passwordFile, 'utf8');
  const part = createPart({
    name: 'postgres',
    command: join(programs, 'postgres'),
    args: [
      ...['-D', dataDirectory, '-p', String(port)],
      ...['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='],
    ],
    env,
    cwd: '/',
    user,
    logFile: options.logFile,
    // Clients are disconnected; by SIGTERM it would wait for them to leave.
    stopSignal: 'SIGINT',
    onStart: options.onStart,
    isReady: async () => {
      try {
        await promisify(execFile)(
          join(programs, 'psql'),
          [
            '-h',
            '127.0.0.1',
            '-p',
            String(port),
            '-U',
            POSTGRES_USER,
            '-c',
            'select 1',
            'postgres',
          ],
          { env: { ...env, PGPASSWORD: password, PGCONNECT_TIMEOUT: '2' } },
        );
        return true;
      } catch {
        return false;
      }
    },
  });
  return { part, passwordFile };
}

/** Debian keeps the programs of each major version apart and off the PATH; the newest is taken. */
function findPrograms(path: string): string {
  const root = '/usr/lib/postgresql';
  const versions = existsSync(root) ? readdirSync(root).sort((a, b) => Number(b) - Number(a)) : [];
  const candidates = [
    ...versions.map((version) => join(root, version, 'bin')),
    ...path
      .split(delimiter)
      .filter((folder) => existsSync(join(folder, 'postgres')))
      .map((folder) => dirname(realpathSync(join(folder, 'postgres')))),
  ];
  const found = candidates.find((folder) =>
    ['postgres', 'initdb', 'psql'].every((program) => existsSync(join(folder, program))),
  );
  if (found === undefined) throw new NoPostgresError();
  return found;
}

function findUser(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ['postgres', 'nobody']) {
    try {
      const id = (flag: string): number =>
        Number(execFileSync('id', [flag, name], { stdio: ['ignore', 'pipe', 'ignore'] }));
      return { uid: id('-u'), gid: id('-g') };
    } catch {
      // There is no such user.
    }
  }
  throw new Error(
    'PostgreSQL cannot run as root, and there is neither a user postgres nor nobody.',
  );
}
