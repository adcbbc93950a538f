import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startState } from '../../src/domain/decide.ts';
import { viewHandoff } from '../../src/domain/view.ts';
import { renderHandoffPage } from '../../src/pages/handoff-page.ts';
import { startBaton, type Baton } from '../support/baton.ts';
import { buildInput } from '../support/builders.ts';
import { MATERIAL } from '../support/samples.ts';

let baton: Baton;
beforeAll(async () => {
  baton = await startBaton();
});
afterAll(async () => {
  await baton.stop();
});

describe('raw material, where no model is set up', () => {
  test('becomes a handoff that says how its brief was made, and is amended by its source', async () => {
    const contact = { name: 'Maria Lopez', phone: '+15125550147' };
    const { id } = await baton.submit({
      policy: 'slow',
      urgency: 'urgent',
      action: { within: 'PT5M', contact },
      material: MATERIAL,
    });
    const sms = await baton.phone('alice').expectSms(/^URGENT: Call Maria Lopez/);
    expect(sms.body).toContain('"Can we start with 40 seats and pay yearly?"');
    expect(sms.body).not.toContain('not sure');
    expect(await baton.read(id)).toMatchObject({
      brief: { subject: 'Maria Lopez', details: MATERIAL },
      action: { do: 'Call Maria Lopez', contact },
      written: { drawn: ['subject', 'summary', 'action', 'facts'] },
    });

    await baton.call('POST', `/v1/handoffs/${id}/amend`, { brief: { summary: 'Wants 40 seats.' } });
    await baton.phone('alice').expectSms(/^CHANGED/);
    expect((await baton.read(id)).written).toEqual({ drawn: ['subject', 'action', 'facts'] });
    await baton.call('POST', `/v1/handoffs/${id}/withdraw`, {});
    await baton.phone('alice').expectSms(/^Stand down/);
  });

  test('is previewed with the messages that it would lead to', async () => {
    const { status, body } = await baton.call('POST', '/v1/handoffs/preview', {
      policy: 'slow',
      urgency: 'urgent',
      material: MATERIAL,
    });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      messages: expect.arrayContaining([
        expect.objectContaining({ text: expect.stringContaining('40 seats') as string }),
      ]) as unknown[],
    });
  });

  test('of the longest kind is taken whole', async () => {
    const material = `Customer: I need help. ${'ż'.repeat(19_900)}`;
    const { id } = await baton.submit({
      policy: 'slow',
      urgency: 'urgent',
      material,
      brief: { details: 'ż'.repeat(20_000) },
    });
    await baton.phone('alice').expectSms(/Read the attached conversation/);
    await baton.call('POST', `/v1/handoffs/${id}/withdraw`, {});
    await baton.phone('alice').expectSms(/^Stand down/);
  });

  test('with faults is refused with all of them', async () => {
    const { status, body } = await baton.call('POST', '/v1/handoffs', {
      policy: 'nowhere',
      urgency: 'urgent',
      material: '',
      action: { contact: { phone: 'none' } },
    });
    expect(status).toBe(422);
    const { errors } = body as { errors: { pointer: string }[] };
    expect(errors.map(({ pointer }) => pointer)).toEqual(
      expect.arrayContaining(['/policy', '/material', '/action/contact/phone']),
    );
  });
});

test('the page says who wrote what, and escapes the name of the model', () => {
  const written = { drawn: ['contact'], model: { name: 'a<b', parts: ['summary'] } } as const;
  const input = buildInput({ handoff: { written } });
  const html = renderHandoffPage({
    view: viewHandoff(input, startState(input)),
    reader: {
      id: 'alice',
      name: 'Alice Ng',
      timezone: 'America/New_York',
      now: '2026-11-23T15:00:00.000Z',
    },
    notesUrl: '/h/token/notes',
    nonce: 'n',
  });
  expect(html).toContain(
    'A language model (a&lt;b) wrote summary, checked against the material; contact is drawn from the material by rules.',
  );
});
