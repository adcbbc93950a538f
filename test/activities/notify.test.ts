import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { EmailChannel } from '../../src/activities/channels/email.ts';
import { createSmsChannel, type SmsChannel } from '../../src/activities/channels/sms.ts';
import { createNotifyActivities } from '../../src/activities/notify.ts';
import type { NotifyInput } from '../../src/activities/sending.ts';
import { failure } from '../../src/activities/provider-failure.ts';
import { directorySchema } from '../../src/domain/directory.ts';
import type { OfferAnswer } from '../../src/domain/responder-state.ts';
import { cardOf, type NotificationOrder } from '../../src/domain/state.ts';
import type { Responders, Unanswered } from '../../src/people/responders.ts';
import { TEST_LINKS, buildHandoff } from '../support/builders.ts';
import { buildPeople, USUAL, UNANSWERED } from '../support/people.ts';
import { alice, from, startWorld, type World } from '../simulator/harness.ts';

const card = cardOf(buildHandoff());
const directory = directorySchema.parse({
  organisation: { timezone: 'America/New_York' },
  responders: {
    alice: { name: 'Alice Ng', phone: alice, email: 'alice@example.com' },
    carol: { name: 'Carol Okafor', email: 'carol@example.com', timezone: 'Europe/London' },
  },
});

/** Returns where an activity runs; failures that a test provokes are not logged. */
function startAttempt(
  info: ConstructorParameters<typeof MockActivityEnvironment>[0] = {},
): MockActivityEnvironment {
  return new MockActivityEnvironment(info, { logger: new DefaultLogger('ERROR') });
}

/** Returns the activities with channels that note what they are given; a test names what is different. */
function build({
  sms = {},
  email = {},
  offer = () => Promise.resolve(USUAL),
}: {
  sms?: Partial<SmsChannel>;
  email?: Partial<EmailChannel>;
  offer?: Responders['offer'];
}) {
  const channels = {
    send: vi.fn<SmsChannel['send']>(sms.send ?? (() => Promise.resolve('SM1'))),
    findSent: vi.fn<SmsChannel['findSent']>(sms.findSent ?? (() => Promise.resolve(undefined))),
    mail: vi.fn<EmailChannel['send']>(email.send ?? (() => Promise.resolve('mail-1'))),
  };
  const activities = createNotifyActivities({
    directory: () => directory,
    ...buildPeople({ offer }),
    sms: channels,
    email: { send: channels.mail },
    publicBaseUrl: 'https://baton.example',
    links: TEST_LINKS,
    replyNumber: from,
  });
  return { ...channels, activities };
}

function input(changes: Partial<NotificationOrder> = {}): NotifyInput {
  const message = { kind: 'offer', tier: 'tier 1', notice: 1 } as const;
  return {
    card,
    order: {
      id: 'n1',
      recipient: 'alice',
      channel: 'sms',
      message,
      giveUpAfterMs: 300_000,
      ...changes,
    },
  };
}

const mailTo = (recipient: string) => input({ recipient, channel: 'email' });

/** Returns a promise and what settles it. */
function later<T>() {
  let resolve = (_value: T): void => undefined;
  let reject = (_reason: Error): void => undefined;
  const promise = new Promise<T>((...both) => {
    [resolve, reject] = both;
  });
  return { promise, resolve, reject };
}

