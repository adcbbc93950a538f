const DAY_MS = 86_400_000;

/**
 * Returns an instant as the clock on the reader's wall shows it: `14:05` today, `Tue 14:05` within six days,
 * `24 Nov 14:05` otherwise. Uses the runtime's time-zone data, so never call it in a workflow.
 */
export function formatWallTime(
  at: string,
  { timezone, now }: { timezone: string; now: string },
): string {
  const instant = new Date(at);
  const time = formatTime(instant, timezone);
  if (dayOf(instant, timezone) === dayOf(new Date(now), timezone)) return time;
  const isNear = Math.abs(instant.getTime() - Date.parse(now)) < 6 * DAY_MS;
  const day = isNear
    ? format(instant, timezone, { weekday: 'short' })
    : format(instant, timezone, { day: 'numeric', month: 'short' });
  return `${day} ${time}`;
}

/** Returns an instant as a clock and a calendar show it, whenever it is read: `Mon 23 Nov 14:05`. */
export function formatDayAndTime(at: string, timezone: string): string {
  const instant = new Date(at);
  const day = format(instant, timezone, { weekday: 'short', day: 'numeric', month: 'short' });
  const time = formatTime(instant, timezone);
  return `${day.replace(',', '')} ${time}`;
}

/** Returns the time of day; in the hour that comes twice when clocks are put back, with its offset: `01:30 GMT-4`. */
function formatTime(instant: Date, timezone: string): string {
  const read = (at: Date): string =>
    format(at, timezone, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  const time = read(instant);
  const isTwice = SHIFTS_MS.some((ms) => read(new Date(instant.getTime() + ms)) === time);
  return isTwice ? `${time} ${nameOffset(instant, timezone)}` : time;
}

/** Clocks are put back by an hour nearly everywhere, by half of one on Lord Howe Island. */
const SHIFTS_MS = [-60, -30, 30, 60].map((minutes) => minutes * 60_000);

function nameOffset(instant: Date, timezone: string): string {
  return format(instant, timezone, { hour: 'numeric', timeZoneName: 'shortOffset' }).replace(
    /^\S+ /,
    '',
  );
}

function dayOf(instant: Date, timezone: string): string {
  return format(instant, timezone, { year: 'numeric', month: '2-digit', day: '2-digit' });
}

/** Making a formatter takes far longer than using one. */
const formatters = new Map<string, Intl.DateTimeFormat>();

function format(instant: Date, timeZone: string, options: Intl.DateTimeFormatOptions): string {
  const key = `${timeZone} ${Object.entries(options).join()}`;
  let formatter = formatters.get(key);
  if (!formatter) {
    formatter = new Intl.DateTimeFormat('en-GB', { timeZone, ...options });
    formatters.set(key, formatter);
  }
  return formatter.format(instant);
}
