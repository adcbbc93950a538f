import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { BatonProblem, BatonUnreachableError, type BatonClient } from 'baton/client';
import { Webhook } from 'standardwebhooks';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createApp } from '../src/app.ts';
import { openDesk, type Desk } from '../src/desk.ts';
import { importCsv, InvalidCsvError } from '../src/import.ts';
import type { Model } from '../src/model.ts';
import { retrain } from '../src/retrain.ts';
import { createScoring, type Scoring } from '../src/scoring.ts';
import { openStore, type Store } from '../src/store.ts';
import { invent, trainModel } from './invented.ts';

const SECRET = `whsec_${Buffer.alloc(32, 'leads').toString('base64')}`;
const KEY = 'write-key';
const HOT = {
  identify: {
    userId: 'maria',
    traits: {
      name: 'Maria Lopez',
      email: 'maria@acme.example',
      phone: '+15125550147',
      title: 'CEO',
      company: { name: 'Acme Corp', employees: 400 },
    },
  },
  demo: { userId: 'maria', event: 'Demo Requested', properties: { seats: 40 } },
  pricing: { userId: 'maria', event: 'Page Viewed', properties: { path: '/pricing' } },
};

let model: Model;
let store: Store;
let server: Server;
let url: string;
let desk: Desk;
let scoring: Scoring;
let told: { kind: 'submit' | 'amend'; body: unknown }[];
let submit: () => Promise<{ id: string }>;
let lines: string[];

