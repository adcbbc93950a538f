import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { InvalidFileError, loadOrganisation } from '../../src/directory/load.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'baton-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const DIRECTORY = `organisation: { timezone: America/New_York }
responders:
  alice: { name: Alice Ng, phone: '+15005550010' }
teams:
  sales: [alice]
`;
const POLICIES = `sales:
  lastResort: { notify: [alice] }
  urgent:
    tiers:
      - { notify: ['team:sales'], ladder: [sms], escalateAfter: 5m }
`;

/** Loads two files and returns their faults without the folder. */
function faultsOf(directory: string, policies: string): string[] {
  const files = {
    directory: join(folder, 'directory.yaml'),
    policies: join(folder, 'policies.yaml'),
  };
  writeFileSync(files.directory, directory);
  writeFileSync(files.policies, policies);
  try {
    loadOrganisation(files);
    return [];
  } catch (error) {
    if (!(error instanceof InvalidFileError)) throw error;
    return error.faults.map((fault) => fault.replace(`${folder}/`, ''));
  }
}

test('the example that Baton comes with loads', () => {
  const { directory, policies } = loadOrganisation({
    directory: 'config/directory.yaml',
    policies: 'config/policies.yaml',
  });
  expect(Object.keys(directory.responders)).toHaveLength(3);
  expect(policies['inbound-sales']).toMatchObject({ urgent: {}, routine: {} });
});

test('good files have no faults', () => {
  expect(faultsOf(DIRECTORY, POLICIES)).toEqual([]);
});

test('faults of both files come at once, each with its line', () => {
  const directory = DIRECTORY.replace('America/New_York', 'Mars').replace(
    '[alice]',
    '[alice, zoe]',
  );
  const policies = POLICIES.replace('5m', 'soon').replace('[alice]', '[]');

  expect(faultsOf(directory, policies)).toEqual(
    [
      'directory.yaml:1: organisation.timezone: must be an IANA time zone, such as America/New_York',
      'directory.yaml:5: teams.sales.1: "zoe" is not among the responders',
      'policies.yaml:5: sales.urgent.tiers.0.escalateAfter: "soon" is not a duration; write for example 90s, 5m, 1h30m, 7d or PT5M',
      'policies.yaml:2: sales.lastResort: names nobody: without a last resort a handoff could end unseen',
    ].sort(
      (a, b) => faultsOf(directory, policies).indexOf(a) - faultsOf(directory, policies).indexOf(b),
    ),
  );
});

test('a policy may only name whom the directory knows', () => {
  const policies = POLICIES.replace('team:sales', 'team:support').replace('[alice]', '[carol]');
  expect(faultsOf(DIRECTORY, policies)).toEqual([
    'policies.yaml:2: sales.lastResort.notify.0: "carol" is not among the responders: alice',
    'policies.yaml:5: sales.urgent.tiers.0.notify.0: "team:support" is not among the teams: sales',
  ]);
});

test('what is no YAML is a fault with its line, and a missing file says so', () => {
  expect(faultsOf(`${DIRECTORY}  sales: [again]\n`, POLICIES)).toEqual([
    'directory.yaml:6: Map keys must be unique',
  ]);
  const missing = (): unknown =>
    loadOrganisation({ directory: join(folder, 'no.yaml'), policies: join(folder, 'no.yaml') });
  expect(missing).toThrow(/no\.yaml: cannot be read \(ENOENT\)/);
});

test('a name that breaks the rules is told the rule', () => {
  expect(
    faultsOf(DIRECTORY.replace('  alice:', '  Alice:'), POLICIES.replace('sales:', 'Sales team:')),
  ).toEqual([
    'directory.yaml:3: responders.Alice: an id is in lower case: letters, digits, - and _',
    'directory.yaml:5: teams.sales.0: "alice" is not among the responders',
    'policies.yaml:1: Sales team: a policy is named in lower case, such as inbound-sales',
  ]);
});

test('a fault lies on the line of the entry, or of what it is missing from', () => {
  const directory = `# who
organisation:
  timezone: America/New_York
responders:

  alice:
    name: Alice Ng
    phone: 15005550010

  bob:
    name: Bob Diaz
    pager: 7
`;
  expect(faultsOf(directory, '')).toEqual([
    'directory.yaml:8: responders.alice.phone: must be in quotes: "+15005550010"; without them it is read as a number',
    'directory.yaml:12: responders.bob: Unrecognized key: "pager"',
    'directory.yaml:10: responders.bob: cannot be reached: give a phone or an email',
    'policies.yaml:1: Invalid input: expected record, received null',
  ]);
});

test.each([
  ['an alias of nothing', 'organisation: *house\n', /^directory\.yaml: Unresolved alias/],
  [
    'aliases of aliases without end',
    `a: &a [1]\n${Array.from('bcdefg', (name, index) => `${name}: &${name} [${`*${'abcdef'.charAt(index)},`.repeat(9)}]`).join('\n')}\n`,
    /^directory\.yaml: Excessive alias count/,
  ],
  ['two documents', 'a: 1\n---\nb: 2\n', /^directory\.yaml:\d: Source contains multiple documents/],
  ['a tab for an indent', 'organisation:\n\ttimezone: UTC\n', /^directory\.yaml:2: Tabs/],
])('%s is a fault, not a crash', (_what, directory, fault) => {
  expect(faultsOf(directory, POLICIES)[0]).toMatch(fault);
});

test('an anchor may be used again', () => {
  const policies = `sales:
  lastResort: { notify: &all ['team:sales'] }
  urgent:
    tiers:
      - { notify: *all, ladder: [sms], escalateAfter: 5m }
`;
  expect(faultsOf(DIRECTORY, policies)).toEqual([]);
});

test('the message lists each fault on a line of its own, and counts them', () => {
  expect(new InvalidFileError(['a:1: x', 'b:2: y']).message).toBe('2 faults:\n  a:1: x\n  b:2: y');
  expect(new InvalidFileError(['a:1: x']).message).toBe('1 fault:\n  a:1: x');
});
