import { createHash, timingSafeEqual } from 'node:crypto';
import { readCallback } from 'baton/client';
import express, {
  type ErrorRequestHandler,
  type Express,
  type Request,
  type RequestHandler,
  type Response,
} from 'express';
import helmet from 'helmet';
import type { z } from 'zod';
import type { Desk } from './desk.ts';
import { batchSchema, identifySchema, readPayload, trackSchema, type Incoming } from './events.ts';
import { renderPage } from './page.ts';
import type { Scoring } from './scoring.ts';
import type { Store } from './store.ts';
import { inventVisit, TEMPERATURES } from './visits.ts';

export interface AppOptions {
  readonly store: Store;
  readonly scoring: Scoring;
  readonly desk: Pick<Desk, 'hear'>;
  /** What Baton signs with; several while it is changed. */
  readonly secrets: readonly string[];
  readonly writeKey: string;
  /** Whether the page may invent leads. */
  readonly isDemo: boolean;
}

/** Returns what answers over HTTP: Segment's events, Baton's callbacks, and a page to look at. */
export function createApp({
  store,
  scoring,
  desk,
  secrets,
  writeKey,
  isDemo,
}: AppOptions): Express {
  const app = express();
  app.use(
    helmet({
      contentSecurityPolicy: {
        useDefaults: false,
        directives: {
          defaultSrc: ["'none'"],
          styleSrc: ["'unsafe-inline'"],
          formAction: ["'self'"],
          frameAncestors: ["'none'"],
        },
      },
    }),
  );
  app.get('/healthz', (_request, response) => {
    response.json({ status: 'ok' });
  });

  // What is signed are the bytes, so the body is not parsed before.
  app.post(
    '/hooks/baton',
    express.raw({ type: 'application/json', limit: '100kb' }),
    (request, response) => {
      let event;
      try {
        event = readCallback({ secrets, headers: request.headers, body: request.body as Buffer });
      } catch {
        response.status(401).json({ error: 'The signature is missing or wrong.' });
        return;
      }
      desk.hear(event);
      response.sendStatus(204);
    },
  );

  const events = express.Router();
  events.use(requireKey(writeKey), express.json({ limit: '500kb' }));
  const receive = <S extends z.ZodType>(
    path: string,
    schema: S,
    read: (body: z.output<S>, receivedAt: string) => readonly Incoming[],
  ): void => {
    events.post(path, (request: Request, response: Response) => {
      const parsed = schema.safeParse(request.body);
      if (!parsed.success) {
        response.status(400).json({
          success: false,
          errors: parsed.error.issues.map(
            (issue) => `${issue.path.join('.') || 'body'}: ${issue.message}`,
          ),
        });
        return;
      }
      scoring.take(read(parsed.data, new Date().toISOString()));
      response.json({ success: true });
    });
  };
  receive('/track', trackSchema, (body, at) => [readPayload({ ...body, type: 'track' }, at)]);
  receive('/identify', identifySchema, (body, at) => [
    readPayload({ ...body, type: 'identify' }, at),
  ]);
  receive('/batch', batchSchema, ({ batch }, at) => batch.map((one) => readPayload(one, at)));
  app.use('/v1', events);

  app.get('/', (_request, response) => {
    response.set('Cache-Control', 'no-store').type('html');
    response.send(renderPage({ store, isDemo }));
  });
  app.post('/demo/:temperature', (request, response) => {
    const temperature = TEMPERATURES.find((one) => one === request.params.temperature);
    if (!isDemo || !temperature || isFromElsewhere(request)) {
      response.sendStatus(404);
      return;
    }
    scoring.take(inventVisit(temperature, new Date()));
    response.redirect(303, '/');
  });
  app.use((_request, response) => {
    response.status(404).json({ error: 'There is nothing here.' });
  });
  app.use(answerFault);
  return app;
}

/** Segment's libraries send the write key as the user name of Basic authentication. */
function requireKey(key: string): RequestHandler {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return (request, response, next) => {
    const [scheme, credentials = ''] = (request.get('authorization') ?? '').split(' ');
    const [user = ''] = Buffer.from(credentials, 'base64').toString().split(':');
    if (scheme?.toLowerCase() === 'basic' && timingSafeEqual(digest(user), digest(key))) next();
    else
      response.status(401).json({ success: false, errors: ['The write key is missing or wrong.'] });
  };
}

/** A form of another site must not invent leads. */
function isFromElsewhere(request: Request): boolean {
  const site = request.get('sec-fetch-site');
  return site !== undefined && site !== 'same-origin' && site !== 'none';
}

const answerFault: ErrorRequestHandler = (error: unknown, _request, response, next) => {
  if (response.headersSent) {
    next(error);
    return;
  }
  const { status = 500 } = error as { status?: number };
  if (status >= 500) console.error(error);
  const message = status === 413 ? 'The body is too large.' : 'The body is not JSON.';
  response.status(status).json({
    success: false,
    errors: [status >= 500 ? 'It did not work; nothing was kept.' : message],
  });
};
