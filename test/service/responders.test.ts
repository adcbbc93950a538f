import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ServiceError } from '@temporalio/client';
import express from 'express';
import twilio from 'twilio';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { HandoffClient } from '../../src/api/handoff-client.ts';
import { routeTwilio } from '../../src/api/twilio.ts';
import { loadOrganisation } from '../../src/directory/load.ts';
import type { Absence } from '../../src/domain/availability/situation.ts';
import { responderWorkflowId } from '../../src/workflows/messages.ts';
import { createLogger } from '../../src/logger.ts';
import type { ResponderView } from '../../src/domain/responder.ts';
import { createReplyReader } from '../../src/people/replies.ts';
import type { Responders } from '../../src/people/responders.ts';
import type { AskStandings } from '../../src/people/standings.ts';
import { startBaton, TEST_ACCOUNT, TEST_FILES, type Baton } from '../support/baton.ts';
import { buildSubmission } from '../support/samples.ts';

let baton: Baton;
beforeAll(async () => {
  baton = await startBaton();
});
afterAll(async () => {
  await baton.stop();
});

const LATER = { timeout: 15_000, interval: 50 };

interface Answer {
  readonly status: number;
  readonly body: {
    readonly away?: Absence;
    readonly detail?: string;
    readonly errors?: readonly { pointer: string; detail: string }[];
  };
}

async function call(
  method: string,
  path: string,
  body?: unknown,
  key: string = TEST_ACCOUNT.apiKey,
): Promise<Answer> {
  const response = await fetch(`${baton.url}/v1/responders/${path}`, {
    method,
    headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Answer['body'] };
}

/** Returns what the API says of a person's absence. */
async function readAway(person: string): Promise<Absence | undefined> {
  return (await call('GET', person)).body.away;
}

/** Returns what a person is answered by SMS. */
async function text(person: string, words: string, messageSid?: string): Promise<string> {
  const options = messageSid === undefined ? {} : { messageSid };
  const { answers } = await baton.phone(person).reply(words, options);
  expect(answers).toHaveLength(1);
  return answers[0] ?? '';
}

function hoursBetween({ since, until }: Absence): number {
  return (Date.parse(until ?? '') - Date.parse(since)) / 3_600_000;
}

describe('a responder by the API', () => {
  test('is who the directory says, in their own zone or the organisation’s', async () => {
    expect(await call('GET', 'bob')).toEqual({
      status: 200,
      body: { id: 'bob', name: 'Bob Diaz', timezone: 'America/Chicago' },
    });
    expect((await call('GET', 'wrong')).body).toMatchObject({ timezone: 'America/New_York' });
  });

  test('is away from when it is said until they are back, for any source', async () => {
    const put = await call('PUT', 'carol/away', { until: '3d', cover: 'bob' });

    expect(put.status).toBe(200);
    const { away } = put.body;
    if (!away) throw new Error('not away');
    expect(away.cover).toBe('bob');
    expect(hoursBetween(away)).toBe(72);
    expect(await readAway('carol')).toEqual(away);

    // Said again, it is what was said last.
    const again = await call('PUT', 'carol/away', undefined, 'other-key-0123456789');
    expect(again.body.away).toEqual({ since: expect.any(String) as string });
    expect(await readAway('carol')).toEqual(again.body.away);

    expect(await call('DELETE', 'carol/away')).toEqual({ status: 200, body: {} });
    expect(await readAway('carol')).toBeUndefined();
    expect(await call('DELETE', 'carol/away')).toEqual({ status: 200, body: {} });
  });

  test('is away until midnight of their own zone when a day is given', async () => {
    const day = new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10);
    const { body } = await call('PUT', 'bob/away', { until: day });

    const shown = new Intl.DateTimeFormat('sv-SE', {
      timeZone: 'America/Chicago',
      dateStyle: 'short',
      timeStyle: 'short',
    }).format(new Date(body.away?.until ?? ''));
    expect(shown).toBe(`${day} 00:00`);
    await call('DELETE', 'bob/away');
  });

  test('who is unknown answers 404', async () => {
    const answers = await Promise.all([
      call('GET', 'zoe'),
      call('PUT', 'zoe/away', { until: 'never' }),
      call('DELETE', 'zoe/away'),
      call('GET', 'constructor'),
    ]);

    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404]);
    expect(answers[0].body.detail).toBe('There is no responder zoe.');
  });

  test.each<[string, unknown, string[]]>([
    ['an unknown cover', { cover: 'zoe' }, ['/cover']],
    ['themselves as cover', { cover: 'carol' }, ['/cover']],
    ['a time that is past', { until: '2020-01-01T00:00:00Z' }, ['/until']],
    ['a time in no zone and no day', { until: 'monday' }, ['/until']],
    ['a time far ahead', { until: '400d' }, ['/until']],
    ['no time at all', { until: '' }, ['/until']],
    ['a number', { until: 3 }, ['/until']],
    ['several faults', { until: '0d', cover: 'zoe', why: 'x' }, ['', '/until', '/cover']],
    ['faults of form and of sense', { until: '0d', cover: 7 }, ['/cover', '/until']],
    ['a list', [], ['']],
  ])('%s answers 422 with every fault, and changes nothing', async (_, body, pointers) => {
    const answer = await call('PUT', 'carol/away', body);

    expect(answer.status).toBe(422);
    expect(answer.body.errors?.map(({ pointer }) => pointer)).toEqual(pointers);
    expect(await readAway('carol')).toBeUndefined();
  });

  test.each([
    ['no JSON', '{"until"', 400],
    ['a body that is too large', JSON.stringify({ until: 'x'.repeat(20_000) }), 413],
  ])('%s is refused', async (_, body, status) => {
    expect((await call('PUT', 'carol/away', body)).status).toBe(status);
  });

  test('without a key nobody learns or changes anything', async () => {
    const path = `${baton.url}/v1/responders/carol`;
    const answers = await Promise.all([
      fetch(path),
      fetch(`${path}/away`, { method: 'PUT' }),
      fetch(`${path}/away`, { method: 'DELETE' }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401]);
  });

  test('is described', async () => {
    const description = (await (await fetch(`${baton.url}/openapi.json`)).json()) as {
      paths: Record<string, object>;
    };
    expect(Object.keys(description.paths['/v1/responders/{id}'] ?? {})).toEqual(['get']);
    expect(Object.keys(description.paths['/v1/responders/{id}/away'] ?? {})).toEqual([
      'put',
      'delete',
    ]);
  });
});

