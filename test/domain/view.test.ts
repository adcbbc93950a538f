import { describe, expect, test } from 'vitest';
import { startState } from '../../src/domain/decide.ts';
import type { HandoffState, TimelineEntry } from '../../src/domain/state.ts';
import { cardOf } from '../../src/domain/state.ts';
import {
  concludeHandoff,
  describeProgress,
  reportCommand,
  viewHandoff,
} from '../../src/domain/view.ts';
import { asResponder, buildHandoff, buildInput } from '../support/builders.ts';
import { simulate } from './simulate.ts';

const alice = asResponder('alice');
const details = 'the transcript';
const input = buildInput({ handoff: { brief: { ...buildHandoff().brief, details } } });

/** Returns the states of a story: alice takes after a minute and is done after two. */
const states = simulate(input, {
  plans: [{ people: ['alice'] }],
  deliveries: [{ outcome: 'accepted', afterMs: 100 }],
  commands: [
    { afterMs: 60_000, command: { id: 'c1', by: alice, via: 'sms', verb: 'take' } },
    {
      afterMs: 120_000,
      command: { id: 'c2', by: alice, via: 'sms', verb: 'resolve', outcome: 'reached' },
    },
  ],
}).map(({ after }) => after);

function last(status: HandoffState['status']): HandoffState {
  const found = states.findLast((state) => state.status === status);
  if (!found) throw new Error(`it never was ${status}`);
  return found;
}

describe('viewHandoff', () => {
  test('shows who is waited for and what comes next', () => {
    expect(viewHandoff(input, last('notifying'))).toMatchObject({
      ...input.handoff,
      status: 'notifying',
      awaiting: ['alice'],
      expiresAt: '2026-11-30T15:00:00.000Z',
      next: { at: '2026-11-23T15:05:00.105Z', because: 'escalate to tier 2 if nobody takes it' },
    });
  });

  test('shows the owner without the inner workings, and waits for nobody else', () => {
    expect(viewHandoff(input, last('owned'))).toMatchObject({
      owner: {
        responder: 'alice',
        name: 'ALICE',
        since: '2026-11-23T15:01:00.000Z',
        actBy: '2026-11-23T15:31:00.000Z',
      },
      awaiting: [],
      next: { at: '2026-11-23T15:16:00.000Z' },
    });
    expect(viewHandoff(input, last('owned')).owner).not.toHaveProperty('reminded');
  });

  test('shows the end, no owner, and nothing to come', () => {
    const view = viewHandoff(input, last('resolved'));

    expect(view).toMatchObject({
      status: 'resolved',
      ending: { status: 'resolved', by: alice, outcome: 'reached' },
      awaiting: [],
      next: null,
    });
    expect(view).not.toHaveProperty('owner');
    expect(view.timeline.map(({ what }) => what)).toEqual([
      'submitted',
      'planned',
      'sent',
      'taken',
      'resolved',
    ]);
  });

  test('as a result also tells what came of each command', () => {
    const state = last('resolved');

    expect(concludeHandoff(input, state)).toEqual({
      ...viewHandoff(input, state),
      results: state.results,
    });
    expect(Object.keys(state.results)).toEqual(['c1', 'c2']);
  });
});

describe('reportCommand', () => {
  test('tells what came of a command, with what is needed to say it, but no transcript', () => {
    const report = reportCommand(input, last('owned'), 'c1');

    expect(report).toMatchObject({
      result: { commandId: 'c1', effect: 'taken', owner: { responder: 'alice' } },
      card: cardOf(input.handoff),
    });
    expect(JSON.stringify(report)).not.toContain(details);
  });

  test.each(['c2', 'constructor', '__proto__'])('has nothing for %j yet', (id) => {
    expect(reportCommand(input, last('owned'), id)).toBeNull();
  });
});

describe('describeProgress', () => {
  test('tells the story in Markdown', () => {
    expect(describeProgress(input, last('owned'))).toBe(
      [
        '**owned** · urgent · code KM47',
        'Owner: ALICE, to be done by 2026-11-23T15:31:00.000Z',
        'Next: remind ALICE, who has it, at 2026-11-23T15:16:00.000Z',
        '',
        '- `2026-11-23T15:00:00.000Z` **submitted**: crm handed it off as urgent, policy inbound-sales',
        '- `2026-11-23T15:00:00.005Z` **planned**: tier 1: ALICE',
        '- `2026-11-23T15:00:00.105Z` **sent**: offer to ALICE by sms',
        '- `2026-11-23T15:01:00.000Z` **taken**: ALICE took it by sms',
      ].join('\n'),
    );
  });

  test('shows the latest forty entries of a long story', () => {
    const timeline = Array.from({ length: 45 }, (_, index): TimelineEntry => ({
      at: '2026-11-23T15:00:00.000Z',
      what: 'noted',
      because: `entry ${index}`,
    }));
    const lines = describeProgress(input, { ...startState(input), timeline }).split('\n');

    expect(lines).toContain('(5 earlier entries)');
    expect(lines.filter((line) => line.startsWith('- '))).toHaveLength(40);
    expect(lines.at(-1)).toContain('entry 44');
  });
});
