import express, { type Express, type RequestHandler, type Router } from 'express';
import helmet from 'helmet';
import { pinoHttp } from 'pino-http';
import type { Client } from '@temporalio/client';
import type { Reports } from '../directory/open-organisation.ts';
import type { Calendars } from '../domain/availability/situation.ts';
import type { Directory } from '../domain/directory.ts';
import type { Policies } from '../domain/policy.ts';
import type { Links } from '../links/links.ts';
import type { Passes } from '../links/passes.ts';
import type { Logger } from '../logger.ts';
import { createReplyReader } from '../people/replies.ts';
import { createResponders } from '../people/responders.ts';
import { createStandings } from '../people/standings.ts';
import { GRPC, grpcStatusOf } from '../temporal/grpc-status.ts';
import { findCaller, findCallerById, type PlainKey } from '../sources/keys.ts';
import type { Sources } from '../sources/sources.ts';
import { limitSubmissions } from './admission.ts';
import { createCallbackClient } from './callback-client.ts';
import { routeCallbacks } from './callbacks.ts';
import { allowTemporalUi, routeCodec } from './codec.ts';
import { createHandoffClient } from './handoff-client.ts';
import { routeHandoffs } from './handoffs.ts';
import { routeHealth } from './health.ts';
import { limitInFlight, limitRate } from './limits.ts';
import { noteMount, routeMetrics } from './metrics.ts';
import { routeDocs } from './openapi.ts';
import { routePages } from './pages.ts';
import { routePolicies } from './policies.ts';
import { answerProblems, answerUnknownRoute, Problem } from './problem.ts';
import { listRoutes, refuseOtherMethods } from './routes.ts';
import { routeResponders } from './responders.ts';
import { routeSendgrid } from './sendgrid.ts';
import { routeTwilio } from './twilio.ts';
import { routeDirectory } from './directory.ts';
import { routeStats } from './stats.ts';
import { findCallerOf, requireApiKey, requireScope } from './verify.ts';

export interface AppDependencies {
  readonly client: Client;
  readonly taskQueue: string;
  readonly directory: () => Directory;
  readonly policies: () => Policies;
  /** Missing: there are no calendars. */
  readonly calendars?: Calendars | undefined;
  /** What `/readyz` tells of the files and calendars. */
  readonly reports?: (() => Reports) | undefined;
  /** Keys that stand in the settings. */
  readonly apiKeys: readonly PlainKey[];
  readonly sources: () => Sources;
  /** Requests a minute that one key may make; requests that are worked on at a time. */
  readonly limits: {
    readonly perMinute: number;
    readonly inFlight: number;
    /** Whether submissions are let in at the pace at which workers work them. */
    readonly submissions: boolean;
  };
  readonly twilioAuthToken: string;
  readonly publicBaseUrl: string;
  readonly links: Links;
  readonly passes: Passes;
  /** The keys that SendGrid signs with; without one what it sends is refused. */
  readonly sendgrid: {
    readonly eventsKey?: string | undefined;
    readonly inboundKey?: string | undefined;
  };
  /** Whether workers ask a model for what a source does not say; by default not. */
  readonly hasBriefModel?: boolean;
  /** The number people text their replies to, if there is one to name. */
  readonly replyNumber?: string | undefined;
  readonly temporalUiUrl?: string | undefined;
  readonly logger: Logger;
}

/** Answers to whoever may not: their number is what an attack shows by. */
const REFUSALS: ReadonlySet<number> = new Set([401, 403, 429]);

