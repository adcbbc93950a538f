import { spawn } from 'node:child_process';
import { createServer, type AddressInfo } from 'node:net';
import { Connection } from '@temporalio/client';
async function free(): Promise<number> {
  const s = createServer();
  await new Promise<void>((r) => s.listen(0, '127.0.0.1', r));
  const { port } = s.address() as AddressInfo;
  await new Promise((r) => s.close(r));
  return port;
}
export async function startTestServer() {
  const port = await free();
  const ui = await free();
  const child = spawn(
    '/tmp/w/bin/temporal',
    [
      'server',
      'start-dev',
      '--ip',
      '127.0.0.1',
      '--port',
      String(port),
      '--ui-port',
      String(ui),
      '--log-level',
      'error',
    ],
    { stdio: 'ignore' },
  );
  for (;;) {
    try {
      const c = await Connection.connect({ address: `127.0.0.1:${port}` });
      await c.close();
      break;
    } catch {
      await new Promise((r) => setTimeout(r, 100));
    }
  }
  return {
    address: `127.0.0.1:${port}`,
    namespace: 'default',
    uiUrl: `http://127.0.0.1:${ui}`,
    stop: async () => {
      child.kill();
      await Promise.resolve();
    },
  };
}
