import { instantAfter } from '../duration.ts';
import type { Channel } from '../policy.ts';
import { asLast, ruleOn } from '../quiet-rule.ts';
import {
  isMailbox,
  isOpen,
  isStepLeft,
  isUnderway,
  lookUp,
  tierOf,
  type HandoffState,
  type Message,
  type Notification,
  type PlanRequest,
  type StageStep,
  type TierPlan,
} from '../state.ts';
import type { HandoffEvent } from './event.ts';
import { isAsking, noteHeld, send, standDown } from './notifications.ts';
import type { Turn } from './turn.ts';

/** An announcement is worth sending for a day. */
const ANNOUNCE_FOR_MS = 24 * 3_600_000;

/** Who is on duty may have changed since; the moment itself is looked at again before anything is sent. */
const PLAN_FOR_MS = 60_000;

/** How often a stage is planned anew because the moment was wrong when it came to sending. */
const MAX_REPLANS = 3;

/** The first tier goes by the plan that was made at the submission, while that is true; later it is planned anew. */
export function enterFirst(turn: Turn): void {
  const { plan, handoff } = turn.input;
  if (plan && !turn.isDue(instantAfter(handoff.submittedAt, PLAN_FOR_MS))) {
    turn.state.stage.startedAt = turn.now;
    followPlan(turn, turn.state.stage.serial, plan);
  } else {
    askForPlan(turn);
  }
}

/** Goes on to the next tier, round or the last resort; `because` is told to whoever it comes to. */
export function advance(turn: Turn, because: string): void {
  const { policy } = turn.input;
  const { stage } = turn.state;
  if (stage.kind === 'tier' && stage.tier + 1 < policy.tiers.length) {
    enterStage(turn, 'tier', stage.tier + 1, stage.round, because);
  } else if (stage.kind === 'tier' && stage.round < policy.repeat) {
    enterStage(turn, 'tier', 0, stage.round + 1, because);
  } else {
    enterStage(turn, 'last-resort', 0, stage.round, because);
  }
}

/** Asks the last resort once more. */
export function remindLastResort(turn: Turn, because: string): void {
  enterStage(turn, 'last-resort', 0, turn.state.stage.round, because, true);
}

/** Enters a stage and asks whom there is to tell in it. */
export function enterStage(
  turn: Turn,
  kind: 'tier' | 'last-resort' | 'announcement',
  tier: number,
  round: number,
  because: string,
  isReminder = false,
) {
  beginStage(turn, { kind, tier, round, because });
  if (isOpen(turn.state)) {
    const where = `${because}: on to ${labelStage(turn)}`;
    turn.record({ what: 'escalated', because: where });
    // That the last resort is asked once more brings nobody new in; that nobody has it any more is news.
    if (!isReminder) {
      turn.count({ escalations: turn.tally.escalations + 1 });
      turn.callBack('handoff.escalated', { because: where });
    }
  }
  askForPlan(turn);
}

/** Puts a stage in place of the one before; whom to tell in it is not asked yet. */
export function beginStage(
  turn: Turn,
  stage: {
    readonly kind: 'tier' | 'last-resort' | 'announcement';
    readonly tier: number;
    readonly round: number;
    readonly because: string;
    readonly assignee?: string;
  },
): void {
  turn.state.stage = {
    ...stage,
    serial: turn.state.stage.serial + 1,
    startedAt: turn.now,
    planned: false,
    steps: [],
  };
  if (isOpen(turn.state)) turn.state.status = 'notifying';
}

/** Ends a wait: whom there is to tell now is planned anew. */
export function endWait(turn: Turn): void {
  delete turn.state.stage.notBefore;
  turn.state.stage.waited = true;
  if (isOpen(turn.state)) turn.state.status = 'notifying';
  askForPlan(turn);
}

/** Asks whom there is to tell in this stage, from now on. */
export function askForPlan(turn: Turn): void {
  const { stage } = turn.state;
  stage.planned = false;
  stage.startedAt = turn.now;
  stage.steps = [];
  // What was accepted under an earlier plan did not arrive, or there would be no other.
  delete stage.firstAcceptedAt;
  delete stage.spare;
  delete stage.isUnreached;
  turn.effects.push({
    type: 'plan',
    serial: stage.serial,
    label: labelStage(turn),
    request: requestPlan(turn),
  });
}

