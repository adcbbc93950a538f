import { randomBytes } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeKey } from '../../src/sources/keys.ts';
import type { Sources } from '../../src/sources/sources.ts';
import { sourcesSchema } from '../../src/sources/sources.ts';
import { createCodec } from '../../src/temporal/codec.ts';
import { ALONE_KEY, startApiAlone, type LonelyApi } from '../support/api-alone.ts';
import { TEST_FILES } from '../support/baton.ts';

const UI = 'http://temporal.example:8080';
const CODEC = createCodec([{ id: 'k1', key: randomBytes(32) }]);
const ENGINEER = makeKey(['decode'], { now: 0 });

let sources: Sources;
let api: LonelyApi;
beforeAll(async () => {
  sources = sourcesSchema.parse({ ops: { keys: [ENGINEER.kept] } });
  const connection = Connection.lazy({ address: '127.0.0.1:1' });
  api = await startApiAlone(TEST_FILES, {
    client: new Client({ connection, dataConverter: { payloadCodecs: [CODEC] } }),
    sources: () => sources,
    temporalUiUrl: UI,
  });
});
afterAll(async () => {
  await api.stop();
});

const LEAD = defaultPayloadConverter.toPayload({ name: 'Maria Lopez' });

function toJson({ metadata, data }: Payload) {
  const fields = Object.entries(metadata ?? {}).map(([name, bytes]) => [
    name,
    Buffer.from(bytes).toString('base64'),
  ]);
  return {
    metadata: Object.fromEntries(fields) as Record<string, string>,
    data: Buffer.from(data ?? []).toString('base64'),
  };
}

async function encrypted() {
  const [payload] = await CODEC.encode([LEAD], {
    type: 'workflow',
    namespace: 'default',
    workflowId: 'hof_1',
  });
  return toJson(payload ?? {});
}

function ask(way: string, payloads: unknown, headers: Record<string, string>): Promise<Response> {
  return fetch(`${api.url}/codec/${way}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-Namespace': 'default', ...headers },
    body: JSON.stringify({ payloads }),
  });
}
const asEngineer = { Authorization: `Bearer ${ENGINEER.key}` };

describe('the codec server', () => {
  test('decodes as the Temporal UI asks, with or without the namespace, and leaves alone what it cannot read', async () => {
    const changed = { ...(await encrypted()), data: Buffer.from('nonsense').toString('base64') };
    const payloads = [await encrypted(), toJson(LEAD), changed];
    for (const way of ['decode', 'default/decode']) {
      const response = await ask(way, payloads, asEngineer);
      expect(response.status).toBe(200);
      expect(await response.json()).toEqual({ payloads: [toJson(LEAD), toJson(LEAD), changed] });
    }
  });

  test('encodes what it then decodes', async () => {
    const { payloads } = (await (await ask('encode', [toJson(LEAD)], asEngineer)).json()) as {
      payloads: unknown[];
    };
    expect(JSON.stringify(payloads)).not.toContain(toJson(LEAD).data);
    const back = await ask('decode', payloads, asEngineer);
    expect(await back.json()).toEqual({ payloads: [toJson(LEAD)] });
  });

  test('reads nothing for whoever has no key, or one without the scope', async () => {
    const payloads = [await encrypted()];
    for (const [headers, status] of [
      [{}, 401],
      [{ Authorization: 'Bearer wrong' }, 401],
      [{ Cookie: 'baton-codec=0.9999999999.x' }, 401],
      [{ Authorization: `Bearer ${ALONE_KEY}` }, 403],
    ] as const) {
      const response = await ask('decode', payloads, headers);
      expect(response.status).toBe(status);
      expect(await response.text()).not.toContain(toJson(LEAD).data);
    }
  });

  test('what is no list of payloads is refused', async () => {
    for (const payloads of ['x', [1], [{ data: '%%%' }], [{ metadata: { encoding: 5 } }]]) {
      expect((await ask('decode', payloads, asEngineer)).status).toBe(400);
    }
  });

  test("lets only the UI's pages ask from a browser", async () => {
    const preflight = (origin: string) =>
      fetch(`${api.url}/codec/decode`, { method: 'OPTIONS', headers: { Origin: origin } });
    const { status, headers } = await preflight(UI);
    expect(status).toBe(204);
    expect(headers.get('Access-Control-Allow-Origin')).toBe(UI);
    expect(headers.get('Access-Control-Allow-Credentials')).toBe('true');
    expect(headers.get('Access-Control-Allow-Headers')).toContain('X-Namespace');
    for (const origin of ['http://evil.example', `${UI}.evil.example`, 'null']) {
      const other = await preflight(origin);
      expect(other.headers.get('Access-Control-Allow-Origin')).toBeNull();
    }
  });
});

describe('a browser', () => {
  const signIn = (key: string) =>
    fetch(`${api.url}/codec/sign-in`, {
      method: 'POST',
      redirect: 'manual',
      body: new URLSearchParams({ key }),
    });

  test('signs in with a key, reads with a pass for twelve hours, and no longer once the key is revoked', async () => {
    const response = await signIn(ENGINEER.key);
    expect(response.status).toBe(303);
    expect(response.headers.get('Location')).toBe(UI);
    const cookie = response.headers.get('Set-Cookie') ?? '';
    expect(cookie).toMatch(/Max-Age=43200; Path=\/codec;.*HttpOnly; SameSite=Strict/);
    expect(cookie).not.toContain(ENGINEER.key);

    const withPass = { Cookie: cookie.split(';')[0] ?? '', Origin: UI };
    const payloads = [await encrypted()];
    const read = await ask('decode', payloads, withPass);
    expect(await read.json()).toEqual({ payloads: [toJson(LEAD)] });

    const before = sources;
    sources = sourcesSchema.parse({ ops: { keys: [] } });
    expect((await ask('decode', payloads, withPass)).status).toBe(401);
    sources = before;
  });

  test('gets no pass for another key', async () => {
    for (const key of ['', 'wrong', ALONE_KEY]) {
      const response = await signIn(key);
      expect(response.status).toBe(403);
      expect(response.headers.get('Set-Cookie')).toBeNull();
      expect(await response.text()).toContain('lacks the scope');
    }
  });
});
