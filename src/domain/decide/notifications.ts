import { isWorthTelling, type Change } from '../amendment.ts';
import { instantAfter } from '../duration.ts';
import type { Channel, QuietRule } from '../policy.ts';
import { ruleOn } from '../quiet-rule.ts';
import {
  isMailbox,
  isOpen,
  isUnderway,
  lookUp,
  nameActor,
  type Message,
  type Notification,
} from '../state.ts';
import type { HandoffEvent } from './event.ts';
import type { Turn } from './turn.ts';

/** A message outside the ladders is worth sending for a quarter of an hour. */
export const WRITE_FOR_MS = 15 * 60_000;

/** For so long after a message somebody may be acting on it. */
const AT_IT_FOR_MS = 3_600_000;

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

/** Returns whether it is what a stage is about: another channel follows when it fails. */
function isInLadder(kind: Message['kind']): boolean {
  return kind === 'offer' || kind === 'last-resort' || kind === 'expired';
}

/** Returns whether it asked somebody to take the handoff, and left. */
export function isAsking({ kind, status }: Notification): boolean {
  return isOffer(kind) && status !== 'failed' && status !== 'held';
}

function isOffer(kind: Message['kind']): boolean {
  return kind === 'offer' || kind === 'last-resort';
}

/** Writes to somebody outside the ladders: to their phone if it rang for this, else by the way that reached them. */
export function write(turn: Turn, recipient: string, message: Message): void {
  const channel = channelTo(turn, recipient);
  const whenQuiet = ruleFor(turn, message, recipient, channel);
  send(turn, recipient, channel, message, WRITE_FOR_MS, { whenQuiet });
}

/** Returns the channel on which somebody is written to. */
export function channelTo(turn: Turn, recipient: string): Channel {
  const reached = Object.values(turn.state.notifications)
    .filter((earlier) => earlier.recipient === recipient && earlier.status === 'accepted')
    .map((earlier) => earlier.channel);
  const ladder = turn.input.policy.tiers[0]?.ladder ?? [];
  const last = reached.at(-1) ?? ladder[0]?.channel ?? 'sms';
  // Whoever was called reads the rest.
  return reached.includes('sms') || last === 'voice' ? 'sms' : last;
}

/**
 * Whoever took it, or was asked, a moment ago is at it and hears at once what became of it. A reminder or stand-down
 * for somebody who did or was long ago waits for the end of their quiet hours.
 */
function ruleFor(
  turn: Turn,
  { kind }: Message,
  recipient: string,
  channel: Channel,
): QuietRule | undefined {
  const { timing } = turn.input.policy;
  if (
    (kind !== 'stand-down' && kind !== 'amended' && kind !== 'reminder') ||
    !timing ||
    ruleOn(channel, timing.whenQuiet) === 'ignore'
  )
    return undefined;
  const lastTold = Object.values(turn.state.notifications)
    .filter((earlier) => earlier.recipient === recipient && earlier.status === 'accepted')
    .map(({ at }) => at)
    .at(-1);
  const { owner } = turn.state;
  const lastActive = kind === 'reminder' ? owner?.since : lastTold;
  const isAtIt =
    lastActive !== undefined && Date.parse(turn.now) < Date.parse(lastActive) + AT_IT_FOR_MS;
  return isAtIt ? undefined : 'wait';
}

interface SendOptions {
  readonly whenQuiet?: QuietRule | undefined;
  readonly isAskedFor?: true | undefined;
}

/** Orders one message to one recipient and returns the id of the notification. */
export function send(
  turn: Turn,
  recipient: string,
  channel: Channel,
  message: Message,
  giveUpAfterMs: number,
  { whenQuiet = 'ignore', isAskedFor }: SendOptions = {},
): string {
  const { notifications, forgotten } = turn.state;
  const id = `n${Object.keys(notifications).length + (forgotten?.count ?? 0) + 1}`;
  turn.state.notifications[id] = {
    id,
    recipient,
    channel,
    kind: message.kind,
    ...(message.kind === 'released' && { because: message.because }),
    ...(message.kind === 'answer' && { commandId: message.result.commandId }),
    ...(isAskedFor && { isAskedFor }),
    orderedAt: turn.now,
    reportBy: instantAfter(turn.now, giveUpAfterMs),
    status: 'sending',
    at: turn.now,
  };
  turn.effects.push({
    type: 'notify',
    order: {
      id,
      recipient,
      channel,
      message,
      giveUpAfterMs,
      ...(whenQuiet !== 'ignore' && !isMailbox(recipient) && { whenQuiet }),
      ...(turn.state.stage.waited === true && { isReleased: true }),
      ...(isAskedFor && { isAskedFor }),
    },
  });
  return id;
}

