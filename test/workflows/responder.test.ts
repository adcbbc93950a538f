import { expect } from 'vitest';
import type { Absence } from '../../src/domain/availability/situation.ts';
import { instantAfter } from '../../src/domain/duration.ts';
import type { OfferRequest } from '../../src/domain/responder-state.ts';
import {
  awaySignal,
  backSignal,
  offerUpdate,
  renewSignal,
  responderQuery,
  responderWorkflowId,
} from '../../src/workflows/messages.ts';
import { LATER, retell, test, type Story, type World } from '../support/workflow-world.ts';

/** When this many were made in one run, the responder's workflow starts a new one. */
const OFFERS_PER_RUN = 1_000;

function responderOf(world: World, person: string) {
  return world.client.workflow.getHandle(responderWorkflowId(person));
}

/** Returns an offer of a handoff. */
function toOffer({ id, code }: Story, notificationId = 'early'): OfferRequest {
  const card = { handoffId: id, code, subject: 'Maria Lopez', action: 'Call Maria Lopez' };
  return { card, notificationId };
}

/** Makes an offer of a handoff to alice. */
function offer({ responders }: World, handoff: Story, notificationId: string) {
  return responders.offer('alice', toOffer(handoff, notificationId));
}

/** Waits until those who plan can read whether alice is away. */
async function expectAway({ responders }: World, absence: Absence | undefined): Promise<void> {
  const read = async () => (await responders.readAbsences(['alice', 'nobody']))['alice'];
  await expect.poll(read, LATER).toEqual(absence);
}

test('a new run of a responder keeps their open handoffs, answers, replies and absence', async ({
  world,
}) => {
  const handoff = await world.submit();
  await handoff.expectSms('alice', /^URGENT.*\n.*\n.*\nReply 1 to take/);
  await world.text('alice', 'what is this', 'reply-1');
  await world.phone('alice').expectSms(/^Reply 1 to take/);
  const away = { since: '2026-11-23T15:00:00.000Z', cover: 'bob' };
  await responderOf(world, 'alice').signal(awaySignal, away);
  await expectAway(world, away);
  const first = await responderOf(world, 'alice').describe();
  const answer = await offer(world, handoff, 'early');

  const all = Array.from({ length: OFFERS_PER_RUN }, (_, index) => `n-${index}`);
  for (let at = 0; at < all.length; at += 20) {
    await Promise.all(all.slice(at, at + 20).map((id) => offer(world, handoff, id)));
  }
  const runId = async () => (await responderOf(world, 'alice').describe()).runId;
  await expect.poll(runId, LATER).not.toBe(first.runId);
  // And whenever it is asked to.
  const second = await runId();
  await responderOf(world, 'alice').signal(renewSignal);
  await expect.poll(runId, LATER).not.toBe(second);

  expect(await responderOf(world, 'alice').query(responderQuery, [])).toMatchObject({
    offers: [{ handoffId: handoff.id, code: handoff.code }],
    away,
  });
  await expectAway(world, away);
  await responderOf(world, 'alice').signal(backSignal, {});
  await expectAway(world, undefined);
  // What was answered and routed before is not answered or routed anew.
  const other = await world.submit();
  await world.phone('alice').expectSms(new RegExp(`Reply 1 ${other.code} to take`));
  expect(await offer(world, handoff, `n-${OFFERS_PER_RUN - 1}`)).toEqual(answer);
  await world.text('alice', 'what is this', 'reply-1');
  await world.text('alice', `1 ${handoff.code}`, 'reply-2');
  await handoff.expectSms('alice', /^You have it: Call Maria Lopez/);

  // Time may skip on while an end is awaited: by then nothing is open.
  for (const story of [handoff, other]) await story.give('withdraw', 'crm');
  await Promise.all([handoff.end(), other.end()]);
  await world.phone('alice').expectSms(/^Stand down: crm: withdrawn/);
  await world.phone('alice').expectSms(/^Stand down: crm: withdrawn/);
});

