import { MockActivityEnvironment } from '@temporalio/testing';
import { beforeEach, describe, expect, test } from 'vitest';
import { createActivities } from '../../src/activities/index.ts';
import type { Absence, BusyTime } from '../../src/domain/availability/situation.ts';
import { directorySchema } from '../../src/domain/directory.ts';
import type { OfferAnswer, OfferRequest } from '../../src/domain/responder-state.ts';
import { cardOf, type NotificationOrder, type PlanRequest } from '../../src/domain/state.ts';
import { TEST_LINKS, buildHandoff, buildTiming } from '../support/builders.ts';
import { buildPeople } from '../support/people.ts';

const HOUR = 3_600_000;

let sent: string[];
let earlier: string | undefined;
let offered: OfferRequest[];
let answer: OfferAnswer;
let absences: Record<string, Absence>;
let asked: string[];
let busy: BusyTime[];

beforeEach(() => {
  sent = [];
  earlier = undefined;
  offered = [];
  answer = { say: 'send', code: 'KM47', codeNeeded: false };
  absences = {};
  asked = [];
  busy = [];
});

function build() {
  const directory = directorySchema.parse({
    organisation: { timezone: 'UTC' },
    responders: {
      alice: { name: 'Alice Ng', phone: '+15005550010', email: 'alice@example.com' },
      bob: { name: 'Bob Diaz', phone: '+15005550011' },
      carol: { name: 'Carol Okafor', phone: '+15005550012', away: [AWAY] },
    },
  });
  return createActivities({
    directory: () => directory,
    sources: () => ({}),
    passOn: () => Promise.resolve(),
    calendars: { busyTimes: () => ({ times: busy }), shifts: () => ({ times: [] }) },
    ...buildPeople({
      offer: (_, request) => {
        offered.push(request);
        return Promise.resolve(answer);
      },
      readAbsences: (ids) => {
        asked.push(...ids);
        return Promise.resolve(absences);
      },
    }),
    sms: {
      send: ({ body }) => Promise.resolve(`SM${sent.push(body)}`),
      findSent: () => Promise.resolve(earlier),
    },
    email: { send: ({ subject }) => Promise.resolve(`mail-${sent.push(subject)}`) },
    publicBaseUrl: 'https://baton.example',
    links: TEST_LINKS,
  });
}

const AWAY = { from: '2026-01-01', until: '2026-01-02', cover: 'bob' };
const card = cardOf(
  buildHandoff({ action: { do: 'Call Maria', outcomes: [], contact: { phone: '+15125550147' } } }),
);

function sendSms(changes: Partial<NotificationOrder> = {}, { attempt = 1, handoff = card } = {}) {
  const order: NotificationOrder = {
    id: 'n1',
    recipient: 'alice',
    channel: 'sms',
    message: { kind: 'offer', tier: 'tier 1', notice: 1 },
    giveUpAfterMs: 300_000,
    whenQuiet: 'wait',
    ...changes,
  };
  const { sms, email } = build();
  // What is sent is asked about now.
  const environment = new MockActivityEnvironment({ attempt });
  return order.channel === 'sms'
    ? environment.run(sms.sendSms, { card: handoff, order })
    : environment.run(email.sendEmail, { card: handoff, order });
}

/** A meeting that began an hour ago and ends in half an hour. */
function meet(): BusyTime {
  const from = Date.now() - HOUR;
  return { from, until: from + 1.5 * HOUR, kind: 'busy' };
}

