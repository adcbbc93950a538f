import {
  extendZodWithOpenApi,
  OpenAPIRegistry,
  OpenApiGeneratorV31,
  type RouteConfig,
} from '@asteasolutions/zod-to-openapi';
import express, { Router } from 'express';
import { getAbsoluteFSPath } from 'swagger-ui-dist';
import { z } from 'zod';
import { CALLBACK_TYPES } from '../domain/callback.ts';
import { DELIVERY_STATUSES } from '../domain/deliveries.ts';
import { BRIEF_PARTS } from '../domain/brief-writer/parts.ts';
import {
  actionSchema,
  briefSchema,
  handoffRequestSchema,
  materialRequestSchema,
} from '../domain/handoff.ts';
import { HANDOFF_STATUSES } from '../domain/state.ts';
import { callbacksQuerySchema } from './callbacks.ts';
import { listQuerySchema } from './handoff-query.ts';
import {
  COMMAND_BODIES,
  previewQuerySchema,
  scopeOfCommand,
  withdrawalsBodySchema,
} from './handoffs.ts';
import { coverageQuerySchema } from './policies.ts';
import { awayBodySchema } from './responders.ts';
import { statsQuerySchema } from './stats.ts';

extendZodWithOpenApi(z);

const JSON_TYPE = 'application/json';

/** Every field is described, with its unit and an example. */
const text = (description: string, example: string) =>
  z.string().meta({ description, examples: [example] });
const number = (description: string, example: number) =>
  z.number().meta({ description, examples: [example] });
const count = (description: string, example: number) =>
  z
    .number()
    .int()
    .meta({ description, examples: [example] });
const flag = (description: string, example = true) =>
  z.boolean().meta({ description, examples: [example] });
const instant = (description: string, example = '2026-11-23T14:05:00.000Z') =>
  z.iso.datetime().meta({ description, examples: [example] });
const list = <T extends z.ZodType>(item: T, description: string, example: readonly unknown[]) =>
  z.array(item).meta({ description, examples: [[...example]] });

const ID = 'hof_0123456789abcdef0123456789abcd';

const problemSchema = z
  .object({
    type: text('The kind of problem; about:blank where the status says it all.', 'about:blank'),
    title: text('The status in words.', 'The request has faults'),
    status: count('The HTTP status.', 422),
    detail: text('What happened and what to do.', 'The body has one fault; nothing was done.'),
    errors: list(
      z.object({
        pointer: text('Where: a JSON Pointer, or the name of a header.', '/action/contact/phone'),
        detail: text('What is wrong there.', 'must be a phone number in E.164 form'),
      }),
      'All faults at once.',
      [],
    ).optional(),
  })
  .openapi('Problem', { description: 'Problem details (RFC 9457); `errors` lists every fault.' });

const linksSchema = z
  .object({
    self: text('The handoff.', `/v1/handoffs/${ID}`),
    events: text('What happens to it, as server-sent events.', `/v1/handoffs/${ID}/events`),
    temporal: z
      .url()
      .optional()
      .meta({
        description: 'Its workflow in the Temporal UI.',
        examples: [`http://127.0.0.1:8233/namespaces/default/workflows/${ID}`],
      }),
  })
  .meta({
    description: 'Where to look.',
    examples: [{ self: `/v1/handoffs/${ID}`, events: `/v1/handoffs/${ID}/events` }],
  });
const statusSchema = z.enum(HANDOFF_STATUSES).meta({
  description:
    'notifying: people are told; waiting: nobody may be told now; owned: somebody has it; the others are its ends.',
  examples: ['owned'],
});
const idSchema = text('The handoff.', ID);
const codeSchema = text('What people call it in an SMS.', 'KM47');
const pathId = (description: string, example: string) =>
  z.string().openapi({ param: { name: 'id', in: 'path' }, description, example });
const idParameter = z.object({ id: pathId('The handoff.', ID) });
const keyHeader = z.object({
  'Idempotency-Key': z.string().min(1).max(255).optional().openapi({
    description: 'The same key and body do the same thing once, however often they are sent.',
    example: 'lead-8841-first',
  }),
});

