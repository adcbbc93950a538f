import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const IDS = Array.from({ length: 25 }, (_, index) => `R${index + 1}`);

/** Returns the test files that name an id in the title of a test or of a group of tests. */
function listNaming(id: string): string[] {
  return readdirSync('test', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => `test/${name}`)
    .filter((file) => {
      const titles = readFileSync(file, 'utf8').match(/['`](?:R\d+(?:, )?)+: /g) ?? [];
      return titles.some((title) => title.slice(1, -2).split(', ').includes(id));
    })
    .sort();
}

test.each(IDS)('docs/requirements.md names the tests that carry %s', (id) => {
  const row = readFileSync('docs/requirements.md', 'utf8')
    .split('\n')
    .find((line) => line.startsWith(`| ${id} `));
  const listed = (row ?? '').match(/test\/[\w/-]+\.test\.ts/g) ?? [];
  expect(listed.length).toBeGreaterThan(0);
  expect([...listed].sort()).toEqual(listNaming(id));
});
