import { afterEach, beforeEach, expect, it } from 'vitest';
import { sendgridApiKey, startWorld, type World } from './harness.ts';

let world: World;
beforeEach(async () => {
  world = await startWorld();
});
afterEach(() => world.close());

const post = (body: string, key = sendgridApiKey): Promise<Response> =>
  fetch(`${world.url}/v3/mail/send`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body,
  });

const valid = {
  personalizations: [{ to: [{ email: 'alice@example.com' }] }],
  from: { email: 'baton@example.com' },
  subject: 'Call Maria',
  content: [{ type: 'text/plain', value: 'Now' }],
};

it('stores what the real client sends, and answers with its message id', async () => {
  const [response] = await world.sendgrid.send({
    to: 'alice@example.com',
    from: { email: 'baton@example.com', name: 'Baton' },
    replyTo: 'reply+abc@example.com',
    subject: 'Call Maria',
    text: 'Call Maria by 14:05',
    html: '<p>Call <b>Maria</b></p>',
    headers: { 'X-Handoff': 'hof_1' },
    customArgs: { handoff: 'hof_1' },
  });

  expect(response.statusCode).toBe(202);
  const headers = response.headers as Readonly<Record<string, string>>;
  expect(world.simulator.emails).toMatchObject([
    {
      messageId: headers['x-message-id'],
      to: 'alice@example.com',
      from: 'baton@example.com',
      replyTo: 'reply+abc@example.com',
      subject: 'Call Maria',
      text: 'Call Maria by 14:05',
      html: '<p>Call <b>Maria</b></p>',
      headers: { 'X-Handoff': 'hof_1' },
      customArgs: { handoff: 'hof_1' },
    },
  ]);
});

it('puts one copy into the inbox of each recipient of each personalization', async () => {
  await world.sendgrid.send({
    from: 'baton@example.com',
    subject: 'For all',
    text: 'T',
    personalizations: [
      { to: ['a@example.com', 'b@example.com'], customArgs: { n: '1' } },
      { to: 'c@example.com', subject: 'For C', customArgs: { n: '2' } },
    ],
  });

  expect(
    world.simulator.emails.map(({ to, subject, customArgs }) => [to, subject, customArgs['n']]),
  ).toEqual([
    ['a@example.com', 'For all', '1'],
    ['b@example.com', 'For all', '1'],
    ['c@example.com', 'For C', '2'],
  ]);
});

it('refuses a wrong key', async () => {
  const response = await post(JSON.stringify(valid), 'SG.wrong');

  expect(response.status).toBe(401);
  expect(await response.json()).toMatchObject({ errors: [{ field: null, help: null }] });
});

it.each([
  ['no personalization', { personalizations: [] }, 'personalizations'],
  ['nobody to send to', { personalizations: [{ to: [] }] }, 'personalizations.0.to'],
  [
    'an invalid address',
    { personalizations: [{ to: [{ email: 'alice' }] }] },
    'personalizations.0.to.0.email',
  ],
  ['no sender', { from: undefined }, 'from.email'],
  ['no subject', { subject: '' }, 'subject'],
  ['no content', { content: [] }, 'content'],
  ['an empty content', { content: [{ type: 'text/plain', value: '' }] }, 'content.0.value'],
  ['a number as subject', { subject: 7 }, 'subject'],
  ['a custom argument that is no string', { custom_args: { n: 1 } }, 'custom_args.n'],
])('refuses %s', async (_name, change, field) => {
  const response = await post(JSON.stringify({ ...valid, ...change }));

  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ errors: [{ field }] });
  expect(world.simulator.emails).toEqual([]);
});

it('refuses what is not JSON', async () => {
  expect((await post('{')).status).toBe(400);
});

it('keeps a sandboxed mail to itself', async () => {
  const body = { ...valid, mail_settings: { sandbox_mode: { enable: true } } };

  expect((await post(JSON.stringify(body))).status).toBe(200);
  expect(world.simulator.emails).toEqual([]);
});
