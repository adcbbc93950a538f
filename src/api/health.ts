import { Router } from 'express';
import type { Client } from '@temporalio/client';
import type { Reports } from '../directory/open-organisation.ts';

const DEADLINE_MS = 2_000;
const POLLED_WITHIN_MS = 75_000;

/**
 * Returns `/healthz`, which says that this process lives, and `/readyz`, which says whether it is of use, and what is
 * wrong with its files and calendars.
 */
export function routeHealth({
  client,
  taskQueue,
  reports,
}: {
  readonly client: Client;
  readonly taskQueue: string;
  readonly reports?: (() => Reports) | undefined;
}): Router {
  const router = Router();

  router.get('/healthz', (_request, response) => {
    response.json({ status: 'ok' });
  });

  // Only Temporal decides readiness: without workers handoffs and replies are still taken in durably, with faulty
  // files the ones before are in use, and a calendar that cannot be read counts as empty.
  router.get('/readyz', async (_request, response) => {
    const details = reports && describeReports(reports());
    try {
      const { pollers } = await client.withDeadline(Date.now() + DEADLINE_MS, () =>
        client.workflowService.describeTaskQueue({
          namespace: client.options.namespace,
          taskQueue: { name: taskQueue },
        }),
      );
      // The server remembers a poller for five minutes; one that lives asks anew every minute.
      const isThere = pollers.some(
        ({ lastAccessTime }) =>
          Date.now() - Number(lastAccessTime?.seconds ?? 0) * 1_000 < POLLED_WITHIN_MS,
      );
      const workers = isThere ? 'ok' : 'none';
      response.json({ status: 'ok', temporal: 'ok', workers, ...details });
    } catch {
      response.status(503).json({ status: 'unavailable', temporal: 'unreachable', ...details });
    }
  });

  return router;
}

/** Returns the reports for anybody to read: titles of a calendar's events stay out, only their number is told. */
function describeReports({ organisation, calendars }: Reports) {
  return {
    organisation,
    calendars: calendars.map(({ unmatched, ...calendar }) => ({
      ...calendar,
      ...(unmatched && { unmatchedEvents: unmatched.length }),
    })),
  };
}
