import { ActivityFailure, ApplicationFailure, TimeoutFailure } from '@temporalio/workflow';
import type { FailureType } from '../domain/failure-types.ts';

/** Returns the words of the failure that made an activity give up. */
export function explainFailure(error: unknown): string {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof ApplicationFailure) return cause.message;
  if (cause instanceof TimeoutFailure) {
    if (cause.timeoutType !== 'SCHEDULE_TO_CLOSE') return 'its sender was interrupted';
    const last = cause.cause instanceof ApplicationFailure ? `: ${cause.cause.message}` : '';
    return `gave up after trying until it was no longer of use${last}`;
  }
  return cause instanceof Error ? cause.message : String(cause);
}

/** Says whether nobody can tell if it left: a worker that died in the middle took that along. */
export function isUncertain(error: unknown): boolean {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  const last = cause instanceof TimeoutFailure && cause.cause ? cause.cause : cause;
  if (last instanceof ApplicationFailure) return last.type === ('Ambiguous' satisfies FailureType);
  return last instanceof TimeoutFailure;
}
