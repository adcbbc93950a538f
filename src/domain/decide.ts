import { formatDuration, instantAfter } from './duration.ts';
import {
  isMailbox,
  isOpen,
  isStepLeft,
  isUnderway,
  listInvolved,
  nameActor,
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
  type Standing,
  type TierPlan,
  type TimelineEntry,
} from './state.ts';
import type { Channel } from './policy.ts';
import { nextWake, stageEnd, type Wake } from './wake.ts';

/** What can happen to a handoff. */
export type HandoffEvent =
  | { readonly type: 'started' }
  | { readonly type: 'clock' }
  | { readonly type: 'command'; readonly command: Command }
  /** The sender of a command got no answer in time and is to be told the result. */
  | { readonly type: 'confirm'; readonly commandId: string }
  | { readonly type: 'planned'; readonly serial: number; readonly plan: TierPlan }
  /** The provider took the message: accepted is not reached. */
  | { readonly type: 'accepted'; readonly notification: string }
  | {
      readonly type: 'not-sent';
      readonly notification: string;
      readonly because: string;
      readonly cancelled?: boolean;
    }
  /** The provider reports later that the message did not arrive. */
  | { readonly type: 'undelivered'; readonly notification: string; readonly because: string };

/** What is to be done; the shell runs these and feeds what comes of them back as events. */
export type Effect =
  | {
      readonly type: 'plan';
      readonly serial: number;
      readonly label: string;
      readonly request: PlanRequest;
    }
  | { readonly type: 'notify'; readonly order: NotificationOrder }
  | { readonly type: 'cancel'; readonly notification: string }
  /** The responders' own workflows are to know how they stand to this handoff. */
  | { readonly type: 'tell-standings'; readonly standings: Readonly<Record<string, Standing>> }
  | {
      readonly type: 'tell-closed';
      readonly responders: readonly string[];
      readonly ending: Ending;
    };

export interface Decision {
  readonly state: HandoffState;
  readonly effects: readonly Effect[];
  /** When to come back with a `clock` event if nothing else happens; null once nothing is awaited. */
  readonly wake: Wake | null;
}

