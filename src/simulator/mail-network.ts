import { randomBytes, randomUUID } from 'node:crypto';
import type { FaultSwitchboard } from './faults.ts';
import { createInboundMail, type EmailReplyOptions } from './inbound-mail.ts';
import type { SendgridSigner } from './sendgrid-signature.ts';
import type { EmailOrder, SimulatedEmail } from './simulated-email.ts';
import type { WebhookAnswer, WebhookSender } from './webhook.ts';

/** Stands for the mail servers and the inboxes behind SendGrid. */
export interface MailNetwork {
  /** Lists every email, oldest first. */
  readonly emails: readonly SimulatedEmail[];
  find(id: string): SimulatedEmail | undefined;
  /** Stores the copies of one message, and tells later what became of them. */
  accept(copies: readonly EmailOrder[]): void;
  /** Sends a person's answer to Baton, and returns what Baton answered last; never throws. */
  reply(
    from: { readonly address: string; readonly name?: string },
    email: SimulatedEmail,
    text: string,
    options?: EmailReplyOptions,
  ): Promise<WebhookAnswer>;
  /** Stops what is still to come. */
  close(): void;
}

interface Fate {
  readonly email: SimulatedEmail;
  readonly fault: 'bounce' | 'blocked' | 'dropped' | 'deferred' | undefined;
  readonly reason: string | undefined;
}

type Event = Readonly<Record<string, string | number>>;

// SendGrid tells events again for a day, and parsed mail for three; here a few times have to do.
const allTrouble = new Set(['ct', 'rt', '3xx', '4xx', '5xx']);
const eventRetries = { count: 3, on: allTrouble, attemptMs: 10_000, totalMs: 60_000 };
// Source: https://www.twilio.com/docs/sendgrid/for-developers/parsing-email/setting-up-the-inbound-parse-webhook
const inboundRetries = {
  count: 2,
  on: new Set(['ct', 'rt', '5xx']),
  attemptMs: 15_000,
  totalMs: 60_000,
};

const usualReasons = {
  bounce: '550 5.1.1 The email account that you tried to reach does not exist.',
  blocked: '550 5.7.1 Message rejected by the policy of the recipient.',
  dropped: 'Bounced Address',
  deferred: '451 4.7.1 Greylisted, try again later.',
} as const;

