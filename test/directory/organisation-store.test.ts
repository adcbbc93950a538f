import {
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { InvalidFileError } from '../../src/directory/load.ts';
import {
  watchOrganisation,
  type OrganisationStore,
} from '../../src/directory/organisation-store.ts';
import { createLogLines } from './log-lines.ts';

/** A directory with these people. */
function people(...ids: string[]): string {
  const entries = ids.map((id) => `  ${id}: { name: ${id}, email: ${id}@example.com }\n`);
  return `organisation: { timezone: UTC }\nresponders:\n${entries.join('')}`;
}
const POLICIES =
  'sales:\n  lastResort: { notify: [alice] }\n  urgent:\n    tiers: [{ notify: [alice], ladder: [email], escalateAfter: 5m }]\n';

let folder: string;
let files: { directory: string; policies: string };
let log: ReturnType<typeof createLogLines>;
let store: OrganisationStore | undefined;
let changes: number;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'baton-'));
  files = { directory: join(folder, 'directory.yaml'), policies: join(folder, 'policies.yaml') };
  writeFileSync(files.directory, people('alice'));
  writeFileSync(files.policies, POLICIES);
  log = createLogLines();
  changes = 0;
});
afterEach(() => {
  store?.close();
  rmSync(folder, { recursive: true });
});

function watch(everyMs?: number): OrganisationStore {
  store = watchOrganisation(files, {
    logger: log.logger,
    onChange: () => (changes += 1),
    ...(everyMs !== undefined && { everyMs }),
  });
  return store;
}

const namesIn = (watched: OrganisationStore): string[] =>
  Object.keys(watched.current().directory.responders);

test('the files are loaded at once; files with faults stop the start', () => {
  const watched = watch();
  expect(namesIn(watched)).toEqual(['alice']);
  expect(watched.report()).toMatchObject({ status: 'ok', faults: [] });

  writeFileSync(files.policies, POLICIES.replaceAll('alice', 'zoe'));
  expect(() => watch()).toThrow(InvalidFileError);
});

test('a file that an editor puts in the place of the old one is loaded', () => {
  const watched = watch();
  const { loadedAt } = watched.report();
  writeFileSync(`${files.directory}.new`, people('alice', 'bob'));
  renameSync(`${files.directory}.new`, files.directory);
  watched.check();

  expect(namesIn(watched)).toEqual(['alice', 'bob']);
  expect(Date.parse(watched.report().loadedAt)).toBeGreaterThanOrEqual(Date.parse(loadedAt));
  expect(changes).toBe(1);
  expect(log.lines).toMatchObject([{ level: 30 }]);
});

test('nothing happens while nothing changed', () => {
  const watched = watch();
  const before = watched.current();
  writeFileSync(files.directory, people('alice'));
  watched.check();
  watched.check();
  expect(watched.current()).toBe(before);
  expect(changes).toBe(0);
  expect(log.lines).toEqual([]);
});

test('a file with faults leaves the old one in use, says so once, and is loaded when mended', () => {
  const watched = watch();
  const { loadedAt } = watched.report();
  writeFileSync(files.directory, `${people('alice', 'bob')}teams: { sales: [zoe, yann] }\n`);
  watched.check();
  watched.check();

  expect(namesIn(watched)).toEqual(['alice']);
  const faults = [
    `${files.directory}:5: teams.sales.0: "zoe" is not among the responders`,
    `${files.directory}:5: teams.sales.1: "yann" is not among the responders`,
  ];
  expect(watched.report()).toEqual({ status: 'invalid', loadedAt, faults });
  expect(log.lines).toMatchObject([{ level: 50, faults }]);
  expect(changes).toBe(0);

  writeFileSync(files.directory, people('alice', 'bob'));
  watched.check();
  expect(namesIn(watched)).toEqual(['alice', 'bob']);
  expect(watched.report()).toMatchObject({ status: 'ok', faults: [] });
  expect(log.lines).toMatchObject([{ level: 50 }, { level: 30 }]);
});

test('files that contradict each other are a fault, whichever of them changed', () => {
  const watched = watch();
  writeFileSync(files.directory, people('bob'));
  watched.check();
  expect(watched.report().faults).toHaveLength(2);
  expect(namesIn(watched)).toEqual(['alice']);

  writeFileSync(files.policies, POLICIES.replaceAll('alice', 'bob'));
  watched.check();
  expect(namesIn(watched)).toEqual(['bob']);
  expect(watched.current().policies['sales']?.lastResort.notify).toEqual(['bob']);
});

test('a file that is gone is a fault, and its return is the end of it', () => {
  const watched = watch();
  unlinkSync(files.policies);
  watched.check();
  expect(watched.report().faults).toEqual([`${files.policies}: cannot be read (ENOENT)`]);
  expect(namesIn(watched)).toEqual(['alice']);

  // As it was: in use all the time.
  writeFileSync(files.policies, POLICIES);
  watched.check();
  expect(watched.report()).toMatchObject({ status: 'ok', faults: [] });
});

test('what no parser can take is a fault too', () => {
  const watched = watch();
  writeFileSync(files.directory, '['.repeat(100_000));
  watched.check();
  expect(watched.report().status).toBe('invalid');
  expect(namesIn(watched)).toEqual(['alice']);
});

test('a link that leads to another folder, as Kubernetes exchanges them, is followed', () => {
  for (const [version, text] of [
    ['v1', people('alice')],
    ['v2', people('alice', 'bob')],
  ] as const) {
    mkdirSync(join(folder, version));
    writeFileSync(join(folder, version, 'directory.yaml'), text);
  }
  symlinkSync('v1', join(folder, 'data'));
  unlinkSync(files.directory);
  symlinkSync(join('data', 'directory.yaml'), files.directory);
  const watched = watch();
  expect(namesIn(watched)).toEqual(['alice']);

  symlinkSync('v2', join(folder, 'data.new'));
  renameSync(join(folder, 'data.new'), join(folder, 'data'));
  watched.check();
  expect(namesIn(watched)).toEqual(['alice', 'bob']);
});

test('it looks by itself until it is closed', async () => {
  const watched = watch(5);
  writeFileSync(files.directory, people('alice', 'bob'));
  await expect.poll(() => changes).toBe(1);
  expect(namesIn(watched)).toEqual(['alice', 'bob']);
  watched.close();
});
