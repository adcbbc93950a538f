/*
 * cli/ is the command line: it reads the same files as the services, asks the domain, and lays the answer out for a
 * terminal or as JSON. It starts nothing and needs no server.
 */

import type { ReplyWays } from '../domain/preview.ts';

/** Everything of the world that a command needs. */
export interface Surroundings {
  /** Taken unless options name others. */
  readonly files: { readonly directory: string; readonly policies: string };
  /** The file of the sources and their keys, unless an option names another. */
  readonly sourcesFile: string;
  /** How people answer, as far as the settings tell. */
  readonly ways?: ReplyWays | undefined;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly readInput: () => Promise<string>;
  readonly write: (text: string) => void;
  readonly writeError: (text: string) => void;
  /** Somebody looks at it: long lines are folded. */
  readonly isTerminal: boolean;
  readonly hasColour: boolean;
}

/** The command was called in a way that makes no sense; said with its usage. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** What was asked for cannot be had; said as it is. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}

/** What a process says with its exit code. */
export const EXIT = { ok: 0, faults: 1, usage: 2 } as const;
