/*
 * activities/ does what a workflow may not: look into the directory, ask the responders' workflows, send by
 * the providers. Everything they use is passed in; every activity may be run twice and must find out before
 * it repeats what cannot be repeated.
 */
import type { Effect } from '../domain/decide.ts';
import { planTier } from '../domain/plan-tier.ts';
import type { HandoffCard, PlanRequest, TierPlan } from '../domain/state.ts';
import { createNotifyActivities, type NotifyDependencies } from './notify.ts';

export type ActivityDependencies = NotifyDependencies;

/** All activities by name: what workflow code calls. */
export type Activities = ReturnType<typeof createLocalActivities> &
  ReturnType<typeof createNotifyActivities>;

/** Returns the activities by the task queue they run on. */
export function createActivities(deps: ActivityDependencies) {
  const { sendEmail, ...sms } = createNotifyActivities(deps);
  return { local: createLocalActivities(deps), sms, email: { sendEmail } };
}

/** Activities that run inside a workflow task, because repeating them is harmless. */
function createLocalActivities({ directory, responders }: ActivityDependencies) {
  return {
    /** Plans a tier with the directory as it is now. */
    planTier(request: PlanRequest): Promise<TierPlan> {
      return Promise.resolve(planTier(request, directory()));
    },

    /** Passes news of a handoff to its responders' workflows. */
    tellResponders(input: {
      card: HandoffCard;
      news: Extract<Effect, { type: `tell-${string}` }>;
    }): Promise<void> {
      return responders.tell(input.card, input.news);
    },
  };
}
