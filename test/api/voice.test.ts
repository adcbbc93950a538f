import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import twilio from 'twilio';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { CommandAnswer, HandoffClient } from '../../src/api/handoff-client.ts';
import { answerProblems } from '../../src/api/problem.ts';
import { requireTwilioSignature } from '../../src/api/verify.ts';
import { routeVoice } from '../../src/api/voice.ts';
import { directorySchema } from '../../src/domain/directory.ts';
import { cardOf, type CommandResult, type TimelineEntry } from '../../src/domain/state.ts';
import type { HandoffView } from '../../src/domain/view.ts';
import { createLogger } from '../../src/logger.ts';
import { asResponder, buildHandoff } from '../support/builders.ts';

const authToken = 'the-auth-token';
const publicBaseUrl = 'https://baton.example';
const PATH = '/webhooks/twilio/voice';
const CALL = 'CA0123456789abcdef0123456789abcdef';
const NAMES = 'h=hof_1&n=n1&r=alice';

const directory = directorySchema.parse({
  organisation: { timezone: 'America/New_York' },
  responders: {
    alice: { name: 'Alice Ng', phone: '+15005550010' },
    ewa: { name: 'Ewa Nowak', phone: '+15005550011', locale: 'pl-PL', voice: 'Polly.Maja' },
  },
});
const handoff = buildHandoff({ id: 'hof_1' });

const sent = (channel: TimelineEntry['channel'], what: TimelineEntry['what'] = 'sent') =>
  ({
    at: handoff.submittedAt,
    what,
    because: 'offer',
    responder: 'alice',
    channel,
  }) as TimelineEntry;

function view(changes: Partial<HandoffView> = {}): HandoffView {
  return {
    ...handoff,
    status: 'notifying',
    awaiting: ['alice'],
    expiresAt: '2026-11-30T15:00:00.000Z',
    next: null,
    timeline: [sent('sms')],
    ...changes,
  };
}

const bob = { responder: 'bob', name: 'Bob Diaz', since: '2026-11-23T15:02:00.000Z' };
const report = (changes: Partial<CommandResult>): CommandAnswer => ({
  card: cardOf(handoff),
  result: {
    commandId: 'c',
    verb: 'take',
    by: asResponder('alice'),
    at: handoff.submittedAt,
    effect: 'taken',
    ...changes,
  },
});

/** Stands for Temporal: each test says what it answers, in turn; the last goes on. */
const handoffs = {
  read: vi.fn<HandoffClient['read']>(),
  command: vi.fn<HandoffClient['command']>(),
  reportUndelivered: vi.fn<HandoffClient['reportUndelivered']>(),
};
let server: Server;
let url: string;
let patienceMs: number;

beforeEach(async () => {
  vi.resetAllMocks();
  handoffs.read.mockResolvedValue(view());
  handoffs.command.mockResolvedValue(report({}));
  handoffs.reportUndelivered.mockResolvedValue();
  patienceMs = 3_500;
  const logger = createLogger('api', 'silent');
  const app = express();
  app.set('query parser', 'simple');
  app.use(
    PATH,
    express.urlencoded({ extended: false }),
    requireTwilioSignature({ authToken, publicBaseUrl }),
    routeVoice({
      handoffs: handoffs as unknown as HandoffClient,
      directory: () => directory,
      publicBaseUrl,
      logger,
      get patienceMs() {
        return patienceMs;
      },
    }),
  );
  app.use(answerProblems(logger));
  server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  await new Promise((resolve) => {
    server.close(resolve);
    server.closeAllConnections();
  });
});

/** Requests an address as Twilio does; the fragment is neither sent nor signed. */
async function post(
  path: string,
  form: Record<string, string>,
  tamper?: Partial<Record<string, string>>,
) {
  const [bare = ''] = path.split('#');
  const signature = twilio.getExpectedTwilioSignature(authToken, `${publicBaseUrl}${bare}`, form);
  const { status, headers, body } = await fetchText(`${url}${tamper?.['path'] ?? bare}`, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/x-www-form-urlencoded',
      'X-Twilio-Signature': tamper?.['signature'] ?? signature,
    },
    body: new URLSearchParams({ ...form, ...(tamper?.['digits'] && { Digits: tamper['digits'] }) }),
  });
  return { status, type: headers.get('content-type') ?? '', body };
}

