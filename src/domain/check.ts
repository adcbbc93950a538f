import type { Agendas } from './availability/agenda.ts';
import { checkDirectory } from './check/directory.ts';
import type { Fault } from './check/fault.ts';
import { checkGaps } from './check/gaps.ts';
import { checkPolicies } from './check/policies.ts';
import type { Directory } from './directory.ts';
import type { Policies } from './policy.ts';

export type { Fault } from './check/fault.ts';

/**
 * Returns everything in a valid directory and policies that would keep people from being told, or that is not as it
 * looks; errors first. `now` is in milliseconds; `isOffline` says that no calendar was read.
 */
export function checkOrganisation(
  organisation: { readonly directory: Directory; readonly policies: Policies },
  agendas: Agendas,
  { now, isOffline = false }: { readonly now: number; readonly isOffline?: boolean },
): Fault[] {
  const about = { ...organisation, agendas, now, isOffline };
  const faults = [...checkDirectory(about), ...checkPolicies(about), ...checkGaps(about)];
  return [
    ...faults.filter(({ severity }) => severity === 'error'),
    ...faults.filter(({ severity }) => severity === 'warning'),
  ];
}
