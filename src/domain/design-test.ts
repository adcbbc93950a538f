import { reviewInstruction } from './design-test/action.ts';
import { reviewBrief } from './design-test/brief.ts';
import { reviewContact } from './design-test/contact.ts';
import { reviewDeadline } from './design-test/deadline.ts';
import type { Finding, World } from './design-test/finding.ts';
import { reviewPeople } from './design-test/people.ts';
import { reviewPlaceholders } from './design-test/placeholders.ts';
import { reviewSms } from './design-test/sms.ts';
import type { Handoff } from './handoff.ts';
import type { EscalationPolicy } from './policy.ts';

export type { Finding, FirstNotice, RuleId, Severity } from './design-test/finding.ts';
export { RULE_IDS } from './design-test/finding.ts';

/** What the design test has to say about a handoff. */
export interface DesignReview {
  /** No finding is an error. */
  readonly passed: boolean;
  readonly findings: readonly Finding[];
}

/**
 * Returns everything a careful reviewer would say before a handoff is sent; see docs/design-test.md. One cause
 * gives one finding: what a rule has said already is not said by the next.
 */
export function reviewHandoff(
  handoff: Handoff,
  policy: EscalationPolicy,
  world: World,
): DesignReview {
  const { first } = world;
  const { dueAt } = handoff.action;
  const about = {
    ...world,
    handoff,
    policy,
    toldAt: Date.parse(typeof first === 'object' ? first.at : handoff.submittedAt),
    dueAt: dueAt === undefined ? undefined : Date.parse(dueAt),
  };
  const open = reviewPlaceholders(about);
  const openFields = open.map(({ pointer }) => pointer);
  const brief = reviewBrief(about, openFields);
  // A dump is always cut, and an open template is filled in first.
  const isCutAnyway =
    openFields.includes('/brief/summary') || brief.some(({ id }) => id === 'summary-is-a-dump');
  const findings = [
    ...open,
    ...(openFields.includes('/action/do') ? [] : reviewInstruction(about)),
    ...reviewDeadline(about),
    ...reviewContact(about),
    ...brief,
    ...reviewSms(about).filter(({ id }) => !isCutAnyway || id !== 'summary-cut-in-sms'),
    ...reviewPeople(about),
  ];
  return { passed: findings.every(({ severity }) => severity === 'warning'), findings };
}
