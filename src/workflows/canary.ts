import { condition, setHandler } from '@temporalio/workflow';
import { aliveQuery } from './messages.ts';

/**
 * Answers a query, for as long as a worker runs workflows of its task queue, and does nothing else: its history has four
 * events for good. Whoever watches Baton asks it.
 */
export async function canary(): Promise<void> {
  setHandler(aliveQuery, () => true);
  await condition(() => false);
}
