import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * What the SDK loads once for all workflows of a worker, with everything it imports; any other module is run anew for
 * each workflow that comes into its cache. Only for what keeps no state. What workflows import beside these is only slower.
 */
const SHARED = [
  'domain/bundles',
  'domain/decide',
  'domain/deliveries',
  'domain/payloads',
  'domain/reply-route',
  'domain/responder',
  'domain/standing',
  'domain/view',
  'temporal/search-attributes',
  'temporal/task-queues',
  'workflows/messages',
];

/** Returns where the workflows and their interceptors are, and what of them is shared: for every bundler of them. */
export function findWorkflowModules(): {
  workflowsPath: string;
  workflowInterceptorModules: string[];
  preloadModules: string[];
} {
  const self = fileURLToPath(import.meta.url);
  const find = (name: string): string =>
    fileURLToPath(new URL(`../${name}${extname(self)}`, import.meta.url));
  return {
    workflowsPath: find('workflows/index'),
    workflowInterceptorModules: [find('workflows/interceptors')],
    preloadModules: SHARED.map(find),
  };
}
