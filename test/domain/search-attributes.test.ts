import { expect, test } from 'vitest';
import { startState } from '../../src/domain/decide.ts';
import { emptyTally, type HandoffState } from '../../src/domain/state.ts';
import { AWAITING, DECLINED, listChanges } from '../../src/temporal/search-attributes.ts';
import { buildInput } from '../support/builders.ts';

/** The server ends a workflow that sets a larger one: limit.searchAttributesSizeOfValue. */
const VALUE_LIMIT = 2_048;

test('a list of very many people is cut to what an attribute may hold, and the handoff goes on', () => {
  const input = buildInput();
  const ids = Array.from({ length: 500 }, (_, index) => `responder-${index}`);
  const before = startState(input);
  const after: HandoffState = {
    ...before,
    standings: Object.fromEntries(ids.map((id) => [id, 'asked' as const])),
    tally: { ...emptyTally(), declined: ids.map((id) => `${id}:wrong-person`) },
  };
  const changes = listChanges(input, before, after);

  for (const [key, first] of [
    [AWAITING, 'responder-0'],
    [DECLINED, 'responder-0:wrong-person'],
  ] as const) {
    const value = changes.find((change) => change.key.name === key.name)?.value as string[];
    expect(value[0]).toBe(first);
    expect(value.length).toBeGreaterThan(50);
    expect(JSON.stringify(value).length).toBeLessThanOrEqual(VALUE_LIMIT);
  }
});