function requestPlan(turn: Turn): PlanRequest {
  const { stage, standings } = turn.state;
  const { policy } = turn.input;
  const { lastResort, timing } = policy;
  const tier = tierOf(policy, stage);
  if (!tier) {
    const { notify, ladder } = lastResort;
    return {
      at: turn.now,
      notify,
      ladder,
      passed: [],
      later: [],
      isLast: true,
      lastsMs: lastResort.remindEveryMs,
      ...(timing && { timing: asLast(timing) }),
    };
  }
  const { contact, dueAt } = turn.handoff.action;
  return {
    at: turn.now,
    notify: tier.notify,
    ladder: tier.ladder,
    passed: Object.keys(standings).filter((id) => standings[id] === 'passed'),
    later: [
      ...policy.tiers.slice(stage.tier + 1),
      ...(stage.round < policy.repeat ? policy.tiers : []),
    ].map(({ notify, ladder }) => ({ notify, ladder })),
    lastsMs: tier.escalateAfterMs,
    ...(timing && { timing }),
    ...(dueAt !== undefined && { deadline: dueAt }),
    ...(contact && { contact }),
  };
}

/** Tells, or waits, as the plan says; one made for an earlier stage is stale. */
export function followPlan(turn: Turn, serial: number, plan: TierPlan): void {
  const { stage } = turn.state;
  if (serial !== stage.serial) return;
  // Somebody took it, or it ended, while the plan was being made.
  if (stage.kind !== 'announcement' && (!isOpen(turn.state) || turn.state.owner)) return;
  for (const { responder, because } of plan.skipped) {
    turn.record({ what: 'skipped', because, responder });
  }
  if (plan.notBefore) {
    stage.notBefore = plan.notBefore;
    if (isOpen(turn.state)) turn.state.status = 'waiting';
    turn.record({ what: 'waiting', because: plan.notBefore.because });
    return;
  }
  if (plan.toLastResort !== undefined) {
    enterStage(turn, 'last-resort', 0, stage.round, plan.toLastResort);
    return;
  }
  stage.planned = true;
  stage.startedAt = turn.now;
  if (plan.pauses) stage.pauses = plan.pauses;
  for (const person of plan.people) {
    turn.state.names[person.recipient] = person.name;
    // The last resort asks again those who passed before.
    if (stage.kind === 'last-resort' && turn.state.standings[person.recipient] === 'passed') {
      turn.stand(person.recipient, 'asked');
    }
    if (person.spare) stage.spare = { ...stage.spare, [person.recipient]: person.spare };
    for (const step of person.steps) {
      stage.steps.push({
        recipient: person.recipient,
        channel: step.channel,
        dueAt: latest(instantAfter(turn.now, step.afterMs, plan.pauses), step.notBefore),
        ...(step.notBefore !== undefined && { notBefore: step.notBefore }),
        ...(step.anyway === true && { anyway: true }),
      });
    }
  }
  if (stage.kind === 'announcement') {
    standDown(
      turn,
      plan.people.map((person) => person.recipient),
    );
  }
  const who = plan.people
    .map(({ name, because }) => (because === undefined ? name : `${name} (${because})`))
    .join(', ');
  turn.record({ what: 'planned', because: `${labelStage(turn)}: ${who || 'nobody to tell'}` });
}

/** The moment had become a wrong one by the time it was to be sent. */
export function markHeld(turn: Turn, event: Extract<HandoffEvent, { type: 'held' }>): void {
  const notification = noteHeld(turn, event);
  const { stage } = turn.state;
  const step = stage.steps.find((candidate) => candidate.notification === event.notification);
  if (!notification || !step) return;
  const { recipient, channel } = notification;
  const { until } = event;
  if (stage.kind !== 'announcement' && (!isOpen(turn.state) || turn.state.owner)) return;
  stage.steps = stage.steps.filter((candidate) => candidate !== step);
  const isAnybodyTold = stage.steps.some((other) => {
    const status = statusOf(turn, other);
    return status === 'accepted' || (status !== undefined && isUnderway(status));
  });
  const replans = stage.replans ?? 0;
  if (!isAnybodyTold && replans < MAX_REPLANS) {
    stage.replans = replans + 1;
    askForPlan(turn);
  } else if (until !== undefined && stage.kind !== 'tier') {
    stage.steps.push({ recipient, channel, dueAt: until, notBefore: until });
  } else if (!isAnybodyTold && stage.kind !== 'tier') {
    // Nobody comes after these, and nobody knows until when they are away.
    stage.steps.push({ recipient, channel, dueAt: turn.now, anyway: true });
  } else if (until !== undefined && waitsOn(turn, channel)) {
    stage.steps.push({ recipient, channel, dueAt: until, notBefore: until });
  }
}

function waitsOn(turn: Turn, channel: Channel): boolean {
  const { timing } = turn.input.policy;
  return timing !== undefined && ruleOn(channel, timing.whenQuiet) === 'wait';
}

