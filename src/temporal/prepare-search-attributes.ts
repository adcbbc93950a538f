import { setTimeout as delay } from 'node:timers/promises';
import type { Client, Connection } from '@temporalio/client';
import { GRPC, grpcStatusOf } from './grpc-status.ts';
import { SEARCH_ATTRIBUTE_TYPES } from './search-attributes.ts';

/** The protocol's numbers of the types in use: temporal.api.enums.v1.IndexedValueType. */
const INDEXED_VALUE_TYPES = { Keyword: 2, Int: 3, Datetime: 6, KeywordList: 7 } as const;

/** The server reads namespaces anew every few seconds. */
const KNOWN_WITHIN_MS = 30_000;

/** What a cluster answers whose operators keep this to themselves, as Temporal Cloud does. */
const REFUSALS: readonly unknown[] = [
  GRPC.permissionDenied,
  GRPC.unimplemented,
  GRPC.unauthenticated,
];

/**
 * Registers Baton's search attributes where they are missing, and resolves when the server knows them: whoever says that
 * it is ready waits for this first. Throws when one exists with another type, which the server itself only logs, and
 * when some are missing that this client may not add: the error names them.
 */
export async function prepareSearchAttributes(
  client: Client,
  operator: Connection['operatorService'],
): Promise<void> {
  const { namespace } = client.options;
  try {
    await register(operator, namespace);
  } catch (error) {
    if (!REFUSALS.includes(grpcStatusOf(error))) throw error;
    const missing = await listUnknown(client);
    if (missing.length > 0) throw mustBeAdded(missing, namespace);
  }
  await untilKnown(client);
}

async function register(operator: Connection['operatorService'], namespace: string): Promise<void> {
  const wanted = Object.entries(SEARCH_ATTRIBUTE_TYPES).map(
    ([name, type]) => [name, INDEXED_VALUE_TYPES[type]] as const,
  );
  const { customAttributes } = await operator.listSearchAttributes({ namespace });
  const wrong = wanted.filter(([name, type]) => (customAttributes[name] ?? type) !== type);
  if (wrong.length > 0) {
    const names = wrong.map(([name]) => `${name} (must be ${SEARCH_ATTRIBUTE_TYPES[name] ?? ''})`);
    throw new Error(
      `Search attributes of another type exist in namespace ${namespace}: ${names.join(', ')}. Remove them with "temporal operator search-attribute remove" or use another namespace.`,
    );
  }
  const missing = wanted.filter(([name]) => customAttributes[name] === undefined);
  if (missing.length === 0) return;
  await operator.addSearchAttributes({
    namespace,
    searchAttributes: Object.fromEntries(missing),
  });
}

function mustBeAdded(names: readonly string[], namespace: string): Error {
  const list = names.map((name) => `  ${name}: ${SEARCH_ATTRIBUTE_TYPES[name] ?? ''}`);
  return new Error(
    `Search attributes are missing in namespace ${namespace}, and Baton may not add them there. Add these (in Temporal Cloud on the namespace's page), then start again:\n${list.join('\n')}`,
  );
}

async function listUnknown(client: Client): Promise<string[]> {
  const names = Object.keys(SEARCH_ATTRIBUTE_TYPES);
  const known = await Promise.all(names.map((name) => isKnown(client, [name])));
  return names.filter((_, index) => known[index] !== true);
}

/**
 * On a SQL database each namespace names its attributes for itself, and for some seconds after they were registered a
 * handoff that has them is refused as invalid.
 */
async function untilKnown(client: Client): Promise<void> {
  const deadline = Date.now() + KNOWN_WITHIN_MS;
  while (!(await isKnown(client, Object.keys(SEARCH_ATTRIBUTE_TYPES)))) {
    if (Date.now() > deadline)
      throw mustBeAdded(await listUnknown(client), client.options.namespace);
    await delay(200);
  }
}

async function isKnown(client: Client, names: readonly string[]): Promise<boolean> {
  const conditions = names.map((name) => `${name} IS NULL`);
  try {
    // Of no workflow, so that the answer costs nothing however many there are.
    await client.workflow.count(`WorkflowId = 'none' AND (${conditions.join(' OR ')})`);
    return true;
  } catch (error) {
    if (grpcStatusOf(error) === GRPC.invalidArgument) return false;
    throw error;
  }
}
