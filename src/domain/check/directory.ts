import { listOnCall } from '../availability/rotation.ts';
import { firstInstantAt, parseWallTime } from '../availability/zoned.ts';
import type { Span } from '../availability/situation.ts';
import { lookUp } from '../state.ts';
import { listTargets, nameOf, type Case, type Fault } from './fault.ts';

/** Returns what is wrong with people, teams and rotations, whatever the policies do with them. */
export function checkDirectory(about: Case): Fault[] {
  return [
    ...checkCovers(about),
    ...checkRotations(about),
    ...checkCalendars(about),
    ...checkUse(about),
  ];
}

/** A time away with somebody who covers it. */
interface CoveredTime extends Span {
  readonly id: string;
  readonly index: number;
  readonly cover: string;
}

/** People who cover for each other at the same time, or for themselves; times that are over do not matter. */
function checkCovers({ directory, now }: Case): Fault[] {
  const times = listCoveredTimes(directory).filter(({ until }) => until > now);
  const found = new Set<string>();
  return times.flatMap((time): Fault[] => {
    const circle = findCircle(time, times);
    const key = [...new Set(circle)].sort().join();
    if (circle.length === 0 || found.has(key)) return [];
    found.add(key);
    const names = circle.map((id) => nameOf(id, directory));
    return [
      {
        file: 'directory',
        path: ['responders', time.id, 'away', time.index, 'cover'],
        severity: 'error',
        what:
          circle.length === 2
            ? `${names[0] ?? ''} covers for themselves`
            : `covers go round in a circle: ${names.join(' -> ')}, all away at the same time`,
        fix: 'name somebody who is there then',
      },
    ];
  });
}

/** Returns whom a time leads to and on, if that ends where it began: its first and last are the same. */
function findCircle(start: CoveredTime, times: readonly CoveredTime[]): string[] {
  const follow = (time: CoveredTime, span: Span, path: readonly string[]): string[] => {
    if (time.cover === start.id) return [...path, time.cover];
    if (path.includes(time.cover)) return [];
    for (const next of times) {
      const both = {
        from: Math.max(span.from, next.from),
        until: Math.min(span.until, next.until),
      };
      if (next.id !== time.cover || both.from >= both.until) continue;
      const circle = follow(next, both, [...path, next.id]);
      if (circle.length > 0) return circle;
    }
    return [];
  };
  return follow(start, start, [start.id]);
}

function listCoveredTimes({ responders, organisation }: Case['directory']): CoveredTime[] {
  return Object.entries(responders).flatMap(([id, { away, timezone }]) => {
    const zone = timezone ?? organisation.timezone;
    const instantOf = (wall: string): number => firstInstantAt(parseWallTime(wall) ?? 0, zone);
    return away.flatMap(({ from, until, cover }, index) =>
      cover === undefined
        ? []
        : [{ id, index, cover, from: instantOf(from), until: instantOf(until) }],
    );
  });
}

/** Rotations that policies name and in which nobody is on call now. */
function checkRotations({ directory, policies, agendas, now, isOffline }: Case): Fault[] {
  const targets = listTargets(policies);
  const { timezone } = directory.organisation;
  return Object.entries(directory.rotations).flatMap(([name, rotation]): Fault[] => {
    if (!targets.has(`rotation:${name}`)) return [];
    const shifts = agendas.situation.shifts(name);
    const isCalendar = 'calendar' in rotation;
    if (isCalendar && (isOffline || shifts.fault !== undefined)) return [];
    const onCall = listOnCall(rotation, now, {
      timezone,
      team: (team) => lookUp(directory.teams, team) ?? [],
      shifts,
    });
    if (onCall.length > 0) return [];
    const about = { file: 'directory', severity: 'warning' } as const;
    if (isCalendar) {
      const next = shifts.times.find(({ from }) => from > now);
      const until = next
        ? `until ${new Date(next.from).toISOString().slice(0, 16)}Z`
        : 'and nobody in the weeks to come';
      return [
        {
          ...about,
          path: ['rotations', name, 'calendar'],
          what: `nobody is on call now ${until}`,
          fix: 'fill the gap in the calendar; a title must be the id, name or email of a responder',
        },
      ];
    }
    return [
      {
        ...about,
        path: ['rotations', name, 'starts'],
        what: `has not started: nobody is on call before ${rotation.starts}`,
        fix: 'set starts to an earlier day, or add an override until then',
      },
    ];
  });
}

/** Calendars that cannot be read: whom they are about counts as free, or as not on call. */
function checkCalendars({ directory, agendas, isOffline }: Case): Fault[] {
  if (isOffline) return [];
  const fix = 'check the address or path; until it can be read';
  const people = Object.entries(directory.responders).flatMap(
    ([id, { name, calendar }]): Fault[] => {
      const fault = calendar === undefined ? undefined : agendas.situation.busyTimes(id).fault;
      if (fault === undefined) return [];
      return [
        {
          file: 'directory',
          path: ['responders', id, 'calendar'],
          severity: 'warning',
          what: fault,
          fix: `${fix} ${name} counts as free`,
        },
      ];
    },
  );
  const rotations = Object.keys(directory.rotations).flatMap((name): Fault[] => {
    const { fault } = agendas.situation.shifts(name);
    if (fault === undefined) return [];
    return [
      {
        file: 'directory',
        path: ['rotations', name, 'calendar'],
        severity: 'warning',
        what: fault,
        fix: `${fix} nobody new is on call`,
      },
    ];
  });
  return [...people, ...rotations];
}

/** People who are told nowhere; teams and rotations that nothing names. */
function checkUse({ directory, policies }: Case): Fault[] {
  const targets = listTargets(policies);
  const teamsInTurns = new Set(
    Object.values(directory.rotations).map((turns) => ('team' in turns ? turns.team : undefined)),
  );
  const named = listNamed(directory, targets);
  const unused = (path: readonly string[], what: string, fix: string): Fault => {
    return { file: 'directory', path, severity: 'warning', what, fix };
  };
  return [
    ...Object.entries(directory.responders)
      .filter(([id]) => !named.has(id))
      .map(([id, { name }]) =>
        unused(
          ['responders', id],
          `${name} is in no team, rotation, tier or last resort: only told as an assignee`,
          'add them to a team or tier',
        ),
      ),
    ...Object.keys(directory.teams)
      .filter((name) => !targets.has(`team:${name}`) && !teamsInTurns.has(name))
      .map((name) =>
        unused(
          ['teams', name],
          'no policy or rotation names this team',
          `name it as team:${name}, or remove it`,
        ),
      ),
    ...Object.keys(directory.rotations)
      .filter((name) => !targets.has(`rotation:${name}`))
      .map((name) =>
        unused(
          ['rotations', name],
          'no policy names this rotation',
          `name it as rotation:${name}, or remove it`,
        ),
      ),
  ];
}

/** Returns everybody whom a team, a rotation, a policy or an absence names. A calendar may name anybody. */
function listNamed(
  { responders, teams, rotations }: Case['directory'],
  targets: ReadonlySet<string>,
): Set<string> {
  return new Set([
    ...targets,
    ...Object.values(teams).flat(),
    ...Object.values(rotations).flatMap((rotation) =>
      'calendar' in rotation
        ? Object.keys(responders)
        : [
            ...(rotation.responders ?? []),
            ...rotation.overrides.map(({ responder }) => responder),
            ...rotation.swaps.flatMap((swap) => swap.responders),
          ],
    ),
    ...Object.values(responders).flatMap(({ away }) => away.flatMap(({ cover }) => cover ?? [])),
  ]);
}
