import { existsSync } from 'node:fs';
import { childEnvironment, readStackConfig } from '../../src/config.ts';
import { defaultCacheDirectory } from '../../src/temporal/executable.ts';
import { startStack } from './stack.ts';

/**
 * `npm run stack`: PostgreSQL, the Temporal server, its UI, the API and a worker of dist/ as processes of this
 * machine, with the settings of .env. Ctrl-C stops all of them; the next start goes on with the same data.
 */
async function main(): Promise<void> {
  if (existsSync('.env')) process.loadEnvFile('.env');
  const config = readStackConfig();
  const ended = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.on(signal, () => {
        resolve();
      });
  });
  const environment = Object.fromEntries(
    Object.entries(childEnvironment()).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value] as const],
    ),
  );
  console.log('Starting PostgreSQL and Temporal …');
  const stack = await startStack({
    dataDirectory: config.BATON_STACK_DATA,
    cacheDirectory: defaultCacheDirectory({
      home: config.HOME,
      xdgCacheHome: config.XDG_CACHE_HOME,
    }),
    namespace: config.TEMPORAL_NAMESPACE,
    cliPath: config.TEMPORAL_CLI_PATH,
    ui: { codecEndpoint: config.TEMPORAL_CODEC_ENDPOINT },
    env: { PATH: environment['PATH'] ?? '', HOME: config.HOME },
    report: (line) => {
      console.log(line);
    },
  });
  try {
    const env = {
      ...environment,
      TEMPORAL_ADDRESS: stack.address,
      ...(stack.uiUrl !== undefined && { TEMPORAL_UI_URL: stack.uiUrl }),
    };
    const entries = [stack.createEntry('worker', env), stack.createEntry('server', env)];
    await Promise.all(entries.map((entry) => entry.start()));
    const parts = [stack.postgres, stack.temporal, ...(stack.ui ? [stack.ui] : []), ...entries];
    const failures = parts.map(({ failed }) => failed);
    const ready = Promise.all(entries.map((entry) => entry.waitFor('is ready')));
    await Promise.race([ready, ended, ...failures]);
    console.log(`
The stack runs.

  API           http://127.0.0.1:${config.PORT}
  Temporal      ${stack.address}
  Temporal UI   ${stack.uiUrl ?? '(none)'}
  Data, logs    ${config.BATON_STACK_DATA}

Ctrl-C stops everything; open handoffs go on at the next start.`);
    await Promise.race([ended, ...failures]);
    console.log('\nStopping …');
  } finally {
    await stack.stop();
  }
  console.log('Stopped.');
}

try {
  await main();
  process.exit();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
