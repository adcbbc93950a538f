import { expect } from 'vitest';
import { wallAt } from '../../src/domain/availability/zoned.ts';
import { directorySchema, type Directory } from '../../src/domain/directory.ts';
import { buildTiming } from '../support/builders.ts';
import { retell, test, ZONE, type World } from '../support/workflow-world.ts';

const OFFICE_NIGHTS = [
  { days: 'mon-fri', from: '20:00', to: '08:00' },
  { days: 'sat-sun', from: '00:00', to: '24:00' },
];
const FOLLOW_UP = { urgency: 'routine', action: { do: 'Write to Maria', outcomes: [] } } as const;
const EMAIL = [{ channel: 'email', afterMs: 0 }] as const;
const byEmail = (name: string) => [
  { label: 'tier 1', notify: [name], ladder: EMAIL, escalateAfterMs: 4 * 3_600_000 },
];

/** The people of the test directory; those named have what is given with them. */
function withPeople(
  people: Readonly<Record<string, object>>,
  { quietHours = OFFICE_NIGHTS }: { quietHours?: object[] } = {},
): Directory {
  const known = {
    alice: { name: 'Alice Ng', phone: '+15005550010', email: 'alice@example.com' },
    bob: { name: 'Bob Diaz', phone: '+15005550011', email: 'bob@example.com' },
    carol: { name: 'Carol Okafor', phone: '+15005550012', email: 'carol@example.com' },
  };
  return directorySchema.parse({
    organisation: { timezone: ZONE, quietHours },
    responders: Object.fromEntries(
      Object.entries(known).map(([id, person]) => [id, { ...person, ...people[id] }]),
    ),
  });
}

/** Returns the day in New York some days from now, such as `2026-11-26`. */
async function dayFromNow(world: World, days: number): Promise<string> {
  const wall = wallAt((await world.now()) + days * 86_400_000, ZONE);
  return new Date(wall).toISOString().slice(0, 10);
}

test('routine work of Friday 23:00 is sent on Monday at 08:00, also when the clocks change in between', async ({
  world,
}) => {
  world.directory = withPeople({});
  const policy = { timing: buildTiming('wait'), tiers: byEmail('alice') };
  // The clocks of New York go forward on 14 March and back on 7 November 2027.
  const weekends = [
    [0, '57:00'],
    [Date.UTC(2027, 2, 8), '56:00'],
    [Date.UTC(2027, 10, 1), '58:00'],
  ] as const;
  for (const [after, hours] of weekends) {
    await world.passUntil('fri', '23:00', after);
    const handoff = await world.submit({ handoff: FOLLOW_UP, policy });
    await handoff.expectAttributes({ status: 'waiting' });
    await world.passUntil('mon', '07:59');
    expect(world.phone('alice').unread()).toEqual([]);
    // What comes out of the night at once is collected for a minute.
    await world.passUntil('mon', '08:02');
    await world.phone('alice').expectEmail(new RegExp(`Write to Maria.*\\(${handoff.code}\\)`));
    expect(retell(await handoff.view(), 'waiting', 'sent')).toEqual([
      `0:00 quiet hours: Alice Ng until Mon 08:00 (${ZONE})`,
      `${hours} offer to Alice Ng by email, together with what else waits for them`,
    ]);
    expect(await handoff.listSummaries()).toContain(
      `quiet hours: Alice Ng until Mon 08:00 (${ZONE})`,
    );
    await handoff.give('resolve', 'alice');
    // Not end(): with nothing left to wait for, the clock would skip on by years.
    await handoff.handle.result();
  }
});

test('urgent work at 02:00 goes past who sleeps to who is awake, and says so', async ({
  world,
}) => {
  world.directory = withPeople({ bob: { quietHours: [] } });
  await world.passUntil('tue', '02:00');
  const handoff = await world.submit({ policy: { timing: buildTiming('skip') } });
  await handoff.expectSms('bob', /^URGENT: Call Maria Lopez/);
  expect(world.phone('alice').unread()).toEqual([]);

  await handoff.give('resolve', 'bob');
  expect(retell(await handoff.end(), 'skipped', 'escalated', 'planned', 'sent')).toEqual([
    `0:00 quiet hours: Alice Ng until 08:00 (${ZONE})`,
    '0:00 tier 1: nobody to tell',
    '0:00 nobody in tier 1 could be told: on to tier 2',
    '0:00 tier 2: Bob Diaz',
    '0:00 offer to Bob Diaz by sms',
  ]);
});

