// The simulator stands where Twilio and SendGrid stand: outside. It knows nothing of Baton but its public HTTP
// interfaces, imports nothing of it, and is started by dev.ts and tests only. The real `twilio` and `@sendgrid/mail`
// clients talk to it with another base URL, so it answers as the real services do, faults and wording of errors included.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type Express } from 'express';
import {
  createCallNetwork,
  type CallBehaviour,
  type CallTaker,
  type SimulatedCall,
} from './call-network.ts';
import { createFaultSwitchboard, type FaultSwitchboard } from './faults.ts';
import type { EmailReplyOptions } from './inbound-mail.ts';
import { createMailNetwork } from './mail-network.ts';
import { createPageRoutes, type Sample, type WebhookTrouble } from './page.ts';
import { createPhoneNetwork, type SimulatedReply, type SimulatedSms } from './phone-network.ts';
import { createSendgridApi } from './sendgrid-api.ts';
import { createSendgridSigner } from './sendgrid-signature.ts';
import type { SimulatedPerson } from './shown-phones.ts';
import type { SimulatedEmail } from './simulated-email.ts';
import { createTwilioApi } from './twilio-api.ts';
import { createWebhookPoster, createWebhookSender, type WebhookAnswer } from './webhook.ts';

export type { CallBehaviour, CallTaker, SimulatedCall } from './call-network.ts';
export type { Fault } from './faults.ts';
export type { EmailReplyOptions } from './inbound-mail.ts';
export type { SimulatedReply, SimulatedSms } from './phone-network.ts';
export type { SimulatedEmail } from './simulated-email.ts';
export type { WebhookAnswer } from './webhook.ts';

/** A URL, or a function that returns it when it is needed: in a test Baton often gets its port after the simulator. */
type LateUrl = string | (() => string);

/** Tells the simulator whom it plays for. */
export interface SimulatorOptions {
  readonly accountSid: string;
  readonly authToken: string;
  readonly sendgridApiKey: string;
  readonly people: readonly SimulatedPerson[];
  /**
   * Baton's `PUBLIC_BASE_URL`: people's texts are posted to `/webhooks/twilio/sms` under it, what became of emails to
   * `/webhooks/sendgrid/events`, and answers by email to `/webhooks/sendgrid/inbound`.
   */
  readonly webhookBaseUrl: LateUrl;
  /** Lets the page start samples and read handoffs; the key stays in this process. */
  readonly baton?: { readonly url: LateUrl; readonly apiKey: string };
  readonly samples?: readonly Sample[];
  readonly temporalUiUrl?: string;
  /** From acceptance to the phone's screen; 150 ms by default. */
  readonly deliveryDelayMs?: number;
  /** Whether Baton is told what became of emails; it is by default. */
  readonly emailEvents?: boolean;
  /** The private key, in PEM, with which SendGrid's webhooks are signed; a new one by default. */
  readonly sendgridPrivateKey?: string;
  /** How long a second of a call is: time to ring, pauses, and time for keys; 1000 ms by default. */
  readonly callSecondMs?: number;
  /** How long a spoken word of a call is; 0 ms by default, so that all is said at once. */
  readonly callWordMs?: number;
}

/** Tells a listener what is new. */
type SimulatorChange =
  | { readonly kind: 'sms'; readonly sms: SimulatedSms }
  | { readonly kind: 'email'; readonly email: SimulatedEmail }
  | { readonly kind: 'call'; readonly call: SimulatedCall }
  | { readonly kind: 'faults' }
  | { readonly kind: 'behaviour' }
  | { readonly kind: 'webhook' };

/** Stands in for Twilio and SendGrid, phones and inboxes included. */
export interface Simulator {
  readonly app: Express;
  readonly people: readonly SimulatedPerson[];
  /** Lists every SMS in both directions, oldest first. */
  readonly sms: readonly SimulatedSms[];
  /** Lists every email, oldest first. */
  readonly emails: readonly SimulatedEmail[];
  /** Lists every call, oldest first. */
  readonly calls: readonly SimulatedCall[];
  readonly faults: FaultSwitchboard;
  /** Verifies SendGrid's webhooks: SPKI, DER, base64, as SendGrid shows it. */
  readonly sendgridPublicKey: string;
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
  /**
   * Sends an answer to an email, given as it is or by its place in `emails` (-1 is the latest), to where the email asks
   * for answers. Returns Baton's last answer, and never throws but for an email that does not exist.
   */
  replyByEmail(
    fromAddress: string,
    email: SimulatedEmail | number,
    text: string,
    options?: EmailReplyOptions,
  ): Promise<WebhookAnswer>;
  /** Picks up a call that rings, or is about to; as a person by default. Throws for any other call. */
  answerCall(sid: string, options?: { readonly as?: CallTaker }): void;
  /** Presses keys, and returns whether Baton had asked for some. Throws for a call that nobody is on. */
  pressKey(sid: string, digits: string): boolean;
  /** Puts the phone down. Throws for a call that is over. */
  hangUp(sid: string): void;
  /** Does not take a call that rings, or is about to: it becomes `busy`. Throws for any other call. */
  rejectCall(sid: string): void;
  /** Ends what a call waits for, as if its time had passed: ringing, a pause, or keys. Throws for a call that is over. */
  skipCallWait(sid: string): void;
  /** Says what a phone does from now on when it is called; until then it rings. */
  setCallBehaviour(phone: string, behaviour: CallBehaviour): void;
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

