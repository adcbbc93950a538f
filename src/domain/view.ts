import type { Handoff } from './handoff.ts';
import {
  cardOf,
  currentHandoff,
  listAwaiting,
  lookUp,
  type CommandResult,
  type Ending,
  type HandoffCard,
  type HandoffInput,
  type HandoffState,
  type HandoffStatus,
  type TimelineEntry,
} from './state.ts';
import { nextDue, type Wake } from './wake.ts';

/** A handoff as the API shows it: while it runs the answer of a query, afterwards the workflow's result. */
export interface HandoffView extends Handoff {
  readonly status: HandoffStatus;
  readonly owner?: {
    readonly responder: string;
    readonly name: string;
    readonly since: string;
    readonly actBy: string;
  };
  readonly ending?: Ending;
  /** Set while nobody who is to be told at last can be: somebody has to look at the directory, or at the provider. */
  readonly unreached?: { readonly since: string; readonly because: string };
  /** Responders for whom it waits now. */
  readonly awaiting: readonly string[];
  readonly expiresAt: string;
  /** What happens next if nobody does anything. */
  readonly next: Wake | null;
  readonly timeline: readonly TimelineEntry[];
}

/** A handoff as its workflow leaves it: with what came of each command, for those who ask later. */
export interface HandoffResult extends HandoffView {
  readonly results: Readonly<Record<string, CommandResult>>;
}

/** The answer to "what came of my command?", with what is needed to say it in words. */
export interface CommandReport {
  readonly result: CommandResult;
  readonly card: HandoffCard;
}

/** Returns a handoff as the API shows it. */
export function viewHandoff(input: HandoffInput, state: HandoffState): HandoffView {
  const { policy } = input;
  const { status, owner, ending, unreached, expiresAt, timeline } = state;
  return {
    ...currentHandoff(input, state),
    status,
    ...(owner && {
      owner: {
        responder: owner.responder,
        name: owner.name,
        since: owner.since,
        actBy: owner.actBy,
      },
    }),
    ...(ending && { ending }),
    ...(unreached &&
      !unreached.isOver && { unreached: { since: unreached.since, because: unreached.because } }),
    awaiting: listAwaiting(state),
    expiresAt,
    next: nextDue(policy, state),
    timeline,
  };
}

/** Returns a handoff that has ended, as its workflow's result. */
export function concludeHandoff(input: HandoffInput, state: HandoffState): HandoffResult {
  return { ...viewHandoff(input, state), results: state.results };
}

/** Returns what came of a command, or null while it has not been dealt with. */
export function reportCommand(
  input: HandoffInput,
  state: HandoffState,
  commandId: string,
): CommandReport | null {
  const result = lookUp(state.results, commandId);
  return result ? { result, card: cardOf(currentHandoff(input, state)) } : null;
}

const SHOWN_ENTRIES = 40;

/** Returns the story so far as Markdown, for the Temporal UI's current details. */
export function describeProgress({ handoff, policy }: HandoffInput, state: HandoffState): string {
  const next = nextDue(policy, state);
  const left = Math.max(0, state.timeline.length - SHOWN_ENTRIES);
  return [
    `**${state.status}** · ${handoff.urgency} · code ${handoff.code}`,
    ...(state.owner ? [`Owner: ${state.owner.name}, to be done by ${state.owner.actBy}`] : []),
    ...(next ? [`Next: ${next.because}, at ${next.at}`] : []),
    '',
    ...(left > 0 ? [`(${left} earlier entries)`] : []),
    ...state.timeline
      .slice(-SHOWN_ENTRIES)
      .map((entry) => `- \`${entry.at}\` **${entry.what}**: ${entry.because}`),
  ].join('\n');
}
