import {
  Client,
  Connection,
  defaultGrpcRetryOptions,
  makeGrpcRetryInterceptor,
  type ConnectionOptions,
} from '@temporalio/client';
import { createDataConverter, type EncryptionKey } from './codec.ts';
import { GRPC } from './grpc-status.ts';

export interface TemporalPlace {
  readonly namespace: string;
  readonly connection: Pick<ConnectionOptions, 'address' | 'apiKey' | 'tls' | 'metadata'>;
  /** What is written is encrypted with the first of these keys. */
  readonly encryptionKeys?: readonly EncryptionKey[];
}

/** Returns a client of the Temporal server with its connection. Throws when the server cannot be reached within 10 s. */
export async function connectClient(
  place: TemporalPlace,
): Promise<{ client: Client; connection: Connection }> {
  const connected = connectLazily(place);
  await connected.connection.ensureConnected();
  return connected;
}

/** Returns a client of the Temporal server that connects when it is first used. */
export function connectLazily({
  connection: options,
  namespace,
  encryptionKeys = [],
}: TemporalPlace): { client: Client; connection: Connection } {
  const connection = Connection.lazy({
    ...options,
    connectTimeout: '10s',
    interceptors: [makeGrpcRetryInterceptor(RETRY)],
  });
  const dataConverter = createDataConverter(encryptionKeys);
  return { client: new Client({ connection, namespace, dataConverter }), connection };
}

/**
 * The SDK's own retries, but sooner where it is only that the server holds one query per workflow
 * (history.MaxBufferedQueryCount) while a workflow task runs: that place is free again within milliseconds.
 */
const RETRY = defaultGrpcRetryOptions({
  initialIntervalMs: ({ code, details }: { readonly code: number; readonly details: string }) => {
    if (code !== GRPC.resourceExhausted) return 100;
    return details.includes('query buffer') ? 30 : 1_000;
  },
});
