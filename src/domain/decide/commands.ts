import { applyAmendment, isWorthTelling } from '../amendment.ts';
import { classifyReason } from '../callback.ts';
import { markCommand } from '../command.ts';
import { instantAfter } from '../duration.ts';
import { enumerate } from '../enumeration.ts';
import { readOutcome, type SaidOutcome } from '../outcome.ts';
import {
  isOpen,
  lookUp,
  nameActor,
  putUnder,
  type Actor,
  type Command,
  type CommandEffect,
  type Ownership,
} from '../state.ts';
import { end } from './ends.ts';
import {
  WRITE_FOR_MS,
  callOff,
  callOffTo,
  send,
  standDown,
  tellAmendment,
  write,
} from './notifications.ts';
import { forgetSnooze, snooze, snoozedUntil } from './snoozes.ts';
import { advance, askForPlan, beginStage, endWait } from './stages.ts';
import type { Turn } from './turn.ts';

const MAX_RESULTS = 200;

/** So many changes are remembered for those who have not heard of them. */
const MAX_CHANGES = 60;

/** What somebody said is later than something else only by more than this: the two are told by different clocks. */
const SAID_WITHIN_MS = 2_000;

/** Applies a command once, and keeps what came of it under its id. */
export function runCommand(turn: Turn, command: Command): void {
  if (lookUp(turn.state.results, command.id)) {
    if (command.confirm) answer(turn, command.id);
    return;
  }
  if (command.by.kind === 'responder') turn.state.names[command.by.id] = command.by.name;
  const last = Object.values(turn.state.results).findLast(({ by }) => isSame(by, command.by));
  const effect = isOvertaken(turn, command)
    ? refuse(turn, command, 'overtaken')
    : applyVerb(turn, command);
  const until = effect === 'snoozed' ? snoozedUntil(turn, command.by.id) : undefined;
  const { owner, ending } = turn.state;
  putUnder(turn.state.results, command.id, {
    commandId: command.id,
    mark: markCommand(command),
    verb: command.verb,
    by: command.by,
    via: command.via,
    at: turn.now,
    ...(command.saidAt !== undefined && { saidAt: command.saidAt }),
    effect,
    ...(until !== undefined && { until }),
    ...(last?.verb === command.verb && last.effect === effect && { isRepeated: true }),
    ...(owner && {
      owner: { responder: owner.responder, name: owner.name, since: owner.since },
    }),
    ...(ending && { ending }),
  });
  const ids = Object.keys(turn.state.results);
  for (const id of ids.slice(0, Math.max(0, ids.length - MAX_RESULTS))) {
    // Results are plain JSON keyed by command id.
    // oxlint-disable-next-line typescript/no-dynamic-delete
    delete turn.state.results[id];
  }
  if (command.confirm) answer(turn, command.id);
}

/** A note is worth reading whenever it comes, and takes nothing back. */
function isOvertaken(turn: Turn, { verb, by, saidAt }: Command): boolean {
  if (saidAt === undefined || verb === 'note') return false;
  const after = Date.parse(saidAt) + SAID_WITHIN_MS;
  return Object.values(turn.state.results).some(
    (result) =>
      isSame(result.by, by) &&
      result.verb !== 'note' &&
      result.effect !== 'overtaken' &&
      Date.parse(result.saidAt ?? result.at) > after,
  );
}