/** Asks somebody again at an instant, as if they had asked for that. */
function askAgainAt(turn: Turn, recipient: string, at: string): void {
  const { standings, owner } = turn.state;
  if (!isOpen(turn.state) || owner || standings[recipient] !== 'asked') return;
  turn.state.snoozes = { ...turn.state.snoozes, [recipient]: at };
}

/** The provider took a message, or it goes out with others in a moment. */
export function markAccepted(turn: Turn, id: string, isBundled = false): void {
  const notification = lookUp(turn.state.notifications, id);
  if (!notification || !isUnderway(notification.status)) return;
  const orderedAt = notification.at;
  notification.status = 'accepted';
  notification.at = turn.now;
  recordMessage(
    turn,
    'sent',
    notification,
    isBundled ? ', together with what else waits for them' : '',
  );
  const { recipient, kind } = notification;
  if (!isInLadder(kind)) return;
  const { stage } = turn.state;
  if (stage.steps.some((step) => step.notification === id)) {
    stage.firstAcceptedAt ??= turn.now;
    delete stage.isUnreached;
    if (turn.state.unreached)
      turn.state.unreached = { ...turn.state.unreached, isOver: true, overAt: turn.now };
  }
  if (kind === 'expired') return;
  if (turn.tally.firstToldAt === undefined) turn.count({ firstToldAt: turn.now });
  wasAsked(turn, recipient);
  tellIfStale(turn, recipient, orderedAt);
}

/** Somebody has, or may have, an offer on their phone. */
function wasAsked(turn: Turn, recipient: string): void {
  const { standings, owner, ending } = turn.state;
  if (owner?.responder === recipient) return;
  // Whoever ended it, the news of their own message being slower than they were, knows.
  if (ending?.by?.kind === 'responder' && ending.by.id === recipient) return;
  if (standings[recipient] === 'passed') return;
  if (owner || ending) {
    // It went out while being called off: that person must not act on it.
    turn.stand(recipient, 'stood-down');
    write(turn, recipient, { kind: 'stand-down', because: describeOutcome(turn) });
  } else {
    turn.stand(recipient, 'asked');
  }
}

/** What left before a change, and arrives after it, says what is no longer so. */
function tellIfStale(turn: Turn, recipient: string, orderedAt: string): void {
  const { amendedAt, standings } = turn.state;
  if (amendedAt === undefined || Date.parse(orderedAt) >= Date.parse(amendedAt)) return;
  if (standings[recipient] === 'asked') tellAmendment(turn, recipient);
}

/** A message did not leave, or was called off in time, or nobody can tell. */
export function markNotSent(turn: Turn, event: Extract<HandoffEvent, { type: 'not-sent' }>): void {
  const { because, cancelled = false, uncertain = false } = event;
  const notification = lookUp(turn.state.notifications, event.notification);
  if (!notification || !isUnderway(notification.status)) return;
  notification.status = cancelled ? 'cancelled' : 'failed';
  notification.at = turn.now;
  recordFailure(turn, 'not-sent', notification, because);
  const { kind, recipient } = notification;
  if (uncertain && isOffer(kind)) wasAsked(turn, recipient);
}

/** A person cannot be reached on a channel any more: what was sent there did not arrive. */
export function markUnreachable(
  turn: Turn,
  { responder, channel, because }: Extract<HandoffEvent, { type: 'unreachable' }>,
): void {
  for (const notification of Object.values(turn.state.notifications)) {
    const { id, recipient, kind } = notification;
    if (recipient === responder && notification.channel === channel && isInLadder(kind)) {
      markUndelivered(turn, id, because);
    }
  }
}

