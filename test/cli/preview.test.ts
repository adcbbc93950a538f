import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Preview } from '../../src/domain/preview.ts';
import { runCommand, TEST_FILES, widthOf } from './run-command.ts';

const LEAD = 'config/samples/hot-lead.json';
const lead = JSON.parse(readFileSync(LEAD, 'utf8')) as Record<string, object>;

/** What a submission of the lead with changes leads to. */
const previewOf = (changes: object, args: readonly string[] = []) =>
  runCommand(['preview', '-', ...args], { input: JSON.stringify({ ...lead, ...changes }) });

test('tells the findings, the plan by the clock and every message, within 80 columns', async () => {
  const { code, output } = await runCommand(['preview', LEAD]);
  expect(code).toBe(0);
  expect(output).toContain('Call Maria Lopez by Mon 23 Nov 10:05\n');
  expect(output).toContain('Design test: passed');
  expect(output).toContain('  Mon 23 Nov 10:00  offer to Alice Ng by sms\n');
  expect(output).toContain(
    '  Mon 23 Nov 10:05  goes on: Alice Ng has not answered: on to tier 2\n',
  );
  expect(output).toContain('the same again 13 times until Sun 29 Nov 22:40 (--all)');
  expect(output).toContain('It ends expired.');
  expect(output).toContain('  │ URGENT: Call Maria Lopez by 10:05\n  │ +1 512 555 0147\n');
  expect(output).toContain('to a running Baton only');
  expect(widthOf(output)).toBeLessThanOrEqual(80);
});

test('whoever lives elsewhere is shown with their own time too', async () => {
  const { output } = await runCommand(['preview', LEAD]);
  expect(output).toContain(
    '  Mon 23 Nov 10:05  sms to Bob Diaz, 2 segments\n  their time: 09:05 (America/Chicago)\n',
  );
  expect(output).toMatch(/sms to Alice Ng, 2 segments\n {2}┌/);
});

test('repeats of the last resort are left out, unless all are wanted', async () => {
  const short = await runCommand(['preview', LEAD]);
  const long = await runCommand(['preview', LEAD, '--all']);
  const countOf = (text: string) => text.split('┌').length - 1;
  const [, total = ''] = /(\d+) messages/.exec(long.output) ?? [];
  expect(countOf(long.output)).toBe(Number(total));
  expect(short.output).toContain(`${total} messages`);
  expect(short.output).toContain(
    `${countOf(long.output) - countOf(short.output)} more to the last resort`,
  );
});

test('as JSON it is what the core says, and nothing else', async () => {
  const { output } = await runCommand(['preview', LEAD, '--json']);
  const preview = JSON.parse(output) as Preview;
  expect(Object.keys(preview)).toEqual(['designTest', 'messages', 'plan', 'status']);
  expect(preview.messages[0]).toMatchObject({ recipient: 'alice', channel: 'sms', segments: 2 });
  expect(preview.plan.at(0)?.at).toBe('2026-11-23T15:00:00.000Z');
});

test.each([
  ['2026-11-27T23:00', '2026-11-28T04:00:00.000Z', "the organisation's clock"],
  ['2026-11-27', '2026-11-27T05:00:00.000Z', 'its midnight'],
  ['2026-11-27T23:00Z', '2026-11-27T23:00:00.000Z', 'an instant'],
  ['2026-11-27T23:00:30+01:00', '2026-11-27T22:00:30.000Z', 'an instant with seconds'],
])('--at %s is %s: %s', async (at, instant) => {
  const { output } = await runCommand(['preview', LEAD, '--at', at, '--json']);
  expect((JSON.parse(output) as { plan: { at: string }[] }).plan[0]?.at).toBe(instant);
});

describe('a submission that would be refused', () => {
  test('has all its faults with where they are', async () => {
    const { code, output } = await previewOf({ policy: 'nowhere', urgency: 'soon', extra: 1 });
    expect(code).toBe(1);
    expect(output).toContain('The submission has 3 faults');
    expect(output).toContain('/policy: there is no policy "nowhere"; there are inbound-sales');
    expect(output).toContain('/urgency: ');
    expect(output).toContain('(top): ');
    expect(widthOf(output)).toBeLessThanOrEqual(80);
  });

  test('also as JSON', async () => {
    const { code, output } = await previewOf({ urgency: 'critical' }, ['--json']);
    expect(code).toBe(1);
    expect(JSON.parse(output)).toEqual({
      errors: [
        {
          pointer: '/urgency',
          detail: 'policy inbound-sales has no rules for critical; it has urgent, routine',
        },
      ],
    });
  });

  test('fails where the policy is strict about the design test, and only there', async () => {
    const vague = { action: { ...lead['action'], contact: { name: 'Maria Lopez' } } };
    const warned = await previewOf(vague);
    expect(warned.output).toContain('Design test: failed');
    expect(warned.output).toContain('error contact-without-phone at /action/contact');
    expect(warned.code).toBe(0);
    const strict = await runCommand(['preview', '-'], {
      files: TEST_FILES,
      input: JSON.stringify({ ...lead, ...vague, policy: 'strict' }),
    });
    expect(strict.output).toContain('this policy is strict and refuses it');
    expect(strict.code).toBe(1);
  });

  test.each([
    ['nowhere.json', '', 'nowhere.json cannot be read (ENOENT).'],
    ['-', '{ "policy": ', 'The standard input is not JSON'],
  ])('%s that cannot be read is said so', async (file, input, fault) => {
    const { code, output, errors } = await runCommand(['preview', file], { input });
    expect({ code, output }).toEqual({ code: 1, output: '' });
    expect(errors).toContain(fault);
  });
});
