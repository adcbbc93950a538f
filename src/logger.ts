import { pino, type Logger } from 'pino';

export type { Logger };

/**
 * Returns the process's logger: JSON lines on stdout. Errors are logged by name and message only: the raw
 * errors of HTTP clients carry credentials in their config.
 */
export function createLogger(name: string, level: string): Logger {
  return pino({
    name,
    level,
    serializers: {
      err: (error: unknown) =>
        error instanceof Error
          ? { name: error.name, message: error.message, stack: error.stack }
          : { message: 'not an Error' },
    },
  });
}