async function fetchText(address: string, init: RequestInit) {
  const response = await fetch(address, init);
  return { status: response.status, headers: response.headers, body: await response.text() };
}

/** What the phone hears of one answer, and where its keys lead. */
interface Heard {
  readonly xml: string;
  readonly said: string;
  /** What is said before the call waits for a key. */
  readonly gathers: readonly {
    readonly said: string;
    readonly attributes: Record<string, string>;
  }[];
  readonly redirect?: string;
  readonly pause?: number;
  readonly hangsUp: boolean;
}

const unescape = (text: string): string =>
  text
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/&apos;/g, "'")
    .replace(/&amp;/g, '&');
const attributesOf = (text: string): Record<string, string> =>
  Object.fromEntries(
    [...text.matchAll(/([\w:]+)="([^"]*)"/g)].map(([, name = '', value = '']) => [
      name,
      unescape(value),
    ]),
  );
const sayings = (xml: string): string =>
  [...xml.matchAll(/<Say[^>]*>([^<]*)<\/Say>/g)].map(([, text = '']) => unescape(text)).join(' | ');

function parse(xml: string): Heard {
  expect(xml).toMatch(/^<\?xml version="1.0" encoding="UTF-8"\?><Response\/?>/);
  const redirect = /<Redirect[^>]*method="POST"[^>]*>([^<]*)<\/Redirect>/.exec(xml)?.[1];
  const pause = /<Pause length="(\d+)"\/>/.exec(xml)?.[1];
  return {
    xml,
    said: sayings(xml),
    gathers: [...xml.matchAll(/<Gather([^>]*)>(.*?)<\/Gather>/gs)].map(
      ([, attributes = '', inner = '']) => ({
        said: sayings(inner),
        attributes: attributesOf(attributes),
      }),
    ),
    ...(redirect !== undefined && { redirect: unescape(redirect) }),
    ...(pause !== undefined && { pause: Number(pause) }),
    hangsUp: xml.includes('<Hangup/>'),
  };
}

/** One call in the hands of a test. */
class Call {
  heard: Heard;
  readonly #sid: string;

  private constructor(heard: Heard, sid: string) {
    this.heard = heard;
    this.#sid = sid;
  }

  static async answered(answeredBy?: string, names = NAMES, sid = CALL): Promise<Call> {
    const form = {
      CallSid: sid,
      CallStatus: 'in-progress',
      ...(answeredBy && { AnsweredBy: answeredBy }),
    };
    return new Call(await Call.#ask(`${PATH}?${names}`, form), sid);
  }

  static async #ask(path: string, form: Record<string, string>): Promise<Heard> {
    const { status, type, body } = await post(path, form);
    expect([status, type]).toEqual([200, 'text/xml; charset=utf-8']);
    return parse(body);
  }

  /** Presses a key where one is asked for; '' is none. */
  async press(key: string): Promise<Heard> {
    const action = this.heard.gathers.at(-1)?.attributes['action'] ?? '';
    this.heard = await Call.#ask(pathOf(action), { CallSid: this.#sid, Digits: key });
    return this.heard;
  }

  /** Follows the redirect of a call that holds. */
  async wait(): Promise<Heard> {
    this.heard = await Call.#ask(pathOf(this.heard.redirect ?? ''), { CallSid: this.#sid });
    return this.heard;
  }
}

function pathOf(address: string): string {
  expect(address.startsWith(`${publicBaseUrl}${PATH}?`)).toBe(true);
  return address.slice(publicBaseUrl.length);
}

const LEAD = /Maria|Lopez|Acme|pricing|Score|555/;
const MENU = 'Press 1 to take it, 2 to pass, 3 for later, star to repeat.';
const never = <T>() => new Promise<T>(() => undefined);
const grpcError = (code: number) =>
  Object.assign(new Error('grpc'), { code, details: '', metadata: {} });

