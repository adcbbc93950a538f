import { text } from 'node:stream/consumers';
import { runCommandLine } from './cli/run.ts';
import { readCliConfig } from './config.ts';
import { createLinks } from './links/links.ts';
import { sampleLinks } from './links/sample-links.ts';
import { runEntry } from './run-entry.ts';

/** The command line's entry: `npx baton`. */
await runEntry('cli', async () => {
  const config = readCliConfig();
  // No link of a preview opens anything, so no secret is needed.
  const links = createLinks({
    secret: 'preview',
    baseUrl: config.PUBLIC_BASE_URL,
    mailDomain: config.BATON_MAIL_DOMAIN,
  });
  const { stdin, stdout, stderr } = process;
  // Whoever reads the output may stop early, as head does.
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit();
    throw error;
  });
  process.exitCode = await runCommandLine(process.argv.slice(2), {
    files: {
      directory: config.BATON_DIRECTORY,
      policies: config.BATON_POLICIES,
    },
    sourcesFile: config.BATON_SOURCES,
    ways: { replyNumber: config.TWILIO_FROM, ...sampleLinks(links) },
    now: Date.now,
    readInput: () => text(stdin),
    write: (output) => stdout.write(output),
    writeError: (output) => stderr.write(output),
    isTerminal: stdout.isTTY,
    hasColour: stdout.isTTY && config.NO_COLOR === undefined,
  });
});
