/*
 * How long a reply takes while a burst of submissions comes in: a source sends thousands at once and repeats what is
 * refused after the Retry-After it is told; meanwhile people answer what they got before. Prints a table.
 *
 *   npm run bench:burst             10,000 submissions, 100 at a time
 *   npm run bench:burst -- 2000 300
 */
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { startBaton } from '../support/baton.ts';
import { writeCrowd } from '../support/crowd.ts';
import { buildSubmission } from '../support/samples.ts';

const [SUBMISSIONS = 10_000, AT_ONCE = 100] = process.argv.slice(2).map(Number);
/** Who answers during the burst, each about a handoff from before it. */
const ANSWERERS = 60;
const REPLY_EVERY_MS = 500;

const { files, people } = writeCrowd(1_000);
const baton = await startBaton({ files });
const codes = new Map<string, string>();
for (const person of people.slice(0, ANSWERERS)) {
  const { code } = await baton.submit(buildSubmission({ policy: person }));
  codes.set(person, code);
  await baton.phone(person).expectSms(/^URGENT/, { withinMs: 60_000 });
}

let accepted = 0;
let refused = 0;
const acceptedMs: number[] = [];
async function submitOne(number: number): Promise<void> {
  const body = buildSubmission({
    policy: people[ANSWERERS + (number % (people.length - ANSWERERS))] ?? '',
    brief: { subject: `Lead ${number}`, summary: 'Asked for an offer.' },
  });
  for (;;) {
    const from = performance.now();
    const { status, headers } = await baton.call('POST', '/v1/handoffs', body, {
      'Idempotency-Key': `burst-${number}`,
    });
    if (status === 201) {
      acceptedMs.push(performance.now() - from);
      accepted += 1;
      return;
    }
    if (status !== 503 && status !== 429) throw new Error(`${status}`);
    refused += 1;
    await delay(1_000 * Number(headers.get('retry-after') ?? 1) * (0.5 + Math.random()));
  }
}

const begun = performance.now();
const numbers = Array.from({ length: SUBMISSIONS }, (_, index) => index).values();
const progress = { isOver: false };
const burst = Promise.all(
  Array.from({ length: AT_ONCE }, async () => {
    for (const number of numbers) await submitOne(number);
  }),
).then(() => {
  progress.isOver = true;
});

const replyMs: number[] = [];
let late = 0;
for (const person of people.slice(0, ANSWERERS)) {
  if (progress.isOver) break;
  await delay(REPLY_EVERY_MS);
  const from = performance.now();
  const { answers } = await baton.phone(person).reply(`1 ${codes.get(person) ?? ''}`);
  replyMs.push(performance.now() - from);
  if (!(answers[0] ?? '').startsWith('You have it')) late += 1;
}
const acceptedMeanwhile = accepted;
await burst;
const seconds = (performance.now() - begun) / 1_000;
const texted = () =>
  baton.simulator.sms.filter(
    ({ direction, body }) => direction === 'to-person' && body.startsWith('URGENT'),
  ).length;
while (texted() < SUBMISSIONS + codes.size) await delay(250);
const allTold = (performance.now() - begun) / 1_000;

const at = (times: readonly number[], share: number): string =>
  `${Math.round([...times].sort((a, b) => a - b)[Math.floor(times.length * share)] ?? NaN)} ms`;
console.table({
  'submissions accepted': `${accepted} in ${seconds.toFixed(0)} s, ${(accepted / seconds).toFixed(0)} a second (${acceptedMeanwhile} while people replied)`,
  'asked to come again': refused,
  'accepted after p50, p95': `${at(acceptedMs, 0.5)}, ${at(acceptedMs, 0.95)}`,
  'all texted after': `${allTold.toFixed(0)} s`,
  replies: `${replyMs.length}, of which ${late} answered only "recorded"`,
  'reply → answer p50': at(replyMs, 0.5),
  'p95, slowest': `${at(replyMs, 0.95)}, ${at(replyMs, 0.999)}`,
});
await baton.stop();
process.exit();
