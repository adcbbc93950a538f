import { createHash, randomBytes } from 'node:crypto';
import { Router, type Request } from 'express';
import { z } from 'zod';
import type { CommandPayload } from '../domain/command.ts';
import { deriveCode } from '../domain/code.ts';
import { findResponder, type Directory } from '../domain/directory.ts';
import { acceptRequest, handoffRequestSchema, type HandoffRequest } from '../domain/handoff.ts';
import { renderAnswer } from '../domain/messages/answer.ts';
import { snapshotPolicy, type EscalationPolicy, type Policies } from '../domain/policy.ts';
import { HANDOFF_STATUSES, type Actor, type Verb } from '../domain/state.ts';
import type { HandoffView } from '../domain/view.ts';
import type { HandoffClient } from './handoff-client.ts';
import { invalidBody, Problem, toFaults, type Fault } from './problem.ts';
import { sha256, sourceOf } from './verify.ts';

export interface HandoffsDependencies {
  readonly handoffs: HandoffClient;
  readonly directory: () => Directory;
  readonly policies: () => Policies;
  /** The Temporal UI, if there is one to link to. */
  readonly temporalUi?: { readonly url: string; readonly namespace: string } | undefined;
}

const text = (max: number) => z.string().trim().min(1).max(max);
const reasonSchema = z.strictObject({
  responder: text(80).optional(),
  reason: text(300).optional(),
});

/** What each command's body may hold. `responder` says on whose behalf; without it the source acts itself. */
export const COMMAND_BODIES = {
  take: z.strictObject({ responder: text(80) }),
  pass: z.strictObject({ responder: text(80), reason: text(300).optional() }),
  resolve: z.strictObject({
    responder: text(80).optional(),
    outcome: text(60).optional(),
    note: text(500).optional(),
  }),
  escalate: reasonSchema,
  withdraw: z.strictObject({ reason: text(300).optional() }),
  notes: z.strictObject({ responder: text(80).optional(), text: text(1_000) }),
} as const;
type CommandName = keyof typeof COMMAND_BODIES;

export const listQuerySchema = z.strictObject({
  status: z
    .string()
    .transform((list) => list.split(','))
    .pipe(z.array(z.enum(HANDOFF_STATUSES)))
    .default([]),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z
    .string()
    .regex(/^[\w-]+$/)
    .optional(),
});

/** Returns the routes under `/v1/handoffs`; they need requireApiKey in front of them. */
export function routeHandoffs(deps: HandoffsDependencies): Router {
  const router = Router();

  router.post('/', async (request, response) => {
    const source = sourceOf(response);
    const { body, policy } = readSubmission(request.body, deps);
    const key = readIdempotencyKey(request) ?? body.externalId;
    const id = deriveId(source, key);
    const handoff = acceptRequest(body, {
      id,
      code: deriveCode(id),
      source,
      submittedAt: new Date().toISOString(),
    });
    const outcome = await deps.handoffs.start({ handoff, policy }, sha256(JSON.stringify(body)));
    if (outcome === 'other') {
      throw new Problem(
        409,
        'This key was used for another handoff; use a new key for a new one.',
        {
          handoff: id,
        },
      );
    }
    const earlier = outcome === 'same' ? await deps.handoffs.read(id) : undefined;
    response
      .status(outcome === 'started' ? 201 : 200)
      .location(`/v1/handoffs/${id}`)
      .json({
        id,
        code: handoff.code,
        status: typeof earlier === 'object' ? earlier.status : 'notifying',
        links: describeLinks(id, deps),
      });
  });

  router.get('/', async (request, response) => {
    const query = listQuerySchema.safeParse(request.query);
    if (!query.success) {
      const errors = toFaults(query.error);
      throw new Problem(422, 'The query has faults.', { errors });
    }
    const { status, limit, cursor } = query.data;
    const page = await deps.handoffs.list({
      source: sourceOf(response),
      statuses: status,
      limit,
      cursor,
    });
    response.json({
      handoffs: page.handoffs.map((handoff) => ({
        ...handoff,
        links: describeLinks(handoff.id, deps),
      })),
      ...(page.cursor !== undefined && { cursor: page.cursor }),
    });
  });

  router.get('/:id', async (request, response) => {
    const id = await requireOwn(request.params.id, sourceOf(response), deps);
    const view = await deps.handoffs.read(id);
    if (view === undefined) throw unknownHandoff(id);
    if (view === 'unanswered') {
      throw new Problem(
        503,
        'No worker is there to tell how the handoff stands; it is safe in Temporal.',
      );
    }
    response.json({ ...view, links: describeLinks(id, deps) });
  });

  for (const name of Object.keys(COMMAND_BODIES) as CommandName[]) {
    router.post(`/:id/${name}`, async (request: Request<{ id: string }>, response) => {
      const source = sourceOf(response);
      const id = await requireOwn(request.params.id, source, deps);
      const key = readIdempotencyKey(request) ?? randomBytes(12).toString('hex');
      const { verb, payload } = readCommandBody(name, request.body ?? {}, {
        commandId: `api:${source}:${key}`,
        source,
        directory: deps.directory(),
      });
      const report = await deps.handoffs.command(id, verb, payload);
      if (report === 'unknown') throw unknownHandoff(id);
      if (report === 'recorded') {
        response.status(202).json({ effect: 'recorded' });
        return;
      }
      const { effect, owner, ending, at } = report.result;
      const detail = renderAnswer(
        { kind: 'result', card: report.card, code: report.card.code, result: report.result },
        { timezone: deps.directory().organisation.timezone, now: new Date().toISOString() },
      );
      if (effect === 'held-by-other' || effect === 'closed') {
        throw new Problem(409, detail, { effect, owner, ending });
      }
      response.json({ effect, owner, ending, at });
    });
  }

  return router;
}

