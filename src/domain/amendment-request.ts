import { z } from 'zod';
import type { Amendment } from './amendment.ts';
import {
  actionFields,
  briefSchema,
  hasOneDeadline,
  metadataSchema,
  ONE_DEADLINE,
} from './handoff.ts';

const CHANGES_NOTHING = 'changes nothing';

const isNotEmpty = (fields: object): boolean => Object.keys(fields).length > 0;

/** What a source changes of a handoff. Each value given stands for the one before; what is missing stays. */
export const amendmentSchema = z
  .strictObject({
    brief: briefSchema
      .partial()
      .refine(isNotEmpty, CHANGES_NOTHING)
      .meta({ minProperties: 1 })
      .optional()
      .meta({ description: 'What is new of the brief.', examples: [{ score: { value: 97 } }] }),
    action: actionFields
      .partial()
      .refine(isNotEmpty, CHANGES_NOTHING)
      .refine(hasOneDeadline, ONE_DEADLINE)
      .meta({ minProperties: 1, not: { required: ['within', 'by'] } })
      .optional()
      .meta({ description: 'What is new of the action.', examples: [{ within: '20m' }] }),
    metadata: metadataSchema
      .refine(isNotEmpty, CHANGES_NOTHING)
      .meta({ minProperties: 1 })
      .optional()
      .meta({ description: 'Entries that are new or different.', examples: [{ stage: 'won' }] }),
  })
  .refine(isNotEmpty, CHANGES_NOTHING)
  .meta({ minProperties: 1 });

/** Returns an amendment as a handoff carries it; `within` counts from `at` (ISO instant). */
export function acceptAmendment(
  { brief, action, metadata }: z.infer<typeof amendmentSchema>,
  at: string,
): Amendment {
  const { within, by, ...rest } = action ?? {};
  const dueAt = by ?? (within && new Date(Date.parse(at) + within).toISOString());
  return {
    ...(brief && { brief: dropMissing(brief) }),
    ...(action && {
      action: {
        ...dropMissing(rest),
        ...(dueAt && { dueAt: new Date(dueAt).toISOString() }),
      },
    }),
    ...(metadata && { metadata }),
  };
}

function dropMissing<T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
