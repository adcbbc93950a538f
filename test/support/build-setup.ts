import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Builds dist/ once for all tests of what was built. */
export default async function build(): Promise<void> {
  await promisify(execFile)('npm', ['run', 'build']);
}
