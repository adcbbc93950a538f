import { Router, type Request } from 'express';
import { z } from 'zod';
import type { Absence } from '../domain/availability/situation.ts';
import { readAway } from '../domain/away.ts';
import { identifier } from '../domain/handoff.ts';
import { findResponder, type Directory, type Responder } from '../domain/directory.ts';
import { isAwayAt } from '../domain/responder.ts';
import { invalidBody, Problem, toFaults, type Fault } from './problem.ts';
import type { Responders } from '../people/responders.ts';
import { requireScope } from './verify.ts';

export interface RespondersDependencies {
  readonly responders: Pick<Responders, 'readAbsence' | 'setAway' | 'setBack'>;
  readonly directory: () => Directory;
}

/** `until` is an instant, a day or time of the responder's zone, or a duration; `cover` is a responder's id. */
export const awayBodySchema = z.strictObject({
  until: identifier(80)
    .optional()
    .meta({
      description:
        'An instant with its offset, a day or time of their zone, or a duration; missing: until they are back.',
      examples: ['2026-12-02'],
    }),
  cover: identifier(80)
    .optional()
    .meta({
      description: 'The responder who is told instead.',
      examples: ['bob'],
    }),
});

/** Returns the routes under `/v1/responders`; they need requireApiKey in front of them. */
export function routeResponders({ responders, directory }: RespondersDependencies): Router {
  const router = Router();

  router.get(
    '/:id',
    requireScope('handoffs:read'),
    async (request: Request<{ id: string }>, response) => {
      const { id, name, timezone } = requireResponder(directory(), request.params.id);
      const absence = await responders.readAbsence(id);
      const away = absence && isAwayAt(absence, new Date().toISOString()) ? absence : undefined;
      response.json({ id, name, timezone, away });
    },
  );

  router.put(
    '/:id/away',
    requireScope('commands'),
    async (request: Request<{ id: string }>, response) => {
      const responder = requireResponder(directory(), request.params.id);
      const away = readBody(request.body, {
        responder,
        directory: directory(),
        now: new Date().toISOString(),
      });
      await responders.setAway(responder.id, away);
      response.json({ away });
    },
  );

  router.delete(
    '/:id/away',
    requireScope('commands'),
    async (request: Request<{ id: string }>, response) => {
      const { id } = requireResponder(directory(), request.params.id);
      await responders.setBack(id);
      response.json({});
    },
  );

  return router;
}

function requireResponder(directory: Directory, id: string): Responder {
  const responder = findResponder(directory, id);
  if (!responder) throw new Problem(404, `There is no responder ${id.slice(0, 60)}.`);
  return responder;
}

/** Returns the absence a body asks for, or throws a 422 with every fault. */
function readBody(
  body: unknown,
  given: { readonly responder: Responder; readonly directory: Directory; readonly now: string },
): Absence {
  const { responder, directory, now } = given;
  const parsed = awayBodySchema.safeParse(body ?? {});
  const faults: Fault[] = parsed.success ? [] : toFaults(parsed.error);
  // What a body says is checked in one with other faults too, so that all come at once.
  const said = z
    .object({
      until: identifier(80).optional().catch(undefined),
      cover: identifier(80).optional().catch(undefined),
    })
    .catch({ until: undefined, cover: undefined })
    .parse(body);
  const until =
    said.until === undefined
      ? undefined
      : readAway(said.until, { now, timezone: responder.timezone });
  if (said.until !== undefined && until === undefined) {
    const detail =
      'must be later than now and within a year: an instant with its offset, a day such as 2026-12-02 or a duration such as 3d';
    faults.push({ pointer: '/until', detail });
  }
  if (said.cover === responder.id) {
    faults.push({ pointer: '/cover', detail: 'nobody covers for themselves' });
  } else if (said.cover !== undefined && !findResponder(directory, said.cover)) {
    faults.push({ pointer: '/cover', detail: `there is no responder "${said.cover}"` });
  }
  if (faults.length > 0) throw invalidBody(faults);
  return {
    since: now,
    ...(until !== undefined && { until }),
    ...(said.cover !== undefined && { cover: said.cover }),
  };
}
