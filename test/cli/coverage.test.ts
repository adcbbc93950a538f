import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Coverage } from '../../src/domain/coverage.ts';
import { runCommand, widthOf } from './run-command.ts';

const DIRECTORY = `organisation:
  timezone: America/New_York
  quietHours: [{ days: mon-fri, from: '20:00', to: '08:00' }]
responders:
  alice: { name: Alice Ng, phone: '+15005550010', email: alice@example.com }
  anna: { name: Anna Nowak, phone: '+15005550011', timezone: America/Chicago }
`;
const POLICIES = `sales:
  lastResort: { notify: [anna], email: [leads@example.com] }
  urgent:
    tiers:
      - { notify: [alice], ladder: [sms], escalateAfter: 5m }
      - { notify: [anna], ladder: [sms], escalateAfter: 5m }
  routine:
    tiers:
      - { notify: [alice], ladder: [email], escalateAfter: 1h }
      - { notify: [anna], ladder: [sms], escalateAfter: 1h }
support:
  lastResort: { email: [leads@example.com] }
  urgent:
    tiers:
      - { notify: [anna], ladder: [sms], escalateAfter: 5m }
`;

let folder: string;
let files: { directory: string; policies: string };
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'baton-'));
  files = {
    directory: join(folder, 'directory.yaml'),
    policies: join(folder, 'policies.yaml'),
  };
  writeFileSync(files.directory, DIRECTORY);
  writeFileSync(files.policies, POLICIES);
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const cover = (...args: string[]) => runCommand(['coverage', ...args], { files });

test('shows who is told first at each hour, how late, and the gaps with their reason', async () => {
  const { code, output } = await cover('sales', '--urgency', 'urgent', '--hours', '24');
  expect(code).toBe(0);
  expect(output).toBe(`From Mon 23 Nov 10:00 to Tue 24 Nov 10:00 (America/New_York).

sales, urgent: who is told first

       Mon 23   Tue 24
00             !AN+8h
01             !AN+7h
02             !AN+6h
03             !AN+5h
04             !AN+4h
05             !AN+3h
06             !AN+2h
07             !AN+1h
08-09           AN
10-19  AN
20     A2
21    !AN+11h
22    !AN+10h
23    !AN+9h

AN Alice Ng by sms   A2 Anna Nowak by sms
+8h only so long after the submission   ! later than 15 min

One gap: later than 15 min, or nobody.
  Mon 23 Nov 21:00 to Tue 24 Nov 08:00
    up to 11 h until somebody is told; nobody can be told before: quiet hours:
    Alice Ng until Tue 08:00 (America/New_York)

Who said "away" by SMS is known to a running Baton only: ask its API for that.
`);
});

test('covers all policies and urgencies unless one is named, a fortnight at most', async () => {
  const { output } = await cover('--hours', '336');
  const titles = output.split('\n').filter((line) => line.endsWith('who is told first'));
  expect(titles).toEqual([
    'sales, urgent: who is told first',
    'sales, routine: who is told first',
    'support, urgent: who is told first',
  ]);
  expect(output).toContain('AN@ Alice Ng by email');
  expect(output).toContain('Mon 7');
  expect(widthOf(output)).toBeLessThanOrEqual(80);
});

test('what counts as in time can be said', async () => {
  const { output } = await cover('sales', '--urgency', 'urgent', '--within', '12h');
  expect(output).toContain('No gaps: somebody is told within 12 h at every hour.');
  expect(output).not.toContain('!');
});

test('as JSON it is a list of coverages and nothing else', async () => {
  const { output } = await cover('sales', '--hours', '2', '--json');
  const coverages = JSON.parse(output) as Coverage[];
  expect(coverages).toHaveLength(1);
  expect(coverages[0]).toMatchObject({ policy: 'sales', from: '2026-11-23T15:00:00.000Z' });
  expect(coverages[0]?.urgencies.map(({ hours }) => hours.length)).toEqual([2, 2]);
});

test('as a page it is a file', async () => {
  const file = join(folder, 'coverage.html');
  const { output } = await cover('--html', file);
  expect(output).toContain(`Written to ${file}`);
  const page = readFileSync(file, 'utf8');
  expect(page).toContain('<title>Coverage of sales, support</title>');
  expect(page).not.toContain('<script');
});

test.each([
  [['nowhere'], 'There is no policy "nowhere"; there are: sales, support.'],
  [['support', '--urgency', 'routine'], 'There are no rules for routine work in support.'],
  [['--html', 'no/such/folder/x.html'], 'no/such/folder/x.html cannot be written (ENOENT).'],
])('%j cannot be had, and it says so', async (args, fault) => {
  const { code, output, errors } = await cover(...args);
  expect({ code, output }).toEqual({ code: 1, output: '' });
  expect(errors).toBe(`${fault}\n`);
});

test('broken files are told with all faults', async () => {
  const { code, errors } = await runCommand(['coverage', '--directory', join(folder, 'no.yaml')]);
  expect(code).toBe(1);
  expect(errors).toContain('cannot be read (ENOENT)');
});
