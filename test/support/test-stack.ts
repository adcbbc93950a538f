import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { startStack, type Stack } from '../../deploy/native/stack.ts';
import { childEnvironment } from '../../src/config.ts';
import type { startEntry } from './processes.ts';
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

/** Returns what starts Baton's entries beside a stack as the image does: what `npm run build` left, with workflows bundled ahead. */
export function startBuilt(stack: Stack): typeof startEntry {
  return (name, env) => {
    if (name === 'dev') throw new Error('The development mode is no part of the stack.');
    const part = stack.createEntry(name, env);
    const started = part.start();
    return {
      get pid() {
        return part.pid;
      },
      output: () => part.output(),
      waitFor: async (text) => {
        await started;
        await part.waitFor(text);
      },
      kill: () => part.kill(),
      stop: () => part.stop(),
    };
  };
}
