import { execFile, execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  defaultCacheDirectory,
  findExecutable,
  UnusableCliPathError,
  type ExecutableSearch,
} from '../../src/temporal/executable.ts';
import { CLI_VERSION, NoTemporalServerError } from '../../src/temporal/obtain-executable.ts';

const NEW = 'temporal version 1.5.1 (Server 1.29.1, UI 2.42.1)';
const OLD = 'temporal version 1.1.0 (Server 1.25.0, UI 2.30.3)';

let folder: string;
let reports: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'baton-executable-'));
  reports = [];
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const inFolder = (name: string): string => join(folder, name);
const onPath = (name: string): string => join(folder, 'bin', name);
const inCache = (name: string): string => join(folder, 'cache', `temporal-${CLI_VERSION}`, name);

/** Looks where only this test puts things. */
function find(search: Partial<ExecutableSearch> = {}) {
  return findExecutable({
    cacheDirectory: inFolder('cache'),
    environment: {
      PATH: `${inFolder('bin')}:/usr/bin:/bin`,
      NODE_OPTIONS: `--require=${inFolder('download.cjs')}`,
    },
    ways: [],
    report: (line) => reports.push(line),
    ...search,
  });
}

/** Writes a shell script that answers as a Temporal CLI of this version does. */
async function writeCli(file: string, version = NEW): Promise<string> {
  return writeScript(file, `echo "${version}"`);
}

async function writeScript(file: string, ...lines: readonly string[]): Promise<string> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `#!/bin/sh\n${lines.join('\n')}\n`, { mode: 0o755 });
  return file;
}

/** Stands for Go: logs that it ran and, unless it is to fail, leaves what it built. */
async function writeGo(...lines: readonly string[]): Promise<void> {
  const built = await writeCli(inFolder('built'));
  await writeScript(
    onPath('go'),
    `echo "$@" >> ${inFolder('go.log')}`,
    ...(lines.length > 0 ? lines : [`cp ${built} "$GOBIN/temporal"`]),
  );
}

/** Stands for the process in which the SDK downloads: it never gets to the SDK. */
async function writeDownload(code: string): Promise<void> {
  const text = `const [, , version, directory] = process.argv; ${code}`;
  await writeFile(inFolder('download.cjs'), text);
}

const listGoRuns = async (): Promise<string[]> =>
  (await readFile(inFolder('go.log'), 'utf8').catch(() => '')).split('\n').filter(Boolean);

test('TEMPORAL_CLI_PATH is used and nothing else is looked for', async () => {
  const cliPath = await writeCli(inFolder('mine'));
  await writeCli(onPath('temporal'));

  expect(await find({ cliPath })).toEqual({ command: cliPath, source: 'TEMPORAL_CLI_PATH' });
});

test.each([
  ['is missing', () => Promise.resolve(), 'there is no such file'],
  [
    'may not be executed',
    () => writeCli(inFolder('mine')).then((it) => chmod(it, 0o644)),
    'it is not executable',
  ],
  [
    'is another program',
    () => writeScript(inFolder('mine'), 'echo hello'),
    'does not answer as it would',
  ],
  [
    'fails',
    () => writeScript(inFolder('mine'), `echo "${NEW}"; exit 1`),
    'does not answer as it would',
  ],
])(
  'a TEMPORAL_CLI_PATH that %s is an error that says so, though there is another',
  async (_, prepare, reason) => {
    await prepare();
    await writeCli(onPath('temporal'));

    const search = find({ cliPath: inFolder('mine') });

    await expect(search).rejects.toThrow(UnusableCliPathError);
    await expect(search).rejects.toThrow(reason);
    await expect(search).rejects.toThrow(inFolder('mine'));
  },
);

test('the command on the PATH comes before the cache', async () => {
  await writeCli(onPath('temporal'));
  await writeCli(inCache('temporal'));

  expect(await find()).toEqual({ command: 'temporal', source: 'PATH' });
});

test('a command on the PATH that is too old is passed over, and that is reported', async () => {
  await writeCli(onPath('temporal'), OLD);
  await writeCli(inCache('temporal'));

  expect(await find()).toEqual({ command: inCache('temporal'), source: 'cache' });
  expect(reports).toHaveLength(1);
  expect(reports[0]).toContain('too old');
  expect(reports[0]).toContain(OLD);
});

test('what was fetched before is used without fetching', async () => {
  await writeCli(inCache('temporal'));
  await writeGo();

  expect(await find({ ways: ['go'] })).toMatchObject({ source: 'cache' });
  expect(await listGoRuns()).toEqual([]);
});

