const errors = {
  20003: { status: 401, message: 'Authenticate' },
  20404: { status: 404, message: 'The requested resource was not found' },
  20429: { status: 429, message: 'Too Many Requests' },
  20500: { status: 500, message: 'An internal server error has occurred' },
  21211: { status: 400, message: "The 'To' number is not a valid phone number." },
  21212: {
    status: 400,
    message: "The 'From' number is not a valid phone number, shortcode, or alphanumeric sender ID.",
  },
  21408: {
    status: 400,
    message: "Permission to send an SMS has not been enabled for the region of the 'To' number.",
  },
  21602: { status: 400, message: 'Message body is required.' },
  21603: { status: 400, message: "A 'From' phone number is required." },
  21604: { status: 400, message: "A 'To' phone number is required." },
  21606: {
    status: 400,
    message: "The 'From' number is not a valid, SMS-capable number of your account.",
  },
  21609: { status: 400, message: "The 'StatusCallback' URL is not a valid URL." },
  21610: { status: 400, message: 'Attempt to send to unsubscribed recipient' },
  21611: {
    status: 400,
    message: "This 'From' number has exceeded the maximum number of queued messages",
  },
  21612: {
    status: 400,
    message: "The 'To' number is not currently reachable using the 'From' number via SMS.",
  },
  21614: { status: 400, message: "The 'To' number is not a mobile number." },
  21617: {
    status: 400,
    message: 'The concatenated message body exceeds the 1600 character limit.',
  },
  90007: { status: 400, message: 'The validity period is outside 1 to 36000 seconds.' },
} as const;

/** Names an error the simulated API can answer with. Source: https://www.twilio.com/docs/api/errors */
export type TwilioErrorCode = keyof typeof errors;

/** Shapes an error as Twilio's API does. Source: https://www.twilio.com/docs/usage/twilios-response#response-formats-exceptions */
export interface TwilioError {
  readonly code: TwilioErrorCode;
  readonly message: string;
  readonly more_info: string;
  readonly status: number;
}

/** Returns the error's body; the wording is near Twilio's, the code and the status are exactly its own. */
export function twilioError(code: TwilioErrorCode): TwilioError {
  const { status, message } = errors[code];
  return { code, message, more_info: `https://www.twilio.com/docs/errors/${code}`, status };
}

// Source: https://www.twilio.com/docs/iam/test-credentials#test-sms-messages
const magicSenders: ReadonlyMap<string, TwilioErrorCode> = new Map([
  ['+15005550001', 21212],
  ['+15005550007', 21606],
  ['+15005550008', 21611],
]);

const magicRecipients: ReadonlyMap<string, TwilioErrorCode> = new Map([
  ['+15005550001', 21211],
  ['+15005550002', 21612],
  ['+15005550003', 21408],
  ['+15005550004', 21610],
  ['+15005550009', 21614],
]);

/** Returns the error that Twilio's test credentials give for one of its magic numbers, if this is one. */
export function magicError(numbers: {
  readonly from: string | undefined;
  readonly to: string;
}): TwilioErrorCode | undefined {
  const bySender = numbers.from === undefined ? undefined : magicSenders.get(numbers.from);
  return bySender ?? magicRecipients.get(numbers.to);
}
