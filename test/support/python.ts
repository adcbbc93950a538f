import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { testCache } from './test-server.ts';

const run = promisify(execFile);
const REQUIREMENTS = fileURLToPath(new URL('../contract/requirements.txt', import.meta.url));

/**
 * Returns the folder of the programs of a Python environment with what a file lists, by default what the contract tests
 * need: from the cache, or made there, which takes some ten seconds. Needs `python3` with venv; throws with what pip said when it cannot be made.
 */
export async function providePython(requirements = REQUIREMENTS): Promise<string> {
  const hash = createHash('sha256')
    .update(await readFile(requirements))
    .digest('hex');
  const place = join(testCache(), `python-${hash.slice(0, 12)}`);
  const isThere = () =>
    access(join(place, 'complete')).then(
      () => true,
      () => false,
    );
  if (!(await isThere())) {
    await mkdir(testCache(), { recursive: true });
    // An environment knows where it lies, so it is made in its place; a half-made one is made anew.
    await rm(place, { recursive: true, force: true });
    await run('python3', ['-m', 'venv', place]);
    const pip = join(place, 'bin', 'python');
    await run(pip, ['-m', 'pip', 'install', '--quiet', '--requirement', requirements]);
    await mkdir(join(place, 'making'));
    await rename(join(place, 'making'), join(place, 'complete'));
  }
  return join(place, 'bin');
}
