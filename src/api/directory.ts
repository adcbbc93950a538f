import { Router } from 'express';
import { createSituation, type Calendars } from '../domain/availability/situation.ts';
import type { Directory } from '../domain/directory.ts';
import { resolveTarget } from '../domain/targets.ts';

export interface DirectoryDependencies {
  readonly directory: () => Directory;
  /** Missing: there are no calendars. */
  readonly calendars?: Calendars | undefined;
}

/**
 * Returns the routes under `/v1/directory`; they need requireApiKey in front of them. Whom a program may name, and who
 * is on call now: neither phone numbers nor addresses.
 */
export function routeDirectory({ directory, calendars }: DirectoryDependencies): Router {
  const router = Router();

  router.get('/', (_request, response) => {
    const known = directory();
    const situation = createSituation(calendars);
    response.json({
      responders: Object.entries(known.responders).map(([id, { name, timezone }]) => ({
        id,
        name,
        timezone: timezone ?? known.organisation.timezone,
      })),
      teams: Object.entries(known.teams).map(([id, members]) => ({ id, members })),
      rotations: Object.keys(known.rotations).map((id) => ({
        id,
        onCall: resolveTarget(`rotation:${id}`, { directory: known, situation }, Date.now()).ids,
      })),
    });
  });

  return router;
}
