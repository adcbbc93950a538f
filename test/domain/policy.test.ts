import { describe, expect, test } from 'vitest';
import { policiesSchema, snapshotPolicy, type Policy } from '../../src/domain/policy.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const tier = { notify: ['alice'], ladder: ['sms'], escalateAfter: '5m' };
const usual = { lastResort: { notify: ['carol'] }, urgent: { tiers: [tier] } };

function listFaults(policies: unknown): string[] {
  const parsed = policiesSchema.safeParse(policies);
  return parsed.success
    ? []
    : parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
}

function parse(policy: unknown): Policy {
  const { p } = policiesSchema.parse({ p: policy });
  if (!p) throw new Error('it is not there');
  return p;
}

describe('policiesSchema', () => {
  test('lists every fault of every policy at once', () => {
    expect(
      listFaults({
        a: { ...usual, actWithin: 'soon', urgnt: {}, routine: { repeat: 11, tiers: [] } },
        b: { lastResort: {}, urgent: { tiers: [tier] } },
        c: { lastResort: { notify: ['team:'], email: ['nobody'] } },
        d: {
          ...usual,
          urgent: {
            tiers: [
              { ...tier, ladder: [] },
              { notify: [], ladder: ['fax'] },
            ],
          },
        },
      }),
    ).toEqual([
      'a.actWithin: "soon" is not a duration; write for example 90s, 5m, 1h30m, 7d or PT5M',
      'a.routine.repeat: Too big: expected number to be <=10',
      'a.routine.tiers: Too small: expected array to have >=1 items',
      'a: Unrecognized key: "urgnt"',
      'b.lastResort: names nobody: without a last resort a handoff could end unseen',
      'c.lastResort.notify.0: must be a responder such as alice, team:<name> or rotation:<name>',
      'c.lastResort.email.0: Invalid email address',
      'c: has no tiers: give at least one of critical, urgent, routine',
      'd.urgent.tiers.0.ladder: Too small: expected array to have >=1 items',
      'd.urgent.tiers.1.notify: Too small: expected array to have >=1 items',
      'd.urgent.tiers.1.ladder.0: must be a channel (sms, voice, email), or one with its wait, such as { voice: 90s }',
      'd.urgent.tiers.1.escalateAfter: Invalid input: expected string, received undefined',
    ]);
  });

  test.each([
    ['an unknown channel', ['pager'], '0: must be a channel'],
    ['a wait that is none', [{ email: 'soon' }], '0: must be a channel'],
    [
      'two channels in one step',
      [{ sms: '1m', voice: '1m', email: '2m' }],
      '0: must name one channel',
    ],
    ['no channel in a step', [{}], '0: must name one channel'],
    ['a step after the tier has passed', ['sms', { email: '5m' }], '1: never runs'],
    ['the same as the first step', [{ sms: '1h' }, 'email'], '0: never runs'],
  ])('refuses %s', (_what, ladder, fault) => {
    const policies = { p: { ...usual, urgent: { tiers: [{ ...tier, ladder }] } } };

    expect(listFaults(policies)).toEqual([
      expect.stringContaining(`p.urgent.tiers.0.ladder.${fault}`),
    ]);
  });

  test.each(['Alice', 'mailto:x@example.com', 'team:team:x', 'group:sales', '', '__proto__'])(
    'refuses %j as somebody to notify',
    (target) => {
      const policies = { p: { ...usual, urgent: { tiers: [{ ...tier, notify: [target] }] } } };

      expect(listFaults(policies)).toHaveLength(1);
    },
  );

  test('fault 13: a step of the last resort that its next reminder would forestall is refused', () => {
    const lastResort = { notify: ['carol'], ladder: ['sms', { email: '6h' }], remindEvery: '6h' };

    expect(listFaults({ p: { ...usual, lastResort } })).toEqual([
      'p.lastResort.ladder.1: never runs: it begins anew by then; shorten it or lengthen remindEvery',
    ]);
    expect(
      listFaults({ p: { ...usual, lastResort: { ...lastResort, remindEvery: '7h' } } }),
    ).toEqual([]);
  });

  test('takes a step just before the tier passes', () => {
    const { urgent } = parse({
      ...usual,
      urgent: { tiers: [{ ...tier, ladder: ['sms', { email: '4m59s' }] }] },
    });

    expect(urgent?.tiers[0]?.ladder).toEqual([
      { channel: 'sms', afterMs: 0 },
      { channel: 'email', afterMs: 5 * MINUTE - 1_000 },
    ]);
  });
});

