import { Router } from 'express';
import type { Client } from '@temporalio/client';

const DEADLINE_MS = 2_000;

/** Returns `/healthz`, which says that this process lives, and `/readyz`, which says whether it is of use. */
export function routeHealth(client: Client, taskQueue: string): Router {
  const router = Router();

  router.get('/healthz', (_request, response) => {
    response.json({ status: 'ok' });
  });

  // Without workers handoffs and replies are still taken in durably, so only Temporal decides readiness.
  router.get('/readyz', async (_request, response) => {
    try {
      const { pollers } = await client.withDeadline(Date.now() + DEADLINE_MS, () =>
        client.workflowService.describeTaskQueue({
          namespace: client.options.namespace,
          taskQueue: { name: taskQueue },
        }),
      );
      response.json({ status: 'ok', temporal: 'ok', workers: pollers.length > 0 ? 'ok' : 'none' });
    } catch {
      response.status(503).json({ status: 'unavailable', temporal: 'unreachable' });
    }
  });

  return router;
}
