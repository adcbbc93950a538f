import { metricMeter } from '@temporalio/workflow';
import { measureTimes } from '../domain/callback.ts';
import type { HandoffInput, HandoffState } from '../domain/state.ts';

/** What Prometheus is told of handoffs; nothing is told a second time when a history is replayed. */
const METRICS = {
  submitted: metricMeter.createCounter(
    'baton_handoffs_submitted_total',
    undefined,
    'Handoffs begun.',
  ),
  ended: metricMeter.createCounter(
    'baton_handoffs_ended_total',
    undefined,
    'Handoffs over, by status.',
  ),
  escalations: metricMeter.createCounter(
    'baton_handoff_escalations_total',
    undefined,
    'How often handoffs went on to others.',
  ),
  declined: metricMeter.createCounter(
    'baton_handoffs_declined_total',
    undefined,
    'How often handoffs were passed on, by kind of reason.',
  ),
  toTake: metricMeter.createHistogram(
    'baton_handoff_time_to_take',
    'float',
    'seconds',
    'Seconds from submission until a handoff was first taken.',
  ),
  toAct: metricMeter.createHistogram(
    'baton_handoff_time_to_act',
    'float',
    'seconds',
    'Seconds from submission until a handoff was resolved.',
  ),
} as const;

/** Counts a handoff that begins. */
export function measureStart({ handoff }: HandoffInput): void {
  METRICS.submitted.add(1, tagsOf(handoff));
}

/** Counts what is different between two states of a handoff. */
export function measureStep(
  { handoff }: HandoffInput,
  before: HandoffState,
  after: HandoffState,
): void {
  const tags = tagsOf(handoff);
  const [old, now] = [before.tally, after.tally];
  const escalations = (now?.escalations ?? 0) - (old?.escalations ?? 0);
  if (escalations > 0) METRICS.escalations.add(escalations, tags);
  for (const entry of now?.declined ?? []) {
    const [, reason = 'none'] = entry.split(':');
    if (!old?.declined.includes(entry)) METRICS.declined.add(1, { ...tags, reason });
  }
  const { secondsToTake, secondsToAct } = measureTimes(handoff.submittedAt, after);
  if (secondsToTake !== undefined && old?.takenAt === undefined) {
    METRICS.toTake.record(secondsToTake, tags);
  }
  if (after.ending && !before.ending) {
    METRICS.ended.add(1, { ...tags, status: after.ending.status });
    if (secondsToAct !== undefined) METRICS.toAct.record(secondsToAct, tags);
  }
}

function tagsOf({ source, policy, urgency }: HandoffInput['handoff']) {
  return { source, policy, urgency };
}
