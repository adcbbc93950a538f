import type { Channel, QuietRule, QuietRules, Timing } from './policy.ts';

/** Returns the rule of a channel; a call without one of its own is treated as an SMS. */
export function ruleOn(channel: Channel, rules: QuietRules): QuietRule {
  return rules[channel] ?? rules.sms;
}

/** Nobody comes after the last resort: where others would be skipped, these are waited for. */
export function asLast(timing: Timing): Timing {
  const wait = (rule: QuietRule): QuietRule => (rule === 'skip' ? 'wait' : rule);
  const { sms, voice = sms, email } = timing.whenQuiet;
  return {
    whenQuiet: { sms: wait(sms), voice: wait(voice), email: wait(email) },
    whenTooLate: 'wait',
    whenNobodyAwake: 'wait',
    timeouts: 'always',
  };
}
