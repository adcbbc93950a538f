/*
 * Records the histories that test/replay/replay.test.ts replays, each from a whole installation of its own that plays a
 * scenario with simulated phones. Only before the first release may they be recorded anew because replay
 * fails: later they stand for handoffs that run in production.
 *
 *   npm run record:histories                 all of them, see record-all.ts
 *   npm run record:histories -- waited       only those named
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { callbackWorkflowId, responderWorkflowId } from '../../src/workflows/messages.ts';
import { startBaton } from '../support/baton.ts';
import { startOllama } from '../support/ollama.ts';
import { startReceiver } from '../support/receiver.ts';
import { buildSubmission, DRAFT, MATERIAL } from '../support/samples.ts';

/** Stack traces name files: where this checkout lies is nobody's business. */
const ROOT = fileURLToPath(new URL('../../', import.meta.url));

const ollama = await startOllama();
ollama.add('llama3.2', {
  kind: 'says',
  content: DRAFT,
});
// What is replayed must be readable without a key.
const baton = await startBaton({
  env: {
    BATON_ENCRYPTION_KEYS: '',
    BATON_BRIEF_MODEL: 'llama3.2',
    BATON_OLLAMA_URL: ollama.url,
  },
});
const [alice, bob, carol] = ['alice', 'bob', 'carol'].map((id) => baton.phone(id)) as [
  Phone,
  Phone,
  Phone,
];

type Phone = ReturnType<typeof baton.phone>;

/** Submits a handoff whose messages are told from those of others by its action. */
async function submit(policy: string, action: string): Promise<string> {
  const { id } = await baton.submit(
    buildSubmission({ policy, action: { do: action, within: 'PT5M', outcomes: ['reached'] } }),
  );
  return id;
}

async function submitRoutine(action: string): Promise<string> {
  const { id } = await baton.submit(
    buildSubmission({ policy: 'list', urgency: 'routine', action: { do: action, outcomes: [] } }),
  );
  return id;
}

/** Submits raw material: the rest of its brief is drawn from it, and a model is asked for more. */
async function submitMaterial(
  about: { readonly policy: string; readonly urgency: string },
  action: string,
): Promise<string> {
  const { id } = await baton.submit({
    ...about,
    action: { do: action, outcomes: [] },
    material: MATERIAL,
  });
  return id;
}

async function takeAndResolve(action: string): Promise<string> {
  const id = await submit('slow', action);
  await alice.expectSms(new RegExp(`^URGENT.*${action}`));
  await alice.reply('1');
  await alice.reply('left a voicemail');
  await alice.reply('done reached');
  return id;
}

