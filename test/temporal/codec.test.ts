import { randomBytes } from 'node:crypto';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createCodec, UndecodablePayloadError } from '../../src/temporal/codec.ts';

const OLD = { id: '2026-01', key: randomBytes(32) };
const NEW = { id: '2026-11', key: randomBytes(32) };
const inWorkflow = (workflowId: string) =>
  ({ type: 'workflow', namespace: 'default', workflowId }) as const;
const HERE = inWorkflow('hof_1');

function toPayload(value: unknown): Payload {
  return defaultPayloadConverter.toPayload(value);
}

function toValue(payload: Payload | undefined): unknown {
  return payload && defaultPayloadConverter.fromPayload(payload);
}

async function encodeOne(codec: ReturnType<typeof createCodec>, value: unknown): Promise<Payload> {
  const [payload] = await codec.encode([toPayload(value)], HERE);
  if (!payload) throw new Error('nothing came back');
  return payload;
}

test('any value comes back as it was, and can be read nowhere else', async () => {
  const codec = createCodec([NEW]);
  await fc.assert(
    fc.asyncProperty(fc.jsonValue(), async (value) => {
      const payload = await encodeOne(codec, { marker: 'Maria Lopez', value });
      expect(Buffer.from(payload.data ?? []).toString('latin1')).not.toContain('Maria');
      const [decoded] = await codec.decode([payload], HERE);
      expect(toValue(decoded)).toEqual(
        JSON.parse(JSON.stringify({ marker: 'Maria Lopez', value })),
      );
    }),
  );
});

test('the same value is never written twice the same', async () => {
  const codec = createCodec([NEW]);
  const written = await Promise.all(
    Array.from({ length: 100 }, async () =>
      Buffer.from((await encodeOne(codec, 'yes')).data ?? []).toString('base64'),
    ),
  );
  expect(new Set(written).size).toBe(100);
});

test('after a rotation the old is still read, and only the new key writes', async () => {
  const old = await encodeOne(createCodec([OLD]), 'of January');
  const codec = createCodec([NEW, OLD]);
  const [decoded] = await codec.decode([old], HERE);
  expect(toValue(decoded)).toBe('of January');

  const { metadata } = await encodeOne(codec, 'of November');
  expect(Buffer.from(metadata?.['encryption-key-id'] ?? []).toString()).toBe('2026-11');
  await expect(createCodec([NEW]).decode([old], HERE)).rejects.toThrow(
    /encrypted with key "2026-01", which this process does not have: add it to BATON_ENCRYPTION_KEYS/,
  );
});

test('what another workflow wrote is refused; what was written for many is not', async () => {
  const codec = createCodec([NEW]);
  const payload = await encodeOne(codec, 'take');
  await expect(codec.decode([payload], inWorkflow('hof_2'))).rejects.toThrow(
    /in workflow hof_2 was written for workflow hof_1/,
  );
  const [forMany] = await codec.encode([toPayload('withdraw')]);
  const [decoded] = await codec.decode(forMany ? [forMany] : [], inWorkflow('hof_2'));
  expect(toValue(decoded)).toBe('withdraw');
});

test('a bit that was changed anywhere is noticed, in what is bound to it too', async () => {
  const codec = createCodec([NEW, { ...NEW, id: 'other' }]);
  const payload = await encodeOne(codec, { phone: '+15125550147' });
  const length = payload.data?.length ?? 0;
  for (let index = 0; index < length; index += 1) {
    const data = Buffer.from(payload.data ?? []);
    data[index] = (data[index] ?? 0) ^ 1;
    await expect(codec.decode([{ ...payload, data }], HERE)).rejects.toThrow(
      UndecodablePayloadError,
    );
  }
  for (const field of ['encryption-key-id', 'encryption-workflow-id']) {
    const metadata = { ...payload.metadata, [field]: Buffer.from('other') };
    await expect(codec.decode([{ ...payload, metadata }])).rejects.toThrow(UndecodablePayloadError);
  }
});

test('what is not encrypted passes, so that encryption can be switched on', async () => {
  expect(await createCodec([NEW]).decode([toPayload('plain')], HERE)).toEqual([toPayload('plain')]);
});
