import { expect } from 'vitest';
import { createBriefModel } from '../../src/activities/brief-model.ts';
import { startOllama, type OllamaStandIn } from '../support/ollama.ts';
import { DRAFT, MATERIAL } from '../support/samples.ts';
import { LATER, retell, test as base } from '../support/workflow-world.ts';

const DRAWN = {
  brief: {
    subject: 'Maria Lopez',
    summary: '"Can we start with 40 seats and pay yearly?"',
    details: MATERIAL,
  },
  written: { drawn: ['subject', 'summary', 'action', 'facts'] },
} as const;

const test = base.extend<{ ollama: OllamaStandIn }>({
  ollama: async ({}, use) => {
    const ollama = await startOllama();
    await use(ollama);
    await ollama.close();
  },
});

const FOLLOW_UP = {
  ...DRAWN,
  urgency: 'routine',
  action: { do: 'Email the customer', contact: { email: 'maria@acme.example' }, outcomes: [] },
} as const;
const EMAIL = {
  tiers: [
    {
      label: 'tier 1',
      notify: ['alice'],
      ladder: [{ channel: 'email' as const, afterMs: 0 }],
      escalateAfterMs: 3_600_000,
    },
  ],
};

test('routine work is told with the model’s brief, which says so in the email and the API', async ({
  world,
  ollama,
}) => {
  ollama.add('llama3.2', { kind: 'says', content: DRAFT });
  await world.startWriter(createBriefModel({ url: ollama.url, model: 'llama3.2' }));
  const handoff = await world.submit({ handoff: FOLLOW_UP, policy: EMAIL, writing: {} });

  const email = await world.phone('alice').expectEmail(/^Ask Maria Lopez about the seats/);
  expect(email.text).toContain(DRAFT.summary);
  expect(email.text).toContain(
    'A language model (llama3.2) wrote subject, summary, action and facts, checked against the material.',
  );
  expect(email.text).toContain(MATERIAL);
  const view = await handoff.view();
  expect(view).toMatchObject({
    brief: { summary: DRAFT.summary, details: MATERIAL },
    written: { model: { name: 'llama3.2', parts: ['subject', 'summary', 'action', 'facts'] } },
  });
  expect(retell(view, 'written')).toEqual([
    '0:00 llama3.2 wrote subject, summary, action and facts, checked against the material',
  ]);
  expect(await handoff.listSummaries()).toContain('write the brief');
  await handoff.give('resolve', 'alice');
  await handoff.end();
});

test('urgent work is told at once with what was drawn, and later messages have the model’s brief', async ({
  world,
  ollama,
}) => {
  let answer = (): void => undefined;
  const until = new Promise<void>((resolve) => (answer = resolve));
  ollama.add('slow', { kind: 'holds', until, content: DRAFT });
  await world.startWriter(createBriefModel({ url: ollama.url, model: 'slow' }));
  const handoff = await world.submit({ handoff: DRAWN, writing: {} });

  const first = await world.phone('alice').expectSms(/^URGENT: Call Maria Lopez/);
  expect(first.body).toContain(`"Can we start with 40 seats`);
  expect(first.body).not.toContain('AI');
  answer();
  await expect
    .poll(async () => retell(await handoff.view(), 'written'), LATER)
    .toEqual(['0:00 slow wrote subject, summary, action and facts, checked against the material']);
  expect(world.phone('alice').unread()).toEqual([]);

  await world.pass('5m');
  const second = await handoff.expectSms('bob', /^URGENT: Ask Maria Lopez about the seats/);
  expect(second.body).toContain('AI summary: Maria Lopez asks to start with 40 seats');
  expect(second.body).toContain('+1 512 555 0147');
  await handoff.give('resolve', 'bob');
  await world.phone('alice').expectSms(/^Stand down/);
  await handoff.end();
});

test('without a worker that could ask a model, routine work goes on after 10 s', async ({
  world,
}) => {
  const handoff = await world.submit({ handoff: FOLLOW_UP, policy: EMAIL, writing: {} });
  await world.pass('11s');

  await world.phone('alice').expectEmail(/^Email the customer/);
  expect(retell(await handoff.view(), 'written')).toEqual([
    '0:00 the brief stays as it was drawn from the material: no worker could ask the model in time',
  ]);
  await handoff.give('resolve', 'alice');
  await handoff.end();
});
