import { afterEach, beforeEach, expect, it } from 'vitest';
import { isSignedBySendgrid, startWorld, type ReceivedWebhook, type World } from './harness.ts';

let world: World;
beforeEach(async () => {
  world = await startWorld({ emailEvents: false });
  await world.sendgrid.send({
    to: 'alice@example.com',
    from: { email: 'baton@example.com', name: 'Baton' },
    replyTo: 'r+abc@reply.example.com',
    subject: 'Call Maria – now',
    text: 'Call Maria by 14:05\n\nReply 1 to take it',
    html: '<p>Call <b>Maria</b></p>',
  });
});
afterEach(() => world.close());

const listReplies = (): readonly ReceivedWebhook[] =>
  world.baton.webhooks.filter(({ path }) => path === '/webhooks/sendgrid/inbound');

const lastReply = (): ReceivedWebhook => {
  const reply = listReplies().at(-1);
  if (!reply) throw new Error('Nobody has answered yet.');
  return reply;
};

function readReply(): Readonly<Record<string, string>> {
  const { headers, body } = lastReply();
  const boundary = /boundary=(\S+)$/.exec(String(headers['content-type']))?.[1] ?? '';
  const parts = body.toString().split(`--${boundary}`).slice(1, -1);
  return Object.fromEntries(
    parts.map((part) => {
      const [, name = '', value = ''] =
        /^\r\nContent-Disposition: form-data; name="(\w+)"\r\n\r\n(.*)\r\n$/s.exec(part) ?? [];
      return [name, value];
    }),
  );
}

it('posts an answer as Inbound Parse does, with the original quoted below', async () => {
  const answer = await world.simulator.replyByEmail('alice@example.com', -1, '1');

  expect(answer.status).toBe(200);
  const reply = readReply();
  expect(reply).toMatchObject({
    from: 'Alice Ng <alice@example.com>',
    to: 'r+abc@reply.example.com',
    subject: 'Re: Call Maria – now',
    SPF: 'pass',
    dkim: '{@example.com : pass}',
    attachments: '0',
  });
  expect(JSON.parse(reply['envelope'] ?? '')).toEqual({
    to: ['r+abc@reply.example.com'],
    from: 'alice@example.com',
  });
  expect(JSON.parse(reply['charsets'] ?? '')).toMatchObject({ text: 'UTF-8', html: 'UTF-8' });
  expect(reply['text']).toMatch(/^1\r\n\r\nOn .+<baton@example.com> wrote:\r\n\r\n> Call Maria/s);
  expect(reply['text']).toContain('> Reply 1 to take it');
  expect(reply['html']).toMatch(/^<div dir="ltr">1<\/div>.*<b>Maria<\/b>/s);
  const [original] = world.simulator.emails;
  expect(reply['headers']).toContain(`\nIn-Reply-To: ${original?.smtpId ?? ''}\n`);
  expect(reply['headers']).toMatch(/\nMessage-ID: <.+@.+>\n/);
  expect(reply['headers']).not.toContain('Auto-Submitted');
});

it('signs an answer like an event', async () => {
  await world.simulator.replyByEmail('alice@example.com', -1, '1');

  expect(isSignedBySendgrid(world, lastReply())).toBe(true);
});

it('leaves the signature out when asked to', async () => {
  await world.simulator.replyByEmail('alice@example.com', -1, '1', { unsigned: true });

  expect(lastReply().headers).not.toHaveProperty('x-twilio-email-event-webhook-signature');
});

it('keeps what was answered, and how Baton took it', async () => {
  world.baton.webhookStatus = 403;
  await world.simulator.replyByEmail('alice@example.com', 0, '1');

  expect(world.simulator.emails).toMatchObject([{ replies: [{ text: '1', status: 403 }] }]);
});

it('asks again when Baton fails, but not when it refuses', async () => {
  world.baton.webhookStatuses = [500, 502];
  expect((await world.simulator.replyByEmail('alice@example.com', 0, '1')).status).toBe(200);
  expect(listReplies()).toHaveLength(3);

  world.baton.webhookStatuses = [400];
  expect((await world.simulator.replyByEmail('alice@example.com', 0, '1')).status).toBe(400);
  expect(listReplies()).toHaveLength(4);
});

it('writes as other programs do', async () => {
  const reply = async (
    ...[options]: [Parameters<World['simulator']['replyByEmail']>[3]]
  ): Promise<Readonly<Record<string, string>>> => {
    await world.simulator.replyByEmail('alice@example.com', 0, '1', options);
    return readReply();
  };

  const html = await reply({ htmlOnly: true });
  expect(html).not.toHaveProperty('text');
  expect(html['headers']).toContain('Content-Type: text/html');
  expect((await reply({ withoutQuote: true }))['text']).toBe('1\r\n');
  const automatic = await reply({ autoReply: true });
  expect(automatic['headers']).toContain('Auto-Submitted: auto-replied');
  expect(automatic['subject']).toBe('Automatic reply: Call Maria – now');
  const twice = { messageId: '<same@example.com>', to: 'other@example.com' };
  expect(await reply(twice)).toMatchObject({ to: 'other@example.com' });
  expect((await reply(twice))['headers']).toContain('\nMessage-ID: <same@example.com>\n');
});

it('writes in another alphabet when asked to', async () => {
  await world.simulator.replyByEmail('alice@example.com', 0, 'Erledigt für Łódź', {
    charset: 'iso-8859-1',
    withoutQuote: true,
  });

  const bytes = lastReply().body.toString('latin1');
  expect(bytes).toContain('Erledigt für ?ód?');
  expect(bytes).toContain('"text":"iso-8859-1"');
});

it('sends nothing in answer to an email that does not exist', async () => {
  await expect(world.simulator.replyByEmail('alice@example.com', 7, '1')).rejects.toThrow(
    'There is no email 7 to answer: 1 have come so far.',
  );
});