const responderIdSchema = text('A responder of the directory.', 'alice');
const actorSchema = z
  .object({
    kind: z
      .enum(['responder', 'source'])
      .meta({ description: 'A person, or the automation.', examples: ['responder'] }),
    id: responderIdSchema,
    name: text('Their name.', 'Alice Ng').optional(),
  })
  .meta({
    description: 'Who did it.',
    examples: [{ kind: 'responder', id: 'alice', name: 'Alice Ng' }],
  });
const ownerSchema = z
  .object({
    responder: responderIdSchema,
    name: text('Their name.', 'Alice Ng'),
    since: instant('Since when they have it.'),
    actBy: instant('When it escalates again unless it is done.').optional(),
  })
  .meta({
    description: 'Who has it.',
    examples: [{ responder: 'alice', name: 'Alice Ng', since: '2026-11-23T14:05:00.000Z' }],
  });

const designReviewSchema = z
  .object({
    passed: flag('No finding is an error.'),
    findings: list(
      z.object({
        id: text('The rule.', 'contact-without-phone'),
        severity: z
          .enum(['error', 'warning'])
          .meta({ description: 'A strict policy refuses errors.', examples: ['warning'] }),
        pointer: text('JSON Pointer into the submission.', '/action/contact'),
        what: text('What was found.', 'It asks for a call and names no phone.'),
        why: text('Why that matters.', 'Whoever gets it has to look for the number first.'),
        fix: text('What to do.', 'Give action.contact.phone.'),
      }),
      'What could be better, for whoever receives it at the worst possible time.',
      [],
    ),
  })
  .openapi('DesignReview', { description: 'The design test of a submission.' });

const createdSchema = z
  .object({
    id: idSchema,
    code: codeSchema,
    status: statusSchema,
    designTest: designReviewSchema.optional(),
    links: linksSchema,
  })
  .openapi('Created');

const timelineEntrySchema = z
  .object({
    at: instant('When.'),
    what: text('What happened.', 'sent'),
    because: text('Why, or how.', 'offer to Alice Ng by sms'),
    responder: responderIdSchema.optional(),
    channel: text('sms, voice or email.', 'sms').optional(),
    message: text('What the message was, where it is about one.', 'offer').optional(),
    count: z.number().int().optional().openapi({
      description: 'With `left-out`: so many routine entries stood here.',
      example: 40,
    }),
  })
  .openapi('TimelineEntry', { description: 'One step, with its reason.' });
const timelineSchema = list(timelineEntrySchema, 'What happened, the oldest first.', []);

const previewSchema = z
  .object({
    designTest: designReviewSchema,
    messages: list(
      z.object({
        at: instant('When it would go out.'),
        localTime: text("The same on its reader's wall clock.", 'Mon 08:00 (America/New_York)'),
        recipient: text('A responder, or an address.', 'alice'),
        name: text('Their name.', 'Alice Ng'),
        channel: text('sms, voice or email.', 'sms'),
        kind: text('What kind of message.', 'offer'),
        subject: text('The subject of an email.', 'Call Maria Lopez (KM47)').optional(),
        text: text('What they would read or hear.', 'URGENT: Call Maria Lopez by 14:05'),
        segments: count('How many parts an SMS would have.', 2).optional(),
      }),
      'Every message, in order.',
      [],
    ),
    plan: list(timelineEntrySchema, 'What would happen, the first first.', []),
    status: statusSchema,
  })
  .openapi('Preview');

const summarySchema = z
  .object({
    id: idSchema,
    code: codeSchema,
    status: text('How it stands.', 'notifying'),
    urgency: text('How loudly it may call.', 'urgent'),
    source: text('Whose it is.', 'crm'),
    policy: text('The policy it follows.', 'inbound-sales'),
    owner: text('The responder who has it.', 'alice').optional(),
    awaiting: list(z.string(), 'Responders for whom it waits.', ['bob']),
    actBy: instant("The owner's deadline, or the action's.").optional(),
    submittedAt: instant('When it was submitted, to the second.'),
    links: linksSchema,
  })
  .openapi('HandoffSummary');

const endingSchema = z
  .object({
    status: z
      .enum(['resolved', 'withdrawn', 'expired'])
      .meta({ description: 'How it ended.', examples: ['resolved'] }),
    at: instant('When.'),
    by: actorSchema.optional(),
    outcome: text('One of its outcomes.', 'reached').optional(),
    note: text('What was said besides.', 'wants a demo on Friday').optional(),
  })
  .meta({
    description: 'Its end.',
    examples: [{ status: 'resolved', at: '2026-11-23T14:20:00.000Z', outcome: 'reached' }],
  });

