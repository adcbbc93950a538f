import {
  ActivityCancellationType,
  condition,
  proxyActivities,
  proxyLocalActivities,
  workflowInfo,
} from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import type { Urgency } from '../domain/handoff.ts';
import type { Channel, EscalationPolicy } from '../domain/policy.ts';
import {
  briefTaskQueue,
  callbackTaskQueue,
  channelTaskQueue,
  PRIORITY_KEYS,
  questionTaskQueue,
} from '../temporal/task-queues.ts';
import { WRITE_WITHIN_MS } from '../domain/brief-writer/written.ts';
import { explainFailure } from './failures.ts';

/** The providers' clients give up after 10 s, so an attempt that takes longer than this has died. */
const ATTEMPT_TIMEOUT = '15s';

/** A worker that was killed is noticed after this long; sending activities heartbeat every second. */
const HEARTBEAT_TIMEOUT = '3s';

/** The longest pause between two attempts: when a provider is back, what is most urgent goes out first. */
const LONGEST_PAUSE: Readonly<Record<Urgency, '5s' | '10s' | '60s'>> = {
  critical: '5s',
  urgent: '10s',
  routine: '60s',
};

/**
 * Activities that may be repeated without harm run inside the workflow task: one history event each. What fails for
 * longer is for the workflow to try again later: a task that waits for them costs three events every few seconds.
 */
export const local = proxyLocalActivities<
  Pick<
    Activities,
    'planTier' | 'planAbsence' | 'askStandings' | 'readReply' | 'register' | 'bundle' | 'callBack'
  >
>({
  startToCloseTimeout: '5s',
  // Not by time: core 1.22 goes on past scheduleToCloseTimeout.
  retry: { initialInterval: '200ms', backoffCoefficient: 2, maximumAttempts: 5 },
});

/**
 * Questions to handoffs. A workflow task that waited for their answers would keep its place among the few that workers do at a
 * time, and the answers need such places too: when many ask at once none would be answered.
 */
export function questions() {
  return proxyActivities<Pick<Activities, 'askStandings' | 'readReply'>>({
    taskQueue: questionTaskQueue(workflowInfo().taskQueue),
    startToCloseTimeout: '5s',
    retry: { initialInterval: '200ms', backoffCoefficient: 2, maximumAttempts: 5 },
  });
}

export type InTurn = <T>(activity: () => Promise<T>) => Promise<T>;

/**
 * Returns a function that runs local activities one after the other. Of several at once the SDK replays the results in
 * the order of their starts, whatever order they came in (sdk-typescript#1744): what they bring would differ.
 */
export function createTurns(): InTurn {
  let last: Promise<unknown> | undefined;
  return (activity) => {
    const result = last ? last.then(activity, activity) : activity();
    const turn = result
      .catch(() => undefined)
      .then(() => {
        if (last === turn) last = undefined;
      });
    last = turn;
    return result;
  };
}

/** The first and the longest pause before a local activity that gave up is tried again. */
const PAUSE_MS = { first: 10_000, longest: 300_000 };

/** Tries a local activity again for as long as it is wanted; returns undefined when it no longer is. */
export async function persist<T>(
  summary: string,
  isWanted: () => boolean,
  activity: () => Promise<T>,
): Promise<T | undefined> {
  for (let pauseMs = PAUSE_MS.first; ; pauseMs = Math.min(2 * pauseMs, PAUSE_MS.longest)) {
    try {
      return await activity();
    } catch (error) {
      const because = explainFailure(error);
      await condition(() => !isWanted(), pauseMs, { summary: `again: ${summary} (${because})` });
      if (!isWanted()) return undefined;
    }
  }
}

/** The activities that send, each on its channel's task queue. */
export function sendersOn(channel: Channel, options: { urgency: Urgency; giveUpAfterMs: number }) {
  return proxyActivities<
    Pick<
      Activities,
      | 'sendSms'
      | 'placeCall'
      | 'sendEmail'
      | 'sendAnswer'
      | 'sendEmailAnswer'
      | 'sendSmsBundle'
      | 'sendEmailBundle'
    >
  >({
    taskQueue: channelTaskQueue(workflowInfo().taskQueue, channel),
    startToCloseTimeout: ATTEMPT_TIMEOUT,
    heartbeatTimeout: HEARTBEAT_TIMEOUT,
    scheduleToCloseTimeout: options.giveUpAfterMs,
    // What was called off may have left already: wait to be told which.
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    // For as long as the message is still wanted.
    retry: {
      initialInterval: '1s',
      backoffCoefficient: 2,
      maximumInterval: LONGEST_PAUSE[options.urgency],
    },
    priority: { priorityKey: PRIORITY_KEYS[options.urgency] },
  });
}

/** The activity that asks a model; all of it, waiting for a worker too, is over in time. */
export function writerFor(urgency: Urgency) {
  return proxyActivities<Pick<Activities, 'writeBrief'>>({
    taskQueue: briefTaskQueue(workflowInfo().taskQueue),
    scheduleToCloseTimeout: WRITE_WITHIN_MS,
    heartbeatTimeout: HEARTBEAT_TIMEOUT,
    // Only a worker that died leaves something to try again.
    retry: { initialInterval: '100ms', maximumAttempts: 3 },
    priority: { priorityKey: PRIORITY_KEYS[urgency] },
  });
}

/** The activity that posts to a source; what is refused is tried again for a day. */
export function callbacks() {
  return proxyActivities<Pick<Activities, 'postCallback'>>({
    taskQueue: callbackTaskQueue(workflowInfo().taskQueue),
    startToCloseTimeout: '30s',
    scheduleToCloseTimeout: '24h',
    retry: { initialInterval: '5s', backoffCoefficient: 2, maximumInterval: '10m' },
  });
}

/** The label of a planning activity in the Temporal UI. */
export function summarisePlan(label: string, policy: EscalationPolicy): string {
  return `plan ${label} of ${policy.name}`;
}
