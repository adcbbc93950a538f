import {
  decide,
  startState,
  type Decision,
  type Effect,
  type HandoffEvent,
} from '../../../src/domain/decide.ts';
import { instantAfter } from '../../../src/domain/duration.ts';
import type {
  Command,
  HandoffInput,
  HandoffState,
  Message,
  NotificationOrder,
  TierPlan,
} from '../../../src/domain/state.ts';
import { asResponder, buildInput, buildTiming } from '../../support/builders.ts';
import { simulate, SUBMITTED_AT, type Delivery, type Step, type World } from '../simulate.ts';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;

export const alice = asResponder('alice');
export const bob = asResponder('bob');
export const crm = { kind: 'source', id: 'crm' } as const;

/** Tier 1 is alice, tier 2 bob, the last resort carol. */
export const EVERYBODY = [
  { people: ['alice'] },
  { people: ['bob'] },
  { people: ['carol'] },
] as const;
export const ARRIVES: Delivery = { outcome: 'accepted', afterMs: 100 };
export const IS_REFUSED: Delivery = { outcome: 'failed', afterMs: 100 };

/** Runs a handoff to its end; what a test does not name is as usual: nobody answers, all messages arrive. */
export function tell(
  world: Partial<World> = {},
  input: HandoffInput = buildInput(),
): readonly Step[] {
  return simulate(input, { plans: EVERYBODY, deliveries: [], commands: [], ...world });
}

/** Returns commands given so many minutes after the submission. */
export function at(minutes: number, command: Command): World['commands'][number] {
  return { afterMs: minutes * MINUTE, command };
}

export function listOrders(steps: readonly Step[]): { at: string; order: NotificationOrder }[] {
  return steps.flatMap(({ at: now, effects }) =>
    effects.flatMap((effect) =>
      effect.type === 'notify' ? [{ at: now, order: effect.order }] : [],
    ),
  );
}

/** Lists what was sent when: `5 min: sms to bob: offer`. */
export function listMessages(steps: readonly Step[]): string[] {
  return listOrders(steps).map(
    ({ at: now, order }) =>
      `${Math.round((Date.parse(now) - Date.parse(SUBMITTED_AT)) / MINUTE)} min: ${order.channel} to ${order.recipient}: ${order.message.kind}`,
  );
}

export function findMessage<K extends Message['kind']>(
  steps: readonly Step[],
  recipient: string,
  kind: K,
): Extract<Message, { kind: K }> {
  const found = listOrders(steps).find(
    ({ order }) => order.recipient === recipient && order.message.kind === kind,
  );
  if (!found) throw new Error(`no ${kind} to ${recipient}: ${listMessages(steps).join(', ')}`);
  return found.order.message as Extract<Message, { kind: K }>;
}

export function listReasons(state: HandoffState, what: string): string[] {
  return state.timeline.filter((entry) => entry.what === what).map(({ because }) => because);
}

export function endOf(steps: readonly Step[]): HandoffState {
  const step = steps.at(-1);
  if (!step) throw new Error('nothing happened');
  return step.after;
}

/** Returns the state right after a command was dealt with. */
export function afterCommand(steps: readonly Step[], id: string): Step {
  const step = steps.find(({ event }) => event.type === 'command' && event.command.id === id);
  if (!step) throw new Error(`the command ${id} was never given`);
  return step;
}

/** Feeds events one by one, for stories in which the order matters more than the time. */
export function play(input: HandoffInput = buildInput()) {
  let state = startState(input);
  return {
    state: () => state,
    /** Decides at so many minutes after the submission. */
    on: (event: HandoffEvent, minutes: number): Decision => {
      const decision = decide(input, state, event, instantAfter(SUBMITTED_AT, minutes * MINUTE));
      ({ state } = decision);
      return decision;
    },
  };
}

/** Returns the answer to the plan that was asked for last. */
export function planned(serial: number, ...people: readonly string[]): HandoffEvent {
  return { type: 'planned', serial, plan: planOf(...people) };
}

export function planOf(...people: readonly string[]): TierPlan {
  return {
    people: people.map((id) => ({
      recipient: id,
      name: id.toUpperCase(),
      steps: [{ channel: 'sms' as const, afterMs: 0 }],
    })),
    skipped: [],
  };
}

export function listKinds(effects: readonly Effect[]): string[] {
  return effects.map((effect) =>
    effect.type === 'notify'
      ? `${effect.order.message.kind} to ${effect.order.recipient}`
      : effect.type,
  );
}

/** Returns so many minutes after the submission. */
export const after = (minutes: number): string => instantAfter(SUBMITTED_AT, minutes * MINUTE);

/** Returns the news that a message was held back, until so many minutes after the submission if that is known. */
export function held(notification: string, untilMinute?: number): HandoffEvent {
  return {
    type: 'held',
    notification,
    because: 'a meeting',
    ...(untilMinute !== undefined && { until: after(untilMinute) }),
  };
}

export const withRule = (rule: 'wait' | 'skip' | 'ignore', policy = {}): HandoffInput =>
  buildInput({ policy: { timing: buildTiming(rule), ...policy } });

/** Returns a plan by which everybody is quiet until so many minutes after the submission. */
export function quietUntil(serial: number, minute: number): HandoffEvent {
  const notBefore = { at: after(minute), because: 'quiet hours' };
  return { type: 'planned', serial, plan: { people: [], skipped: [], notBefore } };
}

export function listOrdersOf(effects: readonly Effect[]): NotificationOrder[] {
  return effects.flatMap((effect) => (effect.type === 'notify' ? [effect.order] : []));
}
