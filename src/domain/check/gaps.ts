import { coverPolicy, type CoverageGap } from '../coverage.ts';
import { describeDelay, describeGapTime } from '../coverage-grid.ts';
import { formatDuration } from '../duration.ts';
import { parseTarget } from '../targets.ts';
import { listRules, type Case, type Fault, type Rules } from './fault.ts';

const MAX_LISTED = 3;

/** Returns when in the coming week urgent and critical work would reach nobody in time. */
export function checkGaps(about: Case): Fault[] {
  return listRules(about.policies)
    .filter(({ urgency }) => urgency !== 'routine')
    .filter((rules) => !about.isOffline || !needsCalendar(rules, about))
    .flatMap((rules) => checkWeek(rules, about));
}

function checkWeek({ name, urgency }: Rules, { policies, agendas, now }: Case): Fault[] {
  const policy = policies[name];
  if (!policy) return [];
  const { gaps, urgencies, timezone } = coverPolicy({ name, policy }, agendas, {
    urgency,
    from: now,
  });
  const [first] = gaps;
  if (!first) return [];
  const within = formatDuration(urgencies[0]?.withinMs ?? 0);
  const listed = gaps.slice(0, MAX_LISTED).map((gap) => describeGap(gap, timezone));
  const left = gaps.length - listed.length;
  const more = left > 0 ? [`and ${left} more`] : [];
  return [
    {
      file: 'policies',
      path: [name, urgency],
      severity: 'warning',
      what: `nobody is told within ${within} in these hours: ${[...listed, ...more].join(', ')}`,
      fix: `add somebody who is awake then, or whenNobodyAwake: ignore; npx baton coverage ${name} shows each hour`,
    },
  ];
}

function describeGap(gap: CoverageGap, timezone: string): string {
  const { longestMs } = gap;
  const wait = longestMs === undefined ? 'nobody at all' : `up to ${describeDelay(longestMs)}`;
  return `${describeGapTime(gap, timezone)} (${wait})`;
}

function needsCalendar({ policy }: Rules, { directory }: Case): boolean {
  return policy.tiers
    .flatMap(({ notify }) => notify.map(parseTarget))
    .some(
      ({ kind, name }) => kind === 'rotation' && 'calendar' in (directory.rotations[name] ?? {}),
    );
}
