import { describe, expect, test } from 'vitest';
import { canDeliver, judgeEnded, judgeQueue, judgeWorkflow } from '../../src/domain/watch.ts';

const NOW = Date.parse('2026-11-23T12:00:00Z');
const seen = { id: 'hof_1', type: 'handoff', activities: [] };

describe('a workflow', () => {
  test('that sleeps, works or was just retried is well', () => {
    expect(judgeWorkflow(seen, NOW)).toBeUndefined();
    expect(judgeWorkflow({ ...seen, task: { attempt: 1, since: NOW - 500 } }, NOW)).toBeUndefined();
    expect(
      judgeWorkflow({ ...seen, task: { attempt: 3, since: NOW - 20_000 } }, NOW),
    ).toBeUndefined();
    const activities = [
      { type: 'sendSms', attempt: 12 },
      { type: 'postCallback', attempt: 90 },
    ];
    expect(judgeWorkflow({ ...seen, activities }, NOW)).toBeUndefined();
  });

  test.each([
    [{ task: { attempt: 4, since: NOW - 9_000 } }, 'stuck', /hof_1 .* for 9 s .* tried 4 times/],
    [{ task: { attempt: 1, since: NOW - 45_000 } }, 'stuck', /hof_1 .* for 45 s/],
    [
      { activities: [{ type: 'sendSms', attempt: 13 }] },
      'not-sent',
      /sendSms of handoff hof_1 was tried 13 times/,
    ],
  ])('with %j is %s', (change, kind, text) => {
    const problem = judgeWorkflow({ ...seen, ...change }, NOW);
    expect(problem).toMatchObject({ kind });
    expect(problem?.text).toMatch(text);
  });
});

describe('a task queue', () => {
  const queue = { name: 'baton-sms', purpose: 'sms', isServed: true, backlogAgeMs: 20_000 };

  test('that is served and does not fall behind is well', () => {
    expect(judgeQueue(queue)).toEqual([]);
  });

  test('without a worker, or behind, is a problem that says what to do', () => {
    expect(judgeQueue({ ...queue, isServed: false })).toMatchObject([
      { kind: 'no-worker', text: expect.stringContaining('baton-sms (sms). Start one') as unknown },
    ]);
    expect(judgeQueue({ ...queue, backlogAgeMs: 360_000 })).toMatchObject([
      { kind: 'waiting-in-queue', text: expect.stringContaining('6 min') as unknown },
    ]);
  });
});

test('what was dropped is told, but holds up nothing else', () => {
  const dropped = judgeEnded('hof_1', 'terminated');
  expect(dropped.text).toContain('hof_1 was terminated from outside');
  expect(canDeliver([dropped])).toBe(true);
  expect(
    canDeliver([
      dropped,
      ...judgeQueue({ name: 'q', purpose: 'sms', isServed: false, backlogAgeMs: 0 }),
    ]),
  ).toBe(false);
});
