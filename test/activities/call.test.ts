import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { RestException, type Twilio } from 'twilio';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { createCallActivities } from '../../src/activities/call.ts';
import { createVoiceChannel, type VoiceChannel } from '../../src/activities/channels/voice.ts';
import type { NotifyInput } from '../../src/activities/sending.ts';
import { directorySchema } from '../../src/domain/directory.ts';
import { cardOf, type NotificationOrder } from '../../src/domain/state.ts';
import type { Responders } from '../../src/people/responders.ts';
import { buildHandoff, TEST_LINKS } from '../support/builders.ts';
import { buildPeople, USUAL } from '../support/people.ts';

const card = cardOf(buildHandoff({ id: 'hof_1' }));
const alice = '+15005550010';
const from = '+15005550006';
const directory = directorySchema.parse({
  organisation: {
    timezone: 'America/New_York',
    quietHours: [{ from: '22:00', to: '07:00' }],
  },
  responders: {
    alice: { name: 'Alice Ng', phone: alice },
    carol: { name: 'Carol Okafor', email: 'carol@example.com' },
  },
});

function build({
  voice = {},
  offer = () => Promise.resolve(USUAL),
}: {
  voice?: Partial<VoiceChannel> | 'none';
  offer?: Responders['offer'];
} = {}) {
  const given = voice === 'none' ? {} : voice;
  const channel = {
    call: vi.fn<VoiceChannel['call']>(given.call ?? (() => Promise.resolve('CA1'))),
    findMade: vi.fn<VoiceChannel['findMade']>(given.findMade ?? (() => Promise.resolve(undefined))),
  };
  const { placeCall } = createCallActivities({
    directory: () => directory,
    ...buildPeople({ offer }),
    publicBaseUrl: 'https://baton.example',
    links: TEST_LINKS,
    voice: voice === 'none' ? undefined : channel,
  });
  return { ...channel, placeCall };
}

function input(changes: Partial<NotificationOrder> = {}): NotifyInput {
  const message = { kind: 'offer', tier: 'tier 1', notice: 1 } as const;
  const order = {
    id: 'n1',
    recipient: 'alice',
    channel: 'voice',
    message,
    giveUpAfterMs: 300_000,
  } as const;
  return { card, order: { ...order, ...changes } };
}

function attempt(number: number, at = '2026-11-23T15:00:00Z'): MockActivityEnvironment {
  const ms = Date.parse(at);
  return new MockActivityEnvironment(
    { attempt: number, scheduledTimestampMs: ms, currentAttemptScheduledTimestampMs: ms },
    { logger: new DefaultLogger('ERROR') },
  );
}

