import { z } from 'zod';
import { durationSchema, type Urgency } from './handoff.ts';

/** The ways a notification can travel. */
export const channelSchema = z.enum(['sms', 'voice', 'email']);
export type Channel = z.infer<typeof channelSchema>;

/** One step of a ladder: a channel and how long after the tier's start it is used. */
export interface LadderStep {
  readonly channel: Channel;
  readonly afterMs: number;
}

/** What to do about a person in quiet hours, on a holiday or in a meeting; whoever is away is passed over unless `ignore`. */
export const quietRuleSchema = z.enum(['wait', 'skip', 'ignore']);
export type QuietRule = z.infer<typeof quietRuleSchema>;

/** The rule of each channel; `voice` is missing in handoffs from before it could ring. */
export interface QuietRules {
  readonly sms: QuietRule;
  readonly voice?: QuietRule;
  readonly email: QuietRule;
}

/** How a policy treats the moment; see docs/timing.md. */
export interface Timing {
  readonly whenQuiet: QuietRules;
  /** When a wait would pass the action's deadline. */
  readonly whenTooLate: QuietRule;
  /** When nobody of any tier still to come can be told now. */
  readonly whenNobodyAwake: 'wait' | 'ignore' | 'last-resort';
  /** Which minutes the waits of ladders and tiers count. */
  readonly timeouts: 'always' | 'working-hours';
}

/** One level of escalation. `label` names it in the timeline and the Temporal UI. */
export interface Tier {
  readonly label: string;
  /** Responder ids, `team:<name>` and `rotation:<name>`; who that is is found out at the moment of notifying. */
  readonly notify: readonly string[];
  readonly ladder: readonly LadderStep[];
  readonly escalateAfterMs: number;
}

/** Who is told when every tier and repeat has passed, and how often again until the handoff expires. */
export interface LastResort {
  readonly notify: readonly string[];
  readonly ladder: readonly LadderStep[];
  readonly remindEveryMs: number;
}

/** The policy of one urgency, resolved and snapshotted into a handoff's workflow when it is submitted. */
export interface EscalationPolicy {
  readonly name: string;
  readonly tiers: readonly Tier[];
  /** How many times the tiers are gone through again after the first time. */
  readonly repeat: number;
  readonly lastResort: LastResort;
  /** Missing in handoffs from before there was any: everybody is told at once. */
  readonly timing?: Timing;
  /** How long an owner has to finish before the handoff escalates again. */
  readonly actWithinMs: number;
  readonly expiresAfterMs: number;
}

const ladderStepSchema = z
  .union([channelSchema, z.partialRecord(channelSchema, durationSchema)], {
    error: 'must be a channel (sms, voice, email), or one with its wait, such as { voice: 90s }',
  })
  .refine((step) => typeof step === 'string' || Object.keys(step).length === 1, {
    error: 'must name one channel',
  })
  .transform((step): LadderStep => {
    if (typeof step === 'string') return { channel: step, afterMs: 0 };
    const [[channel, afterMs]] = Object.entries(step) as [[Channel, number]];
    return { channel, afterMs };
  });

const ladderSchema = z.array(ladderStepSchema).min(1).max(10);

/** `alice`, `team:sales` or `rotation:nights`. */
const targetSchema = z
  .string()
  .regex(
    /^((team|rotation):)?[a-z0-9][a-z0-9_-]*$/,
    'must be a responder such as alice, team:<name> or rotation:<name>',
  );

const tierSchema = z
  .strictObject({
    notify: z.array(targetSchema).min(1),
    ladder: ladderSchema,
    escalateAfter: durationSchema,
  })
  .superRefine((tier, context) => {
    tier.ladder.forEach((step, index) => {
      if (step.afterMs >= tier.escalateAfter) {
        context.addIssue({
          code: 'custom',
          path: ['ladder', index],
          message:
            'never runs: the tier has escalated by then; shorten it or lengthen escalateAfter',
        });
      }
    });
  });

const urgencyRulesSchema = z.strictObject({
  whenQuiet: z
    .union([quietRuleSchema, z.partialRecord(channelSchema, quietRuleSchema)], {
      error: 'must be wait, skip or ignore, or one of them by channel, such as { email: ignore }',
    })
    .optional(),
  whenTooLate: quietRuleSchema.default('wait'),
  whenNobodyAwake: z.enum(['wait', 'ignore', 'last-resort']).default('wait'),
  timeouts: z.enum(['always', 'working-hours']).default('always'),
  repeat: z.number().int().min(0).max(10).default(0),
  tiers: z.array(tierSchema).min(1).max(20),
});

