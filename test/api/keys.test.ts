import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeApi } from '../../src/api/openapi.ts';
import { makeKey } from '../../src/sources/keys.ts';
import { SCOPES, type Scope } from '../../src/sources/scopes.ts';
import { TEST_FILES } from '../support/baton.ts';
import { startApiAlone, type LonelyApi } from '../support/api-alone.ts';

const keys = Object.fromEntries(
  SCOPES.map((scope) => [scope, makeKey([scope], { now: 0 })]),
) as Record<Scope, ReturnType<typeof makeKey>>;

let api: LonelyApi;
beforeAll(async () => {
  api = await startApiAlone(TEST_FILES, {
    sources: () => ({
      crm: {
        keys: Object.values(keys).map(({ kept }) => kept),
        callbacks: { secrets: [], allow: [] },
      },
    }),
  });
});
afterAll(async () => {
  await api.stop();
});

const { paths } = describeApi() as {
  paths: Record<string, Record<string, { description?: string }>>;
};
const operations = Object.entries(paths)
  .filter(([path]) => path.startsWith('/v1/'))
  .flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { description = '' }]) => ({
      name: `${method.toUpperCase()} ${path}`,
      method: method.toUpperCase(),
      // An id that none has: what needs Temporal would be 503 here.
      url: path.replace(/\{\w+\}/g, 'none'),
      scope: (/`([\w:]+)`/.exec(description)?.[1] ?? '') as Scope,
    })),
  );

async function call(method: string, url: string, key: string): Promise<number> {
  const response = await fetch(`${api.url}${url}`, {
    method,
    headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' },
    ...(method !== 'GET' && { body: '{"text":1,"limit":"x"}' }),
  });
  return response.status;
}

describe('a key', () => {
  test.each(operations)('for $name needs $scope', async ({ method, url, scope }) => {
    const target = method === 'GET' ? `${url}?limit=none` : url;
    for (const other of SCOPES) {
      const status = await call(method, target, keys[other].key);
      const isAllowed = other === scope || other === 'admin';
      expect([other, status === 403]).toEqual([other, !isAllowed]);
    }
  });

  test('of a GET may be a password; of anything else it may not', async () => {
    const { key } = keys['handoffs:read'];
    const basic = { Authorization: `Basic ${Buffer.from(`any:${key}`).toString('base64')}` };
    expect((await fetch(`${api.url}/v1/policies`, { headers: basic })).status).toBe(200);
    const written = await fetch(`${api.url}/v1/handoffs`, { method: 'POST', headers: basic });
    expect(written.status).toBe(401);
  });
});

describe('limits', () => {
  test('a key that asks too often is told when to come again, another key is not', async () => {
    const [one, two] = [makeKey(['handoffs:read'], { now: 0 }), makeKey(['admin'], { now: 0 })];
    const slow = await startApiAlone(TEST_FILES, {
      sources: () => ({
        crm: { keys: [one.kept, two.kept], callbacks: { secrets: [], allow: [] } },
      }),
      limits: { perMinute: 3, inFlight: 100, submissions: false },
    });
    const ask = (key: string) =>
      fetch(`${slow.url}/v1/policies`, { headers: { Authorization: `Bearer ${key}` } });
    const statuses: number[] = [];
    for (let count = 0; count < 4; count += 1) statuses.push((await ask(one.key)).status);
    const refused = await ask(one.key);

    expect(statuses).toEqual([200, 200, 200, 429]);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(refused.headers.get('ratelimit')).toMatch(/r=0/);
    expect(refused.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect((await ask(two.key)).status).toBe(200);
    await slow.stop();
  });

  test('more requests at once than are worked on are asked to come again', async () => {
    const small = await startApiAlone(TEST_FILES, {
      limits: { perMinute: 1_000, inFlight: 2, submissions: false },
    });
    // Temporal is out of reach: these wait for it.
    const list = () =>
      fetch(`${small.url}/v1/handoffs`, {
        headers: { Authorization: 'Bearer alone-key-0123456789' },
      });
    const answers = await Promise.all([list(), list(), list()]);
    const bodies = await Promise.all(answers.map((answer) => answer.text()));

    expect(answers.map(({ status }) => status)).toEqual([503, 503, 503]);
    expect(
      bodies.filter((body) => body.includes('Too many requests are being worked on')),
    ).toHaveLength(1);
    expect(answers.every(({ headers }) => headers.get('retry-after') === '5')).toBe(true);
    await small.stop();
  });
});
