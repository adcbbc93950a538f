import { condition, defineSignal, proxyActivities, setHandler } from '@temporalio/workflow';

const { send } = proxyActivities<{ send(id: string): Promise<void> }>({
  startToCloseTimeout: '15s',
});

/** Ends a bare workflow. */
export const finishSignal = defineSignal('finish');

/** The least that has the shape of a handoff: start, one activity, wait for a signal or a timer, end. */
export async function bare(id: string): Promise<void> {
  let isFinished = false;
  setHandler(finishSignal, () => {
    isFinished = true;
  });
  await send(id);
  await condition(() => isFinished, '10m');
}
