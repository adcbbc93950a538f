import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { explainTwilioCode } from '../../src/domain/provider-codes.ts';

test('the table of the docs says what the program does', () => {
  const docs = readFileSync(new URL('../../docs/delivery.md', import.meta.url), 'utf8');
  const rows = [...docs.matchAll(/^\| (\d{5}) +\| (\w+) +\| (.*?) +\|$/gm)];
  const known = Array.from({ length: 99_999 }, (_, code) => code).filter(explainTwilioCode);
  expect(rows.map(([, code]) => Number(code))).toEqual(known);
  for (const [, code, type, means] of rows) {
    const found = explainTwilioCode(Number(code));
    expect([found?.type.toLowerCase(), found?.means]).toEqual([type, means]);
  }
});
