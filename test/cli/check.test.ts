import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { EXAMPLE_FILES, runCommand, widthOf } from './run-command.ts';

const DIRECTORY = `organisation: { timezone: America/New_York }
responders:
  alice: { name: Alice Ng, phone: '+15005550010' }
  bob:
    name: Bob Diaz
    email: bob@example.com
    calendar: missing.ics
teams:
  sales: [alice, bob]
`;
const POLICIES = `sales:
  lastResort: { notify: [bob] }
  urgent:
    tiers:
      - { notify: [alice], ladder: [sms], escalateAfter: 5m }
      - notify: [bob]
        ladder: [sms]
        escalateAfter: 5m
`;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'baton-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Checks two files; their folder is left out of what is said. */
async function check(
  { directory = DIRECTORY, policies = POLICIES },
  args: readonly string[] = [],
  surroundings: Parameters<typeof runCommand>[1] = {},
) {
  const files = {
    directory: join(folder, 'directory.yaml'),
    policies: join(folder, 'policies.yaml'),
  };
  writeFileSync(files.directory, directory);
  writeFileSync(files.policies, policies);
  const said = await runCommand(['check', ...args], { ...surroundings, files });
  return { ...said, output: said.output.replaceAll(`${folder}/`, '') };
}

test('the example that Baton comes with is good', async () => {
  const { code, output } = await runCommand(['check', '--strict'], { files: EXAMPLE_FILES });
  expect(output).toBe('ok: 3 responders, 1 team, 0 rotations, 1 policy\n');
  expect(code).toBe(0);
});

test('says each fault on a line with file and line of it, errors first', async () => {
  const { code, output } = await check({});
  expect(output.split('\n')).toEqual([
    'policies.yaml:6: error: sales.urgent.tiers.1.notify: tier 2 reaches nobody: none of bob has sms; add the phone or email to the directory, or a channel they have to the ladder',
    expect.stringMatching(
      /^directory\.yaml:7: warning: responders\.bob\.calendar: could not be read: .*Bob Diaz counts as free$/,
    ),
    'directory.yaml:9: warning: teams.sales: no policy or rotation names this team; name it as team:sales, or remove it',
    '1 error, 2 warnings',
    '',
  ]);
  expect(code).toBe(1);
});

test('without errors it is good, and not so when it is strict', async () => {
  const policies = POLICIES.replace('[bob]\n', "['team:sales']\n");
  const lax = await check({ policies }, ['--offline']);
  expect(lax.output).toBe('ok: 2 responders, 1 team, 0 rotations, 1 policy\n');
  expect(lax.code).toBe(0);
  const strict = await check({ policies }, ['--strict']);
  expect(strict.output).toContain('0 errors, 1 warning');
  expect(strict.output).not.toContain('ok:');
  expect(strict.code).toBe(1);
});

test('broken files: all faults of both, each with its line', async () => {
  const { code, output } = await check({
    directory: DIRECTORY.replace('America/New_York', 'Mars'),
    policies: POLICIES.replace('5m }', 'soon }'),
  });
  expect(output.split('\n')).toEqual([
    expect.stringMatching(/^directory\.yaml:1: error: organisation\.timezone: must be an IANA/),
    expect.stringMatching(
      /^policies\.yaml:5: error: sales\.urgent\.tiers\.0\.escalateAfter: "soon"/,
    ),
    '2 errors, 0 warnings',
    '',
  ]);
  expect(code).toBe(1);
});

test('a file that is not there is a fault too', async () => {
  const { code, output } = await runCommand(['check', '--policies', join(folder, 'none.yaml')]);
  expect(output).toContain('none.yaml: error: cannot be read (ENOENT)');
  expect(code).toBe(1);
});

test('as JSON it is nothing else', async () => {
  const { code, output } = await check({}, ['--json', '--offline']);
  expect(JSON.parse(output)).toEqual({
    ok: false,
    faults: [
      {
        file: 'policies.yaml',
        line: 6,
        severity: 'error',
        where: 'sales.urgent.tiers.1.notify',
        what: 'tier 2 reaches nobody: none of bob has sms',
        fix: expect.any(String) as string,
      },
      expect.objectContaining({ file: 'directory.yaml', line: 9, severity: 'warning' }),
    ],
  });
  expect(code).toBe(1);
});

test('titles of a calendar that mean nobody are named', async () => {
  writeFileSync(
    join(folder, 'on-call.ics'),
    [
      'BEGIN:VCALENDAR',
      'VERSION:2.0',
      'BEGIN:VEVENT',
      'UID:1',
      'DTSTART:20200101T000000Z',
      'DTEND:20200102T000000Z',
      'RRULE:FREQ=DAILY',
      'SUMMARY:Zelda',
      'END:VEVENT',
      'END:VCALENDAR',
      '',
    ].join('\r\n'),
  );
  const { output } = await check({
    directory: `${DIRECTORY}rotations:\n  nights: { calendar: on-call.ics }\n`,
  });
  expect(output).toMatch(
    /directory\.yaml:11: warning: rotations\.nights\.calendar: no responder is meant by "Zelda"/,
  );
});

test('who looks at a terminal gets folded lines and colour', async () => {
  const { output } = await check({}, ['--offline'], { isTerminal: true, hasColour: true });
  expect(output).toContain('\u001b[31merror\u001b[0m');
  // Colours take no columns.
  expect(widthOf(output.replace(/\u001b\[\d+m/g, ''))).toBeLessThanOrEqual(80);
});
