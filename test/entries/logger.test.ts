import { expect, test } from 'vitest';
import { createLogger } from '../../src/logger.ts';

test('phone numbers and addresses are masked wherever they come from; ids and figures stay', () => {
  const lines: string[] = [];
  const logger = createLogger('worker', 'info', { write: (line) => lines.push(line) });
  logger.warn({ handoff: 'hof_1234567890', to: '+15125550147' }, 'no answer from +442071838750');
  logger.error({ err: new Error('Mail to maria.lopez+crm@mail.example.com bounced') }, 'failed');

  const text = lines.join('');
  for (const secret of ['5125550147', '2071838750', 'maria', 'lopez']) {
    expect(text).not.toContain(secret);
  }
  expect(text).toContain('"to":"+…47"');
  expect(text).toContain('no answer from +…50');
  expect(text).toContain('Mail to …@mail.example.com bounced');
  expect(text).toContain('hof_1234567890');
  for (const line of lines) expect(JSON.parse(line)).toMatchObject({ name: 'worker' });
});
