import { WRITE_WITHIN_MS, type WritingResult } from '../../src/domain/brief-writer/written.ts';
import { decide, startState, type Effect, type HandoffEvent } from '../../src/domain/decide.ts';
import { instantAfter } from '../../src/domain/duration.ts';
import type { LadderStep } from '../../src/domain/policy.ts';
import {
  isFinished,
  isOpen,
  type Command,
  type HandoffInput,
  type HandoffState,
  type TierPlan,
} from '../../src/domain/state.ts';

/** What the world does: drawn at random by the property tests, written out by the others. */
export interface World {
  /** Plans in the order in which they are asked for; the last one is repeated. */
  readonly plans: readonly PlanDraft[];
  /** What becomes of each notification, in order; the last one is repeated. */
  readonly deliveries: readonly Delivery[];
  readonly commands: readonly { readonly afterMs: number; readonly command: Command }[];
  /** What comes of asking a model, and when; missing: nothing, after the 10 s there are for it. */
  readonly writing?: { readonly afterMs: number; readonly result: WritingResult };
}

export interface PlanDraft {
  readonly people: readonly string[];
  readonly skipped?: readonly string[];
  /** Everyone is quiet for this long. */
  readonly quietForMs?: number;
}

export type Delivery = { readonly afterMs: number } & (
  | { readonly outcome: 'accepted'; readonly undeliveredAfterMs?: number }
  /** `lost`: nobody can tell whether it left. */
  | { readonly outcome: 'failed' | 'lost' }
  /** The recipient is not to be disturbed: it is held if it may be, and accepted if not. */
  | { readonly outcome: 'held'; readonly untilMs?: number | undefined }
);

/** One decision as it happened. */
export interface Step {
  readonly at: string;
  readonly event: HandoffEvent;
  readonly before: HandoffState;
  readonly after: HandoffState;
  readonly effects: readonly Effect[];
}

export const SUBMITTED_AT = '2026-11-23T15:00:00.000Z';

const MAX_STEPS = 3_000;

/** Runs a handoff to its end with a virtual clock and returns every decision. Throws when it gets stuck. */
export function simulate(input: HandoffInput, world: World): readonly Step[] {
  const steps: Step[] = [];
  let state = startState(input);
  let now = input.handoff.submittedAt;
  let plans = 0;
  let deliveries = 0;
  let queue: { at: string; event: HandoffEvent; notification?: string }[] = [
    { at: now, event: { type: 'started' } },
    ...world.commands.map(({ afterMs, command }) => ({
      at: instantAfter(now, afterMs),
      event: { type: 'command' as const, command },
    })),
  ];
  let wake: string | undefined;

  const schedule = (afterMs: number, event: HandoffEvent, notification?: string): void => {
    queue.push({
      at: instantAfter(now, afterMs),
      event,
      ...(notification !== undefined && { notification }),
    });
  };

  const perform = (effect: Effect): void => {
    switch (effect.type) {
      case 'plan': {
        const draft = world.plans[Math.min(plans++, world.plans.length - 1)] ?? { people: [] };
        const { serial, request } = effect;
        schedule(5, { type: 'planned', serial, plan: makePlan(draft, request.ladder, now) });
        break;
      }
      case 'write': {
        const { afterMs, result } = world.writing ?? {
          afterMs: WRITE_WITHIN_MS,
          result: { because: 'the model was late' },
        };
        schedule(afterMs, { type: 'written', result });
        break;
      }
      case 'notify': {
        const { id, giveUpAfterMs, whenQuiet } = effect.order;
        const delivery = world.deliveries[Math.min(deliveries++, world.deliveries.length - 1)] ?? {
          outcome: 'accepted',
          afterMs: 100,
        };
        const afterMs = Math.min(delivery.afterMs, giveUpAfterMs);
        if (delivery.outcome === 'held' && whenQuiet !== undefined) {
          const { untilMs } = delivery;
          schedule(
            afterMs,
            {
              type: 'held',
              notification: id,
              because: 'a meeting',
              ...(untilMs !== undefined && { until: instantAfter(now, afterMs + untilMs) }),
            },
            id,
          );
          break;
        }
        if (delivery.outcome === 'failed' || delivery.outcome === 'lost') {
          const uncertain = delivery.outcome === 'lost';
          schedule(afterMs, { type: 'not-sent', notification: id, because: 'no', uncertain }, id);
          break;
        }
        schedule(afterMs, { type: 'accepted', notification: id }, id);
        if (delivery.outcome === 'accepted' && delivery.undeliveredAfterMs !== undefined) {
          schedule(afterMs + delivery.undeliveredAfterMs, {
            type: 'undelivered',
            notification: id,
            because: 'phone off',
          });
        }
        break;
      }
      case 'cancel': {
        // One in two is called off in time; the other has left already.
        if (Number(effect.notification.slice(1)) % 2 === 0) break;
        const pending = queue.find((entry) => entry.notification === effect.notification);
        if (!pending) break;
        queue = queue.filter((entry) => entry !== pending);
        schedule(1, {
          type: 'not-sent',
          notification: effect.notification,
          because: 'called off',
          cancelled: true,
        });
        break;
      }
      case 'call-back':
        break;
    }
  };

  while (steps.length < MAX_STEPS) {
    queue.sort((one, other) => Date.parse(one.at) - Date.parse(other.at));
    const reports = queue.filter(({ event }) => event.type !== 'command');
    if (isFinished(state) && queue.length === 0) return steps;
    if (wake === undefined && reports.length === 0 && isOpen(state)) {
      throw new Error(`stuck: open, and nothing will ever happen\n${JSON.stringify(state)}`);
    }
    const next = queue[0];
    const isAlarm = wake !== undefined && (!next || Date.parse(wake) < Date.parse(next.at));
    const event: HandoffEvent = isAlarm || !next ? { type: 'clock' } : next.event;
    const at = isAlarm ? wake : next?.at;
    if (at === undefined) return steps;
    if (!isAlarm) queue.shift();
    if (Date.parse(at) > Date.parse(now)) now = at;
    const decision = decide(input, state, event, now);
    steps.push({ at: now, event, before: state, after: decision.state, effects: decision.effects });
    state = decision.state;
    wake = decision.wake?.at;
    decision.effects.forEach(perform);
  }
  throw new Error(`no end after ${MAX_STEPS} steps`);
}

function makePlan(draft: PlanDraft, ladder: readonly LadderStep[], now: string): TierPlan {
  return {
    people: draft.quietForMs === undefined ? draft.people.map((id) => asPerson(id, ladder)) : [],
    skipped: (draft.skipped ?? []).map((responder) => ({ responder, because: 'no phone' })),
    ...(draft.quietForMs !== undefined && {
      notBefore: { at: instantAfter(now, draft.quietForMs), because: 'quiet hours' },
    }),
  };
}

function asPerson(id: string, ladder: readonly LadderStep[]): TierPlan['people'][number] {
  return { recipient: id, name: id.toUpperCase(), steps: ladder };
}
