import type { Logger } from 'pino';
import { createCalendars, type CalendarFeeds, type CalendarReport } from './calendars.ts';
import {
  watchOrganisation,
  type OrganisationReport,
  type OrganisationStore,
} from './organisation-store.ts';

/** How a process stands to the files and calendars it was given. */
export interface Reports {
  readonly organisation: OrganisationReport;
  readonly calendars: readonly CalendarReport[];
}

/** The organisation's files and calendars as a process works with them. */
export interface OpenOrganisation {
  readonly store: OrganisationStore;
  readonly calendars: CalendarFeeds;
  report(): Reports;
  /** Ends watching files and reading calendars. */
  close(): void;
}

/** The first reading of the calendars may take this long, however many there are; then it goes on beside the work. */
const FIRST_READING_MS = 5_000;

/**
 * Opens the directory, the policies and the calendars, and keeps them fresh until closed. Throws an InvalidFileError
 * when a file is invalid; a calendar that cannot be read is no reason not to start.
 */
export async function openOrganisation(
  files: { readonly directory: string; readonly policies: string },
  logger: Logger,
): Promise<OpenOrganisation> {
  const store = watchOrganisation(files, { logger, onChange: () => void calendars.refresh() });
  const calendars = createCalendars({
    directory: () => store.current().directory,
    directoryFile: files.directory,
    logger,
  });
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, FIRST_READING_MS);
  });
  await Promise.race([calendars.refresh(), tooLong]);
  clearTimeout(timer);
  calendars.start();
  return {
    store,
    calendars,
    report: () => ({ organisation: store.report(), calendars: calendars.report() }),
    close: () => {
      store.close();
      calendars.close();
    },
  };
}
