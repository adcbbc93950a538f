import { applyAmendment, isWorthTelling, type Change } from './amendment.ts';
import { classifyReason, describeEvent, type Callback, type CallbackType } from './callback.ts';
import { markCommand } from './command.ts';
import { formatDuration, instantAfter } from './duration.ts';
import { enumerate } from './enumeration.ts';
import {
  applyModelBrief,
  listOpenParts,
  WRITE_WITHIN_MS,
  type WritingResult,
} from './brief-writer/written.ts';
import type { Handoff } from './handoff.ts';
import {
  currentHandoff,
  emptyTally,
  isMailbox,
  isOpen,
  isStepLeft,
  isUnderway,
  lookUp,
  nameActor,
  putUnder,
  tierOf,
  type Actor,
  type Command,
  type CommandEffect,
  type Ending,
  type HandoffInput,
  type HandoffState,
  type Message,
  type Notification,
  type NotificationOrder,
  type Ownership,
  type PlanRequest,
  type StageStep,
  type Standing,
  type Tally,
  type TierPlan,
  type TimelineEntry,
} from './state.ts';
import { readOutcome, type SaidOutcome } from './outcome.ts';
import type { Channel, QuietRule, Timing } from './policy.ts';
import { ruleOn } from './quiet-rule.ts';
import { nextWake, stageEnd, type Wake } from './wake.ts';

/** What can happen to a handoff. */
export type HandoffEvent =
  | { readonly type: 'started' }
  | { readonly type: 'clock' }
  | { readonly type: 'command'; readonly command: Command }
  /** The sender of a command got no answer in time and is to be told the result. */
  | { readonly type: 'confirm'; readonly commandId: string }
  /** What came of asking a model for the brief. */
  | { readonly type: 'written'; readonly result: WritingResult }
  | { readonly type: 'planned'; readonly serial: number; readonly plan: TierPlan }
  /** The provider took the message: accepted is not reached. Or it is to go out with others in a moment. */
  | { readonly type: 'accepted'; readonly notification: string; readonly isBundled?: boolean }
  | {
      readonly type: 'not-sent';
      readonly notification: string;
      readonly because: string;
      readonly cancelled?: boolean;
      /** Nobody can tell whether it left: it may be on the phone all the same. */
      readonly uncertain?: boolean;
    }
  /** It was not sent because the recipient is not to be disturbed, until an instant if that is known. */
  | {
      readonly type: 'held';
      readonly notification: string;
      readonly until?: string;
      readonly because: string;
    }
  /** The provider reports later that the message did not arrive. */
  | { readonly type: 'undelivered'; readonly notification: string; readonly because: string }
  /** A person cannot be reached on a channel any more. */
  | {
      readonly type: 'unreachable';
      readonly responder: string;
      readonly channel: Channel;
      readonly because: string;
    };

/** What is to be done; the shell runs these and feeds what comes of them back as events. */
export type Effect =
  | {
      readonly type: 'plan';
      readonly serial: number;
      readonly label: string;
      readonly request: PlanRequest;
    }
  /** A model is to be asked for a better brief than the one there is. */
  | { readonly type: 'write' }
  | { readonly type: 'notify'; readonly order: NotificationOrder }
  | { readonly type: 'cancel'; readonly notification: string }
  /** The source is to hear of it. */
  | { readonly type: 'call-back'; readonly callback: Callback };

export interface Decision {
  readonly state: HandoffState;
  readonly effects: readonly Effect[];
  /** When to come back with a `clock` event if nothing else happens; null once nothing is awaited. */
  readonly wake: Wake | null;
}

const MAX_RESULTS = 200;

/** What somebody said is later than something else only by more than this: the two are told by different clocks. */
const SAID_WITHIN_MS = 2_000;

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
  turn.apply(event);
  turn.proceed();
  return { state: turn.state, effects: turn.effects, wake: nextWake(input.policy, turn.state) };
}

/** One decision in the making: a copy of the state that is written on, and the effects gathered so far. */
class Turn {
  readonly state: HandoffState;
  readonly effects: Effect[] = [];
  readonly #input: HandoffInput;
  readonly #now: string;

  constructor(input: HandoffInput, state: HandoffState, now: string) {
    this.#input = input;
    this.#now = now;
    this.state = JSON.parse(JSON.stringify(state)) as HandoffState;
  }

  apply(event: HandoffEvent): void {
    switch (event.type) {
      case 'started':
        this.#start();
        break;
      case 'written':
        this.#written(event.result);
        break;
      case 'clock':
        break;
      case 'command':
        this.#command(event.command);
        break;
      case 'confirm':
        this.#answer(event.commandId);
        break;
      case 'planned':
        if (event.serial === this.state.stage.serial) this.#follow(event.plan);
        break;
      case 'accepted':
        this.#accepted(event.notification, event.isBundled);
        break;
      case 'not-sent':
        this.#notSent(event);
        break;
      case 'held':
        this.#held(event);
        break;
      case 'undelivered':
        this.#undelivered(event.notification, event.because);
        break;
      case 'unreachable':
        for (const { id, recipient, channel, kind } of Object.values(this.state.notifications)) {
          if (recipient === event.responder && channel === event.channel && isInLadder(kind)) {
            this.#undelivered(id, event.because);
          }
        }
        break;
    }
  }

