import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Webhook } from 'standardwebhooks';
import { createLogger } from '../../src/logger.ts';
import { findCaller } from '../../src/sources/keys.ts';
import { loadSources, watchSources } from '../../src/sources/sources-file.ts';
import { runCommand } from './run-command.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'baton-keys-'));
  file = join(folder, 'config', 'sources.yaml');
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const run = (...args: string[]) => runCommand(args, { sourcesFile: file });
const callerOf = (key: string) => findCaller(key, { sources: loadSources(file), plain: [] });
const firstLine = (text: string): string => text.split('\n')[0] ?? '';

describe('baton keys', () => {
  test('a key is shown once; the file keeps its hash and is readable by its owner only', async () => {
    const { code, output } = await run('keys', 'create', 'crm', '--note', 'the lead scorer');
    const key = firstLine(output);

    expect(code).toBe(0);
    expect(key).toMatch(/^baton_[0-9a-f]{8}_[\w-]{43}$/);
    expect(readFileSync(file, 'utf8')).not.toContain(key.slice('baton_01234567_'.length));
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(callerOf(key)).toEqual({
      source: 'crm',
      scopes: ['handoffs:write', 'handoffs:read', 'commands'],
      keyId: key.split('_')[1],
    });
    const { output: list } = await run('keys', 'list');
    expect(list).toContain('the lead scorer');
    expect(list).not.toContain(key);
  });

  test('a revoked key is unknown, the others stay', async () => {
    const [one, two] = [
      firstLine((await run('keys', 'create', 'crm')).output),
      firstLine((await run('keys', 'create', 'bot', '--scopes', 'handoffs:read')).output),
    ];
    expect((await run('keys', 'revoke', one.split('_')[1] ?? '')).code).toBe(0);

    expect(callerOf(one)).toBeUndefined();
    expect(callerOf(two)).toMatchObject({ source: 'bot', scopes: ['handoffs:read'] });
    const again = await run('keys', 'revoke', one.split('_')[1] ?? '');
    expect([again.code, again.errors]).toEqual([
      1,
      `There is no key ${one.split('_')[1] ?? ''}.\n`,
    ]);
  });

  test('nothing near a key is one', async () => {
    const key = firstLine((await run('keys', 'create', 'crm')).output);
    for (const other of [
      key.slice(0, -1),
      `${key}a`,
      key.toUpperCase(),
      key.replace('baton_', ''),
      '',
    ]) {
      expect(callerOf(other)).toBeUndefined();
    }
  });

  test('what else stands in the file stays, comments too', async () => {
    await run('keys', 'create', 'crm');
    writeFileSync(
      file,
      `# by hand\nbot:\n  # our words\n  outcomes: [reached]\n${readFileSync(file, 'utf8')}`,
    );
    await run('keys', 'create', 'crm');

    const text = readFileSync(file, 'utf8');
    expect(text).toMatch(/^# by hand\nbot:\n {2}# our words\n {2}outcomes:/);
    expect(loadSources(file)['crm']?.keys).toHaveLength(2);
  });

  test.each([
    [['keys'], 'say create, list or revoke'],
    [['keys', 'create'], 'give SOURCE'],
    [['keys', 'create', 'My CRM'], '"My CRM" is no name'],
    [['keys', 'create', 'crm', '--scopes', 'all'], 'there is no scope "all"'],
    [['secrets', 'show', 'crm'], 'say rotate or retire'],
  ])('%j is refused with how to say it', async (args, expected) => {
    const { code, errors } = await run(...args);
    expect(code).toBe(2);
    expect(errors).toContain(expected);
    expect(errors).toContain('npx baton');
  });

  test('a faulty file is left as it is, and its secrets are not shown', async () => {
    await run('secrets', 'rotate', 'crm');
    const broken = readFileSync(file, 'utf8').replace('whsec_', 'whsec:');
    writeFileSync(file, broken);
    const { code, errors } = await run('keys', 'create', 'crm');

    expect(code).toBe(1);
    expect(errors).toContain('crm.callbacks.secrets.0');
    expect(errors).not.toContain(broken.split('whsec:')[1]?.slice(0, 20));
    expect(readFileSync(file, 'utf8')).toBe(broken);
  });
});

describe('baton secrets', () => {
  test('rotate signs with the new and the one before, retire with the new alone', async () => {
    const first = firstLine((await run('secrets', 'rotate', 'crm')).output);
    const second = firstLine((await run('secrets', 'rotate', 'crm')).output);
    expect(loadSources(file)['crm']?.callbacks.secrets).toEqual([second, first]);
    expect(() => new Webhook(second).sign('id', new Date(), 'x')).not.toThrow();

    await run('secrets', 'retire', 'crm');
    expect(loadSources(file)['crm']?.callbacks.secrets).toEqual([second]);
  });
});

describe('a running API', () => {
  test('sees a change within a second, and keeps what it has while the file is faulty', async () => {
    const key = firstLine((await run('keys', 'create', 'crm')).output);
    const store = watchSources(file, { logger: createLogger('api', 'silent'), everyMs: 20 });
    const isKnown = () => findCaller(key, { sources: store.current(), plain: [] }) !== undefined;
    expect(isKnown()).toBe(true);
    const good = readFileSync(file, 'utf8');
    writeFileSync(file, 'crm: [');
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(isKnown()).toBe(true);
    writeFileSync(file, good);
    await run('keys', 'revoke', key.split('_')[1] ?? '');
    await expect.poll(isKnown).toBe(false);
    store.close();
  });
});
