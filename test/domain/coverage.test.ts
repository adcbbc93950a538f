import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { coverPolicy, type Coverage } from '../../src/domain/coverage.ts';
import { dryRun } from '../../src/domain/dry-run.ts';
import type { Urgency } from '../../src/domain/handoff.ts';
import { policiesSchema, snapshotPolicy, type Policy } from '../../src/domain/policy.ts';
import { buildInput } from '../support/builders.ts';
import { scene, type Scene } from './availability/arbitraries.ts';
import { DAY, HOUR, isInWeek, listReasons, markWeek, MINUTE } from './availability/oracle.ts';
import { build, write } from './availability/world.ts';

function parsePolicy(policy: object): Policy {
  const { sales } = policiesSchema.parse({ sales: policy });
  if (!sales) throw new Error('it is not there');
  return sales;
}

const POLICY = parsePolicy({
  expiresAfter: '3d',
  lastResort: { notify: ['dave'] },
  critical: { tiers: [{ notify: ['alice'], ladder: ['sms', 'email'], escalateAfter: '5m' }] },
  urgent: {
    tiers: [
      { notify: ['alice', 'bob'], ladder: ['sms', { email: '2m' }], escalateAfter: '5m' },
      { notify: ['rotation:nights'], ladder: ['email'], escalateAfter: '20m' },
    ],
  },
  routine: {
    tiers: [{ notify: ['team:pair'], ladder: ['email', { sms: '1h' }], escalateAfter: '4h' }],
  },
});

/** Returns the coverage of a scene's next hours. */
function cover(drawn: Scene, { policy = POLICY, hours = 12 } = {}): Coverage {
  return coverPolicy({ name: 'sales', policy }, build(drawn), { from: drawn.at, hours });
}

function findFirst(drawn: Scene, urgency: Urgency, at: string) {
  const snapshot = snapshotPolicy('sales', POLICY, { urgency });
  if (!snapshot) throw new Error(`no ${urgency}`);
  const action = { do: 'Call Maria Lopez', outcomes: [] };
  const input = {
    ...buildInput({ handoff: { urgency, submittedAt: at, action } }),
    policy: snapshot,
  };
  return dryRun(input, build(drawn)).notices[0];
}

describe('random directories, near changes of clocks', () => {
  test('each hour is what would happen to a handoff of that hour', () => {
    fc.assert(
      fc.property(scene(), (drawn) => {
        for (const { urgency, hours } of cover(drawn, { hours: 4 }).urgencies) {
          for (const { at, first } of hours) {
            const notice = findFirst(drawn, urgency, at);
            expect(first?.at, `${urgency} at ${at}`).toBe(notice?.at);
            expect(first?.recipient).toBe(notice?.order.recipient);
            expect(first?.channel).toBe(notice?.order.channel);
            if (first) expect(first.afterMs).toBe(Date.parse(first.at) - Date.parse(at));
          }
        }
      }),
      { numRuns: 20 },
    );
  });

  test('nobody is the first at an hour that is quiet for them, except of critical work', () => {
    fc.assert(
      fc.property(scene({ isEndless: false }), (drawn) => {
        for (const { urgency, hours } of cover(drawn).urgencies) {
          for (const { first } of hours) {
            if (urgency === 'critical' || !first) continue;
            expect([...listReasons(first.recipient, Date.parse(first.at), drawn)]).toEqual([]);
          }
        }
      }),
      { numRuns: 20 },
    );
  });

  test('gaps are the hours in which nobody hears of it in time, all of them and no other', () => {
    fc.assert(
      fc.property(scene(), (drawn) => {
        const { urgencies, gaps } = cover(drawn);
        for (const { urgency, withinMs, hours } of urgencies) {
          const own = gaps.filter((gap) => gap.urgency === urgency);
          for (const { at, first, isGap } of hours) {
            const holding = own.filter(
              ({ from, until }) =>
                Date.parse(from) <= Date.parse(at) && Date.parse(at) < Date.parse(until),
            );
            expect(holding.length, `${urgency} at ${at}`).toBe(isGap ? 1 : 0);
            if (!first || first.afterMs > withinMs) expect(isGap).toBe(true);
            const [gap] = holding;
            if (!gap) continue;
            expect(gap.longestMs === undefined).toBe(first === undefined);
            if (first) expect(gap.longestMs).toBeGreaterThanOrEqual(first.afterMs);
          }
        }
      }),
      { numRuns: 20 },
    );
  });
});

