import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startBaton, type Baton } from '../support/baton.ts';
import { startReceiver, type Receiver } from '../support/receiver.ts';
import { buildSubmission } from '../support/samples.ts';

const DIRECTORY = `
organisation: { timezone: America/New_York }
responders:
  opted-out: { name: Opted Out, phone: '+15005550010' }
  wrong: { name: Wrong Number, phone: '+15005550001' }
  bouncing: { name: Bouncing Mail, email: bouncing@example.com }
`;
const POLICIES = `
dark:
  lastResort: { notify: [opted-out, wrong, bouncing], email: [leads@example.com] }
  urgent:
    whenQuiet: ignore
    tiers:
      - { notify: [wrong], ladder: [sms], escalateAfter: 10m }
      - { notify: [opted-out], ladder: [sms], escalateAfter: 10m }
`;

let folder: string;
let baton: Baton;
let receiver: Receiver;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'baton-unreached-'));
  const files = {
    directory: join(folder, 'directory.yaml'),
    policies: join(folder, 'policies.yaml'),
  };
  writeFileSync(files.directory, DIRECTORY);
  writeFileSync(files.policies, POLICIES);
  receiver = await startReceiver();
  baton = await startBaton({ files });
});
afterAll(async () => {
  await baton.stop();
  await receiver.close();
  rmSync(folder, { recursive: true });
});

test('fault 11: of a handoff nobody can be told of its source and the log know at once, and it goes on', async () => {
  await baton.phone('opted-out').reply('STOP');
  baton.simulator.faults.inject({ channel: 'voice', kind: 'rejected', code: 21215 });
  for (const to of ['bouncing@example.com', 'leads@example.com']) {
    baton.simulator.faults.inject({ channel: 'email', kind: 'bounce', to });
  }

  const { id } = await baton.submit(
    buildSubmission({ policy: 'dark', callbackUrl: `${receiver.url}/events` }),
  );

  const read = () => baton.read(id);
  await expect
    .poll(read, { timeout: 20_000, interval: 50 })
    .toMatchObject({ unreached: { because: 'no message of the last resort arrived' } });
  const { unreached, submittedAt, status, next } = await read();
  // No tier of those waited for its time to pass.
  expect(Date.parse(unreached?.since ?? '') - Date.parse(submittedAt)).toBeLessThan(15_000);
  expect(status).toBe('notifying');
  expect(next?.because).toMatch(/last resort/);
  await expect
    .poll(() => baton.worker.output(), { timeout: 5_000 })
    .toContain('nobody can be told of a handoff');
  expect(baton.worker.output()).not.toContain('Maria');
  await expect
    .poll(() => receiver.taken(id).map(({ event }) => event.type), { timeout: 10_000 })
    .toContain('handoff.unreached');

  // Whoever looks finds it, and can do something about it.
  await baton.phone('opted-out').reply('START');
  await baton.call('POST', `/v1/handoffs/${id}/take`, { responder: 'opted-out' });
  expect(await read()).toMatchObject({ status: 'owned' });
  expect((await read()).unreached).toBeUndefined();
  await baton.call('POST', `/v1/handoffs/${id}/resolve`, { outcome: 'reached' });
  baton.phones.ignoreUnread();
}, 60_000);
