import express, { type Express } from 'express';
import helmet from 'helmet';
import { pinoHttp } from 'pino-http';
import type { Client } from '@temporalio/client';
import { isGrpcServiceError } from '@temporalio/client';
import type { Directory } from '../domain/directory.ts';
import type { Policies } from '../domain/policy.ts';
import type { Logger } from '../logger.ts';
import { createHandoffClient } from './handoff-client.ts';
import { routeHandoffs } from './handoffs.ts';
import { routeHealth } from './health.ts';
import { routeDocs } from './openapi.ts';
import { answerProblems, answerUnknownRoute, Problem } from './problem.ts';
import { createResponderClient } from './responder-client.ts';
import { routeTwilio } from './twilio.ts';
import { requireApiKey, type ApiKey } from './verify.ts';

export interface AppDependencies {
  readonly client: Client;
  readonly taskQueue: string;
  readonly directory: () => Directory;
  readonly policies: () => Policies;
  readonly apiKeys: readonly ApiKey[];
  readonly twilioAuthToken: string;
  readonly publicBaseUrl: string;
  readonly temporalUiUrl?: string | undefined;
  readonly logger: Logger;
}

/** Returns the HTTP application; it does not listen. */
export function createApp(deps: AppDependencies): Express {
  const { client, taskQueue, logger } = deps;
  const handoffs = createHandoffClient(client, taskQueue);
  const responders = createResponderClient(client, taskQueue);

  const app = express();
  app.disable('x-powered-by');
  app.set('query parser', 'simple');
  app.use(helmet());
  app.use(
    pinoHttp({
      logger,
      autoLogging: { ignore: (request) => request.url === '/healthz' || request.url === '/readyz' },
      // Bodies, queries and headers hold leads' data and keys: only what happened is logged.
      serializers: {
        req: ({ id, method, url }: { id: unknown; method: string; url: string }) => ({
          id,
          method,
          path: url.split('?')[0],
        }),
        res: ({ statusCode }: { statusCode: number }) => ({ status: statusCode }),
      },
      customLogLevel: (_request, response) => (response.statusCode >= 500 ? 'error' : 'debug'),
    }),
  );

  app.use(routeHealth(client, taskQueue));
  app.use(routeDocs());
  app.use(
    '/webhooks/twilio',
    routeTwilio({
      handoffs,
      responders,
      directory: deps.directory,
      authToken: deps.twilioAuthToken,
      publicBaseUrl: deps.publicBaseUrl,
      logger,
    }),
  );
  app.use(
    '/v1/handoffs',
    requireApiKey(deps.apiKeys),
    express.json({ limit: '128kb' }),
    routeHandoffs({
      handoffs,
      directory: deps.directory,
      policies: deps.policies,
      temporalUi:
        deps.temporalUiUrl === undefined
          ? undefined
          : { url: deps.temporalUiUrl, namespace: client.options.namespace },
    }),
  );
  app.use(answerUnknownRoute);
  app.use(answerOutages);
  app.use(answerProblems(logger));
  return app;
}

/** Turns Temporal's being away into a 503: nothing was lost, and the same request may be sent again. */
const answerOutages: express.ErrorRequestHandler = (thrown: unknown, _request, _response, next) => {
  const isOutage = isGrpcServiceError(thrown) && OUTAGES.has(thrown.code);
  next(
    isOutage
      ? new Problem(503, 'Temporal cannot be reached. Send the same request again.')
      : thrown,
  );
};

/** CANCELLED, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED and UNAVAILABLE of gRPC. */
const OUTAGES = new Set([1, 4, 8, 14]);
