/**
 * What a key may do. `handoffs:write` hands off and changes what was handed off; `commands` acts as people do;
 * `decode` reads what Temporal stores, for engineers; `admin` sees and does all of it for every source.
 */
export const SCOPES = ['handoffs:write', 'handoffs:read', 'commands', 'decode', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

/** Who calls: a source, and what its key may do. */
export interface Caller {
  readonly source: string;
  readonly scopes: readonly Scope[];
  /** Names the key in logs and limits; it is no secret. */
  readonly keyId: string;
}

/** Returns whether a caller may do something. */
export function hasScope({ scopes }: Caller, scope: Scope): boolean {
  return scopes.includes(scope) || scopes.includes('admin');
}