const MAX_RESULTS = 200;

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
        this.#askForPlan();
        break;
      case 'clock':
        break;
      case 'command':
        this.#command(event.command);
        break;
      case 'confirm': {
        const result = this.state.results[event.commandId];
        if (result) this.#answer(event.commandId);
        break;
      }
      case 'planned':
        if (event.serial === this.state.stage.serial) this.#follow(event.plan);
        break;
      case 'accepted':
        this.#accepted(event.notification);
        break;
      case 'not-sent':
        this.#notSent(event.notification, event.because, event.cancelled === true);
        break;
      case 'undelivered':
        this.#undelivered(event.notification, event.because);
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
      delete stage.notBefore;
      if (isOpen(this.state)) this.state.status = 'notifying';
      this.#askForPlan();
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
      step.notification = this.#offer(step.recipient, step.channel);
      return true;
    }
    if (stage.kind === 'announcement') return false;
    if (stage.kind === 'tier') {
      const failure = this.#reasonTierIsSpent();
      if (failure !== undefined) {
        this.#advance(failure);
        return true;
      }
    }
    const end = stageEnd(this.#input.policy, this.state);
    if (end && this.#isDue(end)) {
      this.#advance(this.#describeSilence());
      return true;
    }
    return false;
  }

  /** A step is due by the clock, or at once when everything sent to that person in this stage has failed. */
  #isStepDue(step: HandoffState['stage']['steps'][number]): boolean {
    if (!isStepLeft(this.state, step)) return false;
    if (this.#isDue(step.dueAt)) return true;
    const sent = this.state.stage.steps.filter(
      (other) => other.recipient === step.recipient && other.notification !== undefined,
    );
    return sent.length > 0 && sent.every((other) => this.#statusOf(other) === 'failed');
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
    const silent = [...new Set(stage.steps.map((step) => step.recipient))]
      .filter((id) => standings[id] === 'asked')
      .map((id) => names[id] ?? id);
    if (silent.length === 0) return `nobody in ${this.#label()} was reached in time`;
    const verb = silent.length === 1 ? 'has' : 'have';
    return `${silent.slice(0, 3).join(', ')}${silent.length > 3 ? ' and others' : ''} ${verb} not answered`;
  }

  #label(): string {
    const { stage } = this.state;
    if (stage.kind !== 'tier') return stage.kind === 'last-resort' ? 'last resort' : 'announcement';
    const label = this.#input.policy.tiers[stage.tier]?.label ?? 'tier';
    return stage.round === 0 ? label : `${label}, round ${stage.round + 1}`;
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
    this.state.stage = {
      kind,
      tier,
      round,
      serial: this.state.stage.serial + 1,
      because,
      startedAt: this.#now,
      planned: false,
      steps: [],
    };
    if (isOpen(this.state)) {
      this.state.status = 'notifying';
      this.#record({ what: 'escalated', because: `${because}: on to ${this.#label()}` });
    }
    this.#askForPlan();
  }

  #askForPlan(): void {
    const { stage, standings } = this.state;
    const { policy } = this.#input;
    stage.planned = false;
    stage.startedAt = this.#now;
    const { notify, ladder } =
      stage.kind === 'tier' ? (policy.tiers[stage.tier] ?? policy.lastResort) : policy.lastResort;
    const passed =
      stage.kind === 'tier'
        ? Object.keys(standings).filter((id) => standings[id] === 'passed')
        : [];
    this.effects.push({
      type: 'plan',
      serial: stage.serial,
      label: this.#label(),
      request: { notify, ladder, passed },
    });
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
    stage.planned = true;
    stage.startedAt = this.#now;
    for (const person of plan.people) {
      this.state.names[person.recipient] = person.name;
      // The last resort asks again those who passed before.
      if (stage.kind === 'last-resort' && this.state.standings[person.recipient] === 'passed') {
        this.state.standings[person.recipient] = 'asked';
      }
      for (const step of person.steps) {
        stage.steps.push({
          recipient: person.recipient,
          channel: step.channel,
          dueAt: instantAfter(this.#now, step.afterMs),
        });
      }
    }
    if (stage.kind === 'announcement') {
      this.#standDown(plan.people.map((person) => person.recipient));
    }
    const who = plan.people.map((person) => person.name).join(', ');
    this.#record({ what: 'planned', because: `${this.#label()}: ${who || 'nobody to tell'}` });
  }

  // -- notifications

  /** Sends what the stage is about on one channel and returns the notification's id. */
  #offer(recipient: string, channel: Channel): string {
    const { stage } = this.state;
    const notice =
      1 +
      Object.values(this.state.notifications).filter(
        (earlier) =>
          earlier.recipient === recipient &&
          (earlier.kind === 'offer' || earlier.kind === 'last-resort') &&
          earlier.status !== 'failed',
      ).length;
    const because = stage.because;
    switch (stage.kind) {
      case 'tier': {
        const message: Message = {
          kind: 'offer',
          tier: this.#label(),
          notice,
          ...(because !== undefined && { because }),
        };
        const tier = this.#input.policy.tiers[stage.tier];
        return this.#send(recipient, channel, message, tier?.escalateAfterMs ?? 60_000);
      }
      case 'last-resort':
        return this.#send(
          recipient,
          channel,
          { kind: 'last-resort', notice, because: because ?? 'nobody took it' },
          this.#input.policy.lastResort.remindEveryMs,
        );
      case 'announcement':
        return this.#send(
          recipient,
          channel,
          { kind: 'expired', because: because ?? 'nobody took it' },
          ANNOUNCE_FOR_MS,
        );
    }
  }

  /** Writes to somebody outside the ladders, on the channel they were last reached on. */
  #write(recipient: string, message: Message): void {
    const reached = Object.values(this.state.notifications).filter(
      (earlier) => earlier.recipient === recipient && earlier.status === 'accepted',
    );
    const ladder = this.#input.policy.tiers[0]?.ladder ?? [];
    const channel = reached.at(-1)?.channel ?? ladder[0]?.channel ?? 'sms';
    this.#send(recipient, channel, message, WRITE_FOR_MS);
  }

  #send(recipient: string, channel: Channel, message: Message, giveUpAfterMs: number): string {
    const id = `n${Object.keys(this.state.notifications).length + 1}`;
    this.state.notifications[id] = {
      id,
      recipient,
      channel,
      kind: message.kind,
      reportBy: instantAfter(this.#now, giveUpAfterMs),
      status: 'sending',
      at: this.#now,
    };
    this.effects.push({
      type: 'notify',
      order: { id, recipient, channel, message, giveUpAfterMs },
    });
    return id;
  }

  #accepted(id: string): void {
    const notification = this.state.notifications[id];
    if (!notification || !isUnderway(notification.status)) return;
    notification.status = 'accepted';
    notification.at = this.#now;
    const { recipient, channel, kind } = notification;
    this.#record({
      what: 'sent',
      because: `${WHAT_WAS_SENT[kind]} to ${this.state.names[recipient] ?? recipient} by ${channel}`,
      responder: recipient,
      channel,
    });
    if (kind !== 'offer' && kind !== 'last-resort') return;
    const { stage, standings, owner, ending } = this.state;
    if (stage.steps.some((step) => step.notification === id)) stage.firstAcceptedAt ??= this.#now;
    if (isMailbox(recipient) || owner?.responder === recipient) return;
    if (standings[recipient] === 'passed') return;
    if (owner || ending) {
      // It went out while being called off: that person must not act on it.
      standings[recipient] = 'stood-down';
      this.effects.push({ type: 'tell-standings', standings: { [recipient]: 'stood-down' } });
      this.#write(recipient, { kind: 'stand-down', because: this.#describeOutcome() });
    } else {
      standings[recipient] = 'asked';
    }
  }

  #notSent(id: string, because: string, cancelled: boolean): void {
    const notification = this.state.notifications[id];
    if (!notification || !isUnderway(notification.status)) return;
    notification.status = cancelled ? 'cancelled' : 'failed';
    notification.at = this.#now;
    this.#recordFailure('not-sent', notification, because);
  }

  #undelivered(id: string, because: string): void {
    const notification = this.state.notifications[id];
    if (!notification || notification.status === 'failed' || notification.status === 'cancelled')
      return;
    notification.status = 'failed';
    notification.at = this.#now;
    this.#recordFailure('undelivered', notification, because);
  }

  #recordFailure(
    what: 'not-sent' | 'undelivered',
    { recipient, channel, kind, status }: Notification,
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
    const inLadder = kind === 'offer' || kind === 'last-resort' || kind === 'expired';
    if (inLadder || status === 'cancelled' || channel === 'email' || isMailbox(recipient)) return;
    const message = this.#repeatable(kind, recipient, because);
    if (message) this.#send(recipient, 'email', message, WRITE_FOR_MS);
  }

  #repeatable(kind: Message['kind'], recipient: string, because: string): Message | undefined {
    const { owner } = this.state;
    switch (kind) {
      case 'reminder':
        return owner?.responder === recipient ? { kind, actBy: owner.actBy } : undefined;
      case 'stand-down':
        return { kind, because: this.#describeOutcome() };
      case 'released':
        return { kind, because };
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
    if (this.state.results[command.id]) {
      if (command.confirm) this.#answer(command.id);
      return;
    }
    if (command.by.kind === 'responder') this.state.names[command.by.id] = command.by.name;
    const effect = this.#run(command);
    const { owner, ending } = this.state;
    this.state.results[command.id] = {
      commandId: command.id,
      verb: command.verb,
      by: command.by,
      at: this.#now,
      effect,
      ...(owner && {
        owner: { responder: owner.responder, name: owner.name, since: owner.since },
      }),
      ...(ending && { ending }),
    };
    const ids = Object.keys(this.state.results);
    for (const id of ids.slice(0, Math.max(0, ids.length - MAX_RESULTS))) {
      // Results are plain JSON keyed by command id.
      // eslint-disable-next-line @typescript-eslint/no-dynamic-delete
      delete this.state.results[id];
    }
    if (command.confirm) this.#answer(command.id);
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
        return owner ? this.#refuse(command, 'held-by-other') : this.#take(by, command.via);
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
    }
  }

  #take(by: { id: string; name: string }, via: string): CommandEffect {
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
    this.#record({ what: 'taken', because: `${by.name} took it by ${via}`, responder: by.id });
    this.#callOff();
    this.#standDown([by.id], { [by.id]: 'owner' });
    return 'taken';
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
    if (owner) delete this.state.owner;
    this.state.standings[by.id] = 'passed';
    this.effects.push({ type: 'tell-standings', standings: { [by.id]: 'passed' } });
    if (owner) this.#advance(because);
    return 'passed';
  }

  /** Takes the handoff from its owner, who is told why; they may still take it again. */
  #release(owner: Ownership, because: string): void {
    delete this.state.owner;
    this.state.standings[owner.responder] = 'asked';
    this.effects.push({ type: 'tell-standings', standings: { [owner.responder]: 'asked' } });
    this.#write(owner.responder, { kind: 'released', because });
  }

  #end(ending: Ending, by?: Command['by']): void {
    const involved = listInvolved(this.state);
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
    if (owner) this.state.standings[owner.responder] = 'asked';
    delete this.state.owner;
    // An expiry is told when it is known who hears of it by the announcement.
    if (ending.status !== 'expired') this.#standDown(by?.kind === 'responder' ? [by.id] : []);
    this.effects.push({ type: 'tell-closed', responders: involved, ending });
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
  #standDown(except: readonly string[], standings: Readonly<Record<string, Standing>> = {}): void {
    const changed: Record<string, Standing> = { ...standings };
    const because = this.#describeOutcome();
    for (const [id, standing] of Object.entries(this.state.standings)) {
      if (standing !== 'asked' || except.includes(id)) continue;
      changed[id] = 'stood-down';
      this.#write(id, { kind: 'stand-down', because });
    }
    Object.assign(this.state.standings, changed);
    if (isOpen(this.state)) this.effects.push({ type: 'tell-standings', standings: changed });
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
  #nameOutcome(command: Command & { verb: 'resolve' }): { outcome?: string; note?: string } {
    const declared = this.#input.handoff.action.outcomes;
    if (command.outcome !== undefined) {
      return {
        outcome: command.outcome,
        ...(command.note !== undefined && { note: command.note }),
      };
    }
    const text = command.note?.trim() ?? '';
    const outcome = declared.find((word) =>
      new RegExp(`^${word.replaceAll('-', '[ -]?')}\\b`, 'i').test(text),
    );
    const note = (outcome === undefined ? text : text.slice(outcome.length)).replace(
      /^[\s,.:;-]+/,
      '',
    );
    return { ...(outcome !== undefined && { outcome }), ...(note && { note }) };
  }

  #refuse(command: Command, effect: 'held-by-other' | 'closed'): CommandEffect {
    const why =
      effect === 'closed'
        ? `it is ${this.state.status}`
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

  #answer(commandId: string): void {
    const result = this.state.results[commandId];
    if (result?.by.kind !== 'responder') return;
    this.#send(result.by.id, 'sms', { kind: 'answer', result }, WRITE_FOR_MS);
  }

  // -- small things

  #isDue(at: string): boolean {
    return Date.parse(at) <= Date.parse(this.#now);
  }

  #record(entry: Omit<TimelineEntry, 'at'>): void {
    this.state.timeline.push({ at: this.#now, ...entry });
  }
}

/** A message outside the ladders is worth sending for a quarter of an hour, an announcement for a day. */
const WRITE_FOR_MS = 15 * 60_000;
const ANNOUNCE_FOR_MS = 24 * 3_600_000;

const WHAT_WAS_SENT: Readonly<Record<Message['kind'], string>> = {
  offer: 'asked',
  'last-resort': 'last resort',
  reminder: 'reminder',
  released: 'notice that it moved on',
  'stand-down': 'stand-down',
  expired: 'announcement of the end',
  answer: 'answer',
};

function withReason(reason: string | undefined): string {
  return reason ? `: ${reason}` : '';
}
