import { createServer, type Server } from 'node:http';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { ApplicationFailure } from '@temporalio/common';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Webhook } from 'standardwebhooks';
import { createCallbackActivities, type Posted } from '../../src/activities/callbacks.ts';
import type { Callback } from '../../src/domain/callback.ts';
import { isForbiddenAddress } from '../../src/sources/addresses.ts';
import { sourcesSchema } from '../../src/sources/sources.ts';
import { TEST_SECRET } from '../support/baton.ts';

const OLD_SECRET = `whsec_${Buffer.alloc(32, 'older').toString('base64')}`;
const EVENT = {
  type: 'handoff.taken',
  timestamp: '2026-11-23T15:00:00.000Z',
  data: { id: 'hof_0123456789abcdef0123456789abcd', source: 'crm', sequence: 2, status: 'owned' },
} as unknown as Callback['event'];

let server: Server;
let port: number;
let hits: { url: string; headers: Record<string, string>; body: string }[];
let answer: { status: number; headers?: Record<string, string> };

beforeEach(async () => {
  hits = [];
  answer = { status: 204 };
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (part: Buffer) => (body += part.toString()));
    request.on('end', () => {
      hits.push({
        url: request.url ?? '',
        headers: request.headers as Record<string, string>,
        body,
      });
      response.writeHead(answer.status, answer.headers).end('x'.repeat(100_000));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '::', resolve));
  const address = server.address();
  port = typeof address === 'object' && address ? address.port : 0;
});
afterEach(
  () =>
    new Promise<void>((resolve) => {
      server.closeAllConnections();
      server.close(() => {
        resolve();
      });
    }),
);

/** Failures that a test provokes are no news. */
const logger = new DefaultLogger('ERROR');

interface Settings {
  readonly secrets?: readonly string[];
  readonly allow?: readonly string[];
  /** What names resolve to, in turns. */
  readonly addresses?: readonly string[];
}

function post(
  url: string,
  { secrets = [TEST_SECRET], allow = [], addresses }: Settings = {},
): Promise<Posted> {
  let turn = 0;
  const { postCallback } = createCallbackActivities({
    sources: () => sourcesSchema.parse({ crm: { callbacks: { secrets, allow } } }),
    passOn: () => Promise.resolve(),
    ...(addresses && {
      lookup: (_name, options, done) => {
        const address = addresses[Math.min(turn++, addresses.length - 1)] ?? '';
        const family = address.includes(':') ? 6 : 4;
        if (options.all === true) done(null, [{ address, family }]);
        else done(null, address, family);
      },
    }),
  });
  return new MockActivityEnvironment(undefined, { logger }).run(postCallback, {
    url,
    event: EVENT,
  });
}

async function failureOf(run: Promise<unknown>): Promise<ApplicationFailure> {
  const error: unknown = await run.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ApplicationFailure))
    throw new Error(`it did not fail as it should: ${String(error)}`);
  return error;
}

const LOCAL = { allow: ['127.0.0.0/8'] };

describe('an event', () => {
  test('is signed with the secret, under the id that it has in every attempt', async () => {
    expect(await post(`http://127.0.0.1:${port}/hook?t=1`, LOCAL)).toEqual({
      status: 204,
      attempts: 1,
    });

    const [hit] = hits;
    expect(hit?.url).toBe('/hook?t=1');
    expect(hit?.headers['webhook-id']).toBe('hof_0123456789abcdef0123456789abcd_2');
    expect(new Webhook(TEST_SECRET).verify(hit?.body ?? '', hit?.headers ?? {})).toEqual(EVENT);
  });

  test('is signed with the older secret too while receivers change over', async () => {
    await post(`http://127.0.0.1:${port}/`, { ...LOCAL, secrets: [TEST_SECRET, OLD_SECRET] });

    for (const secret of [TEST_SECRET, OLD_SECRET]) {
      expect(new Webhook(secret).verify(hits[0]?.body ?? '', hits[0]?.headers ?? {})).toEqual(
        EVENT,
      );
    }
    const other = new Webhook(`whsec_${Buffer.alloc(32, 'other').toString('base64')}`);
    expect(() => other.verify(hits[0]?.body ?? '', hits[0]?.headers ?? {})).toThrow();
  });

  test('of a source without a secret waits for one', async () => {
    const failure = await failureOf(post(`http://127.0.0.1:${port}/`, { ...LOCAL, secrets: [] }));
    expect(failure.nonRetryable).toBe(false);
    expect(failure.message).toContain('npx baton secrets rotate crm');
    expect(hits).toEqual([]);
  });
});

