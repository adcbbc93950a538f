/*
 * sources/ knows the automations that may call: their keys (hashed), the secrets their callbacks are signed with, and
 * their outcomes. All of it stands in one file, which the command line writes and API and worker read.
 */
import { z } from 'zod';
import { outcomeSchema } from '../domain/handoff.ts';
import { SCOPES } from './scopes.ts';

/** The secret that callbacks are signed with, in the form of Standard Webhooks: `whsec_` and base64. */
const secretSchema = z
  .string()
  .regex(/^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/, 'must be whsec_ and 24 to 64 bytes in base64');

const keySchema = z.strictObject({
  id: z.string().regex(/^[a-z0-9]{8}$/, 'must be the 8 characters that the key begins with'),
  /** SHA-256 of the whole key: it holds 256 random bits, so that a slow hash would win nothing. */
  hash: z.string().regex(/^sha256:[0-9a-f]{64}$/, 'must be sha256: and 64 hex digits'),
  scopes: z.array(z.enum(SCOPES)).min(1),
  made: z.iso.datetime(),
  /** What it is for, in the words of whoever made it. */
  note: z.string().max(200).optional(),
});
export type SourceKey = z.infer<typeof keySchema>;

const cidrSchema = z.union([z.cidrv4(), z.cidrv6()], {
  error: 'must be a range of addresses such as 10.1.2.0/24',
});

/** So many secrets a source may have at once. */
export const MAX_SECRETS = 3;

const sourceSchema = z.strictObject({
  keys: z.array(keySchema).default([]),
  callbacks: z
    .strictObject({
      /** The first signs; those after it sign as well until receivers have changed over. */
      secrets: z.array(secretSchema).max(MAX_SECRETS).default([]),
      /** Private addresses that callbacks may go to all the same. */
      allow: z.array(cidrSchema).default([]),
    })
    .default({ secrets: [], allow: [] }),
  /** What may come of this source's handoffs; a submission may declare some of them. Missing: any word. */
  outcomes: z.array(outcomeSchema).max(20).optional(),
});
export type Source = z.infer<typeof sourceSchema>;

/** The file `sources.yaml`: sources by name. */
export const sourcesSchema = z.record(
  z
    .string()
    .regex(/^[a-z0-9][a-z0-9_-]{0,59}$/, 'a source is named in lower case, such as lead-scorer'),
  sourceSchema,
);
export type Sources = z.infer<typeof sourcesSchema>;