describe('a week', () => {
  const NIGHTS = [
    { days: 'mon-fri', from: '20:00', to: '08:00' },
    { days: 'sat-sun', from: '00:00', to: '24:00' },
  ];
  const week: Scene = {
    // A Sunday on which clocks change in New York.
    at: Date.parse('2026-11-01T04:10Z'),
    directory: {
      organisation: { timezone: 'America/New_York', quietHours: NIGHTS },
      responders: {
        alice: { name: 'Alice Ng', phone: '+15005550010', email: 'alice@example.com' },
        bob: { name: 'Bob Diaz', phone: '+15005550011', email: 'bob@example.com' },
        carol: { name: 'Carol Okafor', phone: '+15005550012', email: 'carol@example.com' },
        dave: { name: 'Dave', phone: '+15005550013', email: 'dave@example.com', quietHours: [] },
      },
      teams: { pair: ['bob', 'carol'] },
      rotations: {
        nights: { responders: ['carol'], every: '1 week', handover: '09:00', starts: '2026-10-01' },
      },
    },
    now: { meetings: {}, absences: {} },
  };

  test('begins at the next full hour and has 168 of them, for each urgency', () => {
    const { from, until, timezone, urgencies } = cover(week, { hours: 168 });

    expect([from, until]).toEqual(['2026-11-01T05:00:00.000Z', '2026-11-08T05:00:00.000Z']);
    expect(timezone).toBe('America/New_York');
    expect(urgencies.map(({ urgency, hours }) => [urgency, hours.length])).toEqual([
      ['critical', 168],
      ['urgent', 168],
      ['routine', 168],
    ]);
  });

  test('is told at once where somebody is awake, and is a gap of urgent work where nobody is', () => {
    const { urgencies, gaps } = cover(week, { hours: 168 });
    const urgent = urgencies.find(({ urgency }) => urgency === 'urgent');
    const quiet = markWeek(NIGHTS);
    for (const { at, first, isGap } of urgent?.hours ?? []) {
      const instant = Date.parse(at);
      const isQuiet = (minute: number): boolean => isInWeek(quiet, minute, 'America/New_York');
      let wakes = instant;
      while (isQuiet(wakes)) wakes += MINUTE;
      expect(write(Date.parse(first?.at ?? '')), at).toBe(write(wakes));
      expect(isGap, at).toBe(wakes - instant > 15 * MINUTE);
    }
    const nights = gaps.filter(({ urgency }) => urgency === 'urgent');
    expect(nights.map(({ from, until, longestMs }) => [from, until, longestMs])).toEqual([
      // The hour that comes twice is two hours.
      ['2026-11-01T05:00:00.000Z', '2026-11-02T13:00:00.000Z', 32 * HOUR],
      ...[3, 4, 5, 6].map((day) => [
        `2026-11-0${day}T01:00:00.000Z`,
        `2026-11-0${day}T13:00:00.000Z`,
        12 * HOUR,
      ]),
      ['2026-11-07T01:00:00.000Z', '2026-11-08T05:00:00.000Z', 60 * HOUR],
    ]);
    expect(nights[0]?.because).toContain('quiet hours: Alice Ng until Mon 08:00');
  });

  test('is a gap of routine work only where nobody hears of it before it expires', () => {
    const short = parsePolicy({ ...written, expiresAfter: '10h' });
    const gapsOf = (policy: Policy): string[] =>
      cover(week, { policy, hours: 168 })
        .gaps.filter(({ urgency }) => urgency === 'routine')
        .map(({ from }) => from);

    expect(gapsOf(parsePolicy({ ...written, expiresAfter: '3d' }))).toEqual([]);
    expect(gapsOf(short)[0]).toBe('2026-11-01T05:00:00.000Z');
  });

  const written = {
    lastResort: { notify: ['dave'] },
    routine: { tiers: [{ notify: ['bob'], ladder: ['email'], escalateAfter: '4h' }] },
  };

  test('is a gap everywhere when nobody can be reached at all', () => {
    const policy = parsePolicy({
      ...written,
      expiresAfter: '1d',
      lastResort: { notify: ['erin'] },
      routine: { tiers: [{ notify: ['erin'], ladder: ['email'], escalateAfter: '4h' }] },
    });
    const { gaps, urgencies } = cover(week, { policy, hours: 5 });

    expect(urgencies[0]?.hours.every(({ first }) => first === undefined)).toBe(true);
    expect(gaps).toEqual([
      {
        urgency: 'routine',
        from: '2026-11-01T05:00:00.000Z',
        until: '2026-11-01T10:00:00.000Z',
        because: 'erin is not in the directory',
      },
    ]);
  });

  test('says why it is not the first tier, or not at once', () => {
    const { urgencies } = cover(week, { hours: 168 });
    const [critical, urgent] = urgencies;

    expect(critical?.hours.every(({ because, first }) => !because && first?.afterMs === 0)).toBe(
      true,
    );
    for (const { first, because } of urgent?.hours ?? []) {
      expect(because === undefined).toBe(first?.afterMs === 0 && first.tier === 'tier 1');
    }
  });

  test('what counts as in time can be chosen', () => {
    const options = { from: week.at, hours: 48, withinMs: DAY };
    const { gaps } = coverPolicy({ name: 'sales', policy: POLICY }, build(week), options);

    expect(gaps.filter(({ urgency }) => urgency === 'urgent').map(({ until }) => until)).toEqual([
      '2026-11-01T13:00:00.000Z',
    ]);
  });
});
