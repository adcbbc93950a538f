import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { CANARY, canaryWorkflowId } from './task-queues.ts';

const START_MS = 5_000;

/**
 * Asks the canary of a task queue, which only a worker that runs workflows there can answer, and returns how long the
 * answer took (milliseconds), or undefined when none came within `ms`. Starts it when there is none yet.
 */
export async function askCanary(
  client: Client,
  taskQueue: string,
  ms: number,
): Promise<number | undefined> {
  const workflowId = canaryWorkflowId(taskQueue);
  const ask = async (): Promise<number> => {
    const from = performance.now();
    await client.withDeadline(Date.now() + ms, () =>
      client.workflow.getHandle(workflowId).query(CANARY.query),
    );
    return performance.now() - from;
  };
  try {
    return await ask();
  } catch (error) {
    // Otherwise it is there, and nobody answers for it.
    if (!(error instanceof WorkflowNotFoundError)) return undefined;
  }
  try {
    await client.withDeadline(Date.now() + START_MS, () =>
      client.workflow.start(CANARY.workflow, {
        workflowId,
        taskQueue,
        workflowIdConflictPolicy: 'USE_EXISTING',
      }),
    );
    return await ask();
  } catch {
    return undefined;
  }
}
