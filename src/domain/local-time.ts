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
  const time = format(instant, timezone, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  if (dayOf(instant, timezone) === dayOf(new Date(now), timezone)) return time;
  const isNear = Math.abs(instant.getTime() - Date.parse(now)) < 6 * DAY_MS;
  const day = isNear
    ? format(instant, timezone, { weekday: 'short' })
    : format(instant, timezone, { day: 'numeric', month: 'short' });
  return `${day} ${time}`;
}

function dayOf(instant: Date, timezone: string): string {
  return format(instant, timezone, { year: 'numeric', month: '2-digit', day: '2-digit' });
}

function format(instant: Date, timeZone: string, options: Intl.DateTimeFormatOptions): string {
  return new Intl.DateTimeFormat('en-GB', { timeZone, ...options }).format(instant);
}
