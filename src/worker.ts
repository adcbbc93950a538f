import { NativeConnection, Runtime } from '@temporalio/worker';
import { connectSendGrid, createEmailChannel } from './activities/channels/email.ts';
import { connectTwilio, createSmsChannel } from './activities/channels/sms.ts';
import { createActivities } from './activities/index.ts';
import { createResponders } from './activities/responders.ts';
import { enforceUtc, readWorkerConfig } from './config.ts';
import { loadOrganisation } from './directory/load.ts';
import { createLogger } from './logger.ts';
import { runEntry } from './run-entry.ts';
import { connectClient, ensureSearchAttributes } from './temporal/connection.ts';
import { createTemporalLogger } from './temporal/logger.ts';
import { createWorkers, runWorkers } from './temporal/workers.ts';

/** The worker's entry: runs workflows and sends messages until it gets SIGTERM or SIGINT. */
await runEntry('worker', async () => {
  enforceUtc();
  const config = readWorkerConfig();
  const logger = createLogger('worker', config.LOG_LEVEL);
  const organisation = loadOrganisation({
    directory: config.BATON_DIRECTORY,
    policies: config.BATON_POLICIES,
  });
  Runtime.install({ logger: createTemporalLogger(logger) });
  const address = config.TEMPORAL_ADDRESS;
  const namespace = config.TEMPORAL_NAMESPACE;
  const taskQueue = config.BATON_TASK_QUEUE;
  const { client, connection } = await connectClient({ address, namespace });
  await ensureSearchAttributes(connection, config.TEMPORAL_NAMESPACE);
  const native = await NativeConnection.connect({ address });

  const activities = createActivities({
    directory: () => organisation.directory,
    responders: createResponders(client, taskQueue),
    sms: createSmsChannel(
      connectTwilio({
        accountSid: config.TWILIO_ACCOUNT_SID,
        authToken: config.TWILIO_AUTH_TOKEN,
        baseUrl: config.TWILIO_BASE_URL,
      }),
      config.TWILIO_MESSAGING_SERVICE_SID === undefined
        ? { from: config.TWILIO_FROM ?? '' }
        : { messagingServiceSid: config.TWILIO_MESSAGING_SERVICE_SID },
    ),
    email: createEmailChannel(
      connectSendGrid({ apiKey: config.SENDGRID_API_KEY, baseUrl: config.SENDGRID_BASE_URL }),
      config.SENDGRID_FROM,
    ),
    publicBaseUrl: config.PUBLIC_BASE_URL,
    replyNumber: config.TWILIO_FROM,
  });
  const workers = await createWorkers({
    connection: native,
    namespace,
    taskQueue,
    activities,
    perSecond: { sms: config.BATON_SMS_PER_SECOND, email: config.BATON_EMAILS_PER_SECOND },
    maxCachedWorkflows: config.BATON_MAX_CACHED_WORKFLOWS,
  });
  logger.info({ taskQueue, namespace }, 'worker is ready');
  await runWorkers(workers);
  await connection.close();
  await native.close();
});
