import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import twilio from 'twilio';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createApp } from '../../src/api/app.ts';
import { createSendgridSigner } from '../../src/simulator/sendgrid-signature.ts';
import { appDependencies } from '../support/api-alone.ts';
import { startBaton, TEST_ACCOUNT, type Baton } from '../support/baton.ts';
import { startCut, type Cut } from '../support/cut.ts';
import { buildSubmission } from '../support/samples.ts';
import { startTestServer } from '../support/test-server.ts';
import type { TemporalServer } from '../../src/temporal/server.ts';

/*
 * docs/outages.md says what each call of the API is answered while something is away. Here each is made, with a real
 * worker killed and a real Temporal server behind a way that is cut, or that is silent.
 */
const DOCS = readFileSync(new URL('../../docs/outages.md', import.meta.url), 'utf8');

/** A row: what is done, the call, and what is answered without a worker, without Temporal, and with a silent one. */
interface Row {
  readonly what: string;
  readonly routes: readonly string[];
  readonly expected: readonly string[];
}

const rows: readonly Row[] = DOCS.split('\n')
  .filter((line) => /^\| .*`(GET|POST|PUT|DELETE) /.test(line))
  .map((line) => {
    const [what = '', calls = '', ...expected] = line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
    return { what, routes: calls.split(', ').map((call) => call.replaceAll('`', '')), expected };
  });

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly retryAfter: string | null;
}

const signer = createSendgridSigner();
let temporal: TemporalServer;
let way: Cut;
let baton: Baton;
let id: string;
let link: string;
let nonce: string;
let mailbox: string;
let withdrawal: string;
/** Once per state: what was said first must not be what is answered the second time. */
let round = 0;

beforeAll(async () => {
  temporal = await startTestServer();
  way = await startCut(temporal.address);
  baton = await startBaton({
    temporal,
    env: {
      TEMPORAL_ADDRESS: way.address,
      SENDGRID_EVENTS_KEY: signer.publicKey,
      SENDGRID_INBOUND_KEY: signer.publicKey,
    },
  });
  ({ id } = await baton.submit(buildSubmission({ policy: 'team' })));
  const sms = await baton.phone('alice').expectSms(/^URGENT/);
  link = new URL(/https?:\S+$/.exec(sms.body)?.[0] ?? '').pathname;
  nonce =
    /name="nonce" value="([^"]+)"/.exec(await (await fetch(baton.url + link)).text())?.[1] ?? '';
  const routine = await baton.submit(buildSubmission({ policy: 'list', urgency: 'routine' }));
  const email = await baton.phone('carol').expectEmail(/./);
  mailbox = email.replyTo ?? '';
  await baton.call('POST', `/v1/handoffs/${routine.id}/withdraw`, {});
  const { body } = await baton.call('POST', '/v1/handoffs/withdrawals', { policy: 'broken-phone' });
  withdrawal = (body as { id: string }).id;
  baton.phones.ignoreUnread();
});
afterAll(async () => {
  await baton.stop();
  await way.close();
  await temporal.stop();
});

async function send(path: string, init: RequestInit = {}): Promise<Answer> {
  const asked = new AbortController();
  const response = await fetch(baton.url + path, {
    redirect: 'manual',
    signal: asked.signal,
    ...init,
  });
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') ?? false;
  const body = isStream ? '' : await response.text();
  if (isStream) asked.abort();
  return { status: response.status, body, retryAfter: response.headers.get('retry-after') };
}

