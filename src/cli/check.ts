import { parseArgs } from 'node:util';
import { InvalidFileError } from '../directory/load.ts';
import { checkOrganisation, type Fault } from '../domain/check.ts';
import { EXIT, type Surroundings } from './surroundings.ts';
import { createPaint, fold, type Paint } from './terminal.ts';
import { COMMON_OPTIONS, readWorld, type World } from './world.ts';

export const CHECK_USAGE = `npx baton check [--strict] [--offline] [--json]

Looks at the directory and the policies and prints every fault with file and
line: tiers and ladder steps that reach nobody, urgent tiers without a phone,
the same person on every tier, covers that go round in a circle, hours of the
coming week in which nobody would be told.

  --strict    warnings fail too
  --offline   reads no calendars, and says nothing about them`;

/** A fault as it is printed. */
interface Line {
  readonly file: string;
  /** Missing: of the file as a whole. */
  readonly line?: number;
  readonly severity: Fault['severity'];
  /** Such as `inbound-sales.urgent.tiers.0`. */
  readonly where?: string;
  readonly what: string;
  readonly fix?: string;
}

/** Prints what is wrong with the files; fails when something is. */
export async function runCheck(
  args: readonly string[],
  surroundings: Surroundings,
): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: { ...COMMON_OPTIONS, strict: { type: 'boolean', default: false } },
  });
  const { write } = surroundings;
  let lines: readonly Line[];
  let counts = '';
  try {
    const world = await readWorld(values, surroundings);
    lines = listFaults(world, { now: surroundings.now(), isOffline: values.offline });
    counts = countParts(world);
  } catch (error) {
    if (!(error instanceof InvalidFileError)) throw error;
    lines = error.faults.map(readFault);
  }
  const errors = lines.filter(({ severity }) => severity === 'error').length;
  const isGood = errors === 0 && !(values.strict && lines.length > 0);
  if (values.json) {
    write(`${JSON.stringify({ ok: isGood, faults: lines }, null, 2)}\n`);
  } else {
    const paint = createPaint(surroundings.hasColour);
    for (const line of lines) write(`${describeLine(line, surroundings.isTerminal, paint)}\n`);
    if (lines.length > 0) write(`${describeCount(errors, lines.length - errors)}\n`);
    if (isGood) write(`${paint('green', 'ok')}: ${counts}\n`);
  }
  return isGood ? EXIT.ok : EXIT.faults;
}

function listFaults(world: World, options: { now: number; isOffline: boolean }): Line[] {
  const faults = checkOrganisation(world, world.agendas, options);
  return [...faults, ...listUnmatched(world)].map(({ file, path, severity, what, fix }) => ({
    ...world.place(file, path),
    severity,
    where: path.join('.'),
    what,
    fix,
  }));
}

/** Turns in a rotation's calendar that name nobody. */
function listUnmatched({ calendars }: World): Fault[] {
  return calendars.flatMap(({ name, unmatched = [] }): Fault[] =>
    unmatched.length === 0
      ? []
      : [
          {
            file: 'directory',
            path: ['rotations', name, 'calendar'],
            severity: 'warning',
            what: `no responder is meant by ${unmatched.map((title) => `"${title}"`).join(', ')}`,
            fix: 'let the titles be the id, name or email of a responder',
          },
        ],
  );
}

/** Faults of broken files come as text: `file:line: what`. */
function readFault(text: string): Line {
  const match = /^(.+?)(?::(\d+))?: (.*)$/s.exec(text);
  if (!match) return { file: '', severity: 'error', what: text };
  const [, file = '', line, what = ''] = match;
  return { file, ...(line !== undefined && { line: Number(line) }), severity: 'error', what };
}

/** One line for each fault, for grep and editors; folded for who looks at a terminal. */
function describeLine(
  { file, line, severity, where, what, fix }: Line,
  isFolded: boolean,
  paint: Paint,
): string {
  const place = line === undefined ? file : `${file}:${line}`;
  const about = where === undefined ? what : `${where}: ${what}`;
  const text = `${place}: ${severity}: ${about}${fix === undefined ? '' : `; ${fix}`}`;
  const shown = isFolded ? fold(text, '', '    ') : text;
  const colour = severity === 'error' ? 'red' : 'yellow';
  return shown.replace(`: ${severity}: `, () => `: ${paint(colour, severity)}: `);
}

function describeCount(errors: number, warnings: number): string {
  return [count(errors, 'error'), count(warnings, 'warning')].join(', ');
}

function countParts({ directory, policies }: World): string {
  return [
    count(Object.keys(directory.responders).length, 'responder'),
    count(Object.keys(directory.teams).length, 'team'),
    count(Object.keys(directory.rotations).length, 'rotation'),
    count(Object.keys(policies).length, 'policy', 'policies'),
  ].join(', ');
}

function count(amount: number, one: string, many = `${one}s`): string {
  return `${amount} ${amount === 1 ? one : many}`;
}
