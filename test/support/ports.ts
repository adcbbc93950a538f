import { choosePort } from '../../src/temporal/server.ts';

/** Below those that Baton itself chooses from: a development mode under test takes none of these. */
const FIRST_PORT = 10_000;
const WORKERS = 20;
const PORTS_EACH = 500;

const first = FIRST_PORT + (Number(process.env['VITEST_POOL_ID'] ?? 0) % WORKERS) * PORTS_EACH;
let used = Math.floor(Math.random() * PORTS_EACH);

/**
 * Returns a port of 127.0.0.1 that is free, and that nobody else takes while its server is killed and started
 * again: each of vitest's workers has ports of its own, and gives none twice. The development mode has the next
 * port for its phones, so every second is given.
 */
export async function takePort(): Promise<number> {
  for (let tried = 0; tried < PORTS_EACH; tried += 2) {
    used += 2;
    const port = first + (used % PORTS_EACH);
    if ((await choosePort(port)) === port) return port;
  }
  throw new Error(`No port from ${first} to ${first + PORTS_EACH} is free.`);
}
