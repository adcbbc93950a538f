import {
  extendZodWithOpenApi,
  OpenAPIRegistry,
  OpenApiGeneratorV31,
} from '@asteasolutions/zod-to-openapi';
import express, { Router } from 'express';
import { getAbsoluteFSPath } from 'swagger-ui-dist';
import { z } from 'zod';
import { handoffRequestSchema } from '../domain/handoff.ts';
import { HANDOFF_STATUSES } from '../domain/state.ts';
import { COMMAND_BODIES, listQuerySchema } from './handoffs.ts';

extendZodWithOpenApi(z);

const JSON_TYPE = 'application/json';

const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    detail: z.string(),
    errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).optional(),
  })
  .openapi('Problem', { description: 'Problem details (RFC 9457); `errors` lists every fault.' });

const linksSchema = z.object({ self: z.string(), temporal: z.url().optional() });
const statusSchema = z.enum(HANDOFF_STATUSES);
const idParameter = z.object({
  id: z
    .string()
    .openapi({ param: { name: 'id', in: 'path' }, example: 'hof_0123456789abcdef0123456789abcd' }),
});
const keyHeader = z.object({
  'Idempotency-Key': z.string().max(255).optional().openapi({
    description: 'The same key and body give the same handoff, however often it is sent.',
  }),
});

const createdSchema = z
  .object({ id: z.string(), code: z.string(), status: statusSchema, links: linksSchema })
  .openapi('Created');

const timelineEntrySchema = z.object({
  at: z.iso.datetime(),
  what: z.string(),
  because: z.string(),
  responder: z.string().optional(),
  channel: z.string().optional(),
});

const summarySchema = z
  .object({
    id: z.string(),
    code: z.string(),
    status: z.string(),
    urgency: z.string(),
    source: z.string(),
    policy: z.string(),
    owner: z.string().optional(),
    submittedAt: z.iso.datetime(),
    links: linksSchema,
  })
  .openapi('HandoffSummary');

const endingSchema = z.object({
  status: z.enum(['resolved', 'withdrawn', 'expired']),
  at: z.iso.datetime(),
  by: z.object({ kind: z.string(), id: z.string(), name: z.string().optional() }).optional(),
  outcome: z.string().optional(),
  note: z.string().optional(),
});

const handoffSchema = z
  .object({
    id: z.string(),
    code: z.string(),
    source: z.string(),
    externalId: z.string().optional(),
    policy: z.string(),
    urgency: z.string(),
    status: statusSchema,
    brief: z.looseObject({ subject: z.string(), summary: z.string() }),
    action: z.looseObject({ do: z.string(), dueAt: z.iso.datetime().optional() }),
    owner: z
      .object({
        responder: z.string(),
        name: z.string(),
        since: z.iso.datetime(),
        actBy: z.iso.datetime(),
      })
      .optional(),
    ending: endingSchema.optional(),
    awaiting: z.array(z.string()),
    submittedAt: z.iso.datetime(),
    expiresAt: z.iso.datetime(),
    next: z.object({ at: z.iso.datetime(), because: z.string() }).nullable(),
    timeline: z.array(timelineEntrySchema),
    metadata: z.record(z.string(), z.string()).optional(),
    links: linksSchema,
  })
  .openapi('Handoff');

const commandSchema = z
  .object({
    effect: z.string(),
    owner: z
      .object({ responder: z.string(), name: z.string(), since: z.iso.datetime() })
      .optional(),
    ending: endingSchema.optional(),
    at: z.iso.datetime().optional(),
  })
  .openapi('CommandResult');

const COMMAND_SUMMARIES: Readonly<Record<keyof typeof COMMAND_BODIES, string>> = {
  take: 'A responder takes it: the first one has it',
  pass: 'A responder says "not me": the next one is tried at once',
  resolve: 'It is done, with an outcome',
  escalate: 'Go on to the next tier now',
  withdraw: 'The source calls it off',
  notes: 'Add a note to the timeline',
};