test('while several wait for a person a bare reply changes none, and one with a code only its own', async ({
  world,
}) => {
  const [one, other] = [await world.submit(), await world.submit()];
  await one.expectSms('alice', new RegExp(one.code));
  await other.expectSms('alice', new RegExp(other.code));

  await world.text('alice', '1');
  const choices = await world.phone('alice').expectSms(/^Which one\? Nothing has changed yet/);
  expect(choices.body).toContain(`1 ${one.code}`);
  expect(choices.body).toContain(`1 ${other.code}`);
  expect((await one.view()).owner).toBeUndefined();
  expect((await other.view()).owner).toBeUndefined();

  await world.text('alice', `1 ${other.code}`);
  await other.expectSms('alice', /^You have it/);
  await other.expectAttributes({ status: 'owned', owner: 'alice' });
  await one.expectAttributes({ status: 'notifying', awaiting: ['alice'] });

  for (const story of [one, other]) await story.give('resolve', 'alice');
  await Promise.all([one.end(), other.end()]);
});

test('fault 1: a reply that ended its handoff, and is recorded once more after that, is answered with what it did', async ({
  world,
}) => {
  const handoff = await world.submit();
  await handoff.expectSms('alice', /^URGENT/);
  // It came directly, and whoever sent it waited in vain for the answer.
  await handoff.signal('resolve', 'alice', { id: 'sms:SM1', outcome: 'reached' });
  await handoff.end();
  expect(world.phone('alice').unread()).toEqual([]);

  await world.text('alice', `done reached ${handoff.code}`, 'sms:SM1');
  await world.phone('alice').expectSms(/^Done \(reached\): .* Thank you\.$/);
  // Another one is told how it ended, not only that it did.
  await world.text('alice', `1 ${handoff.code}`, 'sms:SM2');
  await world
    .phone('alice')
    .expectSms(/^Already over: .* was done \(reached\) by Alice Ng, .*\. Nothing for you to do\.$/);
});

test('a person who opted out is texted nothing more until they opt in, and their next channel is used', async ({
  world,
}) => {
  const policy = {
    tiers: [
      {
        label: 'tier 1',
        notify: ['alice'],
        ladder: [
          { channel: 'sms', afterMs: 0 },
          { channel: 'email', afterMs: 120_000 },
        ],
        escalateAfterMs: 300_000,
      },
    ],
  } as const;

  await world.text('alice', 'STOP');
  const handoff = await world.submit({ policy });
  await world.phone('alice').expectEmail(/^URGENT: Call Maria Lopez/);
  await handoff.give('resolve', 'alice');
  expect(retell(await handoff.end(), 'not-sent', 'sent')).toEqual([
    expect.stringMatching(/^0:00 offer to Alice Ng by sms: Alice Ng opted out by SMS at /),
    '0:00 offer to Alice Ng by email',
  ]);
  expect(world.simulator.sms).toEqual([]);

  await world.text('alice', 'START');
  const next = await world.submit({ policy });
  await next.expectSms('alice', /^URGENT: Call Maria Lopez/);
  await next.give('resolve', 'alice');
  await next.end();
});

test('who is away is left alone until they are back, and what they have is theirs to answer', async ({
  world,
}) => {
  const handoff = await world.submit();
  await handoff.expectSms('alice', /^URGENT/);
  const alice = responderOf(world, 'alice');
  const held = { ...toOffer(handoff), notificationId: 'next', mayBeHeld: true };
  const since = new Date(await world.now()).toISOString();
  const away = { since, until: instantAfter(since, 3_600_000), cover: 'bob' };

  await alice.signal(awaySignal, { ...away, replyId: 'reply-1' });
  await expectAway(world, away);
  expect((await alice.query(responderQuery, [])).away).toEqual(away);
  expect(await world.responders.offer('alice', held)).toEqual({ say: 'away', absence: away });
  expect(await world.responders.offer('alice', toOffer(handoff))).toMatchObject({ say: 'send' });

  await alice.signal(backSignal, { replyId: 'reply-2' });
  await expectAway(world, undefined);
  await alice.signal(awaySignal, { ...away, replyId: 'reply-1' });
  expect((await alice.query(responderQuery, [])).away).toBeUndefined();
  expect(await world.responders.offer('alice', held)).toMatchObject({ say: 'send' });

  await world.text('alice', 'away 2h');
  await world.phone('alice').expectSms(/^You are away until .*\n1 still waits for you\.$/);
  // Which instant that is takes a time zone, and who bob is the directory.
  await world.text('alice', 'away until tomorrow 9:00, bob covers');
  await world
    .phone('alice')
    .expectSms(/^You are away until \w{3} \d+ \w{3} 09:00\. .*Bob Diaz covers for you\./);
  await world.text('alice', '1');
  await handoff.expectSms('alice', /^You have it/);
  await world.text('alice', 'back');
  await world.phone('alice').expectSms(/^You are back: 1 is yours/);
  await expectAway(world, undefined);
  await handoff.give('resolve', 'alice');
  await handoff.end();

  // No worker is needed to know of it.
  await alice.signal(awaySignal, away);
  await expectAway(world, away);
  await world.stopWorkers();
  await expectAway(world, away);
});

