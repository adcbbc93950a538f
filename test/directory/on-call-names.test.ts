import { expect, test } from 'vitest';
import { findOnCall } from '../../src/directory/on-call-names.ts';
import { directorySchema } from '../../src/domain/directory.ts';

const DIRECTORY = directorySchema.parse({
  organisation: { timezone: 'UTC' },
  responders: {
    alice: { name: 'Alice Ng', email: 'alice@example.com' },
    'alice-b': { name: 'Alice Brown', email: 'Brown@example.com' },
    sam: { name: 'Sam Lee', phone: '+15005550012' },
    'sam-2': { name: 'Sam', phone: '+15005550013' },
    bob: { name: 'J. R. "Bob" Díaz', phone: '+15005550011' },
  },
});

test.each<[title: string, attendees: string[], expected: string | undefined]>([
  ['alice', [], 'alice'],
  ['Alice Ng', [], 'alice'],
  ['  ALICE   NG ', [], 'alice'],
  ['brown@example.com', [], 'alice-b'],
  ['alice-b', [], 'alice-b'],
  ['On call: alice-b', [], 'alice-b'],
  ['On Call - Alice Brown - Primary', [], 'alice-b'],
  ['Alice Brown, then alice', [], undefined],
  ['Alice Ng (alice@example.com)', [], 'alice'],
  ['Sam', [], undefined],
  ['Sam', ['bob@example.com'], undefined],
  ['Primary (Brown@Example.com)', [], 'alice-b'],
  ['Bob, on call.', [], 'bob'],
  ['On call: J.R. "Bob" Di\u0301az', [], 'bob'],
  ['Bobby', [], undefined],
  ['Alice Ng and Bob', [], undefined],
  ['Primary', ['alice@example.com'], 'alice'],
  ['Primary', ['nobody@example.com', 'brown@example.com'], 'alice-b'],
  ['Primary', ['alice@example.com', 'brown@example.com'], undefined],
  ['Bob', ['alice@example.com'], 'bob'],
  ['Primary', [''], undefined],
  ['', [], undefined],
])('%j, attended by %j, means %s', (title, attendees, expected) => {
  expect(findOnCall(DIRECTORY, title, attendees)).toBe(expected);
});