describe('what is sent', () => {
  const at = (instant: string, attempt = 1) =>
    startAttempt({ attempt, scheduledTimestampMs: Date.parse(instant) });

  test('fault 18: names handoff and notification where Twilio reports the delivery, again if it must', async () => {
    const { activities, send } = build({});
    await at('2026-11-23T15:00:00Z').run(activities.sendSms, input({ id: 'n 1&h=x' }));

    expect(send.mock.calls[0]?.[0]).toMatchObject({
      to: alice,
      statusCallback: `https://baton.example/webhooks/twilio/status?h=${card.id}&n=n+1%26h%3Dx#rc=5&rp=ct,rt,5xx&rt=5000`,
      validForSeconds: 300,
    });
  });

  test.each([
    [1, 60],
    [90_001, 91],
    [7 * 86_400_000, 36_000],
  ])('is dropped by Twilio after the %i ms for which it is of use: %i s', async (ms, seconds) => {
    const { activities, send } = build({});
    await at('2026-11-23T15:00:00Z').run(activities.sendSms, input({ giveUpAfterMs: ms }));

    expect(send.mock.calls[0]?.[0].validForSeconds).toBe(seconds);
  });

  test('is worded by when it was asked for, so that a retry a day later says the same', async () => {
    const { activities, send } = build({});
    for (const attempt of [1, 2])
      await at('2026-11-23T15:00:00Z', attempt).run(activities.sendSms, input());

    expect(send.mock.calls[0]?.[0].body).toContain('Call Maria Lopez by 10:05');
    expect(send.mock.calls[1]?.[0].body).toBe(send.mock.calls[0]?.[0].body);
  });

  test.each([
    ['alice', 'alice@example.com', ' 10:05', 'or text "1 KM47" or "2 KM47" to +1 500 555 0006.\n'],
    // In her own zone; she could not text a reply.
    ['carol', 'carol@example.com', ' 15:05', '3 for later.\n'],
    // A mailbox of many acts for nobody.
    ['mailto:leads@example.com', 'leads@example.com', ' 10:05', 'Its code is KM47.'],
  ])(
    'to %s goes to %s in their time, with the way they can reply',
    async (recipient, to, due, how) => {
      const { activities, mail } = build({});
      await at('2026-11-23T15:00:00Z').run(activities.sendEmail, mailTo(recipient));

      expect(mail.mock.calls[0]?.[0]).toMatchObject({
        to,
        messageId: `<${card.id}.n1@baton.example>`,
        thread: `<${card.id}@baton.example>`,
        customArgs: { h: card.id, n: 'n1' },
        subject: expect.stringContaining(due) as string,
        text: expect.stringContaining(how) as string,
      });
    },
  );

  test('asks for answers, and links to the page, of this one reader', async () => {
    const { activities, mail, send } = build({});
    const run = at('2026-11-23T15:00:00Z');
    await run.run(activities.sendEmail, mailTo('alice'));
    await run.run(activities.sendEmail, mailTo('mailto:leads@example.com'));
    await run.run(activities.sendSms, input());

    const [own, shared] = mail.mock.calls.map(([email]) => email);
    const mailbox = TEST_LINKS.mailbox({ handoff: card.id, responder: 'alice' });
    expect(own?.replyTo).toBe(mailbox);
    expect(mailbox).toBeDefined();
    const link = /https:\/\/baton\.example\/h\/(\S+)/.exec(send.mock.calls[0]?.[0].body ?? '')?.[1];
    expect(own?.text).toContain(`Take it or pass:\nhttps://baton.example/h/${link}\n`);
    expect(TEST_LINKS.read(link ?? '', Date.parse('2026-11-23T15:00:00Z'))).toEqual({
      state: 'valid',
      handoff: card.id,
      responder: 'alice',
    });
    expect(shared?.replyTo).toBeUndefined();
    expect(shared?.text).not.toContain('/h/');
  });

  test('still goes by email to who opted out of SMS', async () => {
    const offer = () => Promise.resolve({ say: 'nothing', because: 'opted out' } as const);
    const { activities, mail, send } = build({ offer });

    await expect(at('2026-11-23T15:00:00Z').run(activities.sendSms, input())).rejects.toThrow(
      'Alice Ng opted out',
    );
    await at('2026-11-23T15:00:00Z').run(activities.sendEmail, mailTo('alice'));
    expect(send).not.toHaveBeenCalled();
    expect(mail).toHaveBeenCalledOnce();
  });

  test.each(['carol', 'erin'])(
    'never leaves by SMS for %s, nor is it tried again',
    async (recipient) => {
      const { activities, send } = build({});
      const run = at('2026-11-23T15:00:00Z').run(activities.sendSms, input({ recipient }));

      await expect(run).rejects.toMatchObject({ type: 'Permanent', nonRetryable: true });
      expect(send).not.toHaveBeenCalled();
    },
  );
});

