import { fileURLToPath } from 'node:url';
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';

const CLIENT = fileURLToPath(new URL('./src/client/index.ts', import.meta.url));
const BUILT = ['./test/support/build-setup.ts'];
const TEMPORAL = ['./test/support/temporal-setup.ts'];
const WORKFLOWS = ['./test/support/workflows-setup.ts'];

/** How long a test or hook may take: a limit for what hangs, wide enough for a slow and busy machine. */
const LIMIT_MS = 120_000;

/** Tests by kind, in the order they run: what is quick to fail comes first. */
const projects = [
  project('domain', { order: 0, pure: true }),
  project('simulator', { order: 0 }),
  project('directory', { order: 0 }),
  // The checker of what `npm run faults` leaves behind; the runs themselves are no tests.
  project('faults', { order: 0, pure: true }),
  project('entries', { order: 0 }),
  project('cli', { order: 0 }),
  project('activities', { order: 0 }),
  project('api', { order: 1 }),
  project('service', { order: 1, temporal: true }),
  project('replay', { order: 1, workflows: true }),
  project('workflows', { order: 1, temporal: true, workflows: true }),
  project('temporal', { order: 1, temporal: true }),
  project('channels', { order: 2, temporal: true }),
  project('e2e', { order: 2, temporal: true }),
  project('contract', { order: 3, alone: true }),
  project('stack', { order: 4, built: true, alone: true }),
  project('browser', { order: 3, temporal: true, alone: true }),
  project('examples', {
    files: 'examples/*/test/**/*.test.ts',
    order: 5,
    temporal: true,
    alone: true,
  }),
];

interface Kind {
  /** Where they are; by default in the folder of their name. */
  readonly files?: string;
  /** Kinds of one order run at the same time. */
  readonly order: number;
  /** Files that are left out. */
  readonly except?: readonly string[];
  /** Files that run before each file of tests. */
  readonly setup?: readonly string[];
  /** Whether the shared Temporal server is started for it. */
  readonly temporal?: boolean;
  /** Whether the workflows are bundled for it. */
  readonly workflows?: boolean;
  /** Whether dist/ is built for it. */
  readonly built?: boolean;
  /** Whether its files run one after the other: each of them keeps the machine busy. */
  readonly alone?: boolean;
  /** Whether its files share their modules, which saves loading them: for what has no state. */
  readonly pure?: boolean;
}

/** Returns a project of the tests of a kind. */
export function project(name: string, kind: Kind): TestProjectInlineConfiguration {
  const { order, temporal = false, workflows = false, built = false } = kind;
  const { alone = false, pure = false } = kind;
  const { files = `test/${name}/**/*.test.ts`, except = [], setup = [] } = kind;
  return {
    // As tsconfig.json has it.
    resolve: { alias: { 'baton/client': CLIENT } },
    test: {
      name,
      include: [files],
      exclude: [...except],
      setupFiles: [...setup],
      testTimeout: LIMIT_MS,
      hookTimeout: LIMIT_MS,
      expect: { poll: { timeout: 30_000 } },
      globalSetup: [
        ...(temporal ? TEMPORAL : []),
        ...(workflows ? WORKFLOWS : []),
        ...(built ? BUILT : []),
      ],
      sequence: { groupOrder: order },
      ...(alone && { fileParallelism: false }),
      ...(pure && { isolate: false }),
    },
  };
}

export default defineConfig({
  test: {
    projects,
    pool: 'forks',
    // Most wait for clocks rather than for a processor; by default one of two would idle.
    maxWorkers: 3,
    passWithNoTests: true,
    reporters: ['default', './test/support/summary-reporter.ts'],
  },
});
