import { createCalendars, type CalendarReport } from '../directory/calendars.ts';
import {
  inspectOrganisation,
  InvalidFileError,
  type Inspection,
  type Organisation,
} from '../directory/load.ts';
import { Agendas } from '../domain/availability/agenda.ts';
import { createSituation } from '../domain/availability/situation.ts';
import { createLogger } from '../logger.ts';
import type { Surroundings } from './surroundings.ts';

/** Options of every command, as `parseArgs` of node:util describes them. */
export const COMMON_OPTIONS = {
  directory: { type: 'string' },
  policies: { type: 'string' },
  offline: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
} as const;

interface CommonValues {
  readonly directory?: string | undefined;
  readonly policies?: string | undefined;
  readonly offline: boolean;
}

/** The files and calendars as they are now. Who said `away` by SMS is known to a running Baton only. */
export interface World extends Organisation {
  readonly agendas: Agendas;
  readonly place: Inspection['place'];
  /** Empty when no calendar was read. */
  readonly calendars: readonly CalendarReport[];
}

/** Reads the files, and each calendar once unless `offline`. Throws an InvalidFileError that lists all faults. */
export async function readWorld(values: CommonValues, { files }: Surroundings): Promise<World> {
  const chosen = {
    directory: values.directory ?? files.directory,
    policies: values.policies ?? files.policies,
  };
  const { organisation, faults, place } = inspectOrganisation(chosen);
  if (!organisation) throw new InvalidFileError(faults);
  const { directory } = organisation;
  if (values.offline) {
    const agendas = new Agendas(directory, createSituation());
    return { ...organisation, agendas, place, calendars: [] };
  }
  const calendars = createCalendars({
    directory: () => directory,
    directoryFile: chosen.directory,
    // What is wrong with a calendar is told by the command itself.
    logger: createLogger('cli', 'silent'),
  });
  await calendars.refresh();
  calendars.close();
  return {
    ...organisation,
    agendas: new Agendas(directory, createSituation(calendars)),
    place,
    calendars: calendars.report(),
  };
}