  let trouble: WebhookTrouble | undefined;

  const faults = createFaultSwitchboard(() => {
    announce({ kind: 'faults' });
  });
  const setTrouble = (next: WebhookTrouble | undefined): void => {
    trouble = next;
    announce({ kind: 'webhook' });
  };
  const sender = createWebhookSender({
    onAnswer(url, { status }) {
      const isGood = status >= 200 && status < 300;
      if (!isGood) setTrouble({ at: new Date().toISOString(), url, status });
      // Another webhook that works says nothing of the one that does not.
      else if (trouble && pathOf(trouble.url) === pathOf(url)) setTrouble(undefined);
    },
  });
  const webhooks = createWebhookPoster({ authToken: options.authToken, sender });
  const deliveryDelayMs = options.deliveryDelayMs ?? 150;
  const network = createPhoneNetwork({
    accountSid: options.accountSid,
    deliveryDelayMs,
    inboundUrl: () => `${readLateUrl(options.webhookBaseUrl)}/webhooks/twilio/sms`,
    webhooks,
    onChange(sms) {
      announce({ kind: 'sms', sms });
    },
  });

  const calls = createCallNetwork({
    accountSid: options.accountSid,
    deliveryDelayMs,
    secondMs: options.callSecondMs ?? 1_000,
    wordMs: options.callWordMs ?? 0,
    webhooks,
    onTrouble(url, status, problem) {
      setTrouble({ at: new Date().toISOString(), url, status, problem });
    },
    onChange(call) {
      announce({ kind: 'call', call });
    },
  });
  const signer = createSendgridSigner(options.sendgridPrivateKey);
  const mail = createMailNetwork({
    deliveryDelayMs,
    eventsUrl:
      options.emailEvents === false
        ? undefined
        : () => `${readLateUrl(options.webhookBaseUrl)}/webhooks/sendgrid/events`,
    inboundUrl: () => `${readLateUrl(options.webhookBaseUrl)}/webhooks/sendgrid/inbound`,
    signer,
    sender,
    faults,
    onChange(email) {
      announce({ kind: 'email', email });
    },
  });
  const setCallBehaviour = (phone: string, behaviour: CallBehaviour): void => {
    calls.setBehaviour(phone, behaviour);
    announce({ kind: 'behaviour' });
  };

  const replyByEmail = (
    address: string,
    email: SimulatedEmail,
    text: string,
    replyOptions?: EmailReplyOptions,
  ): Promise<WebhookAnswer> => {
    const name = options.people.find((person) => person.email === address)?.name;
    const from = { address, ...(name === undefined ? {} : { name }) };
    return mail.reply(from, email, text, replyOptions);
  };

  const app = express();
  app.disable('x-powered-by');
  app.use('/2010-04-01', createTwilioApi({ ...options, network, calls, faults }));
  app.use(
    '/v3',
    createSendgridApi({
      apiKey: options.sendgridApiKey,
      faults,
      accept(copies) {
        mail.accept(copies);
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
    callNetwork: calls,
    setCallBehaviour,
    emails: mail.emails,
    replyByEmail: (email, text, how) => replyByEmail(email.to, email, text, how),
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
    emails: mail.emails,
    calls: calls.calls,
    faults,
    sendgridPublicKey: signer.publicKey,
    async replyByEmail(fromAddress, emailOrIndex, text, replyOptions) {
      const email = typeof emailOrIndex === 'number' ? mail.emails.at(emailOrIndex) : emailOrIndex;
      if (!email)
        throw new Error(
          `There is no email ${JSON.stringify(emailOrIndex)} to answer: ${mail.emails.length} have come so far.`,
        );
      return replyByEmail(fromAddress, email, text, replyOptions);
    },
    answerCall(sid, { as } = {}) {
      calls.answer(sid, as);
    },
    pressKey: (sid, digits) => calls.press(sid, digits),
    hangUp(sid) {
      calls.hangUp(sid);
    },
    rejectCall(sid) {
      calls.reject(sid);
    },
    skipCallWait(sid) {
      calls.skipWait(sid);
    },
    setCallBehaviour,
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
      calls.close();
      mail.close();
      sender.close();
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

/** Returns a webhook's address without what tells one request from the next. */
function pathOf(url: string): string {
  return url.split(/[?#]/)[0] ?? url;
}
