/*
 * pages/ turns what the domain computed into HTML that needs nothing else: no script, no other file. Everything
 * that came from outside is escaped.
 */
import type { Coverage, CoverageCell, CoverageGap } from '../domain/coverage.ts';
import {
  describeCell,
  describeGapTime,
  formatMoment,
  groupGaps,
  keyOf,
  layOutDays,
  listFirstReaders,
  rateCell,
  shortenDuration,
  type CoverageDay,
  type CoverageLevel,
  type FirstReader,
} from '../domain/coverage-grid.ts';
import { formatDuration } from '../domain/duration.ts';

/** Returns a page that shows for each hour of each policy's coverage who would be told first, and how late. */
export function renderCoveragePage(coverages: readonly Coverage[]): string {
  const names = coverages.map(({ policy }) => policy).join(', ');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<link rel="icon" href="data:,">
<title>Coverage of ${escape(names)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
${coverages.map(renderCoverage).join('\n')}
<p class="note">As files, calendars and absences are now; they may change until then.</p>
</main>
</body>
</html>
`;
}

function renderCoverage(coverage: Coverage): string {
  const { policy, from, until, timezone, urgencies, gaps } = coverage;
  return `<section class="policy">
<h1>${escape(policy)}</h1>
<p class="soft">Who would be told first of a handoff submitted at each hour, from ${escape(formatMoment(from, timezone))} to ${escape(formatMoment(until, timezone))} (${escape(timezone)}).</p>
${renderGaps(gaps, coverage)}
${urgencies.map((section) => renderUrgency(section, coverage)).join('\n')}
</section>`;
}

function renderGaps(gaps: readonly CoverageGap[], { urgencies, timezone }: Coverage): string {
  const limits = urgencies
    .map(({ urgency, withinMs }) => `${urgency} within ${formatDuration(withinMs)}`)
    .join(', ');
  if (gaps.length === 0) {
    return `<div class="verdict good"><h2>No gaps</h2><p>Somebody is told at every hour: ${escape(limits)}.</p></div>`;
  }
  const items = groupGaps(gaps).map(({ urgency, reason, gaps: alike }) => {
    const times = alike.map((gap) => escape(describeGapTime(gap, timezone))).join('<br>');
    return `<li><b>${escape(urgency)}: ${times}</b><br>${escape(reason)}</li>`;
  });
  return `<div class="verdict bad"><h2>${gaps.length === 1 ? 'One gap' : `${gaps.length} gaps`}</h2>
<p>Nobody would be told in time (${escape(limits)}):</p>
<ul>${items.join('\n')}</ul></div>`;
}

function renderUrgency(
  { urgency, withinMs, hours }: Coverage['urgencies'][number],
  { policy, timezone }: Coverage,
): string {
  const readers = listFirstReaders(hours);
  const days = layOutDays(hours, timezone);
  const id = `${policy}-${urgency}`;
  const heads = Array.from({ length: 24 }, (_, hour) => `<th scope="col">${pad(hour)}</th>`);
  return `<h2 id="${escape(id)}">${escape(urgency)}</h2>
<p class="soft">Each cell: who is told first, and how long after the submission.</p>
<div class="scroll" role="region" aria-labelledby="${escape(id)}" tabindex="0">
<table>
<caption class="words">${escape(`${policy}, ${urgency}: who is told first, by day and hour`)}</caption>
<thead><tr><th scope="col" class="corner">hour</th>${heads.join('')}</tr></thead>
<tbody>
${days.map((day) => renderDay(day, readers, timezone)).join('\n')}
</tbody>
</table>
</div>
${renderLegend(hours, readers, withinMs)}`;
}

function renderDay(
  { label, hours }: CoverageDay,
  readers: ReadonlyMap<string, FirstReader>,
  timezone: string,
): string {
  const cells = hours.map((cell) => renderCell(cell, readers, timezone));
  return `<tr><th scope="row">${escape(label)}</th>${cells.join('')}</tr>`;
}

function renderCell(
  cell: CoverageCell | undefined,
  readers: ReadonlyMap<string, FirstReader>,
  timezone: string,
): string {
  if (!cell) return '<td class="none"></td>';
  const { first, isGap } = cell;
  const code = first ? (readers.get(keyOf(first))?.code ?? '') : '!';
  const delay = first && first.afterMs > 0 ? `+${shortenDuration(first.afterMs)}` : '';
  const words = escape(describeCell(cell, timezone));
  return `<td class="${rateCell(cell)}" title="${words}"><span aria-hidden="true"><b>${isGap ? '!' : ''}${escape(code)}</b><i>${delay}</i></span><span class="words">${words}</span></td>`;
}

function renderLegend(
  hours: readonly CoverageCell[],
  readers: ReadonlyMap<string, FirstReader>,
  withinMs: number,
): string {
  const used = new Set(hours.map(rateCell));
  const levels = LEVELS.filter(([level]) => used.has(level)).map(
    ([level, words]) =>
      `<li><span class="swatch ${level}"></span>${escape(words.replace('LIMIT', formatDuration(withinMs)))}</li>`,
  );
  const people = [...readers.values()].map(
    ({ code, name, channel }) =>
      `<li><b>${escape(code)}</b> ${escape(name)} by ${escape(channel)}</li>`,
  );
  return `<ul class="legend">${[...people, ...levels].join('')}</ul>`;
}

const LEVELS: readonly (readonly [CoverageLevel, string])[] = [
  ['at-once', 'at once'],
  ['soon', 'within 15 min'],
  ['hours', 'within 4 h'],
  ['day', 'later, and still in time'],
  ['gap', '! gap: later than LIMIT'],
  ['nobody', '!! gap: nobody is told'],
];

function pad(hour: number): string {
  return String(hour).padStart(2, '0');
}

function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

const STYLE = `
:root {
  color-scheme: light dark;
  --paper: light-dark(#f4f3ef, #131517);
  --card: light-dark(#ffffff, #1c1f23);
  --line: light-dark(#e3e0d8, #2d3238);
  --ink: light-dark(#23262b, #e8e6e1);
  --soft: light-dark(#5d626a, #a3aab3);
  --at-once: light-dark(#cfe8dd, #1d4438);
  --soon: light-dark(#e8efc4, #3d4420);
  --hours: light-dark(#fdebb0, #57451a);
  --day: light-dark(#fbd5a5, #6a4316);
  --gap: light-dark(#b3362b, #f08a7e);
  --on-gap: light-dark(#ffffff, #2a0f0c);
  --good-tint: light-dark(#e5f0ec, #1d302b);
  --bad-tint: light-dark(#fbe9e7, #3a2120);
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif; }
main { max-width: 1180px; margin: 0 auto; padding: 20px 16px 40px; }
.policy + .policy { margin-top: 48px; padding-top: 24px; border-top: 2px solid var(--line); }
h1 { margin: 0; font-size: 22px; line-height: 1.3; letter-spacing: -0.01em; overflow-wrap: anywhere; }
h2 { margin: 28px 0 8px; font-size: 17px; }
p { margin: 4px 0; }
.soft, .note { color: var(--soft); font-size: 13px; }
.verdict { margin-top: 16px; padding: 12px 16px; border-radius: 10px; overflow-wrap: anywhere; }
.verdict h2 { margin: 0; }
.verdict ul { margin: 8px 0 0; padding-left: 20px; }
.verdict li { margin: 4px 0; }
.good { background: var(--good-tint); }
.bad { background: var(--bad-tint); border-left: 4px solid var(--gap); }
.scroll { margin-top: 8px; overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
.scroll:focus-visible { outline: 2px solid var(--gap); outline-offset: 2px; }
table { width: 100%; border-collapse: separate; border-spacing: 2px; font-size: 12px; line-height: 1.25; }
th { padding: 4px; font-weight: 500; color: var(--soft); white-space: nowrap; }
th[scope='row'], .corner { position: sticky; left: 0; z-index: 1; padding-right: 10px; padding-left: 12px; text-align: left; background: var(--card); }
td { position: relative; min-width: 40px; height: 40px; padding: 2px; border-radius: 4px; text-align: center; }
td b, td i { display: block; font-style: normal; white-space: nowrap; }
td b { font-weight: 600; }
.at-once { background: var(--at-once); }
.soon { background: var(--soon); }
.hours { background: var(--hours); }
.day { background: var(--day); }
.gap, .nobody { background: var(--gap); color: var(--on-gap); }
.nobody { background-image: repeating-linear-gradient(45deg, transparent 0 6px, rgb(0 0 0 / 25%) 6px 9px); }
.words { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 18px; margin: 8px 0 0; padding: 0; list-style: none; font-size: 13px; }
.swatch { display: inline-block; width: 14px; height: 14px; margin-right: 6px; border-radius: 3px; vertical-align: -2px; }
.note { margin-top: 28px; }
`;
