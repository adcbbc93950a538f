import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { runCommand, widthOf } from './run-command.ts';

test('without a command it prints help with examples', async () => {
  const { code, output } = await runCommand([]);
  expect(code).toBe(0);
  expect(output).toContain('npx baton preview config/samples/hot-lead.json');
});

test.each([['help'], ['--help'], ['help', 'check'], ['coverage', '--help'], ['preview', '-h']])(
  '%s %s is help, and fits 80 columns',
  async (...args) => {
    const { code, output, errors } = await runCommand(args.filter(Boolean));
    expect({ code, errors }).toEqual({ code: 0, errors: '' });
    expect(output).toContain('npx baton');
    expect(widthOf(output)).toBeLessThanOrEqual(80);
  },
);

test.each([
  [['prevue'], 'there is no command "prevue"'],
  [['constructor'], 'there is no command "constructor"'],
  [['check', '--srtict'], "Unknown option '--srtict'"],
  [['check', 'config/directory.yaml'], "Unexpected argument 'config/directory.yaml'"],
  [['check', '--directory'], "Option '--directory <value>' argument missing"],
  [['preview'], 'name one file'],
  [['preview', 'a.json', 'b.json'], 'name one file'],
  [['preview', 'config/samples/hot-lead.json', '--at', 'tomorrow'], '--at must be a time'],
  [['preview', 'config/samples/hot-lead.json', '--at', '2026-02-31T10:00'], '--at must be a time'],
  [['coverage', '--hours', '337'], '--hours must be a number from 1 to 336'],
  [['coverage', '--hours', '1e2'], '--hours must be a number from 1 to 336'],
  [['coverage', '--within', 'soon'], '--within: "soon" is not a duration'],
  [['coverage', '--urgency', 'soon'], '--urgency must be critical, urgent, routine'],
])('%j says what is wrong and how it is used, and exits with 2', async (args, fault) => {
  const { code, output, errors } = await runCommand(args);
  expect(code).toBe(2);
  expect(output).toBe('');
  expect(errors).toContain(fault);
  expect(errors).toContain('npx baton');
});

test('the program itself runs in a clone, with settings of the environment', () => {
  const run = (...args: string[]) =>
    spawnSync(process.execPath, ['bin/baton.mjs', ...args], {
      encoding: 'utf8',
      env: { ...process.env, BATON_DIRECTORY: 'test/support/directory.yaml', NO_COLOR: '1' },
    });

  const check = run('check', '--strict', '--json');
  expect(check.stderr).toBe('');
  expect(JSON.parse(check.stdout)).toMatchObject({
    ok: false,
    faults: [{ file: 'test/support/directory.yaml' }, { file: 'test/support/directory.yaml' }],
  });
  expect(check.status).toBe(1);

  const wrong = run('chekc');
  expect(wrong.status).toBe(2);
  expect(wrong.stderr).toContain('there is no command "chekc"');
});
