import { readFileSync } from 'node:fs';
import type { Logger } from 'pino';
import { InvalidFileError, loadOrganisation, type Organisation } from './load.ts';

/** Whether the files as they are now are the ones in use. */
export interface OrganisationReport {
  /** `invalid`: the files have faults, and the ones before them are still in use. */
  readonly status: 'ok' | 'invalid';
  /** ISO instant at which the ones in use were loaded. */
  readonly loadedAt: string;
  /** Each with file and line; empty when the files are good. */
  readonly faults: readonly string[];
}

/** The directory and the policies as their files say, or said when they last were good. */
export interface OrganisationStore {
  current(): Organisation;
  report(): OrganisationReport;
  /** Looks at the files now. Throws nothing: faults go into the log and the report. */
  check(): void;
  /** Ends watching; what is current stays. */
  close(): void;
}

interface Files {
  readonly directory: string;
  readonly policies: string;
}

/**
 * Returns the directory and the policies from their files and loads them again when these change; looks every
 * `everyMs` (2 s) and calls `onChange` after each good change. Throws an InvalidFileError when they are invalid at
 * the start; later the old ones stay until the new are good.
 */
export function watchOrganisation(
  files: Files,
  {
    logger,
    everyMs = 2_000,
    onChange,
  }: {
    readonly logger: Logger;
    readonly everyMs?: number;
    readonly onChange?: (() => void) | undefined;
  },
): OrganisationStore {
  // The texts are read before each loading: a change in between is seen at the next look.
  let seen = readTexts(files);
  let current = loadOrganisation(files);
  let loadedAt = new Date().toISOString();
  let faults: readonly string[] = [];

  function check(): void {
    const texts = readTexts(files);
    if (texts === seen) return;
    seen = texts;
    try {
      current = loadOrganisation(files);
    } catch (error) {
      faults = error instanceof InvalidFileError ? error.faults : [String(error)];
      logger.error({ faults }, 'directory or policies are invalid: the ones before stay in use');
      return;
    }
    loadedAt = new Date().toISOString();
    faults = [];
    logger.info('directory and policies are loaded again');
    onChange?.();
  }

  const timer = setInterval(check, everyMs).unref();
  return {
    current: () => current,
    report: () => ({ status: faults.length > 0 ? 'invalid' : 'ok', loadedAt, faults }),
    check,
    close: () => {
      clearInterval(timer);
    },
  };
}

/**
 * Returns what both files say, as one text. They are read rather than asked for their date: that works with
 * editors that put a new file in the place of the old, and with Kubernetes, which exchanges a link.
 */
function readTexts(files: Files): string {
  const texts = [files.directory, files.policies].map((file) => {
    try {
      return readFileSync(file, 'utf8');
    } catch {
      // Gone or unreadable: a fault that loading words.
      return null;
    }
  });
  return JSON.stringify(texts);
}
