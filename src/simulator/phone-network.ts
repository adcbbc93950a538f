import { randomBytes } from 'node:crypto';
import { countSegments } from './sms-segments.ts';
import { readTwimlMessages } from './twiml.ts';
import type { WebhookPoster } from './webhook.ts';

// The number Twilio's test credentials send from; used when Baton named only a Messaging Service.
// Source: https://www.twilio.com/docs/iam/test-credentials
const defaultSender = '+15005550006';

// Source: https://help.twilio.com/articles/223134027 (STOP and its synonyms, default handling)
const stopWords = new Set([
  'STOP',
  'STOPALL',
  'UNSUBSCRIBE',
  'CANCEL',
  'END',
  'QUIT',
  'REVOKE',
  'OPTOUT',
]);
const startWords = new Set(['START', 'YES', 'UNSTOP']);
const helpWords = new Set(['HELP', 'INFO']);

type SmsStatus =
  'accepted' | 'queued' | 'sent' | 'delivered' | 'undelivered' | 'failed' | 'received';

/** Describes one SMS as it is now; a change of status makes a new object. */
export interface SimulatedSms {
  /** `SM` and 32 hexadecimal digits. */
  readonly sid: string;
  readonly direction: 'to-person' | 'from-person';
  /** Who wrote it: `twilio` answers STOP, START and HELP by itself. */
  readonly author: 'baton' | 'twilio' | 'person';
  readonly from: string;
  readonly to: string;
  readonly body: string;
  /** A message is on the phone's screen once it is `delivered`; what a person wrote is `received`. */
  readonly status: SmsStatus;
  readonly statusCallback?: string;
  readonly messagingServiceSid?: string;
  /** ISO instants. */
  readonly dateCreated: string;
  readonly dateUpdated: string;
  readonly dateSent?: string;
  readonly segments: number;
  /** When the API was asked to send it; `latency` lies between this and its creation. An ISO instant. */
  readonly requestedAt?: string;
  /** The `sid` of the person's text that it answers, where it was in the webhook's answer. */
  readonly answers?: string;
  /** Twilio's error number; 11200 on a person's message means that Baton's webhook did not answer with 2xx. */
  readonly errorCode?: number;
}

/** Tells what came of a person's text. */
export interface SimulatedReply {
  readonly messageSid: string;
  /** The HTTP status of Baton's webhook; 0 when no answer came. */
  readonly status: number;
  /** The texts of the answer's `<Message>` elements. */
  readonly answers: readonly string[];
  readonly twiml: string;
}

/** Describes a message that the API has accepted. */
export interface SmsOrder {
  readonly to: string;
  readonly from?: string;
  readonly messagingServiceSid?: string;
  readonly body: string;
  readonly statusCallback?: string;
  /** When the API was asked, as an ISO instant. */
  readonly requestedAt: string;
}

/** Tells what becomes of an accepted message, and how its status callbacks misbehave. */
export interface DeliveryPlan {
  readonly outcome: 'delivered' | 'undelivered' | 'failed';
  /** Why it is lost; Twilio's 30003 for `undelivered` and 30005 for `failed` unless given. */
  readonly errorCode?: number;
  readonly duplicateCallbacks: boolean;
  readonly reorderedCallbacks: boolean;
}

/** Stands for the carriers and the phones behind Twilio. */
export interface PhoneNetwork {
  /** Lists every message, oldest first. */
  readonly sms: readonly SimulatedSms[];
  find(sid: string): SimulatedSms | undefined;
  isOptedOut(phone: string): boolean;
  /** Stores a message, returns it in its first state, and delivers it later. */
  accept(order: SmsOrder, plan: DeliveryPlan): SimulatedSms;
  /** Sends a person's text to Baton; never throws. The same `messageSid` again is the same message told twice. */
  reply(
    fromPhone: string,
    text: string,
    options?: { readonly messageSid?: string },
  ): Promise<SimulatedReply>;
  /** Stops the deliveries that are still to come. */
  close(): void;
}

