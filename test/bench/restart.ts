/*
 * How long a person waits for the true answer to a reply sent right after the worker was killed and started
 * again, with 200 handoffs open and waiting. Prints each, from the reply and from the start of the process.
 *
 *   npm run bench:restart
 */
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { startBaton } from '../support/baton.ts';
import { buildSubmission } from '../support/samples.ts';

const HANDOFFS = 200;
const KILLS = 10;

const baton = await startBaton();
const alice = baton.phone('alice');
for (let number = 0; number < HANDOFFS; number += 1) {
  await baton.submit(buildSubmission({ policy: 'slow' }));
  await alice.expectSms(/^URGENT/);
}
const codes = baton.simulator.sms
  .map(({ body }) => /\b([A-Z]{2}\d{2})\b/.exec(body)?.[1])
  .filter((code) => code !== undefined);
await delay(1_000);

for (let kills = 0; kills < KILLS; kills += 1) {
  await baton.worker.kill();
  await delay(300 * kills);
  const startedAt = performance.now();
  baton.worker = await baton.startWorker();
  const repliedAt = performance.now();
  const { answers } = await alice.reply(`1 ${codes[kills] ?? ''}`);
  let how = 'at once';
  if (!answers[0]?.startsWith('You have it')) {
    how = answers[0]?.startsWith('Your reply is recorded') ? 'recorded, then by SMS' : 'wrongly';
    await alice.expectSms(/^You have it/);
  }
  const now = performance.now();
  process.stdout.write(
    `answered ${how}: ${Math.round(now - repliedAt)} ms after the reply, ${Math.round(now - startedAt)} ms after the start\n`,
  );
}
await baton.stop();
process.exit();
