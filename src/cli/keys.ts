import { parseArgs } from 'node:util';
import { lookUp } from '../domain/state.ts';
import { makeKey, makeSecret } from '../sources/keys.ts';
import { SCOPES, type Scope } from '../sources/scopes.ts';
import { loadSources, writeSource } from '../sources/sources-file.ts';
import type { Source, Sources } from '../sources/sources.ts';
import { CommandError, EXIT, UsageError, type Surroundings } from './surroundings.ts';

export const KEYS_USAGE = `npx baton keys create SOURCE [--scopes LIST] [--note TEXT]
npx baton keys list [SOURCE] [--json]
npx baton keys revoke KEY-ID

Makes and revokes the keys with which sources call. A key is shown once, when it
is made; the file keeps its hash. Running APIs see a change within a second.

  --scopes LIST    handoffs:write,handoffs:read,commands unless given; or decode, admin
  --note TEXT      what it is for
  --sources FILE   instead of BATON_SOURCES, else config/sources.yaml
  --json           prints JSON and nothing else`;

export const SECRETS_USAGE = `npx baton secrets rotate SOURCE
npx baton secrets retire SOURCE

What callbacks are signed with. rotate makes a new secret and shows it once; the
one before signs as well until retire, so that receivers can change over.

  --sources FILE   instead of BATON_SOURCES, else config/sources.yaml
  --json           prints JSON and nothing else`;

const OPTIONS = {
  sources: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const;

const DEFAULT_SCOPES: readonly Scope[] = ['handoffs:write', 'handoffs:read', 'commands'];

const EMPTY: Source = { keys: [], callbacks: { secrets: [], allow: [] } };

/** Makes, lists or revokes keys. */
export function runKeys(args: readonly string[], surroundings: Surroundings): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { ...OPTIONS, scopes: { type: 'string' }, note: { type: 'string' } },
  });
  const [action, name] = positionals;
  const file = values.sources ?? surroundings.sourcesFile;
  const { write } = surroundings;
  if (positionals.length > 2) throw new UsageError(`what is "${positionals[2] ?? ''}" for?`);
  switch (action) {
    case 'create': {
      const source = requireName(name, 'SOURCE');
      const known = lookUp(loadSources(file), source) ?? EMPTY;
      const { key, kept } = makeKey(readScopes(values.scopes), {
        now: surroundings.now(),
        note: values.note,
      });
      writeSource(file, source, { ...known, keys: [...known.keys, kept] });
      write(
        values.json
          ? `${JSON.stringify({ source, id: kept.id, scopes: kept.scopes, key })}\n`
          : `${key}\n\nThis is shown once. ${source} sends it as "Authorization: Bearer …"; it may ${kept.scopes.join(', ')}.\nTo revoke it: npx baton keys revoke ${kept.id}\n`,
      );
      break;
    }
    case 'list': {
      const rows = listKeys(loadSources(file), name);
      write(
        values.json
          ? `${JSON.stringify({ keys: rows }, null, 2)}\n`
          : rows
              .map(({ id, source, scopes, made, note }) =>
                [id, source, scopes.join(','), made.slice(0, 10), note ?? ''].join('  ').trimEnd(),
              )
              .concat(rows.length === 0 ? ['No keys.'] : [])
              .join('\n') + '\n',
      );
      break;
    }
    case 'revoke': {
      const id = requireName(name, 'KEY-ID');
      const [source, known] =
        Object.entries(loadSources(file)).find(([, { keys }]) =>
          keys.some((key) => key.id === id),
        ) ?? [];
      if (source === undefined || !known) throw new CommandError(`There is no key ${id}.`);
      writeSource(file, source, { ...known, keys: known.keys.filter((key) => key.id !== id) });
      write(
        values.json
          ? `${JSON.stringify({ source, id, revoked: true })}\n`
          : `Key ${id} of ${source} is revoked.\n`,
      );
      break;
    }
    default:
      throw new UsageError('say create, list or revoke');
  }
  return Promise.resolve(EXIT.ok);
}

/** Makes or drops what callbacks are signed with. */
export function runSecrets(args: readonly string[], surroundings: Surroundings): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: OPTIONS,
  });
  const [action, name] = positionals;
  const file = values.sources ?? surroundings.sourcesFile;
  const { write } = surroundings;
  if (positionals.length > 2) throw new UsageError(`what is "${positionals[2] ?? ''}" for?`);
  if (action !== 'rotate' && action !== 'retire') throw new UsageError('say rotate or retire');
  const source = requireName(name, 'SOURCE');
  const known = lookUp(loadSources(file), source);
  const [newest, ...older] = known?.callbacks.secrets ?? [];
  const put = (secrets: string[]): void => {
    const { callbacks, ...rest } = known ?? EMPTY;
    writeSource(file, source, { ...rest, callbacks: { ...callbacks, secrets } });
  };
  if (action === 'rotate') {
    const secret = makeSecret();
    put([secret, ...(newest === undefined ? [] : [newest])]);
    write(
      values.json
        ? `${JSON.stringify({ source, secret })}\n`
        : `${secret}\n\nThis is shown once. Callbacks of ${source} are signed with it${newest === undefined ? '' : `, and with the one before until\nnpx baton secrets retire ${source}`}.\n`,
    );
    return Promise.resolve(EXIT.ok);
  }
  if (newest === undefined) throw new CommandError(`Source ${source} has no secret.`);
  put([newest]);
  write(
    values.json
      ? `${JSON.stringify({ source, retired: older.length })}\n`
      : `Callbacks of ${source} are signed with the newest secret only.\n`,
  );
  return Promise.resolve(EXIT.ok);
}

function listKeys(sources: Sources, only: string | undefined) {
  return Object.entries(sources)
    .filter(([source]) => only === undefined || source === only)
    .flatMap(([source, { keys }]) =>
      keys.map(({ id, scopes, made, note }) => ({
        id,
        source,
        scopes,
        made,
        ...(note !== undefined && { note }),
      })),
    );
}

function requireName(name: string | undefined, what: string): string {
  if (name === undefined) throw new UsageError(`give ${what}`);
  if (!/^[a-z0-9][a-z0-9_-]{0,59}$/.test(name)) {
    throw new UsageError(`"${name}" is no name: lower case letters, digits, - and _`);
  }
  return name;
}

function readScopes(text: string | undefined): readonly Scope[] {
  if (text === undefined) return DEFAULT_SCOPES;
  const scopes = text.split(',').map((one) => one.trim());
  const known = SCOPES.filter((scope) => scopes.includes(scope));
  const unknown = scopes.filter((scope) => !SCOPES.some((one) => one === scope));
  if (unknown.length > 0) {
    throw new UsageError(`there is no scope "${unknown[0] ?? ''}"; there are ${SCOPES.join(', ')}`);
  }
  return known;
}
