import { Router } from 'express';
import { z } from 'zod';
import { Agendas } from '../domain/availability/agenda.ts';
import { createSituation, type Calendars } from '../domain/availability/situation.ts';
import { coverPolicy } from '../domain/coverage.ts';
import type { Directory } from '../domain/directory.ts';
import { durationSchema, urgencySchema } from '../domain/handoff.ts';
import type { Policies, Policy } from '../domain/policy.ts';
import { lookUp } from '../domain/state.ts';
import { listConcerned } from '../domain/targets.ts';
import { renderCoveragePage } from '../pages/coverage-page.ts';
import { wholeNumber } from './handoff-query.ts';
import { Problem, readQuery } from './problem.ts';
import type { Responders } from '../people/responders.ts';

export interface PoliciesDependencies {
  readonly directory: () => Directory;
  readonly policies: () => Policies;
  /** Missing: there are no calendars. */
  readonly calendars?: Calendars | undefined;
  readonly responders: Pick<Responders, 'readAbsences'>;
}

/** `within` is what counts as in time; each urgency has its own unless given. */
export const coverageQuerySchema = z.strictObject({
  urgency: urgencySchema.optional().meta({
    description: 'Of this urgency only.',
    examples: ['urgent'],
  }),
  hours: wholeNumber({ min: 1, max: 336 })
    .default(168)
    .meta({
      type: 'integer',
      minimum: 1,
      maximum: 336,
      description: 'How many hours from now.',
      examples: [168],
    }),
  within: durationSchema.optional().meta({
    description: 'Who is told later than this after submission is a gap.',
    examples: ['15m'],
  }),
});

/** Returns the routes under `/v1/policies`; they need requireApiKey in front of them. */
export function routePolicies(deps: PoliciesDependencies): Router {
  const router = Router();

  router.get('/', (_request, response) => {
    response.json({
      policies: Object.entries(deps.policies()).map(([name, policy]) => ({
        name,
        urgencies: listUrgencies(policy),
        links: { coverage: `/v1/policies/${name}/coverage` },
      })),
    });
  });

  router.get('/:name/coverage', async (request, response) => {
    const { name } = request.params;
    const known = deps.policies();
    const policy = lookUp(known, name);
    if (!policy) {
      const names = Object.keys(known).join(', ');
      throw new Problem(404, `There is no policy "${name.slice(0, 60)}"; there are ${names}.`);
    }
    const { urgency, hours, within } = readQuery(querySchemaOf(name, policy), request.query);
    const directory = deps.directory();
    const absences = await deps.responders.readAbsences(
      listConcerned(listTargets(policy), directory),
    );
    const agendas = new Agendas(directory, createSituation(deps.calendars, absences));
    const coverage = coverPolicy({ name, policy }, agendas, {
      urgency,
      from: Date.now(),
      hours,
      withinMs: within,
    });
    response.vary('Accept');
    if (request.accepts(['json', 'html']) === 'html') {
      response.type('html').send(renderCoveragePage([coverage]));
    } else {
      response.json(coverage);
    }
  });

  return router;
}

/** Only urgencies that the policy has rules for can be asked about. */
function querySchemaOf(name: string, policy: Policy) {
  const offered = listUrgencies(policy);
  return coverageQuerySchema.extend({
    urgency: z
      .enum(offered, { error: `policy ${name} has rules for ${offered.join(', ')}` })
      .optional(),
  });
}

function listUrgencies(policy: Policy) {
  return urgencySchema.options.filter((urgency) => policy[urgency]);
}

function listTargets(policy: Policy): string[] {
  return [
    ...policy.lastResort.notify,
    ...urgencySchema.options.flatMap((urgency) =>
      (policy[urgency]?.tiers ?? []).flatMap(({ notify }) => notify),
    ),
  ];
}