function call(method: string, path: string, body?: unknown): Promise<Answer> {
  return send(path, {
    method,
    headers: { Authorization: `Bearer ${TEST_ACCOUNT.apiKey}`, 'Content-Type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
}

function fromTwilio(path: string, form: Readonly<Record<string, string>>): Promise<Answer> {
  const signature = twilio.getExpectedTwilioSignature(
    TEST_ACCOUNT.authToken,
    baton.url + path,
    form,
  );
  return send(path, {
    method: 'POST',
    headers: { 'X-Twilio-Signature': signature },
    body: new URLSearchParams(form),
  });
}

let messages = 0;
function text(from: string, Body: string): Promise<Answer> {
  messages += 1;
  const MessageSid = `SM${String(messages).padStart(32, '0')}`;
  return fromTwilio('/webhooks/twilio/sms', { MessageSid, From: from, Body });
}

async function fromSendgrid(path: string, body: string | FormData, type?: string): Promise<Answer> {
  const encoded = new Response(body);
  const bytes = new Uint8Array(await encoded.arrayBuffer());
  const contentType = type ?? encoded.headers.get('content-type') ?? '';
  return send(path, {
    method: 'POST',
    headers: { 'Content-Type': contentType, ...signer.sign(bytes) },
    body: bytes,
  });
}

function answerByEmail(): Promise<Answer> {
  const form = new FormData();
  form.set('headers', `Message-ID: <${round}@example.com>\nFrom: carol@example.com`);
  form.set('envelope', JSON.stringify({ to: [mailbox], from: 'carol@example.com' }));
  form.set('from', 'carol@example.com');
  form.set('text', '?');
  return fromSendgrid('/webhooks/sendgrid/inbound', form);
}

const [ALICE, BOB] = ['+15005550010', '+15005550011'];
const about = () => new URLSearchParams({ h: id, n: 'nobody', r: 'alice' }).toString();
/** Each time another call: what came of a key is remembered for its call. */
const callSid = () => `CA${String(round).padStart(32, '0')}`;

/**
 * Presses a key, and asks again after _One moment_ as Twilio does, until something else is said or, as while Temporal is
 * away, it has been said for so long that nothing else is to be expected.
 */
async function pressKey(): Promise<Answer> {
  const call = { CallSid: callSid() };
  let answer = await fromTwilio(`/webhooks/twilio/voice?${about()}&s=menu`, {
    ...call,
    Digits: '3',
  });
  let last = answer;
  for (let asked = 0; asked < 2; asked += 1) {
    const [, url] = /<Redirect[^>]*>([^<#]+)/.exec(last.body) ?? [];
    if (url === undefined) break;
    await delay(2_000);
    last = await fromTwilio(url.replaceAll('&amp;', '&').replace(baton.url, ''), call);
    // While it is tried the caller hears nothing more.
    if (/<Say/.test(last.body)) answer = last;
  }
  return answer;
}

/** How each row is done. */
const DOINGS: Readonly<Record<string, () => Promise<Answer>>> = {
  'texts a key': () => text(ALICE, 'note: calling'),
  'texts `away`': () => text(BOB, 'away 3d'),
  'texts `back`': () => text(BOB, 'back'),
  'texts `STOP`': () => text(BOB, 'STOP'),
  'presses a key in a call': pressKey,
  'a call ends': () =>
    fromTwilio(`/webhooks/twilio/voice/status?${about()}`, {
      CallSid: callSid(),
      CallStatus: 'no-answer',
    }),
  'answers an email': answerByEmail,
  'opens a page': () => send(link),
  'reads its notes': () => send(`${link}/notes`),
  'presses a button': () =>
    send(link, {
      method: 'POST',
      headers: { Origin: baton.url },
      body: new URLSearchParams({ do: 'snooze:15', nonce }),
    }),
  'hands off': () => call('POST', '/v1/handoffs', buildSubmission({ policy: 'team' })),
  'tries out': () => call('POST', '/v1/handoffs/preview', buildSubmission({ policy: 'team' })),
  commands: () => call('POST', `/v1/handoffs/${id}/notes`, { text: `round ${round}` }),
  'withdraws many': () => call('POST', '/v1/handoffs/withdrawals', { policy: 'broken-phone' }),
  'asks how far that is': () => call('GET', `/v1/handoffs/withdrawals/${withdrawal}`),
  lists: () => call('GET', '/v1/handoffs'),
  'reads one': () => call('GET', `/v1/handoffs/${id}`),
  'listens to it': () => call('GET', `/v1/handoffs/${id}/events`),
  'lists callbacks': () => call('GET', '/v1/callbacks'),
  'has callbacks sent again': () => call('POST', `/v1/callbacks/${id}/resend`),
  'asks for figures': () => call('GET', '/v1/stats'),
  'asks for a person': () => call('GET', '/v1/responders/bob'),
  'says they are away': () => call('PUT', '/v1/responders/carol/away', { until: '3d' }),
  'says they are back': () => call('DELETE', '/v1/responders/carol/away'),
  'asks for coverage': () => call('GET', '/v1/policies/team/coverage?urgency=urgent'),
  'reads the files': () => call('GET', '/v1/policies'),
  'a message did not arrive': () =>
    fromTwilio(`/webhooks/twilio/status?${about()}`, {
      MessageStatus: 'undelivered',
      ErrorCode: '30003',
    }),
  'an email did not arrive': () =>
    fromSendgrid(
      '/webhooks/sendgrid/events',
      JSON.stringify([{ event: 'bounce', h: id, n: 'nobody' }]),
      'application/json',
    ),
  'is it alive?': () => call('GET', '/healthz'),
  'is it ready?': () => call('GET', '/readyz'),
  'is measured': () => call('GET', '/metrics'),
};

async function tryAll(column: number): Promise<void> {
  round += 1;
  const outcomes = await Promise.all(
    rows.map(async ({ what, expected }) => {
      const answer = await DOINGS[what]?.();
      const [, status = '', said] = /^`(\d+)`(?: "(.*)")?/.exec(expected[column] ?? '') ?? [];
      const words = answer?.body.replaceAll('&#39;', "'") ?? '';
      const isSaid = said === undefined || words.includes(said);
      return {
        what,
        answered: `${answer?.status} ${isSaid ? (said ?? '') : words}`.trim(),
        expected: `${status} ${said ?? ''}`.trim(),
      };
    }),
  );
  expect(outcomes.map(({ what, answered }) => `${what}: ${answered}`)).toEqual(
    outcomes.map(({ what, expected }) => `${what}: ${expected}`),
  );
}

describe('A1: what is answered while something is away', () => {
  test('each call of the API is in the table, and each row can be done', () => {
    const app = createApp(appDependencies());
    const listed = new Set(rows.flatMap(({ routes }) => routes));
    const NEEDS_NOTHING = /^\w+ \/(openapi\.json|docs|codec)|^_ALL/;
    const missing = (app.locals['routes'] as string[]).filter(
      (route) => !listed.has(route) && !NEEDS_NOTHING.test(route),
    );
    expect(missing).toEqual([]);
    expect(rows.map(({ what }) => what).sort()).toEqual(Object.keys(DOINGS).sort());
  });

  test('a worker', async () => {
    await baton.worker.kill();
    await tryAll(0);
  }, 60_000);

  test('Temporal', async () => {
    way.cut();
    await tryAll(1);
  }, 60_000);

  test('Temporal is there, and says nothing', async () => {
    way.open();
    await expect
      .poll(() => call('GET', '/v1/handoffs'), { timeout: 20_000 })
      .toMatchObject({ status: 200 });
    way.stall();
    await tryAll(2);
  }, 60_000);

  test('what was said to be recorded counts, once, when they are back', async () => {
    way.open();
    baton.worker = await baton.startWorker();
    await expect
      .poll(async () => (await call('GET', `/v1/handoffs/${id}`)).status, { timeout: 30_000 })
      .toBe(200);
    await delay(1_000);
    const notes = (await baton.read(id)).timeline.map(({ because }) => because);
    expect(notes.filter((note) => note.includes('round 1'))).toHaveLength(1);
    expect(notes.filter((note) => note.includes('round 2'))).toHaveLength(0);
    baton.phones.ignoreUnread();
  }, 60_000);
});
