// The last step of `npm run build`: bundles the workflows, so that a worker of dist/ need not when it starts.
import { fileURLToPath } from 'node:url';
import { writeFileSync } from 'node:fs';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';

const dist = new URL('../dist/', import.meta.url);
const { findWorkflowModules } = await import(new URL('temporal/workflow-bundle.js', dist).href);
// What a worker of src/ gives to its own bundler must stand here as well: interceptors and converters are bundled too.
const { code } = await bundleWorkflowCode({
  ...findWorkflowModules(),
  failureConverterPath: fileURLToPath(new URL('temporal/failure-converter.js', dist)),
  logger: new DefaultLogger('WARN'),
});
// Beside the folders, where src/temporal/workers.ts looks for it.
writeFileSync(new URL('workflow-bundle.js', dist), code);
