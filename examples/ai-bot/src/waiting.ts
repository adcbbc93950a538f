import type { Coverage, Stats } from 'baton/client';

/** What is known while somebody waits. */
export interface Wait {
  readonly status: string;
  /** Who is asked, by their names; fewer than are asked when a name is not known. */
  readonly asked: readonly string[];
  readonly coverage: Coverage | undefined;
  readonly stats: Stats | undefined;
  readonly policy: string;
  readonly now: number;
  readonly timezone: string;
}

/** With fewer handoffs than this, "usually" would be a lie. */
const ENOUGH = 3;
/** Who would be told later than this is not there now. */
const SOON_MS = 20 * 60_000;

/** Returns the truth about a wait, in sentences for the one who waits. */
export function describeWait({
  status,
  asked,
  coverage,
  stats,
  policy,
  now,
  timezone,
}: Wait): string[] {
  const first = coverage?.urgencies[0]?.hours[0]?.first;
  const from = first && Date.parse(first.at);
  const isClosed =
    coverage !== undefined && status === 'waiting' && (from === undefined || from - now > SOON_MS);
  if (isClosed) {
    return [
      from === undefined
        ? 'Nobody is on duty, and I do not know when somebody will be.'
        : `Nobody is on duty right now. Somebody will be there from ${formatInstant(from, timezone)}.`,
      'You can wait here, come back to this page later, or leave your number to be called.',
    ];
  }
  return [
    asked.length === 0 ? 'I am asking my colleagues.' : `I am asking ${list(asked)}.`,
    describeUsual(stats, policy),
  ];
}

function describeUsual(stats: Stats | undefined, policy: string): string {
  const { count = 0, p50 = null, p95 = null } = stats?.policies[policy]?.secondsToTake ?? {};
  if (count < ENOUGH || p50 === null || p95 === null) {
    return 'I cannot say yet how long it usually takes; I tell you here when somebody comes.';
  }
  return `Half of the time somebody comes within ${formatSeconds(p50)}, nearly always within ${formatSeconds(p95)}.`;
}

/** Returns a length of time as people say it, never shorter than it is. */
export function formatSeconds(seconds: number): string {
  const minutes = Math.ceil(seconds / 60);
  if (minutes <= 1) return 'a minute';
  if (minutes < 90) return `${minutes} minutes`;
  return `${Math.ceil(minutes / 60)} hours`;
}

/** Returns an instant as a weekday and wall time of a zone, which it names. */
export function formatInstant(instant: number, timezone: string): string {
  const said = new Intl.DateTimeFormat('en-GB', {
    timeZone: timezone,
    weekday: 'long',
    hour: '2-digit',
    minute: '2-digit',
  }).format(instant);
  return `${said} (${timezone.replaceAll('_', ' ')} time)`;
}

function list(names: readonly string[]): string {
  return names.length < 2
    ? names.join('')
    : `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`;
}
