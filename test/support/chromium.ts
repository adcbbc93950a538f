import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium, type Browser } from 'playwright-core';
import { describe, test } from 'vitest';

const COMMANDS = [
  'chromium',
  'chromium-browser',
  'google-chrome',
  'google-chrome-stable',
  'chrome',
];
/** Where macOS has what is not on its PATH. */
const PLACES = [
  '/usr/bin/chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];

/** The pages under test are on this machine: the browser has no business elsewhere. */
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/**
 * Returns the path of a Chromium or Chrome: the one of CHROME_PATH, playwright's own, or an installed one;
 * undefined when there is none. A CHROME_PATH that does not exist counts as none.
 */
export function findChromium({
  chromePath = process.env['CHROME_PATH'],
  path = process.env['PATH'] ?? '',
}: { readonly chromePath?: string | undefined; readonly path?: string } = {}): string | undefined {
  if (chromePath !== undefined && chromePath !== '')
    return isExecutable(chromePath) ? chromePath : undefined;
  const onPath = path
    .split(delimiter)
    .flatMap((folder) => COMMANDS.map((command) => join(folder, command)));
  return [chromium.executablePath(), ...PLACES, ...onPath].find(isExecutable);
}

/** Starts a browser with a new profile, which is removed when the browser is closed. Throws when there is none. */
export async function launchChromium(): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error(MISSING);
  return await chromium.launch({ executablePath, args: FLAGS, chromiumSandbox: false });
}

/** What to do where there is none. */
export const MISSING =
  'There is no Chromium or Chrome here. Install one (Debian: apt-get install chromium), or set CHROME_PATH.';

/** Like `describe`, for tests that need a browser: without one they are skipped, except with CI=true. */
export function describeInBrowser(name: string, tests: () => void): void {
  if (findChromium() !== undefined) {
    describe(name, tests);
  } else if (process.env['CI'] === 'true') {
    test(`${name}: finds a browser`, () => {
      throw new Error(MISSING);
    });
  } else {
    describe.skip(`${name} (skipped: ${MISSING})`, tests);
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
