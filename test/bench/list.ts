/*
 * Lists 10,000 open handoffs page by page against a dev server, while others come and go, and prints how long a page
 * takes and whether one was missed or came twice. `npm run bench:list`, or with another number: `npm run bench:list 2000`.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { startBaton } from '../support/baton.ts';
import { submitMany, walkList } from '../support/pages-of.ts';
import { buildSubmission } from '../support/samples.ts';

const count = Number(process.argv[2] ?? 10_000);
const limit = 100;

// Without a worker it would let in no more than five hundred.
const baton = await startBaton({ env: { BATON_ADMISSION: 'off' } });
try {
  // Nobody needs to be told for this, and the machine is small.
  await baton.worker.stop();
  const submit = (index: number) => buildSubmission({ externalId: `lead-${index}` });
  const startedAt = performance.now();
  const ids = await submitMany(baton, count, submit);
  const seconds = (performance.now() - startedAt) / 1_000;
  console.log(`${count} handed off in ${seconds.toFixed(1)} s (${(count / seconds).toFixed(0)}/s)`);

  // Visibility is written a moment after the start.
  await delay(3_000);
  let more = 0;
  const { ids: listed, pageMs } = await walkList(
    baton,
    `status=notifying&limit=${limit}`,
    async (page) => {
      if (page % 10 !== 0) return;
      await baton.submit(buildSubmission({ externalId: `late-${more++}` }));
    },
  );

  const found = new Set(listed);
  const missed = ids.filter((id) => !found.has(id)).length;
  const twice = listed.length - found.size;
  const sorted = [...pageMs].sort((a, b) => a - b);
  const rank = (share: number) => (sorted[Math.ceil(share * sorted.length) - 1] ?? 0).toFixed(1);
  console.log(
    `${pageMs.length} pages of ${limit}: median ${rank(0.5)} ms, p95 ${rank(0.95)} ms, slowest ${rank(1)} ms`,
  );
  console.log(`${listed.length} listed, ${missed} missed, ${twice} twice, ${more} came meanwhile`);
  if (missed > 0 || twice > 0) process.exitCode = 1;
} finally {
  await baton.stop();
}