test('somebody who takes it in quiet hours has it at once, and nobody is told at their end', async ({
  world,
}) => {
  world.directory = withPeople({});
  await world.passUntil('tue', '23:00');
  const handoff = await world.submit({
    handoff: FOLLOW_UP,
    policy: { timing: buildTiming('wait'), actWithinMs: 24 * 3_600_000 },
  });
  await handoff.expectAttributes({ status: 'waiting' });

  expect(await handoff.give('take', 'bob', { via: 'api' })).toBe('taken');
  await world.pass('11h');
  expect(world.simulator.sms).toEqual([]);
  expect(await handoff.give('resolve', 'bob')).toBe('resolved');

  expect(retell(await handoff.end(), 'waiting', 'taken', 'planned', 'resolved')).toEqual([
    `0:00 quiet hours: Alice Ng until Wed 08:00 (${ZONE})`,
    '0:00 Bob Diaz took it by api',
    '11:00 Bob Diaz: done',
  ]);
});

test('on vacation the cover is told, in a meeting it waits for its end', async ({ world }) => {
  const [from, until] = [await dayFromNow(world, -1), await dayFromNow(world, 2)];
  world.directory = withPeople(
    { alice: { away: [{ from, until, cover: 'carol' }] } },
    { quietHours: [] },
  );
  const covered = await world.submit({ policy: { timing: buildTiming('skip') } });
  await covered.expectSms('carol', /^URGENT: Call Maria Lopez/);
  await covered.give('resolve', 'carol');
  expect(retell(await covered.end(), 'skipped', 'planned')).toEqual([
    '0:00 Alice Ng is away: Carol Okafor covers',
    '0:00 tier 1: Carol Okafor (covers for Alice Ng, who is away)',
  ]);

  const now = await world.now();
  const minute = 60_000;
  world.busy = { bob: [{ from: now - 5 * minute, until: now + 30 * minute, kind: 'busy' }] };
  const policy = { timing: buildTiming('wait'), tiers: byEmail('bob') };
  const waited = await world.submit({ handoff: FOLLOW_UP, policy });
  await waited.expectAttributes({ status: 'waiting' });
  await world.pass('32m');
  await world.phone('bob').expectEmail(/Write to Maria/);
  await waited.give('resolve', 'bob');
  expect(retell(await waited.end(), 'waiting', 'sent')).toEqual([
    expect.stringMatching(
      /^0:00 a meeting: Bob Diaz until (\w{3} )?\d\d:\d\d \(America\/New_York\)$/,
    ),
    '0:30 offer to Bob Diaz by email, together with what else waits for them',
  ]);
});

test('with everybody away it waits for the first who is back, or goes to the last resort', async ({
  world,
}) => {
  const from = await dayFromNow(world, -1);
  const back = { alice: await dayFromNow(world, 3), bob: await dayFromNow(world, 2) };
  world.directory = withPeople(
    {
      alice: { away: [{ from, until: back.alice }] },
      bob: { away: [{ from, until: back.bob }] },
    },
    { quietHours: [] },
  );
  const waiting = await world.submit({
    policy: { timing: buildTiming('skip'), expiresAfterMs: 30 * 86_400_000 },
  });
  await waiting.expectAttributes({ status: 'waiting' });
  const lastResort = await world.submit({
    policy: { timing: buildTiming('skip', { whenNobodyAwake: 'last-resort' }) },
  });
  await lastResort.expectSms('carol', /^LAST RESORT: Call Maria Lopez/);
  await lastResort.give('resolve', 'carol');
  await lastResort.end();

  await world.passUntilInstant(Date.parse((await waiting.view()).next?.at ?? '') - 1_000);
  await waiting.expectSms('bob', /^URGENT: Call Maria Lopez/);
  await waiting.give('resolve', 'bob');
  const view = await waiting.end();
  expect(view.timeline.find(({ what }) => what === 'waiting')?.because).toMatch(
    /^nobody can be told before: away: Bob Diaz until \w+ 00:00 \(America\/New_York\), after the deadline$/,
  );
});