describe('a call', () => {
  test('asks what to say, and reports how it ended, under the names of handoff, notification and person', async () => {
    const { placeCall, call, findMade } = build();
    const sent = await attempt(1).run(placeCall, input({ id: 'n 1&h=x' }));

    expect(sent).toEqual({ providerId: 'CA1' });
    const about = 'h=hof_1&n=n+1%26h%3Dx&r=alice';
    expect(call.mock.calls).toEqual([
      [
        {
          name: 'hof_1 n 1&h=x',
          to: alice,
          url: `https://baton.example/webhooks/twilio/voice?${about}#rc=2&rp=ct,rt,5xx&rt=5000`,
          statusCallback: `https://baton.example/webhooks/twilio/voice/status?${about}#rc=5&rp=ct,rt,5xx&rt=5000`,
        },
      ],
    ]);
    expect(findMade).not.toHaveBeenCalled();
  });

  test('tells Twilio nothing of the lead', async () => {
    const { placeCall, call } = build();
    await attempt(1).run(placeCall, input());

    expect(JSON.stringify(call.mock.calls)).not.toMatch(/Maria|Acme|5125550147/);
  });

  test('rings also for who opted out of SMS', async () => {
    const offer = () => Promise.resolve({ say: 'nothing', because: 'opted out' } as const);
    const { placeCall, call } = build({ offer });
    await attempt(1).run(placeCall, input());

    expect(call).toHaveBeenCalledOnce();
  });

  test.each([
    ['carol', 'Permanent', 'Carol Okafor has no phone in the directory'],
    ['erin', 'Permanent', 'erin is no longer in the directory'],
  ])('to %s never leaves, nor is it tried again: %s', async (recipient, type, message) => {
    const { placeCall, call } = build();

    await expect(attempt(1).run(placeCall, input({ recipient }))).rejects.toMatchObject({
      type,
      message,
      nonRetryable: true,
    });
    expect(call).not.toHaveBeenCalled();
  });

  test('without a number to call from is a matter of configuration', async () => {
    const { placeCall } = build({ voice: 'none' });

    await expect(attempt(1).run(placeCall, input())).rejects.toMatchObject({
      type: 'Configuration',
      nonRetryable: true,
    });
  });

  test('does not ring in quiet hours that it has to respect, nor for who is away', async () => {
    const atNight = '2099-11-24T05:00:00Z';
    const { placeCall, call } = build();
    const held = await attempt(1, atNight).run(placeCall, input({ whenQuiet: 'wait' }));
    expect(held).toMatchObject({ because: expect.stringContaining('quiet hours') as string });

    const absence = { since: '2026-11-23T00:00:00Z', until: '2026-11-25T00:00:00Z' };
    const away = build({ offer: () => Promise.resolve({ say: 'away', absence }) });
    expect(await attempt(1).run(away.placeCall, input())).toEqual({
      because: 'Alice Ng is away',
      heldUntil: absence.until,
    });
    expect(call).not.toHaveBeenCalled();
    expect(away.call).not.toHaveBeenCalled();
  });

  test('that is called off meanwhile does not ring', async () => {
    const environment = attempt(1);
    const { placeCall, call } = build({
      offer: () => {
        environment.cancel();
        return Promise.resolve(USUAL);
      },
    });

    await expect(environment.run(placeCall, input())).rejects.toThrow();
    expect(call).not.toHaveBeenCalled();
  });
});

describe('a second attempt', () => {
  test('looks whether the first one rings, and does not ring again', async () => {
    const { placeCall, call, findMade } = build({
      voice: { findMade: () => Promise.resolve('CA7') },
    });

    expect(await attempt(2).run(placeCall, input())).toEqual({
      providerId: 'CA7',
      foundSent: true,
    });
    expect(call).not.toHaveBeenCalled();
    expect(findMade.mock.calls).toEqual([
      [{ name: 'hof_1 n1', to: alice, since: new Date('2026-11-23T15:00:00Z') }],
    ]);
  });

  test('calls when there is none', async () => {
    const { placeCall, call } = build();
    await attempt(2).run(placeCall, input());

    expect(call).toHaveBeenCalledOnce();
  });
});

