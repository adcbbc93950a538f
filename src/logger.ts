import { pino, type DestinationStream, type Logger } from 'pino';

export type { Logger };

const PHONE = /\+\d{5,13}(\d\d)\b/g;
const EMAIL = /[\w.+-]+@([\w-]+(?:\.[\w-]+)+)/g;

/**
 * Returns the process's logger: JSON lines on stdout. Errors are logged by name and message only: the raw
 * errors of HTTP clients carry credentials in their config. Nothing is logged that names a person; should a message of a
 * library do so, phone numbers and email addresses are masked in whatever is written.
 */
export function createLogger(name: string, level: string, destination?: DestinationStream): Logger {
  return pino(
    {
      name,
      level,
      hooks: {
        streamWrite: (line) => line.replace(PHONE, '+…$1').replace(EMAIL, '…@$1'),
      },
      serializers: {
        err: (error: unknown) =>
          error instanceof Error
            ? { name: error.name, message: error.message, stack: error.stack }
            : { message: 'not an Error' },
      },
    },
    destination,
  );
}
