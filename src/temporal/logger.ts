import { DefaultLogger, type LogLevel } from '@temporalio/worker';

interface Sink {
  error(meta: object, text: string): void;
  warn(meta: object, text: string): void;
  info(meta: object, text: string): void;
  debug(meta: object, text: string): void;
}

const LEVELS: Readonly<Record<LogLevel, keyof Sink>> = {
  ERROR: 'error',
  WARN: 'warn',
  INFO: 'debug',
  DEBUG: 'debug',
  TRACE: 'debug',
};

/** The channels' workers run activities only, and mean to. */
const EXPECTED = 'No workflows registered';

/** Returns a logger for the Temporal SDK that writes warnings and errors to ours; its chatter is debug. */
export function createTemporalLogger(sink: Sink): DefaultLogger {
  return new DefaultLogger('WARN', ({ level, message, meta }) => {
    if (message.startsWith(EXPECTED)) return;
    sink[LEVELS[level]]({ temporal: meta }, message);
  });
}
