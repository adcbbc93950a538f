// A stage of `npm test`: says which Temporal CLI the tests will start, and gets one first where there is none.
import { findExecutable } from '../../src/temporal/executable.ts';
import { testCache } from './test-server.ts';

const { source } = await findExecutable({
  cliPath: process.env['TEMPORAL_CLI_PATH'],
  cacheDirectory: testCache(),
  report: (line) => {
    process.stdout.write(`${line}\n`);
  },
});
const origins: Readonly<Record<typeof source, string>> = {
  TEMPORAL_CLI_PATH: 'named by TEMPORAL_CLI_PATH',
  PATH: 'on the PATH',
  cache: 'from the cache',
  download: 'not in the cache: downloaded',
  go: 'not in the cache: built with Go',
};
process.stdout.write(`Temporal CLI: ${origins[source]}\n`);