test('a reply that reached its handoff by another way is answered, also when that is over', async ({
  world,
}) => {
  const handoff = await world.submit();
  await handoff.expectSms('alice', /^URGENT/);
  // As when nobody could say whether the API's signal had arrived.
  await handoff.give('take', 'alice', { id: 'reply-1' });
  await world.text('alice', '1', 'reply-1');
  await handoff.expectSms('alice', /^You have it: Call Maria Lopez/);
  await world.text('alice', '1', 'reply-1');

  await handoff.give('resolve', 'alice', { id: 'reply-2', outcome: 'reached' });
  await handoff.end();
  await world.text('alice', 'done reached', 'reply-2');
  await world.phone('alice').expectSms(/^Done \(reached\): Maria Lopez/);
});

test('what is over is found out in lots, and nobody is told of each end', async ({ world }) => {
  const offered = await Promise.all(Array.from({ length: 3 }, () => world.submit()));
  for (const { code } of offered) await world.phone('alice').expectSms(new RegExp(code));
  for (const story of offered) await story.give('resolve', 'alice');
  for (const story of offered) await story.end();
  const count = async () =>
    Object.keys((await world.responders.read('alice'))?.offers ?? {}).length;
  expect(await count()).toBe(3);

  // Of others nobody knows anything: they are as good as over.
  for (let index = 0; index < 17; index += 1) {
    const handoffId = `hof_${String(index).padStart(30, '0')}`;
    const card = { handoffId, code: `KM${10 + index}`, subject: 'Maria', action: 'Call' };
    await world.responders.offer('alice', { card, notificationId: 'n1' });
  }
  await expect.poll(count, LATER).toBe(0);
  const known = await world.responders.read('alice');
  expect(known?.closed.map(({ ending }) => ending.status)).toEqual(Array(3).fill('resolved'));
});

test('signals and updates that make no sense leave a responder as they were', async ({ world }) => {
  const handoff = await world.submit();
  await handoff.expectSms('alice', /^URGENT/);
  const alice = responderOf(world, 'alice');
  const before = await alice.query(responderQuery, []);

  const nonsense = [
    undefined,
    null,
    'x',
    7,
    [],
    {},
    { card: {} },
    { card: null, notificationId: 'n1' },
    { closed: [7], forgotten: 'all' },
  ];
  for (const name of ['offered', 'ended', 'seen', 'reply', 'away', 'nonsense']) {
    for (const payload of nonsense) await alice.signal<[unknown]>(name, payload);
    await alice.signal(name);
  }
  for (const payload of nonsense) {
    const update = alice.executeUpdate<unknown, [unknown]>(offerUpdate.name, { args: [payload] });
    await expect(update).rejects.toThrow('Workflow Update failed');
  }

  expect(await alice.query(responderQuery, [])).toEqual(before);
  await world.text('alice', '1');
  await handoff.expectSms('alice', /^You have it/);
  await handoff.give('resolve', 'alice');
  await handoff.end();
});

test('whoever has said five things that brought nothing about is away all the same when they say so', async ({
  world,
}) => {
  const handoff = await world.submit();
  await handoff.expectSms('alice', /^URGENT/);
  for (let count = 0; count < 5; count += 1) {
    await world.text('alice', `what is number ${count}`);
    await world.phone('alice').expectSms(/^Reply 1 to take/);
  }

  await world.text('alice', 'away');

  await world.phone('alice').expectSms(/^You are away/);
  await handoff.give('withdraw', 'crm');
  await handoff.end();
  world.phones.ignoreUnread();
});
