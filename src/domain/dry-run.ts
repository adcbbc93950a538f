import type { Agendas } from './availability/agenda.ts';
import { decide, startState, type HandoffEvent } from './decide.ts';
import { checkMoment } from './moment.ts';
import { planTier } from './plan-tier.ts';
import {
  isFinished,
  type HandoffInput,
  type HandoffState,
  type NotificationOrder,
} from './state.ts';

/** A message that would leave, and when. */
export interface DryNotice {
  readonly at: string;
  readonly order: NotificationOrder;
}

/** How a handoff would go if nobody did anything. */
export interface DryRun {
  readonly notices: readonly DryNotice[];
  /** Where it stands at the end of the run, with the whole timeline. */
  readonly state: HandoffState;
}

/** More than any policy needs: 20 tiers of 20 people, 11 rounds, and a year of reminders. */
const MAX_DECISIONS = 20_000;

/**
 * Runs the engine of the workflow with a virtual clock, every message accepted at once and nobody answering,
 * and returns what would leave when. Stops at the end of the handoff, or as soon as `isEnough`.
 */
export function dryRun(
  input: HandoffInput,
  agendas: Agendas,
  isEnough: (notices: readonly DryNotice[]) => boolean = () => false,
): DryRun {
  const notices: DryNotice[] = [];
  let state = startState(input);
  let now = input.handoff.submittedAt;
  const inbox: HandoffEvent[] = [{ type: 'started' }];
  for (let decisions = 0; decisions < MAX_DECISIONS; decisions += 1) {
    const decision = decide(input, state, inbox.shift() ?? { type: 'clock' }, now);
    ({ state } = decision);
    for (const effect of decision.effects) {
      if (effect.type === 'plan') {
        const plan = planTier(effect.request, agendas);
        inbox.push({ type: 'planned', serial: effect.serial, plan });
      } else if (effect.type === 'write') {
        inbox.push({ type: 'written', result: { because: 'no model is asked in a dry run' } });
      } else if (effect.type === 'notify') {
        const { order } = effect;
        const held = checkMoment(order, input.handoff.action.contact, agendas, Date.parse(now));
        if (held) {
          const { because, heldUntil: until } = held;
          inbox.push({ type: 'held', notification: order.id, because, ...(until && { until }) });
        } else {
          notices.push({ at: now, order });
          inbox.push({ type: 'accepted', notification: order.id });
        }
      }
    }
    if (isEnough(notices) || (inbox.length === 0 && (isFinished(state) || !decision.wake))) break;
    if (inbox.length === 0 && decision.wake) now = decision.wake.at;
  }
  return { notices, state };
}
