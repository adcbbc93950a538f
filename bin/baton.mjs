#!/usr/bin/env node
// `npx baton`: the built command line, or in a clone that is not built its source.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = new URL('../', import.meta.url);
const built = new URL('dist/cli.js', root);

if (existsSync(built)) {
  await import(built.href);
} else {
  install();
  const { register } = await import('tsx/esm/api');
  register();
  await import(new URL('src/cli.ts', root).href);
}

/** A fresh clone has no dependencies yet; what is said of that must not mix with --json. */
function install() {
  if (existsSync(new URL('node_modules/tsx', root))) return;
  const { status } = spawnSync(process.execPath, ['scripts/setup.mjs'], {
    cwd: fileURLToPath(root),
    stdio: ['ignore', process.stderr.fd, 'inherit'],
  });
  if (status !== 0) process.exit(1);
}
