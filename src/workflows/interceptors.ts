import { workflowInfo, type WorkflowInterceptorsFactory } from '@temporalio/workflow';

/**
 * Has a workflow that acted on news before its workflow task was started forgotten and replayed. The server hands out a query
 * that waited for a worker with all that happened meanwhile, and core 1.22 (1.24 as well) has the workflow act on that at
 * once, keeping its commands for the task. What else the task brings then comes separately, where every replay has it
 * all together, signals first: nobody could ever continue that history. So the task fails, once, and the server gives it out anew.
 *
 * A history's size comes with each start of a task (WorkflowTaskStarted, temporal.api.history.v1): one that grew while its
 * size did not has news without one. Servers that do not tell the size send 0.
 */
export const interceptors: WorkflowInterceptorsFactory = () => {
  let known = { length: 0, size: 0 };
  let isAhead = false;
  return {
    internals: [
      {
        activate(input, next) {
          const { historyLength: length, historySize: size } = workflowInfo();
          // Queries, which come apart from everything else, and what local activities bring add nothing to the history.
          if (length > known.length) {
            if (isAhead) throw new AheadOfTaskError();
            isAhead = known.size > 0 && size === known.size;
            known = { length, size };
          }
          next(input);
        },
      },
    ],
  };
};

/** A workflow acted on what a query brought. */
class AheadOfTaskError extends Error {
  override readonly name = 'AheadOfTaskError';

  constructor() {
    super(
      'a query brought news before their workflow task was started: it is replayed for the task',
    );
  }
}
