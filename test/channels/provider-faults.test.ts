import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { explainTwilioCode } from '../../src/domain/provider-codes.ts';
import type { CallBehaviour, Fault } from '../../src/simulator/simulator.ts';
import { startBaton, type Baton } from '../support/baton.ts';
import { buildSubmission } from '../support/samples.ts';

/** The next step would come after five minutes by the clock. */
const AT_ONCE = { withinMs: 10_000 };
const ALICE = '+15005550010';

const CODES = Array.from({ length: 99_999 }, (_, code) => code).filter((code) => {
  const type = explainTwilioCode(code)?.type;
  return type === 'Permanent' || type === 'Configuration';
});
/** What Twilio says at once about SMS, and what it reports of them later. */
const REFUSALS = CODES.filter((code) => (code >= 21_000 && code < 22_000) || code < 13_000);
const REPORTS = CODES.filter((code) => code >= 30_000 && code < 31_000);

let baton: Baton;
const took: number[] = [];

beforeAll(async () => {
  baton = await startBaton();
});
afterAll(async () => {
  const sorted = took.sort((one, other) => one - other);
  const at = (part: number): number => sorted[Math.floor(sorted.length * part)] ?? 0;
  // The figure of the note.
  // oxlint-disable-next-line no-console
  console.log(
    `from a provider's report to the next step at its provider, ${sorted.length} faults: ` +
      `median ${at(0.5)} ms, p95 ${at(0.95)} ms, slowest ${sorted.at(-1) ?? 0} ms`,
  );
  await baton.stop();
});

/** Hands off, and waits until the next step of Alice's ladder has left; returns what the timeline says. */
async function findNextStep(
  policy: string,
  action: string,
  next: 'sms' | 'email',
): Promise<readonly string[]> {
  // The stand-down of the test before: two SMS to one phone are kept apart.
  if (next === 'sms') await delay(1_300);
  let reportedAt = Date.now();
  const stop = baton.simulator.onChange((change) => {
    const isFailure =
      // Used up: the provider refuses it now.
      change.kind === 'faults' ||
      (change.kind === 'email' &&
        ['bounced', 'blocked', 'dropped'].includes(change.email.status)) ||
      (change.kind === 'sms' && ['failed', 'undelivered'].includes(change.sms.status)) ||
      (change.kind === 'call' &&
        ['busy', 'no-answer', 'failed', 'completed'].includes(change.call.status));
    if (isFailure) reportedAt = Date.now();
  });
  const { id } = await baton.submit(
    buildSubmission({ policy, action: { do: action, outcomes: [] } }),
  );
  const pattern = new RegExp(action);
  const alice = baton.phone('alice');
  if (next === 'sms') await alice.expectSms(pattern, AT_ONCE);
  else await alice.expectEmail(pattern, AT_ONCE);
  stop();
  took.push(Date.now() - reportedAt);
  const { timeline } = await baton.read(id);
  await baton.call('POST', `/v1/handoffs/${id}/withdraw`, {});
  if (next === 'sms') await alice.expectSms(/^Stand down/);
  else await alice.expectEmail(/stand down/i);
  return timeline.map(({ because }) => because);
}

describe('R20: an SMS', () => {
  test.each(REFUSALS)('that Twilio refuses with %i', async (code) => {
    baton.simulator.faults.inject({ channel: 'sms', kind: 'rejected', code, to: ALICE, times: 1 });
    const story = await findNextStep('sms-first', `Refused with ${code}`, 'email');
    const means = explainTwilioCode(code)?.means ?? '';
    expect(story.join('\n')).toContain(`offer to Alice Ng by sms: Twilio ${code}: ${means}`);
  });

  test.each(REPORTS.flatMap((code) => [[code, 'failed'] as const, [code, 'undelivered'] as const]))(
    'that Twilio reports with %i as %s',
    async (code, kind) => {
      baton.simulator.faults.inject({ channel: 'sms', kind, code, to: ALICE, times: 1 });
      const story = await findNextStep('sms-first', `Reported ${code} ${kind}`, 'email');
      const means = explainTwilioCode(code)?.means ?? '';
      expect(story.join('\n')).toContain(`offer to Alice Ng by sms: Twilio ${code}: ${means}`);
    },
  );

  test('to somebody who replied STOP', async () => {
    const { id } = await baton.submit(
      buildSubmission({ policy: 'sms-first', action: { do: 'Ask who stops', outcomes: [] } }),
    );
    const alice = baton.phone('alice');
    await alice.expectSms(/Ask who stops/);
    await alice.reply('STOP');
    await alice.expectEmail(/Ask who stops/, AT_ONCE);
    const { timeline } = await baton.read(id);
    expect(timeline.map(({ because }) => because)).toContain(
      'offer to Alice Ng by sms: they replied STOP',
    );
    await baton.call('POST', `/v1/handoffs/${id}/withdraw`, {});
    await alice.expectEmail(/stand down/i);
    await alice.reply('START');
  });
});

describe('an email', () => {
  const kinds: readonly (Fault['kind'] & ('bounce' | 'blocked' | 'dropped'))[] = [
    'bounce',
    'blocked',
    'dropped',
  ];
  test.each(kinds)('that SendGrid reports as %s', async (kind) => {
    baton.simulator.faults.inject({ channel: 'email', kind, to: 'alice@example.com', times: 1 });
    const story = await findNextStep('email-first', `Mail with a ${kind}`, 'sms');
    expect(story.join('\n')).toMatch(/offer to Alice Ng by email: SendGrid/);
  });
});

describe('a call', () => {
  const behaviours: readonly [CallBehaviour, RegExp][] = [
    ['busy', /busy/],
    ['no-answer', /answer/],
    ['failed', /failed/],
    ['voicemail', /voicemail|machine/],
  ];
  test.each(behaviours)('that ends as %s', async (behaviour, reason) => {
    baton.simulator.setCallBehaviour(ALICE, behaviour);
    const stop = baton.simulator.onChange((change) => {
      // Nobody presses a key: the pauses for one need not be waited for.
      if (change.kind === 'call' && change.call.waitingForKeys)
        baton.simulator.skipCallWait(change.call.sid);
    });
    const story = await findNextStep('voice-first', `Call that is ${behaviour}`, 'email');
    stop();
    baton.simulator.setCallBehaviour(ALICE, 'ring');
    const said = story.filter((because) => because.startsWith('offer to Alice Ng by voice: '));
    expect(said).toEqual([expect.stringMatching(reason)]);
  });
});