function applyVerb(turn: Turn, command: Command): CommandEffect {
  const { by } = command;
  const { owner } = turn.state;
  const isOwner = by.kind === 'responder' && owner?.responder === by.id;
  if (!isOpen(turn.state)) return refuse(turn, command, 'closed');
  switch (command.verb) {
    case 'take':
      if (by.kind !== 'responder') return refuse(turn, command, 'held-by-other');
      if (isOwner) return 'already-yours';
      if (!owner) return take(turn, by, command.via);
      if (command.over !== true) return refuse(turn, command, 'held-by-other');
      // They are told with the others who has it now.
      turn.stand(owner.responder, 'asked');
      return take(turn, by, command.via, owner);
    case 'snooze':
      if (by.kind !== 'responder' || (owner && !isOwner))
        return refuse(turn, command, 'held-by-other');
      return snooze(turn, by, command.forMs);
    case 'pass':
      if (owner && !isOwner) return refuse(turn, command, 'held-by-other');
      return pass(turn, command, by);
    case 'resolve':
      if (owner && by.kind === 'responder' && !isOwner)
        return refuse(turn, command, 'held-by-other');
      end(turn, { status: 'resolved', at: turn.now, by, ...nameOutcome(turn, command) }, by);
      return 'resolved';
    case 'withdraw':
      end(
        turn,
        {
          status: 'withdrawn',
          at: turn.now,
          by,
          ...(command.reason !== undefined && { note: command.reason }),
        },
        by,
      );
      return 'withdrawn';
    case 'escalate': {
      const because = `${nameActor(by)} asked for the next tier${withReason(command.reason)}`;
      if (owner) release(turn, owner, because);
      advance(turn, because);
      return 'escalated';
    }
    case 'note':
      turn.record({
        what: 'noted',
        because: `${nameActor(by)}: ${command.text}`,
        ...(by.kind === 'responder' && { responder: by.id }),
      });
      return 'noted';
    case 'amend':
      return amend(turn, command, by);
    case 'reassign':
      return reassign(turn, command, by);
  }
}

function take(
  turn: Turn,
  by: { id: string; name: string },
  via: string,
  from?: Ownership,
): CommandEffect {
  const { actWithinMs } = turn.input.policy;
  turn.state.status = 'owned';
  turn.state.owner = {
    responder: by.id,
    name: by.name,
    since: turn.now,
    remindAt: instantAfter(turn.now, actWithinMs / 2),
    reminded: false,
    actBy: instantAfter(turn.now, actWithinMs),
  };
  delete turn.state.stage.notBefore;
  delete turn.state.unreached;
  turn.state.snoozes = {};
  turn.count({ takenAt: turn.tally.takenAt ?? turn.now, takenBy: by.id });
  const how = from ? `took it over from ${from.name}` : 'took it';
  turn.record({ what: 'taken', because: `${by.name} ${how} by ${via}`, responder: by.id });
  callOff(turn);
  turn.stand(by.id, 'owner');
  standDown(turn, [by.id]);
  turn.callBack('handoff.taken', { by: { kind: 'responder', ...by } });
  return 'taken';
}

/** Takes the handoff from its owner, who is told why; they may still take it again. */
export function release(turn: Turn, owner: Ownership, because: string): void {
  delete turn.state.owner;
  turn.stand(owner.responder, 'asked');
  write(turn, owner.responder, { kind: 'released', because });
}

function pass(turn: Turn, command: Command & { verb: 'pass' }, by: Command['by']): CommandEffect {
  const because = `${nameActor(by)} passed it on${withReason(command.reason)}`;
  const { owner } = turn.state;
  if (by.kind !== 'responder') {
    advance(turn, because);
    return 'passed';
  }
  if (turn.state.standings[by.id] === 'passed') return 'passed';
  turn.record({ what: 'passed', because, responder: by.id });
  const kind = classifyReason(command.reason, turn.handoff.action.outcomes);
  const others = turn.tally.declined.filter((entry) => !entry.startsWith(`${by.id}:`));
  turn.count({ declined: [...others, `${by.id}:${kind}`] });
  if (owner) delete turn.state.owner;
  forgetSnooze(turn, by.id);
  callOffTo(turn, by.id);
  turn.stand(by.id, 'passed');
  if (owner) advance(turn, because);
  else if (turn.state.stage.notBefore) endWait(turn);
  return 'passed';
}

