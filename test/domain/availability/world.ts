import { Agendas } from '../../../src/domain/availability/agenda.ts';
import { createSituation, type Absence } from '../../../src/domain/availability/situation.ts';
import { directorySchema } from '../../../src/domain/directory.ts';
import type { Scene } from './arbitraries.ts';

/** Returns the agendas of everybody in a scene. */
export function build({ directory, now: { meetings, absences } }: Scene): Agendas {
  const said = Object.entries(absences).map(([id, { since, until, cover }]): [string, Absence] => [
    id,
    { since, ...(until !== undefined && { until }), ...(cover !== undefined && { cover }) },
  ]);
  const calendars = {
    busyTimes: (id: string) => ({ times: meetings[id] ?? [] }),
    shifts: () => ({ times: [] }),
  };
  return new Agendas(
    directorySchema.parse(directory),
    createSituation(calendars, Object.fromEntries(said)),
  );
}

/** Returns an instant for people, to the second, or `never`. */
export function write(at: number | undefined): string {
  return at === undefined ? 'never' : new Date(at).toISOString().replace(/(:00)?\.000Z$/, '');
}
