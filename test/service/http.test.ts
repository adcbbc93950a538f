import twilio from 'twilio';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DesignReview } from '../../src/domain/design-test.ts';
import { startBaton, TEST_ACCOUNT, type Baton } from '../support/baton.ts';
import { buildSubmission } from '../support/samples.ts';

let baton: Baton;
beforeAll(async () => {
  baton = await startBaton();
});
afterAll(async () => {
  await baton.stop();
});

interface ProblemBody {
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly errors?: readonly { pointer: string; detail: string }[];
}

async function post(path: string, body?: unknown, headers?: Record<string, string>) {
  const answer = await baton.call('POST', path, body, headers);
  return { ...answer, body: answer.body as ProblemBody & Record<string, unknown> };
}

describe('submitting', () => {
  test('answers 201 with id, code and where to look', async () => {
    const { status, body, headers } = await post('/v1/handoffs', buildSubmission());

    expect(status).toBe(201);
    expect(body).toEqual({
      id: expect.stringMatching(/^hof_[0-9a-f]{30}$/) as string,
      code: expect.stringMatching(/^[A-Z]{2}\d{2}$/) as string,
      status: 'notifying',
      designTest: { passed: true, findings: [] },
      links: {
        self: `/v1/handoffs/${String(body['id'])}`,
        events: `/v1/handoffs/${String(body['id'])}/events`,
      },
    });
    expect(headers.get('location')).toBe(`/v1/handoffs/${String(body['id'])}`);
  });

  test('the same key and body again is the same handoff, told once', async () => {
    const key = { 'Idempotency-Key': 'lead-1' };
    const body = buildSubmission({ action: { do: 'Call lead one' } });
    const first = await post('/v1/handoffs', body, key);
    await baton.phone('alice').expectSms(/Call lead one/);
    const again = await Promise.all([
      post('/v1/handoffs', body, key),
      post('/v1/handoffs', body, key),
    ]);

    expect(first.status).toBe(201);
    expect(again.map(({ status }) => status)).toEqual([200, 200]);
    expect(again.map((answer) => answer.body['id'])).toEqual([first.body['id'], first.body['id']]);
    const { timeline } = await baton.read(String(first.body['id']));
    expect(timeline.filter(({ what }) => what === 'sent')).toHaveLength(1);
    expect(baton.simulator.sms.filter((sms) => /Call lead one/.test(sms.body))).toHaveLength(1);
  });

  test('the same key with another body answers 409 and changes nothing', async () => {
    const key = { 'Idempotency-Key': 'lead-2' };
    const first = await post('/v1/handoffs', buildSubmission(), key);
    const other = await post(
      '/v1/handoffs',
      buildSubmission({ urgency: 'routine', policy: 'quick' }),
      key,
    );

    expect(other.status).toBe(409);
    expect(other.body['handoff']).toBe(first.body['id']);
    const { urgency } = await baton.read(String(first.body['id']));
    expect(urgency).toBe('urgent');
  });

  test('an externalId is a key too, and another source may use the same', async () => {
    const body = buildSubmission({ externalId: 'lead-3' });
    const first = await post('/v1/handoffs', body);
    const again = await post('/v1/handoffs', body);
    const other = await post('/v1/handoffs', body, {
      Authorization: 'Bearer other-key-0123456789',
    });

    expect([first.status, again.status, other.status]).toEqual([201, 200, 201]);
    expect(again.body['id']).toBe(first.body['id']);
    expect(other.body['id']).not.toBe(first.body['id']);
  });

  test('a body with faults answers 422 with all of them, and starts nothing', async () => {
    const before = baton.simulator.sms.length;
    const { status, body, headers } = await post('/v1/handoffs', {
      policy: 'nowhere',
      urgency: 'soon',
      brief: { subject: '', summary: 'x' },
      action: { do: 'Call', within: 'five minutes', contact: { phone: '12' } },
      assignee: 'nobody',
      extra: true,
    });

    expect(status).toBe(422);
    expect(headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(body.title).toBe('The request has faults');
    const pointers = (body.errors ?? []).map(({ pointer }) => pointer);
    expect(pointers).toEqual(
      expect.arrayContaining([
        '',
        '/urgency',
        '/brief/subject',
        '/action/within',
        '/action/contact/phone',
        '/policy',
        '/assignee',
      ]),
    );
    expect((body.errors ?? []).every(({ detail }) => detail.length > 5)).toBe(true);
    expect(baton.simulator.sms.length).toBe(before);
  });

  test.each([
    ['no JSON', '{"policy"', 400],
    ['a body that is too large', JSON.stringify({ x: 'x'.repeat(300_000) }), 413],
  ])('%s is refused', async (_, text, expected) => {
    const { status, body } = await post('/v1/handoffs', text);
    expect(status).toBe(expected);
    expect(body.status).toBe(expected);
  });

  test('an urgency without rules is refused with those there are', async () => {
    const { status, body } = await post('/v1/handoffs', buildSubmission({ urgency: 'routine' }));
    expect(status).toBe(422);
    expect(body.errors).toEqual([
      { pointer: '/urgency', detail: 'policy slow has no rules for routine; it has urgent' },
    ]);
  });
});

const badLead = {
  policy: 'strict',
  urgency: 'urgent',
  brief: { subject: 'new lead: John Smith', summary: 'new lead' },
  action: { do: 'new lead: John Smith' },
};

describe('the design test', () => {
  test('what it finds comes with the answer, and the handoff goes on', async () => {
    const { status, body } = await post('/v1/handoffs', { ...badLead, policy: 'slow' });

    expect(status).toBe(201);
    const { passed, findings } = body['designTest'] as DesignReview;
    expect(passed).toBe(false);
    expect(findings.map(({ id }) => id)).toContain('action-is-no-instruction');
    await baton.phone('alice').expectSms(/new lead: John Smith/);
  });

  test('a strict policy refuses with everything that was found, and nothing is sent', async () => {
    const before = baton.simulator.sms.length;
    const { status, body } = await post('/v1/handoffs', badLead);

    expect(status).toBe(422);
    expect(body.detail).toBe('The handoff failed the design test; nothing was done.');
    const { findings } = body['designTest'] as DesignReview;
    const errors = findings.filter(({ severity }) => severity === 'error');
    expect(body.errors?.map(({ pointer }) => pointer)).toEqual(
      errors.map(({ pointer }) => pointer),
    );
    expect(errors.length).toBeGreaterThan(1);
    expect(baton.simulator.sms).toHaveLength(before);
  });

  test('what a strict policy accepted is not refused when it is sent again too late', async () => {
    const by = Date.now() + 2_000;
    const submission = (externalId: string) =>
      buildSubmission({
        policy: 'strict',
        externalId,
        action: {
          do: 'Call Maria Lopez in time',
          by: new Date(by).toISOString(),
          contact: { phone: '+15125550147' },
        },
      });
    const first = await post('/v1/handoffs', submission('in-time'));
    await baton.phone('alice').expectSms(/in time/);
    await expect.poll(() => Date.now(), { timeout: 5_000 }).toBeGreaterThan(by);

    const again = await post('/v1/handoffs', submission('in-time'));
    const other = await post('/v1/handoffs', submission('too-late'));
    expect([first.status, again.status, other.status]).toEqual([201, 200, 422]);
    expect(again.body['id']).toBe(first.body['id']);
  });
});

describe('the preview', () => {
  test('shows findings, messages and the plan by the clock, and sends nothing', async () => {
    const before = baton.simulator.sms.length;
    const { status, body } = await post(
      '/v1/handoffs/preview?at=2026-11-23T15:00:00Z',
      buildSubmission({ policy: 'slow' }),
    );

    expect(status).toBe(200);
    expect(body).toMatchObject({
      status: 'expired',
      designTest: { passed: true, findings: [] },
      messages: expect.arrayContaining([
        {
          at: '2026-11-23T15:00:00.000Z',
          localTime: '10:00 (America/New_York)',
          recipient: 'alice',
          name: 'Alice Ng',
          channel: 'sms',
          kind: 'offer',
          text: expect.stringMatching(/^URGENT: Call Maria Lopez by 10:05\n/) as string,
          segments: expect.any(Number) as number,
        },
        expect.objectContaining({ at: '2026-11-23T15:10:00.000Z', name: 'Bob Diaz' }),
      ]) as unknown[],
      plan: expect.arrayContaining([
        { at: '2026-11-23T15:10:00.000Z', what: 'planned', because: 'tier 2: Bob Diaz' },
      ]) as unknown[],
    });
    expect(baton.simulator.sms).toHaveLength(before);
  });

  test('answers 422 with all faults of body and query', async () => {
    const faulty = await post('/v1/handoffs/preview', { ...badLead, policy: 'nowhere', extra: 1 });
    expect(faulty.status).toBe(422);
    expect(faulty.body.errors?.map(({ pointer }) => pointer)).toEqual(['', '/policy']);

    const query = await post('/v1/handoffs/preview?at=noon', badLead);
    expect(query.status).toBe(422);
    expect(query.body.errors).toEqual([
      { pointer: '/at', detail: expect.stringMatching(/datetime/) as string },
    ]);
  });
});

describe('keys', () => {
  test.each([
    ['none', {}],
    ['a wrong one', { Authorization: 'Bearer test-key-0123456780' }],
    ['another scheme', { Authorization: `Basic ${TEST_ACCOUNT.apiKey}` }],
  ])('%s answers 401', async (_, headers) => {
    const response = await fetch(`${baton.url}/v1/handoffs`, { headers });
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toMatch(/^Bearer, Basic/);
  });

  test('a handoff of another source looks like none', async () => {
    const { id } = await baton.submit(buildSubmission());
    const other = { Authorization: 'Bearer other-key-0123456789' };
    const [read, command] = await Promise.all([
      baton.call('GET', `/v1/handoffs/${id}`, undefined, other),
      baton.call('POST', `/v1/handoffs/${id}/withdraw`, {}, other),
    ]);
    expect([read.status, command.status]).toEqual([404, 404]);
    expect((await baton.read(id)).status).toBe('notifying');
  });
});

describe('an unknown handoff', () => {
  test.each(['hof_00000000000000000000000000000f', 'nonsense', 'responder-alice'])(
    '%s answers 404 to a read and to every command',
    async (id) => {
      const answers = await Promise.all([
        baton.call('GET', `/v1/handoffs/${id}`),
        baton.call('POST', `/v1/handoffs/${id}/take`, { responder: 'alice' }),
        baton.call('POST', `/v1/handoffs/${id}/notes`, { text: 'hello' }),
      ]);
      expect(answers.map(({ status }) => status)).toEqual([404, 404, 404]);
    },
  );
});

describe('commands', () => {
  test('take, note and resolve by the API are answered with what they brought about', async () => {
    const { id } = await baton.submit(buildSubmission());
    const taken = await post(`/v1/handoffs/${id}/take`, { responder: 'bob' });
    const late = await post(`/v1/handoffs/${id}/take`, { responder: 'alice' });
    const noted = await post(`/v1/handoffs/${id}/notes`, { responder: 'bob', text: 'on hold' });
    const resolved = await post(`/v1/handoffs/${id}/resolve`, {
      responder: 'bob',
      outcome: 'reached',
    });
    const after = await post(`/v1/handoffs/${id}/take`, { responder: 'alice' });

    expect(taken).toMatchObject({ status: 200, body: { effect: 'taken' } });
    expect(late).toMatchObject({
      status: 409,
      body: { effect: 'held-by-other', owner: { responder: 'bob' } },
    });
    expect(noted).toMatchObject({ status: 200, body: { effect: 'noted' } });
    expect(resolved).toMatchObject({
      status: 200,
      body: { effect: 'resolved', ending: { outcome: 'reached' } },
    });
    expect(after).toMatchObject({ status: 409, body: { effect: 'closed' } });
    const { timeline } = await baton.read(id);
    expect(timeline.map(({ what }) => what)).toContain('noted');
  });

  test('a command repeated with its key is applied once', async () => {
    const { id } = await baton.submit(buildSubmission());
    const key = { 'Idempotency-Key': 'note-1' };
    await post(`/v1/handoffs/${id}/notes`, { text: 'hello' }, key);
    const again = await post(`/v1/handoffs/${id}/notes`, { text: 'hello' }, key);

    expect(again).toMatchObject({ status: 200, body: { effect: 'noted' } });
    const { timeline } = await baton.read(id);
    expect(timeline.filter(({ what }) => what === 'noted')).toHaveLength(1);
  });

  test('fault 3: the same key for another command, or another person, answers 409 and does nothing', async () => {
    const { id } = await baton.submit(buildSubmission());
    const key = { 'Idempotency-Key': 'one-key' };
    const take = (responder: string) => post(`/v1/handoffs/${id}/take`, { responder }, key);
    expect(await take('alice')).toMatchObject({ status: 200, body: { effect: 'taken' } });

    const others = [
      await take('bob'),
      await post(`/v1/handoffs/${id}/resolve`, { responder: 'alice', outcome: 'reached' }, key),
    ];

    expect(others).toMatchObject([{ status: 409 }, { status: 409 }]);
    expect(others[0]?.body).toMatchObject({
      detail: expect.stringContaining('take by Alice') as string,
    });
    expect(await take('alice')).toMatchObject({ status: 200, body: { effect: 'taken' } });
    expect(await baton.read(id)).toMatchObject({
      status: 'owned',
      owner: { responder: 'alice' },
    });
  });

  test('faults of a command are all listed', async () => {
    const { id } = await baton.submit(buildSubmission());
    const { status, body } = await post(`/v1/handoffs/${id}/take`, { responder: 'zoe', why: 1 });
    expect(status).toBe(422);
    expect(body.errors?.length).toBeGreaterThanOrEqual(1);
  });
});

describe('the list', () => {
  test('shows the handoffs of the source by status, with a cursor', async () => {
    const ids = await Promise.all(
      [1, 2, 3].map(async () => (await baton.submit(buildSubmission())).id),
    );
    await Promise.all(ids.map((id) => post(`/v1/handoffs/${id}/withdraw`, { reason: 'test' })));
    const list = async (query: string) => {
      const { body } = await baton.call('GET', `/v1/handoffs?${query}`);
      return body as { handoffs: { id: string; status: string }[]; cursor?: string };
    };
    const listed = async (): Promise<string[]> =>
      (await list('status=withdrawn&limit=200')).handoffs.map(({ id }) => id);

    // Visibility is a little late, by design.
    await expect.poll(listed, { timeout: 15_000 }).toEqual(expect.arrayContaining(ids) as string[]);
    const page = await list('status=withdrawn&limit=1');
    expect(page.handoffs).toHaveLength(1);
    const next = await list(`status=withdrawn&limit=1&cursor=${page.cursor ?? ''}`);
    expect(next.handoffs[0]?.id).not.toBe(page.handoffs[0]?.id);
  });

  test.each(['status=open', 'limit=0', 'cursor=%20', 'colour=red'])(
    'the query %s is refused',
    async (query) => {
      const { status } = await baton.call('GET', `/v1/handoffs?${query}`);
      expect(status).toBe(422);
    },
  );
});

describe('R15: webhooks of Twilio', () => {
  const form = { MessageSid: `SM${'1'.repeat(32)}`, From: '+15005550010', Body: '?' };

  /** Sends a request as Twilio does; what a test changes afterwards is not signed. */
  async function send(
    path: string,
    signed: Record<string, string>,
    change: { form?: Record<string, string>; signature?: string; path?: string } = {},
  ): Promise<Response> {
    const signature =
      change.signature ??
      twilio.getExpectedTwilioSignature(TEST_ACCOUNT.authToken, `${baton.url}${path}`, signed);
    return fetch(`${baton.url}${change.path ?? path}`, {
      method: 'POST',
      headers: { 'X-Twilio-Signature': signature },
      body: new URLSearchParams({ ...signed, ...change.form }),
    });
  }

  test('a signed reply is answered in TwiML', async () => {
    const response = await send('/webhooks/twilio/sms', form);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^text\/xml/);
    expect(await response.text()).toMatch(/<Response><Message>.*<\/Message><\/Response>/s);
  });

  test.each([
    ['another text', { form: { Body: '1' } }],
    ['another sender', { form: { From: '+15005550011' } }],
    ['an added field', { form: { Extra: '1' } }],
    ['another address', { path: '/webhooks/twilio/sms?x=1' }],
    ['a wrong signature', { signature: 'c2lnbmF0dXJl' }],
    ['an empty signature', { signature: '' }],
  ])('a signed request with %s answers 403', async (_, change) => {
    expect((await send('/webhooks/twilio/sms', form, change)).status).toBe(403);
    expect((await send('/webhooks/twilio/status', form, change)).status).toBe(403);
  });

  test('an unsigned request answers 403, whatever Host it claims', async () => {
    const response = await fetch(`${baton.url}/webhooks/twilio/sms`, {
      method: 'POST',
      headers: { 'X-Forwarded-Host': 'evil.example' },
      body: new URLSearchParams(form),
    });
    expect(response.status).toBe(403);
  });

  test('a signature over the address alone (bodySHA256) is not enough', async () => {
    const path = '/webhooks/twilio/sms?bodySHA256=00';
    const signature = twilio.getExpectedTwilioSignature(
      TEST_ACCOUNT.authToken,
      `${baton.url}${path}`,
      {},
    );
    expect((await send(path, form, { signature })).status).toBe(403);
  });

  test('a stranger gets silence', async () => {
    const response = await send('/webhooks/twilio/sms', { ...form, From: '+15125550199' });
    expect(await response.text()).toBe('<?xml version="1.0" encoding="UTF-8"?><Response/>');
  });

  test('a reply delivered twice is applied once and answered the same', async () => {
    const carol = baton.phone('carol');
    const { id } = await baton.submit(buildSubmission({ policy: 'team' }));
    await carol.expectSms(/^URGENT/);
    const messageSid = `SM${'2'.repeat(32)}`;
    const first = await carol.reply('1', { messageSid });
    const again = await carol.reply('1', { messageSid });

    expect(again.answers).toEqual(first.answers);
    const { timeline } = await baton.read(id);
    expect(timeline.filter(({ what }) => what === 'taken')).toHaveLength(1);
  });
});

