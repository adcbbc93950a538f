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
  21610: { type: 'Permanent', means: 'the person replied STOP to this number' },
  21614: { type: 'Permanent', means: 'the number cannot receive SMS' },
  21635: { type: 'Permanent', means: 'the number is a landline' },
  21611: { type: 'Permanent', means: "the sender's queue is full for hours" },
  20003: { type: 'Configuration', means: 'the account SID or auth token is wrong' },
  20404: { type: 'Configuration', means: 'the account or address was not found' },
  21210: { type: 'Configuration', means: 'the From number is not verified' },
  21212: { type: 'Configuration', means: 'the From number is not valid' },
  21408: { type: 'Configuration', means: 'SMS to this country are not enabled' },
  21606: { type: 'Configuration', means: 'the From number cannot send SMS' },
  21608: { type: 'Configuration', means: 'a trial account may only text verified numbers' },
  21612: { type: 'Configuration', means: 'no route from the From number to this number' },
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
