import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { Document, LineCounter, parseDocument } from 'yaml';
import { InvalidFileError } from '../directory/load.ts';
import type { Logger } from '../logger.ts';
import { sourcesSchema, type Source, type Sources } from './sources.ts';

/** The sources as their file says, or said when it last was good. */
export interface SourceStore {
  readonly current: () => Sources;
  /** Ends watching; what is current stays. */
  close(): void;
}

/** Returns the sources of a file; a missing one has none. Throws an InvalidFileError with every fault. */
export function loadSources(file: string): Sources {
  return parseSources(readSources(file), file);
}

/**
 * Returns the sources of a file and reads it again when it changes; looks every `everyMs` (1 s). Throws an
 * InvalidFileError when it is invalid at the start; later the old ones stay until the new are good.
 */
export function watchSources(
  file: string,
  { logger, everyMs = 1_000 }: { readonly logger: Logger; readonly everyMs?: number },
): SourceStore {
  let seen = readSources(file);
  let current = parseSources(seen, file);
  const timer = setInterval(() => {
    let text: string;
    try {
      text = readSources(file);
      if (text === seen) return;
      seen = text;
      current = parseSources(text, file);
    } catch (error) {
      const faults = error instanceof InvalidFileError ? error.faults : ['it cannot be read'];
      logger.error({ faults }, 'the sources are invalid: the ones before stay in use');
      return;
    }
    logger.info('the sources are loaded again');
  }, everyMs).unref();
  return {
    current: () => current,
    close: () => {
      clearInterval(timer);
    },
  };
}

/**
 * Writes one source into the file and leaves the rest of it, comments too, as it is. The file is exchanged in one
 * step and readable by its owner only.
 */
export function writeSource(file: string, name: string, source: Source): void {
  const text = readSources(file);
  parseSources(text, file);
  const document = text.trim() === '' ? new Document({}) : parseDocument(text);
  const { keys, callbacks, outcomes } = source;
  const isDefault = callbacks.secrets.length === 0 && callbacks.allow.length === 0;
  document.set(
    name,
    document.createNode({
      keys,
      ...(!isDefault && { callbacks }),
      ...(outcomes && { outcomes }),
    }),
  );
  mkdirSync(dirname(file), { recursive: true });
  const draft = `${file}.${process.pid}.new`;
  writeFileSync(draft, document.toString({ lineWidth: 0 }), { mode: 0o600 });
  chmodSync(draft, 0o600);
  renameSync(draft, file);
}

function readSources(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

function parseSources(text: string, file: string): Sources {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  // What the parser quotes may hold a secret: only where it is goes into the message.
  const broken = document.errors.map(
    ({ pos }) => `${file}:${lines.linePos(pos[0]).line}: is not valid YAML here`,
  );
  if (broken.length > 0) throw new InvalidFileError(broken);
  const parsed = sourcesSchema.safeParse(document.toJS() ?? {});
  if (parsed.success) return parsed.data;
  throw new InvalidFileError(
    parsed.error.issues.map(({ path, message }) => `${file}: ${path.join('.')}: ${message}`),
  );
}
