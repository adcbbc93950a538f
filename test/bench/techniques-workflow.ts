import {
  condition,
  defineSignal,
  defineUpdate,
  proxyActivities,
  proxyLocalActivities,
  setHandler,
  upsertSearchAttributes,
  type ActivityOptions,
} from '@temporalio/workflow';
import { AWAITING } from '../../src/temporal/search-attributes.ts';

/** What a workflow does besides, or otherwise, than the bare one. */
export type Technique =
  | 'as it is'
  | 'eager start'
  | 'no eager activity'
  | 'local activity'
  | 'offer first'
  | 'search attribute';

interface Sending {
  send(key: string): Promise<void>;
  offerAndSend(key: string): Promise<void>;
}

const ONCE = { startToCloseTimeout: '15s' } satisfies ActivityOptions;
const eager = proxyActivities<Sending>(ONCE);
const polled = proxyActivities<Sending>({ ...ONCE, allowEagerDispatch: false });
const local = proxyLocalActivities<Sending>(ONCE);

const finishSignal = defineSignal('finish');
export const offerUpdate = defineUpdate<boolean, [string]>('offer');

/** Start, one activity, wait for a signal or a timer, end; with one thing different. */
export async function varied(key: string, technique: Technique): Promise<void> {
  let isFinished = false;
  setHandler(finishSignal, () => {
    isFinished = true;
  });
  switch (technique) {
    case 'no eager activity':
      await polled.send(key);
      break;
    case 'local activity':
      await local.send(key);
      break;
    case 'offer first':
      await eager.offerAndSend(key);
      break;
    default:
      await eager.send(key);
  }
  if (technique === 'search attribute') upsertSearchAttributes([{ key: AWAITING, value: [key] }]);
  await condition(() => isFinished, '10m');
}

/** A workflow for each person, which is asked before a message leaves. */
export async function person(): Promise<void> {
  setHandler(offerUpdate, () => true);
  await condition(() => false);
}
