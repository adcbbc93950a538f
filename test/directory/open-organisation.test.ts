import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openOrganisation } from '../../src/directory/open-organisation.ts';
import { createLogLines } from './log-lines.ts';

test('a directory that changes has its calendars read at once', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'baton-'));
  const files = { directory: join(folder, 'directory.yaml'), policies: join(folder, 'p.yaml') };
  const write = (calendar: string): void => {
    const alice = { name: 'Alice', email: 'alice@example.com', calendar };
    const content = { organisation: { timezone: 'UTC' }, responders: { alice } };
    writeFileSync(files.directory, JSON.stringify(content));
  };
  write('none.ics');
  writeFileSync(files.policies, '{}');
  const { logger, lines } = createLogLines();
  const organisation = await openOrganisation(files, logger);

  // A calendar that cannot be read is no reason not to start.
  expect(organisation.report()).toMatchObject({
    organisation: { status: 'ok' },
    calendars: [{ name: 'alice', status: 'unreadable' }],
  });
  expect(lines).toMatchObject([{ level: 40, name: 'alice' }]);

  const day = new Date().toISOString().slice(0, 10).replaceAll('-', '');
  writeFileSync(
    join(folder, 'alice.ics'),
    `BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:${day}\nEND:VEVENT\nEND:VCALENDAR\n`,
  );
  write('alice.ics');
  organisation.store.check();
  await expect
    .poll(() => organisation.calendars.busyTimes('alice'))
    .toMatchObject({ times: [{ kind: 'away' }] });

  organisation.close();
  rmSync(folder, { recursive: true });
});
