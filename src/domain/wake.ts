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
export function stageEnd(policy: EscalationPolicy, { stage }: HandoffState): string | undefined {
  const from = stage.firstAcceptedAt ?? stage.startedAt;
  switch (stage.kind) {
    case 'tier': {
      const tier = tierOf(policy, stage);
      return tier && instantAfter(from, tier.escalateAfterMs, stage.pauses);
    }
    case 'last-resort':
      return stage.planned ? instantAfter(from, policy.lastResort.remindEveryMs) : undefined;
    case 'announcement':
      return undefined;
  }
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
        ...(state.stage.kind === 'announcement' ? listStageWakes(state) : []),
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
  if (stage.kind === 'last-resort') return 'remind the last resort';
  const next = policy.tiers[stage.tier + 1];
  if (next) return `escalate to ${next.label} if nobody takes it`;
  return stage.round < policy.repeat
    ? `repeat from ${policy.tiers[0]?.label ?? 'tier 1'} if nobody takes it`
    : 'tell the last resort if nobody takes it';
}
