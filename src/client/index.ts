/*
 * client/ is for programs that hand work off: it knows the HTTP API and nothing else of Baton, and runs wherever
 * there is fetch. Its types are those of the domain.
 */
export {
  createBatonClient,
  type BatonClient,
  type ClientOptions,
  type Submission,
} from './client.ts';
export { BatonProblem, BatonUnreachableError } from './problems.ts';
export { readCallback, type CallbackRequest } from './read-callback.ts';
export type { HandoffEvent } from './events.ts';
export type { CallbackEvent } from '../domain/callback.ts';
export type { Coverage } from '../domain/coverage.ts';
export type { Stats } from '../domain/stats.ts';
export type { HandoffView } from '../domain/view.ts';