  /** Brings the handoff to where the clock says it should be. Each pass changes something or ends. */
  proceed(): void {
    while (this.#proceedOnce());
  }

  #proceedOnce(): boolean {
    const { state } = this;
    if (isOpen(state) && this.#isDue(state.expiresAt)) {
      this.#expire();
      return true;
    }
    if (this.#sendHeld()) return true;
    if (this.#endSnooze()) return true;
    if (isOpen(state) && state.owner) return this.#proceedOwned(state.owner);
    if (!isOpen(state) && state.stage.kind !== 'announcement') return false;
    return this.#proceedStage();
  }

  #proceedOwned(owner: Ownership): boolean {
    if (this.#isDue(owner.actBy)) {
      const { actWithinMs } = this.#input.policy;
      const because = `${owner.name} took it and did not finish within ${formatDuration(actWithinMs)}`;
      this.#record({ what: 'overdue', because, responder: owner.responder });
      this.#release(owner, because);
      this.#advance(because);
      return true;
    }
    if (!owner.reminded && this.#isDue(owner.remindAt)) {
      this.state.owner = { ...owner, reminded: true };
      this.#write(owner.responder, { kind: 'reminder', actBy: owner.actBy });
      return true;
    }
    return false;
  }

  #proceedStage(): boolean {
    const { stage } = this.state;
    if (stage.notBefore && this.#isDue(stage.notBefore.at)) {
      this.#wake();
      return true;
    }
    if (!stage.planned) {
      const end = stageEnd(this.#input.policy, this.state);
      if (stage.kind !== 'tier' || stage.notBefore || !end || !this.#isDue(end)) return false;
      this.#advance('nobody could be found to tell in time');
      return true;
    }
    const step = stage.steps.find((candidate) => this.#isStepDue(candidate));
    if (step) {
      step.notification = this.#offer(step);
      return true;
    }
    if (stage.kind === 'tier') {
      const failure = this.#reasonTierIsSpent();
      if (failure !== undefined) {
        this.#advance(failure);
        return true;
      }
    } else if (this.#trySpare() || this.#findUnreached()) {
      return true;
    }
    const end = stage.isSettled === true ? undefined : stageEnd(this.#input.policy, this.state);
    if (!end || !this.#isDue(end)) return false;
    if (stage.kind !== 'announcement') this.#advance(this.#describeSilence());
    else if (stage.isUnreached !== true) stage.isSettled = true;
    else this.#announceAgain();
    return true;
  }

  /** Whoever nobody comes after is tried on every channel they have before they count as not to be reached. */
  #trySpare(): boolean {
    const { stage } = this.state;
    for (const [recipient, [channel, ...others]] of Object.entries(stage.spare ?? {})) {
      const steps = stage.steps.filter((step) => step.recipient === recipient);
      if (channel === undefined || steps.some((step) => this.#statusOf(step) !== 'failed'))
        continue;
      stage.spare = { ...stage.spare, [recipient]: others };
      stage.steps.push({ recipient, channel, dueAt: this.#now });
      return true;
    }
    return false;
  }

  /** Says so, once, when no message to those whom nobody comes after arrived, or there was none to send. */
  #findUnreached(): boolean {
    const { stage, unreached } = this.state;
    if (stage.isUnreached === true) return false;
    if (stage.steps.some((step) => this.#statusOf(step) !== 'failed')) return false;
    const because =
      stage.steps.length === 0
        ? `nobody of the ${this.#label()} can be told`
        : `no message of the ${this.#label()} arrived`;
    stage.isUnreached = true;
    this.state.unreached = {
      since: unreached?.since ?? this.#now,
      because,
      attempts: (unreached?.attempts ?? 0) + 1,
    };
    this.#record({ what: 'unreached', because });
    if (!unreached) this.#callBack('handoff.unreached', { because });
    return true;
  }

  #announceAgain(): void {
    const { ending, stage } = this.state;
    const since = Date.parse(ending?.at ?? this.#now);
    if (Date.parse(this.#now) < since + ANNOUNCE_WITHIN_MS) {
      this.#enter('announcement', 0, stage.round, stage.because ?? 'nobody took it');
      return;
    }
    stage.isSettled = true;
    this.#record({ what: 'unreached', because: 'given up: nobody could be told of its end' });
  }

  /** A step is due by the clock, or at once when the one before it has failed; not while they snooze. */
  #isStepDue(step: HandoffState['stage']['steps'][number]): boolean {
    if (!isStepLeft(this.state, step)) return false;
    const snooze = lookUp(this.state.snoozes ?? {}, step.recipient);
    if (snooze !== undefined && !this.#isDue(snooze)) return false;
    if (this.#isDue(step.dueAt)) return true;
    if (step.notBefore !== undefined && !this.#isDue(step.notBefore)) return false;
    const last = this.state.stage.steps.findLast(
      (other) => other.recipient === step.recipient && other.notification !== undefined,
    );
    return last !== undefined && this.#statusOf(last) === 'failed';
  }

  #statusOf(step: HandoffState['stage']['steps'][number]): Notification['status'] | undefined {
    return step.notification === undefined
      ? undefined
      : this.state.notifications[step.notification]?.status;
  }

  /** Returns why waiting out the tier is pointless, or undefined while somebody may still answer. */
  #reasonTierIsSpent(): string | undefined {
    const { stage, standings } = this.state;
    const label = this.#label();
    if (stage.steps.length === 0) return `nobody in ${label} could be told`;
    const left = stage.steps.filter((step) => standings[step.recipient] !== 'passed');
    if (left.length === 0) return `everyone told in ${label} passed`;
    if (left.every((step) => this.#statusOf(step) === 'failed')) {
      return `no message of ${label} arrived`;
    }
    return undefined;
  }

  #describeSilence(): string {
    const { stage, names, standings } = this.state;
    const asked = [...new Set(stage.steps.map((step) => step.recipient))].filter(
      (id) => standings[id] === 'asked',
    );
    // A mailbox answers nobody.
    const silent = asked.filter((id) => !isMailbox(id)).map((id) => names[id] ?? id);
    if (silent.length === 0 && asked.length > 0) return 'nobody has answered';
    if (silent.length === 0) return `nobody in ${this.#label()} was reached in time`;
    const verb = silent.length === 1 ? 'has' : 'have';
    return `${silent.slice(0, 3).join(', ')}${silent.length > 3 ? ' and others' : ''} ${verb} not answered`;
  }

  #label(): string {
    const { stage } = this.state;
    if (stage.kind !== 'tier') return stage.kind === 'last-resort' ? 'last resort' : 'announcement';
    const label = tierOf(this.#input.policy, stage)?.label ?? 'tier';
    return stage.round === 0 ? label : `${label}, round ${stage.round + 1}`;
  }

  // -- the brief

  /** Only what nobody is woken for waits for a better brief. */
  #start(): void {
    const { writing, handoff } = this.#input;
    if (writing && listOpenParts(handoff).length > 0) {
      this.effects.push({ type: 'write' });
      this.state.writing = handoff.urgency === 'routine' ? 'waited-for' : 'beside';
    }
    if (this.state.writing === 'waited-for') {
      // The first tier's clock does not run before it is planned.
      this.state.stage.startedAt = instantAfter(this.#now, WRITE_WITHIN_MS);
    } else {
      this.#askForPlan();
    }
  }

  /** Nobody is told of it: those who have a message already have one they can act on. */
  #written(result: WritingResult): void {
    const { writing } = this.state;
    delete this.state.writing;
    if (isOpen(this.state)) {
      this.#record({ what: 'written', because: this.#useBrief(result) });
    }
    const { stage } = this.state;
    const isFirst = stage.serial === 0 && !stage.planned && !stage.notBefore;
    if (writing === 'waited-for' && isFirst && isOpen(this.state) && !this.state.owner) {
      this.#askForPlan();
    }
  }

  #useBrief(result: WritingResult): string {
    const KEPT = 'the brief stays as it was drawn from the material';
    if ('because' in result) return `${KEPT}: ${result.because}`;
    const { metadata } = this.#handoff;
    const about = applyModelBrief(this.#handoff, result.brief);
    const parts = about.written.model?.parts ?? [];
    if (parts.length === 0) return `${KEPT}: its source has said the rest`;
    this.state.amended = { ...about, ...(metadata && { metadata }) };
    return `${result.brief.model} wrote ${enumerate(parts)}, checked against the material`;
  }

  // -- escalation

  #advance(because: string): void {
    const { policy } = this.#input;
    const { stage } = this.state;
    if (stage.kind === 'tier' && stage.tier + 1 < policy.tiers.length) {
      this.#enter('tier', stage.tier + 1, stage.round, because);
    } else if (stage.kind === 'tier' && stage.round < policy.repeat) {
      this.#enter('tier', 0, stage.round + 1, because);
    } else {
      this.#enter('last-resort', 0, stage.round, because);
    }
  }

  #enter(
    kind: 'tier' | 'last-resort' | 'announcement',
    tier: number,
    round: number,
    because: string,
  ) {
    const isAgain = kind === 'last-resort' && this.state.stage.kind === 'last-resort';
    this.#begin({ kind, tier, round, because });
    if (isOpen(this.state)) {
      const where = `${because}: on to ${this.#label()}`;
      this.#record({ what: 'escalated', because: where });
      // That the last resort is asked once more brings nobody new in.
      if (!isAgain) {
        this.#count({ escalations: this.#tally.escalations + 1 });
        this.#callBack('handoff.escalated', { because: where });
      }
    }
    this.#askForPlan();
  }

  #begin(stage: {
    readonly kind: 'tier' | 'last-resort' | 'announcement';
    readonly tier: number;
    readonly round: number;
    readonly because: string;
    readonly assignee?: string;
  }): void {
    this.state.stage = {
      ...stage,
      serial: this.state.stage.serial + 1,
      startedAt: this.#now,
      planned: false,
      steps: [],
    };
    if (isOpen(this.state)) this.state.status = 'notifying';
  }

  /** Ends a wait: whom there is to tell now is planned anew. */
  #wake(): void {
    delete this.state.stage.notBefore;
    this.state.stage.waited = true;
    if (isOpen(this.state)) this.state.status = 'notifying';
    this.#askForPlan();
  }

  #askForPlan(): void {
    const { stage } = this.state;
    stage.planned = false;
    stage.startedAt = this.#now;
    stage.steps = [];
    // What was accepted under an earlier plan did not arrive, or there would be no other.
    delete stage.firstAcceptedAt;
    delete stage.spare;
    delete stage.isUnreached;
    this.effects.push({
      type: 'plan',
      serial: stage.serial,
      label: this.#label(),
      request: this.#requestPlan(),
    });
  }

  #requestPlan(): PlanRequest {
    const { stage, standings } = this.state;
    const { policy } = this.#input;
    const { lastResort, timing } = policy;
    const tier = tierOf(policy, stage);
    if (!tier) {
      const { notify, ladder } = lastResort;
      return {
        at: this.#now,
        notify,
        ladder,
        passed: [],
        later: [],
        isLast: true,
        lastsMs: lastResort.remindEveryMs,
        ...(timing && { timing: asLast(timing) }),
      };
    }
    const { contact, dueAt } = this.#handoff.action;
    return {
      at: this.#now,
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

  #follow(plan: TierPlan): void {
    const { stage } = this.state;
    // Somebody took it, or it ended, while the plan was being made.
    if (stage.kind !== 'announcement' && (!isOpen(this.state) || this.state.owner)) return;
    for (const { responder, because } of plan.skipped) {
      this.#record({ what: 'skipped', because, responder });
    }
    if (plan.notBefore) {
      stage.notBefore = plan.notBefore;
      if (isOpen(this.state)) this.state.status = 'waiting';
      this.#record({ what: 'waiting', because: plan.notBefore.because });
      return;
    }
    if (plan.toLastResort !== undefined) {
      this.#enter('last-resort', 0, stage.round, plan.toLastResort);
      return;
    }
    stage.planned = true;
    stage.startedAt = this.#now;
    if (plan.pauses) stage.pauses = plan.pauses;
    for (const person of plan.people) {
      this.state.names[person.recipient] = person.name;
      // The last resort asks again those who passed before.
      if (stage.kind === 'last-resort' && this.state.standings[person.recipient] === 'passed') {
        this.#stand(person.recipient, 'asked');
      }
      if (person.spare) stage.spare = { ...stage.spare, [person.recipient]: person.spare };
      for (const step of person.steps) {
        stage.steps.push({
          recipient: person.recipient,
          channel: step.channel,
          dueAt: latest(instantAfter(this.#now, step.afterMs, plan.pauses), step.notBefore),
          ...(step.notBefore !== undefined && { notBefore: step.notBefore }),
          ...(step.anyway === true && { anyway: true }),
        });
      }
    }
    if (stage.kind === 'announcement') {
      this.#standDown(plan.people.map((person) => person.recipient));
    }
    const who = plan.people
      .map(({ name, because }) => (because === undefined ? name : `${name} (${because})`))
      .join(', ');
    this.#record({ what: 'planned', because: `${this.#label()}: ${who || 'nobody to tell'}` });
  }

  // -- notifications

  /** Sends what the stage is about on one channel and returns the notification's id. */
  #offer({ recipient, channel, anyway = false }: StageStep): string {
    const { stage } = this.state;
    const notice =
      1 +
      Object.values(this.state.notifications).filter(
        (earlier) =>
          earlier.recipient === recipient &&
          (earlier.kind === 'offer' || earlier.kind === 'last-resort') &&
          earlier.status !== 'failed' &&
          earlier.status !== 'held',
      ).length;
    const because = stage.because;
    const { lastResort, timing } = this.#input.policy;
    const rules = anyway ? undefined : timing;
    switch (stage.kind) {
      case 'tier': {
        const message: Message = {
          kind: 'offer',
          tier: this.#label(),
          notice,
          ...(because !== undefined && { because }),
        };
        const tier = tierOf(this.#input.policy, stage);
        return this.#send(
          recipient,
          channel,
          message,
          tier?.escalateAfterMs ?? 60_000,
          rules && ruleOn(channel, rules.whenQuiet),
        );
      }
      case 'last-resort':
        return this.#send(
          recipient,
          channel,
          { kind: 'last-resort', notice, because: because ?? 'nobody took it' },
          lastResort.remindEveryMs,
          rules && ruleOn(channel, asLast(rules).whenQuiet),
        );
      case 'announcement':
        return this.#send(
          recipient,
          channel,
          { kind: 'expired', because: because ?? 'nobody took it' },
          ANNOUNCE_FOR_MS,
          rules && ruleOn(channel, asLast(rules).whenQuiet),
        );
    }
  }

  /** Writes to somebody outside the ladders: to their phone if it rang for this, else by the way that reached them. */
  #write(recipient: string, message: Message): void {
    const channel = this.#channelTo(recipient);
    this.#send(
      recipient,
      channel,
      message,
      WRITE_FOR_MS,
      this.#ruleFor(message, recipient, channel),
    );
  }

