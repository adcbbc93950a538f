import { instantAfter } from '../duration.ts';
import type { Command, Ending } from '../state.ts';
import { callOff, describeOutcome, standDown } from './notifications.ts';
import { enterStage, labelStage, statusOf } from './stages.ts';
import type { Turn } from './turn.ts';

/** For so long an end that nobody could be told of is announced again. */
const ANNOUNCE_WITHIN_MS = 30 * 24 * 3_600_000;

/** Ends it: everyone for whom it waits is told how, and its source. */
export function end(turn: Turn, ending: Ending, by?: Command['by']): void {
  turn.state.ending = ending;
  turn.state.status = ending.status;
  delete turn.state.stage.notBefore;
  turn.record({
    what: ending.status,
    because: describeOutcome(turn),
    ...(by?.kind === 'responder' && { responder: by.id }),
  });
  callOff(turn);
  const { owner } = turn.state;
  if (owner) turn.stand(owner.responder, 'asked');
  delete turn.state.owner;
  // An expiry is told when it is known who hears of it by the announcement.
  if (ending.status !== 'expired') standDown(turn, by?.kind === 'responder' ? [by.id] : []);
  turn.callBack(`handoff.${ending.status}`, ending.by ? { by: ending.by } : {});
}

/** Nobody has finished it in time: those of the announcement are told. */
export function expire(turn: Turn): void {
  const { owner } = turn.state;
  const because = owner
    ? `${owner.name} took it and it was not done by its end`
    : 'nobody took it before its end';
  end(turn, { status: 'expired', at: turn.now, note: because });
  enterStage(turn, 'announcement', 0, turn.state.stage.round, because);
}

/** Whoever nobody comes after is tried on every channel they have before they count as not to be reached. */
export function trySpare(turn: Turn): boolean {
  const { stage } = turn.state;
  for (const [recipient, [channel, ...others]] of Object.entries(stage.spare ?? {})) {
    const steps = stage.steps.filter((step) => step.recipient === recipient);
    if (channel === undefined || steps.some((step) => statusOf(turn, step) !== 'failed')) continue;
    stage.spare = { ...stage.spare, [recipient]: others };
    stage.steps.push({ recipient, channel, dueAt: turn.now });
    return true;
  }
  return false;
}

/** Says so, once, when no message to those whom nobody comes after arrived, or there was none to send. */
export function findUnreached(turn: Turn): boolean {
  const { stage } = turn.state;
  if (stage.isUnreached === true) return false;
  const unreached = wasReached(turn) ? undefined : turn.state.unreached;
  if (stage.steps.some((step) => statusOf(turn, step) !== 'failed')) return false;
  const because =
    stage.steps.length === 0
      ? `nobody of the ${labelStage(turn)} can be told`
      : `no message of the ${labelStage(turn)} arrived`;
  stage.isUnreached = true;
  turn.state.unreached = {
    since: unreached?.since ?? turn.now,
    because,
    attempts: (unreached?.attempts ?? 0) + 1,
  };
  turn.record({ what: 'unreached', because });
  if (!unreached) turn.callBack('handoff.unreached', { because });
  return true;
}

/** What was accepted long ago and never came back has arrived: it is news that nobody can be told any more. */
function wasReached(turn: Turn): boolean {
  const { isOver, overAt } = turn.state.unreached ?? {};
  return isOver === true && overAt !== undefined && turn.isDue(instantAfter(overAt, ARRIVED_MS));
}

/** Providers tell within this time that a message did not arrive. */
const ARRIVED_MS = 3_600_000;

/** Nobody could be told of its end: they are tried again, for as long as that is news. */
export function announceAgain(turn: Turn): void {
  const { ending, stage } = turn.state;
  const since = Date.parse(ending?.at ?? turn.now);
  if (Date.parse(turn.now) < since + ANNOUNCE_WITHIN_MS) {
    enterStage(turn, 'announcement', 0, stage.round, stage.because ?? 'nobody took it');
    return;
  }
  stage.isSettled = true;
  turn.record({ what: 'unreached', because: 'given up: nobody could be told of its end' });
}