describe('R15: what Twilio asks', () => {
  const form = { CallSid: CALL, AnsweredBy: 'human' };
  const menu = `${PATH}?${NAMES}&s=menu`;

  test('is answered when Twilio signed it', async () => {
    expect((await post(menu, { CallSid: CALL, Digits: '1' })).status).toBe(200);
    expect(handoffs.command).toHaveBeenCalledOnce();
  });

  test.each([
    ['without a signature', { signature: '' }],
    ['with another signature', { signature: Buffer.from('x'.repeat(20)).toString('base64') }],
    ['about another handoff', { path: menu.replace('hof_1', 'hof_2') }],
    ['for another person', { path: menu.replace('alice', 'ewa') }],
    ['with a key that nobody pressed', { digits: '1' }],
    ['with the form left out of the signature', { path: `${menu}&bodySHA256=${'0'.repeat(64)}` }],
  ])('%s is refused, and nothing happens', async (_, tamper) => {
    for (const path of [menu, `${PATH}/status?${NAMES}`]) {
      const changed = tamper as Partial<Record<string, string>>;
      const isOther = changed['path'] !== undefined && !changed['path'].startsWith(path);
      if (isOther) continue;
      const { status } = await post(path, { ...form, CallStatus: 'busy' }, changed);
      expect(status).toBe(403);
    }
    expect(handoffs.read).not.toHaveBeenCalled();
    expect(handoffs.command).not.toHaveBeenCalled();
    expect(handoffs.reportUndelivered).not.toHaveBeenCalled();
  });

  test.each([
    [PATH, form],
    [`${PATH}?h=hof_1&n=n1`, form],
    [`${PATH}?${NAMES}&s=nowhere`, form],
    [`${PATH}?${NAMES}`, {}],
  ])('%s without what it needs ends the call, and never in an HTTP error', async (path, fields) => {
    const { status, body } = await post(path, fields);

    expect(status).toBe(200);
    expect(parse(body).said).toBe('');
    expect(handoffs.read).not.toHaveBeenCalled();
  });
});

describe('who answers', () => {
  test('a human hears the brief at once, and then the choices', async () => {
    const { heard } = await Call.answered('human');

    expect(heard.said).toMatch(
      /^Urgent for Alice Ng\. Call Maria Lopez\. It was due by .*10:05 AM\. Acme Corp\. Score 92 of 100/,
    );
    expect(heard.gathers).toMatchObject([
      {
        said: heard.said,
        attributes: {
          input: 'dtmf',
          numDigits: '1',
          timeout: '8',
          actionOnEmptyResult: 'true',
          method: 'POST',
        },
      },
    ]);
    expect(heard.said.endsWith(`| ${MENU}`)).toBe(true);
    expect(heard.xml).toContain('<Say language="en-US" voice="Polly.Joanna">');
  });

  test.each(['machine_start', 'machine_end_beep', 'machine_end_silence', 'machine_end_other'])(
    '%s hears nothing of the lead; a person may go on',
    async (answeredBy) => {
      const call = await Call.answered(answeredBy);

      expect(call.heard.said).toBe(
        'This is Baton for Alice Ng. Work is waiting for you. Please look at your messages. If you are there, press 1 to hear it.',
      );
      expect(call.heard.hangsUp).toBe(true);
      expect(handoffs.read).not.toHaveBeenCalled();
      expect((await call.press('1')).said).toMatch(LEAD);
    },
  );

  test('a fax hears nothing of the lead, and is hung up on', async () => {
    const { heard } = await Call.answered('fax');

    expect(heard.said).not.toMatch(LEAD);
    expect(heard).toMatchObject({ gathers: [], hangsUp: true });
  });

  test.each([undefined, 'unknown', 'some-new-one'])(
    '%s is asked for a key twice, and hears nothing of the lead before it',
    async (answeredBy) => {
      const call = await Call.answered(answeredBy);

      const gate = 'Baton for Alice Ng. Something is waiting for you. Press 1 to hear it.';
      expect(call.heard.said).toBe(`${gate} | ${gate} | Good bye.`);
      expect(call.heard.gathers).toHaveLength(2);
      expect(call.heard.hangsUp).toBe(true);
      expect(handoffs.read).not.toHaveBeenCalled();
      expect((await call.press('1')).said).toMatch(LEAD);
    },
  );

  test('with other keys the gate stays shut, and not for ever', async () => {
    const call = await Call.answered('unknown');
    for (const key of ['2', '#']) expect((await call.press(key)).gathers).toHaveLength(2);

    expect(await call.press('*')).toMatchObject({ said: 'Good bye.', hangsUp: true });
    expect(handoffs.read).not.toHaveBeenCalled();
  });

  test('each hears their own language by their own voice, on their own clock', async () => {
    const { heard } = await Call.answered('human', NAMES.replace('alice', 'ewa'));

    expect(heard.said).toMatch(
      /^Pilne, Ewa Nowak\. Call Maria Lopez\. Termin minął: .*godzina 10:05\./,
    );
    expect(heard.xml).toContain('<Say language="pl-PL" voice="Polly.Maja">');
  });

  test('is no longer in the directory: they hear nothing of the lead', async () => {
    const { heard } = await Call.answered('human', NAMES.replace('alice', 'gone'));

    expect(heard).toMatchObject({ said: 'Nothing is waiting for you any more.', hangsUp: true });
  });

  test('what sources write cannot become TwiML', async () => {
    const brief = { subject: '</Say><Dial>+15005550099</Dial>', summary: 'a <Hangup/> b & c "d"' };
    handoffs.read.mockResolvedValue(view({ brief }));
    const { heard } = await Call.answered('human');

    expect(heard.xml).not.toMatch(/<Dial|<Hangup/);
    expect(heard.said).toContain('a Hangup b and c d');
  });
});

