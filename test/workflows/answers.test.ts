import { expect } from 'vitest';
import { retell, test } from '../support/workflow-world.ts';

test('a take at tier 1 stops the escalation, and done ends it', async ({ world }) => {
  const handoff = await world.submit();
  await handoff.expectSms('alice', /^URGENT: Call Maria Lopez/);

  await world.text('alice', '1');
  await world.phone('alice').expectSms(/^You have it: Call Maria Lopez/);
  await handoff.expectAttributes({ status: 'owned', owner: 'alice' });
  await world.pass('14m');
  expect(world.phone('bob').unread()).toEqual([]);

  await world.text('alice', 'done reached');
  await world.phone('alice').expectSms(/^Done \(reached\): Maria Lopez, Acme Corp/);
  const view = await handoff.end();

  expect(view).toMatchObject({
    status: 'resolved',
    ending: { outcome: 'reached', by: { kind: 'responder', id: 'alice' } },
  });
  expect(retell(view, 'escalated')).toEqual([]);
});

test('an owner who falls silent is reminded, then the next tier is told and both know why', async ({
  world,
}) => {
  const [alice, bob] = [world.phone('alice'), world.phone('bob')];
  const handoff = await world.submit();
  await handoff.expectSms('alice', /^URGENT: Call Maria Lopez/);
  await handoff.give('take', 'alice');

  await world.pass('15m');
  await alice.expectSms(/^You have .*: Call Maria Lopez/);
  await world.pass('15m');
  const released = await alice.expectSms(/goes on to others/);
  const escalation = await bob.expectSms(/^URGENT: Call Maria Lopez/);

  const why = 'Alice Ng took it and did not finish within 30 min';
  expect(released.body).toContain(why);
  expect(escalation.body).toContain(why);
  await handoff.expectAttributes({ status: 'notifying', awaiting: ['alice', 'bob'] });

  // Who was late may still be the one to finish.
  expect(await handoff.give('resolve', 'alice', { note: 'reached her at last' })).toBe('resolved');
  await bob.expectSms(/^Stand down: Alice Ng: done/);
  const view = await handoff.end();
  // Of two messages at the same moment either may leave first.
  expect(retell(view, 'taken', 'sent', 'overdue', 'resolved').toSorted()).toEqual(
    [
      '0:00 offer to Alice Ng by sms',
      '0:00 Alice Ng took it by sms',
      '0:15 reminder to Alice Ng by sms',
      `0:30 ${why}`,
      '0:30 notice that it moved on to Alice Ng by sms',
      '0:30 offer to Bob Diaz by sms',
      '0:30 Alice Ng: done (reached), her at last',
      '0:30 stand-down to Bob Diaz by sms',
    ].toSorted(),
  );
});

test('a pass brings the next tier in at once, and whoever passed is left alone', async ({
  world,
}) => {
  const handoff = await world.submit({ policy: { repeat: 1 } });
  await handoff.expectSms('alice', /^URGENT: Call Maria Lopez/);

  await world.text('alice', 'pass, in a meeting');
  await world.phone('alice').expectSms(/^Passed on: Maria Lopez/);
  const escalation = await handoff.expectSms('bob', /^URGENT: Call Maria Lopez/);

  expect(escalation.body).toContain('Everyone told in tier 1 passed');
  await world.pass('5m');
  // Round 2 has nobody in tier 1.
  await handoff.expectSms('bob', /^URGENT, 2nd notice/);
  expect(await handoff.give('resolve', 'bob')).toBe('resolved');
  const view = await handoff.end();
  expect(retell(view, 'passed', 'skipped', 'escalated')).toEqual([
    '0:00 Alice Ng passed it on: in a meeting',
    '0:00 everyone told in tier 1 passed: on to tier 2',
    '0:05 Bob Diaz has not answered: on to tier 1, round 2',
    '0:05 Alice Ng passed it on before',
    '0:05 nobody in tier 1, round 2 could be told: on to tier 2, round 2',
  ]);
});

test('when its source withdraws it, everybody who was asked is stood down', async ({ world }) => {
  const handoff = await world.submit();
  await handoff.expectSms('alice', /^URGENT: Call Maria Lopez/);
  await world.pass('5m');
  await handoff.expectSms('bob', /^URGENT: Call Maria Lopez/);

  expect(await handoff.give('withdraw', 'crm', { reason: 'she bought' })).toBe('withdrawn');
  const view = await handoff.end();

  for (const person of ['alice', 'bob']) {
    await world.phone(person).expectSms(/^Stand down: crm: withdrawn, she bought/);
  }
  expect(view).toMatchObject({
    status: 'withdrawn',
    ending: { by: { kind: 'source', id: 'crm' } },
  });
  await handoff.expectAttributes({
    status: 'withdrawn',
  });
});

test('the second of two who take it is told who has it', async ({ world }) => {
  const handoff = await world.submit({
    policy: {
      tiers: [
        {
          label: 'tier 1',
          notify: ['team:sales'],
          ladder: [{ channel: 'sms', afterMs: 0 }],
          escalateAfterMs: 300_000,
        },
      ],
    },
  });
  for (const id of ['alice', 'bob', 'carol']) await handoff.expectSms(id, /^URGENT/);

  const effects = await Promise.all([
    handoff.give('take', 'alice'),
    handoff.give('take', 'bob'),
    handoff.give('take', 'carol'),
  ]);

  expect(effects.sort()).toEqual(['held-by-other', 'held-by-other', 'taken']);
  const { owner } = await handoff.view();
  const others = ['alice', 'bob', 'carol'].filter((id) => id !== owner?.responder);
  for (const id of others) {
    await world.phone(id).expectSms(new RegExp(`^Stand down: ${owner?.name ?? ''} has it`));
  }
  await handoff.give('resolve', owner?.responder ?? '');
  await handoff.end();
});

test('whoever is done before the news of their own message came in is not stood down', async ({
  world,
}) => {
  let tell = (): void => undefined;
  world.newsOfSms = new Promise((resolve) => (tell = resolve));
  const handoff = await world.submit();
  await world.phone('alice').expectSms(/^URGENT: Call Maria Lopez/);

  await handoff.signal('resolve', 'alice');
  await handoff.expectAttributes({ status: 'resolved' });
  tell();

  expect(retell(await handoff.end(), 'sent', 'resolved')).toEqual([
    '0:00 Alice Ng: done',
    '0:00 offer to Alice Ng by sms',
  ]);
});