/** Returns the OpenAPI 3.1 description of the API, made from the schemas that validate its requests. */
export function describeApi(): object {
  const registry = new OpenAPIRegistry();
  const security = [
    {
      [registry.registerComponent('securitySchemes', 'key', { type: 'http', scheme: 'bearer' })
        .name]: [],
    },
  ];
  const json = (description: string, schema: z.ZodType) => ({
    description,
    content: { [JSON_TYPE]: { schema } },
  });
  const problem = (description: string) => ({
    description,
    content: { 'application/problem+json': { schema: problemSchema } },
  });
  const common = {
    401: problem('No API key, or an unknown one'),
    503: problem('Temporal cannot be reached; repeat the request'),
  };

  registry.registerPath({
    method: 'post',
    path: '/v1/handoffs',
    summary: 'Hand work off to people',
    security,
    request: {
      headers: keyHeader,
      body: { required: true, content: { [JSON_TYPE]: { schema: handoffRequestSchema } } },
    },
    responses: {
      ...common,
      201: json('Accepted: the first people are being told', createdSchema),
      200: json('The same submission was accepted before', createdSchema),
      400: problem('Not JSON'),
      409: problem('The key was used for another submission'),
      413: problem('Too large'),
      422: problem('Every fault of the body'),
    },
  });
  registry.registerPath({
    method: 'get',
    path: '/v1/handoffs',
    summary: "List this source's handoffs",
    security,
    request: { query: listQuerySchema },
    responses: {
      ...common,
      200: json(
        'One page; `cursor` leads to the next',
        z.object({ handoffs: z.array(summarySchema), cursor: z.string().optional() }),
      ),
      422: problem('Faults of the query'),
    },
  });
  registry.registerPath({
    method: 'get',
    path: '/v1/handoffs/{id}',
    summary: 'How a handoff stands, with its whole timeline',
    security,
    request: { params: idParameter },
    responses: {
      ...common,
      200: json('The handoff', handoffSchema),
      404: problem('Unknown'),
    },
  });
  for (const [name, body] of Object.entries(COMMAND_BODIES)) {
    registry.registerPath({
      method: 'post',
      path: `/v1/handoffs/{id}/${name}`,
      summary: COMMAND_SUMMARIES[name as keyof typeof COMMAND_BODIES],
      security,
      request: {
        params: idParameter,
        headers: keyHeader,
        body: { required: true, content: { [JSON_TYPE]: { schema: body } } },
      },
      responses: {
        ...common,
        200: json('What came of it', commandSchema),
        202: json('Recorded; no worker has looked at it yet', commandSchema),
        400: problem('Not JSON'),
        404: problem('Unknown'),
        409: problem('Somebody else has it, or it is over'),
        422: problem('Every fault of the body'),
      },
    });
  }
  return new OpenApiGeneratorV31(registry.definitions).generateDocument({
    openapi: '3.1.0',
    info: {
      title: 'Baton',
      version: '1',
      description: 'Hands work from automations to people so that it cannot be dropped.',
    },
  });
}

/** Returns `/openapi.json` and `/docs`, a page to browse it with; nothing is loaded from elsewhere. */
export function routeDocs(): Router {
  const router = Router();
  const description = describeApi();
  router.get('/openapi.json', (_request, response) => {
    response.json(description);
  });
  router.get('/docs/start.js', (_request, response) => {
    response
      .type('text/javascript')
      .send(`SwaggerUIBundle({ url: '/openapi.json', dom_id: '#docs', deepLinking: true });`);
  });
  router.get('/docs', (_request, response) => {
    response.type('html').send(DOCS_PAGE);
  });
  router.use('/docs', express.static(getAbsoluteFSPath(), { index: false }));
  return router;
}

const DOCS_PAGE = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Baton API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css"></head>
<body><div id="docs"></div>
<script src="/docs/swagger-ui-bundle.js"></script><script src="/docs/start.js"></script></body>
</html>
`;
