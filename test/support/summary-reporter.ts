import type { Reporter, TestModule, Vitest } from 'vitest/node';

/**
 * Prints `N passed, N failed` (and `, N skipped` when there are any) as the very last line of a run. A file or
 * hook that fails counts as one failed test, and so does an error outside of any: what is not green is never 0.
 */
export default class SummaryReporter implements Reporter {
  #isWatching = false;

  onInit(vitest: Vitest): void {
    this.#isWatching = vitest.config.watch;
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const count = { passed: 0, failed: unhandledErrors.length, skipped: 0, pending: 0 };
    for (const module of modules) {
      count.failed += module.errors().length > 0 ? 1 : 0;
      for (const suite of module.children.allSuites())
        count.failed += suite.errors().length > 0 ? 1 : 0;
      for (const test of module.children.allTests()) count[test.result().state] += 1;
    }
    // A test that never ended did not pass.
    const failed = count.failed + count.pending;
    const skipped = count.skipped > 0 ? `, ${count.skipped} skipped` : '';
    const print = (): void => {
      console.log(`${count.passed} passed, ${failed} failed${skipped}`);
    };
    if (this.#isWatching) print();
    else process.once('exit', print);
  }
}
