import { Client, Connection } from '@temporalio/client';
import { SEARCH_ATTRIBUTE_TYPES } from './search-attributes.ts';

export interface TemporalAddress {
  readonly address: string;
  readonly namespace: string;
}

/** Returns a client of the Temporal server with its connection. Throws when the server cannot be reached within 10 s. */
export async function connectClient({
  address,
  namespace,
}: TemporalAddress): Promise<{ client: Client; connection: Connection }> {
  const connection = await Connection.connect({ address, connectTimeout: '10s' });
  return { client: new Client({ connection, namespace }), connection };
}

/** The protocol's numbers of the types in use: temporal.api.enums.v1.IndexedValueType. */
const INDEXED_VALUE_TYPES = { Keyword: 2, Datetime: 6, KeywordList: 7 } as const;

/**
 * Registers Baton's search attributes where they are missing. Throws when one exists with another type, which
 * the server itself only logs.
 */
export async function ensureSearchAttributes(
  { operatorService }: Connection,
  namespace: string,
): Promise<void> {
  const wanted = Object.entries(SEARCH_ATTRIBUTE_TYPES).map(
    ([name, type]) => [name, INDEXED_VALUE_TYPES[type]] as const,
  );
  const { customAttributes } = await operatorService.listSearchAttributes({ namespace });
  const wrong = wanted.filter(([name, type]) => (customAttributes[name] ?? type) !== type);
  if (wrong.length > 0) {
    const names = wrong.map(([name]) => `${name} (must be ${SEARCH_ATTRIBUTE_TYPES[name] ?? ''})`);
    throw new Error(
      `Search attributes of another type exist in namespace ${namespace}: ${names.join(', ')}. Remove them with "temporal operator search-attribute remove" or use another namespace.`,
    );
  }
  const missing = wanted.filter(([name]) => customAttributes[name] === undefined);
  if (missing.length === 0) return;
  await operatorService.addSearchAttributes({
    namespace,
    searchAttributes: Object.fromEntries(missing),
  });
}
