import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { responderWorkflowId } from '../../src/workflows/messages.ts';
import { startBaton, type Baton } from '../support/baton.ts';
import { writeCrowd } from '../support/crowd.ts';
import { buildSubmission } from '../support/samples.ts';

const OTHERS = 300;
const AT_ONCE = 16;

let baton: Baton;
const { files, people } = writeCrowd(OTHERS + 1, { urgencies: ['urgent'] });

beforeAll(async () => {
  baton = await startBaton({ files, env: { BATON_ADMISSION: 'off' } });
});
afterAll(async () => {
  await baton.stop();
});

/** Returns when each workflow task of a workflow was started, in ms. */
async function listStarts(workflowId: string): Promise<number[]> {
  const { events } = await baton.client.workflow.getHandle(workflowId).fetchHistory();
  return (events ?? []).flatMap(({ workflowTaskStartedEventAttributes: started, eventTime }) =>
    started ? [Number(eventTime?.seconds) * 1_000 + (eventTime?.nanos ?? 0) / 1e6] : [],
  );
}

async function submitFor(policies: readonly string[]): Promise<string[]> {
  const left = [...policies];
  const ids: string[] = [];
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let policy = left.shift(); policy !== undefined; policy = left.shift())
        ids.push((await baton.submit(buildSubmission({ policy }))).id);
    }),
  );
  return ids;
}

// A message waits for its person's workflow, a reply for its handoff: neither may stand behind all of the other.
test("a person's workflow has its turn before urgent handoffs that came later", async () => {
  const [person = '', ...others] = people;
  const { code } = await baton.submit(buildSubmission({ policy: person }));
  await baton.phone(person).expectSms(new RegExp(code));
  const known = (await listStarts(responderWorkflowId(person))).length;
  await baton.worker.stop();
  const earlier = await submitFor(others.slice(0, OTHERS / 2));
  await baton.phone(person).reply('away until tomorrow');
  const later = await submitFor(others.slice(OTHERS / 2));

  baton.worker = await baton.startWorker();
  const heardAt = await vi.waitFor(
    async () => {
      const at = (await listStarts(responderWorkflowId(person)))[known];
      if (at === undefined) throw new Error('it has not been heard yet');
      return at;
    },
    { timeout: 100_000, interval: 500 },
  );
  const countBefore = async (ids: readonly string[]): Promise<number> => {
    const starts = await Promise.all(ids.map(listStarts));
    return starts.filter(([at]) => at !== undefined && at < heardAt).length;
  };
  const overtakers = await countBefore(later);
  process.stdout.write(
    `${await countBefore(earlier)} of ${earlier.length} that came before it had their turn first, ${overtakers} of ${later.length} that came later\n`,
  );
  // Temporal's queues have partitions, each in its own order.
  expect(overtakers).toBeLessThan(later.length / 3);
  baton.phones.ignoreUnread();
}, 300_000);
