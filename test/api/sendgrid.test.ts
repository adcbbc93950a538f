import { generateKeyPairSync, sign } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { HandoffClient } from '../../src/api/handoff-client.ts';
import { answerProblems } from '../../src/api/problem.ts';
import type { Responders } from '../../src/people/responders.ts';
import { routeSendgrid } from '../../src/api/sendgrid.ts';
import { directorySchema } from '../../src/domain/directory.ts';
import { createLogger } from '../../src/logger.ts';
import { TEST_LINKS } from '../support/builders.ts';

const HANDOFF = 'hof_0123456789abcdef0123456789abcd';
const keys = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
const otherKeys = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
const publicKey = keys.publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
const directory = directorySchema.parse({
  organisation: { timezone: 'America/New_York' },
  responders: {
    alice: { name: 'Alice Ng', phone: '+15005550010', email: 'alice@example.com' },
    bob: { name: 'Bob Diaz', email: 'bob@example.com' },
  },
});

const reportUndelivered = vi.fn<HandoffClient['reportUndelivered']>(() => Promise.resolve());
const reportBundle = vi.fn<Responders['reportBundle']>(() => Promise.resolve());
const recordReply = vi.fn<Responders['recordReply']>(() => Promise.resolve());

let server: Server;
let url: string;

