import { Router, type Request } from 'express';
import { z } from 'zod';
import { DELIVERY_STATUSES } from '../domain/deliveries.ts';
import type { CallbackClient } from './callback-client.ts';
import type { HandoffClient } from './handoff-client.ts';
import { filterShape, pageShape } from './handoff-query.ts';
import { narrow, requireOwn } from './handoffs.ts';
import { Problem, readQuery } from './problem.ts';
import { callerOf, requireScope } from './verify.ts';

/** What `GET /v1/callbacks` takes. */
export const callbacksQuerySchema = z.strictObject({
  status: z
    .enum(DELIVERY_STATUSES)
    .optional()
    .meta({
      description: '`failed`: an event was not taken for a day, or never will be.',
      examples: ['failed'],
    }),
  source: filterShape.source,
  ...pageShape,
});

/** Returns the routes under `/v1/callbacks`; they need requireApiKey in front of them. */
export function routeCallbacks(deps: {
  readonly callbacks: CallbackClient;
  readonly handoffs: HandoffClient;
}): Router {
  const router = Router();

  router.get('/', requireScope('handoffs:read'), async (request, response) => {
    const { status, source, limit, cursor } = readQuery(callbacksQuerySchema, request.query);
    const narrowed = narrow({ source }, callerOf(response));
    const page = await deps.callbacks.list({ source: narrowed.source, status }, { limit, cursor });
    response.json({
      callbacks: page.callbacks,
      ...(page.cursor !== undefined && { cursor: page.cursor }),
    });
  });

  const resend = async (
    request: Request<{ id: string; sequence?: string }>,
    caller: ReturnType<typeof callerOf>,
  ): Promise<void> => {
    const id = await requireOwn(request.params.id, caller, deps);
    const { sequence } = request.params;
    const number = sequence === undefined ? undefined : Number(sequence);
    if (number !== undefined && !(Number.isSafeInteger(number) && number > 0)) {
      throw new Problem(404, 'Events are numbered from 1.');
    }
    if (!(await deps.callbacks.resend(id, number))) {
      throw new Problem(409, 'Nothing is left to send: all was delivered, or it is a month ago.');
    }
  };

  for (const path of ['/:id/resend', '/:id/:sequence/resend'] as const) {
    router.post(path, requireScope('handoffs:write'), async (request, response) => {
      await resend(request as Request<{ id: string; sequence?: string }>, callerOf(response));
      response.status(202).json({ effect: 'recorded' });
    });
  }

  return router;
}
