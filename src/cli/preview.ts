import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { firstInstantAt, parseWallTime } from '../domain/availability/zoned.ts';
import { deriveCode } from '../domain/code.ts';
import { formatMoment } from '../domain/coverage-grid.ts';
import type { DesignReview, Finding } from '../domain/design-test.ts';
import { findResponder, type Directory } from '../domain/directory.ts';
import { acceptRequest, type Handoff } from '../domain/handoff.ts';
import { previewHandoff, type Preview, type PreviewMessage } from '../domain/preview.ts';
import { readSubmission, type SubmissionFault } from '../domain/submission.ts';
import type { TimelineEntry } from '../domain/state.ts';
import { CommandError, EXIT, UsageError, type Surroundings } from './surroundings.ts';
import { createPaint, fold, frame, type Paint } from './terminal.ts';
import { COMMON_OPTIONS, readWorld } from './world.ts';

export const PREVIEW_USAGE = `npx baton preview FILE [--at TIME] [--all] [--offline] [--json]

Shows what a handoff would lead to if nobody answered, and sends nothing: what
the design test finds, what happens when, and every message as its reader would
get it. FILE holds what would be POSTed to /v1/handoffs; - reads it from the
standard input.

  --at TIME   submitted then: 2026-11-27T23:00 on the organisation's clock, or
              with an offset such as 2026-11-27T23:00Z; now, unless given
  --all       every repeat of the last resort too`;

/** Any id does; the messages show the code that belongs to this one. */
const SAMPLE_ID = 'hof_0123456789abcdef0123456789abcd';

/** Prints what a submission would lead to; fails when it would be refused. */
export async function runPreview(
  args: readonly string[],
  surroundings: Surroundings,
): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      ...COMMON_OPTIONS,
      at: { type: 'string' },
      all: { type: 'boolean', default: false },
    },
  });
  const [file] = positionals;
  if (file === undefined || positionals.length > 1) {
    throw new UsageError('name one file with a submission, or - for the standard input');
  }
  const { write } = surroundings;
  const paint = createPaint(surroundings.hasColour);
  const world = await readWorld(values, surroundings);
  const { timezone } = world.directory.organisation;
  const submittedAt = new Date(
    values.at === undefined ? surroundings.now() : readMoment(values.at, timezone),
  ).toISOString();
  const submission = readSubmission(await readJson(file, surroundings), world);
  if ('faults' in submission) {
    const { faults } = submission;
    write(
      values.json
        ? `${JSON.stringify({ errors: faults }, null, 2)}\n`
        : `${describeFaults(faults, paint)}\n`,
    );
    return EXIT.faults;
  }
  const { body, policy, designTest, written } = submission;
  const accepted = {
    id: SAMPLE_ID,
    code: deriveCode(SAMPLE_ID),
    source: 'preview',
    submittedAt,
    ...(written && { written }),
  };
  const handoff = acceptRequest(body, accepted);
  const preview = previewHandoff({ handoff, policy }, world.agendas, surroundings.ways);
  const isRefused = designTest === 'strict' && !preview.designTest.passed;
  if (values.json) {
    write(`${JSON.stringify(preview, null, 2)}\n`);
  } else {
    const { directory } = world;
    const about = { handoff, directory, isRefused, all: values.all, paint };
    write(`${describePreview(preview, about)}\n`);
  }
  return isRefused ? EXIT.faults : EXIT.ok;
}

/** Returns an instant in milliseconds: a wall time is one of the organisation's. */
function readMoment(text: string, timezone: string): number {
  const wall = parseWallTime(text);
  if (wall !== undefined) return firstInstantAt(wall, timezone);
  // Seconds are optional for people.
  const full = text.replace(/T(\d\d:\d\d)(?=Z|[+-])/, 'T$1:00');
  if (z.iso.datetime({ offset: true }).safeParse(full).success) return Date.parse(full);
  throw new UsageError(
    `--at must be a time such as 2026-11-27T23:00, or 2026-11-27T23:00Z, not "${text}"`,
  );
}