/** The provider says that a message it took did not arrive. */
export function markUndelivered(turn: Turn, id: string, because: string): void {
  const notification = lookUp(turn.state.notifications, id);
  if (!notification || !['sending', 'cancelling', 'accepted'].includes(notification.status)) return;
  // A call after which somebody has pressed a key has done its work, however it ended.
  const { kind, channel, recipient } = notification;
  if (channel === 'voice' && kind !== 'expired' && hasAnswered(turn, recipient)) return;
  notification.status = 'failed';
  notification.at = turn.now;
  recordFailure(turn, 'undelivered', notification, because);
}

/** The end of a call may be reported before its acceptance is: they do not stand as asked yet then. */
function hasAnswered(turn: Turn, recipient: string): boolean {
  return (
    !isOpen(turn.state) ||
    turn.state.owner !== undefined ||
    turn.state.standings[recipient] === 'passed' ||
    lookUp(turn.state.snoozes ?? {}, recipient) !== undefined
  );
}

function recordFailure(
  turn: Turn,
  what: 'not-sent' | 'undelivered',
  notification: Notification,
  because: string,
): void {
  recordMessage(turn, what, notification, `: ${because}`);
  const { recipient, channel, kind, status } = notification;
  // What is not part of a ladder has no next step; it is tried once on the other channel.
  if (isInLadder(kind) || status === 'cancelled' || channel === 'email' || isMailbox(recipient))
    return;
  sayByEmail(turn, notification);
}

/** Says by email what could not be said where it rings. */
function sayByEmail(turn: Turn, notification: Notification): void {
  const message = repeatable(turn, notification);
  if (message) send(turn, notification.recipient, 'email', message, WRITE_FOR_MS);
}

/** Writes into the timeline what became of a message. */
function recordMessage(
  turn: Turn,
  what: 'sent' | 'held' | 'not-sent' | 'undelivered',
  { recipient, channel, kind }: Notification,
  more: string,
): void {
  const name = turn.state.names[recipient] ?? recipient;
  turn.record({
    what,
    because: `${WHAT_WAS_SENT[kind]} to ${name} by ${channel}${more}`,
    responder: recipient,
    channel,
    message: kind,
  });
}

/** Returns a message that did not go out as it would be now, unless there is nothing to say any more. */
function repeatable(
  turn: Turn,
  {
    kind,
    recipient,
    because = '',
    commandId = '',
  }: Pick<Notification, 'kind' | 'recipient' | 'because' | 'commandId'>,
): Message | undefined {
  const { owner, standings } = turn.state;
  switch (kind) {
    case 'reminder':
      return owner?.responder === recipient ? { kind, actBy: owner.actBy } : undefined;
    case 'stand-down':
      // They may have been asked again since.
      return standings[recipient] === 'stood-down'
        ? { kind, because: describeOutcome(turn) }
        : undefined;
    case 'released':
      return { kind, because };
    case 'amended':
      return standings[recipient] === 'asked' || owner?.responder === recipient
        ? phraseAmendment(turn, recipient)
        : undefined;
    case 'answer': {
      const result = lookUp(turn.state.results, commandId);
      return result && { kind, result };
    }
    default:
      return undefined;
  }
}

/** The moment had become a wrong one by the time it was to be sent. Returns what is held, unless it was known. */
export function noteHeld(
  turn: Turn,
  { notification: id, until, because }: Extract<HandoffEvent, { type: 'held' }>,
): Notification | undefined {
  const notification = lookUp(turn.state.notifications, id);
  if (!notification || !isUnderway(notification.status)) return undefined;
  notification.status = 'held';
  notification.at = turn.now;
  recordMessage(turn, 'held', notification, `: ${because}`);
  const { recipient, channel, kind, isAskedFor } = notification;
  if (isInLadder(kind)) {
    // They asked for it, and then went away until then.
    if (isAskedFor && until !== undefined) askAgainAt(turn, recipient, until);
  } else if (until !== undefined) {
    hold(turn, notification, until, because);
  } else if (channel !== 'email') {
    // Nobody knows until when: where nothing rings it does not disturb.
    sayByEmail(turn, notification);
  }
  return notification;
}

