import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { HandoffClient } from '../../src/api/handoff-client.ts';
import { routePages } from '../../src/api/pages.ts';
import { directorySchema } from '../../src/domain/directory.ts';
import { cardOf, type CommandResult, type TimelineEntry } from '../../src/domain/state.ts';
import type { HandoffView } from '../../src/domain/view.ts';
import { createLogger } from '../../src/logger.ts';
import { renderHandoffPage } from '../../src/pages/handoff-page.ts';
import { asResponder, buildHandoff, TEST_LINKS } from '../support/builders.ts';

const directory = directorySchema.parse({
  organisation: { timezone: 'America/New_York' },
  responders: {
    alice: { name: 'Alice Ng', phone: '+15005550010' },
    bob: { name: 'Bob Diaz', phone: '+15005550011' },
  },
});
const handoff = buildHandoff();
const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString();

function view(changes: Partial<HandoffView> = {}): HandoffView {
  return {
    ...handoff,
    status: 'notifying',
    awaiting: ['alice'],
    expiresAt: inAnHour(),
    next: null,
    timeline: [
      { at: handoff.submittedAt, what: 'submitted', because: 'crm handed it off as urgent' },
      {
        at: handoff.submittedAt,
        what: 'sent',
        because: 'offer to Alice Ng by sms',
        responder: 'alice',
      },
    ],
    ...changes,
  };
}
const owner = (responder: string, name: string) => ({
  status: 'owned' as const,
  awaiting: [],
  owner: { responder, name, since: '2026-11-23T15:02:00.000Z', actBy: '2026-11-23T15:32:00.000Z' },
});
const mine = view(owner('alice', 'Alice Ng'));
const others = view(owner('bob', 'Bob Diaz'));
const NOTES: TimelineEntry[] = [
  { at: handoff.submittedAt, what: 'noted', because: 'crm: Is anybody there?\nHello: <b>' },
  {
    at: handoff.submittedAt,
    what: 'noted',
    because: 'Alice Ng: I am here.',
    responder: 'alice',
  },
];
const over = view({
  status: 'resolved',
  awaiting: [],
  ending: {
    status: 'resolved',
    outcome: 'reached',
    at: '2026-11-23T15:20:00.000Z',
    by: asResponder('bob'),
  },
});

const read = vi.fn<HandoffClient['read']>();
const readCommand = vi.fn<HandoffClient['readCommand']>();
const command = vi.fn<HandoffClient['command']>();
let server: Server;
let base: string;
let link: string;

