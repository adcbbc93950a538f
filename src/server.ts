import { createServer } from 'node:http';
import { createApp } from './api/app.ts';
import { enforceUtc, readApiConfig } from './config.ts';
import { openOrganisation } from './directory/open-organisation.ts';
import { createLinks } from './links/links.ts';
import { createPasses } from './links/passes.ts';
import { createLogger } from './logger.ts';
import { runEntry } from './run-entry.ts';
import { watchSources } from './sources/sources-file.ts';
import { connectClient } from './temporal/connection.ts';
import { prepareSearchAttributes } from './temporal/prepare-search-attributes.ts';

/** How long requests under way may take to end when the process is told to stop. */
const SHUTDOWN_GRACE_MS = 15_000;

/** A request has to arrive whole within this time. */
const REQUEST_TIMEOUT_MS = 30_000;

/** The API's entry: serves until it gets SIGTERM or SIGINT. */
await runEntry('api', async () => {
  enforceUtc();
  const config = readApiConfig();
  const logger = createLogger('api', config.LOG_LEVEL);
  const organisation = await openOrganisation(
    { directory: config.BATON_DIRECTORY, policies: config.BATON_POLICIES },
    logger,
  );
  const sources = watchSources(config.BATON_SOURCES, { logger });
  const { client, connection } = await connectClient({
    ...config.temporal,
    encryptionKeys: config.BATON_ENCRYPTION_KEYS,
  });
  await prepareSearchAttributes(client, connection.operatorService);
  const app = createApp({
    client,
    taskQueue: config.BATON_TASK_QUEUE,
    directory: () => organisation.store.current().directory,
    policies: () => organisation.store.current().policies,
    calendars: organisation.calendars,
    hasBriefModel: config.BATON_BRIEF_MODEL !== undefined,
    reports: () => organisation.report(),
    apiKeys: config.BATON_API_KEYS,
    sources: sources.current,
    limits: {
      perMinute: config.BATON_RATE_LIMIT_PER_MINUTE,
      inFlight: config.BATON_MAX_IN_FLIGHT,
      submissions: config.BATON_ADMISSION === 'auto',
    },
    twilioAuthToken: config.TWILIO_AUTH_TOKEN,
    publicBaseUrl: config.PUBLIC_BASE_URL,
    links: createLinks({
      secret: config.BATON_LINK_SECRET,
      baseUrl: config.PUBLIC_BASE_URL,
      mailDomain: config.BATON_MAIL_DOMAIN,
    }),
    passes: createPasses(config.BATON_LINK_SECRET),
    sendgrid: { eventsKey: config.SENDGRID_EVENTS_KEY, inboundKey: config.SENDGRID_INBOUND_KEY },
    replyNumber: config.TWILIO_FROM,
    temporalUiUrl: config.TEMPORAL_UI_URL,
    logger,
  });
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: 10_000 }, app);
  // Longer than load balancers keep theirs, which would otherwise send a request into a connection that just closed.
  server.keepAliveTimeout = 65_000;
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
  organisation.close();
  sources.close();
  await connection.close();
});