describe('a responder by SMS', () => {
  test('is away and back by a word, and told what stays theirs', async () => {
    const [mine, other] = [
      await baton.submit(buildSubmission({ action: { do: 'Call lead one' } })),
      await baton.submit(buildSubmission({ action: { do: 'Call lead two' } })),
    ];
    await baton.phone('alice').expectSms(/Call lead one/);
    await baton.phone('alice').expectSms(/Call lead two/);
    await text('alice', `1 ${mine.code}`);

    expect(await text('alice', 'Away 3d, Bob covers')).toMatch(
      new RegExp(
        String.raw`^You are away until \w{3} \d+ \w{3} \d\d:\d\d\. Nothing is sent to you before, except critical work\. ` +
          String.raw`Bob Diaz covers for you\. Text back to end it\.\n` +
          String.raw`You still have ${mine.code}: reply 2 ${mine.code} to pass it\.\n1 still waits for you\.$`,
      ),
    );
    const away = await readAway('alice');
    if (!away) throw new Error('not away');
    expect(away.cover).toBe('bob');
    expect(hoursBetween(away)).toBe(72);
    // Planning reads it from where no worker is needed.
    const memo = async () =>
      (await baton.client.workflow.getHandle(responderWorkflowId('alice')).describe()).memo;
    await expect.poll(memo, LATER).toEqual({ away });

    // What they have is theirs to answer all the same.
    expect(await text('alice', `1 ${other.code}`)).toMatch(/^You have it: Call lead two/);
    expect(await text('alice', `2 ${mine.code}`)).toMatch(/^Passed on/);
    expect(await readAway('alice')).toEqual(away);

    expect(await text('alice', "I'm back")).toMatch(
      new RegExp(`^You are back: 1 is yours\\.\n${other.code} \\(yours\\): Call lead two`),
    );
    expect(await readAway('alice')).toBeUndefined();
    await baton.call('POST', `/v1/handoffs/${mine.id}/withdraw`, {});
    await baton.call('POST', `/v1/handoffs/${other.id}/withdraw`, {});
  });

  test('is told when it cannot be understood, and stays as they were', async () => {
    const before = await text('carol', 'away');
    expect(before).toBe(
      'You are away. Nothing is sent to you, except critical work. Text back to end it.',
    );
    const away = await readAway('carol');

    expect(await text('carol', 'away until next week')).toMatch(
      /^"away until next week" was not understood, .*: nothing has changed\./,
    );
    expect(await text('carol', 'away until 2020-01-01')).toMatch(/nothing has changed/);
    expect(await text('carol', 'away cover zoe')).toMatch(/^Nobody here is called "zoe"/);
    expect(await text('carol', 'away cover carol')).toMatch(/^You cannot cover for yourself/);
    expect(await readAway('carol')).toEqual(away);

    expect(await text('carol', 'back')).toBe('You are back: nothing waits for you.');
  });

  test('is where their last words left them, however often Twilio delivers the earlier ones', async () => {
    const [first, second] = [`SM${'a'.repeat(32)}`, `SM${'b'.repeat(32)}`];
    const answer = await text('carol', 'away 3d', first);
    const away = await readAway('carol');

    expect(await text('carol', 'away 3d', first)).toBe(answer);
    expect(await readAway('carol')).toEqual(away);

    await text('carol', 'back', second);
    expect(await text('carol', 'away 3d', first)).toMatch(/^You are back/);
    expect(await readAway('carol')).toBeUndefined();

    const later = await text('carol', 'away 5d');
    expect(await text('carol', 'back', second)).toBe(later);
    await text('carol', 'back');
  });

  test('is away although no worker is there, and the next one knows', async () => {
    await baton.worker.stop();
    expect(await text('carol', 'away until tomorrow')).toMatch(
      /^You are away until \w{3} \d+ \w{3} 00:00\. .*\. Text back to end it\.$/,
    );

    baton.worker = await baton.startWorker();
    await expect.poll(() => readAway('carol'), LATER).toHaveProperty('until');
    expect(await text('carol', 'back')).toBe('You are back: nothing waits for you.');
  });
});

