const errors = {
  20001: { status: 400, message: 'Invalid parameter' },
  20003: { status: 401, message: 'Authenticate' },
  20404: { status: 404, message: 'The requested resource was not found' },
  20429: { status: 429, message: 'Too Many Requests' },
  20500: { status: 500, message: 'An internal server error has occurred' },
  21201: { status: 400, message: "No 'To' number is specified" },
  21205: { status: 400, message: 'Url is not a valid URL' },
  21210: { status: 400, message: "'From' phone number not verified" },
  21211: { status: 400, message: "The 'To' number is not a valid phone number." },
  21212: {
    status: 400,
    message: "The 'From' number is not a valid phone number, shortcode, or alphanumeric sender ID.",
  },
  21213: { status: 400, message: "'From' phone number is required." },
  21214: { status: 400, message: "'To' phone number cannot be reached" },
  21215: {
    status: 400,
    message: "Account not authorized to call the 'To' number: check its geographic permissions.",
  },
  21216: { status: 400, message: "Account not allowed to call the 'To' number." },
  21217: { status: 400, message: 'Phone number does not appear to be valid' },
  21220: { status: 400, message: 'Call is not in-progress. Cannot redirect.' },
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
  21635: { status: 400, message: "The 'To' number is a landline." },
  90007: { status: 400, message: 'The validity period is outside 1 to 36000 seconds.' },
} as const;

/** Names an error the simulated API can answer with. Source: https://www.twilio.com/docs/api/errors */
export type TwilioErrorCode = keyof typeof errors;

const knownErrors: ReadonlyMap<number, { readonly status: number; readonly message: string }> =
  new Map(Object.entries(errors).map(([code, error]) => [Number(code), error]));

/** Shapes an error as Twilio's API does. Source: https://www.twilio.com/docs/usage/twilios-response#response-formats-exceptions */
export interface TwilioError {
  readonly code: number;
  readonly message: string;
  readonly more_info: string;
  readonly status: number;
}

/**
 * Returns the error's body; the wording is near Twilio's, the code and the status are exactly its own. A code that
 * only a fault names is a 400.
 */
export function twilioError(code: number): TwilioError {
  const { status, message } = knownErrors.get(code) ?? { status: 400, message: `Error ${code}` };
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

// Source: https://www.twilio.com/docs/iam/test-credentials#test-calls
const magicCallers: ReadonlyMap<string, TwilioErrorCode> = new Map([
  ['+15005550001', 21212],
  ['+15005550007', 21210],
  ['+15005550008', 21210],
]);

const magicCallees: ReadonlyMap<string, TwilioErrorCode> = new Map([
  ['+15005550001', 21217],
  ['+15005550002', 21214],
  ['+15005550003', 21215],
  ['+15005550004', 21216],
]);

/** Returns the error that Twilio's test credentials give for a call from or to one of its magic numbers, if these are. */
export function magicCallError(numbers: {
  readonly from: string;
  readonly to: string;
}): TwilioErrorCode | undefined {
  return magicCallers.get(numbers.from) ?? magicCallees.get(numbers.to);
}