/** Returns an empty network; `onChange` is told each new message and each change of status. */
export function createPhoneNetwork(options: {
  readonly accountSid: string;
  readonly deliveryDelayMs: number;
  readonly inboundUrl: () => string;
  readonly webhooks: WebhookPoster;
  readonly onChange: (sms: SimulatedSms) => void;
}): PhoneNetwork {
  const sms: SimulatedSms[] = [];
  const indexBySid = new Map<string, number>();
  const lastToPhone = new Map<string, SimulatedSms>();
  const optedOut = new Set<string>();
  const timers = new Set<NodeJS.Timeout>();

  function store(message: SimulatedSms): SimulatedSms {
    const index = indexBySid.get(message.sid) ?? sms.length;
    indexBySid.set(message.sid, index);
    sms[index] = message;
    options.onChange(message);
    return message;
  }

  function find(sid: string): SimulatedSms | undefined {
    const index = indexBySid.get(sid);
    return index === undefined ? undefined : sms[index];
  }

  function update(sid: string, changes: Partial<SimulatedSms>): void {
    const message = find(sid);
    if (message) store({ ...message, ...changes, dateUpdated: new Date().toISOString() });
  }

  function later(delayMs: number, run: () => void): void {
    const timer = setTimeout(() => {
      timers.delete(timer);
      run();
    }, delayMs);
    timers.add(timer);
  }

  // Source: https://www.twilio.com/docs/messaging/guides/outbound-message-status-in-status-callbacks
  async function tellStatus(sid: string, status: SmsStatus, errorCode?: number): Promise<void> {
    const message = find(sid);
    if (message?.statusCallback === undefined) return;
    await options.webhooks.send(message.statusCallback, {
      AccountSid: options.accountSid,
      ApiVersion: '2010-04-01',
      From: message.from,
      MessageSid: sid,
      MessageStatus: status,
      SmsSid: sid,
      SmsStatus: status,
      To: message.to,
      ...(message.messagingServiceSid === undefined
        ? {}
        : { MessagingServiceSid: message.messagingServiceSid }),
      ...(errorCode === undefined ? {} : { ErrorCode: `${errorCode}` }),
    });
  }

  function deliver(sid: string, plan: DeliveryPlan): void {
    // Callbacks queue behind each other, deliveries do not: a slow Baton must not delay a phone.
    let told = Promise.resolve();
    const tell = (status: SmsStatus, errorCode?: number): void => {
      for (let copy = 0; copy < (plan.duplicateCallbacks ? 2 : 1); copy += 1)
        told = told.then(() => tellStatus(sid, status, errorCode));
    };
    const sendMs = options.deliveryDelayMs / 2;
    if (plan.outcome === 'failed') {
      later(sendMs, () => {
        const { errorCode = 30005 } = plan;
        update(sid, { status: 'failed', errorCode });
        tell('failed', errorCode);
      });
      return;
    }
    later(sendMs, () => {
      update(sid, { status: 'sent', dateSent: new Date().toISOString() });
      if (!plan.reorderedCallbacks) tell('sent');
      later(sendMs, () => {
        const errorCode = plan.outcome === 'undelivered' ? (plan.errorCode ?? 30003) : undefined;
        update(sid, { status: plan.outcome, ...(errorCode === undefined ? {} : { errorCode }) });
        tell(plan.outcome, errorCode);
        if (plan.reorderedCallbacks) tell('sent');
      });
    });
  }

  /** Stores a message that did not come through the API: an answer to a person's text. */
  function answer(
    to: string,
    from: string,
    body: string,
    author: 'baton' | 'twilio',
    { errorCode, answers }: Pick<SimulatedSms, 'errorCode' | 'answers'> = {},
  ): void {
    const now = new Date().toISOString();
    const message = store({
      sid: createMessageSid(),
      direction: 'to-person',
      author,
      from,
      to,
      body,
      status: errorCode === undefined ? 'delivered' : 'failed',
      dateCreated: now,
      dateUpdated: now,
      segments: countSegments(body),
      ...(answers !== undefined && { answers }),
      ...(errorCode === undefined ? { dateSent: now } : { errorCode }),
    });
    lastToPhone.set(to, message);
  }

  function obeyKeyword(phone: string, twilioNumber: string, text: string): void {
    // Only a message that is the keyword alone counts: "stop please" does not.
    const word = text.trim().toUpperCase();
    if (stopWords.has(word)) {
      optedOut.add(phone);
      answer(
        phone,
        twilioNumber,
        'You have successfully been unsubscribed. You will not receive any more messages from this number. Reply START to resubscribe.',
        'twilio',
      );
    } else if (startWords.has(word) && optedOut.delete(phone)) {
      answer(
        phone,
        twilioNumber,
        'You have successfully been re-subscribed to messages from this number. Reply HELP for help. Reply STOP to unsubscribe. Msg&Data Rates May Apply.',
        'twilio',
      );
    } else if (helpWords.has(word)) {
      answer(phone, twilioNumber, 'Reply STOP to unsubscribe. Msg&Data Rates May Apply.', 'twilio');
    }
  }

  return {
    sms,
    find,
    isOptedOut: (phone) => optedOut.has(phone),
    accept(order, plan) {
      const now = new Date().toISOString();
      const message = store({
        sid: createMessageSid(),
        direction: 'to-person',
        author: 'baton',
        from: order.from ?? defaultSender,
        to: order.to,
        body: order.body,
        status: order.messagingServiceSid === undefined ? 'queued' : 'accepted',
        dateCreated: now,
        dateUpdated: now,
        requestedAt: order.requestedAt,
        segments: countSegments(order.body),
        ...(order.statusCallback === undefined ? {} : { statusCallback: order.statusCallback }),
        ...(order.messagingServiceSid === undefined
          ? {}
          : { messagingServiceSid: order.messagingServiceSid }),
      });
      lastToPhone.set(order.to, message);
      deliver(message.sid, plan);
      return message;
    },
    async reply(fromPhone, text, { messageSid = createMessageSid() } = {}) {
      const previous = lastToPhone.get(fromPhone);
      const twilioNumber = previous?.from ?? defaultSender;
      const segments = countSegments(text);
      if (!find(messageSid)) {
        const now = new Date().toISOString();
        store({
          sid: messageSid,
          direction: 'from-person',
          author: 'person',
          from: fromPhone,
          to: twilioNumber,
          body: text,
          status: 'received',
          dateCreated: now,
          dateUpdated: now,
          segments,
        });
        obeyKeyword(fromPhone, twilioNumber, text);
      }
      // Source: https://www.twilio.com/docs/messaging/guides/webhook-request
      const { status, body: twiml } = await options.webhooks.send(options.inboundUrl(), {
        AccountSid: options.accountSid,
        ApiVersion: '2010-04-01',
        Body: text,
        From: fromPhone,
        FromCity: '',
        FromCountry: 'US',
        FromState: '',
        FromZip: '',
        MessageSid: messageSid,
        NumMedia: '0',
        NumSegments: `${segments}`,
        SmsMessageSid: messageSid,
        SmsSid: messageSid,
        SmsStatus: 'received',
        To: twilioNumber,
        ToCity: '',
        ToCountry: 'US',
        ToState: '',
        ToZip: '',
        ...(previous?.messagingServiceSid === undefined
          ? {}
          : { MessagingServiceSid: previous.messagingServiceSid }),
      });
      const isAnswered = status >= 200 && status < 300;
      // Source: https://www.twilio.com/docs/api/errors/11200 (HTTP retrieval failure)
      if (!isAnswered) update(messageSid, { errorCode: 11200 });
      const answers = isAnswered ? readTwimlMessages(twiml) : [];
      for (const body of answers)
        answer(fromPhone, twilioNumber, body, 'baton', {
          answers: messageSid,
          ...(optedOut.has(fromPhone) && { errorCode: 21610 }),
        });
      return { messageSid, status, answers, twiml };
    },
    close() {
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
    },
  };
}

function createMessageSid(): string {
  return `SM${randomBytes(16).toString('hex')}`;
}
