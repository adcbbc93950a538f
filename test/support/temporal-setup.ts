import { setUpOnce } from './shared-setup.ts';
import { startTestServer } from './test-server.ts';

/** Starts one in-memory Temporal server for all projects of a run. */
export default setUpOnce(
  'temporal',
  async () => {
    const { address, namespace, stop } = await startTestServer();
    return { value: { address, namespace }, stop };
  },
  (project, server) => {
    project.provide('temporal', server);
  },
);