/** Each plays a handoff with the given action to its end and returns its id. */
const SCENARIOS: Readonly<Record<string, (action: string) => Promise<string>>> = {
  'taken-and-resolved': takeAndResolve,
  // The other one is from before a submission was planned: what started then asks for its plan.
  'planned-when-submitted': takeAndResolve,
  async 'escalated-and-passed'(action) {
    const id = await submit('quick', action);
    await bob.expectSms(new RegExp(`^URGENT.*${action}`));
    await bob.reply('pass, in a meeting');
    await carol.expectSms(new RegExp(`^LAST RESORT.*${action}`));
    await carol.reply('1');
    await carol.reply('done no-answer');
    return id;
  },
  async 'nobody-answers'(action) {
    const id = await submit('brief', action);
    await carol.expectSms(new RegExp(`^EXPIRED.*${action}`), { withinMs: 30_000 });
    return id;
  },
  async 'owner-silent'(action) {
    const id = await submit('brief', action);
    await alice.expectSms(new RegExp(`^URGENT.*${action}`));
    await alice.reply('1');
    await carol.expectSms(new RegExp(`^EXPIRED.*${action}`), { withinMs: 30_000 });
    return id;
  },
  async withdrawn(action) {
    const id = await submit('team', action);
    await Promise.all(
      [alice, bob, carol].map((phone) => phone.expectSms(new RegExp(`^URGENT.*${action}`))),
    );
    await baton.call('POST', `/v1/handoffs/${id}/escalate`, { reason: 'she is waiting' });
    await baton.call('POST', `/v1/handoffs/${id}/withdraw`, { reason: 'she called us' });
    return id;
  },
  async 'provider-failed'(action) {
    const { phone } = baton.simulator.people.find(({ id }) => id === 'bob') ?? {};
    baton.simulator.faults.inject({
      channel: 'sms',
      kind: 'error-after-accepting',
      times: 1,
      ...(phone !== undefined && { to: phone }),
    });
    const id = await submit('broken-phone', action);
    const { body } = await bob.expectSms(new RegExp(`^URGENT.*${action}`));
    // Another one ended a moment ago: without a code it could be meant.
    const code = /\b[A-Z]{2}\d{2}\b/.exec(body)?.[0] ?? '';
    await bob.reply(`1 ${code}`);
    await bob.reply(`done ${code}`);
    return id;
  },
  async waited(action) {
    const until = new Date(Date.now() + 5_000).toISOString();
    for (const person of ['alice', 'bob']) {
      await baton.call('PUT', `/v1/responders/${person}/away`, { until });
    }
    const id = await submit('slow', action);
    await baton.waitForStatus(id, 'waiting');
    await alice.expectSms(new RegExp(`^URGENT.*${action}`));
    await alice.reply('1');
    await alice.reply('done reached');
    return id;
  },
  async undelivered(action) {
    baton.simulator.faults.inject({ channel: 'sms', kind: 'undelivered', times: 1 });
    const id = await submit('brief', action);
    await alice.expectEmail(new RegExp(`^URGENT.*${action}`));
    await alice.reply('1');
    await alice.reply('done');
    return id;
  },
  async 'snoozed-and-taken-over'(action) {
    const id = await submit('team', action);
    await Promise.all(
      [alice, bob, carol].map((phone) => phone.expectSms(new RegExp(`^URGENT.*${action}`))),
    );
    await alice.reply('later');
    await bob.reply('1');
    await alice.reply('take over');
    await alice.reply('done reached');
    return id;
  },
  async 'answered-by-email'(action) {
    const id = await submit('email-first', action);
    const email = await alice.expectEmail(new RegExp(action));
    await baton.simulator.replyByEmail('alice@example.com', email, '3');
    await alice.expectEmail(/^Later:/);
    await baton.simulator.replyByEmail('alice@example.com', email, '1');
    await alice.expectEmail(/^You have it/);
    await baton.simulator.replyByEmail('alice@example.com', email, 'done reached');
    return id;
  },
  async called(action) {
    const { phone = '' } = baton.simulator.people.find(({ id }) => id === 'alice') ?? {};
    baton.simulator.setCallBehaviour(phone, 'busy');
    const id = await submit('voice-first', action);
    await alice.expectEmail(new RegExp(action));
    await alice.reply('1');
    await alice.reply('done');
    return id;
  },
  async 'brief-waited-for'(action) {
    const id = await submitMaterial({ policy: 'list', urgency: 'routine' }, action);
    await carol.expectEmail(new RegExp(action));
    await baton.call('POST', `/v1/handoffs/${id}/resolve`, {});
    return id;
  },
  async 'brief-beside'(action) {
    const id = await submitMaterial({ policy: 'slow', urgency: 'urgent' }, action);
    await alice.expectSms(new RegExp(`^URGENT.*${action}`));
    while (!(await baton.read(id)).timeline.some(({ what }) => what === 'written'))
      await new Promise((resolve) => setTimeout(resolve, 50));
    await alice.reply('1');
    await alice.reply('done');
    return id;
  },
  async stopped(action) {
    const id = await submit('sms-first', action);
    await alice.expectSms(new RegExp(`^URGENT.*${action}`));
    await alice.reply('STOP');
    await alice.expectEmail(new RegExp(action));
    await baton.call('POST', `/v1/handoffs/${id}/withdraw`, {});
    await alice.reply('START');
    return id;
  },
};

const directory = fileURLToPath(new URL('./histories/', import.meta.url));
await mkdir(directory, { recursive: true });