async function readJson(file: string, { readInput }: Surroundings): Promise<unknown> {
  let text: string;
  try {
    text = file === '-' ? await readInput() : readFileSync(file, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    throw new CommandError(`${file} cannot be read (${code}).`);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CommandError(
      `${file === '-' ? 'The standard input' : file} is not JSON: ${error instanceof Error ? error.message : ''}`,
    );
  }
}

function describeFaults(faults: readonly SubmissionFault[], paint: Paint): string {
  const count = faults.length === 1 ? 'one fault' : `${faults.length} faults`;
  return [
    paint('red', `The submission has ${count}; Baton would answer 422.`),
    ...faults.map(({ pointer, detail }) =>
      fold(`${pointer || '(top)'}: ${detail}`, '  ', '      '),
    ),
  ].join('\n');
}

interface About {
  readonly handoff: Handoff;
  readonly directory: Directory;
  readonly isRefused: boolean;
  /** Every repeat too. */
  readonly all: boolean;
  readonly paint: Paint;
}

const AWAY_NOTE =
  'Who said "away" by SMS is known to a running Baton only: POST /v1/handoffs/preview asks it.';

function describePreview({ designTest, plan, messages, status }: Preview, about: About): string {
  const { handoff, directory, isRefused, paint } = about;
  const { timezone } = directory.organisation;
  const { do: instruction, dueAt } = handoff.action;
  const due = dueAt === undefined ? '' : ` by ${formatMoment(dueAt, timezone)}`;
  return [
    paint('bold', fold(`${instruction}${due}`)),
    fold(
      `${handoff.urgency}, policy ${handoff.policy}, submitted ${formatMoment(handoff.submittedAt, timezone)} (${timezone})`,
    ),
    '',
    ...describeReview(designTest, isRefused, paint),
    '',
    paint('bold', `If nobody answers (${timezone})`),
    ...describePlan(plan, about),
    `  ${paint('dim', `It ends ${status}.`)}`,
    '',
    paint('bold', messages.length === 1 ? 'One message' : `${messages.length} messages`),
    ...describeMessages(messages, about),
    '',
    paint('dim', fold(AWAY_NOTE)),
  ].join('\n');
}

function describeReview(
  { passed, findings }: DesignReview,
  isRefused: boolean,
  paint: Paint,
): string[] {
  const verdict = passed
    ? paint('green', 'passed')
    : paint('red', isRefused ? 'failed; this policy is strict and refuses it' : 'failed');
  const amount = findings.length === 0 ? 'nothing to improve' : `${findings.length} to improve`;
  return [
    `${paint('bold', 'Design test')}: ${verdict}, ${amount}`,
    ...findings.map((finding) => describeFinding(finding, paint)),
  ];
}

function describeFinding({ id, severity, pointer, what, why, fix }: Finding, paint: Paint): string {
  const colour = severity === 'error' ? 'red' : 'yellow';
  return [
    `  ${paint(colour, severity)} ${id} at ${pointer || '(top)'}`,
    fold(what, '    '),
    fold(why, '    '),
    fold(`Fix: ${fix}`, '    ', '      '),
  ].join('\n');
}

/** The steps of a plan that people ask about; that somebody was planned for shows in the messages. */
const QUIET_STEPS: ReadonlySet<TimelineEntry['what']> = new Set(['submitted', 'planned']);

function describePlan(plan: readonly TimelineEntry[], { all, paint, ...about }: About): string[] {
  const { timezone } = about.directory.organisation;
  const shown = plan.filter(({ what }) => !QUIET_STEPS.has(what));
  const { kept, left } = all ? { kept: shown, left: [] } : leaveOutRepeats(shown);
  const lines = kept.map((entry) => {
    const moment = formatMoment(entry.at, timezone);
    const text = entry.what === 'sent' ? entry.because : `${VERBS[entry.what]}: ${entry.because}`;
    const line = fold(text, `  ${moment.padEnd(MOMENT_WIDTH)}  `, ' '.repeat(MOMENT_WIDTH + 6));
    return entry.what === 'sent' ? line : paint('dim', line);
  });
  const last = left.at(-1);
  if (!last) return lines;
  const end = kept.findIndex(({ what }) => what === 'expired');
  const note = `  ${' '.repeat(MOMENT_WIDTH)}  the same again ${left.filter(({ what }) => what === 'escalated').length} times until ${formatMoment(last.at, timezone)} (--all)`;
  lines.splice(end < 0 ? lines.length : end, 0, paint('dim', note));
  return lines;
}

/** As wide as `Mon 23 Nov 08:00`. */
const MOMENT_WIDTH = 16;

const VERBS: Readonly<Record<TimelineEntry['what'], string>> = {
  submitted: 'submitted',
  planned: 'planned',
  skipped: 'skips',
  waiting: 'waits',
  held: 'holds back',
  sent: 'sent',
  'not-sent': 'not sent',
  undelivered: 'undelivered',
  escalated: 'goes on',
  taken: 'taken',
  passed: 'passed',
  snoozed: 'snoozed',
  refused: 'refused',
  overdue: 'overdue',
  noted: 'noted',
  amended: 'amended',
  reassigned: 'reassigned',
  written: 'brief',
  resolved: 'resolved',
  withdrawn: 'withdrawn',
  expired: 'expires',
  unreached: 'unreached',
  'left-out': 'left out',
};

/** The last resort is reminded until the end: the first time is enough to see how. */
function leaveOutRepeats(plan: readonly TimelineEntry[]): {
  kept: readonly TimelineEntry[];
  left: readonly TimelineEntry[];
} {
  const begins = plan.flatMap(({ what, because }, index) =>
    what === 'escalated' && because.endsWith('on to last resort') ? [index] : [],
  );
  const [, second] = begins;
  const end = plan.findIndex(({ what }) => what === 'expired');
  if (second === undefined || end < 0) return { kept: plan, left: [] };
  return { kept: [...plan.slice(0, second), ...plan.slice(end)], left: plan.slice(second, end) };
}

function describeMessages(messages: readonly PreviewMessage[], about: About): string[] {
  const seen = new Set<string>();
  const shown = messages.filter(({ kind, recipient, channel }) => {
    const key = `${recipient} ${channel}`;
    if (about.all || kind !== 'last-resort') return true;
    const isFirst = !seen.has(key);
    seen.add(key);
    return isFirst;
  });
  const left = messages.length - shown.length;
  const note = `${left} more to the last resort are like those above (--all shows them).`;
  return [
    ...shown.map((message) => describeMessage(message, about)),
    ...(left > 0 ? ['', about.paint('dim', `  ${note}`)] : []),
  ];
}

function describeMessage(
  { at, localTime, recipient, name, channel, subject, text, segments }: PreviewMessage,
  { directory, paint }: About,
): string {
  const { timezone } = directory.organisation;
  const own = findResponder(directory, recipient)?.timezone ?? timezone;
  const size =
    segments === undefined ? '' : `, ${segments} ${segments === 1 ? 'segment' : 'segments'}`;
  const head = fold(`${formatMoment(at, timezone)}  ${channel} to ${name}${size}`, '  ');
  const body = subject === undefined ? text : `Subject: ${subject}\n\n${text.trimEnd()}`;
  return [
    '',
    paint('bold', head),
    ...(own === timezone ? [] : [paint('dim', `  their time: ${localTime}`)]),
    frame(body),
  ].join('\n');
}
