import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Webhook } from 'standardwebhooks';
import type { HandoffView } from '../../src/domain/view.ts';
import { startBaton, TEST_ADMIN_KEY, TEST_SECRET, type Baton } from '../support/baton.ts';
import { takePort } from '../support/ports.ts';
import { startReceiver, type Receiver } from '../support/receiver.ts';
import { buildSubmission } from '../support/samples.ts';

let baton: Baton;
let receiver: Receiver;
let metricsPort: number;
beforeAll(async () => {
  metricsPort = await takePort();
  const env = { BATON_METRICS_ADDRESS: `127.0.0.1:${metricsPort}` };
  [baton, receiver] = await Promise.all([startBaton({ env }), startReceiver()]);
});
afterAll(async () => {
  await baton.stop();
  await receiver.close();
});

const OTHER = { Authorization: 'Bearer other-key-0123456789' };
const ADMIN = { Authorization: `Bearer ${TEST_ADMIN_KEY}` };

interface Answered<T> {
  readonly status: number;
  readonly body: T;
  readonly headers: Headers;
}

function get<T = Record<string, unknown>>(
  path: string,
  headers?: Record<string, string>,
): Promise<Answered<T>> {
  return baton.call('GET', path, undefined, headers) as Promise<Answered<T>>;
}
async function post(path: string, body: unknown = {}, headers?: Record<string, string>) {
  const answer = await baton.call('POST', path, body, headers);
  return { ...answer, body: answer.body as Record<string, unknown> };
}

interface Page {
  readonly handoffs: readonly { id: string; source: string; status: string }[];
  readonly cursor?: string;
}

async function listIds(query: string, headers?: Record<string, string>): Promise<string[]> {
  const { body } = await get<Page>(`/v1/handoffs?${query}`, headers);
  return body.handoffs.map(({ id }) => id);
}

describe('a create that is sent again', () => {
  test('R14: 50 times at once with one key is one handoff and one SMS', async () => {
    const body = buildSubmission({ action: { do: 'Call fifty' } });
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => post('/v1/handoffs', body, { 'Idempotency-Key': 'fifty' })),
    );

    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(49);
    expect(new Set(answers.map((answer) => answer.body['id'])).size).toBe(1);
    await baton.phone('alice').expectSms(/Call fifty/);
    const id = String(answers[0]?.body['id']);
    const { timeline } = await baton.read(id);
    expect(timeline.filter(({ what }) => what === 'sent')).toHaveLength(1);
    const sent = baton.simulator.sms.filter(({ body: text }) => text.includes('Call fifty'));
    expect(sent).toHaveLength(1);
    await post(`/v1/handoffs/${id}/resolve`, { outcome: 'reached' });
    await baton.waitForStatus(id, 'resolved');

    const after = await post('/v1/handoffs', body, { 'Idempotency-Key': 'fifty' });
    expect([after.status, after.body['id'], after.body['status']]).toEqual([200, id, 'resolved']);
  });

  test('one externalId is one handoff, whatever key it comes with', async () => {
    const body = buildSubmission({ externalId: 'lead-77' });
    const first = await post('/v1/handoffs', body, { 'Idempotency-Key': 'run-1' });
    const second = await post('/v1/handoffs', body, { 'Idempotency-Key': 'run-2' });
    const other = await post('/v1/handoffs', { ...body, urgency: 'critical', policy: 'list' });

    expect([first.status, second.status]).toEqual([201, 200]);
    expect(second.body['id']).toBe(first.body['id']);
    expect([409, 422]).toContain(other.status);
    await post(`/v1/handoffs/${String(first.body['id'])}/withdraw`);
  });
});

