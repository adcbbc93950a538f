import { activityInfo, Context } from '@temporalio/activity';
import { CancelledFailure } from '@temporalio/common';
import { findResponder, type Directory, type Responder } from '../domain/directory.ts';
import { renderAnswer, type Answer } from '../domain/messages/answer.ts';
import { renderEmail } from '../domain/messages/email.ts';
import type { Reader } from '../domain/messages/phrases.ts';
import { renderSms } from '../domain/messages/sms.ts';
import { isMailbox, type HandoffCard, type NotificationOrder } from '../domain/state.ts';
import type { EmailChannel } from './channels/email.ts';
import type { SmsChannel } from './channels/sms.ts';
import { failure } from './provider-failure.ts';
import { toOfferCard, type Responders } from './responders.ts';

export interface NotifyDependencies {
  readonly directory: () => Directory;
  readonly responders: Responders;
  readonly sms: SmsChannel;
  readonly email: EmailChannel;
  /** The public address of this installation; Twilio reports deliveries there. */
  readonly publicBaseUrl: string;
  /** The number people text their replies to, if there is one to name. */
  readonly replyNumber?: string | undefined;
}

export interface NotifyInput {
  readonly card: HandoffCard;
  readonly order: NotificationOrder;
  /** Reaches emails only. */
  readonly details?: string;
}

export interface AnswerInput {
  readonly responder: string;
  readonly replyId: string;
  readonly answer: Answer;
}

/** What history keeps of a message that left. */
export interface Sent {
  /** The provider's id of the message. */
  readonly providerId: string;
  /** It had left in an earlier attempt whose answer was lost. */
  readonly foundSent?: boolean;
}

const HEARTBEAT_EVERY_MS = 1_000;

/** Twilio's limits for a message's validity period, in seconds. */
const VALIDITY = { min: 60, max: 36_000 };

/** Returns the activities that send; each heartbeats, and looks before it sends a second time. */
export function createNotifyActivities(deps: NotifyDependencies) {
  const { sms, email, publicBaseUrl } = deps;

  return {
    /** Sends one SMS of a handoff. Throws a failure of failure-types.ts. */
    sendSms: heartbeating(async ({ card, order }: NotifyInput): Promise<Sent> => {
      const responder = requireResponder(deps.directory(), order.recipient);
      if (responder.phone === undefined) {
        throw failure('Permanent', `${responder.name} has no phone in the directory`);
      }
      const { code, codeNeeded } = await makeOffer(deps.responders, responder, card, order);
      const body = renderSms(
        { card, message: order.message, code, codeNeeded },
        readerOf(responder, scheduledAt()),
      );
      const names = new URLSearchParams({ h: card.id, n: order.id }).toString();
      return sendOnce(sms, {
        to: responder.phone,
        body,
        statusCallback: `${publicBaseUrl}/webhooks/twilio/status?${names}`,
        validForSeconds: Math.min(
          Math.max(Math.ceil(order.giveUpAfterMs / 1_000), VALIDITY.min),
          VALIDITY.max,
        ),
      });
    }),

    /** Sends one email of a handoff. Throws a failure of failure-types.ts. */
    sendEmail: heartbeating(async ({ card, order, details }: NotifyInput): Promise<Sent> => {
      const { to, reader, code, codeNeeded, hasPhone } = await addressEmail(deps, card, order);
      const content = renderEmail(
        {
          card,
          message: order.message,
          code,
          codeNeeded,
          details,
          replyTo: hasPhone ? deps.replyNumber : undefined,
        },
        reader,
      );
      const { host } = new URL(publicBaseUrl);
      const messageId = `<${card.id}.${order.id}@${host.replace(/:.*/, '')}>`;
      return { providerId: await email.send({ ...content, to, messageId }) };
    }),

    /** Texts the answer to a reply that came in while nobody could wait for it. */
    sendAnswer: heartbeating(async (input: AnswerInput): Promise<Sent> => {
      const responder = requireResponder(deps.directory(), input.responder);
      if (responder.phone === undefined) {
        throw failure('Permanent', `${responder.name} has no phone in the directory`);
      }
      const body = renderAnswer(input.answer, readerOf(responder, scheduledAt()));
      return sendOnce(sms, { to: responder.phone, body });
    }),
  };
}

/**
 * Sends an SMS, unless an earlier attempt of this activity may have: a retry first looks through what Twilio
 * has, because Twilio knows no idempotency key.
 */
async function sendOnce(
  sms: SmsChannel,
  message: Parameters<SmsChannel['send']>[0],
): Promise<Sent> {
  if (activityInfo().attempt > 1) {
    const { to, body } = message;
    const providerId = await sms.findSent({ to, body, since: new Date(scheduledAt()) });
    if (providerId !== undefined) return { providerId, foundSent: true };
  }
  stopIfCalledOff();
  return { providerId: await sms.send(message) };
}

/** Registers the message with the person's own workflow and returns how to put it. */
async function makeOffer(
  responders: Responders,
  responder: Responder,
  card: HandoffCard,
  order: NotificationOrder,
): Promise<{ code: string; codeNeeded: boolean }> {
  const answer = await responders.offer(responder.id, {
    card: toOfferCard(card),
    notificationId: order.id,
    asks: order.message.kind === 'offer' || order.message.kind === 'last-resort',
  });
  if (answer === undefined) return { code: card.code, codeNeeded: true };
  if (answer.say === 'nothing' && order.channel === 'sms') {
    throw failure('Permanent', `${responder.name} ${answer.because}`);
  }
  return answer.say === 'send' ? answer : { code: card.code, codeNeeded: true };
}

async function addressEmail(deps: NotifyDependencies, card: HandoffCard, order: NotificationOrder) {
  const directory = deps.directory();
  if (isMailbox(order.recipient)) {
    return {
      to: order.recipient.slice('mailto:'.length),
      reader: { timezone: directory.organisation.timezone, now: scheduledAt() },
      code: card.code,
      codeNeeded: true,
      hasPhone: false,
    };
  }
  const responder = requireResponder(directory, order.recipient);
  if (responder.email === undefined) {
    throw failure('Permanent', `${responder.name} has no email in the directory`);
  }
  const { code, codeNeeded } = await makeOffer(deps.responders, responder, card, order);
  return {
    to: responder.email,
    reader: readerOf(responder, scheduledAt()),
    code,
    codeNeeded,
    hasPhone: responder.phone !== undefined,
  };
}

function requireResponder(directory: Directory, id: string): Responder {
  const responder = findResponder(directory, id);
  if (!responder) throw failure('Permanent', `${id} is no longer in the directory`);
  return responder;
}

function readerOf({ timezone }: Responder, now: string): Reader {
  return { timezone, now };
}

/** When the sending was first asked for: the same for every attempt, so that a retry says the same words. */
function scheduledAt(): string {
  return new Date(activityInfo().scheduledTimestampMs).toISOString();
}

function stopIfCalledOff(): void {
  if (Context.current().cancellationSignal.aborted) throw new CancelledFailure('called off');
}

/** Returns the activity with a heartbeat each second: a dead worker is noticed, and a cancel arrives. */
function heartbeating<I>(activity: (input: I) => Promise<Sent>): (input: I) => Promise<Sent> {
  return async (input) => {
    const timer = setInterval(() => {
      Context.current().heartbeat();
    }, HEARTBEAT_EVERY_MS);
    try {
      return await activity(input);
    } finally {
      clearInterval(timer);
    }
  };
}
