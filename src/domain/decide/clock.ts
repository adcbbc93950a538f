import { formatDuration } from '../duration.ts';
import { isOpen, type Ownership } from '../state.ts';
import { stageEnd } from '../wake.ts';
import { release } from './commands.ts';
import { announceAgain, expire, findUnreached, trySpare } from './ends.ts';
import { sendHeld, write } from './notifications.ts';
import { endSnooze, tellAnotherWay } from './snoozes.ts';
import {
  advance,
  describeSilence,
  isStepDue,
  sendOffer,
  reasonTierIsSpent,
  endWait,
  remindLastResort,
} from './stages.ts';
import type { Turn } from './turn.ts';

/** Brings the handoff to where the clock says it should be. Each pass changes something or ends. */
export function proceed(turn: Turn): void {
  while (proceedOnce(turn));
}

function proceedOnce(turn: Turn): boolean {
  const { state } = turn;
  if (isOpen(state) && turn.isDue(state.expiresAt)) {
    expire(turn);
    return true;
  }
  if (sendHeld(turn)) return true;
  if (endSnooze(turn) || tellAnotherWay(turn)) return true;
  if (isOpen(state) && state.owner) return proceedOwned(turn, state.owner);
  if (!isOpen(state) && state.stage.kind !== 'announcement') return false;
  return proceedStage(turn);
}

function proceedOwned(turn: Turn, owner: Ownership): boolean {
  if (turn.isDue(owner.actBy)) {
    const { actWithinMs } = turn.input.policy;
    const because = `${owner.name} took it and did not finish within ${formatDuration(actWithinMs)}`;
    turn.record({ what: 'overdue', because, responder: owner.responder });
    release(turn, owner, because);
    advance(turn, because);
    return true;
  }
  if (!owner.reminded && turn.isDue(owner.remindAt)) {
    turn.state.owner = { ...owner, reminded: true };
    write(turn, owner.responder, { kind: 'reminder', actBy: owner.actBy });
    return true;
  }
  return false;
}

function proceedStage(turn: Turn): boolean {
  const { stage } = turn.state;
  if (stage.notBefore && turn.isDue(stage.notBefore.at)) {
    endWait(turn);
    return true;
  }
  if (!stage.planned) {
    const end = stageEnd(turn.input.policy, turn.state);
    if (stage.kind !== 'tier' || stage.notBefore || !end || !turn.isDue(end)) return false;
    advance(turn, 'nobody could be found to tell in time');
    return true;
  }
  const step = stage.steps.find((candidate) => isStepDue(turn, candidate));
  if (step) {
    step.notification = sendOffer(turn, step);
    return true;
  }
  if (stage.kind === 'tier') {
    const failure = reasonTierIsSpent(turn);
    if (failure !== undefined) {
      advance(turn, failure);
      return true;
    }
  } else if (trySpare(turn) || findUnreached(turn)) {
    return true;
  }
  const end = stage.isSettled === true ? undefined : stageEnd(turn.input.policy, turn.state);
  if (!end || !turn.isDue(end)) return false;
  if (stage.kind === 'tier') advance(turn, describeSilence(turn));
  else if (stage.kind === 'last-resort') remindLastResort(turn, describeSilence(turn));
  else if (stage.isUnreached !== true) stage.isSettled = true;
  else announceAgain(turn);
  return true;
}
