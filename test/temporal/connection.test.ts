import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, type Server } from 'node:tls';
import { NativeConnection } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { InvalidConfigError, readApiConfig, readWorkerConfig } from '../../src/config.ts';
import { connectClient } from '../../src/temporal/connection.ts';

const SETTINGS = {
  PUBLIC_BASE_URL: 'https://baton.example',
  TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
  TWILIO_AUTH_TOKEN: 'the-token',
  BATON_LINK_SECRET: '0123456789abcdef0123456789abcdef',
  TWILIO_FROM: '+15005550006',
  SENDGRID_API_KEY: 'SG.key',
  SENDGRID_FROM: 'baton@example.com',
};
const read = (env: Record<string, string>) =>
  readApiConfig({ ...SETTINGS, HOME: folder, ...env }).temporal;

let folder: string;
let gate: Server;
let address: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'baton-tls-'));
  const openssl = (...parameters: string[]): void => {
    execFileSync('openssl', parameters, { cwd: folder, stdio: 'pipe' });
  };
  // prettier-ignore
  openssl('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=tests',
    '-addext', 'basicConstraints=critical,CA:TRUE', '-keyout', 'ca.key', '-out', 'ca.pem');
  for (const name of ['server', 'client']) {
    // prettier-ignore
    openssl('req', '-newkey', 'rsa:2048', '-nodes', '-subj', `/CN=${name}`, '-addext', 'subjectAltName=DNS:temporal.example',
      '-keyout', `${name}.key`, '-out', `${name}.csr`);
    // prettier-ignore
    openssl('x509', '-req', '-in', `${name}.csr`, '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2',
      '-copy_extensions', 'copy', '-out', `${name}.pem`);
  }
  const file = (name: string) => readFileSync(join(folder, name));
  const [host = '', port = ''] = inject('temporal').address.split(':');
  gate = createServer(
    {
      key: file('server.key'),
      cert: file('server.pem'),
      ca: file('ca.pem'),
      requestCert: true,
      rejectUnauthorized: true,
      ALPNProtocols: ['h2'],
    },
    (socket) => {
      const behind = connect(Number(port), host);
      socket.on('error', () => behind.destroy());
      behind.on('error', () => socket.destroy());
      socket.pipe(behind).pipe(socket);
    },
  );
  await new Promise<void>((resolve) => gate.listen(0, '127.0.0.1', resolve));
  address = `127.0.0.1:${(gate.address() as AddressInfo).port}`;
});
afterAll(() => {
  gate.close();
  rmSync(folder, { recursive: true });
});

describe('a cluster that asks for certificates', () => {
  const certificates = () => ({
    TEMPORAL_ADDRESS: address,
    TEMPORAL_TLS_SERVER_CA_CERT_PATH: join(folder, 'ca.pem'),
    TEMPORAL_TLS_CLIENT_CERT_PATH: join(folder, 'client.pem'),
    TEMPORAL_TLS_CLIENT_KEY_PATH: join(folder, 'client.key'),
    TEMPORAL_TLS_SERVER_NAME: 'temporal.example',
  });

  test('lets API and worker in by the settings of the Temporal command line', async () => {
    const { namespace, connection: options } = read(certificates());
    const { client, connection } = await connectClient({ namespace, connection: options });
    const found = await client.workflowService.describeNamespace({
      namespace: inject('temporal').namespace,
    });
    expect(found.namespaceInfo?.name).toBe(inject('temporal').namespace);
    await connection.close();

    const native = await NativeConnection.connect(
      readWorkerConfig({ ...SETTINGS, HOME: folder, ...certificates() }).temporal.connection,
    );
    await native.close();
  });

  test('lets nobody in without one', async () => {
    const {
      TEMPORAL_TLS_CLIENT_CERT_PATH: _,
      TEMPORAL_TLS_CLIENT_KEY_PATH: __,
      ...without
    } = certificates();
    const { namespace, connection } = read(without);
    await expect(connectClient({ namespace, connection })).rejects.toThrow();
  });

  test('a file that is not there is a fault of the settings', () => {
    const faulty = { ...certificates(), TEMPORAL_TLS_CLIENT_KEY_PATH: join(folder, 'nothing.key') };
    expect(() => read({ ...faulty, PORT: 'x' })).toThrow(InvalidConfigError);
    expect(() => read({ ...faulty, PORT: 'x' })).toThrow(/PORT: [^]*TEMPORAL_\*: .*nothing.key/);
  });
});

describe('where Temporal is', () => {
  test('is this machine unless something says otherwise', () => {
    expect(read({})).toMatchObject({
      namespace: 'default',
      connection: { address: '127.0.0.1:7233' },
    });
    expect(read({}).connection.tls).toBeUndefined();
  });

  test('an API key, as Temporal Cloud has them, means TLS', () => {
    const place = read({
      TEMPORAL_ADDRESS: 'baton.a1b2c.tmprl.cloud:7233',
      TEMPORAL_NAMESPACE: 'baton.a1b2c',
      TEMPORAL_API_KEY: 'the-key',
    });
    expect(place).toEqual({
      namespace: 'baton.a1b2c',
      connection: expect.objectContaining({
        address: 'baton.a1b2c.tmprl.cloud:7233',
        apiKey: 'the-key',
        tls: true,
      }) as unknown,
    });
  });
});
