import { createServer } from 'node:http';
import { createApp } from './api/app.ts';
import { enforceUtc, readApiConfig } from './config.ts';
import { loadOrganisation } from './directory/load.ts';
import { createLogger } from './logger.ts';
import { runEntry } from './run-entry.ts';
import { connectClient, ensureSearchAttributes } from './temporal/connection.ts';

/** How long requests under way may take to end when the process is told to stop. */
const SHUTDOWN_GRACE_MS = 15_000;

/** The API's entry: serves until it gets SIGTERM or SIGINT. */
await runEntry('api', async () => {
  enforceUtc();
  const config = readApiConfig();
  const logger = createLogger('api', config.LOG_LEVEL);
  const organisation = loadOrganisation({
    directory: config.BATON_DIRECTORY,
    policies: config.BATON_POLICIES,
  });
  const { client, connection } = await connectClient({
    address: config.TEMPORAL_ADDRESS,
    namespace: config.TEMPORAL_NAMESPACE,
  });
  await ensureSearchAttributes(connection, config.TEMPORAL_NAMESPACE);
  const app = createApp({
    client,
    taskQueue: config.BATON_TASK_QUEUE,
    directory: () => organisation.directory,
    policies: () => organisation.policies,
    apiKeys: config.BATON_API_KEYS,
    twilioAuthToken: config.TWILIO_AUTH_TOKEN,
    publicBaseUrl: config.PUBLIC_BASE_URL,
    temporalUiUrl: config.TEMPORAL_UI_URL,
    logger,
  });
  const server = createServer(app);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(config.PORT, config.HOST, resolve);
  });
  logger.info({ port: config.PORT }, 'api is ready');
  await new Promise<void>((resolve) => {
    process.once('SIGTERM', resolve);
    process.once('SIGINT', resolve);
  });
  const closed = new Promise<void>((resolve) => {
    server.close(() => {
      resolve();
    });
  });
  server.closeIdleConnections();
  setTimeout(() => {
    server.closeAllConnections();
  }, SHUTDOWN_GRACE_MS).unref();
  await closed;
  await connection.close();
});
