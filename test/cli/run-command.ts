import { fileURLToPath } from 'node:url';
import { runCommandLine } from '../../src/cli/run.ts';
import type { Surroundings } from '../../src/cli/surroundings.ts';

export const TEST_FILES = {
  directory: fileURLToPath(new URL('../support/directory.yaml', import.meta.url)),
  policies: fileURLToPath(new URL('../support/policies.yaml', import.meta.url)),
};

export const EXAMPLE_FILES = {
  directory: 'config/directory.yaml',
  policies: 'config/policies.yaml',
};

/** What a command said, and its exit code. */
interface Said {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
}

/** Runs the command line on a Monday at 10:00 in New York, without a terminal. */
export async function runCommand(
  args: readonly string[],
  changes: Partial<Surroundings> & { readonly input?: string } = {},
): Promise<Said> {
  let output = '';
  let errors = '';
  const { input = '', ...surroundings } = changes;
  const code = await runCommandLine(args, {
    files: EXAMPLE_FILES,
    sourcesFile: 'config/sources.yaml',
    now: () => Date.parse('2026-11-23T15:00:00Z'),
    readInput: () => Promise.resolve(input),
    write: (text) => {
      output += text;
    },
    writeError: (text) => {
      errors += text;
    },
    isTerminal: false,
    hasColour: false,
    ...surroundings,
  });
  return { code, output, errors };
}

/** Returns the length of the longest line. */
export function widthOf(text: string): number {
  return Math.max(...text.split('\n').map((line) => line.length));
}
