import sendgridClient from '@sendgrid/client';
import sendgridMail from '@sendgrid/mail';
import type { Email } from '../../domain/messages/email.ts';
import { toProviderFailure } from '../provider-failure.ts';

/** Sends email by SendGrid. */
export interface EmailChannel {
  /** Sends one email and returns SendGrid's id of it; throws a failure of failure-types.ts. */
  send(email: OutgoingEmail): Promise<string>;
}

/** An email with its envelope. */
export interface OutgoingEmail extends Email {
  readonly to: string;
  readonly messageId: string;
  /** The Message-ID that the thread begins with, whether it was ever sent or not. */
  readonly thread?: string;
  /** Where answers go. */
  readonly replyTo?: string;
  /** Comes back with each report of what became of the email. SendGrid keeps it: ids only. */
  readonly customArgs?: Readonly<Record<string, string>>;
}

/** SendGrid's mail client. */
export type MailService = typeof sendgridMail;

// Each package exports its class beside its global instance, but so that TypeScript 7 does not see it (TS2595).
const { Client } = sendgridClient as unknown as { Client: new () => typeof sendgridClient };
const { MailService } = sendgridMail as unknown as { MailService: new () => MailService };

/** The client's own default is to wait for ever. */
const REQUEST_TIMEOUT_MS = 10_000;

/**
 * Returns a SendGrid client of its own, not the library's global one; `baseUrl` stands in for SendGrid's API, and
 * after `timeoutMs` a request that was not answered fails.
 */
export function connectSendGrid(account: {
  apiKey: string;
  baseUrl?: string | undefined;
  timeoutMs?: number;
}): MailService {
  const client = new Client();
  client.setApiKey(account.apiKey);
  // After the key: setApiKey resets the base URL.
  if (account.baseUrl !== undefined) client.setDefaultRequest('baseUrl', `${account.baseUrl}/`);
  // The types leave out axios's own options.
  const { timeoutMs = REQUEST_TIMEOUT_MS } = account;
  client.setDefaultRequest('timeout' as 'url', timeoutMs as unknown as string);
  const mail = new MailService();
  mail.setClient(client);
  return mail;
}

/**
 * Returns the email channel over a SendGrid client of its own. SendGrid knows no idempotency key and no list
 * of what was sent, so a message sent again carries the same Message-ID, by which mailboxes recognise it.
 */
export function createEmailChannel(mail: MailService, from: string): EmailChannel {
  return {
    async send({ to, subject, text, html, messageId, thread, replyTo, customArgs }) {
      try {
        const [response] = await mail.send({
          to,
          from,
          subject,
          text,
          html,
          ...(replyTo !== undefined && { replyTo }),
          ...(customArgs && { customArgs: { ...customArgs } }),
          headers: {
            'Message-ID': messageId,
            ...(thread !== undefined && { References: thread, 'In-Reply-To': thread }),
            // RFC 3834: nobody's absence note is to answer a machine.
            'Auto-Submitted': 'auto-generated',
          },
          // Links must stay what they are: scanners follow tracking links, and tracking would expose them.
          trackingSettings: {
            clickTracking: { enable: false, enableText: false },
            openTracking: { enable: false },
            subscriptionTracking: { enable: false },
          },
        });
        const headers = response.headers as Readonly<Record<string, unknown>>;
        const id = headers['x-message-id'];
        return typeof id === 'string' ? id : messageId;
      } catch (error) {
        throw toProviderFailure('SendGrid', error);
      }
    },
  };
}
