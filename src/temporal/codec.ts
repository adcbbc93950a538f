import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DataConverter, Payload, PayloadCodec } from '@temporalio/common';
import proto from '@temporalio/proto';

/** A key of 256 bits with the name that payloads know it by. */
export interface EncryptionKey {
  readonly id: string;
  readonly key: Uint8Array;
}

const { Payload: PayloadMessage } = proto.temporal.api.common.v1;

/** Says that a payload cannot be read, why, and what to do. */
export class UndecodablePayloadError extends Error {
  override readonly name = 'UndecodablePayloadError';
}

/** The encoding's name is what Temporal's samples and tools use; the other fields say how to read it. */
const FIELDS = {
  encoding: 'encoding',
  key: 'encryption-key-id',
  cipher: 'encryption-cipher',
  workflow: 'encryption-workflow-id',
} as const;
const ENCRYPTED = 'binary/encrypted';
const CIPHER = 'AES-256-GCM';
/** Of 96 bits, as NIST SP 800-38D (8.2) wants it for random ones: good for 2^32 payloads a key. */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Returns a codec that encrypts every payload with the first key and decrypts with whichever key a payload names.
 * A payload is bound to the workflow it was written for: put into another one's history it is refused. What is not
 * encrypted passes as it is, so that encryption can be switched on while handoffs are open.
 * Throws an UndecodablePayloadError for a payload of an unknown key, a changed one, or one of another workflow.
 */
export function createCodec(keys: readonly EncryptionKey[]): PayloadCodec {
  const [current] = keys;
  const known = new Map(keys.map((key) => [key.id, key]));
  return {
    encode(payloads, context) {
      const workflowId = context?.workflowId ?? '';
      const encode = (payload: Payload): Payload =>
        current ? encrypt(payload, current, workflowId) : payload;
      return Promise.resolve(payloads.map(encode));
    },
    async decode(payloads, context) {
      const decode = (payload: Payload): Payload =>
        readField(payload, FIELDS.encoding) === ENCRYPTED
          ? decrypt(payload, known, context?.workflowId)
          : payload;
      return Promise.resolve(payloads).then((all) => all.map(decode));
    },
  };
}

/**
 * Returns how clients and workers write what goes into Temporal: encrypted, failures' messages and stacks too, when
 * there are keys; readable when there are none.
 */
export function createDataConverter(keys: readonly EncryptionKey[]): DataConverter {
  if (keys.length === 0) return {};
  return { payloadCodecs: [createCodec(keys)], failureConverterPath: FAILURE_CONVERTER_PATH };
}

/** Where the failure converter is, which is bundled with the workflows. */
const FAILURE_CONVERTER_PATH = fileURLToPath(
  new URL(`./failure-converter${extname(fileURLToPath(import.meta.url))}`, import.meta.url),
);

function encrypt(payload: Payload, { id, key }: EncryptionKey, workflowId: string): Payload {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(bind(id, workflowId));
  const plain = PayloadMessage.encode(payload).finish();
  const data = Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  const metadata = {
    [FIELDS.encoding]: ENCRYPTED,
    [FIELDS.cipher]: CIPHER,
    [FIELDS.key]: id,
    [FIELDS.workflow]: workflowId,
  };
  const bytes = Object.entries(metadata).map(([name, value]) => [name, Buffer.from(value)]);
  return { metadata: Object.fromEntries(bytes) as Record<string, Uint8Array>, data };
}

function decrypt(
  payload: Payload,
  keys: ReadonlyMap<string, EncryptionKey>,
  reader: string | undefined,
): Payload {
  const id = readField(payload, FIELDS.key);
  const workflowId = readField(payload, FIELDS.workflow);
  const found = keys.get(id);
  if (!found) {
    throw new UndecodablePayloadError(
      `A payload is encrypted with key "${id}", which this process does not have: add it to BATON_ENCRYPTION_KEYS.`,
    );
  }
  // What was written for no workflow in particular, such as a signal to many, is for all of them.
  if (reader !== undefined && workflowId !== '' && workflowId !== reader) {
    throw new UndecodablePayloadError(
      `A payload in workflow ${reader} was written for workflow ${workflowId}: somebody moved it.`,
    );
  }
  const data = Buffer.from(payload.data ?? []);
  try {
    const cipher = createDecipheriv('aes-256-gcm', found.key, data.subarray(0, NONCE_BYTES), {
      authTagLength: TAG_BYTES,
    });
    cipher.setAAD(bind(id, workflowId));
    cipher.setAuthTag(data.subarray(-TAG_BYTES));
    const plain = cipher.update(data.subarray(NONCE_BYTES, -TAG_BYTES));
    return PayloadMessage.decode(Buffer.concat([plain, cipher.final()]));
  } catch {
    throw new UndecodablePayloadError(
      `A payload encrypted with key "${id}" cannot be read: it was changed, or the key is another of that name.`,
    );
  }
}

/** What the ciphertext vouches for beside itself. */
function bind(keyId: string, workflowId: string): Buffer {
  return Buffer.from(JSON.stringify([CIPHER, keyId, workflowId]));
}

function readField({ metadata }: Payload, name: string): string {
  return Buffer.from(metadata?.[name] ?? []).toString();
}
