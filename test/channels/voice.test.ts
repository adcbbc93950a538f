import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startBaton, TEST_FILES, type Baton } from '../support/baton.ts';
import { startCallExchange, type CallExchange } from '../support/calls.ts';
import { buildSubmission } from '../support/samples.ts';

const ALICE = '+15005550010';
const LEAD = /Maria|Lopez|Acme|pricing|Score|555/;

let baton: Baton;
let exchange: CallExchange;

beforeAll(async () => {
  exchange = await startCallExchange();
  baton = await startBaton({
    files: {
      ...TEST_FILES,
      policies: fileURLToPath(new URL('../support/voice-policies.yaml', import.meta.url)),
    },
    env: { TWILIO_BASE_URL: exchange.url, BATON_CALLS_PER_SECOND: '100' },
  });
  exchange.forwardTo = baton.env['SENDGRID_BASE_URL'] ?? '';
});
afterAll(async () => {
  await baton.stop();
  await exchange.close();
});

const submit = (policy = 'ring') => baton.submit(buildSubmission({ policy }));
const timelineOf = async (id: string) =>
  (await baton.read(id)).timeline.map(({ what, because }) => `${what}: ${because}`);

test('the phone rings when the SMS is not answered; 1 takes it, and the result is spoken', async () => {
  const { id } = await submit();
  await baton.phone('alice').expectSms(/Call Maria Lopez/);
  const call = await exchange.expectCall(ALICE);

  expect(await call.answer('human')).toMatch(
    /^Urgent for Alice Ng\. Call Maria Lopez by .*Press 1 to take it, 2 to pass, 3 for later, star to repeat\.$/,
  );
  expect(await call.press('*')).toMatch(/^Urgent for Alice Ng\./);
  expect(await call.press('1')).toMatch(
    /^You have it\. The number is in your messages\. Do it by /,
  );
  expect(await call.end('completed')).toBe(204);

  const view = await baton.waitForStatus(id, 'owned');
  expect(view.owner).toMatchObject({ responder: 'alice', name: 'Alice Ng' });
  expect(await timelineOf(id)).toContain('taken: Alice Ng took it by voice');
  expect((await timelineOf(id)).join()).not.toContain('undelivered');
  baton.phones.expectNothingUnread();
});

test('voicemail gets nothing of the lead, and the next step comes at once', async () => {
  const { id, code } = await submit();
  await baton.phone('alice').expectSms(/Call Maria Lopez/);
  const call = await exchange.expectCall(ALICE);

  expect(await call.answer('machine_start')).not.toMatch(LEAD);
  expect(await call.end('completed')).toBe(204);

  // The step has five minutes.
  await baton.phone('alice').expectEmail(/Call Maria Lopez/);
  expect((await timelineOf(id)).join('\n')).toMatch(
    /undelivered: .*Alice Ng by voice: voicemail answered/,
  );
  await baton.phone('alice').reply(`1 ${code}`);
});

test('voicemail where nothing else was tried: the next tier is told at once', async () => {
  const { id, code } = await submit('ring-only');
  const call = await exchange.expectCall(ALICE);
  await expect.poll(() => timelineOf(id)).toContain('sent: offer to Alice Ng by voice');
  await call.answer('machine_start');
  await call.end('completed');

  // The tier has ten minutes.
  await baton.phone('bob').expectSms(/Call Maria Lopez/);
  await baton.phone('bob').reply(`1 ${code}`);
  baton.phones.ignoreUnread();
});

test('a line that is busy is no end: the next step comes at once', async () => {
  const { id, code } = await submit('ring-first');
  const call = await exchange.expectCall(ALICE);
  await expect.poll(() => timelineOf(id)).toContain('sent: offer to Alice Ng by voice');
  expect(await call.end('busy')).toBe(204);

  // The step has five minutes.
  await baton.phone('alice').expectSms(/Call Maria Lopez/);
  expect((await timelineOf(id)).join('\n')).toMatch(/undelivered: .*by voice: the line was busy/);
  expect((await baton.phone('alice').reply(`1 ${code}`)).answers).toEqual([
    expect.stringMatching(/^You have it/),
  ]);
});

test('2 passes: others are told at once, and the hang-up after it changes nothing', async () => {
  const { id, code } = await submit('ring-first');
  const call = await exchange.expectCall(ALICE);
  await call.answer('human');

  expect(await call.press('2')).toBe('Passed on. Thank you for saying so.');
  await call.end('completed');
  await baton.phone('bob').expectSms(/Call Maria Lopez/);
  expect((await timelineOf(id)).join()).not.toContain('undelivered');
  await baton.phone('bob').reply(`1 ${code}`);
});

test('who takes it and has no SMS of it gets one, with the number', async () => {
  const { id } = await submit('ring-first');
  const call = await exchange.expectCall(ALICE);

  expect(await call.answer('unknown')).not.toMatch(LEAD);
  expect(await call.press('1')).toMatch(/^Urgent for Alice Ng\. Call Maria Lopez/);
  expect(await call.press('1')).toMatch(/^You have it\. You get the number by SMS now\./);
  await call.end('completed');

  const sms = await baton.phone('alice').expectSms(/^You have it: Call Maria Lopez/);
  expect(sms.body).toContain('+1 512 555 0147');
  await baton.waitForStatus(id, 'owned');
});

test('who picks up after somebody else took it hears that, and has nothing to press', async () => {
  const { id } = await submit('ring-first');
  const call = await exchange.expectCall(ALICE);
  const taken = await baton.call('POST', `/v1/handoffs/${id}/take`, { responder: 'bob' });
  expect(taken.status).toBe(200);

  expect(await call.answer('human')).toMatch(/^Bob Diaz has it since .*Nothing for you to do\.$/);
  await call.end('completed');
  expect((await baton.read(id)).owner).toMatchObject({ responder: 'bob' });
  baton.phones.ignoreUnread();
});

test('while no worker is there the call holds with the key kept, and tells the result', async () => {
  const { id } = await submit('ring-first');
  const call = await exchange.expectCall(ALICE);
  await call.answer('human');
  await baton.worker.stop();
  const pressed = call.press('1');
  const [said] = await Promise.all([
    pressed,
    baton.startWorker().then((worker) => (baton.worker = worker)),
  ]);

  expect(said).toMatch(/You have it\. You get the number by SMS now\./);
  expect((await baton.waitForStatus(id, 'owned')).owner).toMatchObject({ responder: 'alice' });
  baton.phones.ignoreUnread();
});
