/*
 * Every state that few events lead to, breadth first: what no story and no drawn world happens to visit is visited here.
 */
import { expect, test } from 'vitest';
import { decide, startState, type Decision, type HandoffEvent } from '../../src/domain/decide.ts';
import { instantAfter } from '../../src/domain/duration.ts';
import { reportStanding } from '../../src/domain/standing.ts';
import {
  isFinished,
  isOpen,
  isUnderway,
  type Command,
  type CommandEffect,
  type HandoffState,
  type Message,
  type TierPlan,
} from '../../src/domain/state.ts';
import { amount } from '../support/amount.ts';
import { asResponder, buildCommand, buildInput } from '../support/builders.ts';

const MINUTE = 60_000;
const STATES = amount(10_000, 400_000);

const sms = [{ channel: 'sms', afterMs: 0 }] as const;
const input = buildInput({
  policy: {
    tiers: [
      { label: 'tier 1', notify: ['alice'], ladder: sms, escalateAfterMs: 5 * MINUTE },
      { label: 'tier 2', notify: ['bob'], ladder: sms, escalateAfterMs: 5 * MINUTE },
    ],
    lastResort: { notify: ['alice'], ladder: sms, remindEveryMs: 12 * 60 * MINUTE },
    actWithinMs: 20 * MINUTE,
    expiresAfterMs: 60 * MINUTE,
  },
});
const PEOPLE = ['alice', 'bob'] as const;
const source = { kind: 'source', id: 'crm' } as const;

/** A state, and what is under way beside what it knows itself. */
interface Node {
  readonly state: HandoffState;
  readonly now: string;
  readonly wake: Decision['wake'];
  /** The stages for which a plan was asked. */
  readonly plans: readonly number[];
  readonly path: readonly string[];
}

interface Step {
  readonly name: string;
  readonly event: HandoffEvent;
  readonly at: string;
}

function planFor(...people: readonly string[]): TierPlan {
  return {
    people: people.map((recipient) => ({
      recipient,
      name: recipient.toUpperCase(),
      steps: [{ channel: 'sms', afterMs: 0 }],
    })),
    skipped: [],
  };
}

/** Lists what can happen next. */
function listSteps({ state, now, wake, plans, path }: Node): Step[] {
  const soon = instantAfter(now, 1_000);
  const step = (name: string, event: HandoffEvent, at = soon): Step => ({ name, event, at });
  const steps: Step[] = [];
  for (const serial of plans) {
    const told = state.stage.kind === 'tier' && state.stage.tier === 1 ? 'bob' : 'alice';
    for (const people of [[told], []]) {
      const name = `plan ${serial}: ${people.join()}`;
      steps.push(step(name, { type: 'planned', serial, plan: planFor(...people) }));
    }
  }
  for (const { id: notification, status, kind } of Object.values(state.notifications)) {
    if (isUnderway(status)) {
      const failed = { type: 'not-sent', notification, because: 'refused' } as const;
      steps.push(step(`${notification} accepted`, { type: 'accepted', notification }));
      if (status === 'cancelling')
        steps.push(step(`${notification} called off`, { ...failed, cancelled: true }));
      else steps.push(step(`${notification} refused`, failed));
      if (kind === 'offer')
        steps.push(step(`${notification} unknown`, { ...failed, uncertain: true }));
    } else if (status === 'accepted' && (kind === 'offer' || kind === 'expired')) {
      const because = 'unknown number';
      steps.push(step(`${notification} lost`, { type: 'undelivered', notification, because }));
    }
  }
  if (wake) steps.push(step('clock', { type: 'clock' }, later(wake.at, soon)));
  for (const command of listCommands(String(path.length)))
    steps.push(step(`${command.by.id} ${command.verb}`, { type: 'command', command }));
  return steps;
}