describe('a second attempt', () => {
  let world: World;
  let begunAt: number;
  beforeEach(async () => {
    world = await startWorld();
    begunAt = Date.now();
  });
  afterEach(() => world.close());

  /** Runs an attempt with the real client, which gives up on a hanging request in the end. */
  function attempt(number: number, offer: OfferAnswer | Unanswered = USUAL) {
    const real = createSmsChannel(world.twilio, { from });
    const built = build({ sms: real, offer: () => Promise.resolve(offer) });
    const environment = startAttempt({
      attempt: number,
      scheduledTimestampMs: begunAt,
    });
    return { ...built, run: environment.run(built.activities.sendSms, input()) };
  }

  test('is the first that looks for what was sent', async () => {
    const first = attempt(1);
    await first.run;
    const second = attempt(2);
    await second.run;

    expect(first.findSent).not.toHaveBeenCalled();
    expect(second.findSent).toHaveBeenCalledOnce();
    expect(second.send).not.toHaveBeenCalled();
  });

  test.each([
    ['error-after-accepting', true],
    ['hang-after-accepting', true],
    ['error-before-accepting', false],
    ['hang', false],
    ['rate-limited', false],
  ] as const)('after %s finds it sent: %j; the phone has it once', async (kind, foundSent) => {
    world.simulator.faults.inject({ channel: 'sms', kind, times: 1 });
    await expect(attempt(1).run).rejects.toMatchObject({ name: 'ApplicationFailure' });
    const sent = await attempt(2).run;

    expect(world.simulator.sms).toMatchObject([{ to: alice }]);
    expect(sent).toEqual({
      providerId: world.simulator.sms[0]?.sid,
      ...(foundSent && { foundSent }),
    });
  });

  test.each<[string, OfferAnswer | Unanswered, OfferAnswer | Unanswered]>([
    ['with another open handoff', USUAL, { ...USUAL, codeNeeded: true }],
    ['while nobody answers the offer', USUAL, UNANSWERED],
    ['when somebody answers the offer again', UNANSWERED, USUAL],
  ])('%s still finds the words of the first', async (_what, before, now) => {
    await attempt(1, before).run;

    await expect(attempt(2, now).run).resolves.toMatchObject({ foundSent: true });
    expect(world.simulator.sms).toHaveLength(1);
  });

  test('sends nothing while it cannot look', async () => {
    const findSent = () => Promise.reject(failure('Ambiguous', 'cannot find out'));
    const { activities, send } = build({ sms: { findSent } });
    const run = startAttempt({ attempt: 2 }).run(activities.sendSms, input());

    await expect(run).rejects.toMatchObject({ type: 'Ambiguous', nonRetryable: false });
    expect(send).not.toHaveBeenCalled();
  });

  test('of an answer looks too', async () => {
    const { activities } = build({ sms: createSmsChannel(world.twilio, { from }) });
    const answer = { responder: 'alice', replyId: 'r1', answer: { kind: 'nothing-open' } } as const;
    const run = (number: number) =>
      startAttempt({ attempt: number, scheduledTimestampMs: begunAt }).run(
        activities.sendAnswer,
        answer,
      );

    const sent = await run(1);
    await expect(run(2)).resolves.toEqual({ ...(sent as object), foundSent: true });
    expect(world.simulator.sms.map(({ body }) => body)).toEqual(['Nothing is waiting for you.']);
  });
});

describe('while it is under way', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test.each<['sendSms' | 'sendEmail', boolean]>([
    ['sendSms', true],
    ['sendSms', false],
    ['sendEmail', true],
    ['sendEmail', false],
  ])('%s heartbeats each second, and no more after it ended (well: %j)', async (name, endsWell) => {
    const under = later<string>();
    const entered = later<undefined>();
    const send = () => {
      entered.resolve(undefined);
      return under.promise;
    };
    const { activities } = build({ sms: { send }, email: { send } });
    const environment = startAttempt();
    const heartbeats = vi.fn();
    environment.on('heartbeat', heartbeats);
    const run = environment.run(activities[name], mailTo('alice'));
    await entered.promise;
    vi.advanceTimersByTime(3_500);

    expect(heartbeats).toHaveBeenCalledTimes(3);
    if (endsWell) under.resolve('id');
    else under.reject(failure('Transient', 'busy'));
    await run.catch(() => undefined);
    expect(vi.getTimerCount()).toBe(0);
  });

  test.each<['sendSms' | 'sendEmail', number]>([
    ['sendSms', 1],
    ['sendSms', 2],
    ['sendEmail', 1],
  ])('%s that is called off before it left sends nothing (attempt %i)', async (name, attempt) => {
    const offered = later<OfferAnswer>();
    const entered = later<undefined>();
    const offer = () => {
      entered.resolve(undefined);
      return offered.promise;
    };
    const { activities, send, mail } = build({ offer });
    const environment = startAttempt({ attempt });
    const run = environment.run(activities[name], mailTo('alice'));
    await entered.promise;
    environment.cancel();
    offered.resolve(USUAL);

    await expect(run).rejects.toMatchObject({ name: 'CancelledFailure' });
    expect(send).not.toHaveBeenCalled();
    expect(mail).not.toHaveBeenCalled();
  });

  test('a message that was found sent is told as sent, though it was called off meanwhile', async () => {
    const found = later<string>();
    const entered = later<undefined>();
    const findSent = () => {
      entered.resolve(undefined);
      return found.promise;
    };
    const { activities } = build({ sms: { findSent } });
    const environment = startAttempt({ attempt: 2 });
    const run = environment.run(activities.sendSms, input());
    await entered.promise;
    environment.cancel();
    found.resolve('SM7');

    await expect(run).resolves.toEqual({ providerId: 'SM7', foundSent: true });
  });
});
