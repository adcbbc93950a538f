import { expect } from 'vitest';
import { policiesSchema, snapshotPolicy } from '../../src/domain/policy.ts';
import { retell, test } from '../support/workflow-world.ts';

/** Every twelve hours of the seven days that are left after the tiers. */
const NOTICES = 14;

test('over seven days without an answer everybody is told in turn, the last resort again and again, and the end is announced', async ({
  world,
}) => {
  const [alice, bob] = [world.phone('alice'), world.phone('bob')];
  const [carol, leads] = [world.phone('carol'), world.phone('leads')];
  const handoff = await world.submit({ policy: defaultPolicy() });
  await alice.expectSms(/^URGENT: Call Maria Lopez by .*\n\+1 512 555 0147\n/);
  await handoff.expectAttributes({ status: 'notifying', awaiting: ['alice'] });

  const view = await handoff.end();

  await alice.expectEmail(/^2nd notice: Call Maria Lopez/);
  const escalation = await bob.expectSms(/^URGENT: Call Maria Lopez \(was due/);
  expect(escalation.body).toContain('Alice Ng has not answered');
  const lastResort = await carol.expectSms(/^LAST RESORT: Call Maria Lopez/);
  expect(lastResort.body).toContain('Bob Diaz has not answered');
  await leads.expectEmail(/^LAST RESORT: Call Maria Lopez/);
  for (let notice = 2; notice <= NOTICES; notice += 1) {
    await carol.expectSms(/^LAST RESORT, \d+(nd|rd|th) notice: Call Maria Lopez/);
    await leads.expectEmail(/^LAST RESORT, \d+(nd|rd|th) notice: Call Maria Lopez/);
  }
  await alice.expectSms(/^Stand down: nobody took it before its end/);
  await bob.expectSms(/^Stand down: nobody took it before its end/);
  await carol.expectSms(/^EXPIRED, nobody will be asked again: Call Maria Lopez/);
  await leads.expectEmail(/^Expired: Call Maria Lopez/);
  world.phones.expectNothingUnread();

  expect(view).toMatchObject({ status: 'expired', awaiting: [], next: null });
  expect(view.ending).toMatchObject({ status: 'expired', note: 'nobody took it before its end' });
  expect(retell(view, 'sent').sort()).toEqual(
    [
      '0:00 offer to Alice Ng by sms',
      '0:02 offer to Alice Ng by email',
      '0:05 offer to Bob Diaz by sms',
      ...Array.from({ length: NOTICES }, (_, index) => index * 12).flatMap((hours) => [
        `${hours}:15 last resort to Carol Okafor by sms`,
        `${hours}:15 last resort to leads@example.com by email`,
      ]),
      '168:00 announcement of the end to Carol Okafor by sms',
      '168:00 announcement of the end to leads@example.com by email',
      '168:00 stand-down to Alice Ng by sms',
      '168:00 stand-down to Bob Diaz by sms',
    ].sort(),
  );
  await handoff.expectAttributes({
    status: 'expired',
  });
  // Fault 9: also who heard of nothing but the end.
  for (const person of ['alice', 'bob', 'carol']) {
    expect(await world.ask(person)).toMatchObject({
      open: [],
      closed: [{ handoffId: handoff.id, ending: { status: 'expired' } }],
    });
  }
});

test('fault 11: while nobody can be told it is tried again and again, and so is its end; whoever can be told at last is', async ({
  world,
}) => {
  const SMS = [{ channel: 'sms', afterMs: 0 }] as const;
  const { directory } = world;
  const handoff = await world.submit({
    policy: {
      tiers: [{ label: 'tier 1', notify: ['wrong'], ladder: SMS, escalateAfterMs: 600_000 }],
      lastResort: { notify: ['wrong'], ladder: SMS, remindEveryMs: 43_200_000 },
      expiresAfterMs: 86_400_000,
    },
  });
  await world.pass('25h');
  const view = await handoff.view();
  expect(view.status).toBe('expired');
  const { since = '' } = view.unreached ?? {};
  expect(Date.parse(since) - Date.parse(view.submittedAt)).toBeLessThan(30_000);
  // Each time by SMS, then by a call.
  const tries = retell(view, 'not-sent').map((entry) => entry.replace(/ (?:to|by) .*/, ''));
  expect([...new Set(tries)]).toEqual([
    '0:00 offer',
    '0:00 last resort',
    '0:05 last resort',
    '0:15 last resort',
    '0:35 last resort',
    '1:15 last resort',
    '2:35 last resort',
    '5:15 last resort',
    '10:35 last resort',
    '21:15 last resort',
    '24:00 announcement of the end',
  ]);
  expect(tries).toHaveLength(1 + 10 * 2);

  const { wrong, ...others } = directory.responders;
  if (!wrong) throw new Error('nobody is wrong');
  world.directory = {
    ...directory,
    responders: { ...others, wrong: { ...wrong, phone: '+15005550012' } },
  };
  const ended = await handoff.end();
  await world.phone('carol').expectSms(/^EXPIRED, nobody will be asked again: Call Maria Lopez/);
  expect(ended.unreached).toBeUndefined();
  expect(retell(ended, 'sent')).toEqual(['36:00 announcement of the end to Wrong Number by sms']);
});

/** What a policies.yaml leaves to the defaults is left to them here, the seven days above all. */
function defaultPolicy() {
  const policies = policiesSchema.parse({
    sales: {
      lastResort: { notify: ['carol'], email: ['leads@example.com'], ladder: ['sms'] },
      urgent: {
        tiers: [
          { notify: ['alice'], ladder: ['sms', { email: '2m' }], escalateAfter: '5m' },
          { notify: ['bob'], ladder: ['sms'], escalateAfter: '10m' },
        ],
      },
    },
  });
  const { sales } = policies;
  const policy = sales && snapshotPolicy('sales', sales, { urgency: 'urgent' });
  if (!policy) throw new Error('the policy has no rules for urgent');
  return policy;
}