describe('the list', () => {
  test('is narrowed by each filter', async () => {
    const before = new Date(Date.now() - 60_000).toISOString();
    const mine = await baton.submit(buildSubmission({ policy: 'team' }));
    const taken = await baton.submit(buildSubmission({ policy: 'slow' }));
    await post(`/v1/handoffs/${taken.id}/take`, { responder: 'bob' });
    await baton.waitForStatus(taken.id, 'owned');

    await expect.poll(() => listIds('owner=bob')).toEqual([taken.id]);
    await expect.poll(() => listIds('status=notifying&policy=team')).toContain(mine.id);
    await expect.poll(() => listIds('awaiting=carol')).toContain(mine.id);
    expect(await listIds('awaiting=carol')).not.toContain(taken.id);
    expect(await listIds('urgency=routine')).not.toContain(mine.id);
    expect(await listIds('status=owned,resolved&policy=slow')).toContain(taken.id);
    expect(await listIds(`createdUntil=${before}`)).not.toContain(mine.id);
    expect(await listIds(`createdFrom=${before}`)).toContain(mine.id);
    const soon = new Date(Date.now() + 8 * 86_400_000).toISOString();
    expect(await listIds(`actByUntil=${soon}`)).toContain(mine.id);
    expect(await listIds(`actByFrom=${soon}`)).not.toContain(mine.id);
    await post(`/v1/handoffs/${mine.id}/withdraw`);
    await post(`/v1/handoffs/${taken.id}/withdraw`);
  });

  test.each([
    'owner=%27%20OR%20HandoffSource%3D%27other',
    "policy=a'b",
    'status=open',
    'createdFrom=yesterday',
    'limit=0',
    'cursor=AAAA',
    'cursor=YWJjZGVmZ2hpamtsbW5vcA',
    'extra=1',
  ])('%s is refused with what is wrong', async (query) => {
    const { status, body } = await get<{ errors: unknown[] }>(`/v1/handoffs?${query}`);
    expect(status).toBe(422);
    expect(body.errors).toHaveLength(1);
  });

  test('a cursor belongs to its filter, and a made-up token is none', async () => {
    const [one, two] = [
      await baton.submit(buildSubmission()),
      await baton.submit(buildSubmission()),
    ];
    const read = () => get<Page>('/v1/handoffs?limit=1&status=notifying');
    await expect.poll(async () => (await read()).body.cursor).toBeDefined();
    const { cursor = '' } = (await read()).body;

    expect((await get(`/v1/handoffs?limit=1&status=notifying&cursor=${cursor}`)).status).toBe(200);
    expect((await get(`/v1/handoffs?limit=1&cursor=${cursor}`)).status).toBe(422);
    const forged = Buffer.concat([
      Buffer.from(cursor, 'base64url').subarray(0, 8),
      Buffer.from('{"no":"token"'),
    ]).toString('base64url');
    expect((await get(`/v1/handoffs?limit=1&status=notifying&cursor=${forged}`)).status).toBe(422);
    for (const { id } of [one, two]) await post(`/v1/handoffs/${id}/withdraw`);
  });
});

