import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { HandoffView } from '../../src/domain/view.ts';
import { amount } from '../support/amount.ts';
import { startBaton, type Baton } from '../support/baton.ts';
import { buildSubmission } from '../support/samples.ts';

const HANDOFFS = amount(50, 200);
const KILLS = amount(6, 20);
const LATER = { timeout: 90_000, interval: 250 };

let baton: Baton;

beforeAll(async () => {
  baton = await startBaton();
});
afterAll(async () => {
  await baton.stop();
});

test(`R1, R3, R12: ${HANDOFFS} handoffs go on through ${KILLS} kills of the worker, and nobody is told anything twice`, async () => {
  const { simulator } = baton;
  // A send that takes a while is one that a kill can hit.
  simulator.faults.inject({ channel: 'sms', kind: 'latency', ms: 300 });
  const ids = new Map<string, string>();
  const submitted = submitAll(ids);

  const answeredAfterMs: number[] = [];
  let lastSend = Date.now();
  simulator.onChange(() => (lastSend = Date.now()));
  for (let kills = 0; kills < KILLS; kills += 1) {
    await delay(500 + (kills % 5) * 400);
    await baton.worker.kill();
    baton.worker = await baton.startWorker();
    answeredAfterMs.push(await takeOne());
  }
  await submitted;
  const views = new Map<string, HandoffView>();
  for (const [subject, id] of ids) {
    const view = await baton.read(id);
    const offers = view.owner ? 1 : 2;
    await expect
      .poll(() => listOffers(subject).length, { ...LATER, message: JSON.stringify(view) })
      .toBeGreaterThanOrEqual(offers);
    views.set(subject, view);
  }
  // Whatever is still to be repeated is repeated within the retries' first seconds.
  await expect.poll(() => Date.now() - lastSend, LATER).toBeGreaterThan(8_000);

  const twice = [...ids.keys()].filter(
    (subject) => new Set(listOffers(subject)).size !== listOffers(subject).length,
  );
  expect(twice).toEqual([]);
  const all = [...views.values()];
  expect(all.filter(({ owner }) => owner)).toHaveLength(KILLS);
  expect(all.filter(gaveUpAStep).map(({ timeline }) => timeline)).toEqual([]);
  answeredAfterMs.sort((a, b) => a - b);
  process.stdout.write(
    `reply after a restart → true answer: median ${answeredAfterMs[KILLS / 2] ?? 0} ms, slowest ${answeredAfterMs.at(-1) ?? 0} ms\n`,
  );

  /** Lists who was offered a handoff, once for each SMS. */
  function listOffers(subject: string): string[] {
    return simulator.sms
      .filter(({ direction, body }) => direction === 'to-person' && body.startsWith('URGENT'))
      .filter(({ body }) => new RegExp(`\\b${subject}\\b`).test(body))
      .map(({ to }) => to);
  }

  /** Alice takes the oldest that waits for her; returns how long the true answer took. */
  async function takeOne(): Promise<number> {
    const alice = baton.phone('alice');
    const offer = await alice.expectSms(/^URGENT/);
    const [, code] = /\b([A-Z]{2}\d{2})\b/.exec(offer.body) ?? [];
    const startedAt = Date.now();
    const { answers } = await alice.reply(`1 ${code ?? ''}`);
    if (!answers[0]?.startsWith('You have it')) {
      expect(answers[0]).toMatch(/^Your reply is recorded/);
      // How long it takes is printed below; beside other tests it may be long.
      await alice.expectSms(/^You have it/, { withinMs: 60_000 });
    }
    return Date.now() - startedAt;
  }
}, 400_000);

/** Says whether a message was not sent although nobody had the handoff yet: a take calls off what is on its way. */
function gaveUpAStep({ timeline }: HandoffView): boolean {
  const untaken = timeline.slice(0, timeline.findIndex(({ what }) => what === 'taken') >>> 0);
  return untaken.some(({ what }) => what === 'not-sent');
}

async function submitAll(ids: Map<string, string>): Promise<void> {
  for (let number = 1; number <= HANDOFFS; number += 1) {
    const subject = `Lead no ${number}`;
    const { id } = await baton.submit(
      buildSubmission({
        policy: 'crash',
        brief: { subject, summary: 'Asked for an offer.' },
        action: { do: `Call ${subject}`, outcomes: [] },
      }),
    );
    ids.set(subject, id);
    await delay(100);
  }
}
