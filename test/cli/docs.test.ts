import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { EXAMPLE_FILES, runCommand } from './run-command.ts';

let folder: string;
let directory: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'baton-'));
  directory = join(folder, 'directory.yaml');
  const example = readFileSync(EXAMPLE_FILES.directory, 'utf8');
  // As the page says: with the quiet hours no longer commented out.
  const quiet = example
    .replace('  # quietHours:\n', '  quietHours:\n')
    .replace("  #   - { days: mon-fri, from: '20:00'", "    - { days: mon-fri, from: '20:00'")
    .replace('  #   - { days: sat-sun', '    - { days: sat-sun');
  writeFileSync(directory, quiet);
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const page = readFileSync('docs/cli.md', 'utf8');

/** The commands that the page shows, each with the parts of its output between the lines that are left out. */
const examples = [...page.matchAll(/^ {4}\$ npx baton (.*)\n((?:(?: {4}.*)?\n)*)/gm)].map(
  ([, command = '', block = '']) => ({
    command,
    parts: block
      .replace(/^ {4}/gm, '')
      .split(/^…$/m)
      .map((part) => part.trim())
      .filter(Boolean),
  }),
);

test('docs/cli.md shows every command', () => {
  expect(examples.map(({ command }) => command.split(' ')[0])).toEqual([
    'check',
    'preview',
    'coverage',
  ]);
});

test.each(examples)('$command says what docs/cli.md shows', async ({ command, parts }) => {
  const { output } = await runCommand([...command.split(' '), '--directory', directory], {
    isTerminal: true,
  });
  let rest = output.trim();
  for (const part of parts) {
    const at = rest.indexOf(part);
    expect(at, `${part}\n\nis not in\n\n${rest}`).toBeGreaterThanOrEqual(0);
    rest = rest.slice(at + part.length);
  }
});