const partsSchema = (description: string, example: readonly string[]) =>
  list(
    z.enum(BRIEF_PARTS).meta({ description: 'A part of the brief.', examples: ['summary'] }),
    description,
    example,
  );
const writtenSchema = z
  .object({
    drawn: partsSchema('Drawn from the material by rules.', ['facts']),
    model: z
      .object({
        name: text('The model, as Ollama names it.', 'llama3.2'),
        parts: partsSchema('What it wrote.', ['subject', 'summary', 'action']),
      })
      .optional()
      .meta({
        description: 'What a language model wrote, checked against the material.',
        examples: [{ name: 'llama3.2', parts: ['subject', 'summary', 'action'] }],
      }),
  })
  .meta({
    description: 'Who wrote what its source did not; missing: all is the source’s.',
    examples: [{ drawn: ['subject', 'summary', 'action', 'facts'] }],
  });

const submissionSchema = z.union([
  handoffRequestSchema.meta({
    title: 'With a brief',
    description: 'Work with a brief and an action.',
  }),
  materialRequestSchema.meta({
    title: 'With raw material',
    description: 'Work with raw material: what is missing of brief and action is made from it.',
  }),
]);

const handoffSchema = z
  .object({
    id: idSchema,
    code: codeSchema,
    source: text('Whose it is.', 'crm'),
    externalId: text("The source's own name of it.", 'lead-8841').optional(),
    policy: text('The policy it follows.', 'inbound-sales'),
    urgency: text('How loudly it may call.', 'urgent'),
    status: statusSchema,
    brief: z.looseObject(briefSchema.shape).meta({
      description: 'What the person must know, with what was amended.',
      examples: [{ subject: 'Maria Lopez, Acme Corp', summary: 'Asked about 40 seats.' }],
    }),
    action: z
      .looseObject({
        do: actionSchema.shape.do,
        dueAt: instant('The deadline.').optional(),
      })
      .meta({
        description: 'What the person must do, with what was amended.',
        examples: [{ do: 'Call Maria Lopez', dueAt: '2026-11-23T14:05:00.000Z', outcomes: [] }],
      }),
    owner: ownerSchema.optional(),
    ending: endingSchema.optional(),
    unreached: z
      .object({
        since: instant('Since when.'),
        because: text('Why.', 'no message of the last resort arrived'),
      })
      .optional()
      .meta({
        description:
          'There while nobody of the last resort can be told, whatever the channel: it is tried again and again. Somebody has to look at the directory, or at the provider.',
        examples: [
          {
            since: '2026-11-23T14:05:00.000Z',
            because: 'no message of the last resort arrived',
          },
        ],
      }),
    awaiting: list(z.string(), 'Responders for whom it waits.', ['bob']),
    submittedAt: instant('When it was submitted.'),
    expiresAt: instant('When it ends, announced, if nobody acts.'),
    next: z
      .object({ at: instant('When.'), because: text('What.', 'escalate to tier 2') })
      .nullable()
      .meta({
        description: 'What happens next if nobody does anything.',
        examples: [{ at: '2026-11-23T14:10:00.000Z', because: 'escalate to tier 2' }],
      }),
    timeline: timelineSchema,
    written: writtenSchema.optional(),
    callbackUrl: text('Where its source is told.', 'https://crm.example/hooks/baton').optional(),
    metadata: z
      .record(z.string(), z.string())
      .optional()
      .meta({ description: "The source's own words.", examples: [{ crmId: '00Q8d' }] }),
    links: linksSchema,
  })
  .openapi('Handoff');

const commandSchema = z
  .object({
    effect: text('What came of it.', 'taken'),
    owner: ownerSchema.optional(),
    ending: endingSchema.optional(),
    at: instant('When.').optional(),
  })
  .openapi('CommandResult');

const pageOf = <T extends z.ZodType>(name: string, item: T) =>
  z.object({
    [name]: list(item, 'This page.', []),
    cursor: text('Leads to the next page; missing on the last.', 'qk3tS0cBAAE').optional(),
  });

const withdrawalSchema = z
  .object({
    id: text('The withdrawal.', 'wdr_0123456789abcdef0123456789abcdef'),
    matched: count('How many open handoffs were found.', 42),
  })
  .openapi('Withdrawal');