describe('snapshotPolicy', () => {
  const snapshot = (policy: unknown, asked: Parameters<typeof snapshotPolicy>[2]) =>
    snapshotPolicy('inbound-sales', parse(policy), asked);
  const sms = [{ channel: 'sms', afterMs: 0 }];

  test('fills in what the file leaves out', () => {
    expect(snapshot(usual, { urgency: 'urgent' })).toEqual({
      name: 'inbound-sales',
      tiers: [{ label: 'tier 1', notify: ['alice'], ladder: sms, escalateAfterMs: 5 * MINUTE }],
      repeat: 0,
      actWithinMs: 30 * MINUTE,
      expiresAfterMs: 7 * DAY,
      lastResort: {
        notify: ['carol'],
        ladder: [...sms, { channel: 'email', afterMs: 0 }],
        remindEveryMs: 12 * HOUR,
      },
      timing: {
        whenQuiet: { sms: 'skip', voice: 'skip', email: 'skip' },
        whenTooLate: 'wait',
        whenNobodyAwake: 'wait',
        timeouts: 'always',
      },
    });
  });

  test.each([
    ['critical', undefined, { sms: 'ignore', voice: 'ignore', email: 'ignore' }],
    ['urgent', undefined, { sms: 'skip', voice: 'skip', email: 'skip' }],
    ['routine', undefined, { sms: 'wait', voice: 'wait', email: 'wait' }],
    ['routine', 'skip', { sms: 'skip', voice: 'skip', email: 'skip' }],
    ['routine', { email: 'ignore' }, { sms: 'wait', voice: 'wait', email: 'ignore' }],
  ] as const)('%s work with whenQuiet %j follows %j', (urgency, whenQuiet, expected) => {
    const rules = { tiers: [tier], ...(whenQuiet && { whenQuiet }) };

    expect(snapshot({ ...usual, [urgency]: rules }, { urgency })?.timing?.whenQuiet).toEqual(
      expected,
    );
  });

  test('carries all that the file says', () => {
    const full = {
      actWithin: '10m',
      expiresAfter: '1d',
      lastResort: { email: ['leads@example.com'], ladder: ['sms'], remindEvery: '6h' },
      critical: { repeat: 2, tiers: [tier, { ...tier, notify: ['team:sales'] }] },
      urgent: { tiers: [tier] },
    };

    expect(snapshot(full, { urgency: 'critical' })).toMatchObject({
      tiers: [{ label: 'tier 1' }, { label: 'tier 2', notify: ['team:sales'] }],
      repeat: 2,
      actWithinMs: 10 * MINUTE,
      expiresAfterMs: DAY,
      lastResort: { notify: ['mailto:leads@example.com'], ladder: sms, remindEveryMs: 6 * HOUR },
    });
  });

  test.each([
    ['critical', ['sms', 'email']],
    ['urgent', ['sms', 'email']],
    ['routine', ['email']],
  ] as const)(
    'the last resort of %s work is told by %j unless the file says how',
    (urgency, channels) => {
      const policy = { lastResort: usual.lastResort, [urgency]: { tiers: [tier] } };

      expect(
        snapshot(policy, { urgency })?.lastResort.ladder.map(({ channel }) => channel),
      ).toEqual(channels);
    },
  );

  test('has nothing for an urgency without rules', () => {
    expect(snapshot(usual, { urgency: 'routine', assignee: 'bob' })).toBeUndefined();
  });

  test('tells an assignee before tier 1, on its ladder and for as long', () => {
    const tiers = snapshot(usual, { urgency: 'urgent', assignee: 'bob' })?.tiers;

    expect(tiers).toEqual([
      { label: 'assignee', notify: ['bob'], ladder: sms, escalateAfterMs: 5 * MINUTE },
      { label: 'tier 1', notify: ['alice'], ladder: sms, escalateAfterMs: 5 * MINUTE },
    ]);
  });
});
