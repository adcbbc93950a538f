// A step of `npm run check`: the types of each example, by its own tsconfig.json.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const examples = existsSync('examples')
  ? readdirSync('examples').filter((name) => existsSync(join('examples', name, 'tsconfig.json')))
  : [];
const tsc = 'node_modules/@typescript/native/bin/tsc';
for (const name of examples) {
  const args = [tsc, '--noEmit', '--project', join('examples', name)];
  if (spawnSync(process.execPath, args, { stdio: 'inherit' }).status !== 0) process.exit(1);
}
