import { workflowInfo, type WorkflowInterceptorsFactory } from '@temporalio/workflow';

/**
 * Has a workflow that acted on news before its workflow task was started forgotten and replayed. The server hands out a query
 * that waited for a worker with all that happened meanwhile, and core 1.22 (1.24 as well) has the workflow act on that at
 * once, keeping its commands for the task. What else the task brings then comes separately, where every replay has it
 * all together, signals first: nobody could ever continue that history. So the task fails, once, and the server gives it out anew.
 *
 * Time and size of a history come with each start of a task (WorkflowTaskStarted, temporal.api.history.v1): one that grew
 * while both stood still has news without a start. The size alone does not say so: a task that was tried again and the
 * one right after it have the same. Servers that do not tell it send 0. A replay is never ahead: whatever this takes for
 * news, a task fails once.
 */
export const interceptors: WorkflowInterceptorsFactory = () => {
  let known = { length: 0, size: 0, at: 0 };
  let isAhead = false;
  return {
    internals: [
      {
        activate(input, next) {
          const { historyLength: length, historySize: size, unsafe } = workflowInfo();
          // Queries, which come apart from everything else, and what local activities bring add nothing to the history.
          if (length > known.length) {
            if (isAhead) throw new AheadOfTaskError();
            const at = Date.now();
            isAhead = !unsafe.isReplaying && size > 0 && size === known.size && at === known.at;
            known = { length, size, at };
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