test('a message that is held up into the quiet hours is not sent, but planned again', async ({
  world,
}) => {
  world.directory = withPeople({});
  await world.passUntil('tue', '19:58');
  world.simulator.faults.inject({ channel: 'sms', kind: 'error-before-accepting', times: 17 });
  const handoff = await world.submit({ policy: { timing: buildTiming('wait') } });
  await world.pass('4m');
  await handoff.expectAttributes({ status: 'waiting' });
  expect(world.simulator.sms.filter(({ status }) => status === 'delivered')).toEqual([]);

  await world.pass('12h');
  await handoff.expectSms('alice', /^URGENT: Call Maria Lopez/);
  await handoff.give('resolve', 'alice');
  expect(retell(await handoff.end(), 'held', 'waiting', 'sent')).toEqual([
    expect.stringMatching(
      /^0:0[2-3] offer to Alice Ng by sms: quiet hours: Alice Ng until Wed 08:00 \(America\/New_York\)$/,
    ),
    expect.stringMatching(
      /^0:0[2-3] quiet hours: Alice Ng until Wed 08:00 \(America\/New_York\), after the deadline$/,
    ),
    '12:02 offer to Alice Ng by sms',
  ]);
});

test('who was asked in the afternoon hears in the morning that it was taken in the evening', async ({
  world,
}) => {
  world.directory = withPeople({ bob: { quietHours: [] } });
  await world.passUntil('tue', '17:00');
  const policy = {
    timing: buildTiming('wait'),
    tiers: [{ label: 'tier 1', notify: ['alice'], ladder: EMAIL, escalateAfterMs: 24 * 3_600_000 }],
    actWithinMs: 24 * 3_600_000,
  };
  const handoff = await world.submit({ handoff: FOLLOW_UP, policy });
  await world.phone('alice').expectEmail(/Write to Maria/);
  await world.pass('4h');

  expect(await handoff.give('take', 'bob')).toBe('taken');
  expect(await handoff.give('resolve', 'bob')).toBe('resolved');
  expect(world.phone('alice').unread()).toEqual([]);
  const view = await handoff.end();
  await world.phone('alice').expectEmail(/^Stand down/);
  expect(retell(view, 'held', 'sent')).toEqual([
    '0:00 offer to Alice Ng by email',
    `4:00 stand-down to Alice Ng by email: quiet hours: Alice Ng until Wed 08:00 (${ZONE})`,
    '15:00 stand-down to Alice Ng by email',
  ]);
});

test('a directory that changes meanwhile counts from the next tier on', async ({ world }) => {
  const handoff = await world.submit({ policy: { timing: buildTiming('skip') } });
  await handoff.expectSms('alice', /^URGENT/);
  world.directory = directorySchema.parse({
    organisation: { timezone: 'Europe/London' },
    responders: { carol: { name: 'Carol Okafor', phone: '+15005550012' } },
  });
  await world.pass('6m');
  await handoff.expectSms('carol', /^LAST RESORT/);

  await handoff.give('resolve', 'carol');
  const view = await handoff.end();
  expect(retell(view, 'skipped', 'escalated', 'not-sent')).toEqual([
    '0:05 Alice Ng has not answered: on to tier 2',
    '0:05 bob is not in the directory',
    '0:05 nobody in tier 2 could be told: on to last resort',
    expect.stringMatching(
      /^0:06 stand-down to Alice Ng by sms: alice is no longer in the directory/,
    ),
    expect.stringMatching(/^0:06 stand-down to Alice Ng by email: alice is no longer in the dir/),
  ]);
});
