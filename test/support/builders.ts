import { createLinks } from '../../src/links/links.ts';
import type { Handoff } from '../../src/domain/handoff.ts';
import type { EscalationPolicy, QuietRule, Timing } from '../../src/domain/policy.ts';
import type { Actor, Command, HandoffInput } from '../../src/domain/state.ts';

/** Returns a handoff of the usual lead, with what a test wants different. */
export function buildHandoff(changes: Partial<Handoff> = {}): Handoff {
  return {
    id: 'hof_0123456789abcdef0123456789abcd',
    code: 'KM47',
    source: 'crm',
    policy: 'inbound-sales',
    urgency: 'urgent',
    brief: {
      subject: 'Maria Lopez, Acme Corp',
      summary: 'Compared Pro and Team twice today; asked about seats for 40 people.',
      score: { value: 92, outOf: 100, meaning: 'top 3 % this month' },
      origin: 'pricing page',
    },
    action: {
      do: 'Call Maria Lopez',
      dueAt: '2026-11-23T15:05:00.000Z',
      contact: { name: 'Maria Lopez', phone: '+15125550147' },
      outcomes: ['reached', 'no-answer', 'bad-lead'],
    },
    submittedAt: '2026-11-23T15:00:00.000Z',
    ...changes,
  };
}

/** Returns a policy with alice, then bob, five minutes each; carol is the last resort. */
export function buildPolicy(changes: Partial<EscalationPolicy> = {}): EscalationPolicy {
  const sms = [{ channel: 'sms', afterMs: 0 }] as const;
  return {
    name: 'inbound-sales',
    tiers: [
      { label: 'tier 1', notify: ['alice'], ladder: sms, escalateAfterMs: 5 * 60_000 },
      { label: 'tier 2', notify: ['bob'], ladder: sms, escalateAfterMs: 5 * 60_000 },
    ],
    repeat: 0,
    lastResort: { notify: ['carol'], ladder: sms, remindEveryMs: 12 * 3_600_000 },
    actWithinMs: 30 * 60_000,
    expiresAfterMs: 7 * 86_400_000,
    ...changes,
  };
}

/** Returns how a policy with one rule for all channels treats the moment. */
export function buildTiming(rule: QuietRule, changes: Partial<Timing> = {}): Timing {
  return {
    whenQuiet: { sms: rule, email: rule },
    whenTooLate: 'wait',
    whenNobodyAwake: 'wait',
    timeouts: 'always',
    ...changes,
  };
}

/** Returns what a handoff's workflow is started with. */
export function buildInput(
  changes: { handoff?: Partial<Handoff>; policy?: Partial<EscalationPolicy> } = {},
): HandoffInput {
  return { handoff: buildHandoff(changes.handoff), policy: buildPolicy(changes.policy) };
}

/** Returns a responder who acts; the name is the id in capitals. */
export function asResponder(id: string): Actor {
  return { kind: 'responder', id, name: id.toUpperCase() };
}

type Specific<V extends Command['verb']> = Omit<
  Extract<Command, { verb: V }>,
  'id' | 'by' | 'via' | 'verb'
>;

/** Returns a command of a responder by SMS; its id is made of who, what and `nonce`. */
export function buildCommand<V extends Command['verb']>(
  verb: V,
  by: Actor,
  details: Specific<V> & { nonce?: string },
): Command {
  const { nonce = '', ...rest } = details;
  return { id: `${by.id}-${verb}${nonce}`, by, via: 'sms', verb, ...rest } as unknown as Command;
}

/** The links of every test installation. */
export const TEST_LINKS = createLinks({
  secret: 'test-link-secret-0123456789abcdef',
  baseUrl: 'https://baton.example',
  mailDomain: 'reply.baton.example',
});