describe('what a source changes', () => {
  test('a new score and deadline reach whoever was told', async () => {
    const { id } = await baton.submit(buildSubmission({ action: { do: 'Call amended' } }));
    await baton.phone('alice').expectSms(/Call amended/);

    const { status, body } = await post(`/v1/handoffs/${id}/amend`, {
      brief: { score: { value: 97, outOf: 100 } },
      action: { within: '3h' },
    });

    expect([status, body['effect']]).toEqual([200, 'amended']);
    const { body: text } = await baton.phone('alice').expectSms(/^CHANGED: Call amended by/);
    expect(text).toMatch(/It has a deadline now\. Score 97\/100 \(was 92\)/);
    const view = await baton.read(id);
    expect(view.brief.score?.value).toBe(97);
    expect(Date.parse(view.action.dueAt ?? '') - Date.now()).toBeGreaterThan(2.9 * 3_600_000);
    await expect
      .poll(async () =>
        (await get<Page>('/v1/handoffs')).body.handoffs.find((one) => one.id === id),
      )
      .toMatchObject({ actBy: view.action.dueAt });
    await post(`/v1/handoffs/${id}/withdraw`);
  });

  test('it is given to one person, the others stand down', async () => {
    const { id, code } = await baton.submit(buildSubmission({ action: { do: 'Call reassigned' } }));
    await baton.phone('alice').expectSms(/Call reassigned/);

    const { body } = await post(`/v1/handoffs/${id}/reassign`, { to: 'bob', reason: 'knows them' });

    expect(body['effect']).toBe('reassigned');
    await baton.phone('alice').expectSms(/Stand down: crm gave it to Bob Diaz: knows them/);
    await baton.phone('bob').expectSms(/Call reassigned/);
    await baton.phone('bob').reply(`1 ${code}`);
    expect((await baton.waitForStatus(id, 'owned')).owner?.responder).toBe('bob');
    await post(`/v1/handoffs/${id}/withdraw`);
  });

  test.each([
    ['amend', {}, ''],
    ['amend', { action: { within: '1h', by: '2027-01-01T00:00:00Z' } }, '/action/by'],
    ['amend', { action: { do: 'Call', when: 'now' } }, '/action'],
    ['reassign', { to: 'nobody' }, '/to'],
  ])('%s with %j is refused', async (command, body, pointer) => {
    const { id } = await baton.submit(buildSubmission());
    const { status, body: problem } = await post(`/v1/handoffs/${id}/${command}`, body);
    expect(status).toBe(422);
    expect(problem['errors']).toMatchObject([{ pointer }]);
    await post(`/v1/handoffs/${id}/withdraw`);
  });

  test('all that is open is withdrawn at once, and nothing of another source', async () => {
    const mine = await Promise.all([1, 2, 3].map(() => baton.submit(buildSubmission())));
    const other = await post('/v1/handoffs', buildSubmission(), OTHER);
    await expect
      .poll(() => listIds('status=notifying'))
      .toEqual(expect.arrayContaining(mine.map(({ id }) => id)));

    const { status, body } = await post(
      '/v1/handoffs/withdrawals',
      { reason: 'the campaign is over' },
      { 'Idempotency-Key': 'campaign' },
    );

    expect(status).toBe(202);
    expect(body['matched']).toBeGreaterThanOrEqual(3);
    for (const { id } of mine) {
      const { ending } = await baton.waitForStatus(id, 'withdrawn');
      expect(ending).toMatchObject({ by: { id: 'crm' }, note: 'the campaign is over' });
    }
    const path = `/v1/handoffs/withdrawals/${String(body['id'])}`;
    await expect
      .poll(async () => (await get(path)).body)
      .toMatchObject({ status: 'completed', failed: 0 });
    const again = await post('/v1/handoffs/withdrawals', {}, { 'Idempotency-Key': 'campaign' });
    expect(again.body['id']).toBe(body['id']);
    expect((await get(path, OTHER)).status).toBe(404);
    const id = String(other.body['id']);
    expect((await get(`/v1/handoffs/${id}`, OTHER)).body['status']).not.toBe('withdrawn');
    await post(`/v1/handoffs/${id}/withdraw`, {}, OTHER);
  });
});

