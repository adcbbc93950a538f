import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { HandoffView } from '../../src/domain/view.ts';
import { makeDataDirectory, startDevelopment, type Development } from '../support/development.ts';

const LATER = { timeout: 20_000 };

let data: Awaited<ReturnType<typeof makeDataDirectory>>;
beforeAll(async () => {
  data = await makeDataDirectory();
});
afterAll(async () => {
  await data.remove();
});

test('the development mode ends whole and goes on with the open handoffs at the next start', async () => {
  const first = await startDevelopment(data.path);
  const { id } = await submitSample(first);
  await expect.poll(() => listEvents(first, id), LATER).toContain('sent');

  // Ctrl-C reaches it twice: from the terminal and from tsx.
  process.kill(first.entry.pid, 'SIGINT');
  await first.entry.waitFor('Stopping');
  process.kill(first.entry.pid, 'SIGINT');
  await first.entry.stop();
  expect(first.entry.output()).toContain('Stopped.');
  await expect.poll(() => isAnswering(first.temporal), LATER).toBe(false);
  await expect.poll(() => isAnswering(first.api), LATER).toBe(false);

  const second = await startDevelopment(data.path);
  // Its tier's time passed while nothing ran.
  await expect.poll(() => listEvents(second, id), LATER).toContain('escalated');
  await second.entry.stop();
});

test('the development mode that was killed leaves nothing that keeps the next start from working', async () => {
  const first = await startDevelopment(data.path);
  const { id } = await submitSample(first);

  await first.entry.kill();
  await expect.poll(() => isAnswering(first.api), LATER).toBe(false);

  const second = await startDevelopment(data.path);
  await expect.poll(() => listEvents(second, id), LATER).toContain('sent');
  await second.entry.stop();
});

async function submitSample({ api, key }: Development): Promise<{ id: string }> {
  const response = await fetch(api, {
    method: 'POST',
    headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' },
    body: await readFile('config/samples/hot-lead.json', 'utf8'),
  });
  expect(response.status).toBe(201);
  return (await response.json()) as { id: string };
}

async function listEvents({ api, key }: Development, id: string): Promise<string[]> {
  const response = await fetch(`${api}/${id}`, { headers: { Authorization: `Bearer ${key}` } });
  if (!response.ok) return [];
  const { timeline } = (await response.json()) as HandoffView;
  return timeline.map(({ what }) => what);
}

async function isAnswering(url: string): Promise<boolean> {
  try {
    await fetch(url);
    return true;
  } catch {
    return false;
  }
}
