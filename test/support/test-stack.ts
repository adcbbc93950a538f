import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { startStack, type Stack } from '../../deploy/native/stack.ts';
import { childEnvironment } from '../../src/config.ts';
import { testCache } from './test-server.ts';

/** Starts the production stack's PostgreSQL and Temporal server with new data in a folder. */
export function startTestStack(folder: string): Promise<Stack> {
  // PostgreSQL runs as another user where this is root's.
  chmodSync(folder, 0o755);
  const { PATH = '', HOME = '', TEMPORAL_CLI_PATH } = childEnvironment();
  return startStack({
    dataDirectory: join(folder, 'data'),
    cacheDirectory: testCache(),
    cliPath: TEMPORAL_CLI_PATH,
    env: { PATH, HOME },
    report: () => undefined,
  });
}
