import { ApplicationFailure } from '@temporalio/common';
import type { FailureType } from '../domain/failure-types.ts';
import { explainTwilioCode } from '../domain/provider-codes.ts';

/**
 * Returns the failure to throw for an error of a provider's client. Never wraps the error itself: axios errors
 * carry the Authorization header, and providers' texts may repeat the recipient's number.
 */
export function toProviderFailure(
  provider: 'Twilio' | 'SendGrid',
  error: unknown,
): ApplicationFailure {
  const { status, code } = readError(error);
  const known = provider === 'Twilio' ? explainTwilioCode(asNumber(code)) : undefined;
  if (known) return failure(known.type, `${provider} ${String(code)}: ${known.means}`);
  if (status !== undefined) {
    const type = classifyStatus(status);
    const detail = typeof code === 'number' && code !== status ? `, code ${code}` : '';
    return failure(type, `${provider} answered ${status}${detail}${ADVICE[type]}`);
  }
  // No answer. Only what certainly happened before the request left is safe to repeat.
  const reason = typeof code === 'string' ? code : 'no answer';
  return NEVER_SENT.has(reason)
    ? failure('Transient', `${provider} could not be connected to (${reason})`)
    : failure('Ambiguous', `${provider} did not answer (${reason}); it may have been sent`);
}

/** Returns a failure of a certain type; permanent and configuration ones are not retried. */
export function failure(type: FailureType, message: string): ApplicationFailure {
  return ApplicationFailure.create({
    type,
    message,
    nonRetryable: type === 'Permanent' || type === 'Configuration',
  });
}

const NEVER_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

const ADVICE: Readonly<Record<FailureType, string>> = {
  Permanent: ': it refuses this message',
  Configuration: ': check the credentials and the sender',
  Transient: ': nothing was sent',
  Ambiguous: ': it may have been sent',
};

/** Sending is not idempotent at either provider, so a 5xx leaves open whether it happened (facts.md A6). */
function classifyStatus(status: number): FailureType {
  if (status === 429) return 'Transient';
  if (status >= 500 || status === 408) return 'Ambiguous';
  if (status === 401 || status === 403 || status === 404) return 'Configuration';
  return 'Permanent';
}

/** Twilio's RestException has status and code; SendGrid's ResponseError has the status as code; axios has a text. */
function readError(error: unknown): { status?: number; code?: number | string } {
  if (typeof error !== 'object' || error === null) return {};
  const { status, code } = error as { status?: unknown; code?: unknown };
  const read: { status?: number; code?: number | string } = {};
  if (typeof code === 'number' || typeof code === 'string') read.code = code;
  if (typeof status === 'number') read.status = status;
  else if (typeof code === 'number' && code >= 400 && code < 600) read.status = code;
  return read;
}

function asNumber(code: number | string | undefined): number | undefined {
  return typeof code === 'number' ? code : undefined;
}
