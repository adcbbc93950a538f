import type { Channel, QuietRule, QuietRules } from './policy.ts';

/** Returns the rule of a channel; a call without one of its own is treated as an SMS. */
export function ruleOn(channel: Channel, rules: QuietRules): QuietRule {
  return rules[channel] ?? rules.sms;
}
