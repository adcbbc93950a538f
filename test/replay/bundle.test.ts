import { readFileSync } from 'node:fs';
import { expect, inject, test } from 'vitest';

const code = readFileSync(inject('workflows').codePath, 'utf8');

test('the bundle is that of the workflows', () => {
  expect(code).toContain('startState');
});

// Time-zone data may change between two builds of a worker, and a replay must not.
test.each(['IANAZone', 'firstInstantAt', 'findFreeTime', 'DateTimeFormat('])(
  'workflow code cannot compute a wall time: it does not contain %s',
  (name) => {
    // An `includes`, because a failing matcher would print the whole bundle.
    expect(code.includes(name)).toBe(false);
  },
);