beforeEach(async () => {
  vi.resetAllMocks();
  read.mockResolvedValue(view());
  readCommand.mockResolvedValue(undefined);
  command.mockResolvedValue('recorded');
  const app = express();
  app.use(
    '/h',
    routePages({
      handoffs: { read, readCommand, command } as Partial<HandoffClient> as HandoffClient,
      directory: () => directory,
      links: TEST_LINKS,
      publicBaseUrl: 'https://baton.example',
      logger: createLogger('api', 'silent'),
    }),
  );
  server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  link = urlOf('alice');
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function urlOf(responder: string, expiresAt = inAnHour()): string {
  const page = TEST_LINKS.page({ handoff: handoff.id, responder, expiresAt }) ?? '';
  return page.replace('https://baton.example', base);
}
async function open(url = link, init: RequestInit = {}) {
  const response = await fetch(url, { redirect: 'manual', ...init });
  return { status: response.status, html: await response.text(), headers: response.headers };
}
const NONCE = 'abcdefghijklmnopqrstuv';
const press = (fields: Record<string, string>, headers: Record<string, string> = {}, url = link) =>
  open(url, { method: 'POST', headers, body: new URLSearchParams({ nonce: NONCE, ...fields }) });
const buttonsIn = (html: string) =>
  [...html.matchAll(/<button name="do" value="([^"]*)"/g)].map(([, does]) => does);

describe('what a reader sees', () => {
  test('who is asked: the action, the number, the brief, and what they can do', async () => {
    const { status, html } = await open();

    expect(status).toBe(200);
    expect(html).toMatch(/<h1>Call Maria Lopez .*<\/h1>/);
    expect(html).toContain('<a class="call" href="tel:+15125550147">Call +1 512 555 0147</a>');
    expect(html).toContain('Compared Pro and Team twice today');
    expect(html).toContain('92/100, top 3 % this month');
    expect(html).toContain('offer to Alice Ng by sms');
    expect(buttonsIn(html)).toEqual(['take', 'pass', 'snooze:15', 'snooze:60']);
  });

  test('who has it: the outcomes, a note, pass and later', async () => {
    read.mockResolvedValue(mine);
    const { html } = await open();

    expect(html).toContain('You have it.');
    expect(buttonsIn(html)).toEqual([
      'note',
      ...['resolve:reached', 'resolve:no-answer', 'resolve:bad-lead'],
      ...['pass', 'snooze:15', 'snooze:60'],
    ]);
    expect(html).toContain('<textarea name="note"');
  });

  test('who has it: a note for the source, and a frame once there are notes', async () => {
    read.mockResolvedValue(mine);
    expect((await open()).html).toMatch(/crm sees at once.*its own notes appear here/);
    expect((await open()).html).not.toContain('<iframe');

    read.mockResolvedValue({ ...mine, timeline: NOTES });
    const { html } = await open();
    expect(html).toContain(`<iframe src="${new URL(link).pathname.slice(3)}/notes"`);
    // In the frame, and not once more among the steps.
    expect(html).not.toContain('Is anybody there?');
  });

  test('without outcomes it is just done', async () => {
    read.mockResolvedValue({ ...mine, action: { ...mine.action, outcomes: [] } });
    expect(buttonsIn((await open()).html)).toContain('resolve');
  });

  test('somebody else has it: who, since when, and how to take it over', async () => {
    read.mockResolvedValue(others);
    const { html } = await open();

    expect(html).toMatch(/Bob Diaz has it<\/strong> since .*10:02/);
    expect(buttonsIn(html)).toEqual(['take-over']);
  });

  test('it is over: what happened, no button, and nothing of the lead but the action', async () => {
    read.mockResolvedValue(over);
    const { status, html } = await open();

    expect(status).toBe(200);
    expect(html).toMatch(
      /It is over:<\/strong> done \(reached\) by BOB, .*10:20\. Nothing for you to do\./,
    );
    expect(buttonsIn(html)).toEqual([]);
    expect(html).not.toMatch(/555 ?0147|15125550147|Acme|Compared|Score/);
  });

  test('it ended so long ago that nothing is known', async () => {
    read.mockResolvedValue(undefined);
    expect(await open()).toMatchObject({ status: 410 });
  });

  test('no worker is there: it looks again by itself', async () => {
    read.mockResolvedValue('unanswered');
    const { status, html } = await open();

    expect(status).toBe(503);
    expect(html).toContain('<meta http-equiv="refresh" content="5">');
    expect((await open(`${link}?did=${NONCE}`)).html).toContain('Your answer is recorded.');
  });

  test('Temporal is away: what to do instead', async () => {
    read.mockRejectedValue(new Error('away'));
    const { status, html } = await open();

    expect(status).toBe(503);
    expect(html).toContain('answer the SMS or email');
    command.mockRejectedValue(new Error('away'));
    expect((await press({ do: 'take' })).html).toContain('may not be recorded');
  });
});

describe('the frame of notes', () => {
  const frame = () => open(`${link}/notes`);

  test('shows the owner both sides, newest first, and looks again by itself', async () => {
    read.mockResolvedValue({ ...mine, timeline: NOTES });
    const { status, html, headers } = await frame();

    expect(status).toBe(200);
    expect(html).toContain('Is anybody there?\nHello: &lt;b&gt;');
    expect(html.indexOf('I am here.')).toBeLessThan(html.indexOf('Is anybody there?'));
    expect(html).toContain('<meta http-equiv="refresh"');
    expect(headers.get('content-security-policy')).toContain("frame-ancestors 'self'");
    expect(headers.get('cache-control')).toBe('no-store');
    expect(command).not.toHaveBeenCalled();
  });

  test('shows nothing to who does not have it, nor once it is over', async () => {
    for (const [seen, said] of [
      [others, 'You do not have it now.'],
      [over, 'It is over.'],
    ] as const) {
      read.mockResolvedValue({ ...seen, timeline: NOTES });
      const { html } = await frame();
      expect(html).toContain(said);
      expect(html).not.toMatch(/I am here|anybody there|http-equiv="refresh"/);
    }
    expect((await open(`${base}/h/wrong/notes`)).status).toBe(404);
  });

  test('is under 30 kB however much was written', async () => {
    const long = { ...NOTES[0], because: `crm: ${'"'.repeat(1_000)}` } as TimelineEntry;
    read.mockResolvedValue({ ...mine, timeline: Array.from({ length: 200 }, () => long) });
    const { html } = await frame();
    expect(Buffer.byteLength(html)).toBeLessThan(30_000);
    expect(html).toContain('earlier ones are left out');
  });
});

describe('links', () => {
  test('that are wrong in any way are answered alike', async () => {
    const wrong = [link.slice(0, -1), `${link}A`, link.replace('alice', 'bob'), `${base}/h/x`];
    const answers = await Promise.all(wrong.map((url) => open(url)));

    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404]);
    expect(new Set(answers.map(({ html }) => html)).size).toBe(1);
    expect((await press({ do: 'take' }, {}, wrong[2])).status).toBe(404);
    expect(command).not.toHaveBeenCalled();
    expect(read).not.toHaveBeenCalled();
  });

  test('that expired, or whose person is gone, open nothing', async () => {
    const expired = urlOf('alice', '2026-01-01T00:00:00.000Z');
    expect((await open(expired)).status).toBe(410);
    expect((await press({ do: 'take' }, {}, expired)).status).toBe(410);
    expect((await open(urlOf('zoe'))).status).toBe(410);
    expect(read).not.toHaveBeenCalled();
    expect(command).not.toHaveBeenCalled();
  });
});

