import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { amount } from '../support/amount.ts';
import { startBaton, type Baton } from '../support/baton.ts';
import { buildSubmission } from '../support/samples.ts';

const REPLAYS = amount(100, 1_000);
const BURST = amount(200, 1_000);

let baton: Baton;
beforeAll(async () => {
  baton = await startBaton();
});
afterAll(async () => {
  await baton.stop();
});

const close = (id: string) =>
  baton.call('POST', `/v1/handoffs/${id}/resolve`, { outcome: 'reached' });

describe('R9: a reply to what is over is answered with the truth', () => {
  async function answerTo(text: string): Promise<string> {
    const { status, answers } = await baton.phone('alice').reply(text);
    expect(status).toBe(200);
    expect(answers).toHaveLength(1);
    return answers[0] ?? '';
  }

  test('of one that is done, one that was withdrawn and one that there never was', async () => {
    const alice = baton.phone('alice');
    const [done, withdrawn] = [
      await baton.submit(buildSubmission()),
      await baton.submit(buildSubmission()),
    ];
    for (const { code } of [done, withdrawn]) await alice.expectSms(new RegExp(code));
    await close(done.id);
    await baton.call('POST', `/v1/handoffs/${withdrawn.id}/withdraw`, { reason: 'called us' });
    for (const { code } of [done, withdrawn])
      await alice.expectSms(new RegExp(`^Stand down[^]*${code}`));

    expect(await answerTo(`1 ${done.code}`)).toMatch(/done \(reached\)/i);
    expect(await answerTo(`1 ${withdrawn.code}`)).toMatch(/withdrawn/i);
    expect(await answerTo('1 ZZ99')).toMatch(/ZZ99/);
    expect(await answerTo('1')).not.toMatch(/^You have it/);
  });

  test('of one that expired', async () => {
    const { id, code } = await baton.submit(buildSubmission({ policy: 'brief' }));
    await baton.waitForStatus(id, 'expired', 30_000);
    expect(await answerTo(`1 ${code}`)).toMatch(/expired/i);
    expect((await baton.read(id)).owner).toBeUndefined();
    // What it told others on its way.
    await delay(2_000);
    baton.phones.ignoreUnread();
  });
});

test(`R16: a reply that Twilio delivers ${REPLAYS} times counts once, and is answered the same`, async () => {
  const carol = baton.phone('carol');
  const { id, code } = await baton.submit(buildSubmission({ policy: 'team' }));
  await carol.expectSms(new RegExp(code));
  const messageSid = `SM${'7'.repeat(32)}`;
  const answers = new Set<string>();
  for (let time = 0; time < REPLAYS; time += 1)
    for (const answer of (await carol.reply(`1 ${code}`, { messageSid })).answers)
      answers.add(answer);

  expect([...answers]).toEqual([expect.stringMatching(/^You have it/)]);
  const { timeline } = await baton.read(id);
  expect(timeline.filter(({ what }) => what === 'taken')).toHaveLength(1);
  await close(id);
  await baton.waitForStatus(id, 'resolved');
  baton.phones.ignoreUnread();
});

test('R17: reports of a message in any order and twice lead to one next step, at once', async () => {
  const { faults } = baton.simulator;
  faults.inject({ channel: 'sms', kind: 'undelivered', times: 1 });
  faults.inject({ channel: 'sms', kind: 'duplicate-callbacks', times: 1 });
  faults.inject({ channel: 'sms', kind: 'reordered-callbacks', times: 1 });
  const { id } = await baton.submit(
    buildSubmission({ policy: 'sms-first', action: { do: 'Call lost one', outcomes: [] } }),
  );
  // By the clock the email would come after five minutes.
  await baton.phone('alice').expectEmail(/lost one/, { withinMs: 10_000 });
  await delay(1_000);

  const { timeline } = await baton.read(id);
  expect(timeline.filter(({ what }) => what === 'undelivered')).toHaveLength(1);
  const sentBy = timeline.flatMap(({ what, channel }) => (what === 'sent' ? [channel] : []));
  // That it never arrived may be known before that it was taken.
  expect(sentBy.filter((channel) => channel === 'email')).toHaveLength(1);
  expect(sentBy.filter((channel) => channel === 'sms').length).toBeLessThanOrEqual(1);
  const { events } = await baton.client.workflow.getHandle(id).fetchHistory();
  const signals = (events ?? []).filter((event) => event.workflowExecutionSignaledEventAttributes);
  expect(signals.length).toBeLessThanOrEqual(3);
  faults.clear();
  await baton.call('POST', `/v1/handoffs/${id}/withdraw`, {});
  baton.phones.ignoreUnread();
});

