import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { testCache } from './test-server.ts';

const COMPOSE_VERSION = 'v2.40.3';
const COMPOSE_PACKAGE = 'github.com/docker/compose/v2/cmd';

/**
 * Returns Docker's own compose command, built by Go once (some 4 minutes) and kept: `config` needs no engine. Throws
 * with Go's words when it cannot be built.
 */
export async function obtainCompose(): Promise<string> {
  const directory = join(testCache(), `docker-compose-${COMPOSE_VERSION}`);
  const destination = join(directory, 'docker-compose');
  if (existsSync(destination)) return destination;
  await mkdir(directory, { recursive: true });
  const workshop = await mkdtemp(join(directory, 'new-'));
  try {
    const go = (...args: string[]) => promisify(execFile)('go', args, { cwd: workshop });
    // As a dependency of another module, because `go install` refuses a module with exclude directives.
    await writeFile(join(workshop, 'go.mod'), 'module compose\n');
    await go('get', `${COMPOSE_PACKAGE}@${COMPOSE_VERSION}`);
    await go('build', '-ldflags=-s -w', '-o', 'docker-compose', COMPOSE_PACKAGE);
    await rename(join(workshop, 'docker-compose'), destination);
    return destination;
  } finally {
    await rm(workshop, { recursive: true, force: true });
  }
}
