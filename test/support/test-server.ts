import { defaultCacheDirectory } from '../../src/temporal/executable.ts';
import { SEARCH_ATTRIBUTE_TYPES } from '../../src/temporal/search-attributes.ts';
import { startTemporalServer, type TemporalServer } from '../../src/temporal/server.ts';
import { takePort } from './ports.ts';

/** Starts a Temporal server for one test file, in memory unless a database file is given. */
export async function startTestServer(
  options: {
    databaseFile?: string;
    ui?: boolean;
    port?: number;
    report?: (line: string) => void;
  } = {},
): Promise<TemporalServer> {
  return startTemporalServer({
    cliPath: process.env['TEMPORAL_CLI_PATH'],
    cacheDirectory: testCache(),
    searchAttributes: SEARCH_ATTRIBUTE_TYPES,
    report: (line) => {
      process.stderr.write(`${line}\n`);
    },
    ...options,
    port: options.port ?? (await takePort()),
  });
}

/** Returns where tests keep what they download or build once. */
export function testCache(): string {
  return defaultCacheDirectory({
    home: process.env['HOME'] ?? '.',
    xdgCacheHome: process.env['XDG_CACHE_HOME'],
  });
}