  #channelTo(recipient: string): Channel {
    const reached = Object.values(this.state.notifications)
      .filter((earlier) => earlier.recipient === recipient && earlier.status === 'accepted')
      .map((earlier) => earlier.channel);
    const ladder = this.#input.policy.tiers[0]?.ladder ?? [];
    const last = reached.at(-1) ?? ladder[0]?.channel ?? 'sms';
    // Whoever was called reads the rest.
    return reached.includes('sms') || last === 'voice' ? 'sms' : last;
  }

  /**
   * Whoever took it, or was asked, a moment ago is at it and hears at once what became of it. A reminder or stand-down
   * for somebody who did or was long ago waits for the end of their quiet hours.
   */
  #ruleFor({ kind }: Message, recipient: string, channel: Channel): QuietRule | undefined {
    const { timing } = this.#input.policy;
    if (
      (kind !== 'stand-down' && kind !== 'amended' && kind !== 'reminder') ||
      !timing ||
      ruleOn(channel, timing.whenQuiet) === 'ignore'
    )
      return undefined;
    const lastTold = Object.values(this.state.notifications)
      .filter((earlier) => earlier.recipient === recipient && earlier.status === 'accepted')
      .map(({ at }) => at)
      .at(-1);
    const { owner } = this.state;
    const lastActive = kind === 'reminder' ? owner?.since : lastTold;
    const isAtIt =
      lastActive !== undefined && Date.parse(this.#now) < Date.parse(lastActive) + AT_IT_FOR_MS;
    return isAtIt ? undefined : 'wait';
  }

  #send(
    recipient: string,
    channel: Channel,
    message: Message,
    giveUpAfterMs: number,
    whenQuiet: QuietRule = 'ignore',
  ): string {
    const id = `n${Object.keys(this.state.notifications).length + 1}`;
    this.state.notifications[id] = {
      id,
      recipient,
      channel,
      kind: message.kind,
      ...(message.kind === 'released' && { because: message.because }),
      reportBy: instantAfter(this.#now, giveUpAfterMs),
      status: 'sending',
      at: this.#now,
    };
    this.effects.push({
      type: 'notify',
      order: {
        id,
        recipient,
        channel,
        message,
        giveUpAfterMs,
        ...(whenQuiet !== 'ignore' && !isMailbox(recipient) && { whenQuiet }),
        ...(this.state.stage.waited === true && { isReleased: true }),
      },
    });
    return id;
  }

  #accepted(id: string, isBundled = false): void {
    const notification = lookUp(this.state.notifications, id);
    if (!notification || !isUnderway(notification.status)) return;
    const orderedAt = notification.at;
    notification.status = 'accepted';
    notification.at = this.#now;
    const { recipient, channel, kind } = notification;
    this.#record({
      what: 'sent',
      because: `${WHAT_WAS_SENT[kind]} to ${this.state.names[recipient] ?? recipient} by ${channel}${isBundled ? ', together with what else waits for them' : ''}`,
      responder: recipient,
      channel,
    });
    if (!isInLadder(kind)) return;
    const { stage } = this.state;
    if (stage.steps.some((step) => step.notification === id)) {
      stage.firstAcceptedAt ??= this.#now;
      delete stage.isUnreached;
      if (this.state.unreached) this.state.unreached = { ...this.state.unreached, isOver: true };
    }
    if (kind === 'expired') return;
    if (this.#tally.firstToldAt === undefined) this.#count({ firstToldAt: this.#now });
    this.#wasAsked(recipient);
    this.#tellIfStale(recipient, orderedAt);
  }

  /** Somebody has, or may have, an offer on their phone. */
  #wasAsked(recipient: string): void {
    const { standings, owner, ending } = this.state;
    if (owner?.responder === recipient) return;
    // Whoever ended it, the news of their own message being slower than they were, knows.
    if (ending?.by?.kind === 'responder' && ending.by.id === recipient) return;
    if (standings[recipient] === 'passed') return;
    if (owner || ending) {
      // It went out while being called off: that person must not act on it.
      this.#stand(recipient, 'stood-down');
      this.#write(recipient, { kind: 'stand-down', because: this.#describeOutcome() });
    } else {
      this.#stand(recipient, 'asked');
    }
  }

  #stand(recipient: string, standing: Standing): void {
    putUnder(this.state.standings, recipient, standing);
    if (standing !== 'stood-down') return;
    this.state.stoodDown ??= {};
    putUnder(this.state.stoodDown, recipient, this.#now);
  }

  #notSent(event: Extract<HandoffEvent, { type: 'not-sent' }>): void {
    const { because, cancelled = false, uncertain = false } = event;
    const notification = lookUp(this.state.notifications, event.notification);
    if (!notification || !isUnderway(notification.status)) return;
    notification.status = cancelled ? 'cancelled' : 'failed';
    notification.at = this.#now;
    this.#recordFailure('not-sent', notification, because);
    const { kind, recipient } = notification;
    if (uncertain && (kind === 'offer' || kind === 'last-resort')) this.#wasAsked(recipient);
  }

  /** The moment had become a wrong one by the time it was to be sent. */
  #held({ notification: id, until, because }: Extract<HandoffEvent, { type: 'held' }>): void {
    const notification = lookUp(this.state.notifications, id);
    if (!notification || !isUnderway(notification.status)) return;
    const { recipient, channel, kind } = notification;
    notification.status = 'held';
    notification.at = this.#now;
    const name = this.state.names[recipient] ?? recipient;
    this.#record({
      what: 'held',
      because: `${WHAT_WAS_SENT[kind]} to ${name} by ${channel}: ${because}`,
      responder: recipient,
      channel,
    });
    const { stage } = this.state;
    const step = stage.steps.find((candidate) => candidate.notification === id);
    if (!step) {
      if (until !== undefined && !isInLadder(kind)) this.#hold(notification, until, because);
      return;
    }
    if (stage.kind !== 'announcement' && (!isOpen(this.state) || this.state.owner)) return;
    stage.steps = stage.steps.filter((candidate) => candidate !== step);
    const isAnybodyTold = stage.steps.some((other) => {
      const status = this.#statusOf(other);
      return status === 'accepted' || (status !== undefined && isUnderway(status));
    });
    const replans = stage.replans ?? 0;
    if (!isAnybodyTold && replans < MAX_REPLANS) {
      stage.replans = replans + 1;
      this.#askForPlan();
    } else if (until !== undefined && stage.kind !== 'tier') {
      stage.steps.push({ recipient, channel, dueAt: until, notBefore: until });
    } else if (!isAnybodyTold && stage.kind !== 'tier') {
      // Nobody comes after these, and nobody knows until when they are away.
      stage.steps.push({ recipient, channel, dueAt: this.#now, anyway: true });
    } else if (until !== undefined && this.#waitsOn(channel)) {
      stage.steps.push({ recipient, channel, dueAt: until, notBefore: until });
    }
  }

  #waitsOn(channel: Channel): boolean {
    const { timing } = this.#input.policy;
    return timing !== undefined && ruleOn(channel, timing.whenQuiet) === 'wait';
  }

  #hold({ recipient, channel, kind }: Notification, at: string, because: string): void {
    const others = (this.state.held ?? []).filter(
      (other) => other.recipient !== recipient || other.kind !== kind,
    );
    this.state.held = [...others, { at, because, recipient, channel, kind }];
  }

  /** Sends what was held back until now, if it is still to be said. */
  #sendHeld(): boolean {
    const due = this.state.held?.find(({ at }) => this.#isDue(at));
    if (!due) return false;
    this.state.held = this.state.held?.filter((other) => other !== due) ?? [];
    const message = this.#repeatable(due.kind, due.recipient, '');
    if (message) this.#write(due.recipient, message);
    return true;
  }

  #undelivered(id: string, because: string): void {
    const notification = lookUp(this.state.notifications, id);
    if (!notification || !['sending', 'cancelling', 'accepted'].includes(notification.status))
      return;
    // A call after which somebody has pressed a key has done its work, however it ended.
    const { kind, channel, recipient } = notification;
    if (channel === 'voice' && kind !== 'expired' && this.#hasAnswered(recipient)) return;
    notification.status = 'failed';
    notification.at = this.#now;
    this.#recordFailure('undelivered', notification, because);
  }

  /** The end of a call may be reported before its acceptance is: they do not stand as asked yet then. */
  #hasAnswered(recipient: string): boolean {
    return (
      !isOpen(this.state) ||
      this.state.owner !== undefined ||
      this.state.standings[recipient] === 'passed' ||
      lookUp(this.state.snoozes ?? {}, recipient) !== undefined
    );
  }

  /** Asks again whoever asked for that, if it still waits for them. */
  #endSnooze(): boolean {
    const { snoozes } = this.state;
    if (!snoozes || !isOpen(this.state) || this.state.owner) return false;
    const recipient = Object.keys(snoozes).find((id) => this.#isDue(snoozes[id] ?? ''));
    if (recipient === undefined) return false;
    this.#forgetSnooze(recipient);
    const { kind, steps } = this.state.stage;
    if (this.state.standings[recipient] !== 'asked' || kind === 'announcement') return true;
    // A step of the ladder may just have been waiting for this.
    if (steps.some((step) => step.recipient === recipient && this.#isStepDue(step))) return true;
    this.#offer({ recipient, channel: this.#channelTo(recipient), dueAt: this.#now });
    return true;
  }

  #forgetSnooze(recipient: string): void {
    this.state.snoozes = Object.fromEntries(
      Object.entries(this.state.snoozes ?? {}).filter(([id]) => id !== recipient),
    );
  }

  #recordFailure(
    what: 'not-sent' | 'undelivered',
    { recipient, channel, kind, status, because: said = '' }: Notification,
    because: string,
  ): void {
    const name = this.state.names[recipient] ?? recipient;
    this.#record({
      what,
      because: `${WHAT_WAS_SENT[kind]} to ${name} by ${channel}: ${because}`,
      responder: recipient,
      channel,
    });
    // What is not part of a ladder has no next step; it is tried once on the other channel.
    if (isInLadder(kind) || status === 'cancelled' || channel === 'email' || isMailbox(recipient))
      return;
    const message = this.#repeatable(kind, recipient, said);
    if (message) this.#send(recipient, 'email', message, WRITE_FOR_MS);
  }

  #repeatable(kind: Message['kind'], recipient: string, because: string): Message | undefined {
    const { owner, standings } = this.state;
    switch (kind) {
      case 'reminder':
        return owner?.responder === recipient ? { kind, actBy: owner.actBy } : undefined;
      case 'stand-down':
        // They may have been asked again since.
        return standings[recipient] === 'stood-down'
          ? { kind, because: this.#describeOutcome() }
          : undefined;
      case 'released':
        return { kind, because };
      case 'amended':
        return standings[recipient] === 'asked' || owner?.responder === recipient
          ? this.#phraseAmendment(recipient)
          : undefined;
      default:
        return undefined;
    }
  }

  /** Calls off every offer that has not left yet. */
  #callOff(): void {
    for (const notification of Object.values(this.state.notifications)) {
      const { id, kind, status } = notification;
      if (status !== 'sending' || (kind !== 'offer' && kind !== 'last-resort')) continue;
      notification.status = 'cancelling';
      this.effects.push({ type: 'cancel', notification: id });
    }
  }

  // -- commands

  #command(command: Command): void {
    if (lookUp(this.state.results, command.id)) {
      if (command.confirm) this.#answer(command.id);
      return;
    }
    if (command.by.kind === 'responder') this.state.names[command.by.id] = command.by.name;
    const last = Object.values(this.state.results).findLast(({ by }) => isSame(by, command.by));
    const effect = this.#isOvertaken(command)
      ? this.#refuse(command, 'overtaken')
      : this.#run(command);
    const until = effect === 'snoozed' ? this.#snoozedUntil(command.by.id) : undefined;
    const { owner, ending } = this.state;
    putUnder(this.state.results, command.id, {
      commandId: command.id,
      mark: markCommand(command),
      verb: command.verb,
      by: command.by,
      via: command.via,
      at: this.#now,
      ...(command.saidAt !== undefined && { saidAt: command.saidAt }),
      effect,
      ...(until !== undefined && { until }),
      ...(last?.verb === command.verb && last.effect === effect && { isRepeated: true }),
      ...(owner && {
        owner: { responder: owner.responder, name: owner.name, since: owner.since },
      }),
      ...(ending && { ending }),
    });
    const ids = Object.keys(this.state.results);
    for (const id of ids.slice(0, Math.max(0, ids.length - MAX_RESULTS))) {
      // Results are plain JSON keyed by command id.
      // oxlint-disable-next-line typescript/no-dynamic-delete
      delete this.state.results[id];
    }
    if (command.confirm) this.#answer(command.id);
  }

  /** A note is worth reading whenever it comes, and takes nothing back. */
  #isOvertaken({ verb, by, saidAt }: Command): boolean {
    if (saidAt === undefined || verb === 'note') return false;
    const after = Date.parse(saidAt) + SAID_WITHIN_MS;
    return Object.values(this.state.results).some(
      (result) =>
        isSame(result.by, by) &&
        result.verb !== 'note' &&
        result.effect !== 'overtaken' &&
        Date.parse(result.saidAt ?? result.at) > after,
    );
  }

  #run(command: Command): CommandEffect {
    const { by } = command;
    const { owner } = this.state;
    const isOwner = by.kind === 'responder' && owner?.responder === by.id;
    if (!isOpen(this.state)) return this.#refuse(command, 'closed');
    switch (command.verb) {
      case 'take':
        if (by.kind !== 'responder') return this.#refuse(command, 'held-by-other');
        if (isOwner) return 'already-yours';
        if (!owner) return this.#take(by, command.via);
        if (command.over !== true) return this.#refuse(command, 'held-by-other');
        // They are told with the others who has it now.
        this.#stand(owner.responder, 'asked');
        return this.#take(by, command.via, owner);
      case 'snooze':
        if (by.kind !== 'responder' || (owner && !isOwner))
          return this.#refuse(command, 'held-by-other');
        return this.#snooze(by, command.forMs ?? SNOOZE_MS);
      case 'pass':
        if (owner && !isOwner) return this.#refuse(command, 'held-by-other');
        return this.#pass(command, by);
      case 'resolve':
        if (owner && by.kind === 'responder' && !isOwner)
          return this.#refuse(command, 'held-by-other');
        this.#end({ status: 'resolved', at: this.#now, by, ...this.#nameOutcome(command) }, by);
        return 'resolved';
      case 'withdraw':
        this.#end(
          {
            status: 'withdrawn',
            at: this.#now,
            by,
            ...(command.reason !== undefined && { note: command.reason }),
          },
          by,
        );
        return 'withdrawn';
      case 'escalate': {
        const because = `${nameActor(by)} asked for the next tier${withReason(command.reason)}`;
        if (owner) this.#release(owner, because);
        this.#advance(because);
        return 'escalated';
      }
      case 'note':
        this.#record({
          what: 'noted',
          because: `${nameActor(by)}: ${command.text}`,
          ...(by.kind === 'responder' && { responder: by.id }),
        });
        return 'noted';
      case 'amend':
        return this.#amend(command, by);
      case 'reassign':
        return this.#reassign(command, by);
    }
  }

  #take(by: { id: string; name: string }, via: string, from?: Ownership): CommandEffect {
    const { actWithinMs } = this.#input.policy;
    this.state.status = 'owned';
    this.state.owner = {
      responder: by.id,
      name: by.name,
      since: this.#now,
      remindAt: instantAfter(this.#now, actWithinMs / 2),
      reminded: false,
      actBy: instantAfter(this.#now, actWithinMs),
    };
    delete this.state.stage.notBefore;
    delete this.state.unreached;
    this.#count({ takenAt: this.#tally.takenAt ?? this.#now, takenBy: by.id });
    const how = from ? `took it over from ${from.name}` : 'took it';
    this.#record({ what: 'taken', because: `${by.name} ${how} by ${via}`, responder: by.id });
    this.#callOff();
    this.#stand(by.id, 'owner');
    this.#standDown([by.id]);
    this.#callBack('handoff.taken', { by: { kind: 'responder', ...by } });
    return 'taken';
  }

  #amend({ amendment }: Command & { verb: 'amend' }, by: Actor): CommandEffect {
    const { amended, changes } = applyAmendment(this.#handoff, amendment);
    if (changes.length === 0) return 'unchanged';
    this.state.amended = amended;
    this.state.changes = changes;
    this.state.amendedAt = this.#now;
    this.#record({
      what: 'amended',
      because: `${nameActor(by)} changed ${enumerate(changes.map(({ what }) => what))}`,
    });
    const { owner, standings } = this.state;
    const told = Object.keys(standings).filter((id) => standings[id] === 'asked');
    for (const id of owner ? [owner.responder] : told) this.#tellAmendment(id);
    // Until when it may wait depends on both.
    const isMoved =
      amendment.action?.contact !== undefined || amendment.action?.dueAt !== undefined;
    if (isMoved && !owner && this.state.stage.notBefore) this.#wake();
    return 'amended';
  }

  #tellAmendment(recipient: string): void {
    if (!(this.state.changes ?? []).some(isWorthTelling)) return;
    this.#write(recipient, this.#phraseAmendment(recipient));
  }

  #phraseAmendment(recipient: string): Message {
    const changes: readonly Change[] = (this.state.changes ?? []).filter(isWorthTelling);
    const isTheirs = this.state.owner?.responder === recipient;
    return { kind: 'amended', changes, ...(isTheirs && { isTheirs }) };
  }

  /** What left before a change, and arrives after it, says what is no longer so. */
  #tellIfStale(recipient: string, orderedAt: string): void {
    const { amendedAt, standings } = this.state;
    if (amendedAt === undefined || Date.parse(orderedAt) >= Date.parse(amendedAt)) return;
    if (standings[recipient] === 'asked') this.#tellAmendment(recipient);
  }

  /** Gives it to one person: the others are told that it no longer waits for them. */
  #reassign(command: Command & { verb: 'reassign' }, by: Actor): CommandEffect {
    const { to, reason } = command;
    const { owner, stage } = this.state;
    if (owner ? owner.responder === to.id : stage.assignee === to.id) return 'unchanged';
    this.state.names[to.id] = to.name;
    const because = `${nameActor(by)} gave it to ${to.name}${withReason(reason)}`;
    this.#record({ what: 'reassigned', because, responder: to.id });
    this.#callOff();
    this.state.snoozes = {};
    if (owner) {
      delete this.state.owner;
      this.#stand(owner.responder, 'stood-down');
      this.#write(owner.responder, { kind: 'released', because });
    }
    // Whoever passed it before may be given it all the same.
    if (this.state.standings[to.id] === 'passed') this.#stand(to.id, 'stood-down');
    this.#standDown([to.id], because);
    this.#begin({ kind: 'tier', tier: -1, round: stage.round, because, assignee: to.id });
    this.#askForPlan();
    return 'reassigned';
  }

  /**
   * Leaves a person alone for a while. The tiers go on meanwhile: a snooze is no answer. An owner gets the time,
   * and after it as long as between a reminder and the end of their time by the policy.
   */
  #snooze({ id, name }: { id: string; name: string }, forMs: number): CommandEffect {
    const until = instantAfter(this.#now, Math.min(Math.max(forMs, SNOOZE.min), SNOOZE.max));
    const { owner } = this.state;
    if (owner) {
      const actBy = instantAfter(until, this.#input.policy.actWithinMs / 2);
      this.state.owner = {
        ...owner,
        remindAt: until,
        reminded: false,
        actBy: Date.parse(actBy) > Date.parse(owner.actBy) ? actBy : owner.actBy,
      };
      this.#record({
        what: 'snoozed',
        because: `${name} needs ${formatDuration(forMs)} more`,
        responder: id,
      });
    } else {
      this.state.snoozes = { ...this.state.snoozes, [id]: until };
      this.#stand(id, 'asked');
      this.#record({
        what: 'snoozed',
        because: `${name} asked to be told again in ${formatDuration(forMs)}`,
        responder: id,
      });
    }
    return 'snoozed';
  }

  #snoozedUntil(id: string): string | undefined {
    return this.state.owner?.remindAt ?? lookUp(this.state.snoozes ?? {}, id);
  }

  #pass(command: Command & { verb: 'pass' }, by: Command['by']): CommandEffect {
    const because = `${nameActor(by)} passed it on${withReason(command.reason)}`;
    const { owner } = this.state;
    if (by.kind !== 'responder') {
      this.#advance(because);
      return 'passed';
    }
    if (this.state.standings[by.id] === 'passed') return 'passed';
    this.#record({ what: 'passed', because, responder: by.id });
    const kind = classifyReason(command.reason, this.#handoff.action.outcomes);
    const others = this.#tally.declined.filter((entry) => !entry.startsWith(`${by.id}:`));
    this.#count({ declined: [...others, `${by.id}:${kind}`] });
    if (owner) delete this.state.owner;
    this.#forgetSnooze(by.id);
    this.#stand(by.id, 'passed');
    if (owner) this.#advance(because);
    else if (this.state.stage.notBefore) this.#wake();
    return 'passed';
  }

  /** Takes the handoff from its owner, who is told why; they may still take it again. */
  #release(owner: Ownership, because: string): void {
    delete this.state.owner;
    this.#stand(owner.responder, 'asked');
    this.#write(owner.responder, { kind: 'released', because });
  }

  #end(ending: Ending, by?: Command['by']): void {
    this.state.ending = ending;
    this.state.status = ending.status;
    delete this.state.stage.notBefore;
    this.#record({
      what: ending.status,
      because: this.#describeOutcome(),
      ...(by?.kind === 'responder' && { responder: by.id }),
    });
    this.#callOff();
    const { owner } = this.state;
    if (owner) this.#stand(owner.responder, 'asked');
    delete this.state.owner;
    // An expiry is told when it is known who hears of it by the announcement.
    if (ending.status !== 'expired') this.#standDown(by?.kind === 'responder' ? [by.id] : []);
    this.#callBack(`handoff.${ending.status}`, ending.by ? { by: ending.by } : {});
  }

  #expire(): void {
    const { owner } = this.state;
    const because = owner
      ? `${owner.name} took it and it was not done by its end`
      : 'nobody took it before its end';
    this.#end({ status: 'expired', at: this.#now, note: because });
    this.#enter('announcement', 0, this.state.stage.round, because);
  }

  /** Tells everyone for whom it waits that it no longer does, except those who know. */
  #standDown(except: readonly string[], because = this.#describeOutcome()): void {
    for (const [id, standing] of Object.entries(this.state.standings)) {
      if (standing !== 'asked' || except.includes(id)) continue;
      this.#stand(id, 'stood-down');
      this.#write(id, { kind: 'stand-down', because });
    }
  }

  #describeOutcome(): string {
    const { owner, ending } = this.state;
    if (ending) {
      const { status, by, outcome, note } = ending;
      if (status === 'expired') return note ?? 'it expired';
      const how = status === 'resolved' ? `done${outcome ? ` (${outcome})` : ''}` : 'withdrawn';
      return `${by ? nameActor(by) : 'somebody'}: ${how}${note ? `, ${note}` : ''}`;
    }
    return owner ? `${owner.name} has it` : 'it no longer waits for you';
  }

  /** A declared outcome may be given as such or as the first word of the text; anything else is a note. */
  #nameOutcome(command: Command & { verb: 'resolve' }): SaidOutcome {
    const declared = this.#handoff.action.outcomes;
    const { outcome: given, note } = command;
    if (given !== undefined && (declared.length === 0 || declared.includes(given))) {
      return { outcome: given, ...(note !== undefined && { note }) };
    }
    const text = [given, note].filter((part) => part !== undefined).join(': ');
    return readOutcome(text, declared);
  }

  #refuse(command: Command, effect: 'held-by-other' | 'closed' | 'overtaken'): CommandEffect {
    const { saidAt = '' } = command;
    const why =
      effect === 'closed'
        ? `it is ${this.state.status}`
        : effect === 'overtaken'
          ? `that came late, from ${saidAt}, and they have said something else since`
          : this.state.owner
            ? `${this.state.owner.name} has it`
            : 'only a responder can take it';
    this.#record({
      what: 'refused',
      because: `${nameActor(command.by)} asked to ${command.verb}: ${why}`,
      ...(command.by.kind === 'responder' && { responder: command.by.id }),
    });
    return effect;
  }

  /** Tells the sender what came of a command, once: however often it is asked for, they read it once. */
  #answer(commandId: string): void {
    const result = lookUp(this.state.results, commandId);
    if (result?.by.kind !== 'responder' || result.isConfirmed === true) return;
    putUnder(this.state.results, commandId, { ...result, isConfirmed: true });
    const channel = result.via === 'email' ? 'email' : 'sms';
    this.#send(result.by.id, channel, { kind: 'answer', result }, WRITE_FOR_MS);
  }

  // -- what the source hears, and what is counted

  #callBack(type: CallbackType, about: { by?: Actor; because?: string }): void {
    const { callbackUrl } = this.#input.handoff;
    if (callbackUrl === undefined) return;
    const sequence = this.#tally.callbacks + 1;
    this.#count({ callbacks: sequence });
    const event = describeEvent(this.#input, this.state, {
      type,
      sequence,
      at: this.#now,
      ...about,
    });
    this.effects.push({ type: 'call-back', callback: { url: callbackUrl, event } });
  }

  get #tally(): Tally {
    return this.state.tally ?? emptyTally();
  }

  #count(news: Partial<Tally>): void {
    this.state.tally = { ...this.#tally, ...news };
  }

  // -- small things

  get #handoff(): Handoff {
    return currentHandoff(this.#input, this.state);
  }

  #isDue(at: string): boolean {
    return Date.parse(at) <= Date.parse(this.#now);
  }

  /** Without end only what others say can come in: it must not grow beyond what a workflow may carry. */
  #record(entry: Omit<TimelineEntry, 'at'>): void {
    const { timeline } = this.state;
    const isSaid = entry.what === 'noted' || entry.what === 'refused';
    if (isSaid && timeline.length >= LAST_SAID) return;
    const isLong = isSaid && timeline.length >= LONG_SAID && entry.because.length > SHORT;
    const because = isLong ? `${entry.because.slice(0, SHORT)}…` : entry.because;
    timeline.push({ at: this.#now, ...entry, because });
  }
}

