import { instantAfter } from './duration.ts';
import type { EscalationPolicy } from './policy.ts';
import { isOpen, isStepLeft, isUnderway, lookUp, tierOf, type HandoffState } from './state.ts';

/** The next instant something is due if nothing else happens, and what: the label of a durable timer. */
export interface Wake {
  readonly at: string;
  readonly because: string;
}

/**
 * Returns when the current stage gives way to the next: counted from its first accepted notification, or
 * from its start when none was accepted, so that a provider that takes nothing stops no tier's clock.
 */
export function stageEnd(policy: EscalationPolicy, state: HandoffState): string | undefined {
  const { stage } = state;
  const from = stage.firstAcceptedAt ?? stage.startedAt;
  if (stage.isUnreached === true) return instantAfter(from, retryAfterMs(policy, state));
  switch (stage.kind) {
    case 'tier': {
      const tier = tierOf(policy, stage);
      return tier && instantAfter(from, tier.escalateAfterMs, stage.pauses);
    }
    case 'last-resort':
      return stage.planned ? instantAfter(from, policy.lastResort.remindEveryMs) : undefined;
    case 'announcement':
      return announcementEnd(state);
  }
}

/** Returns until when the deliveries of an announcement are waited for, once all of it was sent. */
function announcementEnd({ stage, notifications }: HandoffState): string | undefined {
  const sent = stage.steps.map(({ notification = '' }) => lookUp(notifications, notification));
  if (sent.some((one) => one === undefined || isUnderway(one.status))) return undefined;
  const accepted = sent.flatMap((one) => (one?.status === 'accepted' ? [one.at] : []));
  const last = accepted.sort().at(-1);
  return last === undefined ? undefined : instantAfter(last, SETTLE_MS);
}

/** After an announcement was accepted its delivery is waited for so long: accepted is not reached. */
const SETTLE_MS = 10 * 60_000;

const RETRY_MS = 5 * 60_000;

/** Whom nobody comes after is tried again soon, then less and less often, but as often as a reminder at least. */
function retryAfterMs(
  { lastResort: { remindEveryMs } }: EscalationPolicy,
  { unreached }: HandoffState,
): number {
  return Math.min(remindEveryMs, RETRY_MS * 2 ** Math.min((unreached?.attempts ?? 1) - 1, 20));
}

/** Returns what happens next if nobody does anything, or null when nothing is left to wait for. */
export function nextDue(policy: EscalationPolicy, state: HandoffState): Wake | null {
  const wakes: Wake[] = isOpen(state)
    ? [
        { at: state.expiresAt, because: 'it expires' },
        ...(state.held ?? []),
        ...listOpenWakes(policy, state),
      ]
    : [
        ...(state.stage.kind === 'announcement' ? listAnnouncementWakes(policy, state) : []),
        ...(state.held ?? []),
      ];
  const [next] = wakes.sort((one, other) => Date.parse(one.at) - Date.parse(other.at));
  return next ? { at: next.at, because: next.because } : null;
}

/**
 * Returns when a handoff is to be woken, or null when it needs no alarm. What is due only after a notification
 * under way has reported back is left to that report: it brings a new decision anyway, and saves a timer.
 */
export function nextWake(policy: EscalationPolicy, state: HandoffState): Wake | null {
  const due = nextDue(policy, state);
  const isLeftToReport = Object.values(state.notifications).some(
    ({ status, reportBy }) =>
      isUnderway(status) && due !== null && Date.parse(reportBy) <= Date.parse(due.at),
  );
  return isLeftToReport ? null : due;
}

function listOpenWakes(policy: EscalationPolicy, state: HandoffState): Wake[] {
  const { owner, stage } = state;
  if (owner) {
    return [
      ...(owner.reminded
        ? []
        : [{ at: owner.remindAt, because: `remind ${owner.name}, who has it` }]),
      { at: owner.actBy, because: `${owner.name} must be done, or it escalates again` },
    ];
  }
  const end = stage.notBefore ? undefined : stageEnd(policy, state);
  return [
    ...listStageWakes(state),
    ...listSnoozes(state),
    ...(end ? [{ at: end, because: describeEnd(policy, state) }] : []),
  ];
}

/** What the stage itself waits for: the first allowed instant, or the next step of a ladder. */
function listStageWakes(state: HandoffState): Wake[] {
  const { stage, names } = state;
  if (stage.notBefore) return [stage.notBefore];
  return stage.steps
    .filter((step) => isStepLeft(state, step))
    .map((step) => ({
      at: latest(step.dueAt, lookUp(state.snoozes ?? {}, step.recipient)),
      because: `${step.channel} to ${names[step.recipient] ?? step.recipient} if not taken`,
    }));
}

function listAnnouncementWakes(policy: EscalationPolicy, state: HandoffState): Wake[] {
  const { isSettled, isUnreached } = state.stage;
  const end = isSettled === true ? undefined : stageEnd(policy, state);
  const because =
    isUnreached === true
      ? 'announce the end again: nobody could be told'
      : 'the announcement of the end has arrived by then, or its provider has said so';
  return [...listStageWakes(state), ...(end ? [{ at: end, because }] : [])];
}

function listSnoozes({ snoozes, names }: HandoffState): Wake[] {
  return Object.entries(snoozes ?? {}).map(([id, at]) => ({
    at,
    because: `ask ${names[id] ?? id} again, who snoozed it`,
  }));
}

function latest(at: string, other: string | undefined): string {
  return other !== undefined && Date.parse(other) > Date.parse(at) ? other : at;
}

function describeEnd(policy: EscalationPolicy, { stage }: HandoffState): string {
  if (stage.isUnreached === true) return 'try the last resort again: nobody could be told';
  if (stage.kind === 'last-resort') return 'remind the last resort';
  const next = policy.tiers[stage.tier + 1];
  if (next) return `escalate to ${next.label} if nobody takes it`;
  return stage.round < policy.repeat
    ? `repeat from ${policy.tiers[0]?.label ?? 'tier 1'} if nobody takes it`
    : 'tell the last resort if nobody takes it';
}
