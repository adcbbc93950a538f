import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { setUpOnce } from './shared-setup.ts';

/** Bundles the workflows once for all projects of a run, as a worker loads them. */
export default setUpOnce(
  'workflows',
  async () => {
    const { code } = await bundleWorkflowCode({
      workflowsPath: fileURLToPath(new URL('../../src/workflows/index.ts', import.meta.url)),
      logger: new DefaultLogger('ERROR'),
    });
    const folder = await mkdtemp(join(tmpdir(), 'baton-workflows-'));
    const codePath = join(folder, 'bundle.js');
    await writeFile(codePath, code);
    return { value: { codePath }, stop: () => rm(folder, { recursive: true }) };
  },
  (project, bundle) => {
    project.provide('workflows', bundle);
  },
);
