import { z } from 'zod';
import { phoneSchema, timezoneSchema } from './handoff.ts';

const idSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]*$/, 'an id is in lower case: letters, digits, - and _');

const responderSchema = z
  .strictObject({
    name: z.string().trim().min(1).max(60),
    phone: phoneSchema.optional(),
    email: z.email().optional(),
    timezone: timezoneSchema.optional(),
  })
  .refine((responder) => responder.phone ?? responder.email, {
    message: 'cannot be reached: give a phone or an email',
  });

/** The file `directory.yaml`: the people who can be told. */
export const directorySchema = z
  .strictObject({
    organisation: z.strictObject({ timezone: timezoneSchema }),
    responders: z.record(idSchema, responderSchema),
    teams: z.record(idSchema, z.array(z.string()).min(1)).default({}),
  })
  .superRefine((directory, context) => {
    for (const [team, members] of Object.entries(directory.teams)) {
      members.forEach((member, index) => {
        if (!(member in directory.responders)) {
          context.addIssue({
            code: 'custom',
            path: ['teams', team, index],
            message: `"${member}" is not among the responders`,
          });
        }
      });
    }
    const owners = new Map<string, string>();
    for (const [id, { phone }] of Object.entries(directory.responders)) {
      if (phone === undefined) continue;
      const other = owners.get(phone);
      if (other !== undefined) {
        context.addIssue({
          code: 'custom',
          path: ['responders', id, 'phone'],
          message: `is also the phone of "${other}": a reply from it could be either's`,
        });
      }
      owners.set(phone, id);
    }
  });
export type Directory = z.infer<typeof directorySchema>;

/** A person of the directory as others need to see them; `timezone` falls back to the organisation's. */
export interface Responder {
  readonly id: string;
  readonly name: string;
  readonly phone?: string;
  readonly email?: string;
  readonly timezone: string;
}

/** Returns the responder with this id, or undefined when the directory does not list them. */
export function findResponder(directory: Directory, id: string): Responder | undefined {
  if (!Object.hasOwn(directory.responders, id)) return undefined;
  const entry = directory.responders[id];
  if (!entry) return undefined;
  return {
    id,
    name: entry.name,
    timezone: entry.timezone ?? directory.organisation.timezone,
    ...(entry.phone !== undefined && { phone: entry.phone }),
    ...(entry.email !== undefined && { email: entry.email }),
  };
}

/** Returns the responder whose phone this is (E.164), or undefined for a stranger's. */
export function findResponderByPhone(directory: Directory, phone: string): Responder | undefined {
  const found = Object.entries(directory.responders).find(([, entry]) => entry.phone === phone);
  return found && findResponder(directory, found[0]);
}
