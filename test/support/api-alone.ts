import { TEST_LINKS } from './builders.ts';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { createApp, type AppDependencies } from '../../src/api/app.ts';
import { loadOrganisation } from '../../src/directory/load.ts';
import { createPasses } from '../../src/links/passes.ts';
import { createLogger } from '../../src/logger.ts';

/** The key of the only source. */
export const ALONE_KEY = 'alone-key-0123456789';

/** The API without a Temporal server: for what needs none. */
export interface LonelyApi {
  readonly url: string;
  stop(): Promise<void>;
}

const FILES = {
  directory: fileURLToPath(new URL('./directory.yaml', import.meta.url)),
  policies: fileURLToPath(new URL('./policies.yaml', import.meta.url)),
};

/** Returns what the API is made from, with Temporal out of reach. */
export function appDependencies(files = FILES): AppDependencies & { connection: Connection } {
  const { directory, policies } = loadOrganisation(files);
  // Nothing listens on port 1.
  const connection = Connection.lazy({ address: '127.0.0.1:1' });
  return {
    connection,
    client: new Client({ connection }),
    taskQueue: 'baton',
    directory: () => directory,
    policies: () => policies,
    sources: () => ({}),
    limits: { perMinute: 1_000_000, inFlight: 1_000, submissions: false },
    apiKeys: [{ source: 'crm', key: ALONE_KEY }],
    twilioAuthToken: 'test-auth-token',
    publicBaseUrl: 'http://127.0.0.1',
    links: TEST_LINKS,
    passes: createPasses('only-for-tests-0123456789abcdef01'),
    sendgrid: {},
    logger: createLogger('api', 'silent'),
  };
}

/** Starts the API in this process, on a free port, with Temporal out of reach. */
export async function startApiAlone(
  files: { readonly directory: string; readonly policies: string },
  changes: Partial<AppDependencies> = {},
): Promise<LonelyApi> {
  const { connection, ...dependencies } = appDependencies(files);
  const app = createApp({ ...dependencies, ...changes });
  const server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('it does not listen');
  return {
    url: `http://127.0.0.1:${address.port}`,
    stop: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
      });
      await connection.close();
    },
  };
}
