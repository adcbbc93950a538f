import { InvalidConfigError } from './config.ts';
import { InvalidFileError } from './directory/load.ts';

/**
 * Runs an entry and ends the process with 1 when it fails. Faults in settings and files are for the operator
 * and are printed as they are; anything else comes with its stack.
 */
export async function runEntry(name: string, run: () => Promise<void>): Promise<void> {
  // Started by another process (npm run dev): when that one dies, this one ends as on a SIGTERM.
  process.once('disconnect', () => {
    process.kill(process.pid, 'SIGTERM');
  });
  process.channel?.unref();
  try {
    await run();
  } catch (error) {
    const isForOperator = error instanceof InvalidConfigError || error instanceof InvalidFileError;
    const text = !(error instanceof Error)
      ? String(error)
      : isForOperator
        ? error.message
        : (error.stack ?? error.message);
    process.stderr.write(`baton ${name} cannot run. ${text}\n`);
    process.exitCode = 1;
    // Open connections would keep a process alive that does nothing.
    process.exit();
  }
}
