import { expect, onTestFailed, test } from 'vitest';
import type { Baton } from './baton.ts';
import { buildSubmission } from './samples.ts';

/** Declares the tests that every whole installation passes: in development, and as the production stack. */
export function tellStories(running: () => Baton): void {
  test('a lead reaches a phone, escalates when nobody answers, is taken by a reply and resolved', async () => {
    const baton = running();
    onTestFailed(() => {
      process.stderr.write(`${baton.lastOutput()}\n`);
    });
    const [alice, bob] = [baton.phone('alice'), baton.phone('bob')];

    const { id, code } = await baton.submit(buildSubmission({ policy: 'quick' }));
    const offer = await alice.expectSms(/^URGENT: Call Maria Lopez by /);
    expect(offer.body).toContain('+1 512 555 0147');
    expect(offer.body).toContain(`Reply 1 to take, 2 to pass (${code})`);

    // Alice does not answer.
    const escalation = await bob.expectSms(/Call Maria Lopez/);
    expect(escalation.body).toContain('Alice Ng has not answered');

    const taken = await bob.reply('1');
    expect(taken.answers).toEqual([expect.stringMatching(/^You have it: Call Maria Lopez by /)]);
    await alice.expectSms(/^Stand down: Bob Diaz has it/);

    const late = await alice.reply('1');
    expect(late.answers).toEqual([
      expect.stringMatching(/^Bob Diaz has it since .*nothing for you/),
    ]);

    const done = await bob.reply('done reached');
    expect(done.answers).toEqual([`Done (reached): Maria Lopez, Acme Corp (${code}). Thank you.`]);

    const view = await baton.waitForStatus(id, 'resolved');
    expect(view.ending).toMatchObject({
      status: 'resolved',
      outcome: 'reached',
      by: { kind: 'responder', id: 'bob' },
    });
    const { timeline } = view;
    // A message may be on a phone, and answered, before the workflow hears that it was sent.
    expect(timeline.map(({ what }) => what).filter((what) => what !== 'sent')).toEqual([
      'submitted',
      'planned',
      'escalated',
      'planned',
      'taken',
      'refused',
      'resolved',
    ]);
    const listWhoWasTold = async () =>
      (await baton.read(id)).timeline.flatMap(({ what, responder }) =>
        what === 'sent' ? [responder] : [],
      );
    await expect
      .poll(async () => (await listWhoWasTold()).sort(), { timeout: 30_000 })
      .toEqual(['alice', 'alice', 'bob']);
    expect(timeline.every(({ because }) => because.length > 0)).toBe(true);
    baton.phones.expectNothingUnread();
  });
}
