import express, { type Express } from 'express';
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { Standing } from './report.ts';

/** Returns the watch's own pages: `/healthz`, 503 while handoffs cannot be delivered, and `/metrics`. */
export function serveStanding({
  standing,
  staleAfterMs,
}: {
  readonly standing: () => Standing;
  /** A look that has not ended for so long is a problem too. */
  readonly staleAfterMs: number;
}): Express {
  const app = express();
  app.disable('x-powered-by');
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  new Gauge({
    name: 'baton_can_deliver',
    help: '1 while nothing keeps handoffs from being delivered.',
    registers: [registry],
    collect() {
      this.set(isFresh(standing(), staleAfterMs) && standing().canDeliver ? 1 : 0);
    },
  });
  new Gauge({
    name: 'baton_problems',
    help: 'Problems that last, by kind; dropped: handoffs ended from outside within the last hour.',
    labelNames: ['kind'] as const,
    registers: [registry],
    collect() {
      this.reset();
      for (const { kind } of standing().problems) this.inc({ kind });
    },
  });
  new Gauge({
    name: 'baton_handoffs_open',
    help: 'Handoffs that are open.',
    registers: [registry],
    collect() {
      const { open } = standing();
      if (open !== undefined) this.set(open);
    },
  });
  new Gauge({
    name: 'baton_watch_looked_timestamp_seconds',
    help: 'When the watch last looked around.',
    registers: [registry],
    collect() {
      this.set((standing().lookedAt ?? 0) / 1_000);
    },
  });

  app.get('/healthz', (_request, response) => {
    const { lookedAt, canDeliver, problems, open } = standing();
    const isGood = isFresh({ lookedAt }, staleAfterMs) && canDeliver;
    response.status(isGood ? 200 : 503).json({
      status: isGood ? 'ok' : 'cannot deliver',
      lookedAt: lookedAt === undefined ? null : new Date(lookedAt).toISOString(),
      open,
      problems,
    });
  });
  app.get('/metrics', async (_request, response) => {
    response.type(registry.contentType).send(await registry.metrics());
  });
  return app;
}

function isFresh({ lookedAt }: Pick<Standing, 'lookedAt'>, staleAfterMs: number): boolean {
  return lookedAt !== undefined && Date.now() - lookedAt < staleAfterMs;
}