function hold(
  turn: Turn,
  { recipient, channel, kind }: Notification,
  at: string,
  because: string,
): void {
  const others = (turn.state.held ?? []).filter(
    (other) => other.recipient !== recipient || other.kind !== kind,
  );
  turn.state.held = [...others, { at, because, recipient, channel, kind }];
}

/** Sends what was held back until now, if it is still to be said. */
export function sendHeld(turn: Turn): boolean {
  const due = turn.state.held?.find(({ at }) => turn.isDue(at));
  if (!due) return false;
  turn.state.held = turn.state.held?.filter((other) => other !== due) ?? [];
  const message = repeatable(turn, due);
  if (message) write(turn, due.recipient, message);
  return true;
}

/** Calls off what has not left yet and asks for what is not wanted any more: offers, and what changed in them. */
export function callOff(turn: Turn): void {
  const owner = turn.state.owner?.responder;
  callOffAll(
    turn,
    ({ kind, recipient }) => isOffer(kind) || (kind === 'amended' && recipient !== owner),
  );
}

/** Calls off the offers to one person, who has answered. */
export function callOffTo(turn: Turn, recipient: string): void {
  callOffAll(turn, (one) => one.recipient === recipient && isOffer(one.kind));
}

function callOffAll(turn: Turn, isMeant: (notification: Notification) => boolean): void {
  for (const notification of Object.values(turn.state.notifications)) {
    if (notification.status !== 'sending' || !isMeant(notification)) continue;
    notification.status = 'cancelling';
    turn.effects.push({ type: 'cancel', notification: notification.id });
  }
}

/** Tells everyone for whom it waits that it no longer does, except those who know. */
export function standDown(
  turn: Turn,
  except: readonly string[],
  because = describeOutcome(turn),
): void {
  for (const [id, standing] of Object.entries(turn.state.standings)) {
    if (standing !== 'asked' || except.includes(id)) continue;
    turn.stand(id, 'stood-down');
    write(turn, id, { kind: 'stand-down', because });
  }
}

/** Returns why it no longer waits for others: who has it, or how it ended. */
export function describeOutcome(turn: Turn): string {
  const { owner, ending } = turn.state;
  if (ending) {
    const { status, by, outcome, note } = ending;
    if (status === 'expired') return note ?? 'it expired';
    const how = status === 'resolved' ? `done${outcome ? ` (${outcome})` : ''}` : 'withdrawn';
    return `${by ? nameActor(by) : 'somebody'}: ${how}${note ? `, ${note}` : ''}`;
  }
  return owner ? `${owner.name} has it` : 'it no longer waits for you';
}

/** Tells somebody what its source has changed since they were last told, if it matters to them. */
export function tellAmendment(turn: Turn, recipient: string): void {
  const message = phraseAmendment(turn, recipient);
  if (message) write(turn, recipient, message);
}

function phraseAmendment(turn: Turn, recipient: string): Message | undefined {
  const toldAt = Math.max(
    0,
    ...Object.values(turn.state.notifications)
      .filter((one) => one.recipient === recipient && saysHowItIs(one))
      .map(({ orderedAt, at }) => Date.parse(orderedAt ?? at)),
  );
  const untold = (turn.state.changes ?? []).filter(
    (change) => isWorthTelling(change) && Date.parse(change.at ?? turn.now) > toldAt,
  );
  // Of several changes of one thing they were told what was before the first.
  const changes = untold
    .filter(({ what }, index) => untold.findIndex((other) => other.what === what) === index)
    .map(({ at: _, ...change }): Change => change);
  if (changes.length === 0) return undefined;
  const isTheirs = turn.state.owner?.responder === recipient;
  return { kind: 'amended', changes, ...(isTheirs && { isTheirs }) };
}

/** Whoever reads it, or is about to, knows how things stood when it was decided on. */
function saysHowItIs({ kind, status }: Notification): boolean {
  return (isOffer(kind) || kind === 'amended') && (status === 'accepted' || isUnderway(status));
}
