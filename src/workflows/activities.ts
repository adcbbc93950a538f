import {
  ActivityCancellationType,
  proxyActivities,
  proxyLocalActivities,
  workflowInfo,
} from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import type { Urgency } from '../domain/handoff.ts';
import type { Channel, EscalationPolicy } from '../domain/policy.ts';
import { channelTaskQueue } from '../temporal/task-queues.ts';

/** The providers' clients give up after 10 s, so an attempt that takes longer than this has died. */
const ATTEMPT_TIMEOUT = '15s';

/** A worker that was killed is noticed after this long; sending activities heartbeat every second. */
const HEARTBEAT_TIMEOUT = '3s';

/** Backs off from 1 s to 30 s for as long as the message is still wanted. */
const RETRY = { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '30s' } as const;

/** Lower is served first; Temporal's default is 3. */
const PRIORITY: Readonly<Record<Urgency, number>> = { critical: 1, urgent: 2, routine: 4 };

/** Activities that may be repeated without harm run inside the workflow task: one history event each. */
export const local = proxyLocalActivities<Pick<Activities, 'planTier' | 'tellResponders'>>({
  startToCloseTimeout: '5s',
  retry: { initialInterval: '200ms', backoffCoefficient: 2, maximumInterval: '30s' },
});

/** The activities that send, each on its channel's task queue. */
export function sendersOn(channel: Channel, options: { urgency: Urgency; giveUpAfterMs: number }) {
  return proxyActivities<Pick<Activities, 'sendSms' | 'sendEmail' | 'sendAnswer'>>({
    taskQueue: channelTaskQueue(workflowInfo().taskQueue, channel),
    startToCloseTimeout: ATTEMPT_TIMEOUT,
    heartbeatTimeout: HEARTBEAT_TIMEOUT,
    scheduleToCloseTimeout: options.giveUpAfterMs,
    // What was called off may have left already: wait to be told which.
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry: RETRY,
    priority: { priorityKey: PRIORITY[options.urgency] },
  });
}

/** The label of a planning activity in the Temporal UI. */
export function summarisePlan(label: string, policy: EscalationPolicy): string {
  return `plan ${label} of ${policy.name}`;
}