const withdrawalProgressSchema = z
  .object({
    id: text('The withdrawal.', 'wdr_0123456789abcdef0123456789abcdef'),
    status: z
      .enum(['running', 'completed', 'failed'])
      .meta({ description: 'How far it is.', examples: ['completed'] }),
    total: count('How many handoffs it is about.', 42),
    done: count('How many have been told.', 42),
    failed: count('How many could not be told.', 0),
  })
  .openapi('WithdrawalProgress');

const eventTypeSchema = z
  .enum(CALLBACK_TYPES)
  .meta({ description: 'What happened.', examples: ['handoff.resolved'] });
const callbackSchema = z
  .object({
    handoff: idSchema,
    source: text('Whose it is.', 'crm'),
    status: z
      .enum(DELIVERY_STATUSES)
      .meta({ description: 'How its events fare as a whole.', examples: ['failed'] }),
    delivered: count('How many were taken.', 2),
    pending: list(
      z.object({ sequence: count('Its number.', 3), type: eventTypeSchema }),
      'Events that are still on their way.',
      [],
    ),
    failed: list(
      z.object({
        sequence: count('Its number.', 3),
        type: eventTypeSchema,
        at: instant('When it was given up.'),
        because: text('Why.', 'the receiver answered 410: it wants no more'),
      }),
      'Events that were given up; they can be sent again for 30 days.',
      [],
    ),
  })
  .openapi('Callbacks');

const callbackEventSchema = z
  .object({
    type: eventTypeSchema,
    timestamp: instant('When it happened.'),
    data: z
      .object({
        id: idSchema,
        externalId: text("The source's own name of it.", 'lead-8841').optional(),
        code: codeSchema,
        source: text('Whose it is.', 'crm'),
        policy: text('The policy it follows.', 'inbound-sales'),
        urgency: text('How loudly it may call.', 'urgent'),
        metadata: z
          .record(z.string(), z.string())
          .optional()
          .meta({ description: "The source's own words.", examples: [{ crmId: '00Q8d' }] }),
        sequence: count("Counts this handoff's events from 1; they come in this order.", 2),
        status: statusSchema,
        by: actorSchema.optional(),
        owner: ownerSchema.optional(),
        outcome: text('One of its outcomes.', 'bad-lead').optional(),
        text: text('What was said besides.', 'number is disconnected').optional(),
        because: text(
          'Why it went on to others.',
          'Alice Ng has not answered: on to tier 2',
        ).optional(),
        submittedAt: instant('When it was submitted.'),
        firstToldAt: instant('When a provider first took a message of it.').optional(),
        takenAt: instant('When it was first taken.').optional(),
        endedAt: instant('When it ended.').optional(),
        secondsToTake: count('Seconds from submission until it was first taken.', 41).optional(),
        secondsToAct: count('Seconds from submission until it was resolved.', 780).optional(),
        notifications: count('Messages that providers took.', 3),
        escalations: count('How often it went on to others.', 1),
      })
      .meta({ description: 'The handoff at that moment.', examples: [{ id: ID }] }),
  })
  .openapi('CallbackEvent');

const spreadSchema = (description: string) =>
  z
    .object({
      count: count('How many.', 40),
      p50: number('Seconds that half of them took at most.', 45).nullable(),
      p95: number('Seconds that 95 % of them took at most.', 610).nullable(),
    })
    .meta({ description, examples: [{ count: 40, p50: 45, p95: 610 }] });
const talliesSchema = (description: string, example: Record<string, number>) =>
  z.record(z.string(), z.number().int()).meta({ description, examples: [example] });
const figures = {
  taken: count('How many were taken.', 40),
  resolved: count('How many were resolved.', 38),
  secondsToTake: spreadSchema('From submission until it was first taken.'),
  secondsToAct: spreadSchema('From submission until it was resolved.'),
  outcomes: talliesSchema('How often each outcome came.', { reached: 30, 'bad-lead': 3 }),
  declined: talliesSchema('How often it was passed on, by kind of reason.', { 'wrong-person': 2 }),
};
const figuresSchema = z
  .object({
    handedOff: count('How many were submitted.', 42),
    expired: count('How many expired.', 1),
    withdrawn: count('How many were withdrawn.', 1),
    open: count('How many are still open.', 2),
    escalations: count('How often they went on to others.', 9),
    ...figures,
  })
  .openapi('Figures');
