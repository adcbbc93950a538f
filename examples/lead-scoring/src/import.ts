import { createHash } from 'node:crypto';
import { parse } from 'csv-parse/sync';
import { z } from 'zod';
import { identifySchema, readPayload, trackSchema, type Incoming } from './events.ts';
import { OUTCOMES, type Label } from './outcomes.ts';
import type { Store } from './store.ts';

/** What is wrong with a file; nothing of it was kept. */
export class InvalidCsvError extends Error {
  override readonly name = 'InvalidCsvError';
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(`The file cannot be used:\n${faults.slice(0, 20).join('\n')}`);
    this.faults = faults;
  }
}

/** What a file brought. */
export interface Imported {
  readonly events: number;
  readonly outcomes: number;
  /** Was there before. */
  readonly known: number;
}

const DAY_MS = 86_400_000;
const instant = z.iso.datetime({ offset: true });
const outcomeRow = z
  .object({
    userId: z.string().trim().min(1),
    outcome: z.enum(OUTCOMES),
    timestamp: instant,
    asOf: z.union([z.literal(''), instant]).optional(),
  })
  .refine(({ asOf, timestamp }) => !asOf || Date.parse(asOf) < Date.parse(timestamp), {
    path: ['asOf'],
    message: 'must be before timestamp: features are those from before the outcome',
  });

/**
 * Takes in a CSV with events (`type`, `userId` or `anonymousId`, `timestamp`, `event`, `messageId`, and columns such as
 * `properties.path` or `traits.email`) or outcomes (`userId`, `outcome`, `timestamp`, `asOf`). The same file again changes
 * nothing. History hands nothing off. Throws an InvalidCsvError that lists all faults; then nothing is kept.
 */
export function importCsv(store: Store, csv: string): Imported {
  const rows = readRows(csv);
  const isOutcomes = rows[0] !== undefined && 'outcome' in rows[0];
  const faults: string[] = [];
  const read = <T>(parse: (row: Row) => T | readonly string[]): T[] =>
    rows.flatMap((row, index) => {
      const result = parse(row);
      if (!Array.isArray(result)) return [result as T];
      // The first line has the names.
      faults.push(...result.map((fault) => `  line ${index + 2}: ${String(fault)}`));
      return [];
    });
  const labels = isOutcomes ? read(readOutcome) : [];
  const events = isOutcomes ? [] : read(readEvent);
  if (faults.length > 0) throw new InvalidCsvError(faults);
  const added = store.together(() => [
    labels.filter((label) => store.addLabel(label)).length,
    events.filter((event) => store.addEvent(event) !== undefined).length,
  ]);
  const [outcomes = 0, kept = 0] = added;
  return { events: kept, outcomes, known: rows.length - outcomes - kept };
}

type Row = Readonly<Record<string, string>>;

function readRows(csv: string): readonly Row[] {
  try {
    return parse(csv, { columns: true, bom: true, skip_empty_lines: true, trim: true });
  } catch (error) {
    throw new InvalidCsvError([`  ${error instanceof Error ? error.message : 'it is no CSV'}`]);
  }
}

function readOutcome(row: Row): Label | readonly string[] {
  const parsed = outcomeRow.safeParse(row);
  if (!parsed.success) return listFaults(parsed.error);
  const { userId, outcome, timestamp, asOf } = parsed.data;
  const at = new Date(timestamp).toISOString();
  const label = {
    lead: userId,
    outcome,
    at,
    asOf: new Date(asOf ? asOf : Date.parse(at) - DAY_MS).toISOString(),
  };
  return { ...label, key: `csv:${digest([label.lead, outcome, at])}` };
}

function readEvent(row: Row): Incoming | readonly string[] {
  const nested = (prefix: string) =>
    Object.fromEntries(
      Object.entries(row)
        .filter(([column, value]) => column.startsWith(`${prefix}.`) && value !== '')
        .map(([column, value]) => [column.slice(prefix.length + 1), value]),
    );
  const given = Object.fromEntries(Object.entries(row).filter(([, value]) => value !== ''));
  if (given['timestamp'] === undefined) return ['timestamp: is needed'];
  const type = given['type'];
  if (type === 'track') {
    const parsed = trackSchema.safeParse({ ...given, properties: nested('properties') });
    return parsed.success
      ? readPayload({ ...parsed.data, type }, whenHeard(parsed.data.timestamp))
      : listFaults(parsed.error);
  }
  if (type === 'identify') {
    const parsed = identifySchema.safeParse({ ...given, traits: nested('traits') });
    return parsed.success
      ? readPayload({ ...parsed.data, type }, whenHeard(parsed.data.timestamp))
      : listFaults(parsed.error);
  }
  return ['type: must be track or identify (a file of outcomes has a column "outcome")'];
}

/** A file of history is taken as heard when it happened. */
function whenHeard(timestamp: string | undefined): string {
  return new Date(timestamp ?? 0).toISOString();
}

function listFaults(error: z.ZodError): readonly string[] {
  return error.issues.map(({ path, message }) => `${path.join('.') || 'row'}: ${message}`);
}

function digest(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}
