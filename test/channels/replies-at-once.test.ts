import { amount } from '../support/amount.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startBaton, type Baton } from '../support/baton.ts';
import { buildSubmission } from '../support/samples.ts';

// Messages to one phone are kept apart, so a race takes seconds: `npm run test:races` runs 200 of them.
const REPETITIONS = amount(10, 200);

let baton: Baton;

beforeAll(async () => {
  baton = await startBaton();
});
afterAll(async () => {
  await baton.stop();
});

describe('R8: two people reply at the same moment', () => {
  test(`exactly one has it and the other is told who, ${REPETITIONS} times`, async () => {
    const [alice, bob, carol] = ['alice', 'bob', 'carol'].map((id) => baton.phone(id)) as [
      Phone,
      Phone,
      Phone,
    ];
    const owners = new Set<string>();
    const race = async (): Promise<void> => {
      const { id, code } = await baton.submit(buildSubmission({ policy: 'team' }));
      await Promise.all([alice, bob, carol].map((phone) => phone.expectSms(/^URGENT/)));

      // With its code: a bare 1 could mean the one before, which has just gone.
      const [toAlice, toBob] = await Promise.all([
        alice.reply(`1 ${code}`),
        bob.reply(`1 ${code}`),
      ]);

      const { owner } = await baton.read(id);
      const [winner, [toWinner, toLoser]] =
        owner?.responder === 'alice' ? [alice, [toAlice, toBob]] : [bob, [toBob, toAlice]];
      expect(owner?.responder).toBe(winner.id);
      expect(toWinner.answers).toEqual([expect.stringMatching(/^You have it: /)]);
      expect(toLoser.answers).toEqual([
        expect.stringMatching(new RegExp(`^${owner?.name ?? ''} has it since `)),
      ]);
      owners.add(winner.id);
      await winner.reply(`done reached ${code}`);
      const { timeline } = await baton.waitForStatus(id, 'resolved');
      expect(timeline.filter(({ what }) => what === 'taken')).toHaveLength(1);
      expect(timeline.filter(({ what }) => what === 'refused')).toHaveLength(1);
    };

    for (let done = 0; done < REPETITIONS; done += 1) await race();
    // A race that always has the same winner was none.
    expect([...owners].sort()).toEqual(['alice', 'bob']);
  }, 600_000);
});

type Phone = ReturnType<Baton['phone']>;
