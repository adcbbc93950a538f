import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Coverage } from '../../src/domain/coverage.ts';
import { ALONE_KEY, startApiAlone, type LonelyApi } from '../support/api-alone.ts';

// Somebody with a name that HTML must not take for its own, asleep for 20 hours a day.
const DIRECTORY = `organisation:
  timezone: America/New_York
responders:
  alice:
    name: Alice <b>Ng</b>
    phone: '+15005550010'
    quietHours: [{ from: '04:00', to: '24:00' }]
`;
const POLICIES = `sales:
  lastResort: { notify: [alice] }
  urgent:
    tiers: [{ notify: [alice], ladder: [sms], escalateAfter: 5m }]
  routine:
    tiers: [{ notify: [alice], ladder: [sms], escalateAfter: 4h }]
support:
  lastResort: { notify: [alice] }
  critical:
    tiers: [{ notify: [alice], ladder: [sms], escalateAfter: 5m }]
`;

let folder: string;
let api: LonelyApi;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'baton-'));
  const files = {
    directory: join(folder, 'directory.yaml'),
    policies: join(folder, 'policies.yaml'),
  };
  writeFileSync(files.directory, DIRECTORY);
  writeFileSync(files.policies, POLICIES);
  api = await startApiAlone(files);
});
afterAll(async () => {
  await api.stop();
  rmSync(folder, { recursive: true });
});

const BEARER = { Authorization: `Bearer ${ALONE_KEY}` };
const basic = (user: string, password: string) => ({
  Authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
});

async function get(path: string, headers: Record<string, string> = BEARER) {
  const response = await fetch(`${api.url}${path}`, { headers });
  const text = await response.text();
  const isJson = /json/.test(response.headers.get('content-type') ?? '');
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: (isJson ? JSON.parse(text) : undefined) as unknown,
  };
}

test('lists the policies with their urgencies', async () => {
  const { status, body } = await get('/v1/policies');
  expect(status).toBe(200);
  expect(body).toEqual({
    policies: [
      {
        name: 'sales',
        urgencies: ['urgent', 'routine'],
        links: { coverage: '/v1/policies/sales/coverage' },
      },
      {
        name: 'support',
        urgencies: ['critical'],
        links: { coverage: '/v1/policies/support/coverage' },
      },
    ],
  });
});

test('lists whom a program may name, and nothing by which they can be reached', async () => {
  const { status, body, text } = await get('/v1/directory');
  expect(status).toBe(200);
  const { responders } = body as { responders: { id: string; name: string; timezone: string }[] };
  expect(responders).toContainEqual({
    id: 'alice',
    name: expect.any(String) as unknown,
    timezone: expect.any(String) as unknown,
  });
  expect(text).not.toMatch(/\+\d{7}|@/);
});

describe('coverage', () => {
  test('tells each hour of the coming week, and the gaps, also without Temporal', async () => {
    const { status, body } = await get('/v1/policies/sales/coverage');
    const coverage = body as Coverage;
    expect(status).toBe(200);
    expect(coverage).toMatchObject({ policy: 'sales', timezone: 'America/New_York' });
    expect(coverage.urgencies.map(({ urgency, hours }) => [urgency, hours.length])).toEqual([
      ['urgent', 168],
      ['routine', 168],
    ]);
    expect(coverage.gaps.length).toBeGreaterThanOrEqual(7);
    expect(new Set(coverage.gaps.map(({ urgency }) => urgency))).toEqual(new Set(['urgent']));
  });

  test('of one urgency, fewer hours and another limit', async () => {
    const { body } = await get('/v1/policies/sales/coverage?urgency=urgent&hours=24&within=PT20H');
    const coverage = body as Coverage;
    expect(coverage.urgencies).toHaveLength(1);
    expect(coverage.urgencies[0]).toMatchObject({ urgency: 'urgent', withinMs: 20 * 3_600_000 });
    expect(coverage.urgencies[0]?.hours).toHaveLength(24);
    expect(coverage.gaps).toEqual([]);
  });

  test('of an unknown policy is a 404, whatever its name', async () => {
    for (const name of ['nowhere', 'constructor', '__proto__']) {
      const { status, body } = await get(`/v1/policies/${name}/coverage`);
      expect(status, name).toBe(404);
      expect(body).toMatchObject({ detail: expect.stringContaining('sales, support') as string });
    }
  });

  test('with a query that has faults is a 422 with all of them', async () => {
    const { status, body } = await get(
      '/v1/policies/sales/coverage?urgency=critical&hours=337&within=soon&extra=1',
    );
    expect(status).toBe(422);
    const { errors } = body as { errors: { pointer: string; detail: string }[] };
    expect(errors.map(({ pointer }) => pointer).sort()).toEqual([
      '',
      '/hours',
      '/urgency',
      '/within',
    ]);
    expect(errors).toContainEqual({
      pointer: '/urgency',
      detail: 'policy sales has rules for urgent, routine',
    });
  });
});

describe('the page', () => {
  test('is what a browser gets, and names are text in it', async () => {
    const { headers, text } = await get('/v1/policies/sales/coverage', {
      ...BEARER,
      Accept: 'text/html,application/xhtml+xml,*/*;q=0.8',
    });
    expect(headers.get('content-type')).toContain('text/html');
    expect(headers.get('vary')).toContain('Accept');
    expect(text).toContain('Alice &lt;b&gt;Ng&lt;/b&gt; by sms');
    expect(text).not.toContain('<b>Ng</b>');
    expect(text.match(/<table>/g)).toHaveLength(2);
  });

  test('needs nothing that the security policy forbids', async () => {
    const { headers, text } = await get('/v1/policies/support/coverage', {
      ...BEARER,
      Accept: 'text/html',
    });
    expect(headers.get('content-security-policy')).toContain("script-src 'self'");
    expect(text).not.toMatch(/<script|\son\w+=|https?:/);
    expect(text).toContain('<h2>No gaps</h2>');
  });
});

describe('the key', () => {
  test('may be the password of HTTP Basic, with any user name', async () => {
    for (const user of ['', 'me', 'a b']) {
      expect((await get('/v1/policies', basic(user, ALONE_KEY))).status).toBe(200);
    }
  });

  test.each<[string, Record<string, string>]>([
    ['none', {}],
    ['a wrong password', basic('me', 'wrong-key-0123456789')],
    ['the key as the user name', basic(ALONE_KEY, '')],
    ['no colon', { Authorization: `Basic ${Buffer.from(ALONE_KEY).toString('base64')}` }],
    ['not Base64', { Authorization: 'Basic ***' }],
    ['another scheme', { Authorization: `Digest ${ALONE_KEY}` }],
  ])('%s is a 401 that says how', async (_, authorization) => {
    const { status, headers } = await get('/v1/policies', authorization);
    expect(status).toBe(401);
    expect(headers.get('www-authenticate')).toBe('Bearer, Basic realm="Baton", charset="UTF-8"');
  });

  test('is no password for what changes something', async () => {
    for (const [method, path] of [
      ['POST', '/v1/handoffs'],
      ['POST', '/v1/handoffs/preview'],
      ['PUT', '/v1/responders/alice/away'],
      ['DELETE', '/v1/responders/alice/away'],
    ] as const) {
      const response = await fetch(`${api.url}${path}`, {
        method,
        headers: basic('me', ALONE_KEY),
      });
      expect(response.status, `${method} ${path}`).toBe(401);
      expect(response.headers.get('www-authenticate')).toBe('Bearer');
    }
  });
});
