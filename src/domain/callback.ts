/*
 * What a source hears of its handoff: events in the order of their numbers, each complete in itself.
 */
import {
  currentHandoff,
  emptyTally,
  type Actor,
  type HandoffInput,
  type HandoffState,
  type HandoffStatus,
} from './state.ts';
import type { Urgency } from './handoff.ts';
import { readKind } from './outcome.ts';

export const CALLBACK_TYPES = [
  'handoff.taken',
  'handoff.escalated',
  'handoff.unreached',
  'handoff.resolved',
  'handoff.expired',
  'handoff.withdrawn',
] as const;
export type CallbackType = (typeof CALLBACK_TYPES)[number];

/** One event as it is sent: the form that Standard Webhooks recommends, `data` being the handoff at that moment. */
export interface CallbackEvent {
  readonly type: CallbackType;
  /** When it happened. */
  readonly timestamp: string;
  readonly data: {
    readonly id: string;
    readonly externalId?: string;
    readonly code: string;
    readonly source: string;
    readonly policy: string;
    readonly urgency: Urgency;
    readonly metadata?: Readonly<Record<string, string>>;
    /** Counts this handoff's events from 1. */
    readonly sequence: number;
    readonly status: HandoffStatus;
    /** Who did it; missing: time did. */
    readonly by?: Actor;
    readonly owner?: { readonly responder: string; readonly name: string; readonly since: string };
    /** One of the declared outcomes. */
    readonly outcome?: string;
    /** What was said besides. */
    readonly text?: string;
    /** Why it went on to others. */
    readonly because?: string;
    readonly submittedAt: string;
    readonly firstToldAt?: string;
    readonly takenAt?: string;
    readonly endedAt?: string;
    readonly secondsToTake?: number;
    readonly secondsToAct?: number;
    /** Messages that providers accepted. */
    readonly notifications: number;
    readonly escalations: number;
  };
}

/** An event on its way: what a delivery is made from. */
export interface Callback {
  readonly url: string;
  readonly event: CallbackEvent;
}

/** Returns the event with a number as the state tells it. */
export function describeEvent(
  input: HandoffInput,
  state: HandoffState,
  {
    type,
    sequence,
    at,
    by,
    because,
  }: {
    readonly type: CallbackType;
    readonly sequence: number;
    readonly at: string;
    readonly by?: Actor;
    readonly because?: string;
  },
): CallbackEvent {
  const { id, externalId, code, source, policy, urgency, metadata, submittedAt } = currentHandoff(
    input,
    state,
  );
  const { status, owner, ending, notifications, tally = emptyTally() } = state;
  const { firstToldAt, takenAt, escalations } = tally;
  return {
    type,
    timestamp: at,
    data: {
      id,
      ...(externalId !== undefined && { externalId }),
      code,
      source,
      policy,
      urgency,
      ...(metadata && { metadata }),
      sequence,
      status,
      ...(by && { by }),
      ...(owner && {
        owner: { responder: owner.responder, name: owner.name, since: owner.since },
      }),
      ...(ending?.outcome !== undefined && { outcome: ending.outcome }),
      ...(ending?.note !== undefined && { text: ending.note }),
      ...(because !== undefined && { because }),
      submittedAt,
      ...(firstToldAt !== undefined && { firstToldAt }),
      ...(takenAt !== undefined && { takenAt }),
      ...(ending && { endedAt: ending.at }),
      ...measureTimes(submittedAt, state),
      notifications: Object.values(notifications).filter(({ status: sent }) => sent === 'accepted')
        .length,
      escalations,
    },
  };
}

/** Returns how long it took, in whole seconds from submission, until it was first taken and until it was resolved. */
export function measureTimes(
  submittedAt: string,
  { tally, ending }: Pick<HandoffState, 'tally' | 'ending'>,
): { secondsToTake?: number; secondsToAct?: number } {
  const secondsUntil = (at: string): number =>
    Math.max(0, Math.round((Date.parse(at) - Date.parse(submittedAt)) / 1_000));
  return {
    ...(tally?.takenAt !== undefined && { secondsToTake: secondsUntil(tally.takenAt) }),
    ...(ending?.status === 'resolved' && { secondsToAct: secondsUntil(ending.at) }),
  };
}

/** The reasons of a pass that are counted as such, beside the handoff's own outcomes. */
const REASONS = ['bad-lead', 'duplicate', 'wrong-person', 'too-late', 'busy', 'away'] as const;

/**
 * Returns the kind of a reason in somebody's words, for counting: one of the declared outcomes or of the usual
 * reasons where the words begin with it, else `other`; `none` without words.
 */
export function classifyReason(reason: string | undefined, outcomes: readonly string[]): string {
  const said = (reason ?? '').trim();
  if (said === '') return 'none';
  const kinds = [...new Set([...outcomes, ...REASONS])].sort((a, b) => b.length - a.length);
  return kinds.find((kind) => readKind(kind, said) !== undefined) ?? 'other';
}
