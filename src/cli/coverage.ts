import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { coverPolicy, type Coverage, type CoverageCell } from '../domain/coverage.ts';
import {
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
import { durationSchema, urgencySchema, type Urgency } from '../domain/handoff.ts';
import type { Policies } from '../domain/policy.ts';
import { renderCoveragePage } from '../pages/coverage-page.ts';
import { CommandError, EXIT, UsageError, type Surroundings } from './surroundings.ts';
import { createPaint, flow, fold, type Paint, type Style } from './terminal.ts';
import { COMMON_OPTIONS, readWorld } from './world.ts';

export const COVERAGE_USAGE = `npx baton coverage [POLICY] [--urgency U] [--hours N] [--within 15m]
                   [--html FILE] [--offline] [--json]

Shows for each hour of the coming week who would be told first of a handoff
submitted then, by which channel and how much later, and the hours in which
nobody would be told in time.

  --urgency U    critical, urgent or routine only
  --hours N      1 to 336 from now on; 168, a week, unless given
  --within 15m   later than this is a gap; unless given 15 min, and for routine
                 work until it expires
  --html FILE    writes it as a page`;

const MAX_HOURS = 336;
const WEEK_HOURS = 168;

/** So many days fit on a line. */
const DAYS_ABREAST = 8;

/** Prints who would be told first at each hour; a gap is no failure. */
export async function runCoverage(
  args: readonly string[],
  surroundings: Surroundings,
): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      ...COMMON_OPTIONS,
      urgency: { type: 'string' },
      hours: { type: 'string' },
      within: { type: 'string' },
      html: { type: 'string' },
    },
  });
  if (positionals.length > 1) throw new UsageError('name one policy, or none for all');
  const hours = readHours(values.hours);
  const withinMs = values.within === undefined ? undefined : readDuration(values.within);
  const urgency = values.urgency === undefined ? undefined : readUrgency(values.urgency);
  const { policies, agendas } = await readWorld(values, surroundings);
  const chosen = choosePolicies(policies, { name: positionals[0], urgency });
  const from = surroundings.now();
  const range = { urgency, from, hours, withinMs };
  const coverages = chosen.map((policy) => coverPolicy(policy, agendas, range));
  if (values.html !== undefined) writePage(values.html, coverages);
  if (values.json) surroundings.write(`${JSON.stringify(coverages, null, 2)}\n`);
  else {
    const paint = createPaint(surroundings.hasColour);
    const tables = coverages.map((coverage) => describeCoverage(coverage, paint));
    surroundings.write(`${tables.join('\n\n')}\n\n${AWAY_NOTE}\n`);
    if (values.html !== undefined) surroundings.write(`Written to ${values.html}\n`);
  }
  return EXIT.ok;
}

const AWAY_NOTE = 'Who said "away" by SMS is known to a running Baton only: ask its API for that.';

function readHours(text: string | undefined): number {
  if (text === undefined) return WEEK_HOURS;
  const hours = Number(text);
  if (/^\d+$/.test(text) && hours >= 1 && hours <= MAX_HOURS) return hours;
  throw new UsageError(`--hours must be a number from 1 to ${MAX_HOURS}, not "${text}"`);
}

function readDuration(text: string): number {
  const parsed = durationSchema.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new UsageError(`--within: ${parsed.error.issues[0]?.message ?? ''}`);
}

function readUrgency(text: string): Urgency {
  const parsed = urgencySchema.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new UsageError(`--urgency must be ${urgencySchema.options.join(', ')}, not "${text}"`);
}

/** Returns the policies that are asked for: those with rules for the urgency, if one is named. */
function choosePolicies(
  policies: Policies,
  { name, urgency }: { readonly name: string | undefined; readonly urgency: Urgency | undefined },
) {
  const known = Object.keys(policies).join(', ');
  const named = Object.entries(policies).filter(([key]) => name === undefined || key === name);
  if (named.length === 0) {
    throw new CommandError(`There is no policy "${name ?? ''}"; there are: ${known || 'none'}.`);
  }
  const chosen = named
    .filter(([, policy]) => urgency === undefined || policy[urgency])
    .map(([key, policy]) => ({ name: key, policy }));
  if (chosen.length > 0) return chosen;
  const which = named.map(([key]) => key).join(', ');
  throw new CommandError(`There are no rules for ${urgency ?? ''} work in ${which}.`);
}

function writePage(file: string, coverages: readonly Coverage[]): void {
  try {
    writeFileSync(file, renderCoveragePage(coverages));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw new CommandError(`${file} cannot be written (${code}).`);
  }
}

