import twilio, { type Twilio } from 'twilio';
import { failure, toProviderFailure } from '../provider-failure.ts';

/** The sender of every SMS: a number of the account, or a Messaging Service that picks one. */
export type SmsSender = { readonly from: string } | { readonly messagingServiceSid: string };

/** Sends SMS by Twilio and finds those already sent. */
export interface SmsChannel {
  /** Sends one SMS and returns Twilio's id of it; throws a failure of failure-types.ts. */
  send(sms: OutgoingSms): Promise<string>;
  /** Returns the id of an SMS with this text to this number created at `since` or later, if there is one. */
  findSent(sms: { to: string; body: string; since: Date }): Promise<string | undefined>;
}

export interface OutgoingSms {
  readonly to: string;
  readonly body: string;
  /** Where Twilio reports the delivery; its query is signed, so it names the notification. */
  readonly statusCallback?: string;
  /** How long the message is of use, in seconds: Twilio drops it after that (1 to 36,000). */
  readonly validForSeconds?: number;
}

/** Twilio's list is newest first; a person gets far fewer than this while one message is in doubt. */
const LOOK_BACK = 20;

/** The clocks of Twilio and of this worker may differ by this much. */
const CLOCK_SKEW_MS = 5_000;

/** The HTTP request ends before the activity's attempt does, so that an answer is never lost to a timeout. */
const REQUEST_TIMEOUT_MS = 10_000;

/** Returns a Twilio client; `baseUrl` stands in for Twilio's API where there is one. */
export function connectTwilio(account: {
  accountSid: string;
  authToken: string;
  baseUrl?: string | undefined;
}): Twilio {
  const client = twilio(account.accountSid, account.authToken, { timeout: REQUEST_TIMEOUT_MS });
  if (account.baseUrl !== undefined) client.api.baseUrl = account.baseUrl;
  return client;
}

/** Returns the SMS channel over a Twilio client, whose timeout must be under the activity's. */
export function createSmsChannel(client: Twilio, sender: SmsSender): SmsChannel {
  return {
    async send({ to, body, statusCallback, validForSeconds }) {
      try {
        const message = await client.messages.create({
          to,
          body,
          ...sender,
          ...(statusCallback !== undefined && { statusCallback }),
          ...(validForSeconds !== undefined && { validityPeriod: validForSeconds }),
        });
        return message.sid;
      } catch (error) {
        throw toProviderFailure('Twilio', error);
      }
    },

    // Not filtered by Twilio's DateSent: a message still queued has none.
    async findSent({ to, body, since }) {
      try {
        const recent = await client.messages.list({ to, limit: LOOK_BACK, pageSize: LOOK_BACK });
        const earliest = since.getTime() - CLOCK_SKEW_MS;
        // Trial accounts put a sentence in front of the body.
        const found = recent.find(
          (message) =>
            message.direction !== 'inbound' &&
            message.body.endsWith(body) &&
            message.dateCreated.getTime() >= earliest,
        );
        return found?.sid;
      } catch (error) {
        const { message } = toProviderFailure('Twilio', error);
        throw failure('Ambiguous', `cannot find out whether it was sent before: ${message}`);
      }
    },
  };
}
