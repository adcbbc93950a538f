/*
 * directory/ reads the files that say who can be told and how: directory.yaml, policies.yaml and the
 * calendars they name. Faults of files are reported all at once, each with file and line.
 */
import { readFileSync } from 'node:fs';
import { isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, type Document } from 'yaml';
import type { z } from 'zod';
import { directorySchema, type Directory } from '../domain/directory.ts';
import { parseTarget } from '../domain/targets.ts';
import { policiesSchema, type Policies } from '../domain/policy.ts';

/** Says everything that is wrong with a file: one line a fault, `file:line: where: what`. */
export class InvalidFileError extends Error {
  override readonly name = 'InvalidFileError';
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(
      `${faults.length} ${faults.length === 1 ? 'fault' : 'faults'}:\n  ${faults.join('\n  ')}`,
    );
    this.faults = faults;
  }
}

/** Who can be told, and by which rules. */
export interface Organisation {
  readonly directory: Directory;
  readonly policies: Policies;
}

/** The files as they were read, good or not. */
export interface Inspection {
  /** Missing when there are faults. */
  readonly organisation?: Organisation;
  readonly faults: readonly string[];
  /** Returns where the last name on a path that is there stands. */
  readonly place: (file: 'directory' | 'policies', path: Path) => Place;
}

/** A line of a file; the first is 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
}

/**
 * Returns the directory and the policies from their files. Throws an InvalidFileError that lists all faults
 * of both files, also policies that name people or teams the directory does not have.
 */
export function loadOrganisation(files: { directory: string; policies: string }): Organisation {
  const { organisation, faults } = inspectOrganisation(files);
  if (!organisation) throw new InvalidFileError(faults);
  return organisation;
}

/** Returns the same, or all faults, and the way from a part of them to its line. */
export function inspectOrganisation(files: { directory: string; policies: string }): Inspection {
  const directory = readYaml(files.directory, directorySchema);
  const policies = readYaml(files.policies, policiesSchema);
  const faults = [
    ...directory.faults,
    ...policies.faults,
    ...(directory.value && policies.value
      ? checkTargets(policies.value, directory.value).map(({ path, message }) =>
          policies.locate(path, message),
        )
      : []),
  ];
  const isGood = directory.value && policies.value && faults.length === 0;
  return {
    ...(isGood && { organisation: { directory: directory.value, policies: policies.value } }),
    faults,
    place: (file, path) => (file === 'directory' ? directory : policies).place(path),
  };
}

type Path = readonly (string | number)[];

interface Reading<T> {
  readonly value?: T;
  readonly faults: readonly string[];
  /** Returns a fault with file and line; `culprit` is the name below the path that it is about. */
  locate(path: Path, message: string, culprit?: string): string;
  place(path: Path): Place;
}

function readYaml<S extends z.ZodType>(file: string, schema: S): Reading<z.output<S>> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    return {
      faults: [`${file}: cannot be read (${code})`],
      locate: (_, message) => message,
      place: () => ({ file, line: 1 }),
    };
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const place = (path: Path): Place => ({ file, line: lineOf(document, path, lines) });
  const locate = (path: Path, message: string, culprit?: string): string => {
    const where = path.length > 0 ? `${path.join('.')}: ` : '';
    const { line } = place(culprit === undefined ? path : [...path, culprit]);
    return `${file}:${line}: ${where}${message}`;
  };
  if (document.errors.length > 0) {
    return {
      faults: document.errors.map(
        ({ pos, message }) =>
          `${file}:${lines.linePos(pos[0]).line}: ${message.split('\n')[0]?.replace(/ at line.*/, '') ?? ''}`,
      ),
      locate,
      place,
    };
  }
  let content: unknown;
  try {
    content = document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    // An alias without its anchor, or aliases of aliases without end.
    return { faults: [`${file}: ${error instanceof Error ? error.message : ''}`], locate, place };
  }
  const parsed = schema.safeParse(content);
  if (parsed.success) return { value: parsed.data, faults: [], locate, place };
  const faults = parsed.error.issues.flatMap((issue) => {
    // What is wrong with a name is told by the issues within.
    const messages = issue.code === 'invalid_key' ? issue.issues : [issue];
    const culprit = issue.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
    return messages.map(({ message }) => locate(issue.path.map(toKey), message, culprit));
  });
  return { faults, locate, place };
}

function toKey(key: PropertyKey): string | number {
  return typeof key === 'symbol' ? String(key) : key;
}

/** Returns the line of the last name on the path that is there: of a key, where an entry has one. */
function lineOf(document: Document, path: Path, lines: LineCounter): number {
  for (let length = path.length; length > 0; length -= 1) {
    const parent = document.getIn(path.slice(0, length - 1), true);
    const name = path[length - 1];
    const node = isMap(parent)
      ? parent.items.find(({ key }) => isScalar(key) && String(key.value) === String(name))?.key
      : isSeq(parent)
        ? parent.get(name, true)
        : undefined;
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return lines.linePos(document.contents?.range?.[0] ?? 0).line;
}

function checkTargets(policies: Policies, directory: Directory): { path: Path; message: string }[] {
  const check = (targets: readonly string[], path: Path) =>
    targets.flatMap((target, index) => {
      const message = faultOf(target, directory);
      return message === undefined ? [] : [{ path: [...path, index], message }];
    });
  return Object.entries(policies).flatMap(([name, policy]) => [
    ...check(policy.lastResort.notify, [name, 'lastResort', 'notify']),
    ...(['critical', 'urgent', 'routine'] as const).flatMap((urgency) =>
      (policy[urgency]?.tiers ?? []).flatMap((tier, index) =>
        check(tier.notify, [name, urgency, 'tiers', index, 'notify']),
      ),
    ),
  ]);
}

function faultOf(target: string, directory: Directory): string | undefined {
  const { kind, name } = parseTarget(target);
  const known = directory[`${kind}s`];
  if (Object.hasOwn(known, name)) return undefined;
  const names = Object.keys(known).join(', ') || 'none';
  return `"${target}" is not among the ${kind}s: ${names}`;
}
