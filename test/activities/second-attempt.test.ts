import { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { connectSendGrid, createEmailChannel } from '../../src/activities/channels/email.ts';
import { connectTwilio, createSmsChannel } from '../../src/activities/channels/sms.ts';
import { createActivities } from '../../src/activities/index.ts';
import type { Unanswered } from '../../src/people/responders.ts';
import { directorySchema } from '../../src/domain/directory.ts';
import type { OfferAnswer } from '../../src/domain/responder-state.ts';
import { cardOf, type NotificationOrder } from '../../src/domain/state.ts';
import { createSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import { TEST_LINKS, buildHandoff } from '../support/builders.ts';
import { buildPeople, USUAL } from '../support/people.ts';

const ALICE = '+15005550010';
const ACCOUNT = { accountSid: `AC${'0'.repeat(32)}`, authToken: 'token', sendgridApiKey: 'SG.key' };
const DIRECTORY = directorySchema.parse({
  organisation: { timezone: 'America/New_York' },
  responders: {
    alice: { name: 'Alice Ng', phone: ALICE },
  },
});
const card = cardOf(buildHandoff());

let simulator: Simulator;
let begunAt: number;
let answer: OfferAnswer | Unanswered;
let activities: ReturnType<typeof createActivities>;

beforeEach(async () => {
  simulator = createSimulator({ ...ACCOUNT, people: [], webhookBaseUrl: 'http://127.0.0.1:9' });
  const { url } = await simulator.listen();
  begunAt = Date.now();
  answer = USUAL;
  activities = createActivities({
    directory: () => DIRECTORY,
    sources: () => ({}),
    passOn: () => Promise.resolve(),
    ...buildPeople({ offer: () => Promise.resolve(answer) }),
    sms: createSmsChannel(connectTwilio({ ...ACCOUNT, baseUrl: url }), { from: '+15005550006' }),
    email: createEmailChannel(
      connectSendGrid({ apiKey: ACCOUNT.sendgridApiKey, baseUrl: url }),
      'baton@example.com',
    ),
    publicBaseUrl: 'https://baton.example',
    links: TEST_LINKS,
    replyNumber: '+15005550006',
  });
});
afterEach(async () => {
  await simulator.close();
});

/** Failures that a test provokes are no news. */
const logger = new DefaultLogger('ERROR');

/** Returns what an activity runs in. */
function prepare(info: ConstructorParameters<typeof MockActivityEnvironment>[0] = {}) {
  return new MockActivityEnvironment(info, { logger });
}

const order: NotificationOrder = {
  id: 'n1',
  recipient: 'alice',
  channel: 'sms',
  message: { kind: 'offer', tier: 'tier 1', notice: 1 },
  giveUpAfterMs: 300_000,
};

/** Runs an attempt of the activity that sends an SMS. */
function sendSms(attempt = 1): Promise<unknown> {
  const environment = prepare({
    attempt,
    // The same for every attempt.
    scheduledTimestampMs: begunAt,
  });
  return environment.run(activities.sms.sendSms, { card, order });
}

async function failureOf(run: Promise<unknown>): Promise<ApplicationFailure> {
  try {
    await run;
  } catch (error) {
    if (error instanceof ApplicationFailure) return error;
    throw error;
  }
  throw new Error('it did not fail');
}

const sent = (): string[] => simulator.sms.map(({ body }) => body);

describe('a second attempt', () => {
  test.each(['error-after-accepting', 'hang-after-accepting'] as const)(
    'finds the message also when it would now be worded otherwise (%s)',
    async (kind) => {
      simulator.faults.inject({ channel: 'sms', kind, times: 1 });
      const { type } = await failureOf(sendSms());
      expect(type).toBe('Ambiguous');

      // Another handoff came in between: the words would now differ.
      answer = { ...USUAL, codeNeeded: true };
      await expect(sendSms(2)).resolves.toMatchObject({ foundSent: true });
      expect(sent()).toHaveLength(1);
    },
    20_000,
  );

  test('R4: of 200 messages whose answers were lost none is sent again', async () => {
    simulator.faults.inject({ channel: 'sms', kind: 'error-after-accepting', times: 200 });
    for (let number = 0; number < 200; number += 1) {
      const one = {
        card: cardOf(buildHandoff({ action: { do: `Call ${number}`, outcomes: [] } })),
        order,
      };
      const attempt = (count: number) =>
        prepare({ attempt: count, scheduledTimestampMs: begunAt }).run(activities.sms.sendSms, one);
      await expect(attempt(1)).rejects.toMatchObject({ type: 'Ambiguous' });
      await expect(attempt(2)).resolves.toMatchObject({
        foundSent: true,
        providerId: simulator.sms.at(-1)?.sid,
      });
    }
    expect(new Set(sent()).size).toBe(200);
    expect(sent()).toHaveLength(200);
  }, 60_000);

  test('finds the message among hundreds of others to the same phone', async () => {
    await sendSms();
    for (let number = 0; number < 130; number += 1) {
      const another = cardOf(buildHandoff({ action: { do: `Call ${number}`, outcomes: [] } }));
      await prepare({ scheduledTimestampMs: Date.now() }).run(activities.sms.sendSms, {
        card: another,
        order,
      });
    }
    await expect(sendSms(2)).resolves.toMatchObject({ foundSent: true });
  });
});
