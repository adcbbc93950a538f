// The simulator stands where Twilio and SendGrid stand: outside. It knows nothing of Baton but its public HTTP
// interfaces, imports nothing of it, and is started by dev.ts and tests only. The real `twilio` and `@sendgrid/mail`
// clients talk to it with another base URL, so it answers as the real services do, faults and wording of errors included.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type Express } from 'express';
import { createFaultSwitchboard, type FaultSwitchboard } from './faults.ts';
import {
  createPageRoutes,
  type Sample,
  type SimulatedPerson,
  type WebhookTrouble,
} from './page.ts';
import { createPhoneNetwork, type SimulatedReply, type SimulatedSms } from './phone-network.ts';
import { createSendgridApi, type SimulatedEmail } from './sendgrid-api.ts';
import { createTwilioApi } from './twilio-api.ts';
import { createWebhookPoster } from './webhook.ts';

export type { SimulatedReply, SimulatedSms } from './phone-network.ts';
export type { SimulatedEmail } from './sendgrid-api.ts';

/** A URL, or a function that returns it when it is needed: in a test Baton often gets its port after the simulator. */
type LateUrl = string | (() => string);

/** Tells the simulator whom it plays for. */
export interface SimulatorOptions {
  readonly accountSid: string;
  readonly authToken: string;
  readonly sendgridApiKey: string;
  readonly people: readonly SimulatedPerson[];
  /** Baton's `PUBLIC_BASE_URL`: people's texts are posted to `/webhooks/twilio/sms` under it. */
  readonly webhookBaseUrl: LateUrl;
  /** Lets the page start samples and read handoffs; the key stays in this process. */
  readonly baton?: { readonly url: LateUrl; readonly apiKey: string };
  readonly samples?: readonly Sample[];
  readonly temporalUiUrl?: string;
  /** From acceptance to the phone's screen; 150 ms by default. */
  readonly deliveryDelayMs?: number;
}

/** Tells a listener what is new. */
type SimulatorChange =
  | { readonly kind: 'sms'; readonly sms: SimulatedSms }
  | { readonly kind: 'email'; readonly email: SimulatedEmail }
  | { readonly kind: 'faults' }
  | { readonly kind: 'webhook' };

/** Stands in for Twilio and SendGrid, phones and inboxes included. */
export interface Simulator {
  readonly app: Express;
  readonly people: readonly SimulatedPerson[];
  /** Lists every SMS in both directions, oldest first. */
  readonly sms: readonly SimulatedSms[];
  /** Lists every email, oldest first. */
  readonly emails: readonly SimulatedEmail[];
  readonly faults: FaultSwitchboard;
  /** Starts listening on 127.0.0.1, on a free port by default; the URL has no slash at its end. */
  listen(port?: number): Promise<{ readonly url: string }>;
  /** Breaks off everything under way, hanging requests included. */
  close(): Promise<void>;
  /** Sends a text from a phone to Baton, and returns what Baton answered; never throws. Passing an old `messageSid` repeats the webhook. */
  reply(
    fromPhone: string,
    text: string,
    options?: { readonly messageSid?: string },
  ): Promise<SimulatedReply>;
  /** Calls the listener at each change until the returned function is called. */
  onChange(listener: (change: SimulatorChange) => void): () => void;
}

/** Returns a simulator with empty phones; it sends and hears nothing until `listen`. */
export function createSimulator(options: SimulatorOptions): Simulator {
  const listeners = new Set<(change: SimulatorChange) => void>();
  const announce = (change: SimulatorChange): void => {
    for (const listener of listeners) listener(change);
  };
  const onChange = (listener: (change: SimulatorChange) => void): (() => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };

  const emails: SimulatedEmail[] = [];
  let trouble: WebhookTrouble | undefined;

  const faults = createFaultSwitchboard(() => {
    announce({ kind: 'faults' });
  });
  const webhooks = createWebhookPoster({
    authToken: options.authToken,
    onAnswer(url, { status }) {
      const isGood = status >= 200 && status < 300;
      if (isGood && trouble === undefined) return;
      trouble = isGood ? undefined : { at: new Date().toISOString(), url, status };
      announce({ kind: 'webhook' });
    },
  });
  const network = createPhoneNetwork({
    accountSid: options.accountSid,
    deliveryDelayMs: options.deliveryDelayMs ?? 150,
    inboundUrl: () => `${readLateUrl(options.webhookBaseUrl)}/webhooks/twilio/sms`,
    webhooks,
    onChange(sms) {
      announce({ kind: 'sms', sms });
    },
  });

  const app = express();
  app.disable('x-powered-by');
  app.use('/2010-04-01', createTwilioApi({ ...options, network, faults }));
  app.use(
    '/v3',
    createSendgridApi({
      apiKey: options.sendgridApiKey,
      faults,
      deliver(email) {
        emails.push(email);
        announce({ kind: 'email', email });
      },
    }),
  );
  const { baton } = options;
  const page = createPageRoutes({
    people: options.people,
    samples: options.samples ?? [],
    temporalUiUrl: options.temporalUiUrl,
    baton: baton && { apiKey: baton.apiKey, url: () => readLateUrl(baton.url) },
    network,
    emails,
    faults,
    trouble: () => trouble,
    onChange,
  });
  app.use(page.routes);

  const server = createServer(app);
  // Longer than any client keeps a connection: the 5 s default now and then closes one that is just being reused.
  server.keepAliveTimeout = 65_000;

  return {
    app,
    people: options.people,
    sms: network.sms,
    emails,
    faults,
    reply: (fromPhone, text, replyOptions) => network.reply(fromPhone, text, replyOptions),
    onChange,
    async listen(port = 0) {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, '127.0.0.1', resolve);
      });
      return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
    },
    async close() {
      network.close();
      webhooks.close();
      page.close();
      if (!server.listening) return;
      await new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      });
    },
  };
}

function readLateUrl(url: LateUrl): string {
  return (typeof url === 'string' ? url : url()).replace(/\/+$/, '');
}
