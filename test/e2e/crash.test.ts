import { expect, onTestFailed, test } from 'vitest';
import { amount } from '../support/amount.ts';
import { checkRun } from '../faults/checker.ts';
import { runFaults } from '../faults/run.ts';

const HANDOFFS = amount(15, 60);
const KILLS = amount(5, 20);

test.each(['worker', 'api', 'temporal'] as const)(
  `R1, R3, R9, R12: ${HANDOFFS} handoffs for three people go on through ${KILLS} kills of the %s: none lost, nobody told twice or what is not so`,
  async (part) => {
    const run = await runFaults({
      handoffs: HANDOFFS,
      kills: KILLS,
      people: 3,
      perSecond: 3,
      parts: [part],
      workers: 1,
      backend: 'dev',
      isTroubled: false,
      escalateAfterMs: 10_000,
      seed: 1,
    });
    onTestFailed(() => {
      process.stderr.write(`${run.lastOutput}\n`);
    });

    expect(run.killed).toEqual({ [part]: KILLS });
    expect(checkRun(run.record)).toEqual([]);
    expect(run.gaveUp).toEqual([]);
    const { handoffs, texts, messages } = run.record;
    process.stdout.write(
      `${KILLS} kills of the ${part}: ${handoffs.length} handoffs, ${texts.length} texts, ${messages.length} SMS, ${(run.tookMs / 1_000).toFixed(0)} s\n`,
    );
  },
  600_000,
);
