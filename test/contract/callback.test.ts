import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startBaton, TEST_SECRET, type Baton } from '../support/baton.ts';
import { providePython } from '../support/python.ts';
import { startReceiver, type Receiver } from '../support/receiver.ts';
import { buildSubmission } from '../support/samples.ts';

let baton: Baton;
let receiver: Receiver;
let python: string;
beforeAll(async () => {
  [baton, receiver, python] = await Promise.all([startBaton(), startReceiver(), providePython()]);
}, 120_000);
afterAll(async () => {
  await baton.stop();
  await receiver.close();
});

/** Returns what the Python library says of a request. */
function verify(given: object): Promise<{ code: number | null; output: string; errors: string }> {
  const script = fileURLToPath(new URL('verify_callback.py', import.meta.url));
  const child = spawn(join(python, 'python'), [script]);
  let [output, errors] = ['', ''];
  child.stdout.on('data', (part: Buffer) => (output += part.toString()));
  child.stderr.on('data', (part: Buffer) => (errors += part.toString()));
  child.stdin.end(JSON.stringify(given));
  return new Promise((resolve) => {
    child.once('close', (code) => {
      resolve({ code, output, errors });
    });
  });
}

test('a receiver in another language verifies what it is told, and nothing else', async () => {
  const subject = 'Łucja Ó Conaill 陈 👍';
  const { id } = await baton.submit(
    buildSubmission({ callbackUrl: receiver.url, metadata: { subject } }),
  );
  await baton.call('POST', `/v1/handoffs/${id}/take`, { responder: 'bob' });
  await expect.poll(() => receiver.taken(id).length, { timeout: 10_000 }).toBe(1);
  const [got] = receiver.taken(id);
  if (!got) throw new Error('nothing came');
  const { body, event } = got;
  const headers = Object.fromEntries(
    Object.entries(got.headers).map(([name, value]) => [name, String(value)]),
  );

  const good = await verify({ secret: TEST_SECRET, headers, body });
  expect(good).toMatchObject({ code: 0, errors: '' });
  expect(JSON.parse(good.output)).toEqual(event);
  expect(event.data['metadata']).toEqual({ subject });

  const changed = { secret: TEST_SECRET, headers, body: body.replace('taken', 'resolved') };
  const old = { ...headers, 'webhook-timestamp': '1700000000' };
  const other = `whsec_${Buffer.alloc(32, 'other').toString('base64')}`;
  for (const forged of [
    changed,
    { ...changed, body, headers: old },
    { ...changed, body, secret: other },
  ]) {
    expect((await verify(forged)).errors).toContain('WebhookVerificationError');
  }
  await baton.call('POST', `/v1/handoffs/${id}/withdraw`);
});
