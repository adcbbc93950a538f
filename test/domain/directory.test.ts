import { describe, expect, test } from 'vitest';
import {
  directorySchema,
  findResponder,
  findResponderByPhone,
} from '../../src/domain/directory.ts';

const alice = { name: 'Alice Ng', phone: '+15005550010', email: 'alice@example.com' };
const bob = { name: 'Bob Diaz', email: 'bob@example.com', timezone: 'America/Chicago' };
const organisation = { timezone: 'America/New_York' };

const directory = directorySchema.parse({ organisation, responders: { alice, bob } });

function listFaults(value: unknown): string[] {
  const parsed = directorySchema.safeParse(value);
  return parsed.success
    ? []
    : parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
}

describe('directorySchema', () => {
  test('needs no teams', () => {
    expect(directory.teams).toEqual({});
  });

  test('lists faults of entries and between entries at once', () => {
    expect(
      listFaults({
        organisation: { timezone: 'Mars/Olympus' },
        responders: {
          alice,
          bob: { name: 'Bob Diaz' },
          carol: { name: ' ', phone: '512 555', pager: '1' },
          dave: { name: 'Dave', phone: alice.phone },
        },
        teams: { sales: ['alice', 'erin'], empty: [] },
      }),
    ).toEqual([
      'organisation.timezone: must be an IANA time zone, such as America/New_York',
      'responders.bob: cannot be reached: give a phone or an email',
      'responders.carol.name: Too small: expected string to have >=1 characters',
      'responders.carol.phone: must be a phone number in E.164 form, such as +15125550147',
      'responders.carol: Unrecognized key: "pager"',
      'teams.empty: Too small: expected array to have >=1 items',
      'teams.sales.1: "erin" is not among the responders',
      `responders.dave.phone: is also the phone of "alice": a reply from it could be either's`,
    ]);
  });

  // Every object has these names by birth.
  test.each(['constructor', 'toString', '__proto__'])('a team cannot have %j as a member', (id) => {
    expect(listFaults({ organisation, responders: { alice }, teams: { sales: [id] } })).toEqual([
      `teams.sales.0: "${id}" is not among the responders`,
    ]);
  });

  test.each([[null], [{ organisation, responders: { alice: null }, teams: 5 }], [[]]])(
    'refuses %j without throwing',
    (value) => {
      expect(listFaults(value)).not.toEqual([]);
    },
  );
});

test('fault 21: an unquoted, too short or doubled phone, and a zone without a summer, say what to write', () => {
  expect(
    listFaults({
      organisation: { timezone: 'EST' },
      responders: {
        alice: { ...alice, phone: 15005550010 },
        bob: { ...bob, phone: '+1512555014', timezone: 'Etc/GMT+5' },
        carol: { name: 'Carol', phone: '+525562000000' },
        dave: { name: 'Dave', phone: '+5215562000000' },
      },
    }),
  ).toEqual([
    'organisation.timezone: knows no summer time: name the place, such as America/New_York',
    'responders.alice.phone: must be in quotes: "+15005550010"; without them it is read as a number',
    'responders.bob.phone: has too few or too many digits for its country',
    'responders.bob.timezone: knows no summer time: name the place, such as America/New_York',
  ]);
  expect(
    listFaults({
      organisation,
      responders: {
        carol: { name: 'Carol', phone: '+525562000000' },
        dave: { name: 'Dave', phone: '+5215562000000' },
      },
    }),
  ).toEqual([
    `responders.dave.phone: is also the phone of "carol": a reply from it could be either's`,
  ]);
});

test('fault 20: a reply is known though its network writes the number otherwise', () => {
  const carol = { name: 'Carol', phone: '+525562000000' };
  const mexican = directorySchema.parse({ organisation, responders: { alice, carol } });

  expect(findResponderByPhone(mexican, '+5215562000000')?.id).toBe('carol');
});

test.each([
  ['alice', { id: 'alice', ...alice, timezone: 'America/New_York' }],
  ['bob', { id: 'bob', ...bob }],
  ['erin', undefined],
  ['constructor', undefined],
  ['__proto__', undefined],
])('finds the responder %j with their own time zone or the house’s', (id, expected) => {
  expect(findResponder(directory, id)).toEqual(expected);
});

test.each([
  ['+15005550010', 'alice'],
  ['+15005550019', undefined],
  ['', undefined],
])('finds by the phone %j: %s', (phone, id) => {
  expect(findResponderByPhone(directory, phone)?.id).toBe(id);
});