describe('events', () => {
  test('come as they happen, go on behind the last one, and end with the handoff', async () => {
    const { id } = await baton.submit(buildSubmission({ action: { do: 'Call streamed' } }));
    await baton.phone('alice').expectSms(/Call streamed/);
    const stream = await fetch(`${baton.url}/v1/handoffs/${id}/events`, {
      headers: { Authorization: 'Bearer test-key-0123456789', 'Last-Event-ID': '1' },
    });
    expect(stream.headers.get('content-type')).toBe('text/event-stream');

    let text = '';
    const seen = async (sign: RegExp): Promise<void> => {
      while (!sign.test(text)) {
        const { value, done } = await chunks.read();
        if (done) throw new Error(`The stream ended before ${String(sign)}:\n${text}`);
        text += value;
      }
    };
    const chunks = (stream.body ?? new ReadableStream())
      .pipeThrough(new TextDecoderStream())
      .getReader();
    await seen(/"what":"sent"/);
    await post(`/v1/handoffs/${id}/take`, { responder: 'alice' });
    await seen(/"status":"owned"/);
    await post(`/v1/handoffs/${id}/resolve`, { outcome: 'reached' });
    for (let next = await chunks.read(); !next.done; next = await chunks.read()) text += next.value;

    expect(text).not.toContain('"what":"submitted"');
    const events = [...text.matchAll(/^event: (\w+)\ndata: (.*)$/gm)].map(
      ([, event, data]) => [event, JSON.parse(data ?? '') as Record<string, unknown>] as const,
    );
    expect(
      events.map(([event, data]) => (event === 'timeline' ? data['what'] : data['status'])),
    ).toEqual(expect.arrayContaining(['planned', 'sent', 'taken', 'owned', 'resolved']));
    expect(events.at(-1)).toMatchObject([
      'end',
      { status: 'resolved', ending: { outcome: 'reached' } },
    ]);
    const ids = [...text.matchAll(/^id: (\d+)$/gm)].map(([, number]) => Number(number));
    expect(ids).toEqual(ids.map((_, index) => index + 2));
  });

  test('of what is over there is the whole story at once', async () => {
    const { id } = await baton.submit(buildSubmission());
    await post(`/v1/handoffs/${id}/withdraw`);
    await baton.waitForStatus(id, 'withdrawn');
    const { timeline } = (await get<HandoffView>(`/v1/handoffs/${id}/timeline`)).body;
    const stream = await fetch(`${baton.url}/v1/handoffs/${id}/events`, {
      headers: { Authorization: 'Bearer test-key-0123456789' },
    });
    expect((await stream.text()).match(/event: timeline/g)).toHaveLength(timeline.length);
  });
});

describe('what a source is told', () => {
  test('each event, in order, signed, once', async () => {
    const { id } = await baton.submit(
      buildSubmission({ externalId: 'told-1', callbackUrl: receiver.url, metadata: { a: 'b' } }),
    );
    await post(`/v1/handoffs/${id}/take`, { responder: 'bob' });
    await post(`/v1/handoffs/${id}/resolve`, {
      responder: 'bob',
      outcome: 'bad-lead',
      note: 'gone',
    });

    await expect
      .poll(() => receiver.taken(id).map(({ event }) => event.type))
      .toEqual(['handoff.taken', 'handoff.resolved']);
    const [, last] = receiver.taken(id);
    expect(last?.event.data).toMatchObject({
      externalId: 'told-1',
      metadata: { a: 'b' },
      sequence: 2,
      status: 'resolved',
      by: { kind: 'responder', id: 'bob', name: 'Bob Diaz' },
      outcome: 'bad-lead',
      text: 'gone',
    });
    expect(last?.headers['webhook-id']).toBe(`${id}_2`);
    const verify = () =>
      new Webhook(TEST_SECRET).verify(last?.body ?? '', last?.headers as Record<string, string>);
    expect(verify()).toEqual(last?.event);
    await expect
      .poll(async () => (await get('/v1/callbacks?status=delivered')).body['callbacks'])
      .toContainEqual({
        handoff: id,
        source: 'crm',
        status: 'delivered',
        delivered: 2,
        pending: [],
        failed: [],
      });
    expect((await post(`/v1/callbacks/${id}/resend`)).status).toBe(409);
  });

  test('what was refused for good is listed and sent again when asked', async () => {
    receiver.answer = () => ({ status: 410 });
    const { id } = await baton.submit(buildSubmission({ callbackUrl: receiver.url }));
    await post(`/v1/handoffs/${id}/withdraw`, { reason: 'sold' });
    const failed = async () => {
      const { body } = await get<{ callbacks: { handoff: string; failed: unknown }[] }>(
        '/v1/callbacks?status=failed',
      );
      return body.callbacks.find(({ handoff }) => handoff === id)?.failed;
    };
    await expect.poll(failed, { timeout: 10_000 }).toMatchObject([
      {
        sequence: 1,
        type: 'handoff.withdrawn',
        because: 'the receiver answered 410: it wants no more',
      },
    ]);
    receiver.answer = () => ({ status: 204 });

    expect((await post(`/v1/callbacks/${id}/1/resend`)).status).toBe(202);

    await expect
      .poll(() => receiver.taken(id).map(({ event }) => event.type))
      .toEqual(['handoff.withdrawn']);
    const ids = receiver.received
      .filter(({ event }) => event.data.id === id)
      .map(({ headers }) => headers['webhook-id']);
    expect(new Set(ids).size).toBe(1);
    await expect.poll(failed).toBeUndefined();
  });

  test('a source without a secret, or an address that is not public, is refused at once', async () => {
    const without = await post(
      '/v1/handoffs',
      buildSubmission({ callbackUrl: receiver.url }),
      OTHER,
    );
    expect(without.body['errors']).toMatchObject([{ pointer: '/callbackUrl' }]);
    expect(JSON.stringify(without.body)).toContain('npx baton secrets rotate other');
    const inside = await post(
      '/v1/handoffs',
      buildSubmission({ callbackUrl: 'http://169.254.169.254/latest' }),
    );
    expect(inside.status).toBe(422);
  });
});

