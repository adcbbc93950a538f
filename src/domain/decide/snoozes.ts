import { formatDuration, instantAfter } from '../duration.ts';
import { isOpen, lookUp, type CommandEffect } from '../state.ts';
import { callOffTo, channelTo } from './notifications.ts';
import { isStepDue, sendOffer } from './stages.ts';
import type { Turn } from './turn.ts';

/** How long a snooze lasts unless it says so, and what it is kept within. */
const SNOOZE_MS = 15 * 60_000;
const SNOOZE = { min: 60_000, max: 24 * 3_600_000 } as const;

/**
 * Leaves a person alone for a while. The tiers go on meanwhile: a snooze is no answer. An owner gets the time,
 * and after it as long as between a reminder and the end of their time by the policy.
 */
export function snooze(
  turn: Turn,
  { id, name }: { id: string; name: string },
  forMs = SNOOZE_MS,
): CommandEffect {
  const lastsMs = Math.min(Math.max(forMs, SNOOZE.min), SNOOZE.max);
  const until = instantAfter(turn.now, lastsMs);
  const { owner } = turn.state;
  if (owner) {
    const actBy = instantAfter(until, turn.input.policy.actWithinMs / 2);
    turn.state.owner = {
      ...owner,
      remindAt: until,
      reminded: false,
      actBy: Date.parse(actBy) > Date.parse(owner.actBy) ? actBy : owner.actBy,
    };
    turn.record({
      what: 'snoozed',
      because: `${name} needs ${formatDuration(lastsMs)} more`,
      responder: id,
    });
  } else {
    turn.state.snoozes = { ...turn.state.snoozes, [id]: until };
    callOffTo(turn, id);
    turn.stand(id, 'asked');
    turn.record({
      what: 'snoozed',
      because: `${name} asked to be told again in ${formatDuration(lastsMs)}`,
      responder: id,
    });
  }
  return 'snoozed';
}

/** Returns when the time that somebody asked for is over. */
export function snoozedUntil(turn: Turn, id: string): string | undefined {
  return turn.state.owner?.remindAt ?? lookUp(turn.state.snoozes ?? {}, id);
}

/** Asks again whoever asked for that, if it still waits for them. */
export function endSnooze(turn: Turn): boolean {
  const { snoozes } = turn.state;
  if (!snoozes || !isOpen(turn.state) || turn.state.owner) return false;
  const recipient = Object.keys(snoozes).find((id) => turn.isDue(snoozes[id] ?? ''));
  if (recipient === undefined) return false;
  forgetSnooze(turn, recipient);
  const { kind, steps } = turn.state.stage;
  if (turn.state.standings[recipient] !== 'asked' || kind === 'announcement') return true;
  // A step of the ladder may just have been waiting for this.
  if (steps.some((step) => step.recipient === recipient && isStepDue(turn, step))) return true;
  const channel = channelTo(turn, recipient);
  sendOffer(turn, { recipient, channel, dueAt: turn.now }, true);
  return true;
}

/** Whoever asked to be told at a time, and was not by the one way, is told by another. */
export function tellAnotherWay(turn: Turn): boolean {
  const { notifications, standings, owner, stage } = turn.state;
  const failed = Object.values(notifications).find(
    ({ isAskedFor, status }) => isAskedFor && status === 'failed',
  );
  if (!failed) return false;
  const { id, recipient, channel } = failed;
  const { isAskedFor: _, ...rest } = failed;
  notifications[id] = rest;
  const isWanted = isOpen(turn.state) && !owner && stage.kind !== 'announcement';
  if (isWanted && standings[recipient] === 'asked') {
    sendOffer(turn, {
      recipient,
      channel: channel === 'email' ? 'sms' : 'email',
      dueAt: turn.now,
    });
  }
  return true;
}

/** Whoever has answered is not asked again. */
export function forgetSnooze(turn: Turn, recipient: string): void {
  turn.state.snoozes = Object.fromEntries(
    Object.entries(turn.state.snoozes ?? {}).filter(([id]) => id !== recipient),
  );
}
