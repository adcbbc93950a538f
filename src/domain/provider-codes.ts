import type { FailureType } from './failure-types.ts';

interface ProviderCode {
  readonly type: FailureType;
  readonly means: string;
}

/**
 * Twilio's error codes that change what Baton does, from https://www.twilio.com/docs/api/errors. Twilio asks
 * not to use codes programmatically beyond what is known, so any other code is treated by its HTTP status.
 */
const TWILIO_CODES: Readonly<Record<number, ProviderCode>> = {
  21211: { type: 'Permanent', means: 'not a valid phone number' },
  21217: { type: 'Permanent', means: 'not a valid phone number' },
  13224: { type: 'Permanent', means: 'no carrier can reach this number' },
  13225: { type: 'Permanent', means: 'the number is blocked or restricted' },
  13227: { type: 'Configuration', means: 'calls to this country are not enabled' },
  21214: { type: 'Permanent', means: 'no carrier can reach this number' },
  21216: { type: 'Permanent', means: 'Twilio blocks calls to this number' },
  21610: { type: 'Permanent', means: 'the person replied STOP to this number' },
  21614: { type: 'Permanent', means: 'the number cannot receive SMS' },
  21635: { type: 'Permanent', means: 'the number is a landline' },
  21611: { type: 'Permanent', means: "the sender's queue is full for hours" },
  20003: { type: 'Configuration', means: 'the account SID or auth token is wrong' },
  20404: { type: 'Configuration', means: 'the account or address was not found' },
  21210: { type: 'Configuration', means: 'the From number is not verified' },
  21212: { type: 'Configuration', means: 'the From number is not valid' },
  21215: { type: 'Configuration', means: 'calls to this country are not enabled' },
  21219: { type: 'Configuration', means: 'a trial account may only call verified numbers' },
  21408: { type: 'Configuration', means: 'SMS to this country are not enabled' },
  21606: { type: 'Configuration', means: 'the From number cannot send SMS' },
  21608: { type: 'Configuration', means: 'a trial account may only text verified numbers' },
  21612: { type: 'Configuration', means: 'no route from the From number to this number' },
  22005: { type: 'Permanent', means: 'the queue of calls is full for hours' },
  32205: { type: 'Configuration', means: 'calls to this country are not enabled' },
  20429: { type: 'Transient', means: 'too many requests' },
  30001: { type: 'Permanent', means: "the sender's queue is full for hours" },
  30003: { type: 'Permanent', means: 'the phone is off or unreachable' },
  30004: { type: 'Permanent', means: 'the message was blocked' },
  30005: { type: 'Permanent', means: 'the number is unknown or no longer in use' },
  30006: { type: 'Permanent', means: 'the number is a landline or its carrier unreachable' },
  30007: { type: 'Permanent', means: 'the carrier filtered the message' },
  30008: { type: 'Permanent', means: 'the carrier gave no reason' },
  30032: { type: 'Configuration', means: 'the toll-free sender is not verified' },
  30034: { type: 'Configuration', means: 'the sender is not registered with the carriers (10DLC)' },
  30036: { type: 'Permanent', means: 'it was not delivered while it was still of use' },
};

/** Returns what a Twilio error code means for us, or undefined for one that is not on the list. */
export function explainTwilioCode(code: number | undefined): ProviderCode | undefined {
  return code === undefined ? undefined : TWILIO_CODES[code];
}

/** The parts of an event of SendGrid's webhook that say what became of an email. */
export interface SendgridEvent {
  readonly event: string;
  readonly type?: string | undefined;
  /** An enhanced status code (RFC 3463), such as `5.1.1`. */
  readonly status?: string | undefined;
  readonly reason?: string | undefined;
  readonly bounce_classification?: string | undefined;
}

/** Reasons for which SendGrid drops an email unsent; others are its own words, which may name the address. */
const DROP_REASONS: Readonly<Record<string, string>> = {
  'bounced address': 'the address bounced before',
  'unsubscribed address': 'the person unsubscribed',
  'spam reporting address': 'the person reported an earlier email as spam',
  invalid: 'the address is not valid',
  'spam content': 'its content looks like spam',
  'recipient list over package quota': "the account's quota is used up",
};

/**
 * Returns why an email did not arrive, or undefined for an event that says nothing of the kind: `deferred` is tried
 * again by SendGrid, and `delivered`, `open` and `click` prove no reader. What the receiving server said is left out,
 * for it may quote the address. See https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event.
 */
export function explainSendgridEvent(event: SendgridEvent): string | undefined {
  const { status, bounce_classification: classification } = event;
  const code = status !== undefined && /^\d\.\d{1,3}\.\d{1,3}$/.test(status) ? ` (${status})` : '';
  const kind =
    classification !== undefined && /^[A-Za-z ]{1,40}$/.test(classification)
      ? `: ${classification.toLowerCase()}`
      : '';
  switch (event.event) {
    case 'bounce':
      return event.type === 'blocked'
        ? `SendGrid: the receiving server blocked it${kind}${code}`
        : `SendGrid: it bounced${kind}${code}`;
    case 'dropped': {
      const known = DROP_REASONS[(event.reason ?? '').toLowerCase()];
      return `SendGrid dropped it${known === undefined ? '' : `: ${known}`}`;
    }
    default:
      return undefined;
  }
}