function listCommands(nonce: string): Command[] {
  return [
    ...PEOPLE.flatMap((id) => {
      const by = asResponder(id);
      return [
        buildCommand('take', by, { nonce }),
        buildCommand('pass', by, { nonce }),
        buildCommand('resolve', by, { nonce }),
      ];
    }),
    buildCommand('take', asResponder('bob'), { nonce: `over${nonce}`, over: true }),
    buildCommand('snooze', asResponder('alice'), { nonce }),
    buildCommand('withdraw', source, { nonce }),
  ];
}

function later(one: string, other: string): string {
  return Date.parse(one) > Date.parse(other) ? one : other;
}

/** Returns what tells two states apart for what can happen: who stands how, not when that came about. */
function keyOf({ state, plans, wake }: Node): string {
  const { stage, notifications, standings, owner, ending, unreached, snoozes, held } = state;
  return JSON.stringify([
    [state.status, stage.kind, stage.tier, stage.planned, stage.isUnreached, stage.isSettled],
    stage.steps.map(({ recipient, notification = '' }) => [
      recipient,
      notifications[notification]?.status,
    ]),
    [stage.firstAcceptedAt !== undefined, stage.notBefore !== undefined],
    Object.values(notifications)
      .map(({ recipient, channel, kind, status }) => [recipient, channel, kind, status].join(' '))
      .sort(),
    Object.entries(standings).sort(),
    [owner?.responder, owner?.reminded, ending?.status, ending?.by?.id],
    [Math.min(unreached?.attempts ?? 0, 2), unreached?.isOver],
    [Object.keys(snoozes ?? {}), held?.length ?? 0, plans, wake?.because],
  ]);
}

const ASKING: readonly Message['kind'][] = ['offer', 'last-resort'];

/** Asserts the promises on one step from a state to the next. */
function check(before: HandoffState, { event }: Step, node: Node, { effects }: Decision): void {
  const { state: after, plans, wake } = node;
  const messages = effects.flatMap((effect) => (effect.type === 'notify' ? [effect.order] : []));

  // It never stands still, and ends only when somebody acted or it is told, or known, that nobody did.
  const isAwaited =
    wake !== null ||
    plans.length > 0 ||
    Object.values(after.notifications).some(({ status }) => isUnderway(status));
  expect(isFinished(after) || isAwaited, 'it stands still').toBe(true);
  if (isFinished(after) && after.ending?.status === 'expired') {
    const isTold = Object.values(after.notifications).some(
      ({ kind, status }) => kind === 'expired' && status === 'accepted',
    );
    const isKnown = after.timeline.some(({ what }) => what === 'unreached');
    expect(isTold || isKnown, 'a silent end').toBe(true);
  }
  if (before.ending) expect(after.ending, 'an end is the end').toEqual(before.ending);

  // One has it, who said so.
  if (after.owner && after.owner.responder !== before.owner?.responder) {
    expect(event).toMatchObject({ command: { verb: 'take', by: { id: after.owner.responder } } });
  }
  for (const responder of PEOPLE) {
    const { standing } = reportStanding(input, after, { responder });
    expect(standing === 'owner').toBe(after.owner?.responder === responder);
  }

  // Nobody is asked for what somebody has, or what is over; and what was on its way is called off.
  if (after.owner || after.ending) {
    expect(messages.filter(({ message: { kind } }) => ASKING.includes(kind))).toEqual([]);
    const left = Object.values(after.notifications).filter(
      ({ kind, status }) => ASKING.includes(kind) && status === 'sending',
    );
    expect(left, 'an offer goes out after a take').toEqual([]);
  }
  // Whoever it waited for, and does not any more, is told, unless they did it.
  if ((after.owner && !before.owner) || (after.ending && !before.ending)) {
    const by = event.type === 'command' ? event.command.by.id : undefined;
    const asked = PEOPLE.filter((id) => before.standings[id] === 'asked' && id !== by);
    if (after.ending?.status !== 'expired' && isOpen(before)) {
      const told = messages.filter(({ message }) => message.kind === 'stand-down');
      expect(told.map(({ recipient }) => recipient)).toEqual(expect.arrayContaining(asked));
    }
  }
  // Whom an offer reaches after that is told at once that it is not for them.
  if (event.type === 'accepted' || (event.type === 'not-sent' && event.uncertain === true)) {
    const { kind, recipient } = before.notifications[event.notification] ?? {};
    const isOver = after.owner ?? after.ending;
    const isTheirs = [after.owner?.responder, after.ending?.by?.id].includes(recipient);
    if (isOver && !isTheirs && kind && ASKING.includes(kind)) {
      const told = messages.map((order) => `${order.message.kind} to ${order.recipient}`);
      const hasPassed = before.standings[recipient ?? ''] === 'passed';
      expect(told.includes(`stand-down to ${recipient ?? ''}`)).toBe(!hasPassed);
    }
  }
  if (event.type === 'command') checkAnswer(before, event.command, after);
}

