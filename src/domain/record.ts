/*
 * What comes from outside is read piece by piece: nothing of it is trusted.
 */

import { cleanProse } from './text.ts';

/** Returns an object with this one property, cleaned, if it is a text with something in it, else without it. */
export function readText<K extends string>(
  payload: Record<string, unknown>,
  key: K,
): { [key in K]?: string } {
  const value = payload[key];
  const text = typeof value === 'string' ? cleanProse(value) : '';
  return (text === '' ? {} : { [key]: text }) as { [key in K]?: string };
}

/** Returns an object with this one property as an instant, if it is one, else without it. */
export function readInstantOf<K extends string>(
  payload: Record<string, unknown>,
  key: K,
): { [key in K]?: string } {
  const at = readInstant(payload[key]);
  return (at === undefined ? {} : { [key]: at }) as { [key in K]?: string };
}

/** Returns an instant in UTC; without an offset it would be another one on every machine. */
export function readInstant(value: unknown): string | undefined {
  if (typeof value !== 'string' || !/(?:Z|[+-]\d{2}:\d{2})$/.test(value)) return undefined;
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : new Date(at).toISOString();
}

/** Returns whether a value is an object with properties, not a list. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Returns a value as JSON in which the order of keys says nothing; `leaveOut` names keys that are left out. */
export function toCanonicalJson(value: unknown, leaveOut: readonly string[] = []): string {
  return JSON.stringify(value, (key, part: unknown) => {
    if (leaveOut.includes(key)) return undefined;
    return isRecord(part)
      ? Object.fromEntries(Object.entries(part).sort(([one], [other]) => (one < other ? -1 : 1)))
      : part;
  });
}
