import { NativeConnection, Runtime } from '@temporalio/worker';
import { connectSendGrid, createEmailChannel } from './activities/channels/email.ts';
import { connectTwilio, createSmsChannel } from './activities/channels/sms.ts';
import { createVoiceChannel } from './activities/channels/voice.ts';
import { createCallbackStarter } from './activities/callbacks.ts';
import { createBriefModel } from './activities/brief-model.ts';
import { createMissedReplies, keepCollecting } from './activities/missed-replies.ts';
import { createActivities } from './activities/index.ts';
import { createReplyReader } from './people/replies.ts';
import { createResponders } from './people/responders.ts';
import { createStandings } from './people/standings.ts';
import { enforceUtc, readWorkerConfig } from './config.ts';
import { openOrganisation } from './directory/open-organisation.ts';
import { createLinks } from './links/links.ts';
import { createLogger } from './logger.ts';
import { runEntry } from './run-entry.ts';
import { watchSources } from './sources/sources-file.ts';
import { createDataConverter } from './temporal/codec.ts';
import { connectClient } from './temporal/connection.ts';
import { prepareSearchAttributes } from './temporal/prepare-search-attributes.ts';
import { createTemporalLogger } from './temporal/logger.ts';
import { showMetrics } from './temporal/metrics.ts';
import { createWorkers, runWorkers } from './temporal/workers.ts';

/** The worker's entry: runs workflows and sends messages until it gets SIGTERM or SIGINT. */
await runEntry('worker', async () => {
  enforceUtc();
  const config = readWorkerConfig();
  const logger = createLogger('worker', config.LOG_LEVEL);
  const organisation = await openOrganisation(
    { directory: config.BATON_DIRECTORY, policies: config.BATON_POLICIES },
    logger,
  );
  const sources = watchSources(config.BATON_SOURCES, { logger });
  Runtime.install({
    logger: createTemporalLogger(logger),
    ...(config.BATON_METRICS_ADDRESS !== undefined && {
      telemetryOptions: { metrics: showMetrics(config.BATON_METRICS_ADDRESS) },
    }),
  });
  const { namespace } = config.temporal;
  const encryptionKeys = config.BATON_ENCRYPTION_KEYS;
  const taskQueue = config.BATON_TASK_QUEUE;
  const { client, connection } = await connectClient({ ...config.temporal, encryptionKeys });
  await prepareSearchAttributes(client, connection.operatorService);
  const native = await NativeConnection.connect(config.temporal.connection);

  const twilio = connectTwilio({
    accountSid: config.TWILIO_ACCOUNT_SID,
    authToken: config.TWILIO_AUTH_TOKEN,
    baseUrl: config.TWILIO_BASE_URL,
  });
  const callFrom = config.TWILIO_VOICE_FROM ?? config.TWILIO_FROM;
  const sms = createSmsChannel(
    twilio,
    config.TWILIO_MESSAGING_SERVICE_SID === undefined
      ? { from: config.TWILIO_FROM ?? '' }
      : { messagingServiceSid: config.TWILIO_MESSAGING_SERVICE_SID },
  );
  const responders = createResponders(client, taskQueue);
  const standings = createStandings(client);
  const replies = createReplyReader(standings);
  const briefModel =
    config.BATON_BRIEF_MODEL === undefined
      ? undefined
      : createBriefModel({
          url: config.BATON_OLLAMA_URL,
          model: config.BATON_BRIEF_MODEL,
          prompt: config.BATON_BRIEF_PROMPT,
        });
  const activities = createActivities({
    briefModel,
    directory: () => organisation.store.current().directory,
    calendars: organisation.calendars,
    responders,
    standings,
    replies,
    sources: sources.current,
    passOn: createCallbackStarter(client, taskQueue),
    sms,
    voice: callFrom === undefined ? undefined : createVoiceChannel(twilio, callFrom),
    email: createEmailChannel(
      connectSendGrid({ apiKey: config.SENDGRID_API_KEY, baseUrl: config.SENDGRID_BASE_URL }),
      config.SENDGRID_FROM,
    ),
    publicBaseUrl: config.PUBLIC_BASE_URL,
    links: createLinks({
      secret: config.BATON_LINK_SECRET,
      baseUrl: config.PUBLIC_BASE_URL,
      mailDomain: config.BATON_MAIL_DOMAIN,
    }),
    replyNumber: config.TWILIO_FROM,
    smsSender: config.TWILIO_MESSAGING_SERVICE_SID ?? config.TWILIO_FROM,
  });
  const workers = await createWorkers({
    connection: native,
    namespace,
    dataConverter: createDataConverter(encryptionKeys),
    taskQueue,
    activities,
    perSecond: {
      sms: config.BATON_SMS_PER_SECOND,
      voice: config.BATON_CALLS_PER_SECOND,
      email: config.BATON_EMAILS_PER_SECOND,
    },
    maxCachedWorkflows: config.BATON_MAX_CACHED_WORKFLOWS,
    ...(config.BATON_BUILD_ID !== undefined && {
      version: { deploymentName: config.BATON_DEPLOYMENT, buildId: config.BATON_BUILD_ID },
    }),
  });
  logger.info({ taskQueue, namespace }, 'worker is ready');
  const ended = new AbortController();
  // Nothing waits for it: without the model there are briefs too.
  void briefModel?.load(ended.signal).then(
    () => {
      logger.info({ model: briefModel.name }, 'the brief model is ready');
    },
    (error: unknown) => {
      if (ended.signal.aborted) return;
      const because = error instanceof Error ? error.message : 'unknown';
      logger.warn({ model: briefModel.name, because }, 'the brief model cannot be used');
    },
  );
  const collecting = keepCollecting(
    createMissedReplies({
      inbox: sms,
      responders,
      replies,
      directory: () => organisation.store.current().directory,
      logger,
    }),
    { everyMs: config.BATON_MISSED_REPLIES_SECONDS * 1_000, signal: ended.signal, logger },
  );
  await runWorkers(workers).finally(() => {
    ended.abort();
  });
  await collecting;
  organisation.close();
  sources.close();
  await connection.close();
  await native.close();
});
