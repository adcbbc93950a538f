import type { Held } from '../domain/moment.ts';
import type { VoiceChannel } from './channels/voice.ts';
import { failure } from './provider-failure.ts';
import {
  checkNow,
  heartbeating,
  isFirstAttempt,
  makeOffer,
  REPORT_AGAIN,
  requireResponder,
  scheduledAt,
  stopIfTaken,
  type NotifyInput,
  type SendingDependencies,
  type Sent,
} from './sending.ts';

export interface CallDependencies extends SendingDependencies {
  /** Missing: this installation calls nobody. */
  readonly voice?: VoiceChannel | undefined;
}

/**
 * Twilio asks again, at most twice, when it gets no connection, no answer within 5 s, or a 5xx. The fragment is
 * neither sent nor signed: https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides.
 */
const ASK_AGAIN = '#rc=2&rp=ct,rt,5xx&rt=5000';

/** Returns the activity that calls; what is said is asked for when somebody answers, by api/voice.ts. */
export function createCallActivities(deps: CallDependencies) {
  const { voice, publicBaseUrl } = deps;
  return {
    /** Calls one person about a handoff, if the moment is right. Throws a failure of failure-types.ts. */
    placeCall: heartbeating(async ({ card, order }: NotifyInput): Promise<Sent | Held> => {
      const responder = requireResponder(deps.directory(), order.recipient);
      if (!voice) throw failure('Configuration', 'this installation has no number to call from');
      if (responder.phone === undefined) {
        throw failure('Permanent', `${responder.name} has no phone in the directory`);
      }
      const early = isFirstAttempt() ? checkNow(deps, card, order) : undefined;
      if (early) return early;
      const offer = await makeOffer(deps, responder, card, order);
      if (!('code' in offer)) return offer;
      const name = `${card.id} ${order.id}`;
      const to = responder.phone;
      if (!isFirstAttempt()) {
        const providerId = await voice.findMade({ name, to, since: new Date(scheduledAt()) });
        if (providerId !== undefined) return { providerId, foundSent: true };
      }
      const held = checkNow(deps, card, order);
      if (held) return held;
      await stopIfTaken(order);
      const about = new URLSearchParams({ h: card.id, n: order.id, r: responder.id }).toString();
      const { isUnregistered } = offer;
      return {
        ...(isUnregistered && { isUnregistered }),
        providerId: await voice.call({
          name,
          to,
          url: `${publicBaseUrl}/webhooks/twilio/voice?${about}${ASK_AGAIN}`,
          statusCallback: `${publicBaseUrl}/webhooks/twilio/voice/status?${about}${REPORT_AGAIN}`,
        }),
      };
    }),
  };
}