describe('somebody else was quicker', () => {
  test.each([
    [
      { owner: { ...bob, actBy: bob.since } },
      /^Bob Diaz has it since .*10:02 AM\. Nothing for you to do\.$/,
    ],
    [
      { owner: { ...bob, responder: 'alice', name: 'Alice Ng', actBy: bob.since } },
      /^You have it already, since .*10:02 AM\. It was due by .*10:05 AM\.$/,
    ],
    [
      {
        ending: {
          status: 'resolved',
          at: bob.since,
          by: { kind: 'responder', id: 'bob', name: 'Bob Diaz' },
        },
      },
      /^It is done, by Bob Diaz\. Nothing for you to do\.$/,
    ],
    [{ ending: { status: 'withdrawn', at: bob.since } }, /^It was called off\. /],
  ] satisfies [Partial<HandoffView>, RegExp][])(
    '%o: that is said, without a menu',
    async (changes, said) => {
      handoffs.read.mockResolvedValue(view(changes));
      const { heard } = await Call.answered('human');

      expect(heard.said).toMatch(said);
      expect(heard).toMatchObject({ gathers: [], hangsUp: true });
    },
  );

  test('and it is forgotten since: there is nothing to do', async () => {
    handoffs.read.mockResolvedValue(undefined);

    expect((await Call.answered('human')).heard).toMatchObject({
      said: 'Nothing is waiting for you any more.',
      hangsUp: true,
    });
  });
});

