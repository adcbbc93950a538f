import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { beforeAll, expect, test } from 'vitest';

let code: string;
beforeAll(async () => {
  const bundle = await bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('../../src/workflows/index.ts', import.meta.url)),
    logger: new DefaultLogger('ERROR'),
  });
  ({ code } = bundle);
});

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