describe('statistics', () => {
  test('count what came of handoffs', async () => {
    const headers = { Authorization: 'Bearer other-key-0123456789' };
    const submit = async () =>
      String((await post('/v1/handoffs', buildSubmission(), headers)).body['id']);
    const [one, two] = [await submit(), await submit()];
    await post(`/v1/handoffs/${one}/take`, { responder: 'bob' }, headers);
    await post(`/v1/handoffs/${one}/resolve`, { responder: 'bob', outcome: 'bad-lead' }, headers);
    await post(`/v1/handoffs/${two}/pass`, { responder: 'alice', reason: 'wrong person' }, headers);
    await post(`/v1/handoffs/${two}/withdraw`, {}, headers);

    const read = async () => (await get('/v1/stats', headers)).body;
    await expect.poll(read).toMatchObject({
      isComplete: true,
      sources: {
        other: {
          resolved: 1,
          outcomes: { 'bad-lead': 1 },
          declined: { 'wrong-person': 1 },
          secondsToTake: { count: 1 },
          secondsToAct: { count: 1 },
        },
      },
      responders: { bob: { taken: 1, resolved: 1 }, alice: { declined: { 'wrong-person': 1 } } },
    });
    const all = (await get<{ sources: object }>('/v1/stats', ADMIN)).body;
    expect(Object.keys(all.sources)).toEqual(expect.arrayContaining(['crm', 'other']));
    expect(
      Object.keys((await get<{ sources: object }>('/v1/stats', headers)).body.sources),
    ).toEqual(['other']);
    expect((await get('/v1/stats?source=crm', headers)).status).toBe(403);
  });

  test('/metrics has them for Prometheus', async () => {
    const response = await fetch(`${baton.url}/metrics`);
    const text = await response.text();
    expect(response.headers.get('content-type')).toMatch(/^text\/plain/);
    expect(text).toMatch(
      /baton_http_request_duration_seconds_count\{method="POST",route="\/v1\/handoffs\/",status="201"\} [1-9]/,
    );
    expect(text).not.toContain('hof_');
  });

  test('the worker has them as histograms', async () => {
    const read = async () => (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
    const text = await read();
    expect(text).toMatch(
      /^baton_handoff_time_to_take_seconds_bucket\{.*source="other".*le="15"\} 1$/m,
    );
    expect(text).toMatch(/^baton_handoff_time_to_act_seconds_count\{.*source="other".*\} 1$/m);
    expect(text).toMatch(
      /^baton_handoffs_ended_total\{.*source="other",status="withdrawn".*\} \d+$/m,
    );
    expect(text).toMatch(/^baton_handoffs_declined_total\{.*reason="wrong-person".*\} 1$/m);
    expect(text).toMatch(/^baton_handoffs_submitted_total\{.*source="crm".*\} \d+$/m);
  });
});

describe('limits', () => {
  test('say by headers how many requests are left', async () => {
    const { headers } = await get('/v1/handoffs');
    expect(headers.get('ratelimit-policy')).toMatch(/q=1000000; w=60/);
    expect(headers.get('ratelimit')).toMatch(/r=\d+/);
  });

  test('another method is answered with those there are', async () => {
    const { status, headers } = await baton.call('DELETE', '/v1/handoffs');
    expect([status, headers.get('allow')]).toEqual([405, 'GET, HEAD, POST']);
  });
});
