import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { listOnCall, rotationSchema } from '../../src/domain/availability/rotation.ts';
import type { CalendarReading, CalendarShift } from '../../src/domain/availability/situation.ts';
import { instant, turnsText, zone } from './availability/arbitraries.ts';
import { findOnCall, HOUR, MINUTE, type TurnsText } from './availability/oracle.ts';
import { write } from './availability/world.ts';

const NO_SHIFTS = { times: [] };

function onCall(
  rotation: unknown,
  at: number,
  {
    timezone = 'America/New_York',
    team = [],
    shifts = NO_SHIFTS,
  }: {
    timezone?: string;
    team?: readonly string[];
    shifts?: CalendarReading<CalendarShift>;
  } = {},
): readonly string[] {
  const parsed = rotationSchema.parse(rotation);
  return listOnCall(parsed, at, { timezone, team: () => team, shifts });
}

/** Lists who is on call in a span, and from when on, such as `2026-11-02T14:00 alice`. */
function listTurns(rotation: TurnsText, from: string, until: string, step = 5 * MINUTE): string[] {
  const parsed = rotationSchema.parse(rotation);
  const world = { timezone: 'America/New_York', team: () => [], shifts: NO_SHIFTS };
  const turns: string[] = [];
  let last = '';
  for (let at = Date.parse(`${from}Z`); at < Date.parse(`${until}Z`); at += step) {
    const [current = 'nobody'] = listOnCall(parsed, at, world);
    if (current === last) continue;
    turns.push(`${write(at)} ${current}`);
    last = current;
  }
  return turns;
}

const TRIO = { responders: ['alice', 'bob', 'carol'], every: '1 week', handover: 'mon 09:00' };
const weekly: TurnsText = { ...TRIO, starts: '2026-11-02' };

describe('turns', () => {
  test('are those that one comes to by walking through them one by one', () => {
    const drawn = instant.chain((at) =>
      fc.record({ turns: turnsText(at), at: fc.constant(at), timezone: zone }),
    );
    fc.assert(
      fc.property(drawn, ({ turns, at, timezone }) => {
        const parsed = rotationSchema.parse(turns);
        const world = { timezone, team: () => [], shifts: NO_SHIFTS };
        for (let minute = at - 6 * HOUR; minute < at + 6 * HOUR; minute += 10 * MINUTE) {
          const expected = findOnCall(turns, minute, timezone) ?? 'nobody';
          const [found = 'nobody'] = listOnCall(parsed, minute, world);
          if (found !== expected) expect(`${write(minute)} ${found}`).toBe(expected);
        }
      }),
      { numRuns: 150 },
    );
  });

  test('follow each other week by week, nobody before the first', () => {
    expect(listTurns(weekly, '2026-11-01T00:00', '2026-11-30T00:00', HOUR)).toEqual([
      '2026-11-01T00:00 nobody',
      '2026-11-02T14:00 alice',
      '2026-11-09T14:00 bob',
      '2026-11-16T14:00 carol',
      '2026-11-23T14:00 alice',
    ]);
  });

  test('hand over at the same time on the wall before and after clocks change', () => {
    const daily = { ...weekly, every: '1 day', handover: '09:00', starts: '2026-03-06' };

    expect(listTurns(daily, '2026-03-06T14:00', '2026-03-09T20:00')).toEqual([
      '2026-03-06T14:00 alice',
      '2026-03-07T14:00 bob',
      '2026-03-08T13:00 carol',
      '2026-03-09T13:00 alice',
    ]);
  });

  test.each([
    ['in the hour that is skipped, after it', '02:30', '2026-03-07', '2026-03-08T07:00 bob'],
    ['in the hour that comes twice, in the first', '01:30', '2026-10-31', '2026-11-01T05:30 bob'],
  ])('hand over %s', (_where, handover, starts, expected) => {
    const daily = { ...weekly, every: '1 day', handover, starts };
    const [, turn] = listTurns(daily, `${starts}T08:00`, `${expected.slice(0, 10)}T12:00`);

    expect(turn).toBe(expected);
  });

  test('of hours follow each other also where two hours come twice', () => {
    const hourly = {
      responders: ['alice', 'bob', 'carol', 'dave'],
      every: '1 hour',
      handover: '00:30',
      starts: '2026-10-24',
      timezone: 'Antarctica/Troll',
    };
    const found = listTurns(hourly, '2026-10-24T22:00', '2026-10-25T06:00');

    // From 01:00Z on the clock shows 01:00 to 03:00 again, in which nobody hands over.
    expect(found.slice(1).map((turn) => turn.slice(11))).toEqual([
      '22:30 alice',
      '23:30 bob',
      '00:30 carol',
      '03:30 dave',
      '04:30 alice',
      '05:30 bob',
    ]);
  });

  test('are those of the team as it is now', () => {
    const rotation = {
      team: 'sales',
      every: '1 week',
      handover: 'mon 09:00',
      starts: '2026-11-02',
    };
    const at = Date.parse('2026-11-10T12:00Z');

    expect(onCall(rotation, at, { team: ['alice', 'bob'] })).toEqual(['bob']);
    expect(onCall(rotation, at, { team: ['dave'] })).toEqual(['dave']);
    expect(onCall(rotation, at, { team: [] })).toEqual([]);
  });
});