const byName = <T extends z.ZodType>(schema: T, description: string) =>
  z.record(z.string(), schema).meta({ description, examples: [{}] });
const statsSchema = z
  .object({
    from: instant('Handoffs submitted at this instant or later,'),
    until: instant('and before this one.'),
    counted: count('How many handoffs these figures are of.', 42),
    isComplete: flag('False: there were more than are counted at once; narrow the time.'),
    all: figuresSchema,
    sources: byName(figuresSchema, 'By source.'),
    policies: byName(figuresSchema, 'By policy.'),
    responders: byName(
      z.object(figures).openapi('ResponderFigures'),
      'By responder: what they took last, and what they passed on.',
    ),
  })
  .openapi('Stats');

const responderParameter = z.object({ id: pathId('The responder.', 'alice') });

const absenceSchema = z
  .object({
    since: instant('Since when.'),
    until: instant('Until when; missing: until they are back.').optional(),
    cover: text('The responder who is told instead.', 'bob').optional(),
  })
  .openapi('Absence');

const responderSchema = z
  .object({
    id: responderIdSchema,
    name: text('Their name.', 'Alice Ng'),
    timezone: text('Their IANA time zone.', 'America/New_York'),
    away: absenceSchema.optional().openapi({
      description: 'What they said by SMS or here; vacations of the directory are not in it.',
    }),
  })
  .openapi('Responder');

const nameParameter = z.object({
  name: z.string().openapi({
    param: { name: 'name', in: 'path' },
    description: 'The policy.',
    example: 'inbound-sales',
  }),
});

const personSchema = responderSchema.omit({ away: true }).openapi('Person');
const directorySchema = z
  .object({
    responders: list(personSchema, 'Everybody who can be told.', [
      { id: 'alice', name: 'Alice Ng', timezone: 'America/New_York' },
    ]),
    teams: list(
      z.object({
        id: text('Its name.', 'sales'),
        members: list(z.string(), 'Its responders.', ['alice', 'bob']),
      }),
      'Lists of people.',
      [{ id: 'sales', members: ['alice', 'bob'] }],
    ),
    rotations: list(
      z.object({
        id: text('Its name.', 'sales-primary'),
        onCall: list(z.string(), 'Whose turn it is now.', ['alice']),
      }),
      'Who is on call in turns.',
      [{ id: 'sales-primary', onCall: ['alice'] }],
    ),
  })
  .openapi('Directory');

const policySummarySchema = z
  .object({
    name: text('The policy.', 'inbound-sales'),
    urgencies: list(z.string(), 'What it has rules for.', ['urgent', 'routine']),
    links: z
      .object({ coverage: text('Who would be told.', '/v1/policies/inbound-sales/coverage') })
      .meta({
        description: 'Where to look.',
        examples: [{ coverage: '/v1/policies/inbound-sales/coverage' }],
      }),
  })
  .openapi('PolicySummary');

const milliseconds = (description: string) => number(`${description}, in milliseconds.`, 300_000);
const coverageSchema = z
  .object({
    policy: text('The policy.', 'inbound-sales'),
    from: instant('The first hour.'),
    until: instant('The end of the last hour.'),
    timezone: text('The zone of the organisation.', 'America/New_York'),
    urgencies: list(
      z.object({
        urgency: text('Of which urgency.', 'urgent'),
        withinMs: milliseconds('Later than this is a gap'),
        hours: list(
          z.object({
            at: instant('When it would be submitted.'),
            first: z
              .object({
                at: instant('When they would be told.'),
                afterMs: milliseconds('How long after submission'),
                recipient: text('Who.', 'alice'),
                name: text('Their name.', 'Alice Ng'),
                channel: text('How.', 'sms'),
                tier: text('In which tier.', 'tier 1'),
              })
              .optional()
              .meta({ description: 'Who would be told first; missing: nobody.', examples: [{}] }),
            because: text('Why nobody, or so late.', 'everybody is asleep').optional(),
            isGap: flag('Nobody in time.', false),
          }),
          'Each hour.',
          [],
        ),
      }),
      'By urgency.',
      [],
    ),
    gaps: list(
      z.object({
        urgency: text('Of which urgency.', 'urgent'),
        from: instant('From when.'),
        until: instant('Until when.'),
        longestMs: milliseconds('The longest wait in it').optional(),
        because: text('Why.', 'everybody is asleep').optional(),
      }),
      'Hours in which nobody would be told in time.',
      [],
    ),
  })
  .openapi('Coverage');

