import type { Agendas } from './availability/agenda.ts';
import { decide, startState } from './decide.ts';
import { planTier } from './plan-tier.ts';
import type { HandoffInput, TierPlan } from './state.ts';

/**
 * Returns the plan that a handoff asks for first, made at its submission; undefined when it has to wait for its
 * brief. Started with it, the workflow need not ask.
 */
export function planFirst(input: HandoffInput, agendas: Agendas): TierPlan | undefined {
  const { submittedAt } = input.handoff;
  const { effects } = decide(input, startState(input), { type: 'started' }, submittedAt);
  const asked = effects.find((effect) => effect.type === 'plan');
  return asked && planTier(asked.request, agendas);
}
