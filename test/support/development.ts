import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { takePort } from './ports.ts';
import { startEntry, type Entry } from './processes.ts';

/** `npm run dev` as a process, and the addresses it printed. */
export interface Development {
  readonly entry: Entry;
  readonly phones: string;
  readonly api: string;
  readonly docs: string;
  readonly temporal: string;
  /** The key of the printed curl line. */
  readonly key: string;
}

/** Starts the development mode on a free port with quick policies; the same `data` again goes on with its handoffs. */
export async function startDevelopment(data: string): Promise<Development> {
  const entry = startEntry('dev', {
    PORT: String(await takePort()),
    BATON_DATA: data,
    BATON_POLICIES: fileURLToPath(new URL('./dev-policies.yaml', import.meta.url)),
    ...(process.env['XDG_CACHE_HOME'] !== undefined && {
      XDG_CACHE_HOME: process.env['XDG_CACHE_HOME'],
    }),
    ...(process.env['TEMPORAL_CLI_PATH'] !== undefined && {
      TEMPORAL_CLI_PATH: process.env['TEMPORAL_CLI_PATH'],
    }),
  });
  await entry.waitFor('Ctrl-C stops everything');
  const read = (pattern: RegExp): string => {
    const found = pattern.exec(entry.output())?.[1];
    if (found === undefined) throw new Error(`no ${pattern.source} in\n${entry.output()}`);
    return found;
  };
  return {
    entry,
    phones: read(/Phones and inboxes\s+(\S+)/),
    api: read(/API\s+(\S+)/),
    docs: read(/API docs\s+(\S+)/),
    temporal: read(/Temporal UI\s+(\S+)/),
    key: read(/Bearer ([\w-]+)/),
  };
}

/** Returns a new directory for a test's data, and how to remove it. */
export async function makeDataDirectory(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'baton-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}
