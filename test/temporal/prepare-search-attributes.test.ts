import { Client, Connection } from '@temporalio/client';
import { temporal } from '@temporalio/proto';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { GRPC } from '../../src/temporal/grpc-status.ts';
import { prepareSearchAttributes } from '../../src/temporal/prepare-search-attributes.ts';
import { SEARCH_ATTRIBUTE_TYPES } from '../../src/temporal/search-attributes.ts';

const { IndexedValueType: Type } = temporal.api.enums.v1;

let connection: Connection;
beforeAll(async () => {
  connection = await Connection.connect({ address: inject('temporal').address });
});
afterAll(async () => {
  await connection.close();
});

/** Returns a client of a namespace that has no search attributes of its own. */
async function openNamespace(namespace: string): Promise<Client> {
  await connection.workflowService.registerNamespace({
    namespace,
    workflowExecutionRetentionPeriod: { seconds: 86_400 as never },
  });
  return new Client({ connection, namespace });
}

/** An operator service that refuses, as that of a cluster whose operators keep it to themselves. */
function refusing(code: number): Connection['operatorService'] {
  const refuse = (): Promise<never> =>
    Promise.reject(
      Object.assign(new Error('Request unauthorized.'), { code, details: '', metadata: {} }),
    );
  return new Proxy(connection.operatorService, { get: () => refuse });
}

test('adds what is missing, and is ready when a handoff can be started with it', async () => {
  const client = await openNamespace('fresh');
  await prepareSearchAttributes(client, connection.operatorService);

  const { customAttributes } = await connection.operatorService.listSearchAttributes({
    namespace: 'fresh',
  });
  expect(Object.keys(customAttributes)).toEqual(
    expect.arrayContaining(Object.keys(SEARCH_ATTRIBUTE_TYPES)),
  );
  await expect(client.workflow.count("HandoffStatus = 'waiting'")).resolves.toMatchObject({
    count: 0,
  });
  // Again, and where it may not look at them.
  await prepareSearchAttributes(client, connection.operatorService);
  await prepareSearchAttributes(client, refusing(GRPC.permissionDenied));
}, 60_000);

test('says which to add where it may not add them, as in Temporal Cloud', async () => {
  const client = await openNamespace('foreign');
  await connection.operatorService.addSearchAttributes({
    namespace: 'foreign',
    searchAttributes: { HandoffStatus: Type.INDEXED_VALUE_TYPE_KEYWORD },
  });
  await expect
    .poll(() => client.workflow.count('HandoffStatus IS NULL').catch(() => undefined), {
      timeout: 30_000,
    })
    .toBeDefined();

  const prepared = prepareSearchAttributes(client, refusing(GRPC.permissionDenied));
  await expect(prepared).rejects.toThrow(
    /missing in namespace foreign, and Baton may not add them there\. Add these [^]*\n {2}HandoffUrgency: Keyword\n[^]*\n {2}HandoffActBy: Datetime\n/,
  );
  await expect(prepared).rejects.not.toThrow(/HandoffStatus/);
}, 60_000);

test('refuses one of another type', async () => {
  const client = await openNamespace('mistaken');
  await connection.operatorService.addSearchAttributes({
    namespace: 'mistaken',
    searchAttributes: { HandoffUrgency: Type.INDEXED_VALUE_TYPE_INT },
  });
  await expect
    .poll(() => prepareSearchAttributes(client, connection.operatorService).catch(String), {
      timeout: 10_000,
    })
    .toMatch(/another type exist in namespace mistaken: HandoffUrgency \(must be Keyword\)/);
}, 60_000);
