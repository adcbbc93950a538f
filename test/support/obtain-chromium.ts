// A stage of `npm test`: says which browser the tests will start. On the machine of a CI (CI=true), which is there for
// nothing else, one is installed first where there is none; elsewhere the tests that need one are skipped.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { findChromium, MISSING } from './chromium.ts';

const INSTALL = fileURLToPath(new URL('../../scripts/install-debian.sh', import.meta.url));

let origin = '';
if (findChromium() === undefined && process.env['CI'] === 'true') {
  spawnSync(INSTALL, ['chromium'], { stdio: ['ignore', 'inherit', 'inherit'] });
  origin = ", installed from Debian's packages";
}
const path = findChromium();
process.stdout.write(path === undefined ? `${MISSING}\n` : `Chromium: ${path}${origin}\n`);
process.exitCode = path === undefined && process.env['CI'] === 'true' ? 1 : 0;