describe('a phone number that Twilio refuses', () => {
  test('moves the handoff to the next tier at once, with the reason', async () => {
    const { id } = await baton.submit(
      buildSubmission({ policy: 'broken-phone', action: { do: 'Call lead two' } }),
    );
    await baton.phone('bob').expectSms(/Call lead two/);

    const { timeline } = await baton.read(id);
    const refused = timeline.find(({ what }) => what === 'not-sent');
    expect(refused?.because).toMatch(/Wrong Number.*21211/);
    expect(timeline.find(({ what }) => what === 'escalated')?.because).toMatch(
      /no message of tier 1 arrived/,
    );
  });
});

describe('health', () => {
  test('says that it lives and that it can work', async () => {
    const [health, ready] = await Promise.all(
      ['/healthz', '/readyz'].map((path) => fetch(`${baton.url}${path}`)),
    );
    expect(health?.status).toBe(200);
    expect(await ready?.json()).toMatchObject({ workers: 'ok' });
  });
});

test('what nobody serves answers 404 as a problem', async () => {
  const { status, body } = await baton.call('GET', '/v2/handoffs');
  expect(status).toBe(404);
  expect((body as ProblemBody).detail).toContain('/docs');
});

test('the logs hold nothing of a lead and no secret', () => {
  const logs = baton.api.output() + baton.worker.output();
  expect(logs).toContain('api is ready');
  for (const secret of [
    'Maria',
    'Lopez',
    '5125550147',
    TEST_ACCOUNT.apiKey,
    TEST_ACCOUNT.authToken,
    TEST_ACCOUNT.sendgridApiKey,
  ]) {
    expect(logs).not.toContain(secret);
  }
});