describe('what a receiver answers', () => {
  test.each([
    [200, undefined],
    [202, undefined],
    [301, 'retried'],
    [302, 'retried'],
    [307, 'retried'],
    [400, 'retried'],
    [401, 'retried'],
    [404, 'retried'],
    [410, 'given up'],
    [429, 'retried'],
    [500, 'retried'],
    [503, 'retried'],
  ])('%i: %s', async (status, expected) => {
    answer = { status, headers: { Location: `http://127.0.0.1:${port}/elsewhere` } };
    const run = post(`http://127.0.0.1:${port}/`, LOCAL);
    if (expected === undefined) expect((await run).status).toBe(status);
    else {
      const failure = await failureOf(run);
      expect(failure.nonRetryable).toBe(expected === 'given up');
      expect(failure.message).toContain(String(status));
    }
    // Redirects are not followed.
    expect(hits).toHaveLength(1);
  });

  test.each([
    ['120', 120_000],
    ['999999', 3_600_000],
    ['soon', undefined],
  ])('Retry-After: %s is kept, an hour at most', async (header, pauseMs) => {
    answer = { status: 503, headers: { 'Retry-After': header } };
    const failure = await failureOf(post(`http://127.0.0.1:${port}/`, LOCAL));
    expect(failure).toHaveProperty('nextRetryDelay', pauseMs);
  });

  test('nobody listens: it is tried again, and nothing of the address is told', async () => {
    const failure = await failureOf(post('http://127.0.0.1:1/secret-token', LOCAL));
    expect(failure.nonRetryable).toBe(false);
    expect(failure.message).toBe('the receiver could not be reached (ECONNREFUSED)');
  });
});

/** Ways of writing an address that is not for strangers; each would reach the server here, or a cloud's metadata. */
const INSIDE = [
  'http://127.0.0.1',
  'http://127.1',
  'http://127.0.1',
  'http://0x7f.0.0.1',
  'http://0x7f000001',
  'http://2130706433',
  'http://017700000001',
  'http://0177.0.0.1',
  'http://0177.0.0.01',
  'http://127.0.0.1.',
  'http://1２7.0.0.1',
  'http://①②⑦.0.0.1',
  'http://0',
  'http://0.0.0.0',
  'http://[::1]',
  'http://[::]',
  'http://[0:0:0:0:0:0:0:1]',
  'http://[::ffff:127.0.0.1]',
  'http://[::ffff:7f00:1]',
  'http://[::127.0.0.1]',
  'http://[64:ff9b::7f00:1]',
  'http://[2002:7f00:1::]',
  'http://[fe80::1]',
  'http://[fc00::1]',
  'http://[fd00:ec2::254]',
  'http://10.0.0.1',
  'http://172.16.0.1',
  'http://192.168.1.1',
  'http://100.64.0.1',
  'http://100.100.100.200',
  'http://169.254.169.254',
  'http://[::ffff:169.254.169.254]',
  'http://2852039166',
  'http://0xa9fea9fe',
  'http://0251.0376.0251.0376',
  'http://192.0.0.192',
  'http://198.18.0.1',
  'http://224.0.0.1',
  'http://255.255.255.255',
  'http://240.0.0.1',
] as const;

describe('R25: an address that is not on the public internet', () => {
  test.each(INSIDE)('%s is refused at submission and again when it is sent', async (base) => {
    const url = `${base}:${port}/`;
    expect(isForbiddenAddress(url, [])).toBe(true);
    const failure = await failureOf(post(url));
    expect([failure.type, failure.nonRetryable]).toEqual(['Permanent', true]);
    expect(hits).toEqual([]);
  });

  test.each(['localhost', 'LOCALHOST', 'localhost.', 'sub.localhost'])(
    'the name %s is refused',
    async (name) => {
      expect(isForbiddenAddress(`http://${name}:${port}/`, [])).toBe(true);
      await failureOf(post(`http://${name}:${port}/`, { addresses: ['127.0.0.1'] }));
      expect(hits).toEqual([]);
    },
  );

  test.each([
    '127.0.0.1',
    '::1',
    '169.254.169.254',
    '10.1.2.3',
    '::ffff:127.0.0.1',
    'fd00:ec2::254',
  ])('a name that resolves to %s is refused', async (address) => {
    const failure = await failureOf(
      post(`http://hooks.example:${port}/`, { addresses: [address] }),
    );
    expect(failure.type).toBe('Permanent');
    expect(hits).toEqual([]);
  });

  test('a name that changes its mind is asked once for both the check and the connection', async () => {
    // The first look is harmless, the second is this machine: a check of its own would be fooled by that.
    const failure = await failureOf(
      post(`http://rebind.example:${port}/`, { addresses: ['192.0.2.1', '127.0.0.1'] }),
    );
    expect(failure.type).toBe('Permanent');
    const second = await failureOf(
      post(`http://rebind.example:${port}/`, { addresses: ['127.0.0.1', '203.0.113.9'] }),
    );
    expect(second.type).toBe('Permanent');
    expect(hits).toEqual([]);
  });

  test('a redirect to one is not followed', async () => {
    answer = { status: 302, headers: { Location: 'http://169.254.169.254/latest/meta-data' } };
    const failure = await failureOf(post(`http://127.0.0.1:${port}/`, LOCAL));
    expect(failure.message).toBe('the receiver answered 302: redirects are not followed');
    expect(hits).toHaveLength(1);
  });

  test('is taken where the source may use it, and only there', async () => {
    await post(`http://127.0.0.1:${port}/`, { allow: ['127.0.0.1/32'] });
    expect(hits).toHaveLength(1);
    await failureOf(post(`http://127.0.0.2:${port}/`, { allow: ['127.0.0.1/32'] }));
    await failureOf(post(`http://[::1]:${port}/`, { allow: ['127.0.0.1/32'] }));
    expect(hits).toHaveLength(1);
  });

  test('public ones are not among them', () => {
    for (const url of [
      'https://crm.example/hook',
      'https://93.184.216.34/',
      'https://[2606:4700::1111]/',
    ]) {
      expect(isForbiddenAddress(url, [])).toBe(false);
    }
  });
});
