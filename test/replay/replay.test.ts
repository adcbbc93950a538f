import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { expect, inject, test } from 'vitest';
import { childEnvironment } from '../../src/config.ts';

const HISTORIES = fileURLToPath(new URL('./histories/', import.meta.url));
const SCENARIOS = readdirSync(HISTORIES).map((file) => file.replace(/\.json$/, ''));

const workflowBundle = inject('workflows');
// Each replay is a worker, which would tell of its whole life; its core, of the one that shall not replay.
Runtime.install({
  logger: new DefaultLogger('ERROR'),
  telemetryOptions: { logging: { filter: 'ERROR' } },
});

interface HistoryEvent {
  readonly eventId: string;
  readonly timerStartedEventAttributes?: { timerId: string };
  readonly workflowTaskStartedEventAttributes?: object;
  readonly activityTaskScheduledEventAttributes?: { activityType: { name: string } };
}
interface History {
  readonly events: readonly HistoryEvent[];
}

function readHistory(scenario: string): History {
  return JSON.parse(readFileSync(`${HISTORIES}${scenario}.json`, 'utf8')) as History;
}

async function replay(history: History): Promise<void> {
  await Worker.runReplayHistory({ workflowBundle }, history);
}

test('the scenarios that matter are stored', () => {
  expect(SCENARIOS).toEqual(
    expect.arrayContaining([
      'answered-by-email',
      'away-and-back',
      'brief-beside',
      'brief-waited-for',
      'called',
      'callbacks',
      'escalated-and-passed',
      'nobody-answers',
      'owner-silent',
      'planned-when-submitted',
      'provider-failed',
      'responder',
      'responder-bundles',
      'responder-by-email',
      'snoozed-and-taken-over',
      'stopped',
      'taken-and-resolved',
      'told-its-source',
      'undelivered',
      'waited',
      'withdrawn',
    ]),
  );
});

test.each(SCENARIOS)('R23: %s replays with the workflow code of today', async (scenario) => {
  const history = readHistory(scenario);
  expect(history.events.length).toBeGreaterThan(5);
  await replay(history);
});

// What was tried again has the size of the task after it (src/workflows/interceptors.ts).
test.each(SCENARIOS)('%s replays where tasks do not tell by how much it grew', async (scenario) => {
  const { events } = readHistory(scenario);
  await replay({
    events: events.map(({ workflowTaskStartedEventAttributes: started, ...event }) => ({
      ...event,
      ...(started && {
        workflowTaskStartedEventAttributes: { ...started, historySizeBytes: '1000' },
      }),
    })),
  });
});

test('R22: all replay in a process of another time zone', async () => {
  const script = fileURLToPath(new URL('./replay-all.ts', import.meta.url));
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--import', 'tsx', script, workflowBundle.codePath],
    {
      env: { ...childEnvironment(), TZ: 'Asia/Kathmandu' },
    },
  );
  expect(stdout).toContain(`${SCENARIOS.length} replayed where it is UTC5.75`);
});

test('a history in which another activity was scheduled does not replay', async () => {
  const { events } = readHistory('taken-and-resolved');
  const tampered = events.map((event) => {
    const scheduled = event.activityTaskScheduledEventAttributes;
    if (!scheduled) return event;
    return {
      ...event,
      activityTaskScheduledEventAttributes: { ...scheduled, activityType: { name: 'sendFax' } },
    };
  });
  expect(tampered).not.toEqual(events);

  await expect(replay({ events: tampered })).rejects.toThrow(/TMPRL1100.*sendFax/);
});

test('the stored histories hold nothing but test data', () => {
  for (const scenario of SCENARIOS) {
    expect(readFileSync(`${HISTORIES}${scenario}.json`, 'utf8')).not.toMatch(
      /\/(home|work|root)\//,
    );
  }
});