describe('the keys', () => {
  test.each([
    [
      '1',
      'take',
      { effect: 'taken' },
      /^You have it\. The number is in your messages\. It was due by .*10:05 AM\.$/,
    ],
    ['1', 'take', { effect: 'held-by-other', owner: bob }, /^Bob Diaz has it since .*10:02 AM\./],
    [
      '1',
      'take',
      { effect: 'already-yours', owner: { ...bob, responder: 'alice' } },
      /^You have it already/,
    ],
    ['2', 'pass', { effect: 'passed' }, /^Passed on\./],
    [
      '3',
      'snooze',
      { effect: 'snoozed', until: '2026-11-23T15:20:00Z' },
      /^Later, then\. .*10:20 AM/,
    ],
    [
      '1',
      'take',
      { effect: 'closed', ending: { status: 'expired', at: bob.since } },
      /^It has expired\./,
    ],
  ] satisfies [string, string, Partial<CommandResult>, RegExp][])(
    '%s is %s: %o is said as it is, and the call is over',
    async (key, verb, result, said) => {
      handoffs.command.mockResolvedValue(report(result));
      const call = await Call.answered('human');
      const heard = await call.press(key);

      expect(heard.said).toMatch(said);
      expect(heard).toMatchObject({ gathers: [], hangsUp: true });
      expect(handoffs.command.mock.calls).toEqual([
        [
          'hof_1',
          verb,
          {
            id: `voice:${CALL}:${key}`,
            by: { kind: 'responder', id: 'alice', name: 'Alice Ng' },
            via: 'voice',
          },
        ],
      ]);
    },
  );

  test.each([
    ['was called only', [sent('voice')]],
    ['whose SMS did not arrive', [sent('sms'), sent('sms', 'undelivered')]],
    ['who got an email', [sent('email')]],
    [
      'got an SMS without the number',
      [sent('sms', 'not-sent'), { ...sent('sms'), message: 'stand-down' as const }],
    ],
    ['when somebody else got the SMS', [{ ...sent('sms'), responder: 'bob' }]],
  ])('1 has the number sent by SMS to who %s', async (_, timeline) => {
    handoffs.read.mockResolvedValue(view({ timeline }));
    const call = await Call.answered('human');

    expect((await call.press('1')).said).toMatch(/^You have it\. You get the number by SMS now\./);
    expect(handoffs.command.mock.calls[0]?.[2]).toMatchObject({ confirm: true });
  });

  test('a repeated request of Twilio is the same command, answered the same', async () => {
    const call = await Call.answered('human');
    const menu = call.heard;
    const first = await call.press('1');
    call.heard = menu;

    expect(await call.press('1')).toEqual(first);
    expect(new Set(handoffs.command.mock.calls.map(([, , { id }]) => id))).toEqual(
      new Set([`voice:${CALL}:1`]),
    );
  });

  test('another call is another command', async () => {
    await (await Call.answered('human')).press('3');
    await (await Call.answered('human', NAMES, 'CA2')).press('3');

    expect(handoffs.command.mock.calls.map(([, , { id }]) => id)).toEqual([
      `voice:${CALL}:3`,
      'voice:CA2:3',
    ]);
  });

  test('none is asked for again twice, and then nothing has changed', async () => {
    const call = await Call.answered('human');
    const first = call.heard.said;

    expect((await call.press('')).said).toBe(first);
    expect((await call.press('')).said).toBe(first);
    expect(await call.press('')).toMatchObject({
      said: 'Nothing has changed. Good bye.',
      gathers: [],
      hangsUp: true,
    });
    expect(handoffs.command).not.toHaveBeenCalled();
  });

  test.each(['4', '0', '#', '9'])('%s is told to be wrong, and counts', async (key) => {
    const call = await Call.answered('human');

    expect((await call.press(key)).said).toBe(`That key is not one of the choices. | ${MENU}`);
    expect((await call.press('')).said).toMatch(LEAD);
    expect((await call.press(key)).said).toBe('Nothing has changed. Good bye.');
    expect(handoffs.command).not.toHaveBeenCalled();
  });

  test('* repeats, five times, and does not count as a round', async () => {
    const call = await Call.answered('human');
    const first = call.heard.said;
    await call.press('4');
    for (let times = 0; times < 5; times += 1) expect((await call.press('*')).said).toBe(first);

    expect((await call.press('*')).said).toBe('Nothing has changed. Good bye.');
  });

  test('after * and a wrong one 1 still takes it', async () => {
    const call = await Call.answered('human');
    await call.press('*');
    await call.press('7');

    expect((await call.press('1')).said).toMatch(/^You have it\. The number is in your messages/);
  });

  test('a repeat tells when it was taken meanwhile', async () => {
    const call = await Call.answered('human');
    handoffs.read.mockResolvedValue(view({ owner: { ...bob, actBy: bob.since } }));

    expect((await call.press('*')).said).toMatch(/^Bob Diaz has it/);
  });
});