/** Returns the HTTP application; it does not listen. */
export function createApp(deps: AppDependencies): Express {
  const { client, taskQueue, logger } = deps;
  const handoffs = createHandoffClient(client, taskQueue);
  const responders = createResponders(client, taskQueue);
  const standings = createStandings(client);

  const app = express();
  app.disable('x-powered-by');
  app.set('query parser', 'simple');
  app.use(helmet());
  app.use(
    pinoHttp({
      logger,
      autoLogging: { ignore: (request) => request.url === '/healthz' || request.url === '/readyz' },
      // Bodies, queries and headers hold leads' data and keys, and a page's path is a key: only what happened is logged.
      serializers: {
        req: ({ id, method, url }: { id: unknown; method: string; url: string }) => ({
          id,
          method,
          path: url.split('?')[0]?.replace(/^\/h\/[^/]+/, '/h/…'),
        }),
        res: ({ statusCode }: { statusCode: number }) => ({ status: statusCode }),
      },
      customLogLevel: (_request, { statusCode }) => {
        if (statusCode >= 500) return 'error';
        return REFUSALS.has(statusCode) ? 'warn' : 'debug';
      },
      customProps: (_request, response) => ({ keyId: findCallerOf(response)?.keyId }),
    }),
  );

  const metrics = routeMetrics();
  app.use(metrics.observe);
  const authenticate = (key: string) =>
    findCaller(key, { sources: deps.sources(), plain: deps.apiKeys });
  const isKnown: readonly RequestHandler[] = [
    (_request, response, next) => {
      response.set('Cache-Control', 'no-store');
      next();
    },
    requireApiKey(authenticate),
    limitRate(deps.limits.perMinute),
    limitInFlight(deps.limits.inFlight),
  ];
  const mounts: readonly Mount[] = [
    { at: '/', router: routeHealth({ client, taskQueue, reports: deps.reports }) },
    { at: '/', router: metrics.router },
    { at: '/', router: routeDocs() },
    {
      at: '/webhooks/twilio',
      router: routeTwilio({
        handoffs,
        responders,
        standings,
        replies: createReplyReader(standings),
        directory: deps.directory,
        authToken: deps.twilioAuthToken,
        publicBaseUrl: deps.publicBaseUrl,
        logger,
      }),
    },
    {
      at: '/webhooks/sendgrid',
      router: routeSendgrid({
        handoffs,
        responders,
        directory: deps.directory,
        links: deps.links,
        keys: deps.sendgrid,
        logger,
      }),
    },
    {
      at: '/h',
      router: routePages({
        handoffs,
        directory: deps.directory,
        links: deps.links,
        publicBaseUrl: deps.publicBaseUrl,
        logger,
      }),
    },
    {
      at: '/codec',
      before: [allowTemporalUi(deps.temporalUiUrl)],
      router: routeCodec({
        codecs: client.options.loadedDataConverter.payloadCodecs,
        findCaller: authenticate,
        findCallerById: (keyId) => findCallerById(keyId, deps.sources()),
        passes: deps.passes,
        publicBaseUrl: deps.publicBaseUrl,
        temporalUiUrl: deps.temporalUiUrl,
      }),
    },
    {
      at: '/v1/handoffs',
      before: [...isKnown, express.json({ limit: '256kb' })],
      router: routeHandoffs({
        limitSubmissions: deps.limits.submissions
          ? limitSubmissions(client, taskQueue)
          : (_request, _response, next) => {
              next();
            },
        handoffs,
        directory: deps.directory,
        policies: deps.policies,
        calendars: deps.calendars,
        responders,
        replyNumber: deps.replyNumber,
        hasBriefModel: deps.hasBriefModel,
        links: deps.links,
        sources: deps.sources,
        temporalUi:
          deps.temporalUiUrl === undefined
            ? undefined
            : { url: deps.temporalUiUrl, namespace: client.options.namespace },
      }),
    },
    {
      at: '/v1/callbacks',
      before: isKnown,
      router: routeCallbacks({ handoffs, callbacks: createCallbackClient(client) }),
    },
    { at: '/v1/stats', before: isKnown, router: routeStats({ handoffs }) },
    {
      at: '/v1/responders',
      before: [...isKnown, express.json({ limit: '16kb' })],
      router: routeResponders({ responders, directory: deps.directory }),
    },
    {
      at: '/v1/directory',
      before: [...isKnown, requireScope('handoffs:read')],
      router: routeDirectory({ directory: deps.directory, calendars: deps.calendars }),
    },
    {
      at: '/v1/policies',
      before: [...isKnown, requireScope('handoffs:read')],
      router: routePolicies({
        directory: deps.directory,
        policies: deps.policies,
        calendars: deps.calendars,
        responders,
      }),
    },
  ];
  for (const { at, before = [], router } of mounts) {
    app.use(at, noteMount(at), ...before, refuseOtherMethods(router), router);
  }
  app.locals['routes'] = mounts.flatMap(({ at, router }) => listRoutes(at, router));
  app.use(answerUnknownRoute);
  app.use(answerOutages);
  app.use(answerProblems(logger));
  return app;
}

interface Mount {
  readonly at: string;
  /** What a request passes before the router. */
  readonly before?: readonly RequestHandler[];
  readonly router: Router;
}

/** Turns Temporal's being away into a 503: nothing was lost, and the same request may be sent again. */
const answerOutages: express.ErrorRequestHandler = (thrown: unknown, _request, _response, next) => {
  const isOutage = OUTAGES.has(grpcStatusOf(thrown));
  next(isOutage ? new Problem(503, describeOutage(grpcStatusOf(thrown))) : thrown);
};

function describeOutage(status: number | undefined): string {
  return status === GRPC.resourceExhausted
    ? 'Temporal takes no more right now. Send the same request again.'
    : 'Temporal cannot be reached. Send the same request again.';
}

const OUTAGES = new Set<number | undefined>([
  GRPC.cancelled,
  GRPC.deadlineExceeded,
  GRPC.resourceExhausted,
  GRPC.unavailable,
]);
