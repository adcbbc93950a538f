import twilio, { type Twilio } from 'twilio';
import type { MessageInstance } from 'twilio/lib/rest/api/v2010/account/message.js';
import { failure, toProviderFailure } from '../provider-failure.ts';

/** The sender of every SMS: a number of the account, or a Messaging Service that picks one. */
export type SmsSender = { readonly from: string } | { readonly messagingServiceSid: string };

/** Sends SMS by Twilio and finds those already sent. */
export interface SmsChannel {
  /** Sends one SMS and returns Twilio's id of it; throws a failure of failure-types.ts. */
  send(sms: OutgoingSms): Promise<string>;
  /** Returns the id of an SMS with one of these texts to this number created at `since` or later, if there is one. */
  findSent(sms: {
    to: string;
    bodies: readonly string[];
    since: Date;
  }): Promise<string | undefined>;
}

/** Finds the SMS that came in. */
export interface SmsInbox {
  /** Returns what came in since an instant, the oldest first; throws a failure of failure-types.ts. */
  listReceived(since: Date): Promise<readonly ReceivedSms[]>;
}

export interface ReceivedSms {
  /** Twilio's id of it. */
  readonly sid: string;
  readonly from: string;
  /** The names of what it was sent to: the number, and the messaging service it belongs to. */
  readonly to: readonly string[];
  readonly body: string;
  /** To the second. */
  readonly at: Date;
}

export interface OutgoingSms {
  readonly to: string;
  readonly body: string;
  /** Where Twilio reports the delivery; its query is signed, so it names the notification. */
  readonly statusCallback?: string;
  /** How long the message is of use, in seconds: Twilio drops it after that (1 to 36,000). */
  readonly validForSeconds?: number;
}

/** Twilio's list is newest first, at most 1,000 a page; it is read back to when the message was first tried. */
const PAGE_SIZE = 100;
const LIST_PAGE_SIZE = 1_000;
const MAX_PAGES = 20;

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

/** What is used of a page of Twilio's list. */
interface Page {
  readonly instances: readonly MessageInstance[];
  nextPage(): Promise<Page> | undefined;
}

/**
 * Returns a text's letters and digits, by which it is known again: Twilio's Smart Encoding puts other quotes, dashes and
 * spaces for those it was given (https://www.twilio.com/docs/messaging/services/smart-encoding-char-list).
 */
function lettersOf(text: string): string {
  return text.normalize('NFKC').replace(/[^\p{L}\p{N}]+/gu, '');
}

/** Returns the SMS channel and its inbox over a Twilio client, whose timeout must be under the activity's. */
export function createSmsChannel(client: Twilio, sender: SmsSender): SmsChannel & SmsInbox {
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
    async findSent({ to, bodies, since }) {
      const earliest = since.getTime() - CLOCK_SKEW_MS;
      const said = bodies.map(lettersOf);
      try {
        let page: Page | undefined = await client.messages.page({ to, pageSize: PAGE_SIZE });
        for (let pages = 0; page !== undefined && pages < MAX_PAGES; pages += 1) {
          // Trial accounts put a sentence in front of the body.
          const found = page.instances.find(
            (message) =>
              message.direction !== 'inbound' &&
              said.some((letters) => lettersOf(message.body).endsWith(letters)) &&
              message.dateCreated.getTime() >= earliest,
          );
          if (found) return found.sid;
          const oldest: MessageInstance | undefined = page.instances.at(-1);
          const isReadBack: boolean = !oldest || oldest.dateCreated.getTime() < earliest;
          page = isReadBack ? undefined : await page.nextPage();
        }
        return undefined;
      } catch (error) {
        const { message } = toProviderFailure('Twilio', error);
        throw failure('Ambiguous', `cannot find out whether it was sent before: ${message}`);
      }
    },

    async listReceived(since) {
      const to = 'from' in sender ? { to: sender.from } : {};
      try {
        const messages = await client.messages.list({
          ...to,
          dateSentAfter: since,
          pageSize: LIST_PAGE_SIZE,
          limit: LIST_PAGE_SIZE * MAX_PAGES,
        });
        return messages
          .filter(({ direction }) => direction === 'inbound')
          .map(({ sid, from, to: number, messagingServiceSid, body, dateSent, dateCreated }) => ({
            sid,
            from,
            to: [messagingServiceSid as string | null, number].filter((name) => name !== null),
            body,
            // The typings promise a date; a message on its way has none.
            at: (dateSent as Date | null) ?? dateCreated,
          }))
          .sort((a, b) => a.at.getTime() - b.at.getTime());
      } catch (error) {
        throw toProviderFailure('Twilio', error);
      }
    },
  };
}
