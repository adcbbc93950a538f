import type { TestProject } from 'vitest/node';
import type { TemporalServer } from '../../src/temporal/server.ts';
import { startTestServer } from './test-server.ts';

/** Every project that needs the server runs this file in a module graph of its own: they meet on globalThis. */
const shared = globalThis as { temporalOfTests?: Shared };

interface Shared {
  readonly server: Promise<TemporalServer>;
  users: number;
}

/** Starts one in-memory Temporal server for all projects of a run; the last one to end stops it. */
export default async function setUpTemporal(project: TestProject): Promise<() => Promise<void>> {
  shared.temporalOfTests ??= { server: startTestServer(), users: 0 };
  const { temporalOfTests } = shared;
  temporalOfTests.users += 1;
  const { address, namespace, stop } = await temporalOfTests.server;
  project.provide('temporal', { address, namespace });
  return async () => {
    temporalOfTests.users -= 1;
    if (temporalOfTests.users > 0) return;
    delete shared.temporalOfTests;
    await stop();
  };
}