/** Sends what the stage is about on one channel and returns the notification's id. */
export function sendOffer(
  turn: Turn,
  { recipient, channel, anyway = false }: StageStep,
  isAskedFor?: true,
): string {
  const { stage, notifications, forgotten } = turn.state;
  const earlier = Object.values(notifications).filter((one) => one.recipient === recipient);
  const notice =
    1 + earlier.filter(isAsking).length + (lookUp(forgotten?.notices ?? {}, recipient) ?? 0);
  const because = stage.because;
  const { lastResort, timing } = turn.input.policy;
  const rules = anyway ? undefined : timing;
  switch (stage.kind) {
    case 'tier': {
      const message: Message = {
        kind: 'offer',
        tier: labelStage(turn),
        notice,
        ...(because !== undefined && { because }),
      };
      const tier = tierOf(turn.input.policy, stage);
      return send(turn, recipient, channel, message, tier?.escalateAfterMs ?? 60_000, {
        whenQuiet: rules && ruleOn(channel, rules.whenQuiet),
        isAskedFor,
      });
    }
    case 'last-resort':
      return send(
        turn,
        recipient,
        channel,
        { kind: 'last-resort', notice, because: because ?? 'nobody took it' },
        lastResort.remindEveryMs,
        { whenQuiet: rules && ruleOn(channel, asLast(rules).whenQuiet), isAskedFor },
      );
    case 'announcement':
      return send(
        turn,
        recipient,
        channel,
        { kind: 'expired', because: because ?? 'nobody took it' },
        ANNOUNCE_FOR_MS,
        { whenQuiet: rules && ruleOn(channel, asLast(rules).whenQuiet), isAskedFor },
      );
  }
}

/** A step is due by the clock, or at once when the one before it has failed; not while they snooze. */
export function isStepDue(turn: Turn, step: HandoffState['stage']['steps'][number]): boolean {
  if (!isStepLeft(turn.state, step)) return false;
  const snooze = lookUp(turn.state.snoozes ?? {}, step.recipient);
  if (snooze !== undefined && !turn.isDue(snooze)) return false;
  if (turn.isDue(step.dueAt)) return true;
  if (step.notBefore !== undefined && !turn.isDue(step.notBefore)) return false;
  const last = turn.state.stage.steps.findLast(
    (other) => other.recipient === step.recipient && other.notification !== undefined,
  );
  return last !== undefined && statusOf(turn, last) === 'failed';
}

/** Returns what became of the message of a step, if one was sent. */
export function statusOf(
  turn: Turn,
  step: HandoffState['stage']['steps'][number],
): Notification['status'] | undefined {
  return step.notification === undefined
    ? undefined
    : turn.state.notifications[step.notification]?.status;
}

/** Returns why waiting out the tier is pointless, or undefined while somebody may still answer. */
export function reasonTierIsSpent(turn: Turn): string | undefined {
  const { stage, standings } = turn.state;
  const label = labelStage(turn);
  if (stage.steps.length === 0) return `nobody in ${label} could be told`;
  const left = stage.steps.filter((step) => standings[step.recipient] !== 'passed');
  if (left.length === 0) return `everyone told in ${label} passed`;
  if (left.every((step) => statusOf(turn, step) === 'failed')) {
    return `no message of ${label} arrived`;
  }
  return undefined;
}

/** Returns who of the stage has not answered, as the reason to go on. */
export function describeSilence(turn: Turn): string {
  const { stage, names, standings } = turn.state;
  const asked = [...new Set(stage.steps.map((step) => step.recipient))].filter(
    (id) => standings[id] === 'asked',
  );
  // A mailbox answers nobody.
  const silent = asked.filter((id) => !isMailbox(id)).map((id) => names[id] ?? id);
  if (silent.length === 0 && asked.length > 0) return 'nobody has answered';
  if (silent.length === 0) return `nobody in ${labelStage(turn)} was reached in time`;
  const verb = silent.length === 1 ? 'has' : 'have';
  return `${silent.slice(0, 3).join(', ')}${silent.length > 3 ? ' and others' : ''} ${verb} not answered`;
}

/** Returns the name of the stage in timelines and messages. */
export function labelStage(turn: Turn): string {
  const { stage } = turn.state;
  if (stage.kind !== 'tier') return stage.kind === 'last-resort' ? 'last resort' : 'announcement';
  const label = tierOf(turn.input.policy, stage)?.label ?? 'tier';
  return stage.round === 0 ? label : `${label}, round ${stage.round + 1}`;
}

function latest(at: string, notBefore: string | undefined): string {
  return notBefore !== undefined && Date.parse(notBefore) > Date.parse(at) ? notBefore : at;
}