/** Asserts that a command is answered with what happened. */
function checkAnswer(before: HandoffState, { id, by }: Command, after: HandoffState): void {
  const effect = after.results[id]?.effect;
  const [had, has] = [before.owner?.responder, after.owner?.responder];
  const truths: Partial<Record<CommandEffect, boolean>> = {
    taken: has === by.id && had !== by.id,
    'already-yours': had === by.id && has === by.id,
    'held-by-other': had !== undefined && had !== by.id && has === had,
    passed: has !== by.id && after.standings[by.id] === 'passed' && !after.ending,
    snoozed: !after.ending && has === had,
    resolved: !before.ending && after.ending?.status === 'resolved',
    withdrawn: !before.ending && after.ending?.status === 'withdrawn',
    closed: before.ending !== undefined,
  };
  expect(effect && truths[effect], `answered ${effect ?? 'nothing'}`).toBe(true);
}

/** Does a step, and asserts the promises on it. */
function follow(node: Node, step: Step): Node {
  const decision = decide(input, node.state, step.event, step.at);
  const { state, effects, wake } = decision;
  const asked = effects.flatMap((effect) => (effect.type === 'plan' ? [effect.serial] : []));
  const { event } = step;
  const plans = node.plans.filter((serial) => event.type !== 'planned' || serial !== event.serial);
  const next: Node = {
    state,
    now: step.at,
    wake,
    plans: [...plans, ...asked],
    path: [...node.path, step.name],
  };
  try {
    check(node.state, step, next, decision);
  } catch (error) {
    throw new Error(`after ${next.path.join(' · ')}`, { cause: error });
  }
  return next;
}

test(`the promises hold in each of the first ${STATES} states`, () => {
  const now = input.handoff.submittedAt;
  const root: Node = { state: startState(input), now, wake: null, plans: [], path: [] };
  let level = [follow(root, { name: 'started', event: { type: 'started' }, at: now })];
  const seen = new Set<string>();
  const reached = { steps: 0, depth: 0, owned: 0, over: 0, unreached: 0 };
  while (seen.size < STATES && level.length > 0) {
    const following: Node[] = [];
    for (const node of level) {
      const key = keyOf(node);
      if (seen.has(key) || seen.size >= STATES) continue;
      seen.add(key);
      if (node.state.owner) reached.owned += 1;
      if (node.state.ending) reached.over += 1;
      if (node.state.unreached) reached.unreached += 1;
      if (isFinished(node.state)) continue;
      for (const step of listSteps(node)) {
        following.push(follow(node, step));
        reached.steps += 1;
      }
    }
    level = following;
    reached.depth += 1;
  }
  process.stdout.write(`explored ${JSON.stringify({ states: seen.size, ...reached })}\n`);
  // What is never reached is not explored.
  for (const count of [reached.owned, reached.over, reached.unreached]) {
    expect(count).toBeGreaterThan(STATES / 100);
  }
}, 900_000);
