import { createServer } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { enforceUtc, readWatchConfig } from './config.ts';
import { createLogger } from './logger.ts';
import { runEntry } from './run-entry.ts';
import { connectLazily } from './temporal/connection.ts';
import { createLook } from './watch/look.ts';
import { createReporter } from './watch/report.ts';
import { serveStanding } from './watch/serve.ts';

/** The watch's entry: looks at Baton from outside until it gets SIGTERM or SIGINT. One is enough. */
await runEntry('watch', async () => {
  enforceUtc();
  const config = readWatchConfig();
  const logger = createLogger('watch', config.LOG_LEVEL);
  const everyMs = config.BATON_WATCH_EVERY_SECONDS * 1_000;
  // Temporal may be what is down: the watch starts all the same.
  const { client, connection } = connectLazily({
    ...config.temporal,
    encryptionKeys: config.BATON_ENCRYPTION_KEYS,
  });
  const look = createLook({
    client,
    taskQueue: config.BATON_TASK_QUEUE,
    apis: config.BATON_WATCH_APIS,
  });
  const reporter = createReporter({
    pingUrl: config.BATON_PING_URL,
    alertUrl: config.BATON_ALERT_URL,
    logger,
  });
  const server = createServer(
    serveStanding({ standing: () => reporter.standing(), staleAfterMs: 4 * everyMs + 30_000 }),
  );
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(config.PORT, config.HOST, resolve);
  });
  logger.info({ port: config.PORT }, 'watch is ready');

  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      stop.abort();
    });
  }
  while (!stop.signal.aborted) {
    await reporter.note(await look(), Date.now());
    await delay(everyMs, undefined, { signal: stop.signal }).catch(() => undefined);
  }
  server.closeAllConnections();
  server.close();
  await connection.close();
});
