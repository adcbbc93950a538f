import { createHmac, createSign, generateKeyPairSync } from 'node:crypto';
import { Agent, request as httpRequest } from 'node:http';
import type { Client } from '@temporalio/client';
import fc from 'fast-check';
import twilio from 'twilio';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TEST_FILES } from '../support/baton.ts';
import { startApiAlone, type LonelyApi } from '../support/api-alone.ts';

const RUNS = Number(process.env['BATON_FUZZ_RUNS'] ?? 10_000);

const PUBLIC_URL = 'https://baton.example';
const AUTH_TOKEN = 'test-auth-token';
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const SENDGRID_KEY = publicKey.export({ format: 'der', type: 'spki' }).toString('base64');

/** What was asked of Temporal; it answers nothing, as one that is away. */
const asked: string[] = [];
function recorder(path: string): object {
  return new Proxy(() => undefined, {
    get: (_target, name) => {
      if (name === 'then') return undefined;
      if (name === 'options')
        return { namespace: 'default', loadedDataConverter: { payloadCodecs: [] } };
      return recorder(`${path}.${String(name)}`);
    },
    apply: (_target, _this, args: unknown[]) => {
      if (/withDeadline$|withAbortSignal$/.test(path)) return (args.at(-1) as () => unknown)();
      if (/getHandle$/.test(path)) return recorder(path);
      asked.push(path);
      return Promise.reject(
        Object.assign(new Error('away'), { code: 14, details: '', metadata: {} }),
      );
    },
  });
}

let api: LonelyApi;
const agent = new Agent({ keepAlive: true, maxSockets: 8 });
beforeAll(async () => {
  api = await startApiAlone(TEST_FILES, {
    client: recorder('client') as unknown as Client,
    publicBaseUrl: PUBLIC_URL,
    twilioAuthToken: AUTH_TOKEN,
    sendgrid: { eventsKey: SENDGRID_KEY, inboundKey: SENDGRID_KEY },
  });
});
afterAll(async () => {
  agent.destroy();
  await api.stop();
});

interface Shot {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

function send({ method, path, headers, body }: Shot): Promise<{ status: number; text: string }> {
  const { hostname, port } = new URL(api.url);
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      {
        hostname,
        port,
        method,
        path,
        agent,
        headers: { ...headers, 'Content-Length': body.length },
      },
      (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, text: Buffer.concat(parts).toString() });
        });
      },
    );
    request.on('error', (error: NodeJS.ErrnoException) => {
      // Node's parser hangs up on what is no HTTP, or answers before the body is through: no 5xx either way.
      if (error.code === 'ECONNRESET' || error.code === 'EPIPE') resolve({ status: 0, text: '' });
      else reject(error);
    });
    request.setTimeout(5_000, () => request.destroy(new Error(`no answer to ${method} ${path}`)));
    request.end(body);
  });
}

const PATHS = [
  '/webhooks/twilio/sms',
  '/webhooks/twilio/status',
  '/webhooks/twilio/voice',
  '/webhooks/twilio/voice/answer',
  '/webhooks/twilio/voice/',
  '/webhooks/twilio/voice/status',
  '/webhooks/sendgrid/events',
  '/webhooks/sendgrid/inbound',
  '/h/alice.abc',
  '/h/',
] as const;

const word = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.constantFrom(
    'h',
    'n',
    'r',
    'From',
    'Body',
    'MessageSid',
    'Digits',
    'to',
    'text',
    'headers',
    'envelope',
  ),
  fc.string({ unit: 'binary', maxLength: 6 }),
);
const encoded = (text: string): string => encodeURIComponent(text.replace(/[\ud800-\udfff]/g, ''));
const form = fc
  .array(fc.tuple(word, word), { maxLength: 12 })
  .map((pairs) => pairs.map(([name, value]) => `${encoded(name)}=${encoded(value)}`).join('&'));
