import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Problem } from '../../src/domain/watch.ts';
import { createLogger } from '../../src/logger.ts';
import { createReporter, type Reporter } from '../../src/watch/report.ts';

const NO_WORKER: Problem = { key: 'no-worker baton', kind: 'no-worker', text: 'No worker.' };
const DROPPED: Problem = { key: 'dropped hof_1', kind: 'dropped', text: 'Terminated.' };
const MINUTE = 60_000;

let server: Server;
let reporter: Reporter;
let got: string[];
let status: number;
beforeEach(async () => {
  got = [];
  status = 200;
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (part: Buffer) => (body += part.toString()));
    request.on('end', () => {
      got.push(request.method === 'GET' ? 'ping' : (JSON.parse(body) as { text: string }).text);
      response.writeHead(status).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const logger = createLogger('watch', 'silent');
  reporter = createReporter({ pingUrl: `${url}/ping`, alertUrl: `${url}/alert`, logger });
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

test('pings every minute, not while handoffs cannot be delivered, and again once they can', async () => {
  await reporter.note({ problems: [] }, MINUTE);
  await reporter.note({ problems: [] }, 1.5 * MINUTE);
  await reporter.note({ problems: [] }, 2 * MINUTE);
  expect(got).toEqual(['ping', 'ping']);

  for (let at = 3; at < 9; at += 1) await reporter.note({ problems: [NO_WORKER] }, at * MINUTE);
  expect(got).toEqual(['ping', 'ping', 'PROBLEM: No worker.']);
  expect(reporter.standing()).toMatchObject({
    canDeliver: false,
    problems: [{ ...NO_WORKER, since: new Date(3 * MINUTE).toISOString() }],
  });

  await reporter.note({ problems: [] }, 10 * MINUTE);
  expect(got.slice(3).sort()).toEqual(['Over: No worker.', 'ping']);
});

test('a handoff that was dropped is told, once, and the ping goes on', async () => {
  await reporter.note({ problems: [DROPPED] }, MINUTE);
  await reporter.note({ problems: [DROPPED] }, 2 * MINUTE);
  expect(got.sort()).toEqual(['PROBLEM: Terminated.', 'ping', 'ping']);
});

test('what was not taken is sent again', async () => {
  status = 500;
  await reporter.note({ problems: [NO_WORKER] }, MINUTE);
  status = 200;
  await reporter.note({ problems: [NO_WORKER] }, 2 * MINUTE);
  await reporter.note({ problems: [NO_WORKER] }, 3 * MINUTE);
  expect(got).toEqual(['PROBLEM: No worker.', 'PROBLEM: No worker.']);

  status = 500;
  await reporter.note({ problems: [] }, 4 * MINUTE);
  status = 200;
  await reporter.note({ problems: [] }, 4.1 * MINUTE);
  expect(got.filter((one) => one === 'ping')).toHaveLength(2);
  expect(got.filter((one) => one === 'Over: No worker.')).toHaveLength(2);
});
