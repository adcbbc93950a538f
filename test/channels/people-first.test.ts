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

test(`a person's workflow is heard before ${OTHERS} urgent handoffs that came earlier`, async () => {
  const [person = '', ...others] = people;
  const { code } = await baton.submit(buildSubmission({ policy: person }));
  await baton.phone(person).expectSms(new RegExp(code));
  const known = (await listStarts(responderWorkflowId(person))).length;
  await baton.worker.stop();
  const ids: string[] = [];
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let policy = others.shift(); policy !== undefined; policy = others.shift())
        ids.push((await baton.submit(buildSubmission({ policy }))).id);
    }),
  );
  await baton.phone(person).reply('away until tomorrow');

  baton.worker = await baton.startWorker();
  const heardAt = await vi.waitFor(
    async () => {
      const at = (await listStarts(responderWorkflowId(person)))[known];
      if (at === undefined) throw new Error('it has not been heard yet');
      return at;
    },
    { timeout: 100_000, interval: 500 },
  );
  const starts = await Promise.all(ids.map(listStarts));
  const overtakers = starts.filter(([at]) => at !== undefined && at < heardAt).length;
  process.stdout.write(`${overtakers} of ${OTHERS} had their turn before\n`);
  expect(overtakers).toBeLessThan(OTHERS / 4);
  baton.phones.ignoreUnread();
}, 300_000);