beforeAll(() => {
  model = trainModel(invent({ count: 4_000 }));
});
beforeEach(async () => {
  store = openStore(':memory:');
  store.addModel(model);
  [told, lines] = [[], []];
  submit = () => Promise.resolve({ id: 'hof_1' });
  start();
  server = createServer(
    createApp({ store, scoring, desk, secrets: [SECRET], writeKey: KEY, isDemo: true }),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  await desk.stop();
  server.closeAllConnections();
  server.close();
  store.close();
});

function start(): void {
  const baton = {
    async submit(body: unknown) {
      const accepted = await submit();
      told.push({ kind: 'submit', body });
      return accepted;
    },
    amend(_id: string, body: unknown) {
      told.push({ kind: 'amend', body });
      return Promise.resolve({});
    },
    get: () => Promise.reject(new BatonProblem(404, {})),
  } as unknown as Pick<BatonClient, 'submit' | 'amend' | 'get'>;
  desk = openDesk({ store, baton, log: (line) => lines.push(line) });
  scoring = createScoring({
    ...{
      store,
      policy: 'leads',
      callbackUrl: 'http://x.example/hooks/baton',
      hours: '09:00-18:00',
    },
    ...{ urgentFrom: 0.75, routineFrom: 0.45, explore: 0 },
    ...{ timezone: 'America/New_York', country: 'US' },
    onErrand: () => {
      desk.wake();
    },
  });
}

async function post(path: string, body: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(`${url}${path}`, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      Authorization: `Basic ${Buffer.from(`${KEY}:`).toString('base64')}`,
      ...headers,
    },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const text = await response.text();
  return {
    status: response.status,
    body: text.startsWith('{') ? (JSON.parse(text) as unknown) : text,
  };
}

async function makeHot(): Promise<string> {
  await post('/v1/identify', HOT.identify);
  await post('/v1/batch', {
    batch: [
      ...[1, 2, 3].map(() => ({ ...HOT.pricing, type: 'track', messageId: crypto.randomUUID() })),
      { ...HOT.demo, type: 'track' },
    ],
  });
  await expect.poll(() => store.handoffsOf('maria')[0]?.status).toBe('open');
  return store.handoffsOf('maria')[0]?.externalId ?? '';
}

describe('events', () => {
  test('of Segment are taken, scored and handed off once', async () => {
    expect(await post('/v1/track', HOT.pricing)).toEqual({ status: 200, body: { success: true } });
    const externalId = await makeHot();
    await post('/v1/track', HOT.pricing);
    expect(told.filter(({ kind }) => kind === 'submit')).toHaveLength(1);
    expect(told[0]?.body).toMatchObject({
      externalId,
      policy: 'leads',
      action: { do: 'Call Maria Lopez' },
    });
  });

  test('that come twice count once', async () => {
    const message = { ...HOT.pricing, messageId: 'm-1' };
    await post('/v1/track', message);
    await post('/v1/track', { ...message, properties: { path: '/docs' } });
    await post('/v1/batch', { batch: [{ ...message, type: 'track' }] });
    expect(store.eventsOf('maria').map(({ data }) => data)).toEqual([{ path: '/pricing' }]);
  });

  test('of somebody who was anonymous are theirs once they say who they are', async () => {
    await post('/v1/track', { anonymousId: 'anon-1', event: 'Demo Requested' });
    await post('/v1/identify', { ...HOT.identify, anonymousId: 'anon-1' });
    await post('/v1/track', { anonymousId: 'anon-1', event: 'Trial Started' });
    expect(
      store
        .eventsOf('maria')
        .map(({ name }) => name)
        .sort(),
    ).toEqual(['', 'Demo Requested', 'Trial Started']);
    expect(store.latestLeads(9).map(({ id }) => id)).toEqual(['maria']);
  });

  test.each([
    ['/v1/track', { event: 'Demo Requested' }, /userId or anonymousId is needed/],
    ['/v1/track', { userId: 'a' }, /event: /],
    ['/v1/track', { userId: 'a', event: 'x', timestamp: 'yesterday' }, /timestamp: /],
    ['/v1/identify', { userId: 'a', traits: 'tall' }, /traits: /],
    ['/v1/batch', { batch: [] }, /batch: /],
    ['/v1/batch', { batch: [{ type: 'page', userId: 'a' }] }, /batch\.0\.type: /],
    ['/v1/track', 'no json', /not JSON/],
  ])('to %s with a fault are refused with it: %j', async (path, body, fault) => {
    const answer = await post(path, body);
    expect(answer.status).toBe(400);
    expect(JSON.stringify(answer.body)).toMatch(fault);
    expect(store.countEvents()).toBe(0);
  });

  test.each([
    { Authorization: '' },
    { Authorization: 'Basic d3Jvbmc6' },
    { Authorization: `Bearer ${KEY}` },
  ])('without the write key are refused: %j', async (headers) => {
    expect((await post('/v1/track', HOT.demo, headers)).status).toBe(401);
    expect(store.countEvents()).toBe(0);
  });

  test('that say a warm lead became hot amend the handoff', async () => {
    await post('/v1/identify', { ...HOT.identify, traits: { ...HOT.identify.traits, title: '' } });
    for (let tries = 0; store.handoffsOf('maria').length === 0 && tries < 5; tries += 1)
      await post('/v1/track', { ...HOT.pricing, messageId: `p${tries}` });
    expect(store.handoffsOf('maria')[0]?.urgency).toBe('routine');
    await expect.poll(() => told.length).toBe(1);
    await makeHot();
    await expect.poll(() => told.map(({ kind }) => kind)).toEqual(['submit', 'amend']);
    expect(store.handoffsOf('maria')).toHaveLength(1);
  });
});

describe('outcomes', () => {
  function callBack(externalId: string, data: object, type = 'handoff.resolved') {
    const at = new Date(Date.now() + 5_000).toISOString();
    const body = JSON.stringify({
      type,
      timestamp: at,
      data: { externalId, status: 'resolved', ...data },
    });
    const now = new Date();
    return {
      body,
      headers: {
        'webhook-id': 'msg_1',
        'webhook-timestamp': String(Math.floor(now.getTime() / 1_000)),
        'webhook-signature': new Webhook(SECRET).sign('msg_1', now, body),
      },
    };
  }

  test('that are signed become labels, once', async () => {
    const externalId = await makeHot();
    const { body, headers } = callBack(externalId, { outcome: 'bad-lead' });
    expect((await post('/hooks/baton', body, headers)).status).toBe(204);
    expect((await post('/hooks/baton', body, headers)).status).toBe(204);
    const other = callBack(externalId, { outcome: 'reached' });
    await post('/hooks/baton', other.body, other.headers);
    const [label, ...rest] = store.labels();
    expect(rest).toEqual([]);
    expect(label).toMatchObject({
      lead: 'maria',
      outcome: 'bad-lead',
      asOf: store.handoffsOf('maria')[0]?.asOf,
    });
  });

  test('of an end without a word that is known teach nothing', async () => {
    const externalId = await makeHot();
    for (const [type, data] of [
      ['handoff.taken', { owner: { name: 'Alice Ng' } }],
      ['handoff.expired', { status: 'expired' }],
    ] as const) {
      const { body, headers } = callBack(externalId, data, type);
      expect((await post('/hooks/baton', body, headers)).status).toBe(204);
    }
    expect(store.handoff(externalId)).toMatchObject({ status: 'closed', news: 'expired' });
    expect(store.labels()).toEqual([]);
  });

  test.each([
    ['unsigned', () => ({})],
    [
      'signed for another body',
      (signed: Record<string, string>) => ({ ...signed, 'webhook-id': 'msg_2' }),
    ],
    ['old', (signed: Record<string, string>) => ({ ...signed, 'webhook-timestamp': '1700000000' })],
  ])('that are %s are refused', async (_how, change) => {
    const externalId = await makeHot();
    const { body, headers } = callBack(externalId, { outcome: 'reached' });
    expect((await post('/hooks/baton', body, change(headers))).status).toBe(401);
    expect(store.handoff(externalId)?.status).toBe('open');
  });
});

describe('when Baton', () => {
  test('cannot be reached, it is told later', async () => {
    let failures = 2;
    submit = () => {
      failures -= 1;
      return failures >= 0
        ? Promise.reject(new BatonUnreachableError(3, new Error('down')))
        : Promise.resolve({ id: 'hof_1' });
    };
    await post('/v1/identify', HOT.identify);
    await post('/v1/track', HOT.demo);
    await expect.poll(() => store.handoffsOf('maria')[0]?.status, { timeout: 10_000 }).toBe('open');
    expect(lines.filter((line) => line.includes('later'))).toHaveLength(2);
  });

  test('refuses, it says so on the page and goes on with the next', async () => {
    submit = () =>
      Promise.reject(
        new BatonProblem(422, { title: 'Invalid', errors: [{ detail: 'no such policy' }] }),
      );
    await post('/v1/identify', HOT.identify);
    await post('/v1/track', HOT.demo);
    await expect
      .poll(() => store.handoffsOf('maria')[0]?.status, { timeout: 10_000 })
      .toBe('refused');
    const page = await (await fetch(url)).text();
    expect(page).toContain('Baton refused it: Invalid: no such policy');
  });
});

test('the page shows what leads call themselves as text', async () => {
  await post('/v1/identify', {
    userId: 'x',
    traits: { name: 'Ann <script>', email: 'a@b.example' },
  });
  const response = await fetch(url);
  const page = await response.text();
  expect(page).toContain('Ann script');
  expect(page).not.toContain('<script');
  expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
});

describe('a CSV', () => {
  const text = (value: unknown): string =>
    typeof value === 'string' || typeof value === 'number' ? String(value) : '';

  const EVENTS = `type,userId,timestamp,event,properties.path,properties.seats,traits.email
track,ann,2026-10-01T10:00:00Z,Page Viewed,/pricing,,
track,ann,2026-10-02T10:00:00Z,Demo Requested,,40,
identify,ann,2026-10-01T09:00:00Z,,,,ann@b.example
`;

  test('with events is history: kept once, and nothing is handed off', () => {
    expect(importCsv(store, EVENTS)).toEqual({ events: 3, outcomes: 0, known: 0 });
    expect(importCsv(store, EVENTS)).toEqual({ events: 0, outcomes: 0, known: 3 });
    expect(store.eventsOf('ann').map(({ receivedAt }) => receivedAt)).toContain(
      '2026-10-02T10:00:00.000Z',
    );
    expect(store.handoffsOf('ann')).toEqual([]);
  });

  test('with outcomes is what a model of one’s own is trained with', () => {
    const fresh = openStore(':memory:');
    const leads = invent({ count: 2_500 });
    const lines = leads.map(({ label }) =>
      [label.lead, label.outcome, label.at, label.asOf].join(),
    );
    const events = leads.flatMap((lead) =>
      lead.events.map(({ type, lead: id, at, name, data }) =>
        [type, id, at, name, text(data['path']), text(data['seats'])].join(),
      ),
    );
    importCsv(
      fresh,
      ['type,userId,timestamp,event,properties.path,properties.seats', ...events].join('\n'),
    );
    const { outcomes } = importCsv(fresh, ['userId,outcome,timestamp,asOf', ...lines].join('\n'));
    expect(outcomes).toBe(2_500);
    expect(retrain(fresh).isBetter).toBe(true);
    expect(retrain(fresh)).toMatchObject({ isBetter: false });
    fresh.close();
  });

  test('with faults is refused whole, with each of them and its line', () => {
    const csv =
      'userId,outcome,timestamp,asOf\nann,won,2026-10-01T10:00:00Z,\nbob,reached,2026-10-01T10:00:00Z,2026-10-02T10:00:00Z\neve,reached,2026-10-01T10:00:00Z,\n';
    expect(() => importCsv(store, csv)).toThrow(InvalidCsvError);
    expect(() => importCsv(store, csv)).toThrow(
      /line 2: outcome: .*\n.*line 3: asOf: must be before/s,
    );
    expect(store.labels()).toEqual([]);
  });
});
