/** What the worker registers. Workflow names are contracts: they stand in every history. */
export { handoff } from './handoff.ts';
export { responder } from './responder.ts';
export { callback } from './callback.ts';
export { canary } from './canary.ts';
