import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  Agendas,
  contactAgenda,
  describeWait,
  findFreeTime,
  listPauses,
} from '../../../src/domain/availability/agenda.ts';
import { createSituation, type Calendars } from '../../../src/domain/availability/situation.ts';
import { directorySchema } from '../../../src/domain/directory.ts';
import { instantAfter } from '../../../src/domain/duration.ts';
import { contact, instant, scene, workingHours, zone, type Scene } from './arbitraries.ts';
import {
  countWorking,
  DAY,
  findFree,
  findStandIn,
  HOUR,
  isContactClosed,
  isWorking,
  listReasons,
  MINUTE,
  type DirectoryText,
} from './oracle.ts';
import { build, write } from './world.ts';

const PEOPLE = ['alice', 'bob', 'carol', 'dave'];

describe('random directories, near changes of clocks', () => {
  test('every wait ends at the first minute that is free', () => {
    fc.assert(
      fc.property(scene(), (drawn) => {
        const agendas = build(drawn);
        for (const id of PEOPLE) {
          const found = findFreeTime(drawn.at, [agendas.of(id)]);
          const expected = findFree(drawn.at, (at) => listReasons(id, at, drawn).size > 0);

          expect(write(found.at), id).toBe(write(expected));
          expect(found.blocks.length > 0, id).toBe(expected !== drawn.at);
        }
      }),
      { numRuns: 60 },
    );
  });

  test('a person and a contact are waited for until both are free', () => {
    fc.assert(
      fc.property(scene({ isEndless: false }), contact, (drawn, lead) => {
        const agendas = build(drawn);
        const fallback = drawn.directory.organisation.timezone;
        const theirs = lead && contactAgenda({ name: 'Maria', ...lead }, fallback);
        for (const id of PEOPLE) {
          const found = findFreeTime(drawn.at, [agendas.of(id), ...(theirs ? [theirs] : [])]);
          const expected = findFree(
            drawn.at,
            (at) => isContactClosed(lead, at, fallback) || listReasons(id, at, drawn).size > 0,
            9 * DAY,
          );
          // Hours that never meet those of the contact: nobody knows when.
          if (expected !== undefined) expect(write(found.at), id).toBe(write(expected));
        }
      }),
      { numRuns: 40 },
    );
  });

  test('one agenda asked at instants in any order answers as a new one does', () => {
    const offsets = fc.array(fc.integer({ min: -3_000, max: 20_000 }), {
      minLength: 2,
      maxLength: 6,
    });
    fc.assert(
      fc.property(scene(), offsets, (drawn, minutes) => {
        const used = build(drawn);
        for (const minute of minutes) {
          const at = drawn.at + minute * MINUTE;
          for (const id of ['alice', 'bob']) {
            expect(findFreeTime(at, [used.of(id)])).toEqual(
              findFreeTime(at, [build(drawn).of(id)]),
            );
          }
        }
      }),
      { numRuns: 40 },
    );
  });

  test('whoever is away is covered by the first who is not, and by nobody where covers go round', () => {
    fc.assert(
      fc.property(scene(), (drawn) => {
        const agendas = build(drawn);
        for (const id of PEOPLE) {
          const path = [id];
          let cover = agendas.coverOf(id, drawn.at);
          while (cover !== undefined && !path.includes(cover)) {
            path.push(cover);
            cover = agendas.coverOf(cover, drawn.at);
          }
          const expected = findStandIn(id, drawn.at, drawn);
          expect(cover === undefined ? path.at(-1) : id).toBe(expected);
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe('the organisation', () => {
  const organisation = {
    timezone: 'America/New_York',
    quietHours: [{ from: '20:00', to: '08:00' }],
    holidays: ['2026-11-26'],
  };
  const at = (text: string): number => Date.parse(`${text}Z`);

  function freeFrom(
    text: string,
    changes: { organisation?: object; alice?: object } = {},
  ): string | undefined {
    const directory = directorySchema.parse({
      organisation: { ...organisation, ...changes.organisation },
      responders: { alice: { name: 'Alice', email: 'a@example.com', ...changes.alice } },
    });
    const agendas = new Agendas(directory, createSituation());
    return write(findFreeTime(at(text), [agendas.of('alice')]).at);
  }

  test('gives its quiet hours to everybody, in their own zone', () => {
    expect(freeFrom('2026-11-24T02:00')).toBe('2026-11-24T13:00');
    expect(freeFrom('2026-11-24T02:00', { alice: { timezone: 'Asia/Kathmandu' } })).toBe(
      '2026-11-24T02:15',
    );
  });

  test('gives its holidays to everybody, in their own zone', () => {
    // 23:30 on Wednesday in Honolulu: Thanksgiving begins within the quiet hours there.
    expect(freeFrom('2026-11-26T09:30', { alice: { timezone: 'Pacific/Honolulu' } })).toBe(
      '2026-11-27T18:00',
    );
    expect(freeFrom('2026-11-26T17:00')).toBe('2026-11-27T13:00');
  });

  test('its holidays count where there are no quiet hours at all', () => {
    expect(freeFrom('2026-11-26T17:00', { organisation: { quietHours: [] } })).toBe(
      '2026-11-27T05:00',
    );
  });

  test('whoever has quiet hours or holidays of their own has not its', () => {
    const own = { quietHours: [{ from: '10:00', to: '11:00' }] };

    expect(freeFrom('2026-11-24T02:00', { alice: own })).toBe('2026-11-24T02:00');
    expect(freeFrom('2026-11-26T17:00', { alice: own })).toBe('2026-11-27T05:00');
    expect(freeFrom('2026-11-26T17:00', { alice: { holidays: [] } })).toBe('2026-11-26T17:00');
  });

  test('whoever has none is available at all hours, on its holidays too, though not on their own', () => {
    const always = { quietHours: [] };

    expect(freeFrom('2026-11-26T07:00', { alice: always })).toBe('2026-11-26T07:00');
    expect(freeFrom('2026-11-26T07:00', { alice: { ...always, holidays: ['2026-11-26'] } })).toBe(
      '2026-11-27T05:00',
    );
  });
});

describe('a contact', () => {
  test.each([
    ['08:00-20:00', '2026-11-24T03:00', '2026-11-24T14:00'],
    ['08:00-20:00', '2026-11-24T14:00', '2026-11-24T14:00'],
    ['08:00-20:00', '2026-11-24T02:00', '2026-11-24T14:00'],
    // Over midnight.
    ['20:00-04:00', '2026-11-24T15:00', '2026-11-25T02:00'],
    ['08:00-24:00', '2026-11-24T07:00', '2026-11-24T14:00'],
    ['00:00-24:00', '2026-11-24T07:00', '2026-11-24T07:00'],
    ['09:00-09:00', '2026-11-24T07:00', '2026-11-24T07:00'],
  ])('with the hours %s in Chicago, at %sZ: from %sZ on', (hours, text, expected) => {
    const agenda = contactAgenda({ name: 'Maria', hours, timezone: 'America/Chicago' }, 'UTC');
    if (!agenda) throw new Error('no agenda');

    expect(write(findFreeTime(Date.parse(`${text}Z`), [agenda]).at)).toBe(expected);
  });

  test('without hours may be called at any time', () => {
    expect(contactAgenda({ name: 'Maria' }, 'UTC')).toBeUndefined();
  });
});

describe('nobody knows until when', () => {
  const directory = directorySchema.parse({
    organisation: { timezone: 'UTC' },
    responders: {
      alice: { name: 'Alice', email: 'a@example.com' },
      bob: {
        name: 'Bob',
        email: 'b@example.com',
        away: [{ from: '2026-11-01', until: '2028-01-01' }],
      },
    },
  });
  const now = Date.parse('2026-11-23T15:00Z');
  const absences = { alice: { since: '2026-11-23T12:00:00.000Z' } };

  test.each(['alice', 'bob'])('%s is back', (id) => {
    const agendas = new Agendas(directory, createSituation(undefined, absences));

    expect(findFreeTime(now, [agendas.of(id)])).toEqual({ at: undefined, blocks: ['away'] });
  });

  test('and whoever was away before the instant is there', () => {
    const agendas = new Agendas(directory, createSituation(undefined, absences));
    const before = Date.parse('2026-11-23T11:00Z');

    expect(findFreeTime(before, [agendas.of('alice')]).at).toBe(before);
  });

  test('two people whose hours never meet are not waited for', () => {
    const day = contactAgenda({ name: 'Maria', hours: '08:00-20:00' }, 'UTC');
    const night = contactAgenda({ name: 'Nina', hours: '20:00-08:00' }, 'UTC');
    if (!day || !night) throw new Error('no agenda');

    expect(findFreeTime(now, [day, night])).toEqual({ at: undefined, blocks: ['contact-hours'] });
  });
});

test('a wait says what stands in the way, in order, and until when in the person’s zone', () => {
  const directory = directorySchema.parse({
    organisation: { timezone: 'America/New_York' },
    responders: {
      alice: {
        name: 'Alice Ng',
        email: 'a@example.com',
        quietHours: [{ from: '20:00', to: '08:00' }],
      },
    },
  });
  const meeting = {
    kind: 'busy',
    from: Date.parse('2026-11-24T13:00Z'),
    until: Date.parse('2026-11-24T14:30Z'),
  } as const;
  const calendars: Calendars = {
    busyTimes: () => ({ times: [meeting] }),
    shifts: () => ({ times: [] }),
  };
  const agendas = new Agendas(directory, createSituation(calendars));
  const now = Date.parse('2026-11-24T03:00Z');
  const free = findFreeTime(now, [agendas.of('alice')]);

  expect(describeWait(free, { name: 'Alice Ng', timezone: 'America/New_York', now })).toBe(
    'quiet hours, then a meeting: Alice Ng until Tue 09:30 (America/New_York)',
  );
});

describe('working hours', () => {
  const office = fc
    .record({ at: instant, timezone: zone, hours: workingHours, holiday: fc.option(fc.nat(3)) })
    .map(({ at, timezone, hours, holiday }): { at: number; directory: DirectoryText } => ({
      at,
      directory: {
        organisation: {
          timezone,
          workingHours: hours,
          ...(holiday !== null && {
            holidays: [new Date(at + holiday * DAY).toISOString().slice(0, 10)],
          }),
        },
        responders: {},
      },
    }));

  test('stand still minute by minute outside of them and on holidays', () => {
    fc.assert(
      fc.property(office, ({ at, directory }) => {
        const range = { from: at, until: at + 2 * DAY };
        const pauses = listPauses(directorySchema.parse(directory), range);
        for (let minute = range.from; minute < range.until; minute += MINUTE) {
          const isPaused = pauses.some(({ from, until }) => from <= minute && minute < until);
          if (isPaused === isWorking(directory, minute)) {
            expect(`${write(minute)}: ${String(isPaused)}`).toBe('the other way round');
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  test('a timeout ends when so many working minutes have passed', () => {
    const minutes = fc.oneof(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 480 }));
    fc.assert(
      fc.property(office, minutes, ({ at, directory }, lasts) => {
        const pauses = listPauses(directorySchema.parse(directory), {
          from: at,
          until: at + 60 * DAY,
        }).map(({ from, until }) => ({
          from: new Date(from).toISOString(),
          until: new Date(until).toISOString(),
        }));
        const end = instantAfter(new Date(at).toISOString(), lasts * MINUTE, pauses);

        expect(write(Date.parse(end))).toBe(write(countWorking(directory, at, lasts)));
      }),
      { numRuns: 60 },
    );
  });

  test('there are none unless the organisation says so', () => {
    const directory = directorySchema.parse({
      organisation: { timezone: 'UTC', holidays: ['2026-11-23'] },
      responders: {},
    });
    const from = Date.parse('2026-11-23T15:00Z');

    expect(listPauses(directory, { from, until: from + HOUR })).toEqual([]);
  });
});

test('an unreadable calendar makes nobody busy, and is named', () => {
  const calendars: Calendars = {
    busyTimes: () => ({ times: [], fault: 'alice.ics cannot be read' }),
    shifts: () => ({ times: [] }),
  };
  const drawn: Scene = {
    at: 0,
    directory: {
      organisation: { timezone: 'UTC' },
      responders: { alice: { name: 'Alice', email: 'a@example.com' } },
    },
    now: { meetings: {}, absences: {} },
  };
  const directory = directorySchema.parse(drawn.directory);
  const agenda = new Agendas(directory, createSituation(calendars)).of('alice');

  expect(agenda.fault).toBe('alice.ics cannot be read');
  expect(findFreeTime(0, [agenda])).toEqual({ at: 0, blocks: [] });
});
