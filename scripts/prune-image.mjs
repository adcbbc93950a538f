// A step of the Dockerfile: removes from node_modules what a running API or worker never loads.
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const platforms = { x64: 'x86_64', arm64: 'aarch64' };
const releases = 'node_modules/@temporalio/core-bridge/releases';
const own = `${platforms[process.arch]}-unknown-linux-gnu`;
const names = readdirSync(releases);
if (!names.includes(own)) throw new Error(`No native core for ${own} among ${names.join(', ')}`);
for (const name of names) if (name !== own) rmSync(join(releases, name), { recursive: true });

// Types and source maps of packages, and the sources of the native core.
for (const entry of readdirSync('node_modules', { recursive: true, withFileTypes: true }))
  if (entry.isFile() && /\.(d\.[cm]?ts|map)$/.test(entry.name))
    rmSync(join(entry.parentPath, entry.name));
for (const name of ['sdk-core', 'src', 'Cargo.lock', 'Cargo.toml'])
  rmSync(join('node_modules/@temporalio/core-bridge', name), { recursive: true, force: true });
// For development: npm run dev and npx baton in a clone run the sources, and the image holds what was built.
for (const name of ['tsx', 'esbuild', '@esbuild', '.bin'])
  rmSync(join('node_modules', name), { recursive: true, force: true });
