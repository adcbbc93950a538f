import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import proto from '@temporalio/proto';
import { describe, expect, test } from 'vitest';
import { callbackWorkflowId, responderWorkflowId } from '../../src/workflows/messages.ts';
import { findExecutable } from '../../src/temporal/executable.ts';
import { startBaton, TEST_ADMIN_KEY, type Baton } from '../support/baton.ts';
import { startReceiver } from '../support/receiver.ts';
import { buildSubmission } from '../support/samples.ts';
import { testCache } from '../support/test-server.ts';

/** What only this lead and what was said of them have. */
const LEAD = {
  name: 'Zebulon Quackenbush',
  phone: '+15125550199',
  email: 'zebulon@quackenbush.example',
};
const WORDS = {
  summary: 'wants a tangerine dirigible',
  details: 'talked of marzipan periscopes for an hour',
  reason: 'gone to see the velociraptor',
  note: 'left word with the hippopotamus',
};
const MARKERS = [...Object.values(LEAD), ...Object.values(WORDS), '512 555 0199', '5125550199'];

/** Tells a story in which every kind of payload holds something of the lead, and some failures too. */
async function tellStory(baton: Baton, callbackUrl: string): Promise<string[]> {
  const bob = baton.phone('bob');
  baton.simulator.faults.inject({ channel: 'sms', kind: 'error-after-accepting', times: 1 });
  const { id } = await baton.submit(
    buildSubmission({
      policy: 'quick',
      brief: {
        subject: LEAD.name,
        summary: `${LEAD.name} ${WORDS.summary}, call ${LEAD.phone}`,
        details: WORDS.details,
      },
      action: {
        do: `Call ${LEAD.name}`,
        within: 'PT5M',
        contact: { name: LEAD.name, phone: LEAD.phone, email: LEAD.email },
        outcomes: ['reached'],
      },
      callbackUrl,
    }),
  );
  await bob.expectSms(new RegExp(LEAD.name));
  await bob.reply(`pass, ${WORDS.reason}`);
  await baton.call('POST', `/v1/handoffs/${id}/amend`, {
    brief: { summary: `${LEAD.name} still ${WORDS.summary}` },
  });
  await baton.call('POST', `/v1/handoffs/${id}/note`, { text: WORDS.note });
  await baton.call('POST', `/v1/handoffs/${id}/take`, { responder: 'alice' });
  await baton.call('POST', `/v1/handoffs/${id}/resolve`, { outcome: WORDS.note });
  await baton.client.workflow.getHandle(id).result();
  await baton.client.workflow.getHandle(callbackWorkflowId(id)).result();
  // Commands and queries that fail say why.
  await baton.call('POST', `/v1/handoffs/${id}/note`, { text: WORDS.reason });
  baton.phones.ignoreUnread();
  return [id, callbackWorkflowId(id), responderWorkflowId('bob')];
}

/** Reads a history by Temporal's command line through our codec server. */
async function showHistory({ temporal, url }: Baton, workflowId: string): Promise<string> {
  const { command } = await findExecutable({
    cacheDirectory: testCache(),
    report: () => undefined,
  });
  // prettier-ignore
  const { stdout } = await promisify(execFile)(command, [
    'workflow', 'show', '--address', temporal.address, '--workflow-id', workflowId, '--output', 'json',
    '--codec-endpoint', `${url}/codec`, '--codec-auth', `Bearer ${TEST_ADMIN_KEY}`,
  ]);
  // It prints payloads as protobuf's JSON does.
  return stdout.replace(/"data": "([^"]*)"/g, (_, data: string) =>
    Buffer.from(data, 'base64').toString(),
  );
}

/** Plays the story and returns what of it can be read, and where. */
async function findMarkers(env: Readonly<Record<string, string>>): Promise<{
  found: string[];
  view: string;
  /** What an engineer with a key reads by Temporal's command line. */
  shown: string;
}> {
  const folder = mkdtempSync(join(tmpdir(), 'baton-database-'));
  const receiver = await startReceiver();
  const baton = await startBaton({
    env: { LOG_LEVEL: 'debug', ...env },
    databaseFile: join(folder, 'temporal.db'),
  });
  const places: Record<string, string> = {};
  let view = '';
  let shown = '';
  try {
    const [id = '', ...others] = await tellStory(baton, receiver.url);
    view = JSON.stringify(await baton.read(id));
    shown = await showHistory(baton, id);
    for (const workflowId of [id, ...others]) {
      const handle = baton.client.workflow.getHandle(workflowId);
      const { history } = await baton.client.workflowService.getWorkflowExecutionHistory({
        namespace: baton.temporal.namespace,
        execution: { workflowId: handle.workflowId },
      });
      if (!history) throw new Error(`no history of ${workflowId}`);
      // As it goes over the wire.
      const bytes = proto.temporal.api.history.v1.History.encode(history).finish();
      places[`history of ${workflowId.slice(0, 4)}`] = Buffer.from(bytes).toString('latin1');
    }
  } finally {
    await baton.stop();
    await receiver.close();
  }
  places['worker log'] = baton.worker.output();
  places['api log'] = baton.api.output();
  for (const file of readdirSync(folder)) {
    places[file] = readFileSync(join(folder, file), 'latin1');
  }
  rmSync(folder, { recursive: true });
  const found = Object.entries(places).flatMap(([place, text]) =>
    MARKERS.filter((marker) => text.includes(marker)).map((marker) => `${place}: ${marker}`),
  );
  return { found, view, shown };
}

describe('R25: of a lead who is called, passed on, amended and told of', () => {
  test('neither database, histories nor logs hold a word, and Baton reads it all', async () => {
    const { found, view, shown } = await findMarkers({});
    expect(found).toEqual([]);
    expect(view).toContain(LEAD.phone);
    expect(view).toContain(WORDS.note);
    for (const word of [...Object.values(LEAD), WORDS.details]) expect(shown).toContain(word);
  });

  test('without a key the same search finds it, in database and histories but in no log', async () => {
    const { found } = await findMarkers({ BATON_ENCRYPTION_KEYS: '' });
    for (const marker of [LEAD.name, LEAD.phone, WORDS.details, WORDS.reason]) {
      expect(found).toContain(`history of hof_: ${marker}`);
      expect(found).toContain(`temporal.db: ${marker}`);
    }
    expect(found.filter((place) => place.includes('log'))).toEqual([]);
  });
});