async function start(sendgridKeys: { eventsKey?: string; inboundKey?: string }): Promise<void> {
  const logger = createLogger('api', 'silent');
  const app = express();
  app.use(
    '/webhooks/sendgrid',
    routeSendgrid({
      handoffs: { reportUndelivered } as Partial<HandoffClient> as HandoffClient,
      responders: { reportBundle, recordReply } as Partial<Responders> as Responders,
      directory: () => directory,
      links: TEST_LINKS,
      keys: sendgridKeys,
      logger,
    }),
  );
  app.use(answerProblems(logger));
  server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhooks/sendgrid`;
}

async function stop(): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

beforeEach(async () => {
  vi.clearAllMocks();
  await start({ eventsKey: publicKey, inboundKey: publicKey });
});
afterEach(stop);

const SIGNATURE = 'X-Twilio-Email-Event-Webhook-Signature';
const TIMESTAMP = 'X-Twilio-Email-Event-Webhook-Timestamp';

function signed(
  body: Buffer,
  { key = keys.privateKey, at = Date.now() } = {},
): Record<string, string> {
  const timestamp = String(Math.floor(at / 1_000));
  const bytes = Buffer.concat([Buffer.from(timestamp), body]);
  return {
    [SIGNATURE]: sign('sha256', bytes, key).toString('base64'),
    [TIMESTAMP]: timestamp,
  };
}

async function post(path: string, body: Buffer, headers: Record<string, string>): Promise<number> {
  const response = await fetch(`${url}${path}`, {
    method: 'POST',
    headers,
    body: new Uint8Array(body),
  });
  await response.text();
  return response.status;
}

const bounce = { event: 'bounce', type: 'bounce', status: '5.1.1', h: HANDOFF, n: 'n1' };

function postEvents(events: unknown, headers?: Record<string, string>): Promise<number> {
  const body = Buffer.from(typeof events === 'string' ? events : JSON.stringify(events));
  return post('/events', body, {
    'Content-Type': 'application/json',
    ...(headers ?? signed(body)),
  });
}

describe('R15: what is not signed by SendGrid is refused', () => {
  const body = Buffer.from(JSON.stringify([bounce]));
  const good = signed(body);
  const HOUR = 3_600_000;

  test.each<[string, Record<string, string>]>([
    ['no signature', {}],
    ['no timestamp', { [SIGNATURE]: good[SIGNATURE] ?? '' }],
    ['another timestamp', { ...good, [TIMESTAMP]: '1' }],
    ['another key', signed(body, { key: otherKeys.privateKey })],
    ['another body', signed(Buffer.from('[]'))],
    ['a signature that is none', { ...good, [SIGNATURE]: 'bm9uZQ==' }],
    ['an empty signature', { ...good, [SIGNATURE]: '' }],
    ['a request of two days ago', signed(body, { at: Date.now() - 48 * HOUR })],
    ['a request of two days ahead', signed(body, { at: Date.now() + 48 * HOUR })],
  ])('%s', async (_what, headers) => {
    expect(await postEvents([bounce], headers)).toBe(403);
    expect(await post('/inbound', body, headers)).toBe(403);
    expect(reportUndelivered).not.toHaveBeenCalled();
    expect(recordReply).not.toHaveBeenCalled();
  });

  test('everything, while no key is set', async () => {
    await stop();
    await start({});

    expect(await postEvents([bounce])).toBe(403);
    expect(await post('/inbound', body, good)).toBe(403);
    expect(reportUndelivered).not.toHaveBeenCalled();
  });
});

describe('events', () => {
  test('of a batch those that say that an email did not arrive are passed on, with the reason', async () => {
    const reason = '550 5.1.1 <alice@example.com>: user unknown';
    const status = await postEvents([
      { event: 'processed', h: HANDOFF, n: 'n1' },
      { event: 'delivered', h: HANDOFF, n: 'n1' },
      { event: 'open', h: HANDOFF, n: 'n1' },
      { ...bounce, reason, bounce_classification: 'Invalid Address' },
      { event: 'bounce', type: 'blocked', status: '5.7.1', h: HANDOFF, n: 'n2' },
      { event: 'dropped', reason: 'Bounced Address', h: HANDOFF, n: 'n3' },
      { event: 'dropped', reason: 'alice@example.com', h: HANDOFF, n: 'n4' },
      { event: 'bounce', r: 'alice', b: 'b1' },
      { event: 'deferred', h: HANDOFF, n: 'n5' },
      { event: 'bounce' },
      { event: 42 },
      null,
    ]);

    expect(status).toBe(204);
    expect(reportUndelivered.mock.calls).toEqual([
      [HANDOFF, 'n1', 'SendGrid: it bounced: invalid address (5.1.1)'],
      [HANDOFF, 'n2', 'SendGrid: the receiving server blocked it (5.7.1)'],
      [HANDOFF, 'n3', 'SendGrid dropped it: the address bounced before'],
      [HANDOFF, 'n4', 'SendGrid dropped it'],
    ]);
    expect(reportBundle.mock.calls).toEqual([['alice', 'b1', 'SendGrid: it bounced']]);
  });

  test('that cannot be read are a fault of the request', async () => {
    expect(await postEvents('[{')).toBe(400);
  });

  test('R18: that cannot be passed on are to be sent again', async () => {
    reportUndelivered.mockRejectedValueOnce(new Error('Temporal is away'));

    expect(await postEvents([bounce])).toBe(500);
    expect(await postEvents([bounce])).toBe(204);
  });
});

describe('a reply by email', () => {
  const mailbox = TEST_LINKS.mailbox({ handoff: HANDOFF, responder: 'alice' }) ?? '';
  const BOUNDARY = 'xYzZY';

  function form(fields: Readonly<Record<string, string | Buffer>>): Buffer {
    return Buffer.concat([
      ...Object.entries(fields).flatMap(([name, value]) => [
        Buffer.from(`--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n`),
        Buffer.isBuffer(value) ? value : Buffer.from(value),
        Buffer.from('\r\n'),
      ]),
      Buffer.from(`--${BOUNDARY}--\r\n`),
    ]);
  }

  function postMail(fields: Readonly<Record<string, string | Buffer>>): Promise<number> {
    const body = form({
      headers: 'Message-ID: <1@mail.example>\nSubject: Re: Call Maria',
      from: 'Alice Ng <alice@example.com>',
      to: mailbox,
      envelope: JSON.stringify({ to: [mailbox], from: 'alice@example.com' }),
      ...fields,
    });
    return post('/inbound', body, {
      'Content-Type': `multipart/form-data; boundary=${BOUNDARY}`,
      ...signed(body),
    });
  }
  const recorded = () => recordReply.mock.calls.map(([, reply]) => reply);

  test('is recorded for the person and the handoff whose address it went to', async () => {
    expect(await postMail({ text: '1\r\n\r\nOn Mon, Baton wrote:\r\n> Call Maria\r\n' })).toBe(204);

    expect(recordReply).toHaveBeenCalledExactlyOnceWith('alice', {
      replyId: expect.stringMatching(/^email:[0-9a-f]{32}$/) as string,
      text: '1',
      by: { kind: 'responder', id: 'alice', name: 'Alice Ng' },
      via: 'email',
      about: HANDOFF,
    });
  });

  test('that is told twice has one id, and another mail another', async () => {
    const other = { headers: 'Message-ID: <2@mail.example>' };
    await postMail({ text: '1' });
    await postMail({ text: '1' });
    await postMail({ text: '1', ...other });

    const [first, again, second] = recorded().map(({ replyId }) => replyId);
    expect(again).toBe(first);
    expect(second).not.toBe(first);
  });

  test('is read in the alphabet that it was written in', async () => {
    await postMail({
      text: Buffer.from('pass, zajęta', 'utf8'),
      charsets: JSON.stringify({ text: 'UTF-8' }),
    });
    await postMail({
      text: Buffer.from('pass, fällt aus', 'latin1'),
      charsets: JSON.stringify({ text: 'iso-8859-1' }),
    });
    await postMail({
      text: Buffer.from('pass, ok', 'latin1'),
      charsets: JSON.stringify({ text: 'x-nonsense' }),
    });

    expect(recorded().map(({ text }) => text)).toEqual([
      'pass, zajęta',
      'pass, fällt aus',
      'pass, ok',
    ]);
  });

  test('of HTML alone is read too', async () => {
    await postMail({
      html: '<div dir="ltr">1<br></div><div class="gmail_quote">On Mon wrote</div>',
    });

    expect(recorded().map(({ text }) => text)).toEqual(['1']);
  });

  test('from another address says whose it was, so that it can be told and does not count', async () => {
    await postMail({ text: 'ok', from: 'Colleague <carl@example.com>' });
    await postMail({ text: 'ok', from: 'ALICE@Example.com' });

    expect(recorded().map(({ from }) => from)).toEqual(['carl@example.com', undefined]);
  });

  test.each(['STOP', 'unsubscribe', 'HELP', 'yes'])(
    'with the carriers’ word "%s" asks for help: an email stops no SMS',
    async (text) => {
      await postMail({ text });

      expect(recorded()).toMatchObject([{ text: '?' }]);
    },
  );

  test.each<[string, Record<string, string>]>([
    ['an absence note', { headers: 'Message-ID: <3@x>\nAuto-Submitted: auto-replied' }],
    ['nobody of ours', { envelope: '{"to":["x@reply.baton.example"]}', to: 'x@y.example' }],
    ['a forged address', { envelope: `{"to":["${mailbox.replace(/.@/, '0@')}0"]}` }],
  ])('that is for or by %s is taken and left alone', async (_what, fields) => {
    expect(await postMail({ text: '1', ...fields })).toBe(204);
    expect(recordReply).not.toHaveBeenCalled();
  });

  test('that is no form, or a raw message, is a fault of the request that says what to do', async () => {
    const body = Buffer.from('{}');
    expect(
      await post('/inbound', body, { 'Content-Type': 'application/json', ...signed(body) }),
    ).toBe(400);
    const raw = form({ email: 'Subject: x\r\n\r\n1' });
    const response = await fetch(`${url}/inbound`, {
      method: 'POST',
      headers: {
        'Content-Type': `multipart/form-data; boundary=${BOUNDARY}`,
        ...signed(raw),
      },
      body: new Uint8Array(raw),
    });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('Turn off');
  });

  test('with attachments is read without them', async () => {
    const body = Buffer.concat([
      Buffer.from(
        `--${BOUNDARY}\r\nContent-Disposition: form-data; name="attachment1"; filename="logo.png"\r\nContent-Type: image/png\r\n\r\n`,
      ),
      Buffer.alloc(2_000_000, 7),
      Buffer.from('\r\n'),
      form({
        headers: 'Message-ID: <4@mail.example>',
        from: 'alice@example.com',
        envelope: JSON.stringify({ to: [mailbox], from: 'alice@example.com' }),
        text: '2',
      }),
    ]);
    const status = await post('/inbound', body, {
      'Content-Type': `multipart/form-data; boundary=${BOUNDARY}`,
      ...signed(body),
    });

    expect(status).toBe(204);
    expect(recorded()).toMatchObject([{ text: '2' }]);
  });

  test('R18: that cannot be recorded is to be sent again', async () => {
    recordReply.mockRejectedValueOnce(new Error('Temporal is away'));

    expect(await postMail({ text: '1' })).toBe(500);
  });
});
