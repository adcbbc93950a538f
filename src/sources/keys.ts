import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Caller, Scope } from './scopes.ts';
import type { SourceKey, Sources } from './sources.ts';

/** A key that stands in the settings as it is: for development and small installations. */
export interface PlainKey {
  readonly source: string;
  readonly key: string;
}

/** What a key of the settings may do. */
const PLAIN_SCOPES: readonly Scope[] = ['handoffs:write', 'handoffs:read', 'commands'];

/** Returns a new key, to be shown once, and what is kept of it. */
export function makeKey(
  scopes: readonly Scope[],
  { now, note }: { readonly now: number; readonly note?: string | undefined },
): { key: string; kept: SourceKey } {
  const id = randomBytes(4).toString('hex');
  const key = `baton_${id}_${randomBytes(32).toString('base64url')}`;
  return {
    key,
    kept: {
      id,
      hash: `sha256:${digest(key).toString('hex')}`,
      scopes: [...scopes],
      made: new Date(now).toISOString(),
      ...(note !== undefined && { note }),
    },
  };
}

/** Returns a new secret for callbacks in the form of Standard Webhooks. */
export function makeSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`;
}

/** Returns who calls with a key, or undefined when it is not known. The time taken tells nothing of the keys. */
export function findCaller(
  presented: string,
  { sources, plain }: { readonly sources: Sources; readonly plain: readonly PlainKey[] },
): Caller | undefined {
  const given = digest(presented);
  const known = [
    ...plain.map(({ source, key }) => ({
      hash: digest(key),
      caller: { source, scopes: PLAIN_SCOPES, keyId: `env-${source}` },
    })),
    ...Object.entries(sources).flatMap(([source, { keys }]) =>
      keys.map(({ id, hash, scopes }) => ({
        hash: Buffer.from(hash.slice('sha256:'.length), 'hex'),
        caller: { source, scopes, keyId: id },
      })),
    ),
  ];
  // Every key is compared, so that neither how many there are before it nor which one it is can be measured.
  const [found] = known.filter(({ hash }) => timingSafeEqual(hash, given));
  return found?.caller;
}

/** Returns who has the key of an id, or undefined when there is none, or no more. */
export function findCallerById(keyId: string, sources: Sources): Caller | undefined {
  for (const [source, { keys }] of Object.entries(sources)) {
    const found = keys.find(({ id }) => id === keyId);
    if (found) return { source, scopes: found.scopes, keyId };
  }
  return undefined;
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
