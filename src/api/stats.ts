import { Router } from 'express';
import { z } from 'zod';
import { summariseHandoffs } from '../domain/stats.ts';
import type { HandoffClient } from './handoff-client.ts';
import { filterShape } from './handoff-query.ts';
import { narrow } from './handoffs.ts';
import { readQuery } from './problem.ts';
import { callerOf, requireScope } from './verify.ts';

/** So many handoffs are looked at for one answer: 20 pages of visibility. */
export const MAX_COUNTED = 20_000;

const DEFAULT_MS = 7 * 86_400_000;

/** What `GET /v1/stats` takes. */
export const statsQuerySchema = z.strictObject({
  from: z.iso
    .datetime({ offset: true })
    .optional()
    .meta({
      description:
        'Handoffs submitted at this instant or later; by default seven days before `until`.',
      examples: ['2026-11-16T00:00:00Z'],
    }),
  until: z.iso
    .datetime({ offset: true })
    .optional()
    .meta({
      description: 'Handoffs submitted before this instant; by default now.',
      examples: ['2026-11-23T00:00:00Z'],
    }),
  source: filterShape.source,
  policy: filterShape.policy,
});

/** Returns the route `/v1/stats`; it needs requireApiKey in front of it. */
export function routeStats({
  handoffs,
}: {
  readonly handoffs: Pick<HandoffClient, 'listRows'>;
}): Router {
  const router = Router();

  router.get('/', requireScope('handoffs:read'), async (request, response) => {
    const { from, until, source, policy } = readQuery(statsQuerySchema, request.query);
    const createdUntil = new Date(until ?? Date.now()).toISOString();
    const createdFrom = new Date(from ?? Date.parse(createdUntil) - DEFAULT_MS).toISOString();
    const filter = narrow({ source, policy, createdFrom, createdUntil }, callerOf(response));
    const { rows, isComplete } = await handoffs.listRows(filter, MAX_COUNTED);
    response.json({
      from: createdFrom,
      until: createdUntil,
      counted: rows.length,
      isComplete,
      ...summariseHandoffs(rows),
    });
  });

  return router;
}
