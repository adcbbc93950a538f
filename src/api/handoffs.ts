import { createHash, randomBytes } from 'node:crypto';
import { Router, type Request, type RequestHandler, type Response } from 'express';
import { z } from 'zod';
import { acceptAmendment, amendmentSchema } from '../domain/amendment-request.ts';
import { markCommand, readCommand, type CommandPayload } from '../domain/command.ts';
import { deriveCode } from '../domain/code.ts';
import { findResponder, type Directory } from '../domain/directory.ts';
import {
  acceptRequest,
  durationSchema,
  identifier,
  line,
  prose,
  type Handoff,
  type HandoffRequest,
} from '../domain/handoff.ts';
import { renderAnswer } from '../domain/messages/answer.ts';
import type { DesignReview } from '../domain/design-test.ts';
import type { EscalationPolicy, Policies } from '../domain/policy.ts';
import { toCanonicalJson } from '../domain/record.ts';
import { planFirst } from '../domain/first-plan.ts';
import { readSubmission, type Submission } from '../domain/submission.ts';
import { previewHandoff, reviewSubmission } from '../domain/preview.ts';
import { listConcerned } from '../domain/targets.ts';
import { Agendas } from '../domain/availability/agenda.ts';
import { createSituation, type Absence, type Calendars } from '../domain/availability/situation.ts';
import {
  lookUp,
  nameActor,
  type Actor,
  type Command,
  type CommandResult,
  type HandoffInput,
  type Verb,
} from '../domain/state.ts';
import type { HandoffView } from '../domain/view.ts';
import type { Links } from '../links/links.ts';
import { sampleLinks } from '../links/sample-links.ts';
import { isForbiddenAddress } from '../sources/addresses.ts';
import { hasScope, type Caller, type Scope } from '../sources/scopes.ts';
import type { Source, Sources } from '../sources/sources.ts';
import { streamEvents } from './events.ts';
import type { HandoffClient } from './handoff-client.ts';
import { filterShape, listQuerySchema, type HandoffFilter } from './handoff-query.ts';
import { invalidBody, Problem, readQuery, toFaults, type Fault } from './problem.ts';
import type { Responders } from '../people/responders.ts';
import { callerOf, requireScope, sha256, sourceOf } from './verify.ts';

export interface HandoffsDependencies {
  /** Lets in what can be worked. */
  readonly limitSubmissions: RequestHandler;
  readonly handoffs: HandoffClient;
  readonly directory: () => Directory;
  readonly policies: () => Policies;
  /** Missing: there are no calendars. */
  readonly calendars?: Calendars | undefined;
  readonly responders: Pick<Responders, 'readAbsences'>;
  /** The number people text their replies to, if there is one to name. */
  readonly replyNumber?: string | undefined;
  readonly links: Links;
  /** Whether workers ask a model for what a source does not say; by default not. */
  readonly hasBriefModel?: boolean | undefined;
  /** The sources with their outcomes and callbacks. */
  readonly sources: () => Sources;
  /** The Temporal UI, if there is one to link to. */
  readonly temporalUi?: { readonly url: string; readonly namespace: string } | undefined;
}

const responderSchema = identifier(80).meta({
  description: 'The responder on whose behalf; without it the source acts itself.',
  examples: ['alice'],
});
const reasonSchema = line(300).meta({
  description: 'Why, for the timeline and whoever is told of it.',
  examples: ['wrong person'],
});

/** What each command's body may hold. */
export const COMMAND_BODIES = {
  take: z.strictObject({
    responder: responderSchema,
    over: z
      .boolean()
      .optional()
      .meta({
        description: 'Takes it from whoever has it.',
        examples: [true],
      }),
  }),
  snooze: z.strictObject({
    responder: responderSchema,
    for: durationSchema.optional().meta({
      description: 'For how long, up to a day; by default a quarter of an hour.',
      examples: ['30m'],
    }),
  }),
  pass: z.strictObject({ responder: responderSchema, reason: reasonSchema.optional() }),
  resolve: z.strictObject({
    responder: responderSchema.optional(),
    outcome: identifier(60)
      .optional()
      .meta({
        description: 'One of its outcomes; another word is kept as text.',
        examples: ['reached'],
      }),
    note: prose(500)
      .optional()
      .meta({
        description: 'What is to be said besides.',
        examples: ['wants a demo on Friday'],
      }),
  }),
  escalate: z.strictObject({
    responder: responderSchema.optional(),
    reason: reasonSchema.optional(),
  }),
  withdraw: z.strictObject({ reason: reasonSchema.optional() }),
  notes: z.strictObject({
    responder: responderSchema.optional(),
    text: prose(1_000).meta({ description: 'The note.', examples: ['called back at noon'] }),
  }),
  amend: amendmentSchema,
  reassign: z.strictObject({
    to: identifier(80).meta({ description: 'The responder who is to have it.', examples: ['bob'] }),
    reason: reasonSchema.optional(),
  }),
} as const;
type CommandName = keyof typeof COMMAND_BODIES;