describe('while the backend is slow', () => {
  beforeEach(() => {
    patienceMs = 20;
  });

  test('the call holds with the key kept, says so once, and then tells the result', async () => {
    const call = await Call.answered('human');
    let settle = (_: CommandAnswer): void => undefined;
    handoffs.command.mockReturnValue(new Promise((resolve) => (settle = resolve)));
    const held = await call.press('1');

    expect(held).toMatchObject({ said: 'One moment.', pause: 2, gathers: [], hangsUp: false });
    expect(held.redirect).toContain('s=key&k=1&try=1');
    expect(await call.wait()).toMatchObject({ said: '', pause: 2 });
    settle(report({}));
    expect((await call.wait()).said).toMatch(/^You have it\. The number is in your messages/);
    // The one that was under way was waited for.
    expect(handoffs.command).toHaveBeenCalledOnce();
  });

  test('for good, the call ends with what is known: nothing for certain', async () => {
    const call = await Call.answered('human');
    handoffs.command.mockReturnValue(never());
    await call.press('1');
    const said = [call.heard.said];
    for (let tries = 0; tries < 5; tries += 1) said.push((await call.wait()).said);

    expect(said).toEqual([
      'One moment.',
      '',
      '',
      'One moment.',
      '',
      'It is not certain that your answer is recorded. Please answer by SMS as well.',
    ]);
    expect(call.heard.hangsUp).toBe(true);
  });

  test('the brief is waited for, too', async () => {
    handoffs.read.mockReturnValueOnce(never()).mockResolvedValueOnce('unanswered');
    const call = await Call.answered('human');

    expect(call.heard).toMatchObject({ said: 'One moment.', pause: 2 });
    expect((await call.wait()).said).toBe('');
    expect((await call.wait()).said).toMatch(/^Urgent for Alice Ng\. Call Maria Lopez/);
    expect((await call.press('1')).said).toMatch(/^You have it\. The number is in your messages/);
  });

  test('with no worker for long, a key can be pressed all the same', async () => {
    handoffs.read.mockResolvedValue('unanswered');
    handoffs.command.mockResolvedValue('recorded');
    const call = await Call.answered('human');
    await call.wait();

    expect((await call.wait()).said).toBe(
      `The details cannot be read right now. Please look at your messages. | ${MENU}`,
    );
    expect((await call.press('2')).said).toBe(
      'Your answer is recorded. You get the result by SMS.',
    );
    expect(handoffs.command.mock.calls[0]?.[1]).toBe('pass');
  });
});

describe('a key that is recorded, but not looked at', () => {
  beforeEach(() => {
    handoffs.command.mockResolvedValue('recorded');
  });

  test.each(['2', '3'])('%s: that is said at once', async (key) => {
    const call = await Call.answered('human');

    expect(await call.press(key)).toMatchObject({
      said: 'Your answer is recorded. You get the result by SMS.',
      hangsUp: true,
    });
  });

  test('1: the call holds until it can be seen whose it is', async () => {
    const call = await Call.answered('human');
    expect((await call.press('1')).said).toBe('One moment.');
    handoffs.read.mockResolvedValueOnce('unanswered');
    expect((await call.wait()).pause).toBe(2);
    const owner = { ...bob, responder: 'alice', name: 'Alice Ng', actBy: bob.since };
    handoffs.read.mockResolvedValueOnce(view({ owner }));

    expect((await call.wait()).said).toMatch(/^You have it\. The number is in your messages/);
    // Each asking would be one more SMS with the result.
    expect(handoffs.command).toHaveBeenCalledOnce();
  });

  test('1: that somebody else has it is said, too', async () => {
    const call = await Call.answered('human');
    await call.press('1');
    handoffs.read.mockResolvedValueOnce(view({ owner: { ...bob, actBy: bob.since } }));

    expect((await call.wait()).said).toMatch(/^Bob Diaz has it/);
  });

  test('1: when nobody can tell, it is said that it is recorded', async () => {
    const call = await Call.answered('human');
    await call.press('1');
    handoffs.read.mockResolvedValue('unanswered');
    for (let tries = 0; tries < 5; tries += 1) await call.wait();

    expect(call.heard.said).toBe('Your answer is recorded. You get the result by SMS.');
  });
});