describe('a message whose moment has become a wrong one', () => {
  test.each(['sms', 'email'] as const)(
    'is held until the meeting ends, and nothing is offered (%s)',
    async (channel) => {
      busy = [meet()];
      const held = await sendSms({ channel });

      expect(held).toEqual({
        heldUntil: new Date(busy[0]?.until ?? 0).toISOString(),
        because: expect.stringMatching(/^a meeting: Alice Ng until .*\(UTC\)$/) as string,
      });
      expect([sent, offered]).toEqual([[], []]);
    },
  );

  test('leaves all the same where its policy ignores the moment', async () => {
    busy = [meet()];
    await expect(sendSms({ whenQuiet: 'ignore' })).resolves.toEqual({ providerId: 'SM1' });
    expect(offered).toMatchObject([{ mayBeHeld: false }]);
  });

  test('is not sent again when an earlier attempt sent it in time', async () => {
    busy = [meet()];
    earlier = 'SM0';
    await expect(sendSms({}, { attempt: 2 })).resolves.toEqual({
      providerId: 'SM0',
      foundSent: true,
    });

    earlier = undefined;
    await expect(sendSms({}, { attempt: 3 })).resolves.toMatchObject({
      heldUntil: expect.any(String) as string,
    });
    expect(sent).toEqual([]);
  });

  test('is held when the person said that they are away', async () => {
    answer = { say: 'away', absence: { since: '2026-11-23T15:00:00.000Z' } };
    await expect(sendSms()).resolves.toEqual({ because: 'Alice Ng is away' });

    const until = '2099-01-01T00:00:00.000Z';
    answer = { say: 'away', absence: { since: '2026-11-23T15:00:00.000Z', until } };
    await expect(sendSms({ channel: 'email' })).resolves.toEqual({
      because: 'Alice Ng is away',
      heldUntil: until,
    });
    expect(offered).toMatchObject([{ mayBeHeld: true }, { mayBeHeld: true }]);
    expect(sent).toEqual([]);
  });

  test('an offer waits for the hours of the contact, other messages do not', async () => {
    const opens = (new Date().getUTCHours() + 2) % 24;
    const hours = `${String(opens).padStart(2, '0')}:00-${String((opens + 1) % 24).padStart(2, '0')}:00`;
    const handoff = { ...card, action: { ...card.action, contact: { hours, timezone: 'UTC' } } };
    await expect(sendSms({}, { handoff })).resolves.toMatchObject({
      because: expect.stringMatching(/^the contact's hours: Alice Ng until /) as string,
    });

    await expect(sendSms({ whenQuiet: 'skip' }, { handoff })).resolves.toMatchObject({
      providerId: 'SM1',
    });
    const message = { kind: 'stand-down', because: 'Bob has it' } as const;
    await expect(sendSms({ message }, { handoff })).resolves.toMatchObject({ providerId: 'SM2' });
  });
});

describe('planning', () => {
  const plan = (changes: Partial<PlanRequest>) =>
    build().local.planTier({
      at: '2026-11-23T15:00:00.000Z',
      notify: ['alice'],
      ladder: [{ channel: 'sms', afterMs: 0 }],
      passed: [],
      later: [{ notify: ['carol'], ladder: [{ channel: 'sms', afterMs: 0 }] }],
      lastsMs: 300_000,
      ...changes,
    });

  test('asks of everybody who may be told, and whoever covers them, whether they are away', async () => {
    absences = { alice: { since: '2026-11-23T14:00:00.000Z', cover: 'bob' } };
    const { people } = await plan({ timing: buildTiming('skip') });

    expect(asked).toEqual(['alice', 'carol', 'bob']);
    expect(people).toMatchObject([
      { recipient: 'bob', because: expect.stringMatching(/^covers for Alice Ng/) as string },
    ]);
  });

  test('asks nobody where everybody is told at once', async () => {
    absences = { alice: { since: '2026-11-23T14:00:00.000Z', cover: 'bob' } };
    const { people } = await plan({});

    expect(asked).toEqual([]);
    expect(people).toMatchObject([{ recipient: 'alice' }]);
  });

  test('says that a calendar could not be read', async () => {
    const directory = directorySchema.parse({
      organisation: { timezone: 'UTC' },
      responders: { alice: { name: 'Alice Ng', phone: '+15005550010' } },
    });
    const { local } = createActivities({
      directory: () => directory,
      sources: () => ({}),
      passOn: () => Promise.resolve(),
      calendars: {
        busyTimes: () => ({ times: [], fault: 'could not be read: 503' }),
        shifts: () => ({ times: [] }),
      },
      ...buildPeople(),
      sms: { send: () => Promise.resolve(''), findSent: () => Promise.resolve(undefined) },
      email: { send: () => Promise.resolve('') },
      publicBaseUrl: 'https://baton.example',
      links: TEST_LINKS,
    });
    const { people } = await local.planTier({
      at: '2026-11-23T15:00:00.000Z',
      notify: ['alice'],
      ladder: [{ channel: 'sms', afterMs: 0 }],
      passed: [],
      later: [],
      lastsMs: 300_000,
      timing: buildTiming('skip'),
    });

    expect(people[0]?.because).toBe('calendar could not be read: 503: taken as free');
  });
});
