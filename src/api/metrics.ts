import { Router, type RequestHandler } from 'express';
import { collectDefaultMetrics, Histogram, Registry } from 'prom-client';

/**
 * Returns `/metrics` for Prometheus, and what observes each request: how long it took, by method, route and status.
 * What becomes of handoffs is measured where it happens: see the worker's metrics.
 */
export function routeMetrics(): { readonly router: Router; readonly observe: RequestHandler } {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const duration = new Histogram({
    name: 'baton_http_request_duration_seconds',
    help: 'How long requests took, by method, route and status.',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  });

  const router = Router();
  router.get('/metrics', async (_request, response) => {
    response.type(registry.contentType).send(await registry.metrics());
  });
  return {
    router,
    observe(request, response, next) {
      const stop = duration.startTimer();
      response.once('finish', () => {
        const { path } = (request.route ?? {}) as { path?: unknown };
        const route = typeof path === 'string' ? `${mountOf(response)}${path}` : 'none';
        stop({
          method: KNOWN.has(request.method) ? request.method : 'other',
          route,
          status: response.statusCode,
        });
      });
      next();
    },
  };
}

const AT = 'mountedAt';

/** Says for the metrics under which address a router is mounted: after an error the request has forgotten it. */
export function noteMount(at: string): RequestHandler {
  return (_request, response, next) => {
    response.locals[AT] = at === '/' ? '' : at;
    next();
  };
}

function mountOf({ locals }: { readonly locals: Record<string, unknown> }): string {
  const at = locals[AT];
  return typeof at === 'string' ? at : '';
}

/** Labels must not grow with what strangers send. */
const KNOWN = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS']);