describe('while Temporal cannot be reached', () => {
  const unavailable = grpcError(14);

  test('a key is tried again, and taken as soon as it can be', async () => {
    const call = await Call.answered('human');
    handoffs.command.mockRejectedValueOnce(unavailable).mockRejectedValueOnce(unavailable);

    expect((await call.press('1')).said).toBe('One moment.');
    await call.wait();
    expect((await call.wait()).said).toMatch(/^You have it/);
    expect(handoffs.command).toHaveBeenCalledTimes(3);
  });

  test.each([
    [grpcError(8), 'Your answer is not recorded. Please answer by SMS instead.'],
    // The signal may have arrived.
    [unavailable, 'It is not certain that your answer is recorded. Please answer by SMS as well.'],
    [grpcError(4), 'It is not certain that your answer is recorded. Please answer by SMS as well.'],
  ])('for long, the truth is said: %s', async (error, said) => {
    const call = await Call.answered('human');
    handoffs.command.mockRejectedValueOnce(error).mockRejectedValue(grpcError(8));
    await call.press('1');
    for (let tries = 0; tries < 5; tries += 1) await call.wait();

    expect(call.heard).toMatchObject({ said, hangsUp: true });
  });

  test('the brief cannot be read: the messages are named, and nothing can be pressed', async () => {
    handoffs.read.mockRejectedValue(unavailable);
    const call = await Call.answered('human');
    await call.wait();

    expect(await call.wait()).toMatchObject({
      said: 'The details cannot be read right now. Please look at your messages.',
      gathers: [],
      hangsUp: true,
    });
  });

  test('how the call ended is asked for again', async () => {
    handoffs.reportUndelivered.mockRejectedValueOnce(unavailable);
    const path = `${PATH}/status?${NAMES}`;
    const form = { CallSid: CALL, CallStatus: 'busy' };

    expect((await post(path, form)).status).toBe(503);
    expect((await post(path, form)).status).toBe(204);
    expect(handoffs.reportUndelivered).toHaveBeenCalledTimes(2);
  });
});

describe('the end of a call', () => {
  test.each([
    [{ CallStatus: 'busy' }, 'the line was busy'],
    [{ CallStatus: 'no-answer' }, 'nobody answered within 25 s'],
    [{ CallStatus: 'canceled' }, 'the call was cancelled'],
    [{ CallStatus: 'failed' }, 'the call failed'],
    [
      { CallStatus: 'failed', ErrorCode: '13224' },
      'the call failed (Twilio 13224: no carrier can reach this number)',
    ],
    [{ CallStatus: 'failed', ErrorCode: 'x' }, 'the call failed'],
    [{ CallStatus: 'completed', AnsweredBy: 'machine_start' }, 'voicemail answered'],
    [{ CallStatus: 'completed', AnsweredBy: 'human' }, 'they hung up without pressing a key'],
  ])('%o is reported: %s', async (form, because) => {
    const { status, body } = await post(`${PATH}/status?${NAMES}`, form);

    expect([status, body]).toEqual([204, '']);
    expect(handoffs.reportUndelivered.mock.calls).toEqual([['hof_1', 'n1', because]]);
  });

  test.each([
    [`${PATH}/status?${NAMES}`, { CallStatus: 'ringing' }],
    [`${PATH}/status?${NAMES}`, { CallStatus: 'in-progress', AnsweredBy: 'human' }],
    [`${PATH}/status?${NAMES}`, { CallStatus: 'paused' }],
    [`${PATH}/status?${NAMES}`, {}],
    [`${PATH}/status`, { CallStatus: 'busy' }],
  ])('%s with %o is no end', async (path, form) => {
    expect((await post(path, form)).status).toBe(204);
    expect(handoffs.reportUndelivered).not.toHaveBeenCalled();
  });
});