describe('overrides and swaps', () => {
  test('an override is on call while it lasts, the last of several that meet', () => {
    const overrides = [
      { from: '2026-11-26T00:00', until: '2026-11-27T00:00', responder: 'dave' },
      { from: '2026-11-26', until: '2026-11-26T12:00', responder: 'erin' },
    ];

    expect(listTurns({ ...weekly, overrides }, '2026-11-26T00:00', '2026-11-28T00:00')).toEqual([
      '2026-11-26T00:00 alice',
      '2026-11-26T05:00 erin',
      '2026-11-26T17:00 dave',
      '2026-11-27T05:00 alice',
    ]);
  });

  test('an override is on call also before the first turn', () => {
    const overrides = [{ from: '2026-11-01', until: '2026-11-02', responder: 'dave' }];

    expect(onCall({ ...weekly, overrides }, Date.parse('2026-11-01T12:00Z'))).toEqual(['dave']);
  });

  test('two who swap trade their turns, as far as these fall into it', () => {
    const swaps = [
      {
        from: '2026-11-09T09:00',
        until: '2026-11-23T09:00',
        responders: ['bob', 'carol'] as const,
      },
    ];

    expect(listTurns({ ...weekly, swaps }, '2026-11-03T00:00', '2026-12-01T00:00', HOUR)).toEqual([
      '2026-11-03T00:00 alice',
      '2026-11-09T14:00 carol',
      '2026-11-16T14:00 bob',
      '2026-11-23T14:00 alice',
      '2026-11-30T14:00 bob',
    ]);
  });
});

describe('a calendar', () => {
  const shift = (responder: string, from: number, until: number): CalendarShift => ({
    responder,
    from,
    until,
  });

  test('says who is on call: everybody named at the time, each once, and nobody in a gap', () => {
    const shifts = {
      times: [shift('alice', 0, 100), shift('bob', 50, 100), shift('alice', 60, 80)],
    };
    const at = (now: number): readonly string[] => onCall({ calendar: 'x.ics' }, now, { shifts });

    expect([at(0), at(60), at(99), at(100)]).toEqual([
      ['alice'],
      ['alice', 'bob'],
      ['alice', 'bob'],
      [],
    ]);
  });
});

describe('rotationSchema', () => {
  function listFaults(value: unknown): string {
    const parsed = rotationSchema.safeParse(value);
    return parsed.success ? '' : JSON.stringify(parsed.error.issues);
  }

  test.each([
    ['a day that is none', { every: '1 fortnight' }, 'is no length of a turn'],
    ['no length', { every: '0 days' }, 'is no length of a turn'],
    ['a time that is none', { handover: 'mon 25:00' }, 'is no time of handover'],
    ['a weekday with turns of days', { every: '2 days' }, 'turns are not whole weeks'],
    ['a first day that is not the day of handover', { starts: '2026-11-03' }, 'is a tue'],
    ['a first day that is none', { starts: '2026-02-30' }, 'must be a day'],
    ['people and a team', { team: 'sales' }, 'give either team or responders'],
    ['neither', { responders: undefined }, 'give either team or responders'],
    ['nobody', { responders: [] }, 'Too small'],
    [
      'an override that ends before it begins',
      { overrides: [{ from: '2026-11-27', until: '2026-11-26', responder: 'bob' }] },
      'must be later than from',
    ],
    [
      'a swap of one',
      { swaps: [{ from: '2026-11-26', until: '2026-11-27', responders: ['bob'] }] },
      'Too small',
    ],
    ['a calendar beside turns', { calendar: 'x.ics' }, 'nothing but calendar'],
  ])('refuses %s', (_what, changes, fault) => {
    expect(listFaults({ ...weekly, ...changes })).toContain(fault);
  });

  test.each([
    { every: '2 weeks' },
    { handover: '09:00' },
    { every: '12 hours', handover: '06:00' },
  ])('accepts %j', (changes) => {
    expect(listFaults({ ...weekly, ...changes })).toBe('');
  });
});