async function save(name: string, workflowId: string): Promise<void> {
  const history = await baton.client.workflow.getHandle(workflowId).fetchHistory();
  await writeFile(
    `${directory}${name}.json`,
    `${historyToJSON(history).replaceAll(ROOT, '/baton/')}\n`,
  );
  process.stdout.write(`${name}: ${history.events?.length ?? 0} events\n`);
}

const wanted = process.argv.slice(2);
const isWanted = (name: string): boolean => wanted.includes(name);

async function play(name: string): Promise<string> {
  const id = (await SCENARIOS[name]?.(`Call about ${name}`)) ?? '';
  await baton.client.workflow.getHandle(id).result();
  return id;
}

for (const name of Object.keys(SCENARIOS).filter(isWanted)) await save(name, await play(name));
if (isWanted('responder')) {
  for (const name of ['taken-and-resolved', 'snoozed-and-taken-over', 'answered-by-email'])
    await play(name);
  // Its own replies were routed by it while no worker could tell: the durable path.
  await baton.worker.kill();
  await alice.reply('?');
  baton.worker = await baton.startWorker();
  await alice.expectSms(/^Reply 1 to take/);
  await save('responder', responderWorkflowId('alice'));
}
if (isWanted('responder-by-email')) {
  const id = await submit('email-first', 'Call about what is forwarded');
  const email = await alice.expectEmail(/what is forwarded/);
  await baton.simulator.replyByEmail('alice@example.com', email, 'away until tomorrow 9:00');
  await alice.expectEmail(/^You are away/);
  await baton.simulator.replyByEmail('carl@example.com', email, 'ok');
  await alice.expectEmail(/was not counted/);
  await baton.simulator.replyByEmail('alice@example.com', email, 'back');
  await alice.expectEmail(/^You are back/);
  await baton.call('POST', `/v1/handoffs/${id}/withdraw`, {});
  await save('responder-by-email', responderWorkflowId('alice'));
}
if (isWanted('responder-bundles')) {
  const ids = [await submitRoutine('Write to lead one')];
  await carol.expectEmail(/lead one/);
  for (const name of ['two', 'three']) ids.push(await submitRoutine(`Write to lead ${name}`));
  // What follows the first within two minutes goes out as a list.
  await carol.expectEmail(/^2 handoffs for you/, { withinMs: 180_000 });
  for (const id of ids) await baton.call('POST', `/v1/handoffs/${id}/withdraw`, {});
  await save('responder-bundles', responderWorkflowId('carol'));
}
if (isWanted('told-its-source') || isWanted('callbacks')) {
  const receiver = await startReceiver();
  let refusals = 2;
  receiver.answer = () => ({ status: refusals-- > 0 ? 500 : 204 });
  const { id } = await baton.submit(
    buildSubmission({
      policy: 'slow',
      action: { do: 'Call the source', outcomes: ['reached', 'bad-lead'] },
      callbackUrl: receiver.url,
    }),
  );
  await alice.expectSms(/Call the source/);
  await baton.call('POST', `/v1/handoffs/${id}/amend`, { brief: { score: { value: 97 } } });
  await alice.expectSms(/^CHANGED: Call the source/);
  await baton.call('POST', `/v1/handoffs/${id}/reassign`, { to: 'bob' });
  await bob.expectSms(/Call the source/);
  for (const responder of ['bob', 'carol'])
    await baton.call('POST', `/v1/handoffs/${id}/pass`, { responder, reason: 'wrong person' });
  await baton.call('POST', `/v1/handoffs/${id}/take`, { responder: 'alice' });
  await baton.call('POST', `/v1/handoffs/${id}/resolve`, { outcome: 'bad-lead' });
  await baton.client.workflow.getHandle(callbackWorkflowId(id)).result();
  if (isWanted('told-its-source')) await save('told-its-source', id);
  if (isWanted('callbacks')) await save('callbacks', callbackWorkflowId(id));
  await receiver.close();
}
if (isWanted('away-and-back')) {
  for (const text of ['away 3d', 'back', 'away until monday, bob covers']) await bob.reply(text);
  await save('away-and-back', responderWorkflowId('bob'));
}

await baton.stop();
await ollama.close();
process.exit();
