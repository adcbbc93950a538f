import { activityInfo, Context } from '@temporalio/activity';
import { CancelledFailure } from '@temporalio/common';
import { Agendas } from '../domain/availability/agenda.ts';
import { createSituation, type Calendars } from '../domain/availability/situation.ts';
import { findResponder, type Directory, type Responder } from '../domain/directory.ts';
import type { Reader } from '../domain/messages/phrases.ts';
import { checkMoment, type Held } from '../domain/moment.ts';
import { mayBeBundled } from '../domain/bundles.ts';
import type { BundleRequest, OfferRequest } from '../domain/responder-state.ts';
import { endsIt, type HandoffCard, type Message, type NotificationOrder } from '../domain/state.ts';
import type { Links } from '../links/links.ts';
import { GRPC, grpcStatusOf } from '../temporal/grpc-status.ts';
import type { OutgoingSms, SmsChannel } from './channels/sms.ts';
import { failure } from './provider-failure.ts';
import { toOfferCard, type Responders } from '../people/responders.ts';

/** What the activities of every channel use. */
export interface SendingDependencies {
  readonly directory: () => Directory;
  /** Missing: there are no calendars. */
  readonly calendars?: Calendars;
  readonly responders: Pick<Responders, 'offer' | 'register' | 'readAbsences'>;
  /** The public address of this installation; Twilio reports deliveries there. */
  readonly publicBaseUrl: string;
  readonly links: Links;
  /** The number people text their replies to, if there is one to name. */
  readonly replyNumber?: string | undefined;
  /** The number or messaging service that SMS go out from; missing: that is not known. */
  readonly smsSender?: string | undefined;
}

/** What an activity that sends is given: the handoff and what to say of it. */
export interface NotifyInput {
  readonly card: HandoffCard;
  readonly order: NotificationOrder;
  /** Reaches emails only. */
  readonly details?: string;
}

/** What history keeps of a message that left. */
export interface Sent {
  /** The provider's id of the message. */
  readonly providerId: string;
  /** It had left in an earlier attempt whose answer was lost. */
  readonly foundSent?: boolean;
  /** It goes out with others in a moment: this is no provider's id yet. */
  readonly isBundled?: boolean;
  /** The person's workflow could not be told of it. */
  readonly isUnregistered?: boolean;
}

const HEARTBEAT_EVERY_MS = 1_000;

/** Registers the message with the person's own workflow and returns how to put it. */
export async function makeOffer(
  { responders, smsSender }: SendingDependencies,
  responder: Responder,
  card: HandoffCard,
  order: NotificationOrder,
): Promise<PutOffer | Sent | Held> {
  const answer = await responders.offer(responder.id, {
    ...describeOffer(card, order),
    ...(smsSender !== undefined && { sender: smsSender }),
  });
  if (answer.say === 'unanswered') {
    const { isRegistered } = answer;
    return { code: card.code, codeNeeded: true, ...(!isRegistered && { isUnregistered: true }) };
  }
  if (answer.say === 'away') {
    const { until } = answer.absence;
    return {
      because: `${responder.name} is away`,
      ...(until !== undefined && { heldUntil: until }),
    };
  }
  if (answer.say === 'bundled') {
    return { providerId: `bundle at ${answer.until}`, isBundled: true };
  }
  if (answer.say === 'nothing' && order.channel === 'sms') {
    throw failure('Permanent', `${responder.name} ${answer.because}`);
  }
  if (answer.say !== 'send') return { code: card.code, codeNeeded: true };
  await giveWay(answer.waitMs, order.giveUpAfterMs);
  const { code, codeNeeded } = answer;
  return { code, codeNeeded };
}

/** How a message is to be put. */
export interface PutOffer {
  readonly code: string;
  readonly codeNeeded: boolean;
  readonly isUnregistered?: true;
}

/** Returns the question before a message goes out. */
export function describeOffer(card: HandoffCard, order: NotificationOrder): OfferRequest {
  return {
    card: toOfferCard(card),
    notificationId: order.id,
    // A later attempt has to find out first whether an earlier one was sent.
    mayBeHeld: (order.whenQuiet ?? 'ignore') !== 'ignore' && isFirstAttempt(),
    channel: order.channel,
    ...isOver(order.message),
    ...(order.message.kind === 'answer' && { isAnswer: true }),
    ...(mayBeBundled(card, order) && { bundle: describeBundle(card, order) }),
  };
}

/** Returns whether a message tells its reader that the handoff is not for them any more, or asks them for it. */
function isOver(message: Message): { isOver?: boolean } {
  switch (message.kind) {
    case 'offer':
    case 'last-resort':
      return { isOver: false };
    case 'stand-down':
    case 'expired':
      return { isOver: true };
    case 'answer':
      return endsIt(message.result) ? { isOver: true } : {};
    default:
      return {};
  }
}

/** Lets the message go out that was to go to this phone before: a few seconds at most, and never too long for its own. */
async function giveWay(waitMs = 0, giveUpAfterMs = Infinity): Promise<void> {
  const pauseMs = Math.min(waitMs, giveUpAfterMs / 4);
  if (pauseMs > 0 && isFirstAttempt()) await Context.current().sleep(pauseMs);
}