const healthSchema = z
  .object({
    status: text('ok, or unavailable.', 'ok'),
    temporal: text('ok, or unreachable.', 'ok').optional(),
    workers: text('ok, or none: everything is taken in, and nobody is told yet.', 'ok').optional(),
  })
  .openapi('Health');

const COMMAND_SUMMARIES: Readonly<Record<keyof typeof COMMAND_BODIES, string>> = {
  take: 'A responder takes it: the first one has it, unless it is taken over',
  snooze: 'A responder is to be asked, or reminded, again later; the tiers go on meanwhile',
  pass: 'A responder says "not me": the next one is tried at once',
  resolve: 'It is done, with an outcome',
  escalate: 'Go on to the next tier now',
  withdraw: 'The source calls it off',
  notes: 'Add a note to the timeline',
  amend: 'The source has something new: whoever was told of it is told what changed',
  reassign: 'Give it to one responder, whoever had it; the others are told to stand down',
};

/** Returns the OpenAPI 3.1 description of the API, made from the schemas that validate its requests. */
export function describeApi(): object {
  const registry = new OpenAPIRegistry();
  const bearer = registry.registerComponent('securitySchemes', 'key', {
    type: 'http',
    scheme: 'bearer',
    description: 'A key of `npx baton keys create`, or of BATON_API_KEYS.',
  });
  const basic = registry.registerComponent('securitySchemes', 'password', {
    type: 'http',
    scheme: 'basic',
    description: 'The key as the password, with any user name: for browsers, GET only.',
  });
  const writing = [{ [bearer.name]: [] }];
  const reading = [...writing, { [basic.name]: [] }];

  const json = (description: string, schema: z.ZodType) => ({
    description,
    content: { [JSON_TYPE]: { schema } },
  });
  const problem = (description: string) => ({
    description,
    content: { 'application/problem+json': { schema: problemSchema } },
  });
  const retryable = (description: string) => ({
    ...problem(description),
    headers: z.object({
      'Retry-After': text('Seconds after which to send it again.', '5').optional(),
    }),
  });
  const always = {
    400: problem('It cannot be read: no JSON, or no valid path'),
    401: problem('No API key, or an unknown one'),
    403: problem('The key lacks the scope for this, or is for another source'),
    405: problem('Another method is meant; see Allow'),
    429: retryable('The key made too many requests; see RateLimit'),
    503: retryable('Temporal cannot be reached or takes no more; send the same request again'),
  };
  const withBody = {
    413: problem('Too large'),
    415: problem('Not JSON in UTF-8'),
    422: problem('Every fault of the body or the headers'),
  };
  const body = (schema: z.ZodType, required = true) => ({
    body: { required, content: { [JSON_TYPE]: { schema } } },
  });
  const known = { 404: problem('Unknown, or of another source') };

  interface Operation {
    readonly summary: string;
    readonly scope: string;
    readonly tags: readonly string[];
    readonly request?: RouteConfig['request'];
    readonly responses: RouteConfig['responses'];
  }
  const add = (
    method: RouteConfig['method'],
    path: string,
    { summary, scope, tags, request, responses }: Operation,
  ): void => {
    registry.registerPath({
      method,
      path,
      summary,
      tags: [...tags],
      description: `Needs a key with the scope \`${scope}\`.`,
      security: method === 'get' ? reading : writing,
      ...(request && { request }),
      responses: { ...always, ...responses },
    });
  };

  const handoffs = { tags: ['Handoffs'] };
  add('post', '/v1/handoffs', {
    ...handoffs,
    summary: 'Hand work off to people',
    scope: 'handoffs:write',
    request: { headers: keyHeader, ...body(submissionSchema) },
    responses: {
      ...withBody,
      201: json('Accepted: the first people are being told', createdSchema),
      200: json('The same submission was accepted before; it may be over', createdSchema),
      409: problem('The externalId or key was used for another submission'),
      422: problem('Every fault of the body, or what failed the design test of a strict policy'),
    },
  });
  add('post', '/v1/handoffs/preview', {
    ...handoffs,
    summary: 'What a submission would lead to if nobody acted; nothing is sent',
    scope: 'handoffs:write',
    request: { headers: keyHeader, query: previewQuerySchema, ...body(submissionSchema) },
    responses: {
      ...withBody,
      200: json(
        'The findings, every message as its reader would get it, and the plan',
        previewSchema,
      ),
    },
  });
  add('get', '/v1/handoffs', {
    ...handoffs,
    summary: 'List handoffs, the newest first',
    scope: 'handoffs:read',
    request: { query: listQuerySchema },
    responses: {
      200: json('One page; `cursor` leads to the next', pageOf('handoffs', summarySchema)),
      422: problem('Every fault of the query'),
    },
  });
  add('post', '/v1/handoffs/withdrawals', {
    ...handoffs,
    summary: 'Withdraw all open handoffs of the source, or those that fit',
    scope: 'handoffs:write',
    request: { headers: keyHeader, ...body(withdrawalsBodySchema, false) },
    responses: {
      ...withBody,
      202: json(
        'Temporal is at it; what was submitted in the last second may be missed',
        withdrawalSchema,
      ),
    },
  });
  add('get', '/v1/handoffs/withdrawals/{job}', {
    ...handoffs,
    summary: 'How far a withdrawal of many is',
    scope: 'handoffs:read',
    request: {
      params: z.object({
        job: z.string().openapi({
          param: { name: 'job', in: 'path' },
          description: 'The withdrawal.',
          example: 'wdr_0123456789abcdef0123456789abcdef',
        }),
      }),
    },
    responses: { ...known, 200: json('How far it is', withdrawalProgressSchema) },
  });
  add('get', '/v1/handoffs/{id}', {
    ...handoffs,
    summary: 'How a handoff stands, with its whole timeline',
    scope: 'handoffs:read',
    request: { params: idParameter },
    responses: { ...known, 200: json('The handoff', handoffSchema) },
  });
  add('get', '/v1/handoffs/{id}/timeline', {
    ...handoffs,
    summary: 'What happened, with the reason of every step',
    scope: 'handoffs:read',
    request: { params: idParameter },
    responses: { ...known, 200: json('The timeline', z.object({ timeline: timelineSchema })) },
  });
  add('get', '/v1/handoffs/{id}/events', {
    ...handoffs,
    summary: 'The timeline as server-sent events, as it happens',
    scope: 'handoffs:read',
    request: {
      params: idParameter,
      headers: z.object({
        'Last-Event-ID': z.string().optional().openapi({
          description: 'Goes on behind this entry.',
          example: '4',
        }),
      }),
    },
    responses: {
      ...known,
      200: {
        description:
          '`timeline`: an entry, its number as the id; `status`: it changed; `end`: it is over, and so is the stream',
        content: { 'text/event-stream': { schema: z.string() } },
      },
    },
  });
  for (const [name, schema] of Object.entries(COMMAND_BODIES)) {
    const command = name as keyof typeof COMMAND_BODIES;
    add('post', `/v1/handoffs/{id}/${name}`, {
      tags: ['Commands'],
      summary: COMMAND_SUMMARIES[command],
      scope: scopeOfCommand(command),
      request: {
        params: idParameter,
        headers: keyHeader,
        ...body(schema, !schema.safeParse({}).success),
      },
      responses: {
        ...withBody,
        ...known,
        200: json('What came of it', commandSchema),
        202: json('Recorded; no worker has looked at it yet', commandSchema),
        409: problem('Somebody else has it, or it is over'),
      },
    });
  }

  const callbacks = { tags: ['Callbacks'] };
  const sequenceParameter = idParameter.extend({
    sequence: z.string().openapi({
      param: { name: 'sequence', in: 'path' },
      description: 'The number of the event.',
      example: '3',
    }),
  });
  add('get', '/v1/callbacks', {
    ...callbacks,
    summary: 'How the events for sources fare; `status=failed` lists what was given up',
    scope: 'handoffs:read',
    request: { query: callbacksQuerySchema },
    responses: {
      200: json('One page', pageOf('callbacks', callbackSchema)),
      422: problem('Every fault of the query'),
    },
  });
  const resent = {
    ...known,
    202: json('They are sent again', z.object({ effect: text('recorded.', 'recorded') })),
    409: problem('Nothing is left to send'),
  };
  add('post', '/v1/callbacks/{id}/resend', {
    ...callbacks,
    summary: 'Send all failed events of a handoff again',
    scope: 'handoffs:write',
    request: { params: idParameter },
    responses: resent,
  });
  add('post', '/v1/callbacks/{id}/{sequence}/resend', {
    ...callbacks,
    summary: 'Send one failed event again',
    scope: 'handoffs:write',
    request: { params: sequenceParameter },
    responses: resent,
  });
  registry.registerWebhook({
    method: 'post',
    path: 'handoff',
    summary: 'What became of a handoff, posted to its callbackUrl',
    description:
      'Signed as Standard Webhooks describes: webhook-id (the same in every attempt), webhook-timestamp and webhook-signature. Any 2xx takes it; anything else is tried again for a day.',
    tags: ['Callbacks'],
    request: { body: { content: { [JSON_TYPE]: { schema: callbackEventSchema } } } },
    responses: { 204: { description: 'Taken' } },
  });

  add('get', '/v1/stats', {
    tags: ['Statistics'],
    summary:
      'How many were handed off, taken, resolved, and how fast: by source, policy and responder',
    scope: 'handoffs:read',
    request: { query: statsQuerySchema },
    responses: { 200: json('The figures', statsSchema), 422: problem('Every fault of the query') },
  });

  const people = { tags: ['People'] };
  add('get', '/v1/responders/{id}', {
    ...people,
    summary: 'A person who can be told, and whether they said that they are away',
    scope: 'handoffs:read',
    request: { params: responderParameter },
    responses: { ...known, 200: json('The responder', responderSchema) },
  });
  add('put', '/v1/responders/{id}/away', {
    ...people,
    summary: 'They are away from now: only what may not wait is sent to them',
    scope: 'commands',
    request: { params: responderParameter, ...body(awayBodySchema, false) },
    responses: {
      ...withBody,
      ...known,
      200: json('Recorded', z.object({ away: absenceSchema })),
    },
  });
  add('delete', '/v1/responders/{id}/away', {
    ...people,
    summary: 'They are back',
    scope: 'commands',
    request: { params: responderParameter },
    responses: { ...known, 200: json('Recorded', z.object({})) },
  });
  add('get', '/v1/directory', {
    ...people,
    summary: 'Whom a program may name: people, teams, and rotations with who is on call now',
    scope: 'handoffs:read',
    responses: { 200: json('All of them', directorySchema) },
  });
  add('get', '/v1/policies', {
    ...people,
    summary: 'The policies and their urgencies',
    scope: 'handoffs:read',
    responses: {
      200: json(
        'All of them',
        z.object({ policies: list(policySummarySchema, 'All of them.', []) }),
      ),
    },
  });
  add('get', '/v1/policies/{name}/coverage', {
    ...people,
    summary: 'Who would be told first, for each hour of the coming week, and the gaps',
    scope: 'handoffs:read',
    request: { params: nameParameter, query: coverageQuerySchema },
    responses: {
      ...known,
      200: {
        description: 'As JSON, or as a page where text/html is asked for',
        content: { [JSON_TYPE]: { schema: coverageSchema }, 'text/html': {} },
      },
      422: problem('Every fault of the query'),
    },
  });

  const open = { tags: ['Operation'], security: [] };
  const method = { 405: problem('Another method is meant; see Allow') };
  registry.registerPath({
    ...open,
    method: 'get',
    path: '/healthz',
    summary: 'This process lives',
    responses: { ...method, 200: json('It does', healthSchema) },
  });
  registry.registerPath({
    ...open,
    method: 'get',
    path: '/readyz',
    summary: 'Whether it is of use, and what is wrong with its files and calendars',
    responses: {
      ...method,
      200: json('It is', healthSchema),
      503: json('Temporal cannot be reached', healthSchema),
    },
  });
  registry.registerPath({
    ...open,
    method: 'get',
    path: '/metrics',
    summary: 'Figures of this process for Prometheus',
    responses: {
      ...method,
      200: { description: 'The figures', content: { 'text/plain': { schema: z.string() } } },
    },
  });
  registry.registerPath({
    ...open,
    method: 'get',
    path: '/openapi.json',
    summary: 'This description',
    responses: { ...method, 200: json('OpenAPI 3.1', z.looseObject({})) },
  });
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
