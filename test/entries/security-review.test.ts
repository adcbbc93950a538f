import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const review = readFileSync('docs/asvs.md', 'utf8');
const rows = review.split('\n').filter((line) => /^\| \d/.test(line));

test('each item of docs/asvs.md names tests that there are', () => {
  expect(rows.length).toBeGreaterThan(30);
  for (const row of rows) {
    const files = row.match(/[\w/-]+\.test\.ts/g) ?? [];
    expect(files.length, row).toBeGreaterThan(0);
    for (const file of files) expect(existsSync(`test/${file}`), file).toBe(true);
  }
});

test('every dependency is of one version, from a registry, with a digest', () => {
  const { dependencies, devDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as {
    readonly dependencies: Readonly<Record<string, string>>;
    readonly devDependencies: Readonly<Record<string, string>>;
  };
  // An alias (`npm:name@1.2.3`) names one version as well.
  const oneVersion = /^(npm:(@[\w.-]+\/)?[\w.-]+@)?\d+\.\d+\.\d+(-[\w.]+)?$/;
  const loose = Object.entries({ ...dependencies, ...devDependencies }).filter(
    ([, version]) => !oneVersion.test(version),
  );
  expect(loose).toEqual([]);
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
    readonly packages: Readonly<Record<string, { integrity?: string; link?: boolean }>>;
  };
  const unknown = Object.entries(packages).filter(
    ([path, { integrity, link }]) =>
      path.startsWith('node_modules/') && link !== true && !integrity?.startsWith('sha512-'),
  );
  expect(unknown.map(([path]) => path)).toEqual([]);
});