/** Returns empty inboxes; `onChange` is told each new email and each change of one. */
export function createMailNetwork(options: {
  readonly deliveryDelayMs: number;
  /** Undefined: nobody asked for events. */
  readonly eventsUrl: (() => string) | undefined;
  readonly inboundUrl: () => string;
  readonly signer: SendgridSigner;
  readonly sender: WebhookSender;
  readonly faults: FaultSwitchboard;
  readonly onChange: (email: SimulatedEmail) => void;
}): MailNetwork {
  const { signer, sender, faults } = options;
  const emails: SimulatedEmail[] = [];
  const indexById = new Map<string, number>();
  const timers = new Set<NodeJS.Timeout>();

  function find(id: string): SimulatedEmail | undefined {
    const index = indexById.get(id);
    return index === undefined ? undefined : emails[index];
  }

  function store(email: SimulatedEmail): SimulatedEmail {
    const index = indexById.get(email.id) ?? emails.length;
    indexById.set(email.id, index);
    emails[index] = email;
    options.onChange(email);
    return email;
  }

  function update(id: string, changes: Partial<SimulatedEmail>): void {
    const email = find(id);
    if (email) store({ ...email, ...changes });
  }

  function later(delayMs: number, run: () => void): void {
    const timer = setTimeout(() => {
      timers.delete(timer);
      run();
    }, delayMs);
    timers.add(timer);
  }

  function receive(order: EmailOrder): Fate {
    const lost = faults.take({
      channel: 'email',
      to: [order.to],
      among: ['bounce', 'blocked', 'dropped', 'deferred'],
    });
    const id = randomUUID();
    switch (lost?.kind) {
      case 'bounce':
      case 'blocked':
      case 'dropped': {
        const { kind, reason = usualReasons[kind] } = lost;
        const status = kind === 'bounce' ? 'bounced' : kind;
        return { email: store({ ...order, id, status, reason, replies: [] }), fault: kind, reason };
      }
      default: {
        const fault = lost?.kind === 'deferred' ? 'deferred' : undefined;
        const email = store({ ...order, id, status: 'processed', replies: [] });
        const said = lost?.kind === 'deferred' ? lost.reason : undefined;
        return { email, fault, reason: fault && (said ?? usualReasons[fault]) };
      }
    }
  }

  async function tell(events: readonly Event[]): Promise<void> {
    if (!options.eventsUrl || events.length === 0) return;
    // SendGrid ends the document with a line break, which is signed with the rest.
    const body = new TextEncoder().encode(`${JSON.stringify(events)}\r\n`);
    await sender.send(
      {
        url: options.eventsUrl(),
        method: 'POST',
        headers: { 'content-type': 'application/json', ...signer.sign(body) },
        body,
      },
      eventRetries,
    );
  }

  return {
    emails,
    find,
    accept(copies) {
      const fates = copies.map(receive);
      const target = { channel: 'email', to: copies.map(({ to }) => to) } as const;
      const times = faults.take({ ...target, among: ['duplicate-callbacks'] }) ? 2 : 1;
      const isReordered = faults.take({ ...target, among: ['reordered-callbacks'] }) !== undefined;
      // Batches queue behind each other, deliveries do not.
      let told = Promise.resolve();
      const send = (events: readonly Event[]): void => {
        for (let copy = 0; copy < times; copy += 1) told = told.then(() => tell(events));
      };
      const stepMs = options.deliveryDelayMs / 2;

      later(stepMs, () => {
        const processed = fates.map(describeProcessed);
        if (!isReordered) send(processed);
        later(stepMs, () => {
          for (const { email, fault } of fates) {
            if (fault === undefined) update(email.id, { status: 'delivered' });
            if (fault === 'deferred') update(email.id, { status: 'deferred' });
          }
          send(fates.flatMap(describeArrival));
          if (isReordered) send(processed);
          const deferred = fates.filter(({ fault }) => fault === 'deferred');
          if (deferred.length === 0) return;
          later(stepMs, () => {
            for (const { email } of deferred) update(email.id, { status: 'delivered' });
            send(deferred.map(({ email }) => describeDelivered(email)));
          });
        });
      });
    },
    async reply(from, email, text, replyOptions = {}) {
      const { body, contentType } = createInboundMail({ from, email, text, ...replyOptions });
      const answer = await sender.send(
        {
          url: options.inboundUrl(),
          method: 'POST',
          headers: {
            'content-type': contentType,
            'user-agent': 'Sendlib/1.0',
            ...(replyOptions.unsigned === true ? {} : signer.sign(body)),
          },
          body,
        },
        inboundRetries,
      );
      const reply = { at: new Date().toISOString(), text, status: answer.status };
      update(email.id, { replies: [...(find(email.id)?.replies ?? []), reply] });
      return answer;
    },
    close() {
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
    },
  };
}

// Source: https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event
function describe(email: SimulatedEmail, event: string): Record<string, string | number> {
  return {
    ...email.customArgs,
    email: email.to,
    timestamp: Math.floor(Date.now() / 1000),
    event,
    sg_event_id: randomBytes(18).toString('base64url'),
    sg_message_id: `${email.messageId}.recvd-simulator-0`,
    'smtp-id': email.smtpId,
  };
}

function describeProcessed({ email, fault, reason }: Fate): Event {
  return fault === 'dropped'
    ? { ...describe(email, 'dropped'), reason: reason ?? '', status: '5.0.0' }
    : describe(email, 'processed');
}

function describeDelivered(email: SimulatedEmail): Event {
  return { ...describe(email, 'delivered'), response: '250 2.0.0 OK' };
}

function describeArrival({ email, fault, reason = '' }: Fate): readonly Event[] {
  switch (fault) {
    case undefined:
      return [describeDelivered(email)];
    case 'dropped':
      return [];
    case 'deferred':
      return [{ ...describe(email, 'deferred'), response: reason, attempt: '1' }];
    case 'bounce':
    case 'blocked':
      return [
        {
          ...describe(email, 'bounce'),
          type: fault,
          reason,
          status: /\b[45]\.\d\.\d{1,3}\b/.exec(reason)?.[0] ?? '5.0.0',
          bounce_classification: fault === 'bounce' ? 'Invalid Address' : 'Reputation',
        },
      ];
  }
}