/** Commands of the source itself; the others act as people do. */
const OF_THE_SOURCE: ReadonlySet<CommandName> = new Set(['withdraw', 'amend', 'reassign', 'notes']);

/** Returns the scope that a command needs. */
export function scopeOfCommand(name: CommandName): Scope {
  return OF_THE_SOURCE.has(name) ? 'handoffs:write' : 'commands';
}

/** What `POST /v1/handoffs/withdrawals` takes: which of the source's open handoffs, and why. */
export const withdrawalsBodySchema = z.strictObject({
  policy: filterShape.policy,
  urgency: filterShape.urgency,
  createdUntil: filterShape.createdUntil,
  reason: reasonSchema.optional(),
});

/** `at` previews a submission of another moment. */
export const previewQuerySchema = z.strictObject({
  at: z.iso
    .datetime({ offset: true })
    .optional()
    .meta({
      description: 'The moment of submission; by default now.',
      examples: ['2026-11-27T23:00:00-05:00'],
    }),
});

/** Returns the routes under `/v1/handoffs`; they need requireApiKey in front of them. */
export function routeHandoffs(deps: HandoffsDependencies): Router {
  const router = Router();

  const canWrite = requireScope('handoffs:write');
  const canRead = requireScope('handoffs:read');

  router.post('/', canWrite, deps.limitSubmissions, async (request, response) => {
    const source = sourceOf(response);
    const submission = requireSubmission(request.body, source, deps);
    const { body, policy, designTest, sent, written } = submission;
    const id = deriveId(source, readKeys(request, body));
    const handoff = accept(withOutcomes(body, source, deps), {
      id,
      source,
      submittedAt: new Date().toISOString(),
      ...(written && { written }),
    });
    const input = {
      handoff,
      policy,
      ...(deps.hasBriefModel === true && written && { writing: describeWriting(submission) }),
    };
    const isAwayOfInterest = designTest !== 'off' || policy.timing !== undefined;
    const absences = isAwayOfInterest ? readAbsences(policy, deps) : Promise.resolve({});
    const review = async (): Promise<DesignReview> =>
      reviewSubmission(input, gatherAgendas(deps, await absences));
    const strict = designTest === 'strict' ? await review() : undefined;
    // What was accepted before stays accepted: a deadline may have passed since.
    if (strict?.passed === false && (await deps.handoffs.readSource(id)) === undefined) {
      throw failedDesignTest(strict);
    }
    // Only whoever minds the moment need be known to be away.
    const plan = planFirst(input, gatherAgendas(deps, policy.timing ? await absences : {}));
    const outcome = await deps.handoffs.start(
      { ...input, ...(plan && { plan }) },
      sha256(toCanonicalJson(sent)),
    );
    if (outcome === 'other') {
      throw new Problem(
        409,
        body.externalId === undefined
          ? 'This Idempotency-Key was used for another handoff; use a new key for a new one.'
          : 'This externalId was used for another handoff; amend that one, or use a new externalId for a new one.',
        { handoff: id },
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
        ...(designTest !== 'off' && { designTest: strict ?? (await review()) }),
        links: describeLinks(id, deps),
      });
  });

  router.post('/preview', canWrite, async (request, response) => {
    const { at } = readQuery(previewQuerySchema, request.query);
    const source = sourceOf(response);
    const { body, policy, written } = requireSubmission(request.body, source, deps);
    const id = deriveId(source, readKeys(request, body));
    const submittedAt = new Date(at ?? Date.now()).toISOString();
    const handoff = accept(withOutcomes(body, source, deps), {
      id,
      source,
      submittedAt,
      ...(written && { written }),
    });
    const absences = await deps.responders.readAbsences(listTold(policy, deps.directory()));
    response.json(
      previewHandoff({ handoff, policy }, gatherAgendas(deps, absences), {
        replyNumber: deps.replyNumber,
        ...sampleLinks(deps.links),
      }),
    );
  });

  router.post('/withdrawals', canWrite, async (request, response) => {
    const source = sourceOf(response);
    const parsed = withdrawalsBodySchema.safeParse(request.body ?? {});
    if (!parsed.success) throw invalidBody(toFaults(parsed.error));
    const { reason, ...filter } = parsed.data;
    const key = readIdempotencyKey(request) ?? randomBytes(12).toString('hex');
    const job = deriveJob(source, key);
    const matched = await deps.handoffs.withdrawAll(
      { ...filter, source },
      {
        job,
        payload: {
          id: `api:${source}:${key}`,
          by: { kind: 'source', id: source },
          via: 'api',
          ...(reason !== undefined && { reason }),
        },
      },
    );
    response.status(202).location(`/v1/handoffs/withdrawals/${job}`).json({ id: job, matched });
  });

  router.get('/withdrawals/:job', canRead, async (request: Request<{ job: string }>, response) => {
    const { job } = request.params;
    const isOwn = job.startsWith(`wdr_${mark(sourceOf(response))}`);
    const progress =
      /^wdr_[0-9a-f]{32}$/.test(job) && (isOwn || hasScope(callerOf(response), 'admin'))
        ? await deps.handoffs.readWithdrawal(job)
        : undefined;
    if (!progress) throw new Problem(404, 'There is no such withdrawal.');
    response.json({ id: job, ...progress });
  });

  router.get('/', canRead, async (request, response) => {
    const { limit, cursor, ...filter } = readQuery(listQuerySchema, request.query);
    const page = await deps.handoffs.list(narrow(filter, callerOf(response)), { limit, cursor });
    response.json({
      handoffs: page.handoffs.map((handoff) => ({
        ...handoff,
        links: describeLinks(handoff.id, deps),
      })),
      ...(page.cursor !== undefined && { cursor: page.cursor }),
    });
  });

  router.get('/:id', canRead, async (request: Request<{ id: string }>, response) => {
    const view = await requireView(request.params.id, response, deps);
    response.json({ ...view, links: describeLinks(view.id, deps) });
  });

  router.get('/:id/timeline', canRead, async (request: Request<{ id: string }>, response) => {
    const { timeline } = await requireView(request.params.id, response, deps);
    response.json({ timeline });
  });

  router.get('/:id/events', canRead, async (request: Request<{ id: string }>, response) => {
    const view = await requireView(request.params.id, response, deps);
    await streamEvents(request, response, { view, watch: deps.handoffs.watch });
  });

  for (const name of Object.keys(COMMAND_BODIES) as CommandName[]) {
    const scope = requireScope(scopeOfCommand(name));
    router.post(`/:id/${name}`, scope, async (request: Request<{ id: string }>, response) => {
      const source = sourceOf(response);
      const id = await requireOwn(request.params.id, callerOf(response), deps);
      const key = readIdempotencyKey(request) ?? randomBytes(12).toString('hex');
      const { verb, payload } = readCommandBody(name, request.body ?? {}, {
        commandId: `api:${source}:${key}`,
        source,
        directory: deps.directory(),
      });
      const report = await deps.handoffs.command(id, verb, payload);
      if (report === 'unknown') throw unknownHandoff(id);
      if (report === 'recorded' || report === 'unconfirmed') {
        response.status(202).json({ effect: 'recorded' });
        return;
      }
      requireSame(report.result, readCommand(verb, payload));
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

/** Returns who of a policy said that they are away; where nobody can say, nobody is: it is accepted all the same. */
function readAbsences(
  policy: EscalationPolicy,
  { responders, directory }: HandoffsDependencies,
): Promise<Readonly<Record<string, Absence>>> {
  return responders.readAbsences(listTold(policy, directory())).catch(() => ({}));
}

/** Lists the responders whose absences count for a policy. */
function listTold({ tiers, lastResort }: EscalationPolicy, directory: Directory): string[] {
  return listConcerned(
    [...tiers, lastResort].flatMap(({ notify }) => notify),
    directory,
  );
}

/** Returns a submission with the policy it will follow, or throws a 422 with every fault. */
function requireSubmission(body: unknown, source: string, deps: HandoffsDependencies): Submission {
  const read = readSubmission(body, { directory: deps.directory(), policies: deps.policies() });
  const faults = [
    ...('faults' in read ? read.faults : []),
    ...listSourceFaults(body, { name: source, known: lookUp(deps.sources(), source) }),
  ];
  if ('faults' in read || faults.length > 0) throw invalidBody(faults);
  return read;
}

/** What a source's own settings are about, in a body that may have other faults. */
const ofInterestToSource = z
  .object({
    callbackUrl: z.url().optional().catch(undefined),
    action: z.object({ outcomes: z.array(z.unknown()).catch([]) }).catch({ outcomes: [] }),
  })
  .catch({ callbackUrl: undefined, action: { outcomes: [] } });

/** Returns what a source's own settings have against a submission. */
function listSourceFaults(
  body: unknown,
  { name, known }: { readonly name: string; readonly known: Source | undefined },
): Fault[] {
  const { callbackUrl, action } = ofInterestToSource.parse(body);
  const { outcomes, callbacks } = known ?? {};
  const unknown = outcomes
    ? action.outcomes.flatMap((outcome, index) =>
        outcomes.some((one) => one === outcome)
          ? []
          : [
              {
                pointer: `/action/outcomes/${index}`,
                detail: `is none of the outcomes of source ${name}: ${outcomes.join(', ')}`,
              },
            ],
      )
    : [];
  if (callbackUrl === undefined) return unknown;
  const pointer = '/callbackUrl';
  if (!callbacks || callbacks.secrets.length === 0) {
    const detail = `cannot be used: source ${name} has no secret to sign with; npx baton secrets rotate ${name}`;
    return [...unknown, { pointer, detail }];
  }
  if (!isForbiddenAddress(callbackUrl, callbacks.allow)) return unknown;
  const detail = 'is not an address on the public internet';
  return [...unknown, { pointer, detail }];
}

/** A source's own outcomes are those of a submission that declares none. */
function withOutcomes(
  body: HandoffRequest,
  source: string,
  { sources }: HandoffsDependencies,
): HandoffRequest {
  const outcomes = body.action.outcomes ?? lookUp(sources(), source)?.outcomes;
  return outcomes === undefined ? body : { ...body, action: { ...body.action, outcomes } };
}

function accept(
  body: HandoffRequest,
  accepted: Pick<Handoff, 'id' | 'source' | 'submittedAt' | 'written'>,
): Handoff {
  return acceptRequest(body, { ...accepted, code: deriveCode(accepted.id) });
}

/** The material travels once: as a rule it is the details already. */
function describeWriting({ body, material }: Submission): NonNullable<HandoffInput['writing']> {
  return material === undefined || material === body.brief.details ? {} : { material };
}

function gatherAgendas(
  { directory, calendars }: HandoffsDependencies,
  absences: Readonly<Record<string, Absence>>,
): Agendas {
  return new Agendas(directory(), createSituation(calendars, absences));
}

/** Returns the 422 of a policy that is strict about the design test; findings that only warn come along. */
function failedDesignTest(review: DesignReview): Problem {
  const errors = review.findings
    .filter(({ severity }) => severity === 'error')
    .map(({ pointer, what, fix }) => ({ pointer, detail: `${what} ${fix}` }));
  return new Problem(422, 'The handoff failed the design test; nothing was done.', {
    errors,
    designTest: review,
  });
}

function readCommandBody(
  name: CommandName,
  body: unknown,
  { commandId, source, directory }: { commandId: string; source: string; directory: Directory },
): { verb: Verb; payload: CommandPayload } {
  const parsed = COMMAND_BODIES[name].safeParse(body);
  const faults: Fault[] = parsed.success ? [] : toFaults(parsed.error);
  if (name === 'amend') {
    if (!parsed.success) throw invalidBody(faults);
    const amendment = acceptAmendment(
      parsed.data as z.infer<typeof amendmentSchema>,
      new Date().toISOString(),
    );
    const by: Actor = { kind: 'source', id: source };
    return { verb: name, payload: { id: commandId, by, via: 'api', amendment } as CommandPayload };
  }
  const { responder, to, ...rest } = (parsed.data ?? {}) as {
    responder?: string;
    to?: string;
    for?: number;
  };
  const receiver = to === undefined ? undefined : findResponder(directory, to);
  if (to !== undefined && !receiver) {
    faults.push({ pointer: '/to', detail: `there is no responder "${to}"` });
  }
  const person = responder === undefined ? undefined : findResponder(directory, responder);
  if (responder !== undefined && !person) {
    faults.push({ pointer: '/responder', detail: `there is no responder "${responder}"` });
  }
  if (faults.length > 0) throw invalidBody(faults);
  const by: Actor = person
    ? { kind: 'responder', id: person.id, name: person.name }
    : { kind: 'source', id: source };
  const { for: forMs, ...fields } = rest;
  const payload = {
    id: commandId,
    by,
    via: 'api' as const,
    ...fields,
    ...(receiver && { to: { id: receiver.id, name: receiver.name } }),
    ...(forMs !== undefined && { forMs }),
  } as CommandPayload;
  return { verb: name === 'notes' ? 'note' : name, payload };
}

/** The same key again is answered as it was the first time; with anything else asked of it, that would be no answer. */
function requireSame({ mark, verb, by }: CommandResult, command: Command | undefined): void {
  if (mark === undefined || !command || mark === markCommand(command)) return;
  throw new Problem(
    409,
    `This Idempotency-Key was used for another command: ${verb} by ${nameActor(by)}. Nothing was done; use a new key.`,
  );
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

/** What makes two submissions the same one: the source's own name for the work, else the key it was sent with. */
function readKeys(request: Request<object>, { externalId }: HandoffRequest): string | undefined {
  const key = readIdempotencyKey(request);
  if (externalId !== undefined) return `externalId\n${externalId}`;
  return key === undefined ? undefined : `key\n${key}`;
}

/** One source and key give one id, and so one workflow; without a key every submission is a new one. */
function deriveId(source: string, key: string | undefined): string {
  const bytes =
    key === undefined
      ? randomBytes(15)
      : createHash('sha256').update(`${source}\n${key}`).digest().subarray(0, 15);
  return `hof_${bytes.toString('hex')}`;
}

/** The first half of a withdrawal's id says whose it is, so that no other source can look at it. */
function deriveJob(source: string, key: string): string {
  return `wdr_${mark(source)}${sha256(`${source}\n${key}`).slice(0, 16)}`;
}

function mark(source: string): string {
  return sha256(`withdrawals of ${source}`).slice(0, 16);
}

function isId(text: string): boolean {
  return /^hof_[0-9a-f]{30}$/.test(text);
}

/** Returns a filter that lets a caller see what is theirs only; an admin may name any source, or none. */
export function narrow(filter: HandoffFilter, caller: Caller): HandoffFilter {
  if (hasScope(caller, 'admin')) return filter;
  if (filter.source !== undefined && filter.source !== caller.source) {
    throw new Problem(403, `This key sees the handoffs of ${caller.source} only.`);
  }
  return { ...filter, source: caller.source };
}

async function requireView(
  id: string,
  response: Response,
  deps: HandoffsDependencies,
): Promise<HandoffView> {
  const caller = callerOf(response);
  const view = isId(id) ? await deps.handoffs.read(id) : undefined;
  if (view === undefined) throw unknownHandoff(id);
  if (view === 'unanswered') {
    await requireOwn(id, caller, deps);
    throw new Problem(
      503,
      'No worker is there to tell how the handoff stands; it is safe in Temporal.',
    );
  }
  if (!isTheirs(view.source, caller)) throw unknownHandoff(id);
  return view;
}

/** Returns the id of a handoff that the caller may act on, or throws the same 404 as for one that does not exist. */
export async function requireOwn(
  id: string,
  caller: Caller,
  { handoffs }: Pick<HandoffsDependencies, 'handoffs'>,
): Promise<string> {
  const owner = isId(id) ? await handoffs.readSource(id) : undefined;
  // Another source's handoff looks like none: its existence is not this source's business.
  if (owner === undefined || !isTheirs(owner, caller)) throw unknownHandoff(id);
  return id;
}

function isTheirs(source: string, caller: Caller): boolean {
  return source === caller.source || hasScope(caller, 'admin');
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
    events: `/v1/handoffs/${id}/events`,
    ...(temporalUi && {
      temporal: `${temporalUi.url}/namespaces/${encodeURIComponent(temporalUi.namespace)}/workflows/${id}`,
    }),
  };
}
