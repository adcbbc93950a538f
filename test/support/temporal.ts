import { Client, Connection } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { inject } from 'vitest';
import type { TemporalServer } from '../../src/temporal/server.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the server of this test run is: see temporal-setup.ts. */
    temporal: { readonly address: string; readonly namespace: string };
    /** The bundle of the workflows: see workflows-setup.ts. */
    workflows: { readonly codePath: string };
  }
}

/** Connections to a Temporal server for a test: a client, and what a worker in this process needs. */
export interface TestConnections {
  readonly address: string;
  readonly namespace: string;
  readonly client: Client;
  readonly nativeConnection: NativeConnection;
  close(): Promise<void>;
}

/**
 * Connects to the Temporal server that all tests of this run share (or the given one). Tests there choose task
 * queues and workflow ids of their own.
 */
export async function connectTemporal(
  { address, namespace }: Pick<TemporalServer, 'address' | 'namespace'> = inject('temporal'),
): Promise<TestConnections> {
  const [connection, nativeConnection] = await Promise.all([
    Connection.connect({ address }),
    NativeConnection.connect({ address }),
  ]);
  return {
    address,
    namespace,
    client: new Client({ connection, namespace }),
    nativeConnection,
    async close() {
      await nativeConnection.close();
      await connection.close();
    },
  };
}
