import { createHash } from 'node:crypto';
import { z } from 'zod';
import { urgencySchema } from '../domain/handoff.ts';
import { HANDOFF_STATUSES, type HandoffStatus } from '../domain/state.ts';
import {
  ACT_BY,
  AWAITING,
  OWNER,
  POLICY,
  SOURCE,
  STATUS,
  URGENCY,
} from '../temporal/search-attributes.ts';
import { Problem } from './problem.ts';

/** Words that stand in a query as they are: nothing of Temporal's query language can be said with these. */
const nameSchema = z
  .string()
  .max(80)
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]*$/, 'must be a name of letters, digits, _ . and -');

const instantSchema = z.iso.datetime({ offset: true });

const statusesSchema = z
  .string()
  .transform((list) => list.split(','))
  .pipe(z.array(z.enum(HANDOFF_STATUSES)));

/** A whole number as a query has it: digits only, where a number would take `0x10` and blanks. */
export function wholeNumber({ min, max }: { readonly min: number; readonly max: number }) {
  return z
    .string()
    .regex(/^-?[0-9]{1,9}$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.number().min(min).max(max));
}

/** What a list of handoffs may be narrowed by. */
export const filterShape = {
  status: statusesSchema.optional().meta({
    type: 'string',
    pattern: `^(${HANDOFF_STATUSES.join('|')})(,(${HANDOFF_STATUSES.join('|')}))*$`,
    description: 'One or more statuses, separated by commas.',
    examples: ['notifying,waiting'],
  }),
  urgency: urgencySchema.optional().meta({
    description: 'How loudly it may call.',
    examples: ['urgent'],
  }),
  source: nameSchema.optional().meta({
    description: 'Whose handoffs; with a key that has the scope admin. Others see their own only.',
    examples: ['crm'],
  }),
  owner: nameSchema.optional().meta({
    description: 'The responder who has it.',
    examples: ['alice'],
  }),
  awaiting: nameSchema.optional().meta({
    description: 'A responder for whom it waits.',
    examples: ['bob'],
  }),
  policy: nameSchema.optional().meta({
    description: 'The policy it follows.',
    examples: ['inbound-sales'],
  }),
  createdFrom: instantSchema.optional().meta({
    description: 'Submitted at this instant or later, with its offset.',
    examples: ['2026-11-23T00:00:00Z'],
  }),
  createdUntil: instantSchema.optional().meta({
    description: 'Submitted before this instant.',
    examples: ['2026-11-24T00:00:00Z'],
  }),
  actByFrom: instantSchema.optional().meta({
    description: "Due at this instant or later: the owner's deadline, or the action's.",
    examples: ['2026-11-23T14:00:00Z'],
  }),
  actByUntil: instantSchema.optional().meta({
    description: 'Due before this instant.',
    examples: ['2026-11-23T15:00:00Z'],
  }),
} as const;

export const pageShape = {
  limit: wholeNumber({ min: 1, max: 200 })
    .default(50)
    .meta({
      type: 'integer',
      minimum: 1,
      maximum: 200,
      description: 'How many to return at most.',
      examples: [50],
    }),
  cursor: z
    .string()
    .max(2_000)
    .regex(/^[\w-]+$/)
    .optional()
    .meta({
      description: 'The cursor of the page before, with the same filter.',
      examples: ['eyJDbG9zZVRpbWUiOiI5OTk5In0'],
    }),
} as const;

/** What `GET /v1/handoffs` takes. */
export const listQuerySchema = z.strictObject({ ...filterShape, ...pageShape });
export type HandoffFilter = Omit<z.output<typeof listQuerySchema>, 'limit' | 'cursor'>;

/** Returns a filter as a query of Temporal's visibility. */
export function writeQuery(
  { status = [], urgency, source, owner, awaiting, policy, ...ranges }: HandoffFilter,
  workflowType = 'handoff',
): string {
  const { createdFrom, createdUntil, actByFrom, actByUntil } = ranges;
  const is = (name: string, value: string | undefined): string[] =>
    value === undefined ? [] : [`${name} = '${value}'`];
  const compare = (name: string, sign: '>=' | '<', at: string | undefined): string[] =>
    at === undefined ? [] : [`${name} ${sign} '${new Date(at).toISOString()}'`];
  const isOpenOnly = status.length > 0 && status.every((one) => OPEN.has(one));
  return [
    `WorkflowType = '${workflowType}'`,
    // What somebody stopped in Temporal is open no more; of one that was continued as new the last part counts.
    isOpenOnly ? `ExecutionStatus = 'Running'` : `ExecutionStatus != 'ContinuedAsNew'`,
    ...is(SOURCE.name, source),
    ...(status.length > 0 ? [`${STATUS.name} IN (${quoteAll(status)})`] : []),
    ...is(URGENCY.name, urgency),
    ...is(OWNER.name, owner),
    ...is(AWAITING.name, awaiting),
    ...is(POLICY.name, policy),
    ...compare('StartTime', '>=', createdFrom),
    ...compare('StartTime', '<', createdUntil),
    ...compare(ACT_BY.name, '>=', actByFrom),
    ...compare(ACT_BY.name, '<', actByUntil),
  ].join(' AND ');
}

const OPEN: ReadonlySet<HandoffStatus> = new Set(['notifying', 'waiting', 'owned']);

function quoteAll(statuses: readonly HandoffStatus[]): string {
  return statuses.map((status) => `'${status}'`).join(', ');
}

/** Returns a cursor that is good for one query only: with another it would skip what that one has. */
export function writeCursor(token: Uint8Array, query: string): string | undefined {
  if (token.length === 0) return undefined;
  return Buffer.concat([markOf(query, token), token]).toString('base64url');
}

/** Returns Temporal's page token of a cursor, or throws a 422 when it belongs to another query or is damaged. */
export function readCursor(cursor: string | undefined, query: string): Buffer | undefined {
  if (cursor === undefined) return undefined;
  const bytes = Buffer.from(cursor, 'base64url');
  const token = bytes.subarray(MARK_BYTES);
  if (token.length === 0 || !bytes.subarray(0, MARK_BYTES).equals(markOf(query, token))) {
    throw invalidCursor();
  }
  return token;
}

/** Returns the 422 for a cursor that leads nowhere. */
function invalidCursor(): Problem {
  return new Problem(422, 'The query has faults.', {
    errors: [
      {
        pointer: '/cursor',
        detail: 'is none that a list with this filter gave; begin again without it',
      },
    ],
  });
}

const MARK_BYTES = 8;

/** Temporal takes a token that it cannot read for a fault of its own, and is asked again and again. */
function markOf(query: string, token: Uint8Array): Buffer {
  return createHash('sha256')
    .update(query)
    .update('\n')
    .update(token)
    .digest()
    .subarray(0, MARK_BYTES);
}
