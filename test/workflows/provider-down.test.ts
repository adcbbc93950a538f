import { expect } from 'vitest';
import type { EscalationPolicy } from '../../src/domain/policy.ts';
import { amount } from '../support/amount.ts';
import { retell, test } from '../support/workflow-world.ts';

const SMS = [{ channel: 'sms', afterMs: 0 }] as const;
const MINUTE_MS = 60_000;
/** Two hours are half a minute of retries. */
const OUTAGE_MINUTES = amount(24, 120);

/** First one, then bob, then carol until somebody takes it. */
function inTurn(first: string, escalateAfterMs: number): Partial<EscalationPolicy> {
  return {
    tiers: [
      { label: 'tier 1', notify: [first], ladder: SMS, escalateAfterMs },
      { label: 'tier 2', notify: ['bob'], ladder: SMS, escalateAfterMs },
    ],
    lastResort: { notify: ['carol'], ladder: SMS, remindEveryMs: 12 * 60 * MINUTE_MS },
  };
}

test(`R19: after ${OUTAGE_MINUTES} minutes without any provider everything that is still wanted goes out, the most urgent first, and nothing else`, async ({
  world,
}) => {
  world.isBundling = false;
  for (const channel of ['sms', 'voice', 'email'] as const) {
    world.simulator.faults.inject({ channel, kind: 'error-before-accepting' });
  }
  const patient = 4 * 60 * MINUTE_MS;
  const submit = (urgency: 'critical' | 'urgent' | 'routine', word: string, policy: object) =>
    world.submit({
      handoff: {
        urgency,
        action: { do: `Call ${word}`, outcomes: [] },
        brief: { subject: word, summary: 'Asked for an offer.' },
      },
      policy,
    });
  const routine = await submit('routine', 'Robin', inTurn('carol', patient));
  const urgent = await submit('urgent', 'Ursula', inTurn('bob', patient));
  const critical = await submit('critical', 'Chris', inTurn('alice', patient));
  const withdrawn = await submit('urgent', 'Wilma', inTurn('alice', patient));
  const escalated = await submit(
    'urgent',
    'Edgar',
    inTurn('alice', (OUTAGE_MINUTES / 4) * MINUTE_MS),
  );

  await world.pass(`${OUTAGE_MINUTES / 2}m`);
  await withdrawn.signal('withdraw', 'crm');
  await world.pass(`${OUTAGE_MINUTES / 2}m`);
  expect(world.simulator.sms).toEqual([]);
  const backAt = await world.now();
  world.simulator.faults.clear();

  // Each is tried again as often as it is urgent.
  await world.pass('6s');
  await critical.expectSms('alice', /^CRITICAL: Call Chris/);
  await world.pass('6s');
  await urgent.expectSms('bob', /^URGENT: Call Ursula/);
  await escalated.expectSms('carol', /^LAST RESORT: Call Edgar/);
  await world.pass('1m');
  await routine.expectSms('carol', /Call Robin/);
  await world.pass('30m');
  world.phones.expectNothingUnread();

  const told = retell(await escalated.view(), 'sent', 'escalated');
  expect(told.map((line) => line.replace(/^\S+ /, ''))).toEqual([
    'no message of tier 1 arrived: on to tier 2',
    'no message of tier 2 arrived: on to last resort',
    'last resort to Carol Okafor by sms',
  ]);
  for (const [story, withinMs] of [
    [critical, 5_500],
    [urgent, 10_500],
    [routine, 60_500],
  ] as const) {
    const { timeline } = await story.view();
    const sent = timeline.find(({ what }) => what === 'sent');
    expect(Date.parse(sent?.at ?? '') - backAt, story.code).toBeLessThan(withinMs + 2_000);
    expect(timeline.filter(({ what }) => what === 'escalated')).toEqual([]);
  }
  await world.closeQuietly([critical, urgent, routine, escalated]);
}, 240_000);
