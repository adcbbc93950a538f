import { afterAll, beforeAll, expect, test } from 'vitest';
import { startBaton, type Baton } from '../support/baton.ts';
import { startOllama, type OllamaStandIn } from '../support/ollama.ts';
import { DRAFT, MATERIAL } from '../support/samples.ts';
import type { Entry } from '../support/processes.ts';

const MODEL = 'llama3.2';
const SUBMISSION = {
  externalId: 'chat-1',
  policy: 'quick',
  urgency: 'routine',
  action: { within: 'PT4H' },
  material: MATERIAL,
};

let baton: Baton;
/** Each worker has a model server of its own, so that it can be told which of them was asked. */
let servers: readonly [OllamaStandIn, OllamaStandIn];
let other: Entry;

beforeAll(async () => {
  servers = await Promise.all([startOllama(), startOllama()]);
  for (const server of servers) server.add(MODEL, { kind: 'hangs', after: 'nothing' });
  baton = await startBaton({
    env: { BATON_BRIEF_MODEL: MODEL, BATON_OLLAMA_URL: servers[0].url, LOG_LEVEL: 'debug' },
  });
  other = await baton.startWorker({ BATON_OLLAMA_URL: servers[1].url });
});
afterAll(async () => {
  await other.stop();
  await baton.stop();
  await Promise.all(servers.map((server) => server.close()));
});

const isAsked = ({ asked }: OllamaStandIn): boolean =>
  asked.some(({ path }) => path === '/api/chat');

test('a worker that is killed while the model writes is replaced by another in time', async () => {
  const workers = [baton.worker, other] as const;
  const { id } = await baton.submit(SUBMISSION);
  await expect.poll(() => servers.some(isAsked), { timeout: 15_000 }).toBe(true);
  const asked = isAsked(servers[0]) ? 0 : 1;
  servers[asked === 0 ? 1 : 0].add(MODEL, { kind: 'says', content: DRAFT });
  await workers[asked].kill();

  // A machine that is busy enough may use up the ten seconds: then the brief is the one that was drawn.
  const email = await baton.phone('mailonly').expectEmail(/Maria Lopez/, { withinMs: 30_000 });
  const { written, timeline } = await baton.read(id);
  const reasons = timeline.filter(({ what }) => what === 'written').map(({ because }) => because);
  expect(reasons).toEqual([
    expect.stringMatching(/^llama3.2 wrote subject, summary, action and facts|in time$/) as string,
  ]);
  const isLate = reasons[0]?.endsWith('in time') === true;
  expect(email.text).toContain(isLate ? '"Can we start with 40 seats' : DRAFT.summary);
  const parts = ['subject', 'summary', 'action', 'facts'];
  expect(written).toEqual(
    isLate
      ? { drawn: [...parts, 'contact'] }
      : { drawn: ['contact'], model: { name: MODEL, parts } },
  );
  for (const entry of [...workers, baton.api]) expect(entry.output()).not.toContain('40 seats');
});

test('the same material is the same handoff, and another one is refused', async () => {
  expect((await baton.call('POST', '/v1/handoffs', SUBMISSION)).status).toBe(200);
  const other = { ...SUBMISSION, material: `${MATERIAL}\nMaria Lopez: Never mind.` };
  expect((await baton.call('POST', '/v1/handoffs', other)).status).toBe(409);
});
