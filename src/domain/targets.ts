import { listOnCall } from './availability/rotation.ts';
import type { Situation } from './availability/situation.ts';
import type { Directory } from './directory.ts';
import { lookUp } from './state.ts';

/** Whom a policy's `notify` names: a responder (or a mailbox), a team, or a rotation. */
interface Target {
  readonly kind: 'responder' | 'team' | 'rotation';
  readonly name: string;
}

/** Returns what a target such as `alice`, `team:sales` or `rotation:nights` names. */
export function parseTarget(target: string): Target {
  for (const kind of ['team', 'rotation'] as const) {
    if (target.startsWith(`${kind}:`)) return { kind, name: target.slice(kind.length + 1) };
  }
  return { kind: 'responder', name: target };
}

/** Returns the responders a target means at an instant (milliseconds), or why it means nobody. */
export function resolveTarget(
  target: string,
  { directory, situation }: { readonly directory: Directory; readonly situation: Situation },
  at: number,
): { readonly ids: readonly string[]; readonly nobody?: string } {
  const { kind, name } = parseTarget(target);
  if (kind === 'responder') return { ids: [name] };
  if (kind === 'team') {
    const ids = lookUp(directory.teams, name);
    return ids ? { ids } : { ids: [], nobody: `team ${name} is not in the directory` };
  }
  const rotation = lookUp(directory.rotations, name);
  if (!rotation) return { ids: [], nobody: `rotation ${name} is not in the directory` };
  const shifts = situation.shifts(name);
  const ids = listOnCall(rotation, at, {
    timezone: directory.organisation.timezone,
    team: (team) => lookUp(directory.teams, team) ?? [],
    shifts,
  });
  if (ids.length > 0) return { ids };
  const because = shifts.fault === undefined ? '' : `: its calendar ${shifts.fault}`;
  return { ids, nobody: `nobody is on call in ${name}${because}` };
}

/** Returns everybody a target can ever mean, whoever is on call now. */
export function listMembers(target: string, directory: Directory): readonly string[] {
  const { kind, name } = parseTarget(target);
  if (kind === 'responder') return [name];
  if (kind === 'team') return lookUp(directory.teams, name) ?? [];
  const rotation = lookUp(directory.rotations, name);
  if (!rotation) return [];
  // Its calendar may name anybody.
  if ('calendar' in rotation) return Object.keys(directory.responders);
  const members = rotation.responders ?? lookUp(directory.teams, rotation.team ?? '') ?? [];
  return [...new Set([...members, ...rotation.overrides.map(({ responder }) => responder)])];
}

/** Returns everybody whom targets can ever mean, with whoever covers them. */
export function listConcerned(targets: readonly string[], directory: Directory): string[] {
  const members = targets.flatMap((target) => listMembers(target, directory));
  const covers = members.flatMap((id) =>
    (lookUp(directory.responders, id)?.away ?? []).flatMap(({ cover }) => cover ?? []),
  );
  return [...new Set([...members, ...covers])].filter((id) =>
    Object.hasOwn(directory.responders, id),
  );
}
