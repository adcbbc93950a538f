import type { TestProject } from 'vitest/node';

/** What a global setup started, and how it is ended. */
interface Started<T> {
  readonly value: T;
  readonly stop: () => Promise<void>;
}

/** Each project that names a global setup runs it in a module graph of its own: they meet on globalThis. */
const shared = globalThis as {
  ofTests?: Map<string, { started: Promise<Started<unknown>>; users: number }>;
};

/**
 * Returns a global setup that starts something once for all projects of a run, whose last one stops it, and lets
 * `provide` give its value to the tests of each.
 */
export function setUpOnce<T>(
  name: string,
  start: () => Promise<Started<T>>,
  provide: (project: TestProject, value: T) => void,
): (project: TestProject) => Promise<() => Promise<void>> {
  return async (project) => {
    shared.ofTests ??= new Map();
    const all = shared.ofTests;
    const one = all.get(name) ?? { started: start(), users: 0 };
    all.set(name, one);
    one.users += 1;
    const { value, stop } = await one.started;
    provide(project, value as T);
    return async () => {
      one.users -= 1;
      if (one.users > 0) return;
      all.delete(name);
      await stop();
    };
  };
}
