import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Many people, each with a policy that tells them by SMS first, then the next of them, then the one after that. */
export interface Crowd {
  readonly files: { readonly directory: string; readonly policies: string };
  /** The ids of the people, which are the names of their policies too. */
  readonly people: readonly string[];
}

/** Writes the files of a crowd. */
export function writeCrowd(
  count: number,
  { escalateAfter = '10m', urgencies = ['urgent'] } = {},
): Crowd {
  const folder = mkdtempSync(join(tmpdir(), 'baton-crowd-'));
  const people = Array.from({ length: count }, (_, index) => `person-${index}`);
  const files = {
    directory: join(folder, 'directory.yaml'),
    policies: join(folder, 'policies.yaml'),
  };
  const lines = people.map(
    (id, index) =>
      `  ${id}: { name: ${id}, phone: '+1512${String(2_000_000 + index)}', email: ${id}@example.com }`,
  );
  const policies = people.map((id, index) => {
    const [second, third] = [1, 2].map((step) => people[(index + step) % count] ?? id);
    const tiers = [id, second].map(
      (person) => `{ notify: [${person ?? id}], ladder: [sms], escalateAfter: ${escalateAfter} }`,
    );
    const levels = urgencies.map(
      (urgency) => `${urgency}: { whenQuiet: ignore, tiers: [${tiers.join(', ')}] }`,
    );
    return `${id}: { lastResort: { notify: [${third ?? id}] }, ${levels.join(', ')} }`;
  });
  writeFileSync(
    files.directory,
    `organisation: { timezone: UTC }\nresponders:\n${lines.join('\n')}\n`,
  );
  writeFileSync(files.policies, `${policies.join('\n')}\n`);
  return { files, people };
}
