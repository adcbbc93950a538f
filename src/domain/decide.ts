import { endWriting, start } from './decide/brief.ts';
import { proceed } from './decide/clock.ts';
import { answer, runCommand } from './decide/commands.ts';
import type { HandoffEvent } from './decide/event.ts';
import { forgetOld } from './decide/forget.ts';
import {
  markAccepted,
  markNotSent,
  markUndelivered,
  markUnreachable,
} from './decide/notifications.ts';
import { followPlan, markHeld } from './decide/stages.ts';
import { Turn, type Effect } from './decide/turn.ts';
import { instantAfter } from './duration.ts';
import { emptyTally, type HandoffInput, type HandoffState } from './state.ts';
import { nextWake, type Wake } from './wake.ts';

export type { HandoffEvent } from './decide/event.ts';
export type { Effect } from './decide/turn.ts';

export interface Decision {
  readonly state: HandoffState;
  readonly effects: readonly Effect[];
  /** When to come back with a `clock` event if nothing else happens; null once nothing is awaited. */
  readonly wake: Wake | null;
}

/** Returns the state of a handoff nobody has been told of yet. */
export function startState({ handoff, policy }: HandoffInput): HandoffState {
  return {
    status: 'notifying',
    expiresAt: instantAfter(handoff.submittedAt, policy.expiresAfterMs),
    stage: {
      kind: 'tier',
      tier: 0,
      round: 0,
      serial: 0,
      startedAt: handoff.submittedAt,
      planned: false,
      steps: [],
    },
    notifications: {},
    names: {},
    standings: {},
    results: {},
    tally: emptyTally(),
    timeline: [
      {
        at: handoff.submittedAt,
        what: 'submitted',
        because: `${handoff.source} handed it off as ${handoff.urgency}, policy ${policy.name}`,
      },
    ],
  };
}

/**
 * The engine: returns what a handoff becomes when `event` happens at `now` (ISO instant), what is to be done
 * about it, and when to look again. Pure: the same arguments give the same decision, and none is changed.
 */
export function decide(
  input: HandoffInput,
  state: HandoffState,
  event: HandoffEvent,
  now: string,
): Decision {
  const turn = new Turn(input, state, now);
  apply(turn, event);
  proceed(turn);
  forgetOld(turn.state);
  return { state: turn.state, effects: turn.effects, wake: nextWake(input.policy, turn.state) };
}

function apply(turn: Turn, event: HandoffEvent): void {
  switch (event.type) {
    case 'started':
      start(turn);
      break;
    case 'written':
      endWriting(turn, event.result);
      break;
    case 'clock':
      break;
    case 'command':
      runCommand(turn, event.command);
      break;
    case 'confirm':
      answer(turn, event.commandId);
      break;
    case 'planned':
      followPlan(turn, event.serial, event.plan);
      break;
    case 'accepted':
      markAccepted(turn, event.notification, event.isBundled);
      break;
    case 'not-sent':
      markNotSent(turn, event);
      break;
    case 'held':
      markHeld(turn, event);
      break;
    case 'undelivered':
      markUndelivered(turn, event.notification, event.because);
      break;
    case 'unreachable':
      markUnreachable(turn, event);
      break;
  }
}
