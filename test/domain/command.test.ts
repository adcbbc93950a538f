import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { markCommand, readActor, readCommand, VERBS } from '../../src/domain/command.ts';
import type { Command, Verb } from '../../src/domain/state.ts';
import { asResponder } from '../support/builders.ts';

const by = asResponder('alice');
const base = { id: 'c1', by, via: 'sms' } as const;

describe('readCommand', () => {
  test.each<[Verb, object]>([
    ['take', {}],
    ['pass', { reason: 'in a meeting' }],
    ['resolve', { outcome: 'reached', note: 'she buys' }],
    ['withdraw', { reason: 'a test' }],
    ['escalate', { reason: 'too big' }],
    ['note', { text: 'calling now' }],
  ])('reads %s with all it may carry: %j', (verb, details) => {
    expect(readCommand(verb, { ...base, ...details, confirm: true })).toEqual({
      ...base,
      verb,
      ...details,
      confirm: true,
    });
  });

  test.each<[string, Verb, object, object]>([
    ['an unknown way in', 'take', { via: 'pigeon' }, { via: 'api' }],
    ['no way in', 'take', { via: undefined }, { via: 'api' }],
    ['fields of other verbs', 'take', { outcome: 'reached', verb: 'pass', x: 1 }, {}],
    ['a confirm that is not true', 'take', { confirm: 'yes' }, {}],
    ['an empty reason', 'pass', { reason: '' }, {}],
    [
      'fault 15: a note no SMS can carry',
      'note',
      { text: '\u000bshe\u202e buys\r\nnow\u0000' },
      { text: 'she buys\nnow' },
    ],
    ['a reason that is no text', 'pass', { reason: 7 }, {}],
    [
      'a person without a name',
      'take',
      { by: { id: 'bob' } },
      { by: { ...by, id: 'bob', name: 'bob' } },
    ],
    [
      'a source',
      'withdraw',
      { by: { kind: 'source', id: 'crm', name: 'x' } },
      { by: { kind: 'source', id: 'crm' } },
    ],
  ])('makes the best of %s', (_what, verb, changes, expected) => {
    expect(readCommand(verb, { ...base, ...changes })).toEqual({ ...base, verb, ...expected });
  });

  test.each<[string, Verb, unknown]>([
    ['nothing', 'take', undefined],
    ['null', 'take', null],
    ['a text', 'take', '1'],
    ['a list', 'take', [base]],
    ['no id', 'take', { by }],
    ['an empty id', 'take', { ...base, id: '' }],
    ['an id that is no text', 'take', { ...base, id: 1 }],
    ['nobody', 'take', { id: 'c1' }],
    ['somebody without an id', 'take', { ...base, by: { kind: 'responder', name: 'A' } }],
    ['a note that says nothing', 'note', base],
  ])('refuses %s', (_what, verb, payload) => {
    expect(readCommand(verb, payload)).toBeUndefined();
  });

  test('never throws, and what it returns is a command in plain JSON', () => {
    const payload = fc.oneof(
      fc.anything({ withNullPrototype: true, withBigInt: true, withMap: true }),
      fc.record(
        {
          id: fc.oneof(fc.string(), fc.anything()),
          by: fc.oneof(fc.record({ id: fc.string(), name: fc.anything() }), fc.anything()),
          via: fc.anything(),
          confirm: fc.anything(),
          reason: fc.anything(),
          outcome: fc.anything(),
          note: fc.anything(),
          text: fc.anything(),
        },
        { requiredKeys: [] },
      ),
    );
    fc.assert(
      fc.property(fc.constantFrom(...VERBS), payload, (verb, value) => {
        const command = readCommand(verb, value);
        if (command === undefined) return;

        expect(command.verb).toBe(verb);
        expect(command.id).not.toBe('');
        expect(command.by.id).not.toBe('');
        expect(JSON.parse(JSON.stringify(command))).toEqual(command);
      }),
      { numRuns: 2_000 },
    );
  });
});

test.each([
  [asResponder('alice'), asResponder('alice')],
  [{ id: 'alice' }, { kind: 'responder', id: 'alice', name: 'alice' }],
  [
    { id: 'alice', name: '' },
    { kind: 'responder', id: 'alice', name: 'alice' },
  ],
  [
    { kind: 'source', id: 'crm' },
    { kind: 'source', id: 'crm' },
  ],
  [{ kind: 'source' }, undefined],
  [{ id: 7 }, undefined],
  ['alice', undefined],
])('reads the actor %j', (value, actor) => {
  expect(readActor(value)).toEqual(actor);
});

describe('fault 3: the mark of a command', () => {
  const resolve: Command = { ...base, verb: 'resolve', outcome: 'reached', note: 'she buys' };

  test('is the same however it came, and whatever order its parts are in', () => {
    expect(markCommand({ ...resolve, via: 'api', confirm: true })).toBe(markCommand(resolve));
    expect(
      markCommand({ note: 'she buys', outcome: 'reached', verb: 'resolve', ...base, id: 'c2' }),
    ).toBe(markCommand(resolve));
  });

  test.each<[string, Command]>([
    ['verb', { ...base, verb: 'take' }],
    ['person', { ...resolve, by: asResponder('bob') }],
    ['outcome', { ...resolve, outcome: 'no-answer' }],
    ['note', { ...resolve, note: 'she does not buy' }],
  ])('is another one for another %s', (_what, other) => {
    expect(markCommand(other)).not.toBe(markCommand(resolve));
  });

  test('does not tell new deadlines apart: "within 20 minutes" is another instant each time', () => {
    const amend = (dueAt: string, doThis = 'Call her'): Command => ({
      ...base,
      verb: 'amend',
      amendment: { action: { do: doThis, dueAt } },
    });
    const [one, two] = ['2026-11-29T10:00:00Z', '2026-11-29T10:00:05Z'] as const;

    expect(markCommand(amend(one))).toBe(markCommand(amend(two)));
    expect(markCommand(amend(one, 'Write to her'))).not.toBe(markCommand(amend(one)));
  });
});
