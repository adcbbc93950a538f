import { fileURLToPath } from 'node:url';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import type { WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import { connectClient } from '../../src/temporal/connection.ts';
import { bare, finishSignal } from './bare-workflow.ts';

const TASK_QUEUE = 'bare';

/** The bare workflow with a worker of its own in this process: what a server does at least for a handoff. */
export interface Bare {
  start(key: string): Promise<WorkflowHandleWithFirstExecutionRunId<typeof bare>>;
  /** Signals it and waits for its end. */
  finish(key: string): Promise<void>;
  stop(): Promise<void>;
}

/** Starts its worker; `onSend` hears of each message. It is not encrypted, as the least there is would not be. */
export async function startBare({
  address,
  namespace,
  onSend,
}: {
  readonly address: string;
  readonly namespace: string;
  readonly onSend: (key: string) => void;
}): Promise<Bare> {
  Runtime.install({ logger: new DefaultLogger('WARN') });
  const native = await NativeConnection.connect({ address });
  const worker = await Worker.create({
    connection: native,
    namespace,
    taskQueue: TASK_QUEUE,
    workflowsPath: fileURLToPath(new URL('./bare-workflow.ts', import.meta.url)),
    activities: {
      send: (key: string) => {
        onSend(key);
        return Promise.resolve();
      },
    },
  });
  const running = worker.run();
  const { client, connection } = await connectClient({ connection: { address }, namespace });
  return {
    start: (key) =>
      client.workflow.start(bare, { workflowId: key, taskQueue: TASK_QUEUE, args: [key] }),
    async finish(key) {
      const handle = client.workflow.getHandle(key);
      await handle.signal(finishSignal);
      await handle.result();
    },
    async stop() {
      worker.shutdown();
      await running;
      await connection.close();
      await native.close();
    },
  };
}
