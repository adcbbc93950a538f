import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { wallAt } from '../../src/domain/availability/zoned.ts';
import { startBaton, type Baton } from '../support/baton.ts';
import { buildSubmission } from '../support/samples.ts';

const ZONE = 'America/New_York';
const HOUR_MS = 3_600_000;
const LATER = { timeout: 20_000, interval: 100 };

let folder: string;
let files: { directory: string; policies: string };
let baton: Baton;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'baton-timing-'));
  files = { directory: join(folder, 'directory.yaml'), policies: join(folder, 'policies.yaml') };
  await writeDirectory({});
  const sms = { ladder: ['sms'] };
  await writeFile(
    files.policies,
    stringify({
      rota: {
        lastResort: { notify: ['carol'] },
        urgent: {
          tiers: [
            { ...sms, notify: ['alice'], escalateAfter: '6s' },
            { ...sms, notify: ['bob'], escalateAfter: '10m' },
          ],
        },
        routine: { tiers: [{ ...sms, notify: ['night'], escalateAfter: '10m' }] },
      },
    }),
  );
  baton = await startBaton({ files });
});
afterAll(async () => {
  await baton.stop();
  await rm(folder, { recursive: true });
});

/** Replaces the directory as an editor does: a new file in the place of the old. */
async function writeDirectory(changes: Readonly<Record<string, object>>): Promise<void> {
  const responders = {
    alice: { name: 'Alice Ng', phone: '+15005550010' },
    bob: { name: 'Bob Diaz', phone: '+15005550011' },
    carol: { name: 'Carol Okafor', phone: '+15005550012' },
    eve: { name: 'Eve Stone', phone: '+15005550014' },
    // Quiet until two hours from now, by the clock on New York's walls.
    night: {
      name: 'Nora Night',
      phone: '+15005550013',
      quietHours: [{ from: clock(-HOUR_MS), to: clock(2 * HOUR_MS) }],
    },
    ...changes,
  };
  await writeFile(
    `${files.directory}.new`,
    stringify({ organisation: { timezone: ZONE }, responders }),
  );
  await rename(`${files.directory}.new`, files.directory);
}

function clock(fromNowMs: number): string {
  return new Date(wallAt(Date.now() + fromNowMs, ZONE)).toISOString().slice(11, 16);
}

async function readReadiness(): Promise<unknown> {
  return (await baton.call('GET', '/readyz')).body;
}

test('a directory with faults is refused and told of, the old one goes on; the mended one counts from the next tier on', async () => {
  const { id } = await baton.submit(buildSubmission({ policy: 'rota' }));
  await baton.phone('alice').expectSms(/^URGENT/);

  await writeDirectory({ bob: { name: 'Bob Diaz', phone: 'none', timezone: 'Mars/Olympus' } });
  const faults = [
    expect.stringMatching(/directory\.yaml:\d+: responders\.bob\.phone: must be a phone number/),
    expect.stringMatching(/directory\.yaml:\d+: responders\.bob\.timezone: must be an IANA/),
  ];
  await expect
    .poll(readReadiness, LATER)
    .toMatchObject({ status: 'ok', organisation: { status: 'invalid', faults } });
  await baton.worker.waitFor('responders.bob.phone: must be a phone number');
  await baton.phone('bob').expectSms(/^URGENT/);

  // Bob has Eve's phone from now on.
  await writeDirectory({
    bob: { name: 'Bob Diaz', phone: '+15005550014' },
    eve: { name: 'Eve Stone', email: 'eve@example.com' },
  });
  await expect.poll(readReadiness, LATER).toMatchObject({ organisation: { status: 'ok' } });
  await baton.call('POST', `/v1/handoffs/${id}/withdraw`, {});
  const next = await baton.submit(buildSubmission({ policy: 'rota' }));
  await baton.phone('alice').expectSms(/^URGENT/);
  await baton.phone('eve').expectSms(/^URGENT/);
  await baton.call('POST', `/v1/handoffs/${next.id}/withdraw`, {});
});

test('whoever texts that they are away is passed over until they are back', async () => {
  const alice = baton.phone('alice');
  const { answers } = await alice.reply('away 3d');
  expect(answers[0]).toMatch(/^You are away until \w+ \d+ \w+ \d\d:\d\d/);
  const away = await baton.submit(
    buildSubmission({ policy: 'rota', action: { do: 'Call while she is away', outcomes: [] } }),
  );
  await baton.phone('eve').expectSms(/Call while she is away/);
  expect(await baton.read(away.id)).toMatchObject({
    awaiting: ['bob'],
    timeline: expect.arrayContaining([
      expect.objectContaining({
        what: 'skipped',
        because: expect.stringMatching(/^away: Alice Ng until/) as string,
      }),
    ]) as unknown[],
  });

  expect((await alice.reply('back')).answers[0]).toMatch(/^You are back/);
  const back = await baton.submit(
    buildSubmission({ policy: 'rota', action: { do: 'Call now she is back', outcomes: [] } }),
  );
  await alice.expectSms(/Call now she is back/);
  for (const { id } of [away, back]) await baton.call('POST', `/v1/handoffs/${id}/withdraw`, {});
});

test('R22: a release with another time-zone database goes on with what waits', async () => {
  const routine = buildSubmission({ policy: 'rota', urgency: 'routine' });
  const { id } = await baton.submit(routine);
  const before = await baton.waitForStatus(id, 'waiting');

  const zones = fileURLToPath(new URL('../support/other-zones.mjs', import.meta.url));
  const others = { NODE_OPTIONS: `--import ${zones}`, TZ: 'Pacific/Chatham' };
  await baton.worker.kill();
  baton.worker = await baton.startWorker(others);
  // The first tier is planned where it is submitted.
  await baton.api.kill();
  baton.api = await baton.startApi(others);
  expect((await baton.read(id)).next).toEqual(before.next);
  // There it is three hours earlier: before the quiet hours, and Nora is told at once.
  const other = await baton.submit(routine);
  await baton.phone('night').expectSms(/^Call Maria Lopez/);
  for (const handoff of [id, other.id]) {
    await baton.call('POST', `/v1/handoffs/${handoff}/take`, { responder: 'night' });
    await baton.call('POST', `/v1/handoffs/${handoff}/resolve`, { responder: 'night' });
    const { events } = await baton.client.workflow.getHandle(handoff).fetchHistory();
    expect(events?.filter((event) => event.workflowTaskFailedEventAttributes)).toEqual([]);
    expect(events?.at(-1)?.workflowExecutionCompletedEventAttributes).toBeDefined();
  }
});