/** Gives it to one person: the others are told that it no longer waits for them. */
function reassign(turn: Turn, command: Command & { verb: 'reassign' }, by: Actor): CommandEffect {
  const { to, reason } = command;
  const { owner, stage } = turn.state;
  if (owner ? owner.responder === to.id : stage.assignee === to.id) return 'unchanged';
  turn.state.names[to.id] = to.name;
  const because = `${nameActor(by)} gave it to ${to.name}${withReason(reason)}`;
  turn.record({ what: 'reassigned', because, responder: to.id });
  callOff(turn);
  turn.state.snoozes = {};
  if (owner) {
    delete turn.state.owner;
    turn.stand(owner.responder, 'stood-down');
    write(turn, owner.responder, { kind: 'released', because });
  }
  // Whoever passed it before may be given it all the same.
  if (turn.state.standings[to.id] === 'passed') turn.stand(to.id, 'stood-down');
  standDown(turn, [to.id], because);
  beginStage(turn, { kind: 'tier', tier: -1, round: stage.round, because, assignee: to.id });
  askForPlan(turn);
  return 'reassigned';
}

function amend(turn: Turn, { amendment }: Command & { verb: 'amend' }, by: Actor): CommandEffect {
  const { amended, changes } = applyAmendment(turn.handoff, amendment);
  if (changes.length === 0) return 'unchanged';
  turn.state.amended = amended;
  const dated = changes.map((change) => ({ ...change, at: turn.now }));
  turn.state.changes = [...(turn.state.changes ?? []), ...dated].slice(-MAX_CHANGES);
  turn.state.amendedAt = turn.now;
  turn.record({
    what: 'amended',
    because: `${nameActor(by)} changed ${enumerate(changes.map(({ what }) => what))}`,
  });
  const { owner, standings } = turn.state;
  const told = Object.keys(standings).filter((id) => standings[id] === 'asked');
  if (changes.some(isWorthTelling))
    for (const id of owner ? [owner.responder] : told) tellAmendment(turn, id);
  // Until when it may wait depends on both.
  const isMoved = amendment.action?.contact !== undefined || amendment.action?.dueAt !== undefined;
  if (isMoved && !owner && turn.state.stage.notBefore) endWait(turn);
  return 'amended';
}

/** A declared outcome may be given as such or as the first word of the text; anything else is a note. */
function nameOutcome(turn: Turn, command: Command & { verb: 'resolve' }): SaidOutcome {
  const declared = turn.handoff.action.outcomes;
  const { outcome: given, note } = command;
  if (given !== undefined && (declared.length === 0 || declared.includes(given))) {
    return { outcome: given, ...(note !== undefined && { note }) };
  }
  const text = [given, note].filter((part) => part !== undefined).join(': ');
  return readOutcome(text, declared);
}

function refuse(
  turn: Turn,
  command: Command,
  effect: 'held-by-other' | 'closed' | 'overtaken',
): CommandEffect {
  const { saidAt = '' } = command;
  const why =
    effect === 'closed'
      ? `it is ${turn.state.status}`
      : effect === 'overtaken'
        ? `that came late, from ${saidAt}, and they have said something else since`
        : turn.state.owner
          ? `${turn.state.owner.name} has it`
          : 'only a responder can take it';
  turn.record({
    what: 'refused',
    because: `${nameActor(command.by)} asked to ${command.verb}: ${why}`,
    ...(command.by.kind === 'responder' && { responder: command.by.id }),
  });
  return effect;
}

/** Tells the sender what came of a command, once: however often it is asked for, they read it once. */
export function answer(turn: Turn, commandId: string): void {
  const result = lookUp(turn.state.results, commandId);
  if (result?.by.kind !== 'responder' || result.isConfirmed === true) return;
  putUnder(turn.state.results, commandId, { ...result, isConfirmed: true });
  const channel = result.via === 'email' ? 'email' : 'sms';
  send(turn, result.by.id, channel, { kind: 'answer', result }, WRITE_FOR_MS);
}

function isSame(one: Actor, other: Actor): boolean {
  return one.kind === other.kind && one.id === other.id;
}

function withReason(reason: string | undefined): string {
  return reason ? `: ${reason}` : '';
}