test('R14: a create that is sent again after a restart of the worker is the same handoff, told once', async () => {
  const key = { 'Idempotency-Key': 'before-the-restart' };
  const body = buildSubmission({ action: { do: 'Call twice', outcomes: [] } });
  const first = await baton.call('POST', '/v1/handoffs', body, key);
  await baton.phone('alice').expectSms(/Call twice/);
  await baton.worker.kill();
  baton.worker = await baton.startWorker();

  const again = await baton.call('POST', '/v1/handoffs', body, key);
  const { id } = first.body as { id: string };
  expect([first.status, again.status]).toEqual([201, 200]);
  expect(again.body).toMatchObject({ id });
  // Right after the restart routine work may have to come again.
  const askAgain = async () =>
    (await baton.call('POST', '/v1/handoffs', { ...body, urgency: 'routine' }, key)).status;
  await expect.poll(askAgain, { timeout: 20_000, interval: 500 }).toBe(422);
  await delay(2_000);
  expect(baton.simulator.sms.filter(({ body: text }) => text.includes('Call twice'))).toHaveLength(
    1,
  );
  await baton.call('POST', `/v1/handoffs/${id}/withdraw`, {});
  baton.phones.ignoreUnread();
});

test(`R24: of ${BURST} submissions at once each is told or was refused with when to come again`, async () => {
  const submitted = await Promise.all(
    Array.from({ length: BURST }, async (_, number) => {
      const { status, body, headers } = await baton.call(
        'POST',
        '/v1/handoffs',
        buildSubmission({
          policy: 'email-first',
          externalId: `burst-${number}`,
          action: { do: `Write to burst-${number}.`, outcomes: [] },
        }),
      );
      return {
        number,
        status,
        id: (body as { id?: string }).id,
        retryAfter: headers.get('retry-after'),
      };
    }),
  );
  const taken = submitted.filter(({ status }) => status === 201);
  const refused = submitted.filter(({ status }) => status !== 201);
  expect(taken.length).toBeGreaterThan(0);
  expect(refused.map(({ status }) => status).filter((status) => status !== 503)).toEqual([]);
  for (const { retryAfter } of refused) expect(Number(retryAfter)).toBeGreaterThan(0);
  process.stdout.write(`of ${BURST} at once ${taken.length} were taken in\n`);

  const isTold = (number: number) =>
    baton.simulator.emails.some(({ subject, text }) =>
      `${subject} ${text}`.includes(`burst-${number}.`),
    );
  await expect
    .poll(() => taken.filter(({ number }) => !isTold(number)).length, { timeout: 60_000 })
    .toBe(0);
  expect(refused.filter(({ number }) => isTold(number))).toEqual([]);
  await Promise.all(
    taken.map(({ id = '' }) => baton.call('POST', `/v1/handoffs/${id}/withdraw`, {})),
  );
  baton.phones.ignoreUnread();
}, 120_000);

test('R25: whoever guesses links finds none, and is told to come later', async () => {
  const guess = (number: number) =>
    fetch(
      `${baton.url}/h/alice.${Buffer.from(`${number}`.padStart(60, 'x')).toString('base64url')}`,
    );
  const statuses: number[] = [];
  for (let number = 0; number < 200; number += 1) statuses.push((await guess(number)).status);
  expect(statuses.filter((status) => status < 400)).toEqual([]);
  expect(statuses).toContain(429);
  // A link that is right still opens, whoever guessed beside it.
  const { id, code } = await baton.submit(buildSubmission());
  // Behind the stand-downs of all that was withdrawn above.
  const { body } = await baton.phone('alice').expectSms(new RegExp(code), { withinMs: 60_000 });
  const link = /https?:\/\/\S+/.exec(body)?.[0] ?? '';
  expect((await fetch(link)).status).toBe(200);
  await baton.call('POST', `/v1/handoffs/${id}/withdraw`, {});
  baton.phones.ignoreUnread();
});
