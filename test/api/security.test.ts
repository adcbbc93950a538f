import { Writable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createLogger } from '../../src/logger.ts';
import { ALONE_KEY, startApiAlone, type LonelyApi } from '../support/api-alone.ts';
import { TEST_FILES } from '../support/baton.ts';

let api: LonelyApi;
let lines: string[] = [];
const written = new Writable({
  write(chunk: Buffer, _encoding, done) {
    lines.push(chunk.toString());
    done();
  },
});

beforeAll(async () => {
  api = await startApiAlone(TEST_FILES, { logger: createLogger('api', 'info', written) });
});
afterAll(() => api.stop());
beforeEach(() => {
  lines = [];
});

const call = (path: string, init: RequestInit = {}): Promise<Response> =>
  fetch(`${api.url}${path}`, {
    ...init,
    headers: { Authorization: `Bearer ${ALONE_KEY}`, ...(init.headers as object) },
  });

describe('headers', () => {
  test('answers of the API are kept by nobody on their way', async () => {
    for (const path of ['/v1/policies', '/v1/handoffs/hof_1', '/v1/callbacks?limit=0'])
      expect((await call(path)).headers.get('cache-control')).toBe('no-store');
    expect((await call('/v1/handoffs', { headers: { Authorization: 'Bearer x' } })).status).toBe(
      401,
    );
  });

  test.each(['/healthz', '/v1/policies', '/docs', '/h/nobody', '/nowhere'])(
    '%s says how a browser is to take it, and nothing of what runs here',
    async (path) => {
      const { headers } = await call(path);
      expect(headers.get('content-security-policy')).toMatch(/default-src '(none|self)'/);
      expect(headers.get('content-security-policy')).toMatch(/frame-ancestors '(none|self)'/);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('strict-transport-security')).toMatch(/max-age=\d{8}/);
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('content-type')).toMatch(/charset=utf-8/i);
      expect([headers.get('x-powered-by'), headers.get('server')]).toEqual([null, null]);
    },
  );

  test('no page of another site may ask from a browser', async () => {
    const { headers } = await call('/v1/policies', { headers: { Origin: 'https://evil.example' } });
    expect(headers.get('access-control-allow-origin')).toBeNull();
    const preflight = await call('/v1/handoffs', {
      method: 'OPTIONS',
      headers: { Origin: 'https://evil.example', 'Access-Control-Request-Method': 'POST' },
    });
    expect(preflight.headers.get('access-control-allow-origin')).toBeNull();
  });
});

describe('requests', () => {
  test.each(['text/plain', 'application/x-www-form-urlencoded', 'application/xml'])(
    'a body that calls itself %s is no handoff',
    async (type) => {
      const response = await call('/v1/handoffs', {
        method: 'POST',
        headers: { 'Content-Type': type },
        body: JSON.stringify({ policy: 'slow' }),
      });
      expect([415, 422]).toContain(response.status);
    },
  );

  test('a parameter that comes twice is refused, and not taken for one of both', async () => {
    expect((await call('/v1/handoffs?status=owned&status=resolved')).status).toBe(422);
  });

  test('a key in the address is none', async () => {
    const response = await fetch(
      `${api.url}/v1/handoffs?key=${ALONE_KEY}&access_token=${ALONE_KEY}`,
    );
    expect(response.status).toBe(401);
  });

  test('an error tells nothing of how it came about', async () => {
    const response = await call(`/v1/handoffs/hof_${'0'.repeat(30)}`);
    const text = await response.text();
    expect(response.status).toBe(503);
    expect(text).not.toMatch(/node_modules|at \w+ \(|127\.0\.0\.1|src\//);
  });
});

describe('the log', () => {
  const last = (): Record<string, unknown> =>
    JSON.parse(lines.at(-1) ?? '{}') as Record<string, unknown>;

  test('has whoever was not let in, and by which key', async () => {
    await call('/v1/handoffs', { headers: { Authorization: 'Bearer guessed-key-0123456789' } });
    expect(last()).toMatchObject({
      level: 40,
      req: { method: 'GET', path: '/v1/handoffs' },
      res: { status: 401 },
    });
    await call('/codec/decode', { method: 'POST', body: '{}' });
    expect(last()).toMatchObject({ level: 40 });
    expect(lines.join('')).not.toContain('guessed-key');
  });

  test('has no link: whoever reads it could open the page', async () => {
    const statuses: number[] = [];
    for (let number = 0; number < 30; number += 1)
      statuses.push((await call(`/h/alice.secret-of-a-link-${number}`)).status);
    expect(statuses).toContain(429);
    expect(last()).toMatchObject({ level: 40, req: { path: '/h/…' } });
    expect(lines.join('')).not.toContain('secret-of-a-link');
  });

  test('cannot be written to by what comes in', async () => {
    await call('/v1/handoffs/%0a{"level":60,"msg":"all is lost"}', { method: 'DELETE' });
    await call('/v1/%0d%0aforged', { headers: { Authorization: 'Bearer x%0aforged' } });
    for (const line of lines) expect(() => JSON.parse(line) as unknown).not.toThrow();
    expect(lines.filter((line) => line.startsWith('{"level":60'))).toEqual([]);
  });
});