const event = fc.record(
  {
    event: fc.oneof(fc.constantFrom('bounce', 'dropped', 'delivered', 'deferred'), word),
    email: word,
    timestamp: fc.oneof(fc.integer(), word),
    sg_event_id: word,
    h: word,
    n: word,
    b: fc.anything(),
    reason: fc.anything(),
  },
  { requiredKeys: [] },
);
const multipart = fc.array(fc.tuple(word, word), { maxLength: 6 }).map((parts) =>
  parts
    .map(
      ([name, value]) =>
        `--edge\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
    )
    .join('')
    .concat('--edge--\r\n'),
);
const body = fc.oneof(
  form.map((text) => Buffer.from(text)),
  fc
    .constantFrom(
      'a'.repeat(200) + '=',
      'a[b]'.repeat(500) + '=1',
      '%',
      '%zz=%',
      '&'.repeat(5_000),
      '',
    )
    .map((text) => Buffer.from(text)),
  fc.json().map((text) => Buffer.from(text)),
  fc.array(event, { maxLength: 4 }).map((events) => Buffer.from(JSON.stringify(events))),
  multipart.map((text) => Buffer.from(text)),
  multipart.map((text) => Buffer.from(text.slice(0, text.length / 2))),
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
);
const headerText = fc
  .string({ maxLength: 40 })
  .map((text) => text.replace(/[^\x20-\x7e]/g, '').trim());
const headers = fc
  .record(
    {
      'Content-Type': fc.oneof(
        fc.constantFrom(
          'application/x-www-form-urlencoded',
          'application/x-www-form-urlencoded; charset=utf-7',
          'application/json',
          'application/json; charset=klingon',
          'multipart/form-data; boundary=edge',
          'multipart/form-data',
          'multipart/form-data; boundary=',
          'text/plain',
        ),
        headerText,
      ),
      'Content-Encoding': fc.constantFrom('gzip', 'br', 'deflate', 'identity', 'nonsense'),
      'X-Twilio-Signature': headerText,
      'X-Twilio-Email-Event-Webhook-Signature': headerText,
      'X-Twilio-Email-Event-Webhook-Timestamp': fc.oneof(
        fc.constantFrom('NaN', '0', '-1', '1e99'),
        headerText,
      ),
      'I-Twilio-Idempotency-Token': headerText,
      Accept: headerText,
      'Accept-Language': headerText,
      Cookie: headerText,
      Origin: headerText,
    },
    { requiredKeys: [] },
  )
  .map((given) => Object.fromEntries(Object.entries(given).filter(([, value]) => value !== '')));
const tail = fc.oneof(
  fc.constant(''),
  form.map((query) => `?${query}`),
  fc.constantFrom(
    '?',
    '?h=hof_0123456789abcdef0123456789abcd&n=n1',
    '/%',
    '/%00',
    '/../..',
    '//',
    '?bodySHA256=0',
    '/%E0%A4%A',
  ),
  word.map((text) => `/${encoded(text)}`),
);
const shot: fc.Arbitrary<Shot> = fc.record({
  method: fc.constantFrom(
    'POST',
    'POST',
    'POST',
    'POST',
    'GET',
    'PUT',
    'DELETE',
    'PATCH',
    'OPTIONS',
  ),
  path: fc.tuple(fc.constantFrom(...PATHS), tail).map((parts) => parts.join('')),
  headers: headers,
  body,
});

const LEAK = /\n\s+at |node_modules|\/src\/|\bError:/;

function expectHarmless({ status, text }: { status: number; text: string }, given: Shot): void {
  const what = `${given.method} ${given.path} → ${status} ${text.slice(0, 200)}`;
  if (status >= 500) throw new Error(`a fault of ours: ${what}`);
  if (LEAK.test(text)) throw new Error(`it tells of the inside: ${what}`);
}

test('R25: nothing unsigned has an effect, and nothing is a fault of ours', async () => {
  await fc.assert(
    fc.asyncProperty(shot, async (given) => {
      asked.length = 0;
      const answer = await send(given);
      expectHarmless(answer, given);
      expect(asked).toEqual([]);
      if (given.path.startsWith('/webhooks/') && given.method === 'POST') {
        expect([0, 400, 403, 404, 413, 415]).toContain(answer.status);
      }
    }),
    { numRuns: Math.ceil(RUNS * 0.8) },
  );
}, 300_000);

/** Signs as the provider does, whatever it is that is signed. */
function signed(given: Shot): Shot {
  if (given.path.startsWith('/webhooks/twilio/')) {
    const text = given.body.toString('latin1').replace(/[^\x20-\x7e]/g, '');
    const params = Object.fromEntries(new URLSearchParams(text));
    return {
      ...given,
      body: Buffer.from(new URLSearchParams(params).toString()),
      headers: {
        'Content-Type': 'application/x-www-form-urlencoded',
        'X-Twilio-Signature': twilio.getExpectedTwilioSignature(
          AUTH_TOKEN,
          `${PUBLIC_URL}${given.path}`,
          params,
        ),
      },
    };
  }
  const timestamp = String(Math.floor(Date.now() / 1_000));
  const signature = createSign('sha256')
    .update(timestamp)
    .update(given.body)
    .sign(privateKey, 'base64');
  return {
    ...given,
    headers: {
      ...given.headers,
      'X-Twilio-Email-Event-Webhook-Signature': signature,
      'X-Twilio-Email-Event-Webhook-Timestamp': timestamp,
    },
  };
}

test('R25: what is signed and makes no sense is no fault of ours either', async () => {
  const webhooks = shot.map(({ path, ...rest }) =>
    signed({
      ...rest,
      path: path.startsWith('/h') ? '/webhooks/sendgrid/inbound' : path,
      method: 'POST',
    }),
  );
  let passed = 0;
  await fc.assert(
    fc.asyncProperty(webhooks, async (given) => {
      const answer = await send(given);
      // Temporal is away here: what made sense is to be sent again.
      if (answer.status === 503) passed += 1;
      else expectHarmless(answer, given);
      if (answer.status < 300) passed += 1;
    }),
    { numRuns: Math.ceil(RUNS * 0.2) },
  );
  // Else the signatures would be wrong and this would say nothing.
  expect(passed).toBeGreaterThan(RUNS / 100);
}, 300_000);

test('the signatures of this test are what decides', async () => {
  const body = Buffer.from(
    new URLSearchParams({ From: '+19995550000', Body: '1', MessageSid: 'SM1' }).toString(),
  );
  const good = signed({ method: 'POST', path: '/webhooks/twilio/sms', headers: {}, body });
  const hmac = createHmac('sha1', 'another token').update('x').digest('base64');
  expect((await send(good)).status).not.toBe(403);
  expect(
    (await send({ ...good, headers: { ...good.headers, 'X-Twilio-Signature': hmac } })).status,
  ).toBe(403);
});