describe('looking changes nothing', () => {
  test.each<[string, RequestInit]>([
    ['GET', {}],
    ['HEAD', { method: 'HEAD' }],
    ['a prefetch', { headers: { Purpose: 'prefetch', 'Sec-Purpose': 'prefetch;prerender' } }],
    ['a link preview', { headers: { 'User-Agent': 'facebookexternalhit/1.1' } }],
    ['OPTIONS', { method: 'OPTIONS' }],
    ['PUT', { method: 'PUT' }],
    ['DELETE', { method: 'DELETE' }],
  ])('%s', async (_what, init) => {
    await open(link, init);
    await open(`${link}?do=take&nonce=${NONCE}`, init);
    await open(`${link}?did=${NONCE}`, init);
    expect(command).not.toHaveBeenCalled();
  });

  test('other methods are refused', async () => {
    const { status, headers } = await open(link, { method: 'PUT' });
    expect(status).toBe(405);
    expect(headers.get('allow')).toBe('GET, HEAD, POST');
  });
});

describe('a button', () => {
  const base_ = {
    id: `link:alice:${NONCE}`,
    by: { kind: 'responder', id: 'alice', name: 'Alice Ng' },
    via: 'link',
  };

  test.each<[Record<string, string>, string, object]>([
    [{ do: 'take' }, 'take', {}],
    [{ do: 'take-over' }, 'take', { over: true }],
    [{ do: 'pass' }, 'pass', {}],
    [{ do: 'snooze:15' }, 'snooze', { forMs: 900_000 }],
    [{ do: 'snooze:60' }, 'snooze', { forMs: 3_600_000 }],
    [{ do: 'resolve' }, 'resolve', {}],
    [{ do: 'note', text: ' Hello,\r\nI am Alice. ' }, 'note', { text: 'Hello,\nI am Alice.' }],
    [{ do: 'note', text: '\u{1f642}'.repeat(500) }, 'note', { text: '\u{1f642}'.repeat(500) }],
    [
      { do: 'resolve:no-answer', note: ' left a voicemail ' },
      'resolve',
      { outcome: 'no-answer', note: 'left a voicemail' },
    ],
    [{ do: 'resolve:reached', note: '  ' }, 'resolve', { outcome: 'reached' }],
  ])('%j is one command, and leads back to the page', async (fields, verb, payload) => {
    const { status, headers } = await press(fields);

    expect(status).toBe(303);
    const place = verb === 'note' ? '#talk' : '';
    expect(headers.get('location')).toBe(`${new URL(link).pathname}?did=${NONCE}${place}`);
    expect(command).toHaveBeenCalledExactlyOnceWith(handoff.id, verb, { ...base_, ...payload });
  });

  test('has a name of its own on each page that is opened', async () => {
    const nonces = await Promise.all([open(), open()]).then((pages) =>
      pages.map(({ html }) => /name="nonce" value="([^"]*)"/.exec(html)?.[1]),
    );
    expect(new Set(nonces).size).toBe(2);
    for (const nonce of nonces) expect(nonce).toMatch(/^[\w-]{22}$/);
  });

  test('is answered with what came of it, in words that no link can put there', async () => {
    const result = {
      commandId: 'c',
      verb: 'take',
      by: asResponder('alice'),
      at: handoff.submittedAt,
      effect: 'taken',
    };
    readCommand.mockResolvedValue({ card: cardOf(handoff), result: result as CommandResult });
    read.mockResolvedValue(mine);

    expect((await open(`${link}?did=${NONCE}`)).html).toContain(
      'role="status">You have it: Call Maria Lopez',
    );
    expect(readCommand).toHaveBeenCalledWith(handoff.id, `link:alice:${NONCE}`);
    readCommand.mockClear();
    const { html } = await open(`${link}?did=<b>You%20are%20fired`);
    expect(html).not.toContain('fired');
    expect(readCommand).not.toHaveBeenCalled();
  });

  test.each<[string, Record<string, string>]>([
    ['no button', { do: '' }],
    ['a button that there is not', { do: 'escalate' }],
    ['an outcome that is none', { do: 'resolve:<b>' }],
    ['a snooze of another length', { do: 'snooze:99999' }],
    ['a wrong nonce', { do: 'take', nonce: '__proto__' }],
    ['a novel as note', { do: 'resolve', note: 'x'.repeat(301) }],
    ['an empty note', { do: 'note', text: ' \r\n ' }],
    ['a note that is too long', { do: 'note', text: 'x'.repeat(1_001) }],
  ])('with %s does nothing', async (_what, fields) => {
    const { status, html } = await press(fields);
    expect(status).toBe(400);
    expect(html).toContain('Nothing was done');
    expect(command).not.toHaveBeenCalled();
  });

  test.each<[number, Record<string, string>]>([
    [303, { 'Sec-Fetch-Site': 'same-origin', Origin: 'null' }],
    [303, { Origin: 'https://baton.example' }],
    [303, { Origin: 'null' }],
    [403, { 'Sec-Fetch-Site': 'cross-site' }],
    [403, { 'Sec-Fetch-Site': 'same-site', Origin: 'https://baton.example' }],
    [403, { Origin: 'https://evil.example' }],
  ])('is answered %i when sent with %j', async (status, headers) => {
    expect((await press({ do: 'take' }, headers)).status).toBe(status);
    expect(command).toHaveBeenCalledTimes(status === 303 ? 1 : 0);
  });

  test('of a body that is too large does nothing', async () => {
    expect((await press({ do: 'take', x: 'x'.repeat(20_000) })).status).toBe(413);
    expect(command).not.toHaveBeenCalled();
  });
});