test('it is downloaded before it is built', async () => {
  await writeDownload(
    `require('fs').writeFileSync(directory + '/any-name', '#!/bin/sh\\necho ${NEW.replace(/[()]/g, '')}', { mode: 0o755 }); process.exit(0);`,
  );
  await writeGo();

  const found = await find({ ways: ['download', 'go'] });

  expect(found).toEqual({ command: inCache('temporal'), source: 'download' });
  expect(await listGoRuns()).toEqual([]);
  expect(await readdir(dirname(found.command))).toEqual(['temporal']);
  expect(await find()).toMatchObject({ source: 'cache' });
});

test('it is built when the download fails', async () => {
  await writeDownload(`console.error('no internet'); process.exit(1);`);
  await writeGo();

  expect(await find({ ways: ['download', 'go'] })).toEqual({
    command: inCache('temporal'),
    source: 'go',
  });
  expect(await listGoRuns()).toEqual([expect.stringContaining(`cmd/temporal@${CLI_VERSION}`)]);
});

test('when there is no way left the error says what to install and what was tried', async () => {
  await writeDownload(`console.error('no internet'); process.exit(1);`);
  await writeGo('echo "go: no internet either" >&2', 'exit 1');

  const search = find({ ways: ['download', 'go'] });

  await expect(search).rejects.toThrow(NoTemporalServerError);
  await expect(search).rejects.toThrow(
    /install the Temporal CLI[^]*install Go[^]*TEMPORAL_ADDRESS/,
  );
  await expect(search).rejects.toThrow(/Tried: the download .*: no internet\n/);
  await expect(search).rejects.toThrow(/Tried: the build with Go: go: no internet either$/);
  expect(await readdir(dirname(inCache('temporal')))).toEqual([]);
});

test('without a place to keep one none is fetched', async () => {
  await writeGo();

  await expect(find({ cacheDirectory: undefined, ways: ['go'] })).rejects.toThrow(
    NoTemporalServerError,
  );
  expect(await listGoRuns()).toEqual([]);
});

test('what does not run is never put in place, and what is damaged is replaced', async () => {
  await writeScript(inCache('temporal'), 'exit 1');
  await writeGo('echo broken > "$GOBIN/temporal"');

  await expect(find({ ways: ['go'] })).rejects.toThrow(/go: what came of it does not run/);
  await writeGo();
  expect(await find({ ways: ['go'] })).toMatchObject({ source: 'go' });
});

test('of several processes that want one, one fetches it and the others wait', async () => {
  await writeGo(`sleep 1; cp ${inFolder('built')} "$GOBIN/temporal"`);

  const found = await Promise.all([findInProcess(), findInProcess(), find({ ways: ['go'] })]);

  expect(found.map(({ source }) => source).sort()).toEqual(['cache', 'cache', 'go']);
  expect(await listGoRuns()).toHaveLength(1);
});

/** Looks in a process of its own. */
async function findInProcess(): Promise<{ source: string }> {
  const search = {
    cacheDirectory: inFolder('cache'),
    environment: { PATH: `${inFolder('bin')}:/usr/bin:/bin` },
    ways: ['go'],
  };
  const code = `
    const { findExecutable } = await import(${JSON.stringify(new URL('../../src/temporal/executable.ts', import.meta.url).href)});
    const report = () => undefined;
    console.log(JSON.stringify(await findExecutable({ ...${JSON.stringify(search)}, report })));
  `;
  const { stdout } = await promisify(execFile)(process.execPath, [
    ...['--import', 'tsx', '--input-type=module', '--eval', code],
  ]);
  return JSON.parse(stdout) as { source: string };
}

test('what an interrupted process left behind, its lock as well, is cleared away', async () => {
  await mkdir(inCache('new-abc'), { recursive: true });
  await writeFile(join(inCache('new-abc'), 'half'), '');
  const ended = execFileSync('/bin/sh', ['-c', 'echo $$'], { encoding: 'utf8' });
  await writeFile(inCache('lock'), ended.trim());
  await writeGo();

  expect(await find({ ways: ['go'] })).toMatchObject({ source: 'go' });
  expect(await readdir(dirname(inCache('temporal')))).toEqual(['temporal']);
});

test('the cache is where XDG_CACHE_HOME says, or in the home', () => {
  expect(defaultCacheDirectory({ home: '/home/me' })).toBe('/home/me/.cache/baton');
  expect(defaultCacheDirectory({ home: '/home/me', xdgCacheHome: '/var/cache/me' })).toBe(
    '/var/cache/me/baton',
  );
});
