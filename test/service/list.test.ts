import { afterAll, beforeAll, expect, test } from 'vitest';
import { startBaton, type Baton } from '../support/baton.ts';
import { submitMany, walkList } from '../support/pages-of.ts';
import { buildSubmission } from '../support/samples.ts';

// `npm run bench:list` does it with 10,000.
const COUNT = 230;

let baton: Baton;
beforeAll(async () => {
  baton = await startBaton();
});
afterAll(async () => {
  await baton.stop();
});

test('a list has every open handoff once, although others come and go meanwhile', async () => {
  await baton.worker.stop();
  const ids = await submitMany(baton, COUNT, () => buildSubmission());
  const listed = async () => (await walkList(baton, 'status=notifying&limit=200')).ids.length;
  await expect.poll(listed, { timeout: 20_000 }).toBe(COUNT);
  const gone = ids.slice(0, 5);

  const { ids: found, pageMs } = await walkList(
    baton,
    'status=notifying&limit=20',
    async (page) => {
      await baton.submit(buildSubmission());
      const id = gone[page - 1];
      if (id !== undefined) await baton.client.workflow.getHandle(id).terminate('by a test');
    },
  );

  expect(pageMs.length).toBeGreaterThanOrEqual(11);
  expect(new Set(found).size).toBe(found.length);
  const stayed = ids.filter((id) => !gone.includes(id));
  expect(stayed.filter((id) => !found.includes(id))).toEqual([]);
});
