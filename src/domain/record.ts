/*
 * What comes from outside is read piece by piece: nothing of it is trusted.
 */

/** Returns an object with this one property if it is a text with something in it, else without it. */
export function readText<K extends string>(
  payload: Record<string, unknown>,
  key: K,
): { [key in K]?: string } {
  const value = payload[key];
  return (typeof value === 'string' && value !== '' ? { [key]: value } : {}) as {
    [key in K]?: string;
  };
}

/** Returns whether a value is an object with properties, not a list. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
