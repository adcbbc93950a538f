// Runs before `npm run dev` and `npm test`: installs what package-lock.json asks for, when it is not there; of the
// examples too, when it is asked to.
//
//   node scripts/setup.mjs [--examples]
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Baton needs Node 20.19 or newer; this is ${process.versions.node}.`);
  process.exit(1);
}

install('.');
if (process.argv.includes('--examples'))
  for (const name of existsSync('examples') ? readdirSync('examples') : [])
    if (existsSync(join('examples', name, 'package-lock.json'))) install(join('examples', name));

function install(folder) {
  const stamp = join(folder, 'node_modules/.baton-lock');
  const lock = createHash('sha256')
    .update(readFileSync(join(folder, 'package-lock.json')))
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  console.log(`Installing dependencies${folder === '.' ? '' : ` of ${folder}`} (once) …`);
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
  const { status, error } = spawnSync(npm, args, {
    cwd: folder,
    stdio: 'inherit',
    shell: npm === 'npm.cmd',
  });
  if (error || status !== 0) {
    console.error(
      'The dependencies could not be installed; see the message above, then try again.',
    );
    process.exit(status ?? 1);
  }
  writeFileSync(stamp, lock);
}
