/*
 * domain/ is pure: no clock, environment, network or log. It decides whom to tell, when, how, and what an
 * answer means; everything it needs to know is passed in.
 */

/** Weeks, days, hours, minutes, seconds: the order of the groups below. */
const UNITS_MS = [604_800_000, 86_400_000, 3_600_000, 60_000, 1_000] as const;

const COMPACT = /^(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/;
const ISO = /^P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/;

/** What a duration looks like, for descriptions of an API; which of them are in range is not in it. */
export const DURATION_PATTERN = [
  '^(?:(?=[0-9])(?:[0-9]{1,9}w)?(?:[0-9]{1,9}d)?(?:[0-9]{1,9}h)?(?:[0-9]{1,9}m)?(?:[0-9]{1,9}s)?',
  '|P(?=[0-9]|T[0-9])(?:[0-9]{1,9}W)?(?:[0-9]{1,9}D)?',
  '(?:T(?=[0-9])(?:[0-9]{1,9}H)?(?:[0-9]{1,9}M)?(?:[0-9]{1,9}S)?)?)$',
].join('');

/**
 * Returns the milliseconds that a duration such as `90s`, `5m`, `1h30m`, `7d` or ISO 8601's `PT5M`, `P7D`
 * stands for, or undefined when the text is none. Years and months are refused: their length is not fixed.
 */
export function parseDuration(text: string): number | undefined {
  const match = COMPACT.exec(text.trim()) ?? ISO.exec(text.trim());
  const amounts: (string | undefined)[] = match ? match.slice(1, 6) : [];
  if (amounts.every((amount) => amount === undefined)) return undefined;
  const ms = amounts.reduce(
    (total, amount, index) => total + Number(amount ?? 0) * (UNITS_MS[index] ?? 0),
    0,
  );
  return Number.isSafeInteger(ms) ? ms : undefined;
}

/** Returns a duration for people: `90 s`, `5 min`, `1 h 30 min`, `7 days`; parts under a second are rounded up. */
export function formatDuration(ms: number): string {
  const seconds = Math.ceil(ms / 1_000);
  if (seconds < 120 && seconds % 60 !== 0) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return `${Math.round(hours / 24)} days`;
}

/**
 * Returns the ISO instant `ms` milliseconds after the ISO instant `at`. Time within a pause does not count;
 * pauses are sorted and apart.
 */
export function instantAfter(
  at: string,
  ms: number,
  pauses: readonly { readonly from: string; readonly until: string }[] = [],
): string {
  let end = Date.parse(at) + ms;
  if (ms === 0) return new Date(end).toISOString();
  for (const pause of pauses) {
    const from = Math.max(Date.parse(pause.from), Date.parse(at));
    const until = Date.parse(pause.until);
    if (from < end && until > from) end += until - from;
  }
  return new Date(end).toISOString();
}
