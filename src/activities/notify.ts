import { renderAnswer, type Answer } from '../domain/messages/answer.ts';
import { renderAnswerEmail, renderEmail } from '../domain/messages/email.ts';
import { renderSms } from '../domain/messages/sms.ts';
import type { Reader } from '../domain/messages/phrases.ts';
import type { Held } from '../domain/moment.ts';
import { isMailbox, type HandoffCard, type NotificationOrder } from '../domain/state.ts';
import type { EmailChannel } from './channels/email.ts';
import type { SmsChannel } from './channels/sms.ts';
import { failure } from './provider-failure.ts';
import {
  checkNow,
  heartbeating,
  isFirstAttempt,
  linkTo,
  makeOffer,
  nameMessage,
  nameThread,
  NO_HANDOFF,
  readerOf,
  REPORT_AGAIN,
  requireResponder,
  scheduledAt,
  sendOnce,
  stopIfCalledOff,
  stopIfTaken,
  type NotifyInput,
  type PutOffer,
  type SendingDependencies,
  type Sent,
} from './sending.ts';

export interface NotifyDependencies extends SendingDependencies {
  readonly sms: SmsChannel;
  readonly email: EmailChannel;
}

export interface AnswerInput {
  readonly responder: string;
  readonly replyId: string;
  readonly answer: Answer;
  /** The handoff that the reply was about. */
  readonly about?: string;
}

/** Twilio's limits for a message's validity period, in seconds. */
const VALIDITY = { min: 60, max: 36_000 };

/** Returns the activities that send; each heartbeats, and looks before it sends a second time. */
export function createNotifyActivities(deps: NotifyDependencies) {
  const { sms, email, publicBaseUrl } = deps;

  return {
    /** Sends one SMS of a handoff, if its moment is right. Throws a failure of failure-types.ts. */
    sendSms: heartbeating(async ({ card, order }: NotifyInput): Promise<Sent | Held> => {
      const responder = requireResponder(deps.directory(), order.recipient);
      if (responder.phone === undefined) {
        throw failure('Permanent', `${responder.name} has no phone in the directory`);
      }
      const early = isFirstAttempt() ? checkNow(deps, card, order) : undefined;
      if (early) return early;
      const offer = await makeOffer(deps, responder, card, order);
      if (!('code' in offer)) return offer;
      const { code, codeNeeded, isUnregistered } = offer;
      const link = linkTo(deps.links, card, responder.id);
      const say = (needed: boolean): string =>
        renderSms(
          { card, message: order.message, code, codeNeeded: needed, link },
          readerOf(responder, scheduledAt()),
        );
      const names = new URLSearchParams({ h: card.id, n: order.id }).toString();
      const message = {
        to: responder.phone,
        body: say(codeNeeded),
        // An earlier attempt may have had another answer to its offer, or none.
        ...(!isFirstAttempt() && { orBody: say(!codeNeeded) }),
        statusCallback: `${publicBaseUrl}/webhooks/twilio/status?${names}${REPORT_AGAIN}`,
        validForSeconds: Math.min(
          Math.max(Math.ceil(order.giveUpAfterMs / 1_000), VALIDITY.min),
          VALIDITY.max,
        ),
      };
      const sent = await sendOnce(sms, message, async () => {
        const held = checkNow(deps, card, order);
        if (!held) await stopIfTaken(order);
        return held;
      });
      return { ...sent, ...(isUnregistered && { isUnregistered }) };
    }),

    /** Sends one email of a handoff, if its moment is right. Throws a failure of failure-types.ts. */
    sendEmail: heartbeating(async ({ card, order, details }: NotifyInput): Promise<Sent | Held> => {
      const address = await addressEmail(deps, card, order);
      if (!('to' in address)) return address;
      const { to, reader, code, codeNeeded, hasPhone, isUnregistered } = address;
      const person = isMailbox(order.recipient) ? undefined : order.recipient;
      const replyAddress =
        person === undefined
          ? undefined
          : deps.links.mailbox({ handoff: card.id, responder: person });
      const content = renderEmail(
        {
          card,
          message: order.message,
          code,
          codeNeeded,
          details,
          replyTo: hasPhone ? deps.replyNumber : undefined,
          link: person === undefined ? undefined : linkTo(deps.links, card, person),
          replyAddress,
        },
        reader,
      );
      const messageId = nameMessage(publicBaseUrl, `${card.id}.${order.id}`);
      await stopIfTaken(order);
      return {
        providerId: await email.send({
          ...content,
          to,
          messageId,
          thread: nameThread(publicBaseUrl, card.id),
          customArgs: { h: card.id, n: order.id },
          ...(replyAddress !== undefined && { replyTo: replyAddress }),
        }),
        ...(isUnregistered && { isUnregistered }),
      };
    }),

    /** Answers a reply by email. Throws a failure of failure-types.ts. */
    sendEmailAnswer: heartbeating(async (input: AnswerInput): Promise<Sent | Held> => {
      const { id, name, email: to, timezone } = requireResponder(deps.directory(), input.responder);
      if (to === undefined) throw failure('Permanent', `${name} has no email in the directory`);
      stopIfCalledOff();
      const replyTo = deps.links.mailbox({ handoff: input.about ?? NO_HANDOFF, responder: id });
      return {
        providerId: await email.send({
          to,
          ...renderAnswerEmail(input.answer, { timezone, now: scheduledAt() }),
          messageId: nameMessage(publicBaseUrl, `answer.${input.replyId.replace(/[^\w.-]/g, '')}`),
          ...(input.about !== undefined && { thread: nameThread(publicBaseUrl, input.about) }),
          ...(replyTo !== undefined && { replyTo }),
        }),
      };
    }),

    /** Texts the answer to a reply that came in while nobody could wait for it. */
    sendAnswer: heartbeating(async (input: AnswerInput): Promise<Sent | Held> => {
      const responder = requireResponder(deps.directory(), input.responder);
      if (responder.phone === undefined) {
        throw failure('Permanent', `${responder.name} has no phone in the directory`);
      }
      const body = renderAnswer(input.answer, readerOf(responder, scheduledAt()));
      return sendOnce(sms, { to: responder.phone, body });
    }),
  };
}

/** Whom an email goes to, and how it is to be put to them. */
interface Address extends PutOffer {
  readonly to: string;
  readonly reader: Reader;
  readonly hasPhone: boolean;
}

async function addressEmail(
  deps: NotifyDependencies,
  card: HandoffCard,
  order: NotificationOrder,
): Promise<Address | Sent | Held> {
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
  const held = checkNow(deps, card, order);
  if (held) return held;
  const offer = await makeOffer(deps, responder, card, order);
  if (!('code' in offer)) return offer;
  return {
    to: responder.email,
    reader: readerOf(responder, scheduledAt()),
    ...offer,
    hasPhone: responder.phone !== undefined,
  };
}
