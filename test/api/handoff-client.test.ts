import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { createHandoffClient } from '../../src/api/handoff-client.ts';
import { concludeHandoff } from '../../src/domain/view.ts';
import type { HandoffState } from '../../src/domain/state.ts';
import { startState } from '../../src/domain/decide.ts';
import { asResponder, buildInput } from '../support/builders.ts';

const ID = 'hof_0123456789abcdef0123456789abcd';
const COMMAND = { id: 'sms:SM1', by: asResponder('alice'), via: 'sms' } as const;
const GONE = new WorkflowNotFoundError('gone', ID, undefined);

/** Stands for Temporal, by what it does when a workflow is signalled, queried, or its end is waited for. */
const workflow = {
  signal: vi.fn<(name: string) => Promise<void>>(),
  query: vi.fn<() => Promise<unknown>>(),
  result: vi.fn<() => Promise<unknown>>(),
};
const client = {
  withDeadline: (_: number, call: () => Promise<unknown>) => call(),
  workflow: { getHandle: () => ({ ...workflow, signal: signalled }) },
} as unknown as Client;
const handoffs = createHandoffClient(client, 'baton');

function signalled(signal: string | { readonly name: string }): Promise<void> {
  return workflow.signal(typeof signal === 'string' ? signal : signal.name);
}

beforeEach(() => {
  vi.resetAllMocks();
  workflow.query.mockRejectedValue(new Error('no worker answers'));
  workflow.result.mockRejectedValue(new Error('it has not ended'));
});

const ended = () => {
  const input = buildInput();
  const state: HandoffState = {
    ...startState(input),
    status: 'resolved',
    ending: { status: 'resolved', at: input.handoff.submittedAt, by: COMMAND.by },
    results: {
      [COMMAND.id]: {
        commandId: COMMAND.id,
        verb: 'resolve',
        by: COMMAND.by,
        at: input.handoff.submittedAt,
        effect: 'resolved',
      },
    },
  };
  return concludeHandoff(input, state);
};

describe('fault 1: a command that was recorded, and nobody says in time what came of it', () => {
  test('is called recorded once its workflow has been asked to tell its sender', async () => {
    workflow.signal.mockResolvedValue();
    await expect(handoffs.command(ID, 'take', COMMAND)).resolves.toBe('recorded');
    expect(workflow.signal.mock.calls).toEqual([['take'], ['confirm']]);
  });

  test('is answered from the end, when it ended before it could be asked to', async () => {
    workflow.signal.mockResolvedValueOnce().mockRejectedValue(GONE);
    workflow.result.mockRejectedValueOnce(new Error('not yet')).mockResolvedValue(ended());
    await expect(handoffs.command(ID, 'resolve', COMMAND)).resolves.toMatchObject({
      result: { effect: 'resolved' },
    });
  });

  test.each([
    ['Temporal cannot be reached', new Error('unavailable')],
    ['it ended and its end cannot be read', GONE],
  ])('is unconfirmed when %s: whoever promises an answer has to see to it', async (_, error) => {
    workflow.signal.mockResolvedValueOnce().mockRejectedValue(error);
    await expect(handoffs.command(ID, 'take', COMMAND)).resolves.toBe('unconfirmed');
  });
});
