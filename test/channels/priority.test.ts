import { afterAll, beforeAll, expect, test } from 'vitest';
import { startBaton, type Baton } from '../support/baton.ts';
import { writeCrowd } from '../support/crowd.ts';
import { buildSubmission } from '../support/samples.ts';

const OTHERS = 500;
const PER_SECOND = 10;
const AT_ONCE = 16;

let baton: Baton;
const { files, people } = writeCrowd(OTHERS + 1, { urgencies: ['critical', 'urgent', 'routine'] });

beforeAll(async () => {
  baton = await startBaton({
    files,
    env: { BATON_ADMISSION: 'off', BATON_SMS_PER_SECOND: String(PER_SECOND) },
  });
});
afterAll(async () => {
  await baton.stop();
});

// Routine work has a queue of its own for its decisions; what is urgent is told apart by Temporal's priorities alone.
test.each(['routine', 'urgent'] as const)(
  `fault 19: a critical handoff overtakes ${OTHERS} %s ones that wait for their SMS`,
  async (urgency) => {
    const hurried = people.at(-1) ?? '';
    const left = people.slice(0, OTHERS);
    const told = baton.simulator.sms.length;
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        for (let policy = left.shift(); policy !== undefined; policy = left.shift())
          await baton.submit(buildSubmission({ policy, urgency }));
      }),
    );
    const before = baton.simulator.sms.length - told;
    // Else nothing was overtaken.
    expect(before).toBeLessThan(OTHERS / 2);

    await baton.submit(buildSubmission({ policy: hurried, urgency: 'critical' }));
    await baton.phone(hurried).expectSms(/^CRITICAL/, { withinMs: 60_000 });
    const overtaken = baton.simulator.sms.length - told - 1 - before;
    process.stdout.write(
      `${before} of ${OTHERS} ${urgency} ones had been told when it came in, ${overtaken} more before it\n`,
    );
    // What the server has handed to a worker already goes first: some 3 s of them.
    expect(overtaken).toBeLessThan(OTHERS / 4);
    baton.phones.ignoreUnread();
  },
  300_000,
);
