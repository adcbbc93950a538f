/*
 * directory/ reads the files that say who can be told and how: directory.yaml and policies.yaml. Faults are
 * reported all at once, each with file and line.
 */
import { readFileSync } from 'node:fs';
import { LineCounter, parseDocument, type Document, type Node } from 'yaml';
import type { z } from 'zod';
import { directorySchema, type Directory } from '../domain/directory.ts';
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

/**
 * Returns the directory and the policies from their files. Throws an InvalidFileError that lists all faults
 * of both files, also policies that name people or teams the directory does not have.
 */
export function loadOrganisation(files: { directory: string; policies: string }): Organisation {
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
  if (!directory.value || !policies.value || faults.length > 0) throw new InvalidFileError(faults);
  return { directory: directory.value, policies: policies.value };
}

type Path = readonly (string | number)[];

interface Reading<T> {
  readonly value?: T;
  readonly faults: readonly string[];
  /** Returns a fault with the file and line of the nearest node on the path. */
  locate(path: Path, message: string): string;
}

function readYaml<S extends z.ZodType>(file: string, schema: S): Reading<z.output<S>> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    return { faults: [`${file}: cannot be read (${code})`], locate: (_, message) => message };
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const locate = (path: Path, message: string): string => {
    const where = path.length > 0 ? `${path.join('.')}: ` : '';
    return `${file}:${lineOf(document, path, lines)}: ${where}${message}`;
  };
  if (document.errors.length > 0) {
    return {
      faults: document.errors.map(
        ({ pos, message }) =>
          `${file}:${lines.linePos(pos[0]).line}: ${message.split('\n')[0]?.replace(/ at line.*/, '') ?? ''}`,
      ),
      locate,
    };
  }
  const parsed = schema.safeParse(document.toJS({ maxAliasCount: 100 }));
  if (parsed.success) return { value: parsed.data, faults: [], locate };
  const faults = parsed.error.issues.map((issue) => locate(issue.path.map(toKey), issue.message));
  return { faults, locate };
}

function toKey(key: PropertyKey): string | number {
  return typeof key === 'symbol' ? String(key) : key;
}

function lineOf(document: Document, path: Path, lines: LineCounter): number {
  for (let length = path.length; length >= 0; length -= 1) {
    const node = document.getIn(path.slice(0, length), true) as Node | undefined;
    if (node?.range) return lines.linePos(node.range[0]).line;
  }
  return 1;
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
  const team = target.startsWith('team:') ? target.slice('team:'.length) : undefined;
  if (team !== undefined) {
    return Object.hasOwn(directory.teams, team)
      ? undefined
      : `"${target}" is not among the teams: ${Object.keys(directory.teams).join(', ') || 'none'}`;
  }
  return Object.hasOwn(directory.responders, target)
    ? undefined
    : `"${target}" is not among the responders: ${Object.keys(directory.responders).join(', ')}`;
}