describe('the page', () => {
  test('may load and run nothing, and is kept and found by nobody', async () => {
    const { headers, html } = await open();
    const style = /<style>([^]*)<\/style>/.exec(html)?.[1] ?? '';
    const hash = createHash('sha256').update(style).digest('base64');

    expect(headers.get('content-security-policy')).toBe(
      `default-src 'none'; style-src 'sha256-${hash}'; form-action 'self'; frame-src 'self'; frame-ancestors 'none'; base-uri 'none'`,
    );
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('x-robots-tag')).toContain('noindex');
    expect(html).not.toMatch(/<script|style="| on\w+=|https?:\/\//);
  });

  const reader = {
    id: 'alice',
    name: 'Alice Ng',
    timezone: 'America/New_York',
    now: '2026-11-23T15:00:00.000Z',
  };

  const notesUrl = 'token/notes';

  test('is under 30 kB, whatever the handoff', () => {
    const long = (length: number) => '<&"é'.repeat(length).slice(0, length);
    const entry: TimelineEntry = { at: handoff.submittedAt, what: 'noted', because: long(1_600) };
    const largest = view({
      brief: {
        subject: long(120),
        summary: long(2_000),
        score: { value: 1, meaning: long(80) },
        origin: long(80),
        facts: Array.from({ length: 20 }, () => ({ label: long(40), value: long(200) })),
        details: 'é'.repeat(20_000),
      },
      action: {
        do: long(100),
        say: long(300),
        outcomes: Array.from({ length: 10 }, (_, index) => `${'x'.repeat(28)}${index}`),
        contact: { name: long(80), phone: '+15125550147', email: 'maria@example.com' },
      },
      timeline: Array.from({ length: 200 }, () => entry),
      ...owner('alice', 'Alice Ng'),
    });
    const usual = Buffer.byteLength(
      renderHandoffPage({ view: view(), reader, nonce: NONCE, notesUrl }),
    );
    const most = Buffer.byteLength(
      renderHandoffPage({ view: largest, reader, nonce: NONCE, notesUrl }),
    );
    // oxlint-disable-next-line no-console
    console.log(`the page: ${usual} bytes as a rule, ${most} at most`);
    expect(most).toBeLessThan(30_000);
  });

  test('shows what others wrote as text, never as markup', () => {
    const hostile = fc.constantFrom(
      `<script>alert(1)</script>`,
      `" onclick="x`,
      `'><img src=x>`,
      '&amp;<b>',
    );
    fc.assert(
      fc.property(hostile, fc.constantFrom('alice', 'bob', undefined), (text, has) => {
        const html = renderHandoffPage({
          view: view({
            brief: {
              subject: text,
              summary: text,
              origin: text,
              details: text,
              facts: [{ label: text, value: text }],
            },
            action: {
              do: text,
              say: text,
              outcomes: [],
              contact: { name: text, phone: text, email: text },
            },
            timeline: [{ at: handoff.submittedAt, what: 'noted', because: text }],
            ...(has === undefined ? {} : owner(has, text)),
          }),
          reader: { ...reader, name: text },
          nonce: NONCE,
          notesUrl,
          said: text,
        });
        expect(html).not.toMatch(/<script|<img|<b>|" onclick|'>/);
        const tags = html.match(/<[a-z][^>]*>/g) ?? [];
        expect(tags.filter((tag) => /\son\w+=|javascript:/i.test(tag))).toEqual([]);
      }),
    );
  });
});
