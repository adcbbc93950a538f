import type { Directory } from './directory.ts';
import { findResponder } from './directory.ts';
import type { LadderStep } from './policy.ts';
import { isMailbox, type PlanRequest, type TierPlan } from './state.ts';

/**
 * Returns the plan of one tier as the directory stands now. A step whose channel a person does not have is
 * left out and the next one takes its time, so that a missing phone costs no minute.
 */
export function planTier(request: PlanRequest, directory: Directory): TierPlan {
  const people: TierPlan['people'][number][] = [];
  const skipped: TierPlan['skipped'][number][] = [];
  for (const recipient of new Set(request.notify.flatMap((target) => expand(target, directory)))) {
    if (isMailbox(recipient)) {
      const name = recipient.slice('mailto:'.length);
      people.push({ recipient, name, steps: [{ channel: 'email', afterMs: 0 }] });
      continue;
    }
    const responder = findResponder(directory, recipient);
    if (!responder) {
      skipped.push({ responder: recipient, because: `${recipient} is not in the directory` });
      continue;
    }
    if (request.passed.includes(recipient)) {
      skipped.push({ responder: recipient, because: `${responder.name} passed it on before` });
      continue;
    }
    const has = { sms: responder.phone !== undefined, email: responder.email !== undefined };
    const steps = keepReachable(request.ladder, (step) => has[step.channel]);
    if (steps.length === 0) {
      const channels = request.ladder.map((step) => step.channel).join(' or ');
      skipped.push({ responder: recipient, because: `${responder.name} has no ${channels}` });
    } else {
      people.push({ recipient, name: responder.name, steps });
    }
  }
  return { people, skipped };
}

function expand(target: string, directory: Directory): readonly string[] {
  if (!target.startsWith('team:')) return [target];
  return directory.teams[target.slice('team:'.length)] ?? [];
}

function keepReachable(
  ladder: readonly LadderStep[],
  isReachable: (step: LadderStep) => boolean,
): LadderStep[] {
  const kept: LadderStep[] = [];
  let inherited: number | undefined;
  for (const step of ladder) {
    if (isReachable(step)) {
      kept.push({ ...step, afterMs: Math.min(step.afterMs, inherited ?? step.afterMs) });
      inherited = undefined;
    } else {
      inherited = Math.min(step.afterMs, inherited ?? step.afterMs);
    }
  }
  return kept;
}
