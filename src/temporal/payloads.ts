import type { Client } from '@temporalio/client';
import type { Payload } from '@temporalio/common';

/** Returns payloads as a client encodes them, for calls that take them as they are. */
export async function encodePayload(client: Client, value: unknown): Promise<Payload[]> {
  const { payloadConverter, payloadCodecs } = client.options.loadedDataConverter;
  let payloads = [payloadConverter.toPayload(value)];
  for (const codec of payloadCodecs) payloads = await codec.encode(payloads);
  return payloads;
}

/** Returns what a payload of a raw answer holds. */
export async function decodePayload(client: Client, payload: Payload): Promise<unknown> {
  const { payloadConverter, payloadCodecs } = client.options.loadedDataConverter;
  let payloads = [payload];
  for (const codec of payloadCodecs.toReversed()) payloads = await codec.decode(payloads);
  const [decoded] = payloads;
  return decoded ? payloadConverter.fromPayload(decoded) : undefined;
}
