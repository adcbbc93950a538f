import { isGrpcServiceError, ServiceError } from '@temporalio/client';

/** The numbers of gRPC's statuses that mean something here; see https://grpc.io/docs/guides/status-codes/. */
export const GRPC = {
  cancelled: 1,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  alreadyExists: 6,
  permissionDenied: 7,
  resourceExhausted: 8,
  failedPrecondition: 9,
  unimplemented: 12,
  unavailable: 14,
  unauthenticated: 16,
} as const;

/** Returns the gRPC status an error of the Temporal client stands for, also where the client wrapped it in its own. */
export function grpcStatusOf(error: unknown): number | undefined {
  const cause = error instanceof ServiceError ? error.cause : error;
  return isGrpcServiceError(cause) ? cause.code : undefined;
}

/** Returns a query's answer, or undefined when no worker gave one in time; other errors are thrown. */
export async function answerOf<T>(query: Promise<T>): Promise<T | undefined> {
  try {
    return await query;
  } catch (error) {
    if (isUnanswered(error)) return undefined;
    throw error;
  }
}

/** Says whether an error means that Temporal is there and no worker answered in time. */
export function isUnanswered(error: unknown): boolean {
  return UNANSWERED.has(grpcStatusOf(error));
}

/**
 * Says whether what was sent may have been recorded although it failed: only a refusal, or an error before anything was
 * sent, says that it was not. That nobody could be reached says nothing: the client tries several times, and tells of the last.
 */
export function mayHaveArrived(error: unknown): boolean {
  const status = grpcStatusOf(error);
  return status !== undefined && !REFUSALS.has(status);
}

const REFUSALS = new Set<number>([
  GRPC.invalidArgument,
  GRPC.notFound,
  GRPC.permissionDenied,
  GRPC.resourceExhausted,
  GRPC.failedPrecondition,
  GRPC.unimplemented,
  GRPC.unauthenticated,
]);

/** No worker at all, none that was quick enough, or more queries at once than the server holds. */
const UNANSWERED = new Set<number | undefined>([
  GRPC.cancelled,
  GRPC.deadlineExceeded,
  GRPC.resourceExhausted,
  GRPC.failedPrecondition,
]);