const policySchema = z
  .strictObject({
    /** What happens to a submission with findings: see docs/design-test.md. */
    designTest: z.enum(['strict', 'warn', 'off']).default('warn'),
    actWithin: durationSchema.default(30 * 60_000),
    expiresAfter: durationSchema.default(7 * 86_400_000),
    lastResort: z
      .strictObject({
        notify: z.array(targetSchema).default([]),
        email: z.array(z.email()).default([]),
        ladder: ladderSchema.optional(),
        remindEvery: durationSchema.default(12 * 3_600_000),
      })
      .refine((last) => last.notify.length + last.email.length > 0, {
        message: 'names nobody: without a last resort a handoff could end unseen',
      })
      .superRefine((last, context) => {
        last.ladder?.forEach((step, index) => {
          if (step.afterMs < last.remindEvery) return;
          context.addIssue({
            code: 'custom',
            path: ['ladder', index],
            message: 'never runs: it begins anew by then; shorten it or lengthen remindEvery',
          });
        });
      }),
    critical: urgencyRulesSchema.optional(),
    urgent: urgencyRulesSchema.optional(),
    routine: urgencyRulesSchema.optional(),
  })
  .refine((policy) => policy.critical ?? policy.urgent ?? policy.routine, {
    message: 'has no tiers: give at least one of critical, urgent, routine',
  });
export type Policy = z.infer<typeof policySchema>;

/** The file `policies.yaml`: policies by name. */
export const policiesSchema = z.record(
  z
    .string()
    .regex(/^[a-z0-9][a-z0-9_-]*$/, 'a policy is named in lower case, such as inbound-sales'),
  policySchema,
);
export type Policies = z.infer<typeof policiesSchema>;

const DEFAULT_WHEN_QUIET: Readonly<Record<Urgency, QuietRule>> = {
  critical: 'ignore',
  urgent: 'skip',
  routine: 'wait',
};

const DEFAULT_LAST_RESORT: Readonly<Record<Urgency, readonly LadderStep[]>> = {
  critical: [
    { channel: 'sms', afterMs: 0 },
    { channel: 'email', afterMs: 0 },
  ],
  urgent: [
    { channel: 'sms', afterMs: 0 },
    { channel: 'email', afterMs: 0 },
  ],
  routine: [{ channel: 'email', afterMs: 0 }],
};

/**
 * Returns what a handoff of this urgency carries with it, or undefined when the policy has no rules for the
 * urgency. An `assignee` is told before tier 1, on tier 1's ladder and for as long.
 */
export function snapshotPolicy(
  name: string,
  policy: Policy,
  { urgency, assignee }: { urgency: Urgency; assignee?: string | undefined },
): EscalationPolicy | undefined {
  const rules = policy[urgency];
  if (!rules) return undefined;
  const tiers = rules.tiers.map((tier, index) => ({
    label: `tier ${index + 1}`,
    notify: tier.notify,
    ladder: tier.ladder,
    escalateAfterMs: tier.escalateAfter,
  }));
  const first = tiers[0];
  return {
    name,
    tiers:
      assignee && first ? [{ ...first, label: 'assignee', notify: [assignee] }, ...tiers] : tiers,
    repeat: rules.repeat,
    timing: {
      whenQuiet: byChannel(rules.whenQuiet, DEFAULT_WHEN_QUIET[urgency]),
      whenTooLate: rules.whenTooLate,
      whenNobodyAwake: rules.whenNobodyAwake,
      timeouts: rules.timeouts,
    },
    actWithinMs: policy.actWithin,
    expiresAfterMs: policy.expiresAfter,
    lastResort: {
      notify: [
        ...policy.lastResort.notify,
        ...policy.lastResort.email.map((address) => `mailto:${address}`),
      ],
      ladder: policy.lastResort.ladder ?? DEFAULT_LAST_RESORT[urgency],
      remindEveryMs: policy.lastResort.remindEvery,
    },
  };
}

function byChannel(
  rules: QuietRule | Partial<Record<Channel, QuietRule>> | undefined,
  fallback: QuietRule,
): Required<QuietRules> {
  if (typeof rules === 'string') return { sms: rules, voice: rules, email: rules };
  const { sms = fallback, voice = sms, email = fallback } = rules ?? {};
  return { sms, voice, email };
}
