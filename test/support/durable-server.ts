import { join } from 'node:path';
import { readRecord } from '../../src/temporal/server-record.ts';
import type { TemporalServer } from '../../src/temporal/server.ts';
import { takePort } from './ports.ts';
import { startTestServer } from './test-server.ts';

/** A Temporal server whose database is a file, so that it can be killed and comes back with what it had. */
export interface DurableServer extends Pick<TemporalServer, 'address' | 'namespace' | 'stop'> {
  /** Kills it with -9; resolves when it runs again at the same address. */
  killAndStart(): Promise<void>;
}

/** Starts one whose database is in this folder. */
export async function startDurableServer(folder: string): Promise<DurableServer> {
  const databaseFile = join(folder, 'temporal.db');
  const port = await takePort();
  let server = await startTestServer({ databaseFile, port });
  const { address, namespace } = server;
  return {
    address,
    namespace,
    async killAndStart() {
      const record = await readRecord(databaseFile);
      if (!record) throw new Error(`Nothing says which server holds ${databaseFile}.`);
      process.kill(record.pid, 'SIGKILL');
      await server.stop();
      server = await startTestServer({ databaseFile, port });
      if (server.address !== address)
        throw new Error(
          `The Temporal server was at ${address} and came back at ${server.address}.`,
        );
    },
    stop: () => server.stop(),
  };
}
