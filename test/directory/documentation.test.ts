import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadOrganisation } from '../../src/directory/load.ts';
import { directorySchema } from '../../src/domain/directory.ts';

test('the example of docs/directory.md loads, and has every field there is', () => {
  const [, yaml = ''] = /```yaml\n(.*?)```/s.exec(readFileSync('docs/directory.md', 'utf8')) ?? [];
  const folder = mkdtempSync(join(tmpdir(), 'baton-'));
  const files = { directory: join(folder, 'directory.yaml'), policies: join(folder, 'p.yaml') };
  writeFileSync(files.directory, yaml);
  writeFileSync(
    files.policies,
    `sales:
  lastResort: { notify: [carol] }
  urgent:
    tiers:
      - { notify: ['rotation:sales-primary', 'rotation:nights'], ladder: [sms], escalateAfter: 5m }
      - { notify: ['team:sales', 'rotation:sales-backup'], ladder: [sms], escalateAfter: 5m }
`,
  );

  const { directory } = loadOrganisation(files);

  const { responders, rotations } = directory;
  expect(Object.keys(directory)).toEqual(Object.keys(directorySchema.shape));
  expect(Object.keys(directory.organisation).sort()).toEqual(
    Object.keys(directorySchema.shape.organisation.shape).sort(),
  );
  const used = Object.values(responders).flatMap((responder) => Object.keys(responder));
  const fields = Object.keys(directorySchema.shape.responders.valueType.shape);
  expect([...new Set(used)].sort()).toEqual(fields.sort());
  expect(rotations['sales-primary']).toMatchObject({ overrides: [{}], swaps: [{}] });
  expect(rotations['nights']).toMatchObject({ responders: ['bob', 'carol'] });
  expect(rotations['sales-backup']).toEqual({ calendar: 'https://calendar.example/on-call.ics' });
  rmSync(folder, { recursive: true });
});
