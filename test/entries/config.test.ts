import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { InvalidConfigError, readApiConfig, readWorkerConfig } from '../../src/config.ts';

const API = {
  PUBLIC_BASE_URL: 'https://baton.example/',
  BATON_API_KEYS: 'crm:0123456789abcdef',
  TWILIO_AUTH_TOKEN: 'the-token',
  BATON_LINK_SECRET: '0123456789abcdef0123456789abcdef',
};
const WORKER = {
  PUBLIC_BASE_URL: 'https://baton.example',
  TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
  TWILIO_AUTH_TOKEN: 'the-token',
  BATON_LINK_SECRET: '0123456789abcdef0123456789abcdef',
  TWILIO_FROM: '+15005550006',
  SENDGRID_API_KEY: 'SG.key',
  SENDGRID_FROM: 'baton@example.com',
};

function faultsOf(read: () => unknown): readonly string[] {
  try {
    read();
    return [];
  } catch (error) {
    if (error instanceof InvalidConfigError) return error.faults;
    throw error;
  }
}

test('what is needed is enough, and the base URL ends without a slash', () => {
  expect(readApiConfig(API)).toMatchObject({
    PUBLIC_BASE_URL: 'https://baton.example',
    BATON_API_KEYS: [{ source: 'crm', key: '0123456789abcdef' }],
    PORT: 3000,
  });
  expect(readWorkerConfig(WORKER)).toMatchObject({ BATON_SMS_PER_SECOND: 1 });
});

test('all that is missing or wrong is listed at once', () => {
  const faults = faultsOf(() =>
    readWorkerConfig({ TWILIO_ACCOUNT_SID: 'nonsense', SENDGRID_FROM: 'nobody' }),
  );
  expect(faults.map((fault) => fault.split(':')[0])).toEqual(
    expect.arrayContaining([
      'PUBLIC_BASE_URL',
      'TWILIO_ACCOUNT_SID',
      'TWILIO_AUTH_TOKEN',
      'SENDGRID_API_KEY',
      'SENDGRID_FROM',
    ]),
  );
});

test('a sender is needed: a number or a Messaging Service', () => {
  const { TWILIO_FROM, ...rest } = WORKER;
  expect(TWILIO_FROM).toBeDefined();
  expect(faultsOf(() => readWorkerConfig(rest))).toEqual([
    'TWILIO_FROM: is missing: give TWILIO_FROM or TWILIO_MESSAGING_SERVICE_SID',
  ]);
  expect(readWorkerConfig({ ...rest, TWILIO_MESSAGING_SERVICE_SID: 'MG1' })).toBeDefined();
});

test('keys are checked, and no secret is repeated in the message', () => {
  for (const keys of ['crm:short-secret', 'CRM:secret-0123456789', 'secret-0123456789', ',']) {
    const [fault] = faultsOf(() => readApiConfig({ ...API, BATON_API_KEYS: keys }));
    expect(fault).toMatch(/^BATON_API_KEYS: must list source:key pairs/);
    expect(fault).not.toContain('secret');
  }
});

test('a secret may come from a file, and not from both', () => {
  const folder = mkdtempSync(join(tmpdir(), 'baton-'));
  const file = join(folder, 'token');
  writeFileSync(file, 'from-a-file\n');
  const { TWILIO_AUTH_TOKEN, ...rest } = API;

  expect(readApiConfig({ ...rest, TWILIO_AUTH_TOKEN_FILE: file }).TWILIO_AUTH_TOKEN).toBe(
    'from-a-file',
  );
  expect(
    faultsOf(() => readApiConfig({ ...rest, TWILIO_AUTH_TOKEN, TWILIO_AUTH_TOKEN_FILE: file })),
  ).toEqual(['TWILIO_AUTH_TOKEN: give it or TWILIO_AUTH_TOKEN_FILE, not both']);
  expect(
    faultsOf(() => readApiConfig({ ...rest, TWILIO_AUTH_TOKEN_FILE: join(folder, 'none') })),
  ).toEqual([
    `TWILIO_AUTH_TOKEN_FILE: ${join(folder, 'none')} cannot be read`,
    'TWILIO_AUTH_TOKEN: is missing',
  ]);
  rmSync(folder, { recursive: true });
});

