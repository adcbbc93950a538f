import { readdirSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
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
  const text = await response.text();
  return { status: response.status, json: text === '' ? undefined : JSON.parse(text) };
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
  expect(html).not.toMatch(/<(script|img|link|iframe)[^>]+(src|href)="(?!\/simulator\/page\/)/);
});

it('puts nothing into the page that could run: what is shown was written by others', async () => {
  const files = readdirSync('src/simulator/page').filter((file) => file.endsWith('.mjs'));
  expect(files).toContain('main.mjs');
  for (const file of files) {
    const response = await fetch(`${world.url}/simulator/page/${file}`);
    expect(response.headers.get('content-type')).toMatch(/javascript/);
    expect(await response.text(), file).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML/);
  }
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

describe('a call', () => {
  const call = async (): Promise<string> => {
    world.baton.twimlFor = ({ params }) =>
      params['CallSid'] === undefined
        ? undefined
        : `<Response><Gather numDigits="1" action="/webhooks/twilio/key"><Say>Press 1.</Say></Gather></Response>`;
    const { sid } = await world.twilio.calls.create({
      to: alice,
      from,
      url: `${world.baton.url}/webhooks/twilio/voice`,
      machineDetection: 'Enable',
    });
    return sid;
  };
  const read = async (): Promise<unknown> => (await ask('/simulator/state')).json;

  it('is answered, given a key and hung up', async () => {
    const sid = await call();
    expect(await read()).toMatchObject({ phones: [{ id: 'alice', calls: [{ sid }] }, {}] });
    expect((await post(`/simulator/calls/${sid}/answer`, {})).status).toBe(200);
    await expect
      .poll(() => world.simulator.calls)
      .toMatchObject([{ takenBy: 'human', waitingForKeys: true }]);

    expect(await post(`/simulator/calls/${sid}/keys`, { digits: '1' })).toEqual({
      status: 200,
      json: { counted: true },
    });
    await expect.poll(() => world.baton.webhooks.at(-1)).toMatchObject({ params: { Digits: '1' } });
    expect((await post(`/simulator/calls/${sid}/keys`, { digits: 'x' })).status).toBe(400);
    expect((await post(`/simulator/calls/${sid}/hang-up`, {})).status).toBe(200);
    expect(await read()).toMatchObject({ phones: [{ calls: [{ status: 'completed' }] }, {}] });
    // Nobody is on it any more.
    expect(await post(`/simulator/calls/${sid}/keys`, { digits: '1' })).toMatchObject({
      status: 409,
      json: { error: expect.stringContaining('completed') as string },
    });
  });

  it('is taken by an answering machine, or not at all', async () => {
    const taken = await call();
    await post(`/simulator/calls/${taken}/answer`, { as: 'machine' });
    const refused = await call();
    await post(`/simulator/calls/${refused}/busy`, {});

    expect(world.simulator.calls).toMatchObject([
      { sid: taken, takenBy: 'machine', answeredBy: 'machine_start' },
      { sid: refused, status: 'busy' },
    ]);
    expect((await post('/simulator/calls/CA0/answer', {})).status).toBe(404);
    expect((await post(`/simulator/calls/${refused}/answer`, { as: 'dog' })).status).toBe(400);
  });
});

describe('a phone and an inbox', () => {
  const choose = (wish: unknown, id = 'alice'): ReturnType<typeof ask> =>
    post(`/simulator/phones/${id}/reception`, wish);
  const read = async (): Promise<unknown> => {
    const { phones } = (await ask('/simulator/state')).json as { phones: { reception: unknown }[] };
    return phones[0]?.reception;
  };

  it('do what was chosen until something else is chosen', async () => {
    expect(await read()).toEqual({ calls: 'ring', sms: 'delivered', email: 'delivered' });
    await choose({ calls: 'busy' });
    await choose({ sms: 'undelivered' });
    await choose({ email: 'bounce' });
    await choose({ email: 'blocked' });
    expect(await read()).toEqual({ calls: 'busy', sms: 'undelivered', email: 'blocked' });
    expect(world.simulator.faults.active()).toMatchObject([
      { channel: 'sms', kind: 'undelivered', to: alice },
      { channel: 'email', kind: 'blocked', to: 'alice@example.com' },
    ]);

    await choose({ calls: 'ring', sms: 'delivered', email: 'delivered' });
    expect(await read()).toEqual({ calls: 'ring', sms: 'delivered', email: 'delivered' });
    expect(world.simulator.faults.active()).toEqual([]);
  });

  it('leave the faults alone that were made elsewhere', async () => {
    const faults = [
      { channel: 'sms', kind: 'failed', to: alice, times: 1 },
      { channel: 'sms', kind: 'hang', to: alice },
      { channel: 'sms', kind: 'failed' },
    ] as const;
    for (const fault of faults) world.simulator.faults.inject(fault);
    await choose({ sms: 'delivered' });

    expect(world.simulator.faults.active()).toMatchObject(faults);
  });

  it('know no other choices', async () => {
    expect((await choose({ sms: 'lost' })).status).toBe(400);
    expect((await choose({ sms: 'failed' }, 'nobody')).status).toBe(404);
  });
});

it('answers an email', async () => {
  await world.sendgrid.send({
    to: 'alice@example.com',
    from: 'b@example.com',
    subject: 'S',
    text: 'T',
  });
  const id = world.simulator.emails[0]?.id ?? '';
  world.baton.webhookStatus = 403;

  expect(
    await post(`/simulator/emails/${id}/reply`, { text: ' 1 ', autoReply: true }),
  ).toMatchObject({ status: 200, json: { status: 403 } });
  const inbound = world.baton.webhooks.find(({ path }) => path.endsWith('/inbound'));
  expect(inbound?.body.toString()).toContain('Auto-Submitted');
  expect((await ask('/simulator/state')).json).toMatchObject({
    phones: [{ emails: [{ replies: [{ text: '1', status: 403 }] }] }, {}],
  });
  expect((await post(`/simulator/emails/${id}/reply`, { text: '' })).status).toBe(400);
  expect((await post('/simulator/emails/none/reply', { text: '1' })).status).toBe(404);
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
  const hanging = world.twilio.messages.create({ to: alice, from, body: 'Hi' });
  // It is cut off, rather than given up by the client in its own time.
  const cut = expect(hanging).rejects.not.toMatchObject({ code: 'ECONNABORTED' });
  await fetch(`${world.url}/simulator/events`);

  await world.simulator.close();

  await cut;
});