/** Returns a submission with the policy it will follow, or throws a 422 with every fault. */
function readSubmission(
  body: unknown,
  { policies, directory }: HandoffsDependencies,
): { body: HandoffRequest; policy: EscalationPolicy } {
  const parsed = handoffRequestSchema.safeParse(body);
  const faults: Fault[] = parsed.success ? [] : toFaults(parsed.error);
  // Faults of reference are found in a body with other faults too, so that all come at once.
  const named = z
    .object({ policy: z.string(), assignee: z.string() })
    .partial()
    .catch({})
    .parse(body);
  const known = policies();
  const policy =
    named.policy !== undefined && Object.hasOwn(known, named.policy)
      ? known[named.policy]
      : undefined;
  if (named.policy !== undefined && !policy) {
    faults.push({
      pointer: '/policy',
      detail: `there is no policy "${named.policy}"; there are ${Object.keys(known).join(', ')}`,
    });
  }
  if (named.assignee !== undefined && !findResponder(directory(), named.assignee)) {
    faults.push({ pointer: '/assignee', detail: `there is no responder "${named.assignee}"` });
  }
  if (parsed.data && policy) {
    const { urgency, assignee } = parsed.data;
    const snapshot = snapshotPolicy(parsed.data.policy, policy, { urgency, assignee });
    if (snapshot && faults.length === 0) return { body: parsed.data, policy: snapshot };
    if (!snapshot) {
      const offered = (['critical', 'urgent', 'routine'] as const).filter((name) => policy[name]);
      faults.push({
        pointer: '/urgency',
        detail: `policy ${parsed.data.policy} has no rules for ${urgency}; it has ${offered.join(', ')}`,
      });
    }
  }
  throw invalidBody(faults);
}

function readCommandBody(
  name: CommandName,
  body: unknown,
  { commandId, source, directory }: { commandId: string; source: string; directory: Directory },
): { verb: Verb; payload: CommandPayload } {
  const parsed = COMMAND_BODIES[name].safeParse(body);
  const faults: Fault[] = parsed.success ? [] : toFaults(parsed.error);
  const { responder, ...rest } = (parsed.data ?? {}) as Record<string, string | undefined>;
  const person = responder === undefined ? undefined : findResponder(directory, responder);
  if (responder !== undefined && !person) {
    faults.push({ pointer: '/responder', detail: `there is no responder "${responder}"` });
  }
  if (faults.length > 0) throw invalidBody(faults);
  const by: Actor = person
    ? { kind: 'responder', id: person.id, name: person.name }
    : { kind: 'source', id: source };
  const payload = { id: commandId, by, via: 'api' as const, ...rest } as CommandPayload;
  return { verb: name === 'notes' ? 'note' : name, payload };
}

/** Stripe's limit; also what keeps ids and logs in bounds. */
const MAX_KEY_LENGTH = 255;

function readIdempotencyKey(request: Request<object>): string | undefined {
  const key = request.get('Idempotency-Key');
  if (key === undefined) return undefined;
  if (key === '' || key.length > MAX_KEY_LENGTH) {
    const detail = `must have 1 to ${MAX_KEY_LENGTH} characters`;
    throw new Problem(422, 'The Idempotency-Key cannot be used.', {
      errors: [{ pointer: 'Idempotency-Key', detail }],
    });
  }
  return key;
}

/** One source and key give one id, and so one workflow; without a key every submission is a new one. */
function deriveId(source: string, key: string | undefined): string {
  const bytes =
    key === undefined
      ? randomBytes(15)
      : createHash('sha256').update(`${source}\n${key}`).digest().subarray(0, 15);
  return `hof_${bytes.toString('hex')}`;
}

async function requireOwn(id: string, source: string, deps: HandoffsDependencies): Promise<string> {
  const owner = /^hof_[0-9a-f]{30}$/.test(id) ? await deps.handoffs.readSource(id) : undefined;
  // Another source's handoff looks like none: its existence is not this source's business.
  if (owner !== source) throw unknownHandoff(id);
  return id;
}

function unknownHandoff(id: string): Problem {
  return new Problem(
    404,
    `There is no handoff ${id.slice(0, 60)}, or it is older than Temporal keeps history.`,
  );
}

function describeLinks(id: HandoffView['id'], { temporalUi }: HandoffsDependencies) {
  return {
    self: `/v1/handoffs/${id}`,
    ...(temporalUi && {
      temporal: `${temporalUi.url}/namespaces/${encodeURIComponent(temporalUi.namespace)}/workflows/${id}`,
    }),
  };
}