function describeCoverage(coverage: Coverage, paint: Paint): string {
  const { policy, timezone, urgencies, gaps } = coverage;
  const sections = urgencies.map((section) => {
    const { urgency, withinMs, hours } = section;
    const readers = listFirstReaders(hours);
    const days = layOutDays(hours, timezone);
    const own = gaps.filter((gap) => gap.urgency === urgency);
    const limit = formatDuration(withinMs);
    const summary =
      own.length === 0
        ? paint('green', `No gaps: somebody is told within ${limit} at every hour.`)
        : paint(
            'red',
            `${own.length === 1 ? 'One gap' : `${own.length} gaps`}: later than ${limit}, or nobody.`,
          );
    return [
      paint('bold', `${policy}, ${urgency}: who is told first`),
      '',
      ...describeTables(days, readers, paint),
      '',
      describeLegend(section.hours, readers, limit),
      '',
      summary,
      ...groupGaps(own).flatMap((alike) => [
        ...alike.gaps.map((gap) => `  ${describeGapTime(gap, timezone)}`),
        fold(alike.reason, '    '),
      ]),
    ].join('\n');
  });
  const title = `From ${formatMoment(coverage.from, timezone)} to ${formatMoment(coverage.until, timezone)} (${timezone}).`;
  return [title, ...sections].join('\n\n');
}

function describeTables(
  days: readonly CoverageDay[],
  readers: ReadonlyMap<string, FirstReader>,
  paint: Paint,
): string[] {
  const tables: string[] = [];
  for (let first = 0; first < days.length; first += DAYS_ABREAST) {
    tables.push(describeTable(days.slice(first, first + DAYS_ABREAST), readers, paint));
  }
  return [tables.join('\n\n')];
}

const LABEL_WIDTH = 6;
const CELL_WIDTH = 9;

/** Hours in which the same is so on every day share a line. */
function describeTable(
  days: readonly CoverageDay[],
  readers: ReadonlyMap<string, FirstReader>,
  paint: Paint,
): string {
  const rows: { from: number; until: number; text: string }[] = [];
  for (let hour = 0; hour < 24; hour += 1) {
    const cells = days.map(({ hours }) => hours[hour]);
    if (cells.every((cell) => cell === undefined)) continue;
    const text = cells.map((cell) => describeCell(cell, readers, paint)).join('');
    const last = rows.at(-1);
    if (last?.text === text && last.until === hour - 1) last.until = hour;
    else rows.push({ from: hour, until: hour, text });
  }
  const heads = days.map(({ label }) => ` ${label.slice(0, 6).trim()}`.padEnd(CELL_WIDTH));
  return [
    `${' '.repeat(LABEL_WIDTH)}${heads.join('')}`,
    ...rows.map(({ from, until, text }) => `${nameHours(from, until).padEnd(LABEL_WIDTH)}${text}`),
  ]
    .map((line) => line.trimEnd())
    .join('\n');
}

function nameHours(from: number, until: number): string {
  const name = (hour: number) => String(hour).padStart(2, '0');
  return from === until ? name(from) : `${name(from)}-${name(until)}`;
}

const COLOURS: Readonly<Record<CoverageLevel, Style>> = {
  'at-once': 'green',
  soon: 'green',
  hours: 'yellow',
  day: 'yellow',
  gap: 'red',
  nobody: 'red',
};

function describeCell(
  cell: CoverageCell | undefined,
  readers: ReadonlyMap<string, FirstReader>,
  paint: Paint,
): string {
  if (!cell) return ' '.repeat(CELL_WIDTH);
  const { first, isGap } = cell;
  const code = first ? (readers.get(keyOf(first))?.code ?? '') : '!';
  const delay = first && first.afterMs > 0 ? `+${shortenDuration(first.afterMs)}` : '';
  const text = `${isGap ? '!' : ' '}${code}${delay}`;
  return paint(COLOURS[rateCell(cell)], text) + ' '.repeat(Math.max(0, CELL_WIDTH - text.length));
}

function describeLegend(
  cells: readonly CoverageCell[],
  readers: ReadonlyMap<string, FirstReader>,
  limit: string,
): string {
  const people = [...readers.values()].map(
    ({ code, name, channel }) => `${code} ${name} by ${channel}`,
  );
  const isLate = cells.some(({ first }) => first && first.afterMs > 0);
  const hasGap = cells.some(({ isGap }) => isGap);
  const hasNobody = cells.some(({ first }) => !first);
  return flow([
    ...people,
    ...(isLate ? ['+8h only so long after the submission'] : []),
    ...(hasGap ? [`! later than ${limit}`] : []),
    ...(hasNobody ? ['!! nobody'] : []),
  ]);
}