test('each setting has a fault of its own, in words that say what it must be', () => {
  expect(
    faultsOf(() => readApiConfig({ PORT: '70000', LOG_LEVEL: 'loud', PUBLIC_BASE_URL: 'ftp://x' })),
  ).toEqual([
    'PUBLIC_BASE_URL: must be a URL such as https://baton.example',
    'LOG_LEVEL: Invalid option: expected one of "fatal"|"error"|"warn"|"info"|"debug"|"silent"',
    'PORT: Too big: expected number to be <=65535',
    'TWILIO_AUTH_TOKEN: is missing',
    'BATON_LINK_SECRET: is missing',
  ]);
  expect(
    faultsOf(() =>
      readWorkerConfig({
        ...WORKER,
        TWILIO_FROM: undefined,
        SENDGRID_API_KEY: '',
        BATON_SMS_PER_SECOND: '0',
      }),
    ),
  ).toEqual([
    'SENDGRID_API_KEY: is missing',
    'BATON_SMS_PER_SECOND: Too small: expected number to be >0',
    'TWILIO_FROM: is missing: give TWILIO_FROM or TWILIO_MESSAGING_SERVICE_SID',
  ]);
});

test('an empty setting is as good as none', () => {
  expect(readApiConfig({ ...API, PORT: '', TEMPORAL_UI_URL: '', LOG_LEVEL: '' })).toMatchObject({
    PORT: 3000,
    LOG_LEVEL: 'info',
  });
});

test('several keys, some with a colon in them', () => {
  const BATON_API_KEYS = 'crm:0123456789abcdef, bot:a:b:0123456789abcdef\nbot:next-0123456789-';

  expect(readApiConfig({ ...API, BATON_API_KEYS }).BATON_API_KEYS).toEqual([
    { source: 'crm', key: '0123456789abcdef' },
    { source: 'bot', key: 'a:b:0123456789abcdef' },
    { source: 'bot', key: 'next-0123456789-' },
  ]);
});

test('whatever is wrong with whichever setting, the message repeats no value', () => {
  // Long enough for a key of the API, and wrong for everything that has a form.
  const secret = 'S3cret value\twith-0123456789';
  const names = [...Object.keys(WORKER), 'BATON_API_KEYS', 'TWILIO_MESSAGING_SERVICE_SID', 'PORT'];
  const env = Object.fromEntries(names.map((name) => [name, secret]));
  const folder = mkdtempSync(join(tmpdir(), 'baton-'));
  const file = join(folder, 'secret');
  writeFileSync(file, secret);
  const files = Object.fromEntries(names.map((name) => [`${name}_FILE`, file]));

  for (const read of [readApiConfig, readWorkerConfig])
    for (const settings of [env, files, { ...env, ...files }]) {
      const faults = faultsOf(() => read(settings));
      expect(faults.length).toBeGreaterThan(1);
      expect(new InvalidConfigError(faults).message).not.toMatch(/S3cret|0123456789/);
    }
  rmSync(folder, { recursive: true });
});

test('encryption keys are checked, and none is repeated in the message', () => {
  const key = Buffer.alloc(32, 7).toString('base64');
  const read = (text: string) => readApiConfig({ ...API, BATON_ENCRYPTION_KEYS: text });
  expect(read(`new:${key}, old:${key}`).BATON_ENCRYPTION_KEYS).toEqual([
    { id: 'new', key: Buffer.alloc(32, 7) },
    { id: 'old', key: Buffer.alloc(32, 7) },
  ]);
  for (const text of [key, `a:${key.slice(4)}`, `a:${key},a:${key}`, `a b:${key}`, 'a:']) {
    const [fault] = faultsOf(() => read(text));
    expect(fault).toMatch(/^BATON_ENCRYPTION_KEYS: must list name:key pairs/);
    expect(fault).not.toContain(key.slice(4));
  }
});

test('a model for briefs is off unless it is named, and Ollama is on this machine unless it is said', () => {
  const { BATON_BRIEF_MODEL, BATON_OLLAMA_URL } = readWorkerConfig(WORKER);
  expect([BATON_BRIEF_MODEL, BATON_OLLAMA_URL]).toEqual([undefined, 'http://127.0.0.1:11434']);
  expect(readApiConfig({ ...API, BATON_BRIEF_MODEL: 'qwen2.5:7b' }).BATON_BRIEF_MODEL).toBe(
    'qwen2.5:7b',
  );
  expect(
    faultsOf(() =>
      readWorkerConfig({ ...WORKER, BATON_BRIEF_MODEL: 'a b', BATON_OLLAMA_URL: 'ollama' }),
    ),
  ).toEqual([
    'BATON_BRIEF_MODEL: must be a name such as llama3.2 or qwen2.5:7b',
    'BATON_OLLAMA_URL: must be a URL such as https://baton.example',
  ]);
});

test('what the model is told to do may stand in a file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'baton-config-'));
  const file = join(folder, 'prompt.txt');
  writeFileSync(file, 'Write in verse.\n');
  const { BATON_BRIEF_PROMPT } = readWorkerConfig({ ...WORKER, BATON_BRIEF_PROMPT_FILE: file });
  expect(BATON_BRIEF_PROMPT).toBe('Write in verse.');
  rmSync(folder, { recursive: true });
});