/** Returns what a person's workflow needs to put a message with others. */
function describeBundle(handoff: HandoffCard, order: NotificationOrder): BundleRequest {
  const { message, whenQuiet, isReleased } = order;
  return {
    handoff,
    message,
    ...(whenQuiet !== undefined && { whenQuiet }),
    ...(isReleased === true && { isReleased }),
  };
}

/** Returns why a message is held back now, or undefined. */
export function checkNow(
  { directory, calendars }: SendingDependencies,
  card: HandoffCard,
  order: NotificationOrder,
): Held | undefined {
  const agendas = new Agendas(directory(), createSituation(calendars));
  return checkMoment(order, card.action.contact, agendas, currentTimeMs());
}

/** Returns the time: the server's clock may be ahead of this machine's. */
export function currentTimeMs(): number {
  return Math.max(Date.now(), activityInfo().currentAttemptScheduledTimestampMs);
}

export function isFirstAttempt(): boolean {
  return activityInfo().attempt === 1;
}

export function requireResponder(directory: Directory, id: string): Responder {
  const responder = findResponder(directory, id);
  if (!responder) throw failure('Permanent', `${id} is no longer in the directory`);
  return responder;
}

export function readerOf({ timezone }: Responder, now: string): Reader {
  return { timezone, now };
}

/** When the sending was first asked for: the same for every attempt, so that a retry says the same words. */
export function scheduledAt(): string {
  return new Date(activityInfo().scheduledTimestampMs).toISOString();
}

export function stopIfCalledOff(): void {
  if (Context.current().cancellationSignal.aborted) throw new CancelledFailure('called off');
}

/**
 * Ends the activity if its message asks somebody who need not be asked any more. The server is asked: a heartbeat brings
 * a cancel a second or so later, and whoever took the handoff may have been told by then that it is theirs. When it
 * cannot say, the message goes out: it is worth more.
 */
export async function stopIfTaken({ message: { kind } }: NotificationOrder): Promise<void> {
  stopIfCalledOff();
  // Nothing else is ever called off.
  const asks = kind === 'offer' || kind === 'last-resort';
  if (asks && (await isCancelRequested(Context.current()))) {
    throw new CancelledFailure('called off');
  }
}

const CALLED_OFF_DEADLINE_MS = 1_000;

async function isCancelRequested(context: Context): Promise<boolean> {
  try {
    const { client } = context;
    const { cancelRequested } = await client.withDeadline(Date.now() + CALLED_OFF_DEADLINE_MS, () =>
      client.workflowService.recordActivityTaskHeartbeat({
        namespace: client.options.namespace,
        identity: client.options.identity,
        taskToken: context.info.taskToken,
      }),
    );
    return cancelRequested;
  } catch (error) {
    // Another attempt has taken its place, or its handoff is over.
    return grpcStatusOf(error) === GRPC.notFound;
  }
}

/** Returns the activity with a heartbeat each second: a dead worker is noticed, and a cancel arrives. */
export function heartbeating<I, O>(activity: (input: I) => Promise<O>): (input: I) => Promise<O> {
  return async (input) => {
    const context = Context.current();
    const timer = setInterval(() => {
      context.heartbeat();
    }, HEARTBEAT_EVERY_MS);
    try {
      return await activity(input);
    } finally {
      clearInterval(timer);
    }
  };
}

/**
 * Sends an SMS, unless an earlier attempt of this activity may have: a retry first looks through what Twilio
 * has, because Twilio knows no idempotency key.
 */
export async function sendOnce(
  sms: Pick<SmsChannel, 'send' | 'findSent'>,
  { orBody, ...message }: OutgoingSms & { readonly orBody?: string },
  check: () => Promise<Held | undefined> = () => Promise.resolve(undefined),
): Promise<Sent | Held> {
  if (!isFirstAttempt()) {
    const { to, body } = message;
    const bodies = orBody === undefined ? [body] : [body, orBody];
    const providerId = await sms.findSent({ to, bodies, since: new Date(scheduledAt()) });
    if (providerId !== undefined) return { providerId, foundSent: true };
  }
  const held = await check();
  if (held) return held;
  stopIfCalledOff();
  return { providerId: await sms.send(message) };
}

/**
 * What became of a message nobody else tells: Twilio reports it again, as often as it does, when it gets no connection, no
 * answer within 5 s, or a 5xx. The fragment is neither sent nor signed:
 * https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides.
 */
export const REPORT_AGAIN = '#rc=5&rp=ct,rt,5xx&rt=5000';

/** For an address whose replies are about no certain handoff. */
export const NO_HANDOFF = `hof_${'0'.repeat(30)}`;

/** Links open for so long after their message, and a while more; a later message has a new one. */
const LINK_FOR_MS = 7 * 86_400_000;

/** Returns the address of a person's page of a handoff: the same in every attempt. */
export function linkTo(links: Links, { id }: HandoffCard, responder: string): string | undefined {
  const expiresAt = new Date(Date.parse(scheduledAt()) + LINK_FOR_MS).toISOString();
  return links.page({ handoff: id, responder, expiresAt });
}

/** Returns a Message-ID of this installation (RFC 5322, 3.6.4). */
export function nameMessage(publicBaseUrl: string, name: string): string {
  return `<${name}@${new URL(publicBaseUrl).hostname}>`;
}

/** Returns the Message-ID that all emails about a handoff refer to, so that mail programs show one thread. */
export function nameThread(publicBaseUrl: string, handoff: string): string {
  return nameMessage(publicBaseUrl, handoff);
}
