import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TEMPORAL_VERSION, UI_VERSION } from '../../deploy/native/stack.ts';
import { obtainCompose } from '../support/compose.ts';

const NEEDED = {
  POSTGRES_PASSWORD: 'database-password',
  TWILIO_AUTH_TOKEN: 'twilio-token',
  SENDGRID_API_KEY: 'sendgrid-key',
  BATON_LINK_SECRET: '0123456789abcdef0123456789abcdef',
  PUBLIC_BASE_URL: 'https://baton.example',
  TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
  SENDGRID_FROM: 'baton@example.com',
  BATON_ENCRYPTION_KEYS: `k1:${'0'.repeat(43)}=`,
};
const SECRETS = [
  ['POSTGRES_PASSWORD', 'postgres-password', 'postgresql'],
  ['POSTGRES_PASSWORD', 'postgres-password', 'temporal-schema'],
  ['POSTGRES_PASSWORD', 'postgres-password', 'temporal'],
  ['TWILIO_AUTH_TOKEN', 'twilio-auth-token', 'worker'],
  ['SENDGRID_API_KEY', 'sendgrid-api-key', 'worker'],
  ['BATON_LINK_SECRET', 'link-secret', 'api'],
  ['BATON_API_KEYS', 'api-keys', 'api'],
  ['BATON_ENCRYPTION_KEYS', 'encryption-keys', 'worker'],
] as const;

interface Service {
  readonly image: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly ports?: readonly { published: string; host_ip: string; target: number }[];
  readonly networks: Readonly<Record<string, unknown>>;
  readonly secrets?: readonly { source: string; target: string }[];
  readonly restart: string;
}
interface Composition {
  readonly services: Readonly<Record<string, Service>>;
  readonly secrets: Readonly<Record<string, { file: string }>>;
  readonly networks: Readonly<Record<string, { internal?: boolean }>>;
}

let compose: string | undefined;
let reason = '';
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'baton-compose-'));
  try {
    compose = await obtainCompose();
  } catch (error) {
    reason = error instanceof Error ? error.message : String(error);
  }
  // Without a cache Go builds it first.
}, 900_000);
afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** What `docker compose config` makes of the file with these settings and nothing of this machine's. */
async function resolve(env: Readonly<Record<string, string>>): Promise<Composition> {
  const file = join(folder, 'settings.env');
  await writeFile(
    file,
    Object.entries(env)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
  );
  const args = ['--env-file', file, '-f', 'docker-compose.yml', 'config', '--format', 'json'];
  const { PATH = '' } = process.env;
  const { stdout } = await promisify(execFile)(compose ?? '', args, {
    env: { PATH, HOME: folder },
  });
  return JSON.parse(stdout) as Composition;
}

describe('docker compose config', () => {
  test('accepts the file, and publishes nothing but the API and, to this machine, the UI', async ({
    skip,
  }) => {
    skip(compose === undefined, `docker compose cannot be built here: ${reason}`);
    const { services, networks } = await resolve(NEEDED);
    const published = Object.entries(services).flatMap(([name, { ports = [] }]) =>
      ports.map((port) => `${name} ${port.host_ip}:${port.published}:${port.target}`),
    );
    expect(published).toEqual([
      // A range: with one port a second API could not start.
      'api 127.0.0.1:3000-3009:3000',
      'temporal-ui 127.0.0.1:8080:8080',
    ]);
    expect(networks['database']?.internal).toBe(true);
    expect(Object.keys(services['postgresql']?.networks ?? {})).toEqual(['database']);
    for (const { image, restart } of Object.values(services)) {
      expect(image).toMatch(/:.*\d|^baton:local$/);
      expect(restart).toMatch(/^(unless-stopped|on-failure:5)$/);
    }
  });

  test('runs the versions that the native stack tests', async ({ skip }) => {
    skip(compose === undefined, `docker compose cannot be built here: ${reason}`);
    const { services } = await resolve(NEEDED);
    expect(services['temporal']?.image).toBe(`temporalio/server:${TEMPORAL_VERSION}`);
    for (const name of ['temporal-schema', 'temporal-namespace'])
      expect(services[name]?.image).toMatch(`temporalio/admin-tools:${TEMPORAL_VERSION}-`);
    expect(services['temporal-ui']?.image).toBe(`temporalio/ui:${UI_VERSION}`);
  });

  test.for(Object.keys(NEEDED))('says so when %s is missing', async (name, { skip }) => {
    skip(compose === undefined, `docker compose cannot be built here: ${reason}`);
    const env = Object.fromEntries(Object.entries(NEEDED).filter(([key]) => key !== name));
    await expect(resolve(env)).rejects.toThrow(new RegExp(`variable ${name} is missing.*give`));
  });

  test.for(SECRETS)('gives %s as the file %s to %s', async ([name, secret, service], { skip }) => {
    skip(compose === undefined, `docker compose cannot be built here: ${reason}`);
    const file = join(folder, secret);
    await writeFile(file, 'value');
    const { services, secrets } = await resolve({
      ...NEEDED,
      [name]: '',
      [`${name}_FILE`]: file,
    });
    expect(services[service]?.environment).toMatchObject({
      [name]: '',
      [`${name}_FILE`]: `/run/secrets/${secret}`,
    });
    expect(secrets[secret]?.file).toBe(file);
    expect(services[service]?.secrets?.map(({ source }) => source)).toContain(secret);
  });
});

test('every setting of .env.example reaches Baton', () => {
  const text = readFileSync('docker-compose.yml', 'utf8');
  // What the composition decides itself.
  const own = [
    'TEMPORAL_ADDRESS',
    'TEMPORAL_API_KEY',
    'TEMPORAL_TLS_CLIENT_CERT_PATH',
    'TEMPORAL_TLS_CLIENT_KEY_PATH',
    'HOST',
    'PORT',
    'BATON_DIRECTORY',
    'BATON_POLICIES',
    'BATON_SOURCES',
  ];
  const names = [...readFileSync('.env.example', 'utf8').matchAll(/^#?([A-Z][A-Z_]+)=/gm)].map(
    ([, name = '']) => name,
  );
  const missing = names.filter((name) => !own.includes(name) && !text.includes(`    ${name}: `));
  expect(missing).toEqual([]);
});
