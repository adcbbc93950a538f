import { InvalidFileError } from '../directory/load.ts';
import { CHECK_USAGE, runCheck } from './check.ts';
import { COVERAGE_USAGE, runCoverage } from './coverage.ts';
import { KEYS_USAGE, runKeys, runSecrets, SECRETS_USAGE } from './keys.ts';
import { PREVIEW_USAGE, runPreview } from './preview.ts';
import { CommandError, EXIT, UsageError, type Surroundings } from './surroundings.ts';

interface Command {
  readonly usage: string;
  readonly run: (args: readonly string[], surroundings: Surroundings) => Promise<number>;
}

const COMMANDS: Readonly<Record<string, Command>> = {
  check: { usage: CHECK_USAGE, run: runCheck },
  preview: { usage: PREVIEW_USAGE, run: runPreview },
  coverage: { usage: COVERAGE_USAGE, run: runCoverage },
  keys: { usage: KEYS_USAGE, run: runKeys },
  secrets: { usage: SECRETS_USAGE, run: runSecrets },
};

const HELP = `Baton hands work from automations to people. These commands look after its
files; they send nothing.

  npx baton check               all faults of the directory and the policies
  npx baton preview FILE        what a handoff would lead to if nobody answered
  npx baton coverage [POLICY]   who would be told first at each hour of the week
  npx baton keys                make, list and revoke the keys of sources
  npx baton secrets             what callbacks are signed with
  npx baton help COMMAND        the options of a command

Examples

  npx baton check --strict
  npx baton preview config/samples/hot-lead.json --at 2026-11-27T23:00
  cat lead.json | npx baton preview - --json
  npx baton coverage inbound-sales --urgency urgent --html coverage.html
  npx baton keys create crm --scopes handoffs:write,handoffs:read

Options of every command

  --directory FILE   instead of BATON_DIRECTORY, else config/directory.yaml
  --policies FILE    instead of BATON_POLICIES, else config/policies.yaml
  --offline          read no calendars: everybody counts as free of meetings
  --json             print JSON and nothing else`;

/** Runs the command line and returns the exit code: 0 good, 1 faults, 2 called in a way that makes no sense. */
export async function runCommandLine(
  args: readonly string[],
  surroundings: Surroundings,
): Promise<number> {
  const { write, writeError } = surroundings;
  const [first, ...rest] = args;
  const isHelp = first === undefined || first === 'help' || first === '--help' || first === '-h';
  const name = isHelp ? rest[0] : first;
  const command = name !== undefined && Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (name !== undefined && !command) {
    writeError(`baton: there is no command "${name}"\n\n${HELP}\n`);
    return EXIT.usage;
  }
  if (!command || isHelp || rest.includes('--help') || rest.includes('-h')) {
    write(`${command?.usage ?? HELP}\n`);
    return EXIT.ok;
  }
  try {
    return await command.run(rest, surroundings);
  } catch (error) {
    const usageFault = describeUsageFault(error);
    if (usageFault !== undefined) {
      writeError(`baton ${name ?? ''}: ${usageFault}\n\n${command.usage}\n`);
      return EXIT.usage;
    }
    if (error instanceof InvalidFileError || error instanceof CommandError) {
      writeError(`${error.message}\n`);
      return EXIT.faults;
    }
    throw error;
  }
}

/** Returns what is wrong with the arguments, or undefined when something else is. */
function describeUsageFault(error: unknown): string | undefined {
  if (error instanceof UsageError) return error.message;
  const isOfArguments =
    error instanceof TypeError &&
    'code' in error &&
    String(error.code).startsWith('ERR_PARSE_ARGS_');
  // Node's advice on positional arguments that begin with a dash helps nobody here.
  return isOfArguments ? error.message.split(/\. |\n/)[0]?.replace(/\.$/, '') : undefined;
}