describe('a reply while Temporal is out of reach', () => {
  const lost = () => Promise.reject(new Error('no connection'));
  const recorded = () => Promise.resolve();

  /** Returns what alice is answered where the calls to her workflow go as given. */
  async function answerTo(
    words: string,
    calls: Partial<Responders>,
    fields: Readonly<Record<string, string>> = {},
    standings: AskStandings = lost,
    command: HandoffClient['command'] = lost,
  ): Promise<string> {
    const { directory } = loadOrganisation(TEST_FILES);
    const app = express();
    const server = createServer(app);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    app.use(
      routeTwilio({
        handoffs: { command } as never,
        responders: {
          read: lost,
          setAway: lost,
          setBack: lost,
          noteReply: recorded,
          ...calls,
        } as unknown as Responders,
        standings,
        replies: createReplyReader(standings),
        directory: () => directory,
        authToken: TEST_ACCOUNT.authToken,
        publicBaseUrl: url,
        logger: createLogger('test', 'silent'),
      }),
    );
    const form = {
      MessageSid: `SM${'c'.repeat(32)}`,
      From: '+15005550010',
      To: '+15005550006',
      Body: words,
      ...fields,
    };
    const response = await fetch(`${url}/sms`, {
      method: 'POST',
      headers: {
        'X-Twilio-Signature': twilio.getExpectedTwilioSignature(
          TEST_ACCOUNT.authToken,
          `${url}/sms`,
          form,
        ),
      },
      body: new URLSearchParams(form),
    });
    const answer = await response.text();
    await new Promise((resolve) => server.close(resolve));
    return /<Message>(.*)<\/Message>/s.exec(answer)?.[1] ?? '';
  }

  test.each<[string, Readonly<Record<string, string>>, 'optOut' | 'optIn' | undefined, string[]?]>([
    ['ARRET', { OptOutType: 'STOP' }, 'optOut'],
    ['SUBSCRIBE', { OptOutType: 'START' }, 'optIn'],
    ['HILFE', { OptOutType: 'HELP' }, undefined],
    ['STOP', {}, 'optOut'],
    ['STOP', { MessagingServiceSid: 'MG1' }, 'optOut', ['MG1', '+15005550006']],
  ])(
    'fault 10: %j with %j is what Twilio took it for, and answered by Twilio alone',
    async (words, fields, expected, sender = ['+15005550006']) => {
      const calls: unknown[] = [];
      const record =
        (name: string) =>
        (...given: unknown[]): Promise<void> => {
          calls.push([name, ...given]);
          return Promise.resolve();
        };
      const person = { optOut: record('optOut'), optIn: record('optIn') };

      expect(await answerTo(words, person, fields)).toBe('');
      const id = `sms:SM${'c'.repeat(32)}`;
      const given = expected === 'optOut' ? [sender] : [];
      expect(calls).toEqual(expected === undefined ? [] : [[expected, 'alice', id, ...given]]);
    },
  );

  test('fault 10: "yes" of somebody who gets SMS anyway is answered with help', async () => {
    const read = () => Promise.resolve(NOBODY);
    const answer = await answerTo('YES', { read }, {}, () => Promise.resolve(NOTHING));
    expect(answer).toMatch(/^Reply 1 to take/);
  });

  test.each(['away', 'away 3d', 'back'])('%j is said not to be recorded', async (words) => {
    expect(await answerTo(words, {})).toMatch(/^Your reply is NOT recorded yet/);
  });

  test('a reply that does not reach its handoff is left to their own workflow', async () => {
    const read = () => Promise.resolve({ ...NOBODY, offers: [OFFER] });
    const records: unknown[] = [];
    const recordReply = (...record: unknown[]): Promise<void> => {
      records.push(record);
      return Promise.resolve();
    };

    expect(await answerTo('1 KM47', { read, recordReply })).toMatch(/^Your reply is recorded/);
    expect(records).toEqual([
      [
        'alice',
        expect.objectContaining({ replyId: `sms:SM${'c'.repeat(32)}`, text: '1 KM47' }),
        // What is left of the 15 s that Twilio waits.
        expect.closeTo(12_000, -3),
      ],
    ]);
    expect(await answerTo('1 KM47', { read, recordReply: lost })).toMatch(/NOT recorded yet/);
  });

  test.each([
    ['was refused', 8, /^Your reply is NOT recorded yet/],
    ['was not answered in time', 4, /^It is not certain that your reply is recorded\./],
    // Temporal may have had it before it went away.
    ['reached nobody in the end', 14, /^It is not certain that your reply is recorded\./],
  ])('fault 1: of what %s no more is said than is known', async (_what, status, said) => {
    const fails = () => Promise.reject(failWith(status));
    const nobody = () => Promise.resolve(undefined);
    const offered = () => Promise.resolve({ ...NOBODY, offers: [OFFER] });

    expect(await answerTo('away 3d', { setAway: fails })).toMatch(said);
    expect(await answerTo('back', { setBack: fails })).toMatch(said);
    expect(await answerTo('STOP', { optOut: fails })).toMatch(said);
    expect(await answerTo('1', { read: nobody, recordReply: fails })).toMatch(said);
    const calls = { read: offered, recordReply: fails };
    expect(await answerTo('1 KM47', calls, {}, lost, fails)).toMatch(said);
    // Whichever of the two may have arrived counts.
    const refused = { read: offered, recordReply: () => Promise.reject(failWith(8)) };
    expect(await answerTo('1 KM47', refused, {}, lost, fails)).toMatch(said);
    // Nothing has been sent before it is known what it means.
    expect(await answerTo('1', { read: fails })).toMatch(/^Your reply is NOT recorded yet/);
  });

  test('of a command whose result nobody can be asked for, none is promised', async () => {
    const read = () => Promise.resolve({ ...NOBODY, offers: [OFFER] });
    const records: unknown[] = [];
    const recordReply = (...record: unknown[]): Promise<void> => {
      records.push(record);
      return Promise.resolve();
    };
    const unconfirmed = () => Promise.resolve('unconfirmed' as const);

    // Their own workflow may find out, once it can be told; until then only this process knows that it is to.
    expect(await answerTo('1 KM47', { read, recordReply }, {}, lost, unconfirmed)).toBe(
      'Your reply is recorded, what came of it is not known yet. If no result comes within 5 minutes, please send it again.',
    );
    expect(records).toHaveLength(1);
  });

  test('what was recorded is said to be, although nothing can be asked after it', async () => {
    const calls = { setAway: recorded, setBack: recorded };

    expect(await answerTo('away', calls)).toMatch(/^You are away\. .*Text back to end it\.$/);
    expect(await answerTo('back', calls)).toBe('You are back.');
  });

  test('what was not understood is answered, and remembered as answered', async () => {
    const noted: unknown[] = [];
    const noteReply = (...reply: unknown[]): Promise<void> => {
      noted.push(reply);
      return Promise.resolve();
    };

    expect(await answerTo('away until next week', { noteReply })).toMatch(/nothing has changed/);
    expect(noted).toEqual([['alice', { replyId: `sms:SM${'c'.repeat(32)}`, isIdle: true }]]);
  });
});

/** What the Temporal client throws when a call ends with this status of gRPC. */
function failWith(code: number): Error {
  const cause = Object.assign(new Error('of gRPC'), { code, details: '', metadata: {} });
  return new ServiceError('of Temporal', { cause });
}

const OFFER = {
  handoffId: 'hof_1',
  code: 'KM47',
  subject: 'Maria',
  action: 'Call Maria',
  at: '2026-11-23T15:00:00.000Z',
} as const;
const NOBODY: ResponderView = { offers: [], closed: [], idle: 0, replies: {} };
const NOTHING = {
  open: [],
  closed: [],
  reports: [],
  forgotten: [],
  unanswered: [],
  cards: [],
} as const;
