import { Agendas } from '../domain/availability/agenda.ts';
import { createSituation } from '../domain/availability/situation.ts';
import type { Responder } from '../domain/directory.ts';
import { renderDigestEmail, renderDigestSms } from '../domain/messages/digest.ts';
import { renderEmail } from '../domain/messages/email.ts';
import { renderSms } from '../domain/messages/sms.ts';
import { checkMoment, type Held } from '../domain/moment.ts';
import type { BundleEntry } from '../domain/responder-state.ts';
import type { Channel } from '../domain/policy.ts';
import type { NotifyDependencies } from './notify.ts';
import { failure } from './provider-failure.ts';
import {
  currentTimeMs,
  heartbeating,
  isFirstAttempt,
  linkTo,
  nameMessage,
  nameThread,
  NO_HANDOFF,
  readerOf,
  REPORT_AGAIN,
  requireResponder,
  scheduledAt,
  sendOnce,
  stopIfCalledOff,
  type Sent,
} from './sending.ts';

/** What a person's workflow asks to be sent as one message. */
export interface BundleInput {
  readonly responder: string;
  readonly bundle: string;
  readonly entries: readonly BundleEntry[];
}

/** Returns the activities that send what was collected; a single message goes out as it would have by itself. */
export function createBundleActivities(deps: NotifyDependencies) {
  const { sms, email, publicBaseUrl, links } = deps;
  return {
    /** Sends one SMS for several handoffs, if its moment is right. Throws a failure of failure-types.ts. */
    sendSmsBundle: heartbeating(async (input: BundleInput): Promise<Sent | Held> => {
      const responder = requireResponder(deps.directory(), input.responder);
      if (responder.phone === undefined) {
        throw failure('Permanent', `${responder.name} has no phone in the directory`);
      }
      // A later attempt has to find out first whether an earlier one was sent.
      const held = isFirstAttempt() ? checkBundle(deps, input, 'sms') : undefined;
      if (held) return held;
      const reader = readerOf(responder, scheduledAt());
      const entries = addLinks(deps, responder, input.entries);
      const [only, ...others] = entries;
      const body =
        only && others.length === 0
          ? renderSms({ ...only, card: only.handoff, codeNeeded: true }, reader)
          : renderDigestSms({ entries }, reader);
      const names = new URLSearchParams({ r: responder.id, b: input.bundle }).toString();
      return sendOnce(sms, {
        to: responder.phone,
        body,
        statusCallback: `${publicBaseUrl}/webhooks/twilio/status?${names}${REPORT_AGAIN}`,
        validForSeconds: VALID_FOR_SECONDS,
      });
    }),

    /** Sends one email for several handoffs, if its moment is right. Throws a failure of failure-types.ts. */
    sendEmailBundle: heartbeating(async (input: BundleInput): Promise<Sent | Held> => {
      const responder = requireResponder(deps.directory(), input.responder);
      const { id, email: to } = responder;
      if (to === undefined) {
        throw failure('Permanent', `${responder.name} has no email in the directory`);
      }
      const held = checkBundle(deps, input, 'email');
      if (held) return held;
      const reader = readerOf(responder, scheduledAt());
      const entries = addLinks(deps, responder, input.entries);
      const [only, ...others] = entries;
      const isSingle = only !== undefined && others.length === 0;
      const handoff = isSingle ? only.handoff.id : NO_HANDOFF;
      const replyTo = links.mailbox({ handoff, responder: id });
      const content = isSingle
        ? renderEmail(
            {
              ...only,
              card: only.handoff,
              codeNeeded: true,
              replyTo: responder.phone === undefined ? undefined : deps.replyNumber,
              replyAddress: replyTo,
            },
            reader,
          )
        : renderDigestEmail({ entries, replyAddress: replyTo }, reader);
      stopIfCalledOff();
      return {
        providerId: await email.send({
          to,
          ...content,
          messageId: nameMessage(publicBaseUrl, `${input.bundle.replace('/', '.')}.${id}`),
          customArgs: { r: id, b: input.bundle },
          ...(isSingle && { thread: nameThread(publicBaseUrl, only.handoff.id) }),
          ...(replyTo !== undefined && { replyTo }),
        }),
      };
    }),
  };
}

/** A list of routine work is of use for this long, in seconds. */
const VALID_FOR_SECONDS = 3_600;

function addLinks(
  { links }: NotifyDependencies,
  { id }: Responder,
  entries: BundleInput['entries'],
) {
  return entries.map((entry) => ({ ...entry, link: linkTo(links, entry.handoff, id) }));
}

/** Returns why a bundle is held back now: somebody may have become unavailable while it was collected. */
function checkBundle(
  { directory, calendars }: NotifyDependencies,
  { responder, entries }: BundleInput,
  channel: Channel,
): Held | undefined {
  const agendas = new Agendas(directory(), createSituation(calendars));
  const held = entries.map(({ notification, message, whenQuiet, handoff }) =>
    checkMoment(
      {
        id: notification,
        recipient: responder,
        channel,
        message,
        giveUpAfterMs: 0,
        ...(whenQuiet !== undefined && { whenQuiet }),
      },
      handoff.action.contact,
      agendas,
      currentTimeMs(),
    ),
  );
  // One that may go out lets all go out: together they are one disturbance.
  return held.every((one) => one !== undefined) ? held[0] : undefined;
}
