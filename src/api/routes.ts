import type { RequestHandler, Router } from 'express';
import { Problem } from './problem.ts';

interface Layer {
  readonly route?: { readonly path: string | string[]; readonly methods: Record<string, boolean> };
  match(path: string): boolean;
}

/** Returns the routes of a router as `GET /v1/handoffs/{id}`: to compare with what is described. */
export function listRoutes(at: string, router: Router): string[] {
  return layersOf(router).flatMap(({ route }) => {
    if (!route) return [];
    const methods = Object.keys(route.methods).map((method) => method.toUpperCase());
    return [route.path].flat().flatMap((path) => {
      const whole = `${at === '/' ? '' : at}${path === '/' && at !== '/' ? '' : path}`;
      return methods.map((method) => `${method} ${whole.replace(/:(\w+)/g, '{$1}')}`);
    });
  });
}

/**
 * Answers 405 with Allow where an address is known and its method is not (RFC 9110, 15.5.6), and OPTIONS with Allow.
 * An address that a route spells out is that route's alone: `/withdrawals` is no handoff's id.
 */
export function refuseOtherMethods(router: Router): RequestHandler {
  return (request, response, next) => {
    const fitting = layersOf(router).filter((layer) => layer.route && layer.match(request.path));
    const exact = fitting.filter(({ route }) => [route?.path].flat().includes(request.path));
    const known = new Set(
      (exact.length > 0 ? exact : fitting).flatMap(({ route }) =>
        Object.keys(route?.methods ?? {}).map((method) => method.toUpperCase()),
      ),
    );
    // Express answers HEAD from what a GET gives.
    if (known.has('GET')) known.add('HEAD');
    // `_ALL` stands for a route that takes every method.
    if (known.size === 0 || known.has(request.method) || known.has('_ALL')) {
      next();
      return;
    }
    response.set('Allow', [...known].sort().join(', '));
    if (request.method === 'OPTIONS') {
      response.status(204).end();
      return;
    }
    throw new Problem(405, `${request.method} is not for ${request.baseUrl}${request.path}.`);
  };
}

/** Express keeps a router's layers in its stack; the types leave out how one is asked whether it fits. */
function layersOf(router: Router): readonly Layer[] {
  return router.stack as unknown as readonly Layer[];
}
