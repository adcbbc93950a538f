import { afterEach, beforeEach, expect, it } from 'vitest';
import { alice, from, startWorld, type World } from './harness.ts';

let world: World;
beforeEach(async () => {
  world = await startWorld({
    samples: [{ name: 'hot-lead', label: 'Hot lead', body: { urgency: 'urgent' } }],
  });
});
afterEach(() => world.close());

async function ask(path: string, init?: RequestInit): Promise<{ status: number; json: unknown }> {
  const response = await fetch(`${world.url}${path}`, init);
  return { status: response.status, json: await response.json() };
}

const post = (path: string, body: unknown, headers = {}): ReturnType<typeof ask> =>
  ask(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });

it('is one page that loads nothing from outside', async () => {
  const response = await fetch(world.url);
  const html = await response.text();

  expect(response.headers.get('content-security-policy')).toMatch(/default-src 'none'/);
  expect(html).toContain('No real message leaves this');
  expect(html).not.toMatch(/<(script|img|link|iframe)[^>]+(src|href)=/);
  expect(html).not.toContain('innerHTML');
});

it('shows each phone and inbox, and strangers after them', async () => {
  await world.twilio.messages.create({ to: alice, from, body: 'Call Maria' });
  await world.twilio.messages.create({ to: '+15005550099', from, body: 'Who?' });
  await world.sendgrid.send({
    to: 'leads@example.com',
    from: 'b@example.com',
    subject: 'S',
    text: 'T',
  });

  expect((await ask('/simulator/state')).json).toMatchObject({
    samples: [{ name: 'hot-lead', label: 'Hot lead' }],
    phones: [
      { id: 'alice', sms: [{ body: 'Call Maria' }] },
      { id: 'bob', sms: [] },
      { id: '+15005550099', sms: [{ body: 'Who?' }] },
      { id: 'leads@example.com', emails: [{ subject: 'S' }] },
    ],
  });
});

it('tells what changes', async () => {
  const response = await fetch(`${world.url}/simulator/events`);
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  expect((await reader?.read())?.value).toMatch(/^event: state\ndata: \{/);

  await world.twilio.messages.create({ to: alice, from, body: 'Call Maria' });

  expect((await reader?.read())?.value).toContain('Call Maria');
});

it('replies from a phone', async () => {
  expect(await post('/simulator/phones/alice/reply', { text: '1' })).toMatchObject({
    status: 200,
    json: { status: 200 },
  });
  expect(world.baton.webhooks).toMatchObject([{ params: { From: alice, Body: '1' } }]);
  expect((await post('/simulator/phones/alice/reply', { text: ' ' })).status).toBe(400);
  expect((await post('/simulator/phones/nobody/reply', { text: '1' })).status).toBe(404);
});

it('starts samples and reads handoffs with the key that the page never sees', async () => {
  expect(await post('/simulator/samples/hot-lead/start', {})).toEqual({
    status: 201,
    json: { id: 'hof_1', hasKey: true, body: { urgency: 'urgent' } },
  });
  expect((await post('/simulator/samples/none/start', {})).status).toBe(404);
  expect((await ask('/simulator/handoffs')).json).toEqual({ handoffs: [{ id: 'hof_1' }] });
  expect((await ask('/simulator/handoffs/hof_1')).json).toEqual({ id: 'hof_1' });
  expect(JSON.stringify((await ask('/simulator/state')).json)).not.toContain('baton-key');
});

it('says so when Baton does not answer', async () => {
  await world.baton.close();

  expect((await ask('/simulator/handoffs')).status).toBe(502);
});

it('lets no page of another site press its buttons', async () => {
  const headers = { 'sec-fetch-site': 'cross-site' };

  expect((await post('/simulator/samples/hot-lead/start', {}, headers)).status).toBe(403);
});

it('closes at once although requests hang and pages listen', async () => {
  world.simulator.faults.inject({ channel: 'sms', kind: 'hang' });
  void world.twilio.messages.create({ to: alice, from, body: 'Hi' }).catch(() => undefined);
  await fetch(`${world.url}/simulator/events`);
  const startedAt = Date.now();

  await world.simulator.close();

  expect(Date.now() - startedAt).toBeLessThan(300);
});