/** Twilio's list of calls, newest first, and what it answers to a new one. */
describe('the channel', () => {
  const create = vi.fn<(options: Record<string, unknown>) => Promise<{ sid: string }>>();
  const list = vi.fn<(options: Record<string, unknown>) => Promise<unknown[]>>();
  const since = new Date('2026-11-23T15:00:00Z');
  const outgoing = { to: alice, url: 'https://b.example/v', statusCallback: 'https://b.example/s' };
  const channel = () => createVoiceChannel({ calls: { create, list } } as unknown as Twilio, from);
  const made = (sid: string, status: string, seconds = 1) => ({
    sid,
    status,
    dateCreated: new Date(since.getTime() + seconds * 1_000),
  });
  const refuse = (status: number, code: number) =>
    Object.assign(new RestException({ statusCode: status, body: { code, message: 'no' } }), {});

  beforeEach(() => {
    vi.resetAllMocks();
    create.mockResolvedValue({ sid: 'CA1' });
    list.mockResolvedValue([]);
  });

  test('rings for 25 s, finds out who answers, and is told the end only', async () => {
    expect(await channel().call({ name: 'a', ...outgoing })).toBe('CA1');
    expect(create.mock.calls).toEqual([
      [
        {
          ...outgoing,
          from,
          statusCallbackEvent: ['completed'],
          timeout: 25,
          machineDetection: 'Enable',
        },
      ],
    ]);
  });

  test.each([
    [400, 21211, 'Permanent', 'Twilio 21211: not a valid phone number'],
    [400, 21217, 'Permanent', 'Twilio 21217: not a valid phone number'],
    [400, 21214, 'Permanent', 'Twilio 21214: no carrier can reach this number'],
    [400, 21216, 'Permanent', 'Twilio 21216: Twilio blocks calls to this number'],
    [400, 13224, 'Permanent', 'Twilio 13224: no carrier can reach this number'],
    [400, 21215, 'Configuration', 'Twilio 21215: calls to this country are not enabled'],
    [400, 21210, 'Configuration', 'Twilio 21210: the From number is not verified'],
    [400, 21219, 'Configuration', 'Twilio 21219: a trial account may only call verified numbers'],
    [401, 20003, 'Configuration', 'Twilio 20003: the account SID or auth token is wrong'],
    [429, 20429, 'Transient', 'Twilio 20429: too many requests'],
    [503, 20500, 'Ambiguous', 'Twilio answered 503, code 20500: it may have been sent'],
  ])('%i with code %i is %s', async (status, code, type, message) => {
    create.mockRejectedValue(refuse(status, code));

    await expect(channel().call({ name: 'a', ...outgoing })).rejects.toMatchObject({
      type,
      message,
    });
  });

  const find = (from: VoiceChannel, name = 'a') => from.findMade({ name, to: alice, since });

  test.each(['queued', 'ringing', 'in-progress'])(
    'takes a call that is %s for its own',
    async (status) => {
      list.mockResolvedValue([made('CA9', status)]);

      expect(await find(channel())).toBe('CA9');
      expect(list.mock.calls[0]?.[0]).toMatchObject({ to: alice, from });
    },
  );

  test.each(['completed', 'busy', 'no-answer', 'failed', 'canceled'])(
    'calls again after one that is %s: it may have been about something else',
    async (status) => {
      list.mockResolvedValue([made('CA9', status)]);

      expect(await find(channel())).toBeUndefined();
    },
  );

  test('takes none from before for its own, clocks being what they are', async () => {
    list.mockResolvedValue([made('CA9', 'in-progress', -6)]);
    expect(await find(channel())).toBeUndefined();

    list.mockResolvedValue([made('CA9', 'in-progress', -4)]);
    expect(await find(channel())).toBe('CA9');
  });

  test('does not ring a phone that another handoff rings: it waits, and loses nothing', async () => {
    const both = channel();
    await both.call({ name: 'other', ...outgoing });
    list.mockResolvedValue([made('CA1', 'ringing')]);

    await expect(find(both)).rejects.toMatchObject({
      type: 'Transient',
      message: 'this phone is in another call of ours',
    });
    list.mockResolvedValue([made('CA1', 'completed')]);
    expect(await find(both)).toBeUndefined();
  });

  test('tells its own from the other one on the same phone, and two do not share one', async () => {
    const both = channel();
    await both.call({ name: 'other', ...outgoing });
    list.mockResolvedValue([made('CA1', 'ringing'), made('CA2', 'queued')]);

    expect(await find(both, 'a')).toBe('CA2');
    await expect(find(both, 'b')).rejects.toMatchObject({ type: 'Transient' });
  });

  test('remembers what it made itself, whatever became of it', async () => {
    const one = channel();
    await one.call({ name: 'a', ...outgoing });

    expect(await find(one)).toBe('CA1');
    expect(list).not.toHaveBeenCalled();
  });

  test('cannot rule out that it called when the look itself fails', async () => {
    list.mockRejectedValue(refuse(503, 20500));

    await expect(find(channel())).rejects.toMatchObject({
      type: 'Ambiguous',
      message: expect.stringMatching(/^cannot find out whether it called before/) as string,
    });
  });
});
