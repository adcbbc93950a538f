import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { findWorkflowModules } from '../../src/temporal/workflow-bundle.ts';
import { setUpOnce } from './shared-setup.ts';

/** Bundles the workflows once for all projects of a run, as a worker loads them. */
export default setUpOnce(
  'workflows',
  async () => {
    const { code } = await bundleWorkflowCode({
      ...findWorkflowModules(),
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
