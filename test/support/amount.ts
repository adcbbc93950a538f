/**
 * Returns how much of something a test does: so much as it takes to find a fault as a rule, or all that is promised
 * (`npm run test:full`), which takes the machine for itself and far longer.
 */
export function amount(usual: number, full: number): number {
  return process.env['BATON_FULL'] === '1' ? full : usual;
}