/** A message outside the ladders is worth sending for a quarter of an hour, an announcement for a day. */
const WRITE_FOR_MS = 15 * 60_000;
const ANNOUNCE_FOR_MS = 24 * 3_600_000;

/** For so long an end that nobody could be told of is announced again. */
const ANNOUNCE_WITHIN_MS = 30 * 24 * 3_600_000;

/** For so long after a message somebody may be acting on it. */
const AT_IT_FOR_MS = 3_600_000;

/** From so many entries on what is said is cut to so many characters, and from so many on it is left out. */
const LONG_SAID = 500;
const SHORT = 200;
const LAST_SAID = 3_000;

/** How long a snooze lasts unless it says so, and what it is kept within. */
const SNOOZE_MS = 15 * 60_000;
const SNOOZE = { min: 60_000, max: 24 * 3_600_000 } as const;

/** How often a stage is planned anew because the moment was wrong when it came to sending. */
const MAX_REPLANS = 3;

/** Nobody comes after the last resort: where others would be skipped, these are waited for. */
function asLast(timing: Timing): Timing {
  const wait = (rule: QuietRule): QuietRule => (rule === 'skip' ? 'wait' : rule);
  const { sms, voice = sms, email } = timing.whenQuiet;
  return {
    whenQuiet: { sms: wait(sms), voice: wait(voice), email: wait(email) },
    whenTooLate: 'wait',
    whenNobodyAwake: 'wait',
    timeouts: 'always',
  };
}

function isSame(one: Actor, other: Actor): boolean {
  return one.kind === other.kind && one.id === other.id;
}

function isInLadder(kind: Message['kind']): boolean {
  return kind === 'offer' || kind === 'last-resort' || kind === 'expired';
}

function latest(at: string, notBefore: string | undefined): string {
  return notBefore !== undefined && Date.parse(notBefore) > Date.parse(at) ? notBefore : at;
}

const WHAT_WAS_SENT: Readonly<Record<Message['kind'], string>> = {
  offer: 'offer',
  'last-resort': 'last resort',
  reminder: 'reminder',
  released: 'notice that it moved on',
  'stand-down': 'stand-down',
  expired: 'announcement of the end',
  amended: 'notice of a change',
  answer: 'answer',
};

function withReason(reason: string | undefined): string {
  return reason ? `: ${reason}` : '';
}
